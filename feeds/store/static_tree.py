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
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from feeds.errors import OutputError
from feeds.rules.site_layout import MEMORY_HEAD_ADDRESS, OUTPUT_LIST
from feeds.store import objects
from feeds.store.snapshots import Document, Snapshot
from feeds.store.trust import Trust
from feeds.system.compression import Coding, codings_of
from feeds.system.files import remove_leftovers, write_atomically
from feeds.system.processes import Workers, batched, map_batches
from feeds.system.progress import NoProgress, Progress

FILES_PER_TASK = 32
"""The number of files that one call of a worker writes."""

CHECKED_AT_ONCE = 1_000
"""The number of files after whose check the progress is told."""

PARALLEL_MIN_FILES = 500
"""The number of files from which on it pays to start worker processes."""


def write_tree(
    snapshot: Snapshot,
    folder: Path,
    progress: Progress | None = None,
    workers: Workers | None = None,
    *,
    trust: Trust = Trust.TIMES,
    precompress: bool = False,
) -> int:
    """Make `folder` show `snapshot`. Files are replaced one by one and atomically; unchanged files are not touched.

    Args:
        snapshot: the documents.
        folder: the static tree; it is made if there is none.
        progress: is told about every document.
        workers: write files if there are many; None writes all of them in this process.
        trust: NOTHING compares the bytes of every file, and overwrites files that are not ours; WATCHED believes that
            every file is as we left it; else sizes and times are compared.
        precompress: also write the codings of a document beside it, for web servers that can send them.

    Returns:
        The number of files that were written or deleted.

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
) -> int:
    for address in filter(_leads_out, files):
        raise OutputError("this address leads out of the folder", address)
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    listed = listed_files(folder)
    intended = {address: file.document.digest for address, file in files.items()}
    new = intended.keys() - listed.keys()
    if new:
        if trust is not Trust.NOTHING:
            _refuse_foreign_files(snapshot, folder, {address: files[address] for address in new})
        # The list is written before the files: a build that is killed must not leave a file that is not listed, which
        # the next build would take for a foreign one.
        _write_list(folder, intended | listed)
    outdated: list[tuple[str, _File]] = []
    place = f"{folder}/"
    for group in batched(files.items(), CHECKED_AT_ONCE):
        known = len(outdated)
        for address, file in group:
            is_current = trust is not Trust.NOTHING and listed.get(address) == file.document.digest
            if not is_current or (trust is not Trust.WATCHED and not _is_untouched(place + address, file)):
                outdated.append((address, file))
        progress.advance(len(group) - (len(outdated) - known))
    changed = 0
    work = functools.partial(_write_files, snapshot.folder, folder)
    # The head of the memory after its parts, and before old parts are deleted: the memory is whole at any moment.
    last = [item for item in outdated if item[0] == MEMORY_HEAD_ADDRESS]
    others = [item for item in outdated if item[0] != MEMORY_HEAD_ADDRESS]
    executor = workers.executor(len(others), PARALLEL_MIN_FILES)
    for results in chain(map_batches(work, others, FILES_PER_TASK, executor), map(work, filter(None, [last]))):
        changed += sum(results)
        progress.advance(len(results))
    for address in sorted(listed.keys() - files.keys()):
        changed += _delete(folder, address)
    if intended != listed:
        _write_list(folder, intended)
    remove_leftovers(folder)
    return changed


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
        path = folder / address
        if path.is_file() and path.read_bytes() != snapshot.read(*files[address]):
            raise OutputError("this file was not written by feeds; move it away, or build with --force", path)


def _write_files(state: Path, folder: Path, files: Sequence[tuple[str, _File]]) -> list[int]:
    return [_write(state, folder, address, file) for address, file in files]


def _write(state: Path, folder: Path, address: str, file: _File) -> int:
    """Write one file, unless it has the right bytes already; return how many files were written.

    A file with the right bytes is not replaced: tools that upload or back up the tree would take it for changed.
    """
    if file.coding is not None:  # the object of coded bytes begins with a digest: its blocks can't be shared
        return _write_body(folder, address, objects.read_object(state, file.document.digest, file.coding), file)
    with objects.open_object(state, file.document.digest) as (body, source):
        return _write_body(folder, address, body, file, source)


def _write_body(folder: Path, address: str, body: bytes, file: _File, source: int | None = None) -> int:
    path, modified = folder / address, file.document.modified
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if path.stat().st_size == len(body) and path.read_bytes() == body:
            os.utime(path, (modified, modified))
            return 0
    write_atomically(path, body, root=folder, modified=modified, source=source)
    return 1


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
