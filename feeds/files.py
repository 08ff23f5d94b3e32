"""Files that nobody ever sees half of."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")

_SYNC_FROM = 32
"""From how many files on one sync of everything is faster than one of each."""

_AT_ONCE = 32
"""How many files are written before threads are worth their start."""

_THREADS = 2
_AHEAD = 16
"""How many files wait to be written at most: what bounds the memory that they take."""

_NEW = ".new"
"""The folder in which files are written before they take their places; what a killed build leaves is in it."""


def write_atomically(
    path: Path, body: bytes, *, root: Path | None = None, durable: bool = False, modified: int | None = None
) -> None:
    """Write `body` to `path` so that it is there whole or not at all, and make the folders it needs.

    Args:
        path: the file.
        body: all that it shall hold.
        root: the folder that :func:`sweep` tidies; the file's own where None.
        durable: wait until the bytes are on the disk.
        modified: the modification time that the file shall have, in seconds since the epoch.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = (root or path.parent) / _NEW
    scratch.mkdir(exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=scratch)
    try:
        with open(descriptor, "wb") as file:
            file.write(body)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


class Writers(Generic[T]):
    """Write many files while the caller prepares the next: the system does most of that work, on any core.

    The first few are written at once, and only where there are more do threads write them. What fails is raised by a
    later call, or by the end of the ``with``.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: deque[Future[T]] = deque()
        self._results: list[T] = []

    def __enter__(self) -> Writers[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def do(self, write: Callable[[], T]) -> None:
        """Have `write` called, which writes a file."""
        if len(self._results) < _AT_ONCE:
            self._results.append(write())
            return
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # most builds write too little for it

            self._pool = ThreadPoolExecutor(_THREADS)
        self._under_way.append(self._pool.submit(write))
        if len(self._under_way) > _AHEAD:
            self._results.append(self._under_way.popleft().result())

    def finish(self) -> list[T]:
        """Return what all that was done has returned, in order, as soon as it is done."""
        while self._under_way:
            self._results.append(self._under_way.popleft().result())
        return self._results


def wait_for_disk(paths: Sequence[Path]) -> None:
    """Return when the bytes of the files `paths` are on the disk."""
    if len(paths) > _SYNC_FROM:
        os.sync()
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep(root: Path) -> None:
    """Remove what a build that was killed has left of files it was writing below `root`."""
    shutil.rmtree(root / _NEW, ignore_errors=True)
