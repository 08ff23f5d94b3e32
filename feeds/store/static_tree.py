"""The static tree: a snapshot as a plain folder that any web server can serve.

The folder has a list of the files that we wrote (:data:`feeds.rules.site_layout.OUTPUT_LIST`). A document that is gone
from the site is deleted from the folder, and no other file in it is ever touched.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from feeds.errors import OutputError
from feeds.rules.site_layout import MEMORY_HEAD_ADDRESS, NO_JEKYLL_PATH, NOT_FOUND_PATH, OUTPUT_LIST
from feeds.store import objects
from feeds.store.snapshots import Document, Snapshot
from feeds.store.trust import Trust
from feeds.system.compression import CODINGS, Coding, codings_of
from feeds.system.files import remove_leftovers, write_atomically
from feeds.system.processes import Workers, batched, map_batches
from feeds.system.progress import NoProgress, Progress

FILES_PER_TASK = 32
"""The number of files that one call of a worker writes."""

CHECKED_AT_ONCE = 1_000
"""The number of files after whose check the progress is told."""

GIVES_WAY = (NOT_FOUND_PATH, NO_JEKYLL_PATH)
"""The files that a host of static files looks for. One that the publisher has put there stays as it is."""

PARALLEL_MIN_FILES = 500
"""The number of files from which on it pays to start worker processes."""


class TreeChanges(NamedTuple):
    """What :func:`write_tree` has changed.

    Attributes:
        written: the number of files that were written or deleted.
        edited: the addresses of those that somebody had edited since we wrote them.
    """

    written: int
    edited: tuple[str, ...] = ()


def write_tree(
    snapshot: Snapshot,
    folder: Path,
    progress: Progress | None = None,
    workers: Workers | None = None,
    *,
    trust: Trust = Trust.TIMES,
    precompress: bool = False,
) -> TreeChanges:
    """Make `folder` show `snapshot`. Files are replaced one by one and atomically; unchanged files are not touched.

    Args:
        snapshot: the documents.
        folder: the static tree; it is made if there is none.
        progress: is told about every document.
        workers: write files if there are many; None writes all of them in this process.
        trust: NOTHING compares the bytes of every file, and overwrites files that are not ours; WATCHED believes that
            every file is as we left it; else sizes and times are compared.
        precompress: also write the codings of a document beside it, for web servers that can send them.

    Raises:
        OutputError: the folder can't be written.
    """
    try:
        files = dict(_files(snapshot, precompress=precompress))
        return _write_tree(snapshot, files, folder, progress or NoProgress(), workers or Workers(1), trust)
    except OSError as error:
        place = error.filename2 or error.filename or folder
        raise OutputError(f"the static files can't be written ({error.strerror})", place) from error


class _File(NamedTuple):
    """The content of a file: a document, unchanged or in a coding."""

    document: Document
    coding: Coding | None = None


def _files(snapshot: Snapshot, *, precompress: bool) -> Iterator[tuple[str, _File]]:
    for address, document in snapshot.documents.items():
        yield address, _File(document)
        for coding in codings_of(document.media_type, document.size) if precompress else ():
            yield address + coding.suffix, _File(document, coding)


def _write_tree(
    snapshot: Snapshot, files: Mapping[str, _File], folder: Path, progress: Progress, workers: Workers, trust: Trust
) -> TreeChanges:
    for address in filter(_leads_out, files):
        raise OutputError("this address leads out of the folder", address)
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    listed = listed_files(folder)
    if trust is not Trust.NOTHING:
        files = _without_replaced(snapshot, folder, files, listed.keys())
    intended = {address: file.document.digest for address, file in files.items()}
    new = intended.keys() - listed.keys()
    if new:
        if trust is not Trust.NOTHING:
            _refuse_foreign_files(snapshot, folder, {address: files[address] for address in new})
        # The list is written before the files: a build that is killed must not leave a file that is not listed, which
        # the next build would take for a foreign one.
        _write_list(folder, intended | listed)
    outdated: list[_Task] = []
    place = f"{folder}/"
    for group in batched(files.items(), CHECKED_AT_ONCE):
        known = len(outdated)
        for address, file in group:
            is_current = trust is not Trust.NOTHING and listed.get(address) == file.document.digest
            if not is_current or (trust is not Trust.WATCHED and not _is_untouched(place + address, file)):
                outdated.append(_Task(address, file, listed.get(address)))
        progress.advance(len(group) - (len(outdated) - known))
    changed, edited = 0, []
    work = functools.partial(_write_files, snapshot.folder, folder)
    # The head of the memory after its parts, and before old parts are deleted: the memory is whole at any moment.
    last = [task for task in outdated if task.address == MEMORY_HEAD_ADDRESS]
    others = [task for task in outdated if task.address != MEMORY_HEAD_ADDRESS]
    executor = workers.executor(len(others), PARALLEL_MIN_FILES)
    done = chain(map_batches(work, others, FILES_PER_TASK, executor), map(work, filter(None, [last])))
    rest = iter([*others, *last])
    for results in done:
        changed += sum(result is not _Result.UNCHANGED for result in results)
        edited += [task.address for result, task in zip(results, rest, strict=False) if result is _Result.EDITED]
        progress.advance(len(results))
    for address in sorted(listed.keys() - files.keys()):
        changed += _delete(folder, address)
    if intended != listed:
        _write_list(folder, intended)
    remove_leftovers(folder)
    return TreeChanges(changed, tuple(edited))


def _without_replaced(
    snapshot: Snapshot, folder: Path, files: Mapping[str, _File], listed: Collection[str]
) -> Mapping[str, _File]:
    """Return `files` without the ones in whose place the publisher has put a file, and without their codings.

    A site that has such a page for its host must still build with a version of feeds that makes one.
    """
    own = [address for address in GIVES_WAY if address not in listed and _is_foreign(snapshot, folder, files, address)]
    if not own:
        return files
    names = {address + suffix for address in own for suffix in ("", *(coding.suffix for coding in CODINGS))}
    return {address: file for address, file in files.items() if address not in names}


def _is_foreign(snapshot: Snapshot, folder: Path, files: Mapping[str, _File], address: str) -> bool:
    """Tell whether the file in the place of a new file of ours has other bytes."""
    path = folder / address
    return address in files and path.is_file() and path.read_bytes() != snapshot.read(*files[address])


def _leads_out(address: str) -> bool:
    """Tell whether a file at `address` would lie outside of the folder."""
    # The first test answers for nearly every address.
    return (".." in address and ".." in address.split("/")) or address[:1] in ("", "/") or "\0" in address


def listed_files(folder: Path) -> dict[str, str]:
    """Return the files that we wrote into `folder`, address → digest. Entries that can't be ours are left out."""
    try:
        listed = json.loads((folder / OUTPUT_LIST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    if not isinstance(listed, dict):
        return {}
    return {
        address: digest for address, digest in listed.items() if isinstance(digest, str) and not _leads_out(address)
    }


def _write_list(folder: Path, files: dict[str, str]) -> None:
    # One file a line, so that version control shows small differences.
    text = json.dumps(dict(sorted(files.items())), ensure_ascii=False, separators=(",\n", ": ")) + "\n"
    write_atomically(folder / OUTPUT_LIST, text.encode(), root=folder)


def _is_untouched(path: str, file: _File) -> bool:
    """Tell whether the file at `path` has the size and the time that we gave it."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    # The sizes of coded files are not recorded.
    has_size = file.coding is not None or status.st_size == file.document.size
    return has_size and int(status.st_mtime) == file.document.modified


def _refuse_foreign_files(snapshot: Snapshot, folder: Path, files: Mapping[str, _File]) -> None:
    """Check that no foreign file is in the place of a new file of ours, unless it has the same bytes.

    Raises:
        OutputError: there is one. Nothing has been written, and none of these addresses is listed as ours.
    """
    for address in sorted(files):
        if _is_foreign(snapshot, folder, files, address):
            reason = "this file was not written by feeds; move it away, or build with --force"
            raise OutputError(reason, folder / address)


class _Task(NamedTuple):
    """A file to write: its address, its content, and the digest of what we wrote there before, or None."""

    address: str
    file: _File
    before: str | None


class _Result(Enum):
    """What has become of a file: it had the right bytes, or it was written, in the place of one that was edited."""

    UNCHANGED = 0
    WRITTEN = 1
    EDITED = 2


def _write_files(state: Path, folder: Path, tasks: Sequence[_Task]) -> list[_Result]:
    return [_write(state, folder, task) for task in tasks]


def _write(state: Path, folder: Path, task: _Task) -> _Result:
    """Write one file, unless it has the right bytes already.

    A file with the right bytes is not replaced: tools that upload or back up the tree would take it for changed.
    """
    document, coding = task.file
    if coding is not None:  # the object of coded bytes begins with a digest: its blocks can't be shared
        return _write_body(state, folder, task, objects.read_object(state, document.digest, coding))
    with objects.open_object(state, document.digest) as (body, source):
        return _write_body(state, folder, task, body, source)


def _write_body(state: Path, folder: Path, task: _Task, body: bytes, source: int | None = None) -> _Result:
    path, modified, result = folder / task.address, task.file.document.modified, _Result.WRITTEN
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        present = path.read_bytes()
        if present == body:
            os.utime(path, (modified, modified))
            return _Result.UNCHANGED
        if task.before is not None and task.file.coding is None:
            digest = objects.content_digest(present)
            # A build that was killed may have written another document of ours than the list says.
            if digest != task.before and not objects.has_object(state, digest):
                result = _Result.EDITED
    write_atomically(path, body, root=folder, modified=modified, source=source)
    return result


def _delete(folder: Path, address: str) -> int:
    """Delete a file of ours, and the folders that are empty afterwards; return how many files were deleted."""
    path = folder / address
    try:
        path.unlink()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            raise
        return 0  # a killed build had listed the file and never wrote it
    for parent in path.parents:
        if parent == folder:
            break
        try:
            os.rmdir(parent)
        except OSError:  # the folder is not empty
            break
    return 1
