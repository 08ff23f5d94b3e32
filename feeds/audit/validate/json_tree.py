"""A JSON document, and the line and column of any member of it."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

_NEWLINE = re.compile(r"\n")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()

Step = str | int
"""The name of a member, or the number of an item of a list, from 0."""


class JsonText:
    """A document, and where its members are.

    Args:
        text: the document.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, dict[Step, int]] = {}
        self._lines: list[int] = []

    def offset(self, steps: tuple[Step, ...]) -> int:
        """Return where a member begins, or the innermost object or list around it that is there."""
        at = _space(self._text, 0)
        for step in steps:
            if at not in self._known:  # every object and list is looked through once, whatever is asked
                self._known[at] = dict(_parts(self._text, at))
            inner = self._known[at].get(step)
            if inner is None:
                break
            at = inner
        return at

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, from 1."""
        if not self._lines:
            self._lines = [0, *(match.end() for match in _NEWLINE.finditer(self._text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


class JsonPlace(NamedTuple):
    """A member or an item of a document. Its line and column are looked for when they are asked for.

    Attributes:
        document: the document.
        steps: the way from the root.
    """

    document: JsonText
    steps: tuple[Step, ...] = ()

    def __truediv__(self, step: Step) -> JsonPlace:
        """Return the place of a member, or of an item of a list."""
        return JsonPlace(self.document, (*self.steps, step))

    @property
    def path(self) -> str:
        """The way from the root: ``items[2].id``."""
        shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps)
        return shown.removeprefix(".")

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.document.place(self.document.offset(self.steps))[0]

    @property
    def column(self) -> int:
        """The column, from 1."""
        return self.document.place(self.document.offset(self.steps))[1]


def load_json(text: str) -> tuple[Any, list[str]]:
    """Return the value of a document, and the names that an object in it has twice.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    twice: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) < len(members):
            counts = Counter(name for name, _ in members)
            twice.extend(name for name, count in counts.items() if count > 1)
        return value

    def constant(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant), twice


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match is not None else at


def _parts(text: str, at: int) -> Iterator[tuple[Step, int]]:
    """Yield the steps from the object or list at `at`, and where their values begin; nothing for another value."""
    is_object = text[at : at + 1] == "{"
    if not is_object and text[at : at + 1] != "[":
        return
    at = _space(text, at + 1)
    number = 0
    while text[at : at + 1] not in ("]", "}", ""):
        step: Step = number
        if is_object:
            step, at = _DECODER.raw_decode(text, at)
            at = _space(text, _space(text, at) + 1)  # the colon
        yield step, at
        _, at = _DECODER.raw_decode(text, at)
        at = _space(text, at)
        at = _space(text, at + 1) if text[at : at + 1] == "," else at
        number += 1
