"""Progress of a build, and the time of its stages."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """The receiver of the progress of a build."""

    def stage(self, name: str, total: int) -> None:
        """Begin the stage `name` with `total` steps; 0 if the number is not known."""

    def advance(self, steps: int = 1) -> None:
        """Record that `steps` steps of the stage are done."""


class NoProgress:
    """A receiver that does nothing."""

    def stage(self, name: str, total: int) -> None:
        """Do nothing."""

    def advance(self, steps: int = 1) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a build.

    Attributes:
        name: its name.
        count: how many steps it had; 0 if it has no steps.
        seconds: its wall time.
    """

    name: str
    count: int
    seconds: float


class Stopwatch:
    """The wall time of stages. Where stages are nested, a moment counts for the innermost one.

    Args:
        progress: is told about stages and steps.

    Attributes:
        progress: a receiver that counts the steps and passes them on.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress: Progress = _CountingProgress(progress, self)
        self._seconds: dict[str, float] = {}
        self._steps: dict[str, int] = {}
        self._running: str | None = None
        self._since = 0.0

    @contextlib.contextmanager
    def stage(self, name: str, total: int = 0, *, tell: bool = True) -> Iterator[None]:
        """Measure the stage `name`.

        Args:
            name: the name; the times of stages with one name are added up.
            total: the number of steps; 0 if it is not known. If no step is reported, `total` steps count at the end.
            tell: whether the progress is told; False for a stage that begins many times within another one.
        """
        if tell:
            self.progress.stage(name, total)
        outer = self._switch(name)
        before = self._steps.get(name, 0)
        try:
            yield
        finally:
            if self._steps.get(name, 0) == before:
                self._steps[name] = before + total
            self._switch(outer)

    def count(self, steps: int) -> None:
        """Add `steps` steps to the stage that runs."""
        if self._running is not None:
            self._steps[self._running] = self._steps.get(self._running, 0) + steps

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages so far, in the order in which they began."""
        return tuple(Stage(name, self._steps.get(name, 0), seconds) for name, seconds in self._seconds.items())

    def _switch(self, name: str | None) -> str | None:
        """Stop the stage that runs, start the stage `name`, and return the name of the stopped one."""
        now = time.perf_counter()
        if self._running is not None:
            self._seconds[self._running] += now - self._since
        outer, self._running, self._since = self._running, name, now
        if name is not None:
            self._seconds.setdefault(name, 0.0)
        return outer


class _CountingProgress:
    """The receiver that a stopwatch hands out."""

    def __init__(self, progress: Progress, stopwatch: Stopwatch) -> None:
        self._progress = progress
        self._stopwatch = stopwatch

    def stage(self, name: str, total: int) -> None:
        self._progress.stage(name, total)

    def advance(self, steps: int = 1) -> None:
        self._stopwatch.count(steps)
        self._progress.advance(steps)


def process_age() -> float:
    """Return the age of this process in seconds, to a hundredth; 0 if the system does not tell it."""
    try:
        # The fields of proc_pid_stat(5) behind the name of the program, which may itself contain parentheses.
        fields = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, LookupError, ValueError):
        return 0.0


def stage_table(stages: Iterable[Stage]) -> str:
    """Return a table of stages: name, steps, steps a second, seconds and share of the sum, one stage on a line."""
    stages = list(stages)
    total = sum(stage.seconds for stage in stages)
    lines = [f"{'stage':<8} {'count':>9} {'rate':>11} {'seconds':>9} {'share':>6}"]
    for stage in stages:
        rate = f"{stage.count / stage.seconds:,.0f}/s" if stage.count and stage.seconds else ""
        share = stage.seconds / total if total else 0
        lines.append(f"{stage.name:<8} {stage.count or '':>9} {rate:>11} {stage.seconds:>9.3f} {share:>6.0%}")
    return "\n".join([*lines, f"{'total':<8} {'':>9} {'':>11} {total:>9.3f} {1:>6.0%}"])
