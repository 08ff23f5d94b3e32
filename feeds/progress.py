"""How far a build is: a bar for what takes longer than a second, on a terminal."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

PATIENCE = 1.0
"""After how many seconds a bar appears."""


class Progress(Protocol):
    """Is told how far a build is."""

    def stage(self, name: str, total: int) -> None:
        """The stage `name` starts, with `total` steps; 0 where nobody knows how many."""

    def advance(self) -> None:
        """One step of the stage is done."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int) -> None:
        """Say nothing."""

    def advance(self) -> None:
        """Say nothing."""


class Stopwatch:
    """Wall time by stage, told to a progress.

    Attributes:
        progress: is told which stage begins.
        seconds: how long each has taken, by name.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[None]:
        """Measure the stage `name`, which has `total` steps (0: nobody knows)."""
        self.progress.stage(name, total)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - start, 4)


class Bar:
    """A bar on standard error, which appears once a build has taken longer than :data:`PATIENCE`."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._name, self._total, self._done = "", 0, 0
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def stage(self, name: str, total: int) -> None:
        """Show a bar for the stage `name`."""
        self._name, self._total, self._done = name, total, 0
        if self._bar is not None:
            self._show_stage(self._bar)
        elif name.startswith("wait") or self._is_late():
            self._appear()

    def advance(self) -> None:
        """Move the bar by one step."""
        self._done += 1
        if self._bar is None:
            if self._is_late():
                self._appear()
        elif self._task is not None:
            self._bar.advance(self._task)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def _is_late(self) -> bool:
        return time.monotonic() - self._started > PATIENCE

    def _appear(self) -> None:
        from rich.console import Console  # loading rich takes longer than most builds
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Rich

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Rich(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._show_stage(self._bar)

    def _show_stage(self, bar: RichProgress) -> None:
        if self._task is not None:
            bar.remove_task(self._task)
        self._task = bar.add_task(self._name, total=self._total or None, completed=self._done)
