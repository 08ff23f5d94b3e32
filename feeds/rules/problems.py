"""Grouping of problems: a corpus in which a thousand files have one mistake has one thing to tell its owner."""

from __future__ import annotations

import heapq
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from feeds.model import Problem, Severity

EXAMPLES = 10
"""The number of problems of a kind that are shown to people. Where there are more, their number is."""

_POSITION = re.compile(r"\[\d+\]")

_MERGED = "it is the same as in {}, which is older: the two are one entry, with its title and text"
_MERGED_END = _MERGED.partition("{}")[2]
_MERGED_WITH = re.compile(re.escape(_MERGED).replace(r"\{\}", ".*"), re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """The problems of one kind.

    Attributes:
        severity: error or warning.
        field: the field without positions in lists (``related.title`` for ``related[2].title``), or empty.
        reason: what is wrong, without the path of another file.
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
        key = (problem.path, problem.line, problem.field, self.count)
        if len(self.heap) < limit:
            heapq.heappush(self.heap, _Last(key, problem))
        elif key < self.heap[0].key:
            heapq.heapreplace(self.heap, _Last(key, problem))


class _Last:
    """An item of a heap that has the last problem on top, which is the one to give way."""

    __slots__ = ("key", "problem")

    def __init__(self, key: tuple[str, int, str, int], problem: Problem) -> None:
        self.key, self.problem = key, problem

    def __lt__(self, other: _Last) -> bool:
        return self.key > other.key


def merged_reason(path: str) -> str:
    """Return the reason of the problem that an article is one entry with the older one at `path`."""
    return _MERGED.format(path)


def group_problems(problems: Iterable[Problem], limit: int = EXAMPLES) -> list[ProblemGroup]:
    """Return `problems` as groups of one kind, in the order of the first problem of a group by path and line.

    Two problems are of one kind if severity, field without positions in lists, reason and advice agree; another file
    that a reason names makes no difference (:func:`merged_reason`). The memory that is needed depends on the number of
    kinds and on `limit`, not on the number of problems.

    Args:
        problems: the problems, in any order; they are read once.
        limit: how many problems a group keeps, at least 1.
    """
    if limit < 1:
        raise ValueError("limit should be 1 or more")
    kinds: dict[tuple[Severity, str, str, str], _Kind] = {}
    for problem in problems:
        field = _POSITION.sub("", problem.field) if "[" in problem.field else problem.field
        is_merged = problem.reason.endswith(_MERGED_END) and _MERGED_WITH.fullmatch(problem.reason)
        reason = merged_reason("another file") if is_merged else problem.reason
        kind = kinds.setdefault((problem.severity, field, reason, problem.advice), _Kind())
        kind.add(problem, limit)
    groups = [(sorted(kind.heap, reverse=True), names, kind.count) for names, kind in kinds.items()]
    groups.sort(key=lambda group: group[0][0].key[:3])
    return [ProblemGroup(*names, tuple(item.problem for item in heap), count) for heap, names, count in groups]


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield the lines that show `problems` to people: :data:`EXAMPLES` of a kind, and the number of the others."""
    for group in group_problems(problems):
        yield from map(str, group.first)
        if group.count > len(group.first):
            yield more_line(group.count - len(group.first), "of this kind")


def more_line(count: int, kind: str) -> str:
    """Return the line that stands for `count` lines of a kind."""
    return f"… and {count:,} more {kind}; `feeds check --all` lists all"


class KnownProblems:
    """The problems of the build before. Only hashes of eight bytes are kept: a corpus may have very many problems.

    Args:
        problems: the problems of the first build.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._hashes = array("q", sorted(map(hash, problems)))

    def replace(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Yield those of `problems` that are not known. Once all have been yielded, `problems` are the known ones."""
        hashes = array("q")
        for problem in problems:
            hashes.append(hash(problem))
            if not self._knows(hashes[-1]):
                yield problem
        self._hashes = array("q", sorted(hashes))

    def _knows(self, value: int) -> bool:
        place = bisect_left(self._hashes, value)
        return place < len(self._hashes) and self._hashes[place] == value
