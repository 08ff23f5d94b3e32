"""Measured figures in a JSON file; medians and ratios of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.corpus import Sharing
from bench.edits import SCENARIOS

OURS = "feeds"
WALL, CPU, MEMORY = "wall", "cpu", "memory"


class MixedError(Exception):
    """The file has figures of other code, other versions or another machine."""


class Case(NamedTuple):
    """A measured corpus: its sharing, and the number of its articles before the first edit."""

    sharing: Sharing
    articles: int

    @classmethod
    def of(cls, key: str) -> Case:
        """Return the case with this key of the JSON file."""
        sharing, articles = key.split()
        return cls(Sharing(sharing), int(articles))

    @property
    def key(self) -> str:
        """Return the key in the JSON file."""
        return f"{self.sharing} {self.articles}"


class Results:
    """Figures by case, scenario and tool: seconds of wall time and CPU, bytes of peak memory.

    Attributes:
        conditions: versions and machine, by name.
    """

    def __init__(self) -> None:
        self.conditions: dict[str, str] = {}
        self._cases: dict[Case, dict[str, Any]] = {}

    @classmethod
    def load(cls, path: Path) -> Results:
        """Return the results in a file; empty results if there is no such file."""
        results = cls()
        if path.exists():
            content = json.loads(path.read_text("utf-8"))
            results.conditions = content["conditions"]
            results._cases = {Case.of(key): figures for key, figures in content["cases"].items()}
        return results

    def save(self, path: Path) -> None:
        """Write the results to a file."""
        content = {"conditions": self.conditions, "cases": {case.key: self._cases[case] for case in self.cases()}}
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
                    f"the file has figures of {name} {earlier}, and this is {value}: delete it, or choose another file"
                    " with --json"
                )

    def begin(self, case: Case) -> None:
        """Delete earlier figures of this case: all figures of a case come from one measurement."""
        self._cases[case] = {"complete": False, "scenarios": {}, "output": {}, "agreement": {}, "state": {}}

    def finish(self, case: Case) -> None:
        """Record that all scenarios of this case were measured."""
        self._cases[case]["complete"] = True

    def is_complete(self, case: Case) -> bool:
        """Return whether all scenarios of this case were measured."""
        return case in self._cases and self._cases[case].get("complete") is True

    def add(self, case: Case, scenario: str, tool: str, **figures: float) -> None:
        """Add the figures of a run, by quantity, such as `wall` and `cpu`, or `memory`."""
        of_tool = self._cases[case]["scenarios"].setdefault(scenario, {}).setdefault(tool, {})
        for quantity, figure in figures.items():
            of_tool.setdefault(quantity, []).append(round(figure, 3))

    def add_output(self, case: Case, tool: str, files: int, size: int) -> None:
        """Record the number of files that a tool wrote, and their size in bytes."""
        self._cases[case]["output"][tool] = {"files": files, "bytes": size}

    def add_agreement(self, case: Case, tool: str, agreement: Mapping[str, int]) -> None:
        """Record the comparison of a tool's entries with ours (:class:`bench.agreement.Agreement`)."""
        self._cases[case]["agreement"][tool] = dict(agreement)

    def add_state(self, case: Case, size: int, articles: int) -> None:
        """Record the sizes in bytes of our state folder, without the documents in it, and of the article files."""
        self._cases[case]["state"] = {"bytes": size, "articles": articles}

    def add_one_run(self, case: Case) -> None:
        """Record that times and memory of this case were measured in the same run."""
        self._cases[case]["one run"] = True

    def cases(self) -> list[Case]:
        """Return the measured cases, in the order of the sharings and the numbers of articles."""
        sharings = list(Sharing)
        return sorted(self._cases, key=lambda case: (sharings.index(case.sharing), case.articles))

    def scenarios(self, case: Case) -> list[str]:
        """Return the scenarios that were measured in this case, in the order of :mod:`bench.edits`."""
        return [scenario for scenario in SCENARIOS if scenario in self._cases[case]["scenarios"]]

    def tools(self, case: Case, scenario: str | None = None) -> list[str]:
        """Return the tools that were measured in this case, in one scenario or in any; feeds is the first."""
        scenarios = self._cases[case]["scenarios"]
        chosen = scenarios.values() if scenario is None else [scenarios.get(scenario, {})]
        return list(dict.fromkeys(tool for tools in chosen for tool in tools))

    def output(self, case: Case) -> dict[str, dict[str, int]]:
        """Return the numbers of `files` and `bytes` that the tools wrote, by tool."""
        return dict(self._cases[case]["output"])

    def agreement(self, case: Case) -> dict[str, dict[str, int]]:
        """Return the comparisons of entries with ours (:class:`bench.agreement.Agreement`), by tool."""
        return dict(self._cases[case]["agreement"])

    def state(self, case: Case) -> dict[str, int]:
        """Return the sizes that :meth:`add_state` recorded, as `bytes` and `articles`; empty if it recorded none."""
        return dict(self._cases.get(case, {}).get("state", {}))

    def in_one_run(self, case: Case) -> bool:
        """Return whether times and memory were measured in the same run."""
        return self._cases[case].get("one run") is True

    def runs(self, case: Case, quantity: str, scenario: str | None = None) -> int:
        """Return the least number of figures of a quantity behind a median, in one scenario or in all."""
        scenarios = self._cases[case]["scenarios"]
        chosen = scenarios.values() if scenario is None else [scenarios.get(scenario, {})]
        of_tools = [figures for tools in chosen for figures in tools.values()]
        return min((len(figures.get(quantity, ())) for figures in of_tools), default=0)

    def median(self, case: Case, scenario: str, tool: str, quantity: str) -> float | None:
        """Return the median of the figures of a quantity, or None if there are none."""
        scenarios = self._cases.get(case, {"scenarios": {}})["scenarios"]
        figures = scenarios.get(scenario, {}).get(tool, {}).get(quantity)
        return median(figures) if figures else None

    def ratio(self, case: Case, scenario: str, quantity: str, rival: str, against: str | None = None) -> float | None:
        """Return our median divided by the median of a rival, or None if one is missing.

        The median of the rival is of the scenario `against`; without it, of the same scenario as ours.
        """
        ours = self.median(case, scenario, OURS, quantity)
        return _quotient(ours, self.median(case, against or scenario, rival, quantity))

    def growth(self, few: Case, many: Case, scenario: str, quantity: str) -> float | None:
        """Return our median in the case `many` divided by our median in the case `few`, or None if one is missing."""
        return _quotient(self.median(many, scenario, OURS, quantity), self.median(few, scenario, OURS, quantity))

    def state_ratio(self, case: Case) -> float | None:
        """Return the size of our state divided by the size of the articles, or None if it was not measured."""
        state = self.state(case)
        return _quotient(state.get("bytes"), state.get("articles"))


def _quotient(dividend: float | None, divisor: float | None) -> float | None:
    return dividend / divisor if dividend is not None and divisor else None
