"""Measure builds of feeds and of other tools: ``python -m bench.build --articles 1000 10000 --runs 5``.

All tools build the same generated corpora (:mod:`bench.corpus`), in turns: for every number of articles, one corpus for
every sharing of links. The figures are written to a JSON file after every scenario; ``--render`` writes the tables and
charts of the documentation from it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bench import agreement, corpus, edits, measure, page
from bench.corpus import Sharing, say
from bench.edits import Change
from bench.results import CPU, MEMORY, WALL, Case, MixedError, Results
from bench.rivals import INSTALLED, RIVALS
from bench.tools import MissingError, Ours, Tool
from feeds.store.objects import OBJECTS_FOLDER

SETTLED = 0.3
"""Seconds between an edit and the build.

A file that changed within a tenth of a second of the scan is read again by the next build of feeds. A build that starts
too early would burden the next run with this.
"""

SIZES = [1_000, 10_000, 100_000]
SIZES_ALONE = [1_000_000]

SMALL = 1_000
"""Number of articles above which a tool that does everything again is measured with the cold build only."""

LARGE = 10_000
"""Number of articles above which a scenario is run once, unless the command line says otherwise."""

Probe = Callable[[Tool], Mapping[str, float]]
"""A function that runs one build, and returns figures by quantity."""


def times_of(tool: Tool) -> Mapping[str, float]:
    """Run a build, and return its times."""
    times = measure.times(tool.command(), tool.folder, tool.environ())
    return {WALL: times.wall, CPU: times.cpu}


def memory_of(tool: Tool) -> Mapping[str, float]:
    """Run a build, and return its peak memory."""
    return {MEMORY: measure.peak_memory(tool.command(), tool.folder, tool.environ())}


def times_and_memory_of(tool: Tool) -> Mapping[str, float]:
    """Run a build, and return its times, and its peak memory as far as rare samples show it."""
    times, peak = measure.times_and_memory(tool.command(), tool.folder, tool.environ())
    return {WALL: times.wall, CPU: times.cpu, MEMORY: peak}


def measure_case(
    tools: Sequence[Tool],
    case: Case,
    probes: Sequence[Probe],
    results: Results,
    json_file: Path,
    scenarios: Sequence[str] = edits.SCENARIOS,
) -> None:
    """Measure scenarios with one corpus.

    Args:
        tools: the tools; feeds is the first one.
        case: the corpus.
        probes: what the runs of a scenario measure, one after another.
        results: receives the figures.
        json_file: the file to which the results are saved after every scenario.
        scenarios: the scenarios; a cold build is the first one.
    """
    say(f"{case.sharing}, {case.articles:,} articles: writing the corpus for {', '.join(tool.name for tool in tools)}")
    set_up(tools, case)
    results.begin(case)
    if times_and_memory_of in probes:
        results.add_one_run(case)
    for scenario in scenarios:
        measured = [tool for tool in tools if scenario == edits.COLD or tool.incremental or case.articles <= SMALL]
        for turn, probe in enumerate(probes):
            prepare(measured, scenario, edits.changes(scenario, case.articles, turn, case.sharing))
            for tool in measured:
                run(tool, case, scenario, results, probe)
        if scenario == edits.COLD:
            record_output(tools, case, results)
        results.save(json_file)
    results.finish(case)
    results.save(json_file)


def set_up(tools: Sequence[Tool], case: Case) -> None:
    """Write the site of every tool, and the same corpus for all of them."""
    for tool in tools:
        tool.set_up()
    corpus.generate(case.articles, case.sharing, partial(_write, tools))


def _write(tools: Sequence[Tool], path: str, text: str) -> None:
    for tool in tools:
        tool.apply([Change(path, text)])


def prepare(tools: Sequence[Tool], scenario: str, changes: Sequence[Change]) -> None:
    """Apply the changes to every corpus; before a cold build, also remove the results of earlier builds."""
    for tool in tools:
        tool.apply(changes)
        if scenario == edits.COLD:
            tool.forget()
    if changes:
        time.sleep(SETTLED)


def run(tool: Tool, case: Case, scenario: str, results: Results, probe: Probe) -> None:
    """Run one build, and add what is measured to the results."""
    os.sync()  # otherwise this run would compete with writes of the run before
    figures = probe(tool)
    results.add(case, scenario, tool.name, **figures)
    told = [f"{quantity} {figures[quantity]:.2f} s" for quantity in (WALL, CPU) if quantity in figures]
    if MEMORY in figures:
        told.append(f"{MEMORY} {figures[MEMORY] / page.MB:,.0f} MB")
    say(f"{case.sharing} {case.articles:>9,}  {scenario}: {tool.name}: {', '.join(told)}")


def record_output(tools: Sequence[Tool], case: Case, results: Results) -> None:
    """Record the sizes of our state and of all output, and compare the entries of the other tools with ours."""
    ours = tools[0]
    for tool in tools:
        results.add_output(case, tool.name, *agreement.size(tool.output))
        if isinstance(tool, Ours):
            state, articles = agreement.size(tool.state, without=OBJECTS_FOLDER)[1], agreement.size(tool.corpus)[1]
            results.add_state(case, state, articles)
        elif tool.comparable:
            result = agreement.compare(ours.output, tool.output)
            results.add_agreement(case, tool.name, result._asdict())
            differences = f"{result.differing} of {result.feeds} feeds differ"
            if result.differing:
                differences += f" ({result.missing} entries missing, {result.extra} extra)"
            say(f"{case.sharing} {case.articles:>9,}  {tool.name} and feeds: {differences}")


def conditions(tools: Sequence[Tool]) -> dict[str, str]:
    """Return the versions of the tools, and the processors and memory of the machine.

    Raises:
        MissingError: a tool is not installed.
    """
    versions = {name: value for tool in tools for name, value in tool.versions().items()}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {**versions, "processors": str(os.cpu_count()), "memory of the machine": f"{memory:.0f} GiB"}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.build", description=__doc__.split("\n", 1)[0])
    sizes, sharings = " ".join(map(str, SIZES)), list(map(str, Sharing))
    parser.add_argument("--articles", type=int, nargs="+", metavar="N", help=f"[{sizes}; alone {SIZES_ALONE[0]}]")
    parser.add_argument("--sharing", nargs="+", choices=sharings, default=sharings, help="sharings of links [all]")
    parser.add_argument("--runs", type=int, metavar="N", help=f"runs for times [5; above {LARGE:,} articles 1]")
    parser.add_argument("--memory-runs", type=int, metavar="N", help=f"runs for memory [3; above {LARGE:,} articles 1]")
    parser.add_argument("--rivals", nargs="*", choices=list(RIVALS), default=list(RIVALS), help="other tools [all]")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="no other tools, and only the scenarios cold, nothing changed and one article edited; one run measures"
        " times and memory. For corpora that take hours",
    )
    parser.add_argument("--resume", action="store_true", help="leave out what the JSON file has completely")
    parser.add_argument("--work", type=Path, default=INSTALLED / "work", metavar="DIR", help="[.bench/work]")
    parser.add_argument("--keep", action="store_true", help="leave corpora and output in the work folder")
    parser.add_argument("--json", type=Path, default=page.JSON_FILE, metavar="FILE", help="[docs/benchmarks.json]")
    parser.add_argument("--render", action="store_true", help="measure nothing; write docs/benchmarks.md and .svg")
    given = parser.parse_args(arguments)
    given.articles = given.articles or (SIZES_ALONE if given.alone else SIZES)
    if min(given.articles) < 100:
        parser.error("--articles must be at least 100")
    if given.alone and (given.runs is not None or given.memory_runs is not None):
        parser.error("--alone has one run: leave out --runs and --memory-runs")
    if max(len(probes_of(articles, given.runs, given.memory_runs)) for articles in given.articles) > edits.TURNS:
        parser.error(f"--runs and --memory-runs must be at most {edits.TURNS} together")
    return given


def probes_of(articles: int, runs: int | None, memory_runs: int | None) -> list[Probe]:
    """Return the runs of a scenario for times and for memory: as many as given, else the default for this size."""
    default = (5, 3) if articles <= LARGE else (1, 1)
    for_times, for_memory = default[0] if runs is None else runs, default[1] if memory_runs is None else memory_runs
    return [*[times_of] * for_times, *[memory_of] * for_memory]


def measure_given(given: argparse.Namespace, case: Case, results: Results) -> None:
    """Measure one case as the command line says, in a folder of its own that is deleted afterwards.

    Raises:
        MissingError: a tool is not installed.
        MixedError: the results have figures of other conditions.
        CommandError: a build failed.
    """
    kinds = [] if given.alone else [RIVALS[name] for name in given.rivals]
    rivals = [kind for kind in kinds if case.articles <= kind.max_articles and case.sharing in kind.sharings]
    folder = given.work.resolve() / f"{case.sharing}-{case.articles}"
    tools = [Ours(folder / Ours.name), *(kind(folder / kind.name) for kind in rivals)]
    results.measured_under(conditions(tools))
    if given.resume and results.is_complete(case):
        say(f"{case.sharing}, {case.articles:,} articles: complete in {given.json}")
        return
    if folder.exists():
        raise SystemExit(f"{folder} exists already: delete it, or choose another --work")
    try:
        if given.alone:
            measure_case(tools, case, [times_and_memory_of], results, given.json, edits.ALONE)
        else:
            probes = probes_of(case.articles, given.runs, given.memory_runs)
            measure_case(tools, case, probes, results, given.json)
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or render what was measured."""
    given = parse(arguments)
    results = Results.load(given.json)
    if given.render:
        page.write(results)
        return
    try:
        for articles in given.articles:
            for sharing in given.sharing:
                measure_given(given, Case(Sharing(sharing), articles), results)
    except (MissingError, MixedError, measure.CommandError) as problem:
        raise SystemExit(str(problem)) from problem
    say(f"figures in {given.json}; `python -m bench.build --render` writes documentation from docs/benchmarks.json")


if __name__ == "__main__":
    main()
