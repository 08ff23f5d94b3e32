"""Measure builds, ours against others: ``python -m bench.build --articles 1000 10000 --runs 5``.

All tools build the same made-up corpus (:mod:`bench.corpus`), in turns. What was measured is added to a JSON file
after each scenario; ``--render`` makes documentation of it.
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
from bench.edits import Change
from bench.results import MixedError, Results
from bench.rivals import INSTALLED, RIVALS
from bench.tools import MissingError, Ours, Tool

SETTLED = 0.3
"""So many seconds after an edit its file's time is certain to be past: a build that comes sooner has to look again."""

LARGE = 10_000
"""Above so many articles a scenario is run once, unless the command line says otherwise."""


def measure_size(tools: Sequence[Tool], articles: int, turns: tuple[int, int], results: Results, kept: Path) -> None:
    """Measure all scenarios with a corpus of so many articles.

    Args:
        tools: ours first.
        articles: how many there are at first.
        turns: how often each scenario is run for its times, and how often for its memory.
        results: the figures are added to it.
        kept: the file that it is saved to.
    """
    say(f"{articles:,} articles: writing the corpus for {', '.join(tool.name for tool in tools)}")
    set_up(tools, articles)
    results.begin(articles)
    for scenario in edits.SCENARIOS:
        for turn in range(sum(turns)):
            prepare(tools, scenario, edits.changes(scenario, articles, turn))
            for tool in tools:
                run(tool, articles, scenario, results, memory=turn >= turns[0])
        if scenario == edits.COLD:
            compare(tools, articles, results)
        results.save(kept)


def set_up(tools: Sequence[Tool], articles: int) -> None:
    """Give each tool its site and the same corpus."""
    for tool in tools:
        tool.set_up()
    for number in range(articles):
        article = [Change(corpus.path(number), corpus.article(number))]
        for tool in tools:
            tool.apply(article)


def prepare(tools: Sequence[Tool], scenario: str, changes: Sequence[Change]) -> None:
    """Bring all tools to where the runs that follow start: the corpus changed, or nothing left of earlier builds."""
    for tool in tools:
        tool.apply(changes)
        if scenario == edits.COLD:
            tool.forget()
    if changes:
        time.sleep(SETTLED)


def run(tool: Tool, articles: int, scenario: str, results: Results, *, memory: bool) -> None:
    """Run a build for its times, or for its memory, and add the figures to the results."""
    os.sync()  # what was written before is no burden to this run
    if memory:
        peak = measure.peak_memory(tool.command(), tool.folder, tool.environ())
        results.add(articles, scenario, tool.name, memory=peak)
        say(f"{articles:>7,}  {scenario}: {tool.name}: {peak / page.MB:,.0f} MB")
    else:
        taken = measure.times(tool.command(), tool.folder, tool.environ())
        results.add(articles, scenario, tool.name, wall=taken.wall, cpu=taken.cpu)
        say(f"{articles:>7,}  {scenario}: {tool.name}: {taken.wall:.2f} s, CPU {taken.cpu:.2f} s")


def compare(tools: Sequence[Tool], articles: int, results: Results) -> None:
    """Hold what the tools published against what ours did."""
    ours = tools[0]
    for tool in tools:
        results.add_output(articles, tool.name, *agreement.size(tool.output))
        if tool is not ours and tool.comparable:
            found = agreement.compare(ours.output, tool.output)
            results.add_agreement(articles, tool.name, found._asdict())
            say(f"{articles:>7,}  {tool.name} against ours: {found.differing} of {found.feeds} feeds differ")
            if found.differing:
                say(f"{articles:>7,}  {tool.name} lacks {found.missing} entries, and has {found.extra} that ours lack")


def conditions(tools: Sequence[Tool]) -> dict[str, str]:
    """Return under which conditions is measured: versions, and what the machine has.

    Raises:
        MissingError: a tool isn't installed.
    """
    found = {name: value for tool in tools for name, value in tool.versions().items()}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {**found, "processors": str(os.cpu_count()), "memory of the machine": f"{memory:.0f} GiB"}


def say(words: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.build", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000], metavar="N")
    parser.add_argument("--runs", type=int, metavar="N", help=f"for times [5; above {LARGE:,} articles 1]")
    parser.add_argument("--memory-runs", type=int, metavar="N", help=f"for memory [3; above {LARGE:,} articles 1]")
    parser.add_argument("--rivals", nargs="*", choices=list(RIVALS), default=list(RIVALS), help="[all]")
    parser.add_argument("--work", type=Path, default=INSTALLED / "work", metavar="DIR", help="[.bench/work]")
    parser.add_argument("--keep", action="store_true", help="leave corpora and output in the work folder")
    parser.add_argument("--json", type=Path, default=page.KEPT, metavar="FILE", help="[docs/benchmarks.json]")
    parser.add_argument("--render", action="store_true", help="measure nothing: write docs/benchmarks.md and .svg")
    given = parser.parse_args(arguments)
    if min(given.articles) < 100:
        parser.error("--articles should be 100 at least")
    if max(sum(turns_of(articles, given.runs, given.memory_runs)) for articles in given.articles) > edits.TURNS:
        parser.error(f"--runs and --memory-runs should be {edits.TURNS} together at most")
    return given


def turns_of(articles: int, runs: int | None, memory_runs: int | None) -> tuple[int, int]:
    """Return how often each scenario is run for its times and for its memory: as asked for, or as the size allows."""
    usual = (5, 3) if articles <= LARGE else (1, 1)
    return (usual[0] if runs is None else runs, usual[1] if memory_runs is None else memory_runs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
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
                raise SystemExit(f"{folder} is there already: delete it, or name another --work")
            tools = [kind(folder / kind.name) for kind in kinds if articles <= kind.largest]
            results.measured_under(conditions(tools))
            turns = turns_of(articles, given.runs, given.memory_runs)
            try:
                measure_size(tools, articles, turns, results, given.json)
            finally:
                if not given.keep:
                    shutil.rmtree(folder, ignore_errors=True)
    except (MissingError, MixedError, measure.CommandError) as problem:
        raise SystemExit(str(problem)) from problem
    say(f"figures in {given.json}; `python -m bench.build --render` makes documentation of docs/benchmarks.json")


if __name__ == "__main__":
    main()
