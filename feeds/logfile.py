"""A file to which several processes append lines, and which is moved away now and then: a log."""

from __future__ import annotations

import os
import threading
import time

from feeds.errors import ConfigError
from feeds.places import STANDARD_OUTPUT

LOOK_EVERY = 1.0
"""Seconds between two looks whether the file is still at its place."""


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
    logrotate does, is followed by a new one within :data:`LOOK_EVERY`. What can't be written is lost, and the first
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
        if time.monotonic() - self._looked > LOOK_EVERY and self._lock.acquire(blocking=False):
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
