"""The command ``feeds``: all commands in their order, and the end of a command that fails.

Results go to standard output, words for people to standard error. The exit codes stand in
:mod:`feeds.cli.exit_codes`.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from feeds import __version__
from feeds.cli.exit_codes import FAILED
from feeds.cli.output import say
from feeds.errors import FeedsError
from feeds.system.processes import relax_garbage_collection

_COMMANDS = {
    "init": ("publish", "init"),
    "build": ("publish", "build"),
    "serve": ("publish", "serve"),
    "check": ("inspect", "check"),
    "list": ("inspect", "list_"),
    "show": ("inspect", "show"),
    "diff": ("inspect", "diff"),
    "forget": ("publish", "forget"),
    "validate": ("audit", "validate"),
    "pollers": ("audit", "pollers"),
}
"""Command → the module of this room and the function in it, in the order of their use."""


class _Group(click.Group):
    """All commands. A module of commands is imported when one of them is used.

    A :class:`FeedsError` from any of them becomes one line and its exit code.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FeedsError as error:
            say(f"feeds: {error}")
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # the reader of our output has ended, as in `feeds list | head`
            # Python flushes standard output once more at its end: that must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(FAILED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load_command(cmd_name) if cmd_name in _COMMANDS else None


def load_command(name: str) -> click.Command:
    """Return the command `name`."""
    module, function = _COMMANDS[name]
    command: click.Command = getattr(import_module(f"feeds.cli.{module}"), function)
    return command


def all_commands() -> dict[str, click.Command]:
    """Return all commands by name, in the order of their use."""
    return {name: load_command(name) for name in _COMMANDS}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A folder of articles in; Atom, RSS and JSON feeds that every reader accepts out."""
    relax_garbage_collection()
