"""The options that several commands share, and the options of the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000
"""The address on which `serve` listens by default."""


class SettingArgument(click.Argument):
    """An argument for a setting; without it the environment counts, and then feeds.toml.

    Args:
        setting: the name of the setting.
    """

    def __init__(self, *given: Any, setting: str, **more: Any) -> None:
        super().__init__(*given, **more)
        self.setting = setting


class SettingOption(click.Option):
    """An option for the setting of the same name; without it the environment counts, and then feeds.toml."""

    @property
    def setting(self) -> str:
        """The name of the setting."""
        return self.name or ""


def json_option(command: Decorated) -> Decorated:
    """Add the option that makes a command print JSON (:mod:`feeds.cli.json_output`)."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def site_options(command: Decorated) -> Decorated:
    """Add the corpus and the options of all commands that read one."""
    return _add(
        command,
        click.argument(
            "corpus",
            cls=SettingArgument,
            setting="corpus",
            required=False,
            type=click.Path(),
            help="The folder of article files; without it, the one that the settings name.",
        ),
        click.option(
            "--config",
            cls=SettingOption,
            metavar="FILE",
            show_default="feeds.toml in the corpus, else in the current folder",
            help="The file of settings.",
        ),
        click.option(
            "--base-url", cls=SettingOption, metavar="URL", help="The address at which the site can be reached."
        ),
        click.option(
            "--include-unpublished",
            cls=SettingOption,
            is_flag=True,
            default=None,
            help="Include articles that are marked published: false or draft: true.",
        ),
    )


def build_options(command: Decorated) -> Decorated:
    """Add the options of commands that build: `build` and `serve`."""
    return _add(
        command,
        click.option("--strict", is_flag=True, help="Exit with 1 if there is an error or a warning."),
        click.option(
            "--jobs",
            type=click.IntRange(1),
            metavar="N",
            show_default="one for each processor",
            help="The number of processes that work at the same time.",
        ),
        click.option(
            "--accept-loss",
            is_flag=True,
            help="Publish even if more of the published articles are lost to problems than max_loss allows.",
        ),
        click.option("--force", is_flag=True, help="Read and render everything again, even what has not changed."),
    )


def server_options(command: Decorated) -> Decorated:
    """Add the options that tell `serve` where and how to listen."""
    return _add(
        command,
        click.option("--host", metavar="ADDRESS", show_default=DEFAULT_HOST, help="The address to listen on."),
        click.option(
            "--port",
            type=click.IntRange(1, 65535),
            metavar="N",
            show_default=str(DEFAULT_PORT),
            help="The port to listen on.",
        ),
        click.option("--unix-socket", metavar="PATH", help="A Unix socket to listen on, instead of host and port."),
        click.option(
            "--workers",
            default=1,
            show_default=True,
            type=click.IntRange(1),
            metavar="N",
            help="The number of processes that answer requests.",
        ),
        click.option(
            "--access-log",
            cls=SettingOption,
            metavar="FILE",
            help="Log requests to this file, in the Combined Log Format; - is standard output.",
        ),
        click.option(
            "--trusted-proxies",
            cls=SettingOption,
            type=click.IntRange(0),
            metavar="N",
            help="The number of proxies in front of the server whose X-Forwarded-For and X-Forwarded-Prefix are used.",
        ),
    )


def _add(command: Decorated, *decorators: Callable[[Decorated], Decorated]) -> Decorated:
    for decorator in reversed(decorators):  # click puts the parameter of the outermost decorator first
        command = decorator(command)
    return command
