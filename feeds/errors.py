"""Every error that a user can cause, as one tree.

::

    FeedsError                 what went wrong, where (path or address), why, what to do
    ├── ConfigError            feeds.toml or the environment says something impossible     exit 2
    ├── UsageError             a command's words are off: no such corpus, no such entry    exit 2
    ├── CorpusError            the corpus as a whole can't be published (it is empty)      exit 1
    ├── StateError             .feeds/ can't be read or written                            exit 1
    ├── OutputError            the static tree can't be written                            exit 1
    ├── LogError               an access log can't be read                                 exit 1
    └── WorkerError            a process that works for us was ended from outside          exit 1

What is wrong in *one* source file is no exception: it is a :class:`feeds.model.Problem`, a value.
This module imports nothing.
"""

from __future__ import annotations


class FeedsError(Exception):
    """Base of all errors that name their own cause in words a publisher understands.

    Args:
        reason: what is wrong, and what to do about it, as one sentence.
        where: the path or address it is about; empty where it is about none.

    ``str()`` of it is ``where: reason``, one line, which is what the command line prints.
    """

    exit_code = 1

    def __init__(self, reason: str, where: object = "") -> None:
        self.reason = " ".join(reason.split())
        self.where = str(where)
        super().__init__(f"{self.where}: {self.reason}" if self.where else self.reason)

    def __reduce__(self) -> tuple[type[FeedsError], tuple[str, str]]:
        """Return what it is made of, so that it comes out of another process as it went in."""
        return type(self), (self.reason, self.where)


class ConfigError(FeedsError):
    """A setting is unknown or has a value that can't be used."""

    exit_code = 2


class UsageError(FeedsError):
    """A command was asked for something that doesn't exist."""

    exit_code = 2


class CorpusError(FeedsError):
    """The corpus as a whole can't be published."""


class StateError(FeedsError):
    """The state folder (``.feeds/``) can't be used."""


class OutputError(FeedsError):
    """The static tree can't be written."""


class LogError(FeedsError):
    """An access log can't be read."""


class WorkerError(FeedsError):
    """A process that works for us was ended by somebody else."""
