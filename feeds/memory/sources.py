"""Places from which a build takes the memory: the current snapshot, a folder, or the address of the published site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from feeds.errors import StateError
from feeds.memory.format import DamagedMemoryError, Head, ReadFile, Record, decode_part
from feeds.rules.site_layout import FEED_FORMATS, MEMORY_FOLDER, MEMORY_HEAD

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

READ_AT_ONCE = 8
"""The number of parts that are read at the same time: over a network, most of the time is waiting."""

REQUEST_SECONDS = 30
"""The longest time in seconds that a server may send nothing."""

TOTAL_SECONDS = 600
"""The longest time in seconds that all requests for a memory may take."""

MAX_FILE_BYTES = 64_000_000
"""The largest size of a file of the memory that is read over a network."""


ReadFiles = Callable[[Sequence[str]], Iterable[bytes | None]]


class MemorySource(NamedTuple):
    """A place that has a memory.

    Attributes:
        where: its path or address, for messages.
        head: the head of the memory.
        records_of: returns all records of a family; it raises DamagedMemoryError.
    """

    where: str
    head: Head
    records_of: Callable[[str], list[Record]]


def read_source(where: str, read: ReadFile, *, read_all: ReadFiles | None = None) -> MemorySource | None:
    """Return the memory in a place, or None if there is none.

    Args:
        where: the path or address of its folder, with a slash at its end.
        read: returns the bytes of a file in it.
        read_all: does that for several files; one after another by default.

    Raises:
        DamagedMemoryError: it is damaged.
        StateError: it can't be read, or a later version has written it.
    """
    body = read(MEMORY_HEAD)
    if body is None:
        return None
    head = Head.from_bytes(body, where + MEMORY_HEAD)
    files = head.files()

    def records_of(family: str) -> list[Record]:
        names = [name for name in files if name.rpartition("-")[0] == family]
        records: list[Record] = []
        for name, part in zip(names, (read_all or partial(map, read))(names), strict=True):
            if part is None:
                raise DamagedMemoryError("the memory is damaged: this file is missing", where + name)
            records += decode_part(part, files[name], where + name)
        return records

    return MemorySource(where, head, records_of)


def newest(sources: Sequence[MemorySource]) -> MemorySource | None:
    """Return the newest memory; of equally new ones, the first. None if there is none.

    If a part of it is damaged in one place, it is read from another one that has the same memory.

    Raises:
        StateError: the memories are of different sites.
    """
    for source in sources[1:]:
        if source.head.site != sources[0].head.site:
            reason = (
                f"it has the memory of another site than {sources[0].where}: give each site an output and a state"
                " folder (FEEDS_STATE) of its own, or name the right place with --previous"
            )
            raise StateError(reason, source.where)
    best = max(sources, key=lambda source: source.head.number, default=None)
    if best is None:
        return None
    equal = [source for source in sources if source.head == best.head]

    def records_of(family: str) -> list[Record]:
        for number, source in enumerate(equal, 1):
            try:
                return source.records_of(family)
            except DamagedMemoryError:
                if number == len(equal):
                    raise
        return []

    return best._replace(records_of=records_of)


def folder_source(site: Path) -> MemorySource | None:
    """Return the memory in a static tree, or None if there is none.

    Raises:
        DamagedMemoryError, StateError: as for :func:`read_source`.
    """
    folder = site / MEMORY_FOLDER

    def read(name: str) -> bytes | None:
        try:
            return (folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StateError(f"the memory can't be read ({error.strerror})", folder / name) from error

    return read_source(f"{folder}/", read)


def previous_source(previous: str) -> MemorySource | None:
    """Return the memory of the site as it was published last; None if nothing was published there.

    Args:
        previous: its folder, or its address.

    Raises:
        StateError: something was published there, but its memory is missing, or it can't be read.
    """
    if previous.startswith(("http://", "https://")):
        address = previous.rstrip("/") + "/"
        fetch = _Fetcher()
        source = _address_source(address + MEMORY_FOLDER, fetch)
        was_published = source is None and any(fetch(address + row.file_name) is not None for row in FEED_FORMATS)
    else:
        source = folder_source(Path(previous))
        was_published = source is None and any((Path(previous) / row.file_name).exists() for row in FEED_FORMATS)
    if was_published:
        reason = (
            f"there is a feed and no memory ({MEMORY_FOLDER}): what its subscribers know is lost, and they would get"
            " entries twice; publish the folder with the site again, or build with --first to begin anew"
        )
        raise StateError(reason, previous)
    return source


def _address_source(folder: str, fetch: Callable[[str], bytes | None]) -> MemorySource | None:
    """Return the memory below an address, or None if there is none."""
    from concurrent.futures import ThreadPoolExecutor  # slow to load, and few builds need it

    def read(name: str) -> bytes | None:
        return fetch(folder + name)

    def read_all(names: Sequence[str]) -> list[bytes | None]:
        with ThreadPoolExecutor(READ_AT_ONCE) as threads:
            return list(threads.map(read, names))

    return read_source(folder, read, read_all=read_all)


class _Fetcher:
    """Requests past all caches, within limits of time and bytes."""

    def __init__(self) -> None:
        self._end = time.monotonic() + TOTAL_SECONDS

    def __call__(self, address: str) -> bytes | None:
        """Return the body at an address; None if there is nothing (404, 410).

        Raises:
            StateError: there is another answer, or none.
        """
        from http.client import HTTPException  # only builds with an address need these
        from urllib.error import HTTPError
        from urllib.request import Request

        # A query that no cache knows, and a header for those that look at it (RFC 9111 section 5.2.1.4).
        headers = {"Cache-Control": "no-cache", "User-Agent": "feeds"}
        request = Request(f"{address}?{time.time_ns():x}", headers=headers)  # noqa: S310 - see _opener
        try:
            with _opener().open(request, timeout=min(REQUEST_SECONDS, self._seconds_left(address))) as answer:
                return self._read(answer, address)
        except HTTPError as error:
            with error:
                if error.code in (404, 410):
                    return None
            raise StateError(f"the server answers {error.code}; {_ADVICE}", address) from error
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
            raise StateError(f"the memory can't be read ({reason}); {_ADVICE}", address) from error

    def _read(self, answer: HTTPResponse, address: str) -> bytes:
        """Return the body of an answer; piece by piece, since a server may send a byte a minute."""
        body = b""
        while piece := answer.read1(1 << 16):
            body += piece
            self._seconds_left(address)
            if len(body) > MAX_FILE_BYTES:
                raise StateError(f"this file has more than {MAX_FILE_BYTES:,} bytes and can't be of a memory", address)
        if answer.length:
            raise StateError(f"the memory can't be read (the answer is cut off); {_ADVICE}", address)
        return body

    def _seconds_left(self, address: str) -> float:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise StateError(f"the memory takes longer than {TOTAL_SECONDS} seconds; {_ADVICE}", address)
        return seconds


def _opener() -> OpenerDirector:
    """Return what opens addresses: the standard one would follow a redirect to ftp."""
    from urllib import request

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.UnknownHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPRedirectHandler,
        request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


_ADVICE = "build again later, or with --first if nothing has been published yet"
