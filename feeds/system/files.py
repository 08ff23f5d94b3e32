"""Atomic files: a reader sees all of a file or nothing of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_SYNC_ALL_FROM = 32
"""The number of files from which on one sync of all file systems is faster than a sync of every file."""

_TEMPORARY_FOLDER = ".new"
"""The folder in which files are written before they move to their paths. A killed build leaves its files there."""


def write_atomically(
    path: Path, body: bytes, *, root: Path | None = None, durable: bool = False, modified: int | None = None
) -> None:
    """Write `body` to `path`, so that the file is whole at every moment; make the folders that it needs.

    Args:
        path: the file.
        body: its content.
        root: the folder that :func:`remove_leftovers` tidies, on the same file system; None for the file's own folder.
        durable: return only when the bytes are on the disk.
        modified: the modification time of the file, in seconds since the epoch.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    place = os.path.join(root or path.parent, _TEMPORARY_FOLDER)
    descriptor, temporary = _with_folder(place, lambda: tempfile.mkstemp(dir=place))
    try:
        with open(descriptor, "wb", buffering=0) as file:
            rest = memoryview(body)
            while rest:  # one call may write less than all
                rest = rest[file.write(rest) :]
            os.fchmod(descriptor, 0o644)  # mkstemp gives 0o600, and a web server of another user has to read the file
            if durable:
                os.fsync(descriptor)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        _with_folder(path.parent, lambda: os.replace(temporary, path))
    except BaseException:  # Ctrl-C as well
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _with_folder(folder: str | Path, make: Callable[[], T]) -> T:
    """Return the result of `make`, which needs `folder`; make the folder only if that fails.

    The folder exists for all but the first of thousands of files.
    """
    try:
        return make()
    except (FileNotFoundError, NotADirectoryError):  # NotADirectoryError: makedirs says which file is in the way
        os.makedirs(folder, exist_ok=True)
        return make()


@contextlib.contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Yield a new folder for temporary files, and delete it afterwards.

    :func:`remove_leftovers` deletes it if this process is killed.
    """
    place = root / _TEMPORARY_FOLDER
    folder = Path(_with_folder(place, lambda: tempfile.mkdtemp(dir=place)))
    try:
        yield folder
    finally:
        # Renamed first: a worker process that is late fails to open a file by the old name, and does not make the
        # folder again while it is being deleted.
        renamed = folder.rename(folder.with_suffix(".left"))
        shutil.rmtree(renamed, ignore_errors=True)


def sync_files(paths: Sequence[Path]) -> None:
    """Return when the bytes of the files `paths` are on the disk."""
    if len(paths) > _SYNC_ALL_FROM:
        os.sync()
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(root: Path) -> None:
    """Delete the temporary files that a killed build has left below `root`."""
    shutil.rmtree(root / _TEMPORARY_FOLDER, ignore_errors=True)
