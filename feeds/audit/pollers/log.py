"""Access logs → requests: the common and the combined format, as nginx, Apache, gunicorn and others write them.

A client can put any bytes into a log. A line that can't be read, or that is too long, becomes None and is counted.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from feeds.errors import LogError

CHUNK_BYTES = 1 << 18
MAX_LINE_BYTES = 1 << 16
"""The most bytes of a line that are kept while its end is read: servers refuse requests long before that."""

_GZIP = b"\x1f\x8b"
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

_QUOTED = rb'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rb"(?:\S+:\d+ )?"  # Apache's vhost_combined begins with the host
    rb"(\S+) \S+ [^\[ ][^\[]* "
    rb"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    + _QUOTED
    + rb" (\d{3}) (\d{1,18}|-)(?: "
    + _QUOTED
    + rb" "
    + _QUOTED
    + rb")?"
)


class LoggedRequest(NamedTuple):
    """A line of a log.

    Attributes:
        client: the address of the client.
        time: the time of the request, in seconds since the epoch.
        method: the method as it was sent, such as ``GET``.
        target: the path, or the whole URL, as it was sent.
        status: the status of the answer.
        size: the bytes of the answer, or None where the log has none.
        agent: the User-Agent; empty where the log has none.
    """

    client: bytes
    time: int
    method: bytes
    target: bytes
    status: int
    size: int | None
    agent: bytes


def read_requests(path: str) -> Iterator[LoggedRequest | None]:
    """Yield the request of every line of a log, or None for a line that can't be read.

    Args:
        path: the file, compressed with gzip or not; ``-`` is standard input.

    Raises:
        LogError: the file can't be read to its end, or no line of it could be read.
    """
    shown = "standard input" if path == "-" else path
    lines = readable = 0
    try:
        with _opened(path) as stream:
            for line in _lines(stream):
                request = parse_log_line(line)
                lines += 1
                readable += request is not None
                yield request
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise LogError("it is compressed, and damaged or not complete; leave it out", shown) from error
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        reason = error.strerror if isinstance(error, OSError) else "it is no file name"
        raise LogError(f"it can't be read ({reason})", shown) from error
    if lines and not readable:
        raise LogError("no line is in the common or combined log format; have the server write that", shown)


def parse_log_line(line: bytes) -> LoggedRequest | None:
    """Return the request of a line, or None where the line is in no known format."""
    match = _LINE.match(line)
    if match is None:
        return None
    client, timestamp, request_line, status, size, _, agent = match.groups()
    time = _parse_time(timestamp)
    if time is None:
        return None
    method, _, rest = request_line.partition(b" ")
    target = rest.rpartition(b" ")[0] if b" " in rest else rest
    return LoggedRequest(client, time, method, target, int(status), None if size == b"-" else int(size), agent or b"")


@lru_cache(maxsize=64)  # lines of the same second follow one another
def _parse_time(timestamp: bytes) -> int | None:
    """Return seconds since the epoch for ``10/Oct/2000:13:55:36 -0700``, or None where there is no such time."""
    try:
        moment = datetime(
            int(timestamp[7:11]),
            _MONTHS[timestamp[3:6]],
            int(timestamp[:2]),
            int(timestamp[12:14]),
            int(timestamp[15:17]),
            min(int(timestamp[18:20]), 59),  # a leap second
            tzinfo=UTC,
        )
        offset = timedelta(hours=int(timestamp[22:24]), minutes=int(timestamp[24:26]))
        return int((moment + offset if timestamp[21:22] == b"-" else moment - offset).timestamp())
    except (KeyError, ValueError, OverflowError):
        return None


@contextlib.contextmanager
def _opened(path: str) -> Iterator[io.BufferedIOBase]:
    """Yield the content of a log, decompressed where it is compressed with gzip."""
    with open(sys.stdin.fileno() if path == "-" else path, "rb", closefd=path != "-") as raw:
        if raw.peek(2)[:2] == _GZIP:
            with gzip.open(raw) as stream:
                yield stream
        else:
            yield raw


def _lines(stream: io.BufferedIOBase) -> Iterator[bytes]:
    """Yield the lines of a log, and of a line that is too long its first :data:`MAX_LINE_BYTES`.

    No more than a chunk and a line is in memory, so that a file without line breaks can't fill it.
    """
    rest = b""
    too_long = False
    while chunk := stream.read(CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        if too_long and whole:
            del whole[0]  # the end of a line whose beginning has been yielded
            too_long = False
        yield from whole
        if too_long:
            rest = b""
        elif len(rest) > MAX_LINE_BYTES:
            yield rest[:MAX_LINE_BYTES]
            rest, too_long = b"", True
    if rest:
        yield rest
