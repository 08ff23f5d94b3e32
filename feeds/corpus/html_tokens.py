"""The tokens of HTML that nh3 has written: all tags are closed, and all values are in quotes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

RAW_TEXT = ("iframe", "noembed", "noframes", "noscript", "script")
"""The elements whose content is text to the parser of HTML, whatever it looks like."""
VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "param", "source", "track", "wbr"})
"""The elements without content and without an end tag."""

_TOKEN = re.compile(r'<(/?)([A-Za-z][^\s/<>]*)((?:[^"<>]|"[^"]*")*+)>|[^<]++|<')
_ATTRIBUTE = re.compile(r'\s([^\s"=<>]+)="([^"]*)"')


class Token(NamedTuple):
    """A piece of the source: a start tag, an end tag or a text.

    Attributes:
        source: the piece.
        name: the name of the element; empty for a text.
        is_end: whether it is an end tag.
        values: the source of the attributes.
    """

    source: str
    name: str = ""
    is_end: bool = False
    values: str = ""

    def attributes(self) -> dict[str, str]:
        """Return the values of the attributes by name, decoded."""
        return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(self.values)}

    def has_class(self, name: str) -> bool:
        """Tell whether the class `name` is one of its classes."""
        return name in self.values and name in self.attributes().get("class", "").split()

    def has_text(self) -> bool:
        """Tell whether it is a text with more than white space."""
        return not self.name and not self.source.isspace()


class Element(NamedTuple):
    """An element in a list of tokens, from its start tag to its end tag.

    Attributes:
        tokens: all tokens.
        start: the place of its start tag.
        end: the place of its end tag; that of the start tag if there is none.
    """

    tokens: Sequence[Token]
    start: int
    end: int

    @property
    def name(self) -> str:
        """The name of the element."""
        return self.tokens[self.start].name

    def attributes(self) -> dict[str, str]:
        """Return the values of its attributes by name, decoded."""
        return self.tokens[self.start].attributes()

    def inner(self) -> Iterator[Token]:
        """Yield the tokens between start tag and end tag."""
        return (self.tokens[place] for place in range(self.start + 1, self.end))

    def all(self, *names: str) -> Iterator[Token]:
        """Yield the start tags of these names in it."""
        return (token for token in self.inner() if token.name in names and not token.is_end)

    def has_content(self) -> bool:
        """Tell whether there is more in it than white space."""
        return any(token.name or token.has_text() for token in self.inner())


def is_blank(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether only white space stands between two tokens."""
    return all(not token.name and token.source.isspace() for token in tokens[start + 1 : end])


def read_tokens(markup: str) -> list[Token]:
    """Return the tokens of `markup`. The content of an element of :data:`RAW_TEXT` is one text."""
    tokens, position, raw = [], 0, ""
    while position < len(markup):
        if raw:
            end = markup.find(f"</{raw}>", position)
            end = len(markup) if end < 0 else end
            if end > position:
                tokens.append(Token(markup[position:end]))
            position, raw = end, ""
            continue
        match = _TOKEN.match(markup, position)
        if match is None:  # no source has this; a loop without end would be worse
            break
        position = match.end()
        name = match[2] or ""
        tokens.append(Token(match[0], name.lower(), bool(match[1]), match[3] or ""))
        if name in RAW_TEXT and not match[1]:
            raw = name
    return tokens


def find_ends(tokens: Sequence[Token]) -> list[int]:
    """Return the place of the end tag for the place of a start tag, and otherwise the place itself."""
    ends = list(range(len(tokens)))
    open_places: list[int] = []
    for place, token in enumerate(tokens):
        if not token.name or token.name in VOID:
            continue
        if not token.is_end:
            open_places.append(place)
        elif open_places and tokens[open_places[-1]].name == token.name:
            ends[open_places.pop()] = place
    return ends
