"""The access log: one line for an answer, in the Combined Log Format of Apache and nginx.

See the formats of Apache's mod_log_config. No client can add a line of its own: everything that it sends is escaped.
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
"""The seconds between two looks whether the file of the log is still at its path."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {34: '\\"', 92: "\\\\"}
"""The escapes of characters that would end a field or a line, as in Apache. The encoder escapes non-ASCII text."""

_UNQUOTED = "!$&'()*+,-./:;=@_~"
"""The characters that are not quoted in a path (RFC 3986 section 3.3), besides letters and digits."""

_BODILESS = ("204", "304")


def with_access_log(inner: WSGIApplication, write: Callable[[bytes], None]) -> WSGIApplication:
    """Return an application that calls `inner`, and writes a line when an answer begins.

    Args:
        inner: the application.
        write: is called with every line.
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
        environ: the environment of the request.
        status: the status line of the answer.
        headers: the headers of the answer. Content-Length is logged; how much is really sent is not known here.
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
    """Return the target of the request as it was sent; an equivalent one if the server does not tell it."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    query = environ.get("QUERY_STRING")
    path = quote(environ.get("PATH_INFO", "").encode("latin-1", "replace"), safe=_UNQUOTED)
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
    """Return a descriptor of the file at `path`, or of standard output; the file is made if there is none.

    Raises:
        ConfigError: it can't be written.
    """
    if path == STANDARD_OUTPUT:
        return os.dup(1)
    try:  # 0o640: it tells who reads what, which is not for every user
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o640)
    except OSError as error:
        reason = f"the access log can't be written ({error.strerror}); name another file, or -"
        raise ConfigError(reason, path) from error


class LogFile:
    """A log whose errors never stop the server.

    A line is one system call, so that lines of several processes never mix. If the file is moved away, as logrotate
    does, a new one is opened within :data:`REOPEN_CHECK_SECONDS`. Lines that can't be written are lost; the first loss
    is reported.

    Args:
        path: the file; ``-`` is standard output.

    Raises:
        ConfigError: it can't be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open_to_append(path)
        self._lock = threading.Lock()
        self._checked_at = time.monotonic()
        self._works = True

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            os.close(self._file)

    def write(self, line: bytes) -> None:
        """Append `line`, which includes its line end."""
        if time.monotonic() - self._checked_at > REOPEN_CHECK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._reopen_if_moved()
            finally:
                self._lock.release()
        try:
            os.write(self._file, line)
            self._works = True
        except OSError as error:
            self._fail(error)

    def _reopen_if_moved(self) -> None:
        """Open the file that is at the path now, if it is another one."""
        self._checked_at = time.monotonic()
        if self._path == STANDARD_OUTPUT or _identity(self._path) == _identity(self._file):
            return
        try:
            new = open_to_append(self._path)
        except ConfigError as error:
            self._fail(error)
            return
        os.dup2(
            new, self._file, inheritable=False
        )  # the descriptor is replaced and not closed: another thread may be writing
        os.close(new)

    def _fail(self, error: Exception) -> None:
        if self._works:
            import logging  # slow to load, and rarely needed

            logging.getLogger("feeds").error("the access log has gaps: %s", error)
        self._works = False


def _identity(file: str | int) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino
