"""The command ``feeds``: all commands in their order, and the end of a command that fails.

Results go to standard output, words for people to standard error. The exit codes stand in
:mod:`feeds.cli.exit_codes`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from feeds import __version__
from feeds.cli import audit, inspect, publish
from feeds.cli.exit_codes import FAILED
from feeds.cli.output import say
from feeds.errors import FeedsError
from feeds.system.processes import relax_garbage_collection


class _Group(click.Group):
    """All commands. A :class:`FeedsError` from any of them becomes one line and its exit code."""

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
        """Return the names in the order in which the commands were added: that of their use."""
        return list(self.commands)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """A folder of articles in; Atom, RSS and JSON feeds that every reader accepts out."""
    relax_garbage_collection()


for command in (
    publish.init,
    publish.build,
    publish.serve,
    inspect.check,
    inspect.list_,
    inspect.show,
    inspect.diff,
    audit.validate,
    audit.pollers,
):
    main.add_command(command)
