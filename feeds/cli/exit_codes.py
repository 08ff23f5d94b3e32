"""The exit codes of all commands, for the code and for docs/commands.md."""

from __future__ import annotations

from typing import NoReturn

import click

DONE, FAILED, WRONG_USAGE = 0, 1, 2

EXIT_CODES = {
    DONE: "done",
    FAILED: "failed, or found what a script should notice; the section of the command names it",
    WRONG_USAGE: "wrong usage: an argument, an option, a setting or an environment variable can't be used",
}
"""Exit code → its meaning. An error has its code in :mod:`feeds.errors`."""

FINDINGS = {
    "build": "`--strict` is given and there is an error or a warning",
    "serve": "`--strict` is given and the first build meets an error or a warning",
    "check": "an article is lost to a problem",
    "diff": "subscribers would be delivered an entry again",
    "validate": "there is an error, or neither a feed nor a list of feeds",
}
"""Command → the reason why it exits with :data:`FAILED` although nothing failed."""


def exit_with_finding() -> NoReturn:
    """End the command with :data:`FAILED`, because of what :data:`FINDINGS` names.

    Raises:
        Exit: always.
    """
    raise click.exceptions.Exit(FAILED)
