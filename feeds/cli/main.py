"""The command line: parse, call one function, print.

Results go to standard output, words for people to standard error. Exit codes: 0 done; 1 something failed, or
`check` found an article lost, or `--strict` any problem; 2 wrong usage (:mod:`feeds.errors`).
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from feeds import __version__
from feeds.cli import audit, inspect, publish
from feeds.errors import FeedsError
from feeds.system.processes import relax_garbage_collection


class _Group(click.Group):
    """All commands; a :class:`FeedsError` from any of them becomes one line and its exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except FeedsError as error:
            click.echo(f"feeds: {error}", err=True)
            context.exit(error.exit_code)
        except BrokenPipeError:  # the reader of our output has had enough: `feeds list | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            context.exit(1)


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
