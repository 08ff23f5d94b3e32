"""The errors that a user can cause, as one tree.

::

    FeedsError                 what is wrong, where (path or address), why, and what to do
    ├── ConfigError            feeds.toml or the environment has an impossible value       exit 2
    ├── UsageError             an argument is wrong: no such corpus, no such entry         exit 2
    ├── CorpusError            the corpus as a whole can't be published (it is empty)      exit 1
    ├── LossError              too many published articles would go to problems            exit 1
    ├── StateError             .feeds/ can't be read or written                            exit 1
    ├── OutputError            the static tree can't be written                            exit 1
    ├── LogError               an access log can't be read                                 exit 1
    └── WorkerError            a worker process was killed                                 exit 1

A mistake in one source file is not an exception: it is a value, :class:`feeds.model.Problem`. This module imports
nothing.
"""

from __future__ import annotations


class FeedsError(Exception):
    """The base class of all errors whose message a publisher understands.

    Args:
        reason: what is wrong, and what to do about it, as one sentence.
        where: the path or address that it concerns, or empty.

    ``str()`` returns one line, ``where: reason``; the command line prints it.
    """

    exit_code = 1

    def __init__(self, reason: str, where: object = "") -> None:
        self.reason = " ".join(reason.split())
        self.where = str(where)
        super().__init__(f"{self.where}: {self.reason}" if self.where else self.reason)

    def __reduce__(self) -> tuple[type[FeedsError], tuple[str, str]]:
        """Return the arguments, so that pickling hands the error to another process unchanged."""
        return type(self), (self.reason, self.where)


class ConfigError(FeedsError):
    """A setting is unknown or has a value that can't be used."""

    exit_code = 2


class UsageError(FeedsError):
    """An argument of a command is wrong, for example the path of something that does not exist."""

    exit_code = 2


class CorpusError(FeedsError):
    """The corpus as a whole can't be published."""


class LossError(FeedsError):
    """More of the published articles would go than `max_loss` allows, though their files are there."""


class StateError(FeedsError):
    """The state folder (``.feeds/``) can't be used."""


class OutputError(FeedsError):
    """The static tree can't be written."""


class LogError(FeedsError):
    """An access log can't be read."""


class WorkerError(FeedsError):
    """A worker process was killed."""
