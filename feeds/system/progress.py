"""How far a build is, and where its time goes: a bar for what takes longer than a second, a table for who asks."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """Is told how far a build is."""

    def stage(self, name: str, total: int) -> None:
        """The stage `name` starts, with `total` steps; 0 where nobody knows how many."""

    def advance(self, steps: int = 1) -> None:
        """So many steps of the stage are done."""


class NoProgress:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a part of a build was, and how long it took: `count` steps (0: it has none), in `seconds`."""

    name: str
    count: int
    seconds: float


class Stopwatch:
    """Wall time by stage. Of stages that are in one another, each moment belongs to the innermost.

    Args:
        progress: is told which stage begins, and of steps.

    Attributes:
        progress: to be told of steps: counts them, and passes it on.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress: Progress = _Counter(progress, self)
        self._seconds: dict[str, float] = {}
        self._steps: dict[str, int] = {}
        self._running: str | None = None
        self._since = 0.0

    @contextlib.contextmanager
    def stage(self, name: str, total: int = 0, *, tell: bool = True) -> Iterator[None]:
        """Measure the stage `name`, which has `total` steps (0: nobody knows).

        Args:
            name: which; the same one may come again.
            total: how many steps it has. Where it is not told of them one by one, they count when it ends.
            tell: whether the progress is told; not of what comes many times within another stage.
        """
        if tell:
            self.progress.stage(name, total)
        outer = self._run(name)
        before = self._steps.get(name, 0)
        try:
            yield
        finally:
            if self._steps.get(name, 0) == before:
                self._steps[name] = before + total
            self._run(outer)

    def count(self, steps: int) -> None:
        """Note that so many steps of the stage that runs are done."""
        if self._running is not None:
            self._steps[self._running] = self._steps.get(self._running, 0) + steps

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What has been measured, in the order in which the stages began."""
        return tuple(Stage(name, self._steps.get(name, 0), took) for name, took in self._seconds.items())

    def _run(self, name: str | None) -> str | None:
        """Have the stage `name` run instead of the one that does, which is returned."""
        now = time.perf_counter()
        if self._running is not None:
            self._seconds[self._running] += now - self._since
        outer, self._running, self._since = self._running, name, now
        if name is not None:
            self._seconds.setdefault(name, 0.0)
        return outer


class _Counter:
    """The progress that a stopwatch hands out."""

    def __init__(self, told: Progress, watch: Stopwatch) -> None:
        self._told = told
        self._watch = watch

    def stage(self, name: str, total: int) -> None:
        self._told.stage(name, total)

    def advance(self, steps: int = 1) -> None:
        self._watch.count(steps)
        self._told.advance(steps)


def process_age() -> float:
    """Return for how many seconds this process has run, to a hundredth; 0 where the system does not say."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, LookupError, ValueError):
        return 0.0


def stage_table(stages: Iterable[Stage]) -> str:
    """Return stages as lines: name, steps, steps a second, seconds, share of the whole; and their sum."""
    stages = list(stages)
    total = sum(each.seconds for each in stages)
    lines = [f"{'stage':<8} {'count':>9} {'rate':>11} {'seconds':>9} {'share':>6}"]
    for each in stages:
        rate = f"{each.count / each.seconds:,.0f}/s" if each.count and each.seconds else ""
        share = each.seconds / total if total else 0
        lines.append(f"{each.name:<8} {each.count or '':>9} {rate:>11} {each.seconds:>9.3f} {share:>6.0%}")
    return "\n".join([*lines, f"{'total':<8} {'':>9} {'':>11} {total:>9.3f} {1:>6.0%}"])
