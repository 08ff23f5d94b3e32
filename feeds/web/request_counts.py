"""How many requests were answered how: counted where every answer passes, whoever gives it, for all workers together.

Each worker counts in a file of its own, which is mapped into its memory, so that counting is adding one to a number
there. Whoever is asked adds up all files. A worker that has ended leaves its file to the next one, which goes on
counting in it: no figure ever goes down, not even when the server starts anew, and there are never more files than
there were workers at one time.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import mmap
import os
import threading
import zlib
from array import array
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feeds.rules.site_layout import FORMATS, HEALTH_PATH, METRICS_PATH, NEGOTIATED_NAME, OPML_PATH, PAGE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXTENSIONS = (*(row.extension for row in FORMATS), OPML_PATH.rpartition(".")[2])

COUNTED_FORMATS = (*_EXTENSIONS, "negotiated", "none", "other")
"""What can be asked for. `negotiated` is a feed in the format that the client wants, `none` what is no document of the
site (:data:`OPERATION_PATHS`), `other` all the rest, what is not there among it."""

OPERATION_PATHS = (f"/{HEALTH_PATH}", f"/{METRICS_PATH}")
"""The addresses of what those who run the server ask it."""

_NUMBERS = {extension: COUNTED_FORMATS.index(extension) for extension in _EXTENSIONS}
_PAGE, _NEGOTIATED, _NONE, _OTHER = map(COUNTED_FORMATS.index, (PAGE.extension, "negotiated", "none", "other"))

_FIRST, _AFTER = 100, 600
"""Which statuses there are."""

_SIZE = (_AFTER - _FIRST) * len(COUNTED_FORMATS) * 8
_LAYOUT = f"{zlib.crc32(repr((COUNTED_FORMATS, _FIRST, _AFTER)).encode()):08x}"
"""Stands in the names of the files: what another version counts otherwise is not taken for ours."""


class RequestCounts:
    """Counts of answers, by status and by what was asked for.

    Args:
        folder: where the files are; it is made when the first request is counted. A worker that can't write there
            counts for itself alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._cells: memoryview | None = None
        self._alone = False

    def add(self, status: str, path: str) -> None:
        """Count an answer.

        Args:
            status: its status line, such as ``304 NOT MODIFIED``.
            path: what was asked for, decoded (``PATH_INFO``).
        """
        asked_for = _NUMBERS.get(path.rpartition(".")[2])
        cell = (int(status[:3]) - _FIRST) * len(COUNTED_FORMATS) + (_format(path) if asked_for is None else asked_for)
        with self._lock:
            if self._cells is None:  # not earlier: an application that was made before a fork is that of all workers
                self._cells = self._take()
            self._cells[cell] += 1

    def total(self) -> dict[tuple[int, str], int]:
        """Return the counts of all workers that there are and were, by status and format; none that is 0."""
        files = [array("Q", body) for body in self._files() if len(body) == _SIZE]
        if self._alone and self._cells is not None:
            files.append(array("Q", self._cells.tobytes()))
        sums = [sum(column) for column in zip(*files, strict=True)]
        return {
            (_FIRST + cell // len(COUNTED_FORMATS), COUNTED_FORMATS[cell % len(COUNTED_FORMATS)]): number
            for cell, number in enumerate(sums)
            if number
        }

    def _files(self) -> Iterable[bytes]:
        for path in sorted(self._folder.glob(f"requests-{_LAYOUT}-*")):
            with contextlib.suppress(OSError):
                yield path.read_bytes()

    def _take(self) -> memoryview:
        """Return the cells of a file in which no other living process counts."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in itertools.count(1):
                with contextlib.suppress(BlockingIOError):
                    return _cells(self._folder / f"requests-{_LAYOUT}-{number}")
        except (OSError, ValueError):  # it can't be written, or, as a disk is full, not to its end
            self._alone = True
        return memoryview(mmap.mmap(-1, _SIZE)).cast("Q")


def with_request_counts(inner: WSGIApplication, counts: RequestCounts) -> WSGIApplication:
    """Return `inner`, with each answer counted when it begins."""
    add = counts.add

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def counting(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
            add(status, environ.get("PATH_INFO", ""))
            return start_response(status, headers, exc_info)

        return inner(environ, counting)

    return application


def _format(path: str) -> int:
    """Return the number of the format of an address without a known ending."""
    if path.endswith("/"):
        return _PAGE
    if path.endswith(f"/{NEGOTIATED_NAME}"):
        return _NEGOTIATED
    return _NONE if path in OPERATION_PATHS else _OTHER


def _cells(path: Path) -> memoryview:
    """Return what is in a file as memory, and hold the file for this process as long as the memory is in use.

    Raises:
        BlockingIOError: another process holds it.
        OSError, ValueError: it can't be written.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        has = os.fstat(file).st_size
        os.pwrite(file, bytes(max(0, _SIZE - has)), has)  # memory without a place on the disk would end the process
        return memoryview(mmap.mmap(file, _SIZE)).cast("Q")
    finally:
        os.close(file)  # the memory keeps a copy of it, and so the lock
