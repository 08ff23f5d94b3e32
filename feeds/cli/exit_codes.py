"""The exit codes of all commands, for the code and for docs/commands.md."""

from __future__ import annotations

from typing import NoReturn

import click

DONE, FAILED, WRONG_USAGE = 0, 1, 2

EXIT_CODES = {
    DONE: "The command did what it was asked to do.",
    FAILED: "The command failed, or it found what the section of the command names.",
    WRONG_USAGE: "The command line, a setting or an environment variable is wrong.",
}
"""Exit code → its meaning. An error has its code in :mod:`feeds.errors`."""

FINDINGS = {
    "build": "`--strict` is given and there is a problem.",
    "serve": "`--strict` is given and the first build found a problem.",
    "check": "An article is lost to a problem.",
    "diff": "An id would change.",
    "validate": "There is an error, or there is no feed at all.",
}
"""Command → what it exits with :data:`FAILED` for although nothing failed."""


def exit_with_finding() -> NoReturn:
    """End the command with :data:`FAILED`, because it found what :data:`FINDINGS` names.

    Raises:
        Exit: always.
    """
    raise click.exceptions.Exit(FAILED)
