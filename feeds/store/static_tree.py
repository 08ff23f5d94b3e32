"""A snapshot as a plain folder that any web server can serve.

The folder keeps a list of the files that we wrote (:data:`feeds.rules.site_layout.OUTPUT_LIST`), so that a document
that is gone from the site goes from the folder too, and nothing else in it is ever touched.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from feeds.errors import OutputError
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.store import objects
from feeds.store.snapshots import Document, Snapshot
from feeds.system.compression import Coding, codings_of
from feeds.system.files import remove_leftovers, write_atomically
from feeds.system.processes import Workers, map_batches
from feeds.system.progress import NoProgress, Progress

FILES_PER_TASK = 32
"""How many files one call writes."""

PARALLEL_MIN_FILES = 500
"""From how many files on worker processes are worth their start."""


def write_tree(
    snapshot: Snapshot,
    folder: Path,
    progress: Progress | None = None,
    workers: Workers | None = None,
    *,
    rewrite: bool = False,
    trust: bool = False,
    precompress: bool = False,
) -> int:
    """Make `folder` show `snapshot`: file by file, atomically; what has not changed is not touched.

    Args:
        snapshot: what to write.
        folder: where; it is made if there is none.
        progress: is told of each document.
        workers: write files where many have to be; None writes all of them here.
        rewrite: compare the bytes of every file, also of those whose size and time are as they were left, and
            overwrite files that are not ours.
        trust: believe that every file is as it was left; else their sizes and times are looked at.
        precompress: write each coding of a document beside it, for web servers that can send those.

    Returns:
        How many files were written or deleted.

    Raises:
        OutputError: the folder can't be written.
    """
    try:
        files = dict(_files(snapshot, precompress=precompress))
        return _export(
            snapshot, files, folder, progress or NoProgress(), workers or Workers(1), rewrite=rewrite, trust=trust
        )
    except OSError as error:
        place = error.filename2 or error.filename or folder
        raise OutputError(f"the static files can't be written ({error.strerror})", place) from error


class _File(NamedTuple):
    """What a file holds: a document, as it is or in a coding."""

    document: Document
    coding: Coding | None = None


def _files(snapshot: Snapshot, *, precompress: bool) -> Iterator[tuple[str, _File]]:
    for address, document in snapshot.documents.items():
        yield address, _File(document)
        for coding in codings_of(document.media_type, document.size) if precompress else ():
            yield address + coding.suffix, _File(document, coding)


def _export(
    snapshot: Snapshot,
    files: Mapping[str, _File],
    folder: Path,
    progress: Progress,
    workers: Workers,
    *,
    rewrite: bool,
    trust: bool,
) -> int:
    for address in filter(_leads_out, files):
        raise OutputError("this address leads out of the folder", address)
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    written = _list(folder)
    intended = {address: file.document.digest for address, file in files.items()}
    if intended.keys() - written.keys():
        if not rewrite:
            _respect_others(snapshot, folder, {each: files[each] for each in intended.keys() - written.keys()})
        _keep_list(folder, intended | written)  # first, so that a build that is killed leaves no unlisted file
    stale = []
    for address, file in files.items():
        listed = written.get(address) == file.document.digest
        if rewrite or not listed or not (trust or _is_as_left(f"{folder}/{address}", file)):
            stale.append((address, file))
        else:
            progress.advance()
    changed = 0
    work = functools.partial(_write_batch, snapshot.folder, folder)
    for results in map_batches(work, stale, FILES_PER_TASK, workers.executor(len(stale), PARALLEL_MIN_FILES)):
        changed += sum(results)
        progress.advance(len(results))
    for address in sorted(written.keys() - files.keys()):
        changed += _delete(folder, address)
    if intended != written:
        _keep_list(folder, intended)
    remove_leftovers(folder)
    return changed


def _leads_out(address: str) -> bool:
    """Tell whether `address` is none inside of the folder."""
    return ".." in address.split("/") or address[:1] in ("", "/") or "\0" in address


def _list(folder: Path) -> dict[str, str]:
    """Return what we wrote into `folder`, as far as its list can be trusted: addresses inside it, as texts."""
    try:
        listed = json.loads((folder / OUTPUT_LIST).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(listed, dict):
        return {}
    return {
        address: digest for address, digest in listed.items() if isinstance(digest, str) and not _leads_out(address)
    }


def _keep_list(folder: Path, files: dict[str, str]) -> None:
    text = json.dumps(dict(sorted(files.items())), ensure_ascii=False, separators=(",\n", ": ")) + "\n"  # a line each
    write_atomically(folder / OUTPUT_LIST, text.encode(), root=folder)


def _is_as_left(path: str, file: _File) -> bool:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    # Nobody has noted how long the coded ones are.
    has_its_size = file.coding is not None or status.st_size == file.document.size
    return has_its_size and int(status.st_mtime) == file.document.modified


def _write_batch(state: Path, folder: Path, stale: Sequence[tuple[str, _File]]) -> list[int]:
    return [_write(state, folder, address, file) for address, file in stale]


def _respect_others(snapshot: Snapshot, folder: Path, files: Mapping[str, _File]) -> None:
    """See that no file is in the place of one that is to be written for the first time, unless it has the same bytes.

    Raises:
        OutputError: there is one; nothing has been written, and none of these addresses is listed as ours.
    """
    for address in sorted(files):
        path = folder / address
        if path.is_file() and path.read_bytes() != snapshot.read(*files[address]):
            raise OutputError("this file was not written by feeds; move it away, or build with --force", path)


def _write(state: Path, folder: Path, address: str, file: _File) -> int:
    """Write one file unless it has these bytes already, which are in the state folder; return how many were written."""
    path = folder / address
    body, modified = objects.read_object(state, file.document.digest, file.coding), file.document.modified
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if path.stat().st_size == len(body) and path.read_bytes() == body:
            os.utime(path, (modified, modified))
            return 0
    write_atomically(path, body, root=folder, modified=modified)
    return 1


def _delete(folder: Path, address: str) -> int:
    """Delete a file that we wrote, and the folders that are empty without it; return how many were deleted."""
    path = folder / address
    try:
        path.unlink()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            raise
        return 0  # it was listed before it was written, and never was
    for parent in path.parents:
        if parent == folder:
            break
        try:
            os.rmdir(parent)
        except OSError:  # not empty
            break
    return 1
