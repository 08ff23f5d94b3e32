"""The progress bar on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

DELAY_SECONDS = 1.0
"""The age in seconds of a build at which its bar appears."""

REDRAW_SECONDS = 0.1
"""The least time in seconds between two movements of a bar: a movement takes longer than many a step."""


class ProgressBar:
    """A bar on standard error, which appears once a build has taken longer than :data:`DELAY_SECONDS`.

    A build that waits for another one shows it at once.
    """

    def __init__(self) -> None:
        self._started = self._moved = time.monotonic()
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

    def advance(self, steps: int = 1) -> None:
        """Move the bar forward by `steps`."""
        self._done += steps
        if self._bar is None:
            if self._is_late():
                self._appear()
        elif self._task is not None and time.monotonic() - self._moved > REDRAW_SECONDS:
            self._moved = time.monotonic()
            self._bar.update(self._task, completed=self._done)

    def close(self) -> None:
        """Remove the bar from the screen."""
        if self._bar is not None:
            self._bar.stop()

    def _is_late(self) -> bool:
        return time.monotonic() - self._started > DELAY_SECONDS

    def _appear(self) -> None:
        from rich.console import Console  # rich takes longer to load than most builds take
        from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Rich
        from rich.text import Text

        class RateColumn(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(f"{task.speed:,.0f}/s" if task.speed else "")

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn())
        self._bar = Rich(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        self._bar.start()
        self._show_stage(self._bar)

    def _show_stage(self, bar: RichProgress) -> None:
        if self._task is not None:
            bar.remove_task(self._task)
        self._task = bar.add_task(self._name, total=self._total or None, completed=self._done)


@contextlib.contextmanager
def progress_bar() -> Iterator[ProgressBar | None]:
    """Yield a progress bar, or None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = ProgressBar()
    try:
        yield bar
    finally:
        bar.close()
