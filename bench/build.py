"""Measure builds of feeds and of other tools: ``python -m bench.build --articles 1000 10000 --runs 5``.

All tools build the same generated corpus (:mod:`bench.corpus`), in turns. The figures are written to a JSON file after
every scenario; ``--render`` writes the tables and charts of the documentation from it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import agreement, corpus, edits, measure, page
from bench.corpus import Sharing
from bench.edits import Change
from bench.results import MixedError, Results
from bench.rivals import INSTALLED, RIVALS
from bench.tools import MissingError, Ours, Tool

SETTLED = 0.3
"""Seconds between an edit and the build.

A file that changed within a tenth of a second of the scan is read again by the next build of feeds. A build that starts
too early would burden the next run with this.
"""

LARGE = 10_000
"""Number of articles above which a scenario is run once, unless the command line says otherwise."""


def measure_size(
    tools: Sequence[Tool],
    articles: int,
    turns: tuple[int, int],
    results: Results,
    json_file: Path,
    sharing: Sharing = Sharing.NEAR,
) -> None:
    """Measure all scenarios with a corpus of one size.

    Args:
        tools: the tools; feeds is the first one.
        articles: number of articles before the first edit.
        turns: number of runs of a scenario that measure times, and number of runs that measure memory.
        results: receives the figures.
        json_file: the file to which the results are saved after every scenario.
        sharing: which articles link to the same pages.
    """
    say(f"{articles:,} articles: writing the corpus for {', '.join(tool.name for tool in tools)}")
    set_up(tools, articles, sharing)
    results.begin(articles)
    for scenario in edits.SCENARIOS:
        for turn in range(sum(turns)):
            prepare(tools, scenario, edits.changes(scenario, articles, turn, sharing))
            for tool in tools:
                run(tool, articles, scenario, results, memory=turn >= turns[0])
        if scenario == edits.COLD:
            compare(tools, articles, results)
        results.save(json_file)


def set_up(tools: Sequence[Tool], articles: int, sharing: Sharing = Sharing.NEAR) -> None:
    """Write the site of every tool, and the same corpus for all of them."""
    for tool in tools:
        tool.set_up()
    for number in range(articles):
        article = [Change(corpus.path(number), corpus.article(number, sharing))]
        for tool in tools:
            tool.apply(article)


def prepare(tools: Sequence[Tool], scenario: str, changes: Sequence[Change]) -> None:
    """Apply the changes to every corpus; before a cold build, also remove the results of earlier builds."""
    for tool in tools:
        tool.apply(changes)
        if scenario == edits.COLD:
            tool.forget()
    if changes:
        time.sleep(SETTLED)


def run(tool: Tool, articles: int, scenario: str, results: Results, *, memory: bool) -> None:
    """Run one build, measure its memory or its times, and add the figures to the results."""
    os.sync()  # otherwise this run would compete with writes of the run before
    if memory:
        peak = measure.peak_memory(tool.command(), tool.folder, tool.environ())
        results.add(articles, scenario, tool.name, memory=peak)
        say(f"{articles:>7,}  {scenario}: {tool.name}: {peak / page.MB:,.0f} MB")
    else:
        times = measure.times(tool.command(), tool.folder, tool.environ())
        results.add(articles, scenario, tool.name, wall=times.wall, cpu=times.cpu)
        say(f"{articles:>7,}  {scenario}: {tool.name}: {times.wall:.2f} s, CPU {times.cpu:.2f} s")


def compare(tools: Sequence[Tool], articles: int, results: Results) -> None:
    """Record the size of every tool's output, and compare the entries of the other tools with ours."""
    ours = tools[0]
    for tool in tools:
        results.add_output(articles, tool.name, *agreement.size(tool.output))
        if tool is not ours and tool.comparable:
            result = agreement.compare(ours.output, tool.output)
            results.add_agreement(articles, tool.name, result._asdict())
            say(f"{articles:>7,}  {tool.name} and feeds: {result.differing} of {result.feeds} feeds differ")
            if result.differing:
                say(f"{articles:>7,}  {tool.name}: {result.missing} entries missing, {result.extra} extra")


def conditions(tools: Sequence[Tool]) -> dict[str, str]:
    """Return the versions of the tools, and the processors and memory of the machine.

    Raises:
        MissingError: a tool is not installed.
    """
    versions = {name: value for tool in tools for name, value in tool.versions().items()}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {**versions, "processors": str(os.cpu_count()), "memory of the machine": f"{memory:.0f} GiB"}


def say(message: str) -> None:
    """Print a progress message with the time of day to standard error."""
    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.build", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000], metavar="N")
    corpus.add_sharing_option(parser)
    parser.add_argument("--runs", type=int, metavar="N", help=f"runs for times [5; above {LARGE:,} articles 1]")
    parser.add_argument("--memory-runs", type=int, metavar="N", help=f"runs for memory [3; above {LARGE:,} articles 1]")
    parser.add_argument("--rivals", nargs="*", choices=list(RIVALS), default=list(RIVALS), help="other tools [all]")
    parser.add_argument("--work", type=Path, default=INSTALLED / "work", metavar="DIR", help="[.bench/work]")
    parser.add_argument("--keep", action="store_true", help="leave corpora and output in the work folder")
    parser.add_argument("--json", type=Path, default=page.JSON_FILE, metavar="FILE", help="[docs/benchmarks.json]")
    parser.add_argument("--render", action="store_true", help="measure nothing; write docs/benchmarks.md and .svg")
    given = parser.parse_args(arguments)
    if min(given.articles) < 100:
        parser.error("--articles must be at least 100")
    if max(sum(turns_of(articles, given.runs, given.memory_runs)) for articles in given.articles) > edits.TURNS:
        parser.error(f"--runs and --memory-runs must be at most {edits.TURNS} together")
    return given


def turns_of(articles: int, runs: int | None, memory_runs: int | None) -> tuple[int, int]:
    """Return the number of runs for times and for memory: the given ones, else the default for this size."""
    default = (5, 3) if articles <= LARGE else (1, 1)
    return (default[0] if runs is None else runs, default[1] if memory_runs is None else memory_runs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or render what was measured."""
    given = parse(arguments)
    results = Results.load(given.json)
    if given.render:
        page.write(results)
        return
    kinds: list[type[Tool]] = [Ours, *(RIVALS[name] for name in given.rivals)]
    try:
        for articles in given.articles:
            folder = given.work.resolve() / str(articles)
            if folder.exists():
                raise SystemExit(f"{folder} exists already: delete it, or choose another --work")
            tools = [kind(folder / kind.name) for kind in kinds if articles <= kind.max_articles]
            results.measured_under({**conditions(tools), "sharing": given.sharing})
            turns = turns_of(articles, given.runs, given.memory_runs)
            try:
                measure_size(tools, articles, turns, results, given.json, Sharing(given.sharing))
            finally:
                if not given.keep:
                    shutil.rmtree(folder, ignore_errors=True)
    except (MissingError, MixedError, measure.CommandError) as problem:
        raise SystemExit(str(problem)) from problem
    say(f"figures in {given.json}; `python -m bench.build --render` writes documentation from docs/benchmarks.json")


if __name__ == "__main__":
    main()
