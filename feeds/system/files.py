"""Atomic files: a reader sees all of a file or nothing of it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_SYNC_ALL_FROM = 32
"""The number of files from which on their file system is synced, and not one file after the other."""

_TEMPORARY_FOLDER = ".new"
"""The folder in which files are written before they move to their paths. A killed build leaves its files there."""


def write_atomically(
    path: Path,
    body: bytes,
    *,
    root: Path | None = None,
    durable: bool = False,
    modified: int | None = None,
    source: int | None = None,
) -> None:
    """Write `body` to `path`, so that the file is whole at every moment; make the folders that it needs.

    Args:
        path: the file.
        body: its content.
        root: the folder that :func:`remove_leftovers` tidies, on the same file system; None for the file's own folder.
        durable: return only when the bytes are on the disk.
        modified: the modification time of the file, in seconds since the epoch.
        source: the descriptor of a file that holds `body`. Where the file system can, both files share their blocks on
            the disk until one of them is changed. None if there is no such file.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    import tempfile  # a build that writes nothing does not need it

    place = os.path.join(root or path.parent, _TEMPORARY_FOLDER)
    descriptor, temporary = _with_folder(place, lambda: tempfile.mkstemp(dir=place))
    try:
        with open(descriptor, "wb", buffering=0) as file:
            rest = memoryview(body)[_copy(source, descriptor, len(body)) if source is not None else 0 :]
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


def _copy(source: int, target: int, size: int) -> int:
    """Copy bytes from the start of one file to another without reading them, and return how many were copied.

    It is fewer than `size` where the kernel or the file system can't do it. It is none on macOS.

    Args:
        source, target: descriptors; the target is empty.
        size: the number of bytes to copy.
    """
    copied = 0
    # Whatever error there is: writing succeeds, or raises the one that the user must see, such as a full disk.
    with contextlib.suppress(AttributeError, OSError):
        while copied < size and (step := os.copy_file_range(source, target, size - copied, copied)):
            copied += step
    return copied


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
    import shutil
    import tempfile

    place = root / _TEMPORARY_FOLDER
    folder = Path(_with_folder(place, lambda: tempfile.mkdtemp(dir=place)))
    try:
        yield folder
    finally:
        # Renamed first: a worker process that is late fails to open a file by the old name, and does not make the
        # folder again while it is being deleted.
        renamed = folder.rename(folder.with_suffix(".left"))
        shutil.rmtree(renamed, ignore_errors=True)


def sync_files(paths: Sequence[Path], *, together: bool = False) -> None:
    """Return when the bytes and the names of the files `paths`, of one file system, are on the disk.

    Few files are synced one by one, which waits for them only. Many files are synced with their file system, in one
    call (syncfs, Linux), and one by one where the system has no such call. os.sync is never used: it waits for all
    other disks of the machine as well, and reports no error.

    Args:
        paths: the files.
        together: sync even few files with their file system.

    A file that was renamed is synced after that, so that its name lasts, too: ext4, XFS, btrfs and APFS write the name
    of a file with the file.

    Raises:
        OSError: the bytes are not on the disk.
    """
    if (together or len(paths) > _SYNC_ALL_FROM) and _sync_file_system(paths[0]):
        return
    for path in paths:
        _with_descriptor(path, os.fsync)


def _sync_file_system(path: Path) -> bool:
    """Sync the file system of the file at `path`; return False if the system has no call for that.

    Raises:
        OSError: a write to it has failed (Linux 5.8 and newer report it).
    """
    import ctypes  # takes 5 ms to load, and few builds have that many files

    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return False
    if _with_descriptor(path, syncfs) != 0:
        number = ctypes.get_errno()
        if number == errno.ENOSYS:
            return False
        raise OSError(number, os.strerror(number), str(path))
    return True


def _with_descriptor(path: Path, use: Callable[[int], T]) -> T:
    """Return the result of `use` for a descriptor of the file at `path`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return use(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(root: Path) -> None:
    """Delete the temporary files that a killed build has left below `root`."""
    folder = os.path.join(root, _TEMPORARY_FOLDER)
    try:
        os.rmdir(folder)  # a build that was not killed leaves it empty
    except FileNotFoundError:
        pass
    except OSError:
        import shutil  # takes several ms to load, and few builds need it

        shutil.rmtree(folder, ignore_errors=True)
