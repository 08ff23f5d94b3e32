"""Grouping of problems: a corpus in which a thousand files have one mistake has one thing to tell its owner."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass

from feeds.model import Problem, Severity

_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """The problems of one kind.

    Attributes:
        severity: error or warning.
        field: the field without positions in lists (``related.title`` for ``related[2].title``), or empty.
        reason: what is wrong.
        advice: what to do.
        first: the first problems, by path and line.
        count: the number of all problems of this kind.
    """

    severity: Severity
    field: str
    reason: str
    advice: str
    first: tuple[Problem, ...]
    count: int


class _Kind:
    """The problems of one kind so far: how many there are, and a heap of the first ones."""

    __slots__ = ("count", "heap")

    def __init__(self) -> None:
        self.count = 0
        self.heap: list[_Last] = []

    def add(self, problem: Problem, limit: int) -> None:
        self.count += 1
        item = _Last((problem.path, problem.line, problem.field, self.count), problem)
        if len(self.heap) < limit:
            heapq.heappush(self.heap, item)
        else:
            heapq.heappushpop(self.heap, item)


class _Last:
    """An item of a heap that has the last problem on top, which is the one to give way."""

    __slots__ = ("key", "problem")

    def __init__(self, key: tuple[str, int, str, int], problem: Problem) -> None:
        self.key, self.problem = key, problem

    def __lt__(self, other: _Last) -> bool:
        return self.key > other.key


def group_problems(problems: Iterable[Problem], limit: int = 10) -> list[ProblemGroup]:
    """Return `problems` as groups of one kind, in the order of the first problem of a group by path and line.

    Two problems are of one kind if severity, field without positions in lists, reason and advice agree. The memory that
    is needed depends on the number of kinds and on `limit`, not on the number of problems.

    Args:
        problems: the problems, in any order; they are read once.
        limit: how many problems a group keeps, at least 1.
    """
    if limit < 1:
        raise ValueError("limit should be 1 or more")
    kinds: dict[tuple[Severity, str, str, str], _Kind] = {}
    for problem in problems:
        field = _POSITION.sub("", problem.field)
        kind = kinds.setdefault((problem.severity, field, problem.reason, problem.advice), _Kind())
        kind.add(problem, limit)
    groups = [(sorted(kind.heap, reverse=True), names, kind.count) for names, kind in kinds.items()]
    groups.sort(key=lambda group: group[0][0].key[:3])
    return [ProblemGroup(*names, tuple(item.problem for item in heap), count) for heap, names, count in groups]
