"""The reference of all commands, made from the commands: ``python -m feeds.cli.reference > docs/commands.md``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence

import click

from feeds.cli import options
from feeds.cli.exit_codes import DONE, EXIT_CODES, FAILED, FINDINGS, WRONG_USAGE
from feeds.cli.json_fields import FIELDS, SHAPES, Shape
from feeds.cli.main import all_commands, main

_EXAMPLE = "Example: "

_INTRODUCTION = """\
# Commands

This page is made from the code by `make reference`.

Results go to standard output, words for people to standard error. Where an option is not given, its environment
variable counts, then `feeds.toml`, then the default. The settings that have no option have environment variables as
well: see [settings.md](settings.md). `-h` and `--help` explain a command.
"""

_JSON_INTRODUCTION = """\
## JSON

All commands that print JSON print one object, with the same names for the same things. What counts things stands in
`counts`. A time is a text such as `2022-05-26T15:52:00Z`. What is unknown is `null`; no field is left out. The text is
UTF-8.
"""


def reference() -> str:
    """Return the page."""
    return "\n".join([_INTRODUCTION, *_exit_codes(), _JSON_INTRODUCTION, *_commands()])


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield from _table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in EXIT_CODES.items()])


def _commands() -> Iterator[str]:
    for name, command in all_commands().items():
        context = click.Context(command, info_name=name, parent=click.Context(main, info_name="feeds"))
        paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        yield f"## feeds {name}\n"
        yield from (f"{paragraph}\n" for paragraph in paragraphs if not paragraph.startswith(_EXAMPLE))
        examples = [paragraph.removeprefix(_EXAMPLE) for paragraph in paragraphs if paragraph.startswith(_EXAMPLE)]
        yield "\n".join(["```", usage, "```", "", "Example:", "", "```", *examples, "```", ""])
        yield from _parameters(command)
        finding = f", or {FINDINGS[name]}" if name in FINDINGS else ""
        yield f"Exit codes: `{DONE}` done; `{FAILED}` failed{finding}; `{WRONG_USAGE}` wrong usage.\n"
        if name in SHAPES:
            yield "Fields of its JSON:\n"
            rows = [(f"`{path}`", FIELDS[field]) for path, field in fields_of(SHAPES[name])]
            yield from _table(("field", "meaning"), rows)


def _parameters(command: click.Command) -> Iterator[str]:
    """Yield a table of the arguments and one of the options, where the command has any."""
    argument_rows = [
        (_code(_argument_name(argument)), argument.help or "", _variable(argument))
        for argument in command.params
        if isinstance(argument, click.Argument)
    ]
    if argument_rows:
        yield from _table(("argument", "meaning", "environment"), argument_rows)
    option_rows = [
        (_code(_option_name(option)), option.help or "", _default(option), _variable(option))
        for option in command.params
        if isinstance(option, click.Option)
    ]
    if option_rows:
        yield from _table(("option", "meaning", "default", "environment"), option_rows)


def _argument_name(argument: click.Argument) -> str:
    return argument.metavar or str(argument.name).upper()


def _option_name(option: click.Option) -> str:
    """Return an option with its value: ``--jobs N``, ``--format text|json|github``."""
    choices = "|".join(option.type.choices) if isinstance(option.type, click.Choice) else ""
    return " ".join(filter(None, [*option.opts, choices or option.metavar]))


def _default(option: click.Option) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    return str(option.default) if option.show_default else ""


def _variable(parameter: click.Parameter) -> str:
    """Return the environment variable of a setting; empty for other parameters."""
    if isinstance(parameter, options.SettingArgument | options.SettingOption):
        return _code(f"FEEDS_{parameter.setting.upper()}")
    return ""


def fields_of(shape: Shape, parent: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of every field of `shape`, such as ``feeds[].counts.entries``, and its key in :data:`FIELDS`.

    Args:
        shape: a row of :data:`feeds.cli.json_fields.SHAPES`, or a part of one.
        parent: the field to which `shape` belongs; empty at the top.
        path: the beginning of all paths.
    """
    for name, inner in shape.items():
        is_list = isinstance(inner, Sequence)
        yield f"{path}{name}{'[]' if is_list else ''}", f"{parent}.{name}" if parent in ("counts", "seconds") else name
        for part in inner if isinstance(inner, Sequence) else [inner] if inner is not None else []:
            yield from fields_of(part, name, f"{path}{name}{'[]' if is_list else ''}.")


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        cells = [cell.replace("|", r"\|") for cell in row]
        yield f"| {' | '.join(cells)} |"
    yield ""


if __name__ == "__main__":
    click.echo(reference(), nl=False)
