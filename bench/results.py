"""What was measured: kept in a JSON file, figures only, and what follows from it."""

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
    """The figures that are kept were measured with other versions, or on another machine."""


class Results:
    """Figures by number of articles, scenario and tool: seconds of wall time and CPU, bytes of peak memory.

    Attributes:
        conditions: versions, and what the machine has, by name.
    """

    def __init__(self) -> None:
        self.conditions: dict[str, str] = {}
        self._sizes: dict[int, dict[str, Any]] = {}

    @classmethod
    def load(cls, path: Path) -> Results:
        """Return the results in a file, or none where there is no such file."""
        found = cls()
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            found.conditions = kept["conditions"]
            found._sizes = {int(articles): size for articles, size in kept["sizes"].items()}
        return found

    def save(self, path: Path) -> None:
        """Write the results to a file."""
        sizes = {str(articles): self._sizes[articles] for articles in self.sizes()}
        kept = {"conditions": self.conditions, "sizes": sizes}
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")

    def measured_under(self, conditions: Mapping[str, str]) -> None:
        """Note under which conditions the figures that follow are measured.

        Raises:
            MixedError: those that are kept were measured under others.
        """
        for name, value in conditions.items():
            kept = self.conditions.setdefault(name, value)
            if kept != value:
                raise MixedError(
                    f"the figures that are kept are of {name} {kept}, and this is {value}: name another --json"
                )

    def begin(self, articles: int) -> None:
        """Forget what was measured with so many articles: figures of one size are of one session."""
        self._sizes[articles] = {"scenarios": {}, "output": {}, "agreement": {}}

    def add(self, articles: int, scenario: str, tool: str, **figures: float) -> None:
        """Add the figures of a run: `wall` and `cpu`, or `memory`."""
        of_tool = self._sizes[articles]["scenarios"].setdefault(scenario, {}).setdefault(tool, {})
        for what, figure in figures.items():
            of_tool.setdefault(what, []).append(round(figure, 3))

    def add_output(self, articles: int, tool: str, files: int, size: int) -> None:
        """Note how many files a tool wrote, and how many bytes."""
        self._sizes[articles]["output"][tool] = {"files": files, "bytes": size}

    def add_agreement(self, articles: int, tool: str, agreement: Mapping[str, int]) -> None:
        """Note how far the tool lists the same entries as ours."""
        self._sizes[articles]["agreement"][tool] = dict(agreement)

    def sizes(self) -> list[int]:
        """Return with how many articles it was measured, fewest first."""
        return sorted(self._sizes)

    def scenarios(self, articles: int) -> list[str]:
        """Return the scenarios that were measured with so many articles, in their order."""
        return [scenario for scenario in SCENARIOS if scenario in self._sizes[articles]["scenarios"]]

    def tools(self, articles: int) -> list[str]:
        """Return the tools that were measured with so many articles, ours first."""
        return list(dict.fromkeys(tool for each in self._sizes[articles]["scenarios"].values() for tool in each))

    def output(self, articles: int) -> dict[str, dict[str, int]]:
        """Return the `files` and `bytes` that each tool wrote."""
        return dict(self._sizes[articles]["output"])

    def agreement(self, articles: int) -> dict[str, dict[str, int]]:
        """Return for each tool how far it lists the same entries as ours (:class:`bench.agreement.Agreement`)."""
        return dict(self._sizes[articles]["agreement"])

    def runs(self, articles: int, what: str, scenario: str | None = None) -> int:
        """Return how many figures of this kind each median is of, at least: in a scenario, or in all of them."""
        scenarios = self._sizes[articles]["scenarios"]
        chosen = scenarios.values() if scenario is None else [scenarios.get(scenario, {})]
        of_tools = [tool for each in chosen for tool in each.values()]
        return min((len(tool.get(what, ())) for tool in of_tools), default=0)

    def typical(self, articles: int, scenario: str, tool: str, what: str) -> float | None:
        """Return the median of the figures of one kind, or None where there are none."""
        scenarios = self._sizes.get(articles, {"scenarios": {}})["scenarios"]
        figures = scenarios.get(scenario, {}).get(tool, {}).get(what)
        return median(figures) if figures else None

    def ratio(self, articles: int, scenario: str, what: str, rival: str) -> float | None:
        """Return our median divided by a rival's, or None where one is missing."""
        return _divided(self.typical(articles, scenario, OURS, what), self.typical(articles, scenario, rival, what))

    def growth(self, few: int, many: int, scenario: str, what: str) -> float | None:
        """Return our median with many articles divided by that with few, or None where one is missing."""
        return _divided(self.typical(many, scenario, OURS, what), self.typical(few, scenario, OURS, what))


def _divided(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
