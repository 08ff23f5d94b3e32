"""Measured figures in a JSON file; medians and ratios of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench.edits import SCENARIOS

OURS = "feeds"
WALL, CPU, MEMORY = "wall", "cpu", "memory"


class MixedError(Exception):
    """The file has figures of other versions, of another machine or of another corpus."""


class Results:
    """Figures by number of articles, scenario and tool: seconds of wall time and CPU, bytes of peak memory.

    Attributes:
        conditions: versions, machine and kind of corpus, by name.
    """

    def __init__(self) -> None:
        self.conditions: dict[str, str] = {}
        self._sizes: dict[int, dict[str, Any]] = {}

    @classmethod
    def load(cls, path: Path) -> Results:
        """Return the results in a file; empty results if there is no such file."""
        results = cls()
        if path.exists():
            content = json.loads(path.read_text("utf-8"))
            results.conditions = content["conditions"]
            results._sizes = {int(articles): size for articles, size in content["sizes"].items()}
        return results

    def save(self, path: Path) -> None:
        """Write the results to a file."""
        sizes = {str(articles): self._sizes[articles] for articles in self.sizes()}
        content = {"conditions": self.conditions, "sizes": sizes}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")

    def measured_under(self, conditions: Mapping[str, str]) -> None:
        """Record the conditions of the figures that follow.

        Raises:
            MixedError: the earlier figures were measured under other conditions.
        """
        for name, value in conditions.items():
            earlier = self.conditions.setdefault(name, value)
            if earlier != value:
                raise MixedError(
                    f"the file has figures of {name} {earlier}, and this is {value}: choose another file with --json"
                )

    def begin(self, articles: int) -> None:
        """Delete earlier figures of this size: all figures of one size come from one measurement."""
        self._sizes[articles] = {"scenarios": {}, "output": {}, "agreement": {}}

    def add(self, articles: int, scenario: str, tool: str, **figures: float) -> None:
        """Add the figures of a run, by quantity, such as `wall` and `cpu`, or `memory`."""
        of_tool = self._sizes[articles]["scenarios"].setdefault(scenario, {}).setdefault(tool, {})
        for quantity, figure in figures.items():
            of_tool.setdefault(quantity, []).append(round(figure, 3))

    def add_output(self, articles: int, tool: str, files: int, size: int) -> None:
        """Record the number of files that a tool wrote, and their size in bytes."""
        self._sizes[articles]["output"][tool] = {"files": files, "bytes": size}

    def add_agreement(self, articles: int, tool: str, agreement: Mapping[str, int]) -> None:
        """Record the comparison of a tool's entries with ours (:class:`bench.agreement.Agreement`)."""
        self._sizes[articles]["agreement"][tool] = dict(agreement)

    def sizes(self) -> list[int]:
        """Return the measured numbers of articles, in ascending order."""
        return sorted(self._sizes)

    def scenarios(self, articles: int) -> list[str]:
        """Return the scenarios that were measured with this number of articles, in the order of :mod:`bench.edits`."""
        return [scenario for scenario in SCENARIOS if scenario in self._sizes[articles]["scenarios"]]

    def tools(self, articles: int) -> list[str]:
        """Return the tools that were measured with this number of articles; feeds is the first."""
        scenarios = self._sizes[articles]["scenarios"]
        return list(dict.fromkeys(tool for tools in scenarios.values() for tool in tools))

    def output(self, articles: int) -> dict[str, dict[str, int]]:
        """Return the numbers of `files` and `bytes` that the tools wrote, by tool."""
        return dict(self._sizes[articles]["output"])

    def agreement(self, articles: int) -> dict[str, dict[str, int]]:
        """Return the comparisons of entries with ours (:class:`bench.agreement.Agreement`), by tool."""
        return dict(self._sizes[articles]["agreement"])

    def runs(self, articles: int, quantity: str, scenario: str | None = None) -> int:
        """Return the least number of figures of a quantity behind a median, in one scenario or in all."""
        scenarios = self._sizes[articles]["scenarios"]
        chosen = scenarios.values() if scenario is None else [scenarios.get(scenario, {})]
        of_tools = [figures for tools in chosen for figures in tools.values()]
        return min((len(figures.get(quantity, ())) for figures in of_tools), default=0)

    def median(self, articles: int, scenario: str, tool: str, quantity: str) -> float | None:
        """Return the median of the figures of a quantity, or None if there are none."""
        scenarios = self._sizes.get(articles, {"scenarios": {}})["scenarios"]
        figures = scenarios.get(scenario, {}).get(tool, {}).get(quantity)
        return median(figures) if figures else None

    def ratio(self, articles: int, scenario: str, quantity: str, rival: str) -> float | None:
        """Return our median divided by the median of a rival, or None if one is missing."""
        ours = self.median(articles, scenario, OURS, quantity)
        return _quotient(ours, self.median(articles, scenario, rival, quantity))

    def growth(self, few: int, many: int, scenario: str, quantity: str) -> float | None:
        """Return our median with many articles divided by our median with few, or None if one is missing."""
        return _quotient(self.median(many, scenario, OURS, quantity), self.median(few, scenario, OURS, quantity))


def _quotient(dividend: float | None, divisor: float | None) -> float | None:
    return dividend / divisor if dividend is not None and divisor else None
