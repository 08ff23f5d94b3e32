"""Files that nobody ever sees half of."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

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
