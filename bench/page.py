"""What was measured, as documentation: the tables in ``docs/benchmarks.md`` and the picture beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.chart import Panel, svg
from bench.edits import COLD, EDITED, NOTHING
from bench.results import CPU, MEMORY, OURS, WALL, Results

DOCS = Path(__file__).parent.parent / "docs"
KEPT = DOCS / "benchmarks.json"
PAGE = DOCS / "benchmarks.md"
PICTURE = DOCS / "benchmarks.svg"

BEGIN = "<!-- what follows is written by `python -m bench.build --render` -->"

RIVAL = "Hugo"
FEW, MANY = 10_000, 100_000
MB = 1_000_000


class Target(NamedTuple):
    """What is aimed at: the ratio of two figures, `most` at most."""

    words: str
    most: float
    reached: float | None


def targets(results: Results) -> list[Target]:
    """Return what is aimed at, beside what was reached."""
    scenarios = [
        (f"cold build, wall time, ÷ {RIVAL}'s", 0.20, COLD, WALL),
        (f"cold build, peak memory, ÷ {RIVAL}'s", 0.20, COLD, MEMORY),
        (f"one article edited, wall time, ÷ {RIVAL}'s", 0.03, EDITED, WALL),
        (f"nothing changed, wall time, ÷ {RIVAL}'s", 0.02, NOTHING, WALL),
    ]
    beside = [
        Target(f"{FEW:,} articles: {words}", most, results.ratio(FEW, scenario, what, RIVAL))
        for words, most, scenario, what in scenarios
    ]
    growth = [("wall time", 11, WALL), ("peak memory", 2, MEMORY)]
    return beside + [
        Target(f"cold build, {words}: {MANY:,} articles ÷ {FEW:,}", most, results.growth(FEW, MANY, COLD, what))
        for words, most, what in growth
    ]


def picture(results: Results) -> str:
    """Return the picture of how the cost of a cold build grows."""
    tools = list(dict.fromkeys(tool for articles in results.sizes() for tool in results.tools(articles)))

    def panel(title: str, what: str, unit: float) -> Panel:
        lines: dict[str, list[tuple[float, float]]] = {tool: [] for tool in tools}
        for articles in results.sizes():
            for tool in tools:
                figure = results.typical(articles, COLD, tool, what)
                if figure:
                    lines[tool].append((articles, figure / unit))
        return Panel(title, lines)

    return svg([panel("Cold build: wall time, seconds", WALL, 1), panel("Cold build: peak memory, MB", MEMORY, MB)])


def figures(results: Results) -> str:
    """Return the tables, as Markdown."""
    lines = ["## Targets", "", "| | target | reached | |", "| --- | ---: | ---: | --- |"]
    for words, most, reached in targets(results):
        verdict = "" if reached is None else "✓" if reached <= most else "missed"
        lines.append(f"| {words} | ≤ {most:g} | {_ratio(reached)} | {verdict} |")
    lines += ["", "## How cost grows", "", f"![Cost by number of articles]({PICTURE.name})"]
    for articles in results.sizes():
        lines += ["", f"## {articles:,} articles", "", *_table(results, articles), "", *_said(results, articles)]
    lines += ["", "## Measured with", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in results.conditions.items()]
    return "\n".join(lines) + "\n"


def page(text: str, results: Results) -> str:
    """Return the page with the tables anew, all before them as it is in `text`."""
    return f"{text.partition(BEGIN)[0]}{BEGIN}\n\n{figures(results)}"


def write(results: Results) -> None:
    """Write page and picture."""
    PAGE.write_text(page(PAGE.read_text("utf-8"), results), "utf-8")
    PICTURE.write_text(picture(results), "utf-8")


def _table(results: Results, articles: int) -> Iterator[str]:
    yield "| | | wall time | CPU time | peak memory |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for scenario in results.scenarios(articles):
        words = f"**{scenario}**"
        for tool in results.tools(articles):
            wall, cpu, memory = (results.typical(articles, scenario, tool, what) for what in (WALL, CPU, MEMORY))
            yield f"| {words} | {tool} | {_seconds(wall)} | {_seconds(cpu)} | {_megabytes(memory)} |"
            words = ""
        for rival in results.tools(articles):
            if rival != OURS:
                ratios = (_ratio(results.ratio(articles, scenario, what, rival)) for what in (WALL, CPU, MEMORY))
                yield f"| | *{OURS} ÷ {rival}* | {' | '.join(ratios)} |"


def _said(results: Results, articles: int) -> Iterator[str]:
    """Yield what else there is to say of a size, as items of a list."""
    for_times, for_memory = results.runs(articles, WALL), results.runs(articles, MEMORY)
    if max(for_times, for_memory) == 1:
        yield "- One run for times, and one for memory."
    else:
        yield f"- Medians of {for_times} runs for times, of {for_memory} for memory."
    for tool, output in results.output(articles).items():
        yield f"- {tool} wrote {output['files']:,} files, {output['bytes'] / MB:,.1f} MB."
    for tool, found in results.agreement(articles).items():
        same = f"- {tool} and {OURS}: {found['feeds']:,} feeds of topics and providers, {found['entries']:,} entries;"
        if found["differing"]:
            yield f"{same} {found['differing']:,} feeds differ ({found['missing']:,} less, {found['extra']:,} more)."
        else:
            yield f"{same} every feed lists the same."


def _seconds(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:,.2f} s"


def _megabytes(figure: float | None) -> str:
    return "–" if figure is None else f"{figure / MB:,.0f} MB"


def _ratio(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}" if figure < 1 else f"{figure:.2f}"
