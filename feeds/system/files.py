"""Files that nobody ever sees half of."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_SYNC_FROM = 32
"""From how many files on one sync of everything is faster than one of each."""

_NEW = ".new"
"""The folder in which files are written before they take their places; what a killed build leaves is in it."""


def write_atomically(
    path: Path, body: bytes, *, root: Path | None = None, durable: bool = False, modified: int | None = None
) -> None:
    """Write `body` to `path` so that it is there whole or not at all, and make the folders it needs.

    Args:
        path: the file.
        body: all that it shall hold.
        root: the folder that :func:`remove_leftovers` tidies; the file's own where None.
        durable: wait until the bytes are on the disk.
        modified: the modification time that the file shall have, in seconds since the epoch.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    place = os.path.join(root or path.parent, _NEW)
    descriptor, temporary = _with_folder(place, lambda: tempfile.mkstemp(dir=place))
    try:
        with open(descriptor, "wb", buffering=0) as file:
            rest = memoryview(body)
            while rest:
                rest = rest[file.write(rest) :]
            os.fchmod(descriptor, 0o644)
            if durable:
                os.fsync(descriptor)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        _with_folder(path.parent, lambda: os.replace(temporary, path))
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _with_folder(folder: str | Path, make: Callable[[], T]) -> T:
    """Return what `make` makes in `folder`, which is there but for the first of thousands of files."""
    try:
        return make()
    except (FileNotFoundError, NotADirectoryError):  # or there is a file in its place: what makes it says so
        os.makedirs(folder, exist_ok=True)
        return make()


@contextlib.contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Yield a new folder for what nobody needs afterwards; :func:`remove_leftovers` removes it where this comes to no end.

    Afterwards nothing can be put into it: other processes may still be about to.
    """
    place = root / _NEW
    folder = Path(_with_folder(place, lambda: tempfile.mkdtemp(dir=place)))
    try:
        yield folder
    finally:
        left = folder.rename(folder.with_suffix(".left"))  # who writes by its name finds none, and makes none anew
        shutil.rmtree(left, ignore_errors=True)


def sync_files(paths: Sequence[Path]) -> None:
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


def remove_leftovers(root: Path) -> None:
    """Remove what a build that was killed has left of files it was writing below `root`."""
    shutil.rmtree(root / _NEW, ignore_errors=True)
