"""Text and JSON that wait until they can be printed: neither memory nor the state folder waits for a reader."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

import click

from feeds.rules.text import printable
from feeds.system.processes import batched

JsonObject = dict[str, Any]

SPOOL_BYTES = 1_000_000
"""The size from which on text that waits to be printed is on the disk and not in memory."""


PARTS_PER_WRITE = 1_000
"""The number of pieces of JSON, such as a bracket or a text, that are written at once."""


class Spool:
    """Text for standard output that waits in a temporary file until the state folder is free again.

    A pager may take hours to read what we print. Meanwhile other builds must not wait for it.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - it stays open

    def write(self, text: str) -> None:
        """Add `text`. What UTF-8 can't carry is escaped."""
        self._file.write(text.encode("utf-8", "backslashreplace"))

    def lines(self, lines: Iterable[str]) -> None:
        """Add lines for people; characters that a terminal would obey are escaped."""
        for line in lines:
            self.write(f"{printable(line)}\n")

    def print(self, *, err: bool = False) -> None:
        """Print everything, in UTF-8."""
        self._file.seek(0)
        while data := self._file.read(SPOOL_BYTES):
            click.echo(data, nl=False, err=err)
        self.close()

    def close(self) -> None:
        """Delete the temporary file."""
        self._file.close()


class Streamed(list[JsonObject]):
    """A list whose items are made while it is written, so that they are never in memory all together.

    It is a list by name only: the encoder of the standard library takes no other sequence. It can be read once.

    Args:
        items: yields the items.
    """

    def __init__(self, items: Iterable[JsonObject]) -> None:
        items = iter(items)
        super().__init__(itertools.islice(items, 1))  # the encoder asks first whether there is any
        self._rest = items

    def __iter__(self) -> Iterator[JsonObject]:
        yield from super().__iter__()
        yield from self._rest


def write_json(value: JsonObject, spool: Spool) -> None:
    """Write `value`, in which lists may be :class:`Streamed`, to `spool`, which prints it in UTF-8."""
    # A file name that is not UTF-8 has surrogates, which UTF-8 can't carry. As the spool escapes them, they are JSON.
    for parts in batched(json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value), PARTS_PER_WRITE):
        spool.write("".join(parts))
    spool.write("\n")


def print_json(value: JsonObject) -> None:
    """Print `value` in UTF-8, whatever the locale."""
    spool = Spool()
    write_json(value, spool)
    spool.print()
