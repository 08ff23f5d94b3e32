"""The access log: a line for each answer in the Combined Log Format, as Apache and nginx write it.

See the formats of Apache's mod_log_config. No client can make a line of its own: whatever it sends is escaped.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from feeds.errors import ConfigError
from feeds.settings.state_folder import STANDARD_OUTPUT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REOPEN_CHECK_SECONDS = 1.0
"""How often a log looks whether its file is still at its path."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {34: '\\"', 92: "\\\\"}
"""What would end a field or a line, as Apache writes it. What is no ASCII becomes the same when it becomes bytes."""

_LEFT = "!$&'()*+,-./:;=@_~"
"""What stands in paths as it is (RFC 3986 section 3.3), besides letters and digits."""

_BODILESS = ("204", "304")


def with_access_log(inner: WSGIApplication, write: Callable[[bytes], None]) -> WSGIApplication:
    """Return `inner`, with a line for each answer when it begins.

    Args:
        inner: the application.
        write: is called with each line.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def logging(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
            write(log_line(environ, status, headers, int(time.time())))
            return start_response(status, headers, exc_info)

        return inner(environ, logging)

    return application


def log_line(environ: WSGIEnvironment, status: str, headers: Iterable[tuple[str, str]], now: int) -> bytes:
    """Return the line for an answer, with its line end.

    Args:
        environ: of the request.
        status: the status line of the answer.
        headers: its headers. How long its body is stands in them; how much of it gets through nobody here knows.
        now: the time, in seconds since the epoch.
    """
    method = environ.get("REQUEST_METHOD", "")
    length = next((value for name, value in headers if name.lower() == "content-length"), "0")
    size = "-" if method == "HEAD" or status[:3] in _BODILESS or length == "0" else length
    client = _escaped(environ.get("REMOTE_ADDR") or "-").replace(" ", "\\x20")
    request = _escaped(f"{method} {_target(environ)} {environ.get('SERVER_PROTOCOL', '')}")
    referer = _escaped(environ.get("HTTP_REFERER") or "-")
    agent = _escaped(environ.get("HTTP_USER_AGENT") or "-")
    text = f'{client} - - [{_moment(now)}] "{request}" {status[:3]} {size} "{referer}" "{agent}"\n'
    return text.encode("ascii", "backslashreplace")


def _escaped(text: str) -> str:
    is_plain = text.isprintable() and '"' not in text and "\\" not in text
    return text if is_plain else text.translate(_ESCAPED)


def _target(environ: WSGIEnvironment) -> str:
    """Return what was asked for as it was sent, or, from a server that doesn't tell, the same in other words."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    query = environ.get("QUERY_STRING")
    path = quote(environ.get("PATH_INFO", "").encode("latin-1", "replace"), safe=_LEFT)
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=2)
def _moment(now: int) -> str:
    """Return a time as ``10/Oct/2000:13:55:36 -0700``, in the local zone."""
    there = time.localtime(now)
    minutes = abs(there.tm_gmtoff) // 60
    zone = f"{'-' if there.tm_gmtoff < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"
    month = _MONTHS[there.tm_mon - 1]
    return f"{there.tm_mday:02}/{month}/{there.tm_year}:{there.tm_hour:02}:{there.tm_min:02}:{there.tm_sec:02} {zone}"


def open_to_append(path: str) -> int:
    """Return the descriptor of the file at `path`, or of standard output; the file is made where there is none.

    Raises:
        ConfigError: it can't be written.
    """
    if path == STANDARD_OUTPUT:
        return os.dup(1)
    try:  # who asked for what is in it: not for everybody
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o640)
    except OSError as error:
        reason = f"the access log can't be written ({error.strerror}); name another file, or -"
        raise ConfigError(reason, path) from error


class LogFile:
    """A log that goes on whatever happens to it: whoever writes to it has more important things to do.

    A line is one call of the system, so that lines of several processes never mix. A file that was moved away, as
    logrotate does, is followed by a new one within :data:`REOPEN_CHECK_SECONDS`. What can't be written is lost, and the first
    time is told.

    Args:
        path: the file; ``-`` is standard output.

    Raises:
        ConfigError: it can't be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open_to_append(path)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._works = True

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            os.close(self._file)

    def write(self, line: bytes) -> None:
        """Append `line`, which has its line end."""
        if time.monotonic() - self._looked > REOPEN_CHECK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._follow()
            finally:
                self._lock.release()
        try:
            os.write(self._file, line)
            self._works = True
        except OSError as error:
            self._fail(error)

    def _follow(self) -> None:
        """Take the file that is at the place now, if it is another one."""
        self._looked = time.monotonic()
        if self._path == STANDARD_OUTPUT or _identity(self._path) == _identity(self._file):
            return
        try:
            new = open_to_append(self._path)
        except ConfigError as error:
            self._fail(error)
            return
        os.dup2(new, self._file, inheritable=False)  # never closed: another thread may be writing
        os.close(new)

    def _fail(self, error: Exception) -> None:
        if self._works:
            import logging  # few ever need it

            logging.getLogger("feeds").error("the access log has gaps: %s", error)
        self._works = False


def _identity(file: str | int) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino
