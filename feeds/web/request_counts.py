"""Counts of answers by status and format, for all workers together.

A worker counts in a file of its own, which is mapped into its memory: to count is to add one to a number there. The
total is the sum of all files. A worker that starts takes over the counter file of one that has exited, and goes on
counting in it. So no count ever goes down, not even when the server starts again, and there are never more files than
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

from feeds.rules.site_layout import FORMATS, HEALTH_PATH, METRICS_PATH, NEGOTIATED_NAME, OPML_PATH, PAGE, STATUS_PATH

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXTENSIONS = (*(row.extension for row in FORMATS), OPML_PATH.rpartition(".")[2])

UNCOUNTED = "none"
"""The format of answers for operators (:data:`OPERATION_PATHS`)."""

COUNTED_FORMATS = (*_EXTENSIONS, "negotiated", UNCOUNTED, "other")
"""The formats that are counted. `negotiated` is a feed in the format that the client prefers, `none` an answer for
operators, `other` the rest, missing documents included."""

OPERATION_PATHS = (f"/{HEALTH_PATH}", f"/{METRICS_PATH}", f"/{STATUS_PATH}")
"""The addresses for operators of the server."""

_NUMBERS = {extension: COUNTED_FORMATS.index(extension) for extension in _EXTENSIONS}
_PAGE, _NEGOTIATED, _NONE, _OTHER = map(COUNTED_FORMATS.index, (PAGE.extension, "negotiated", "none", "other"))

_FIRST, _AFTER = 100, 600
"""The range of statuses."""

_SIZE = (_AFTER - _FIRST) * len(COUNTED_FORMATS) * 8
_LAYOUT = f"{zlib.crc32(repr((COUNTED_FORMATS, _FIRST, _AFTER)).encode()):08x}"
"""Part of the names of the files: files of a version with another layout are not read."""


class RequestCounts:
    """Counts of answers, by status and format.

    Args:
        folder: the folder of the files; it is made when the first answer is counted. A worker that can't write there
            counts in its own memory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._cells: memoryview | None = None
        self._is_private = False

    def add(self, status: str, path: str) -> None:
        """Count an answer.

        Args:
            status: the status line, such as ``304 NOT MODIFIED``.
            path: the decoded path of the request (``PATH_INFO``).
        """
        number = _NUMBERS.get(path.rpartition(".")[2])
        cell = (int(status[:3]) - _FIRST) * len(COUNTED_FORMATS) + (_format(path) if number is None else number)
        with self._lock:
            if self._cells is None:  # not in __init__: a server may fork its workers after that
                self._cells = self._take()
            self._cells[cell] += 1

    def total(self) -> dict[tuple[int, str], int]:
        """Return the counts of all workers of the present and the past, by status and format, without zeros."""
        files = [array("Q", body) for body in self._files() if len(body) == _SIZE]
        if self._is_private and self._cells is not None:
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
        """Return the cells of a file in which no other running process counts."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in itertools.count(1):
                with contextlib.suppress(BlockingIOError):
                    return _cells(self._folder / f"requests-{_LAYOUT}-{number}")
        except (OSError, ValueError):  # it can't be written, or not to its end because the disk is full
            self._is_private = True
        return memoryview(mmap.mmap(-1, _SIZE)).cast("Q")


def with_request_counts(inner: WSGIApplication, counts: RequestCounts) -> WSGIApplication:
    """Return an application that calls `inner`, and counts an answer when it begins."""
    add = counts.add

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def counting(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
            add(status, environ.get("PATH_INFO", ""))
            return start_response(status, headers, exc_info)

        return inner(environ, counting)

    return application


def _format(path: str) -> int:
    """Return the number of the format of a path without a known extension."""
    if path.endswith("/"):
        return _PAGE
    if path.endswith(f"/{NEGOTIATED_NAME}"):
        return _NEGOTIATED
    return _NONE if path in OPERATION_PATHS else _OTHER


def _cells(path: Path) -> memoryview:
    """Return the content of a file as memory. The file is locked for this process as long as the memory is in use.

    Raises:
        BlockingIOError: another process has locked it.
        OSError, ValueError: it can't be written.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = os.fstat(file).st_size
        # Written, not only extended: if the disk is full, touching mapped memory would kill the process (SIGBUS).
        os.pwrite(file, bytes(max(0, _SIZE - size)), size)
        return memoryview(mmap.mmap(file, _SIZE)).cast("Q")
    finally:
        os.close(file)  # mmap has duplicated the descriptor, which keeps the lock
