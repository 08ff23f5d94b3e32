"""What was measured of polls, as documentation: a section of ``docs/benchmarks.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bench.page import DOCS, MB, PAGE
from bench.results import OURS, Results

KEPT = DOCS / "polling.json"
BEGIN = "<!-- polls: what follows is written by `python -m bench.polling --render` -->"
END = "<!-- end of polls -->"

RIVAL = "nginx"
TUNED = "nginx with files kept open"

NOT_MODIFIED = "304"
BODY = "200, identity"
GZIP = "200, gzip"
UNHURRIED = "304 at half of our top rate"
SWITCH = "304 while an edit is published"
MEMORY = "memory of the workers"

RATE, P99, SLOWEST = "rate", "p99", "slowest"


class Target(NamedTuple):
    """What is aimed at: a figure or ratio that is `limit` at least, or at most."""

    words: str
    least: bool
    limit: float
    reached: float | None

    @property
    def verdict(self) -> str:
        """Return whether it is reached; nothing where it was not measured."""
        if self.reached is None:
            return ""
        return "✓" if (self.reached >= self.limit if self.least else self.reached <= self.limit) else "missed"


def targets(results: Results, articles: int) -> list[Target]:
    """Return what is aimed at, beside what was reached."""
    slowest = results.typical(articles, SWITCH, OURS, SLOWEST)
    memory = results.typical(articles, MEMORY, OURS, "memory")
    return [
        Target(f"304: requests a second, ÷ {RIVAL}'s", True, 0.70, results.ratio(articles, NOT_MODIFIED, RATE, RIVAL)),
        Target(
            f"200, identity: requests a second, ÷ {RIVAL}'s", True, 0.50, results.ratio(articles, BODY, RATE, RIVAL)
        ),
        Target(f"200, gzip: requests a second, ÷ {RIVAL}'s", True, 0.50, results.ratio(articles, GZIP, RATE, RIVAL)),
        Target(
            f"99th percentile of latency at half of our top rate, ÷ {RIVAL}'s",
            False,
            3,
            results.ratio(articles, UNHURRIED, P99, RIVAL),
        ),
        Target("slowest answer while an edit is published, ms (no answer an error)", False, 100, slowest),
        Target("memory of a worker, MB", False, 150, memory / MB if memory is not None else None),
    ]


def figures(results: Results) -> str:
    """Return the tables, as Markdown."""
    lines: list[str] = []
    for articles in results.sizes():
        lines += [f"### Polls of a site of {articles:,} articles", "", "| | target | reached | |"]
        lines += ["| --- | ---: | ---: | --- |"]
        for target in targets(results, articles):
            sign = "≥" if target.least else "≤"
            lines.append(f"| {target.words} | {sign} {target.limit:g} | {_figure(target.reached)} | {target.verdict} |")
        heads = [OURS, RIVAL, TUNED, f"{OURS} ÷ {RIVAL}", f"{OURS} ÷ {TUNED}"]
        lines += ["", f"| | {' | '.join(heads)} |", f"| --- |{' ---: |' * len(heads)}"]
        lines += [*_rows(results, articles), "", f"Medians of {results.runs(articles, RATE, NOT_MODIFIED)} rounds.", ""]
    with_ = ", ".join(f"{name} {value}" for name, value in results.conditions.items())
    return "\n".join([*lines, f"Measured with {with_}.", ""])


def page(text: str, results: Results) -> str:
    """Return the page with this section anew, all around it as it is in `text`."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{figures(results)}\n{END}{rest.partition(END)[2]}"


def write(results: Results) -> None:
    """Write the section."""
    PAGE.write_text(page(PAGE.read_text("utf-8"), results), "utf-8")


def _rows(results: Results, articles: int) -> Iterator[str]:
    rows = [(name, name, RATE, 1.0, "requests a second") for name in (NOT_MODIFIED, BODY, GZIP)]
    rows += [
        (UNHURRIED, UNHURRIED, RATE, 1.0, "requests a second"),
        (UNHURRIED, f"{UNHURRIED}, 99th percentile", P99, 1.0, "ms"),
        (SWITCH, f"{SWITCH}, slowest", SLOWEST, 1.0, "ms"),
        (MEMORY, MEMORY, "memory", MB, "MB"),
    ]
    for scenario, words, what, unit, name in rows:
        found = (results.typical(articles, scenario, tool, what) for tool in (OURS, RIVAL, TUNED))
        cells = [_figure(each / unit if each is not None else None) for each in found]
        cells += [_figure(results.ratio(articles, scenario, what, rival)) for rival in (RIVAL, TUNED)]
        yield f"| {words}, {name} | {' | '.join(cells)} |"


def _figure(figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"
