"""The options that several commands have, or that one has many of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000
"""Where `serve` listens unless it is told."""


def site_options(command: Command) -> Command:
    """Add what every command that looks at a corpus takes."""
    for option in (
        click.argument("corpus", required=False, type=click.Path()),
        click.option("--config", metavar="FILE", help="The settings; else feeds.toml in the corpus, or here."),
        click.option("--base-url", metavar="URL", help="The address under which the site is reached."),
        click.option(
            "--include-unpublished",
            is_flag=True,
            default=None,
            help="Also what says published: false or draft.",
        ),
    )[::-1]:
        command = option(command)
    return command


def build_options(command: Command) -> Command:
    """Add what `build` and `serve` take besides."""
    for option in (
        click.option("--strict", is_flag=True, help="Exit with 1 if there is any problem at all."),
        click.option("--jobs", type=click.IntRange(1), metavar="N", help="How many processes work [all cores]."),
        click.option("--force", is_flag=True, help="Make everything anew, whatever the catalogue says."),
    )[::-1]:
        command = option(command)
    return command


def server_options(command: Command) -> Command:
    """Add where and how `serve` listens."""
    for option in (
        click.option("--host", metavar="ADDRESS", help=f"The address to listen on [{DEFAULT_HOST}]."),
        click.option(
            "--port", type=click.IntRange(1, 65535), metavar="N", help=f"The port to listen on [{DEFAULT_PORT}]."
        ),
        click.option("--unix-socket", metavar="PATH", help="The Unix socket to listen on, instead of a port."),
        click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="How many processes."),
        click.option("--access-log", metavar="FILE", help="Log requests in the Combined Log Format; - for stdout."),
        click.option(
            "--trusted-proxies",
            type=click.IntRange(0),
            metavar="N",
            help="How many proxies in front say who asks (X-Forwarded-For), and below which path we are.",
        ),
    )[::-1]:
        command = option(command)
    return command
