"""Fast reading of plain YAML with yaml-rs, where the result is certain to be that of PyYAML.

yaml-rs reads front matter several times as fast as PyYAML. But it reads YAML 1.2, turns titles into numbers, and
accepts some mistakes that PyYAML reports. So it gets only YAML in which none of that can occur. PyYAML reads the rest,
and has the messages for mistakes. Without yaml-rs, PyYAML reads everything, more slowly and with the same result. A
test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from feeds.corpus.field_names import FIELD_NAMES, VALUE_FIELDS

try:
    import yaml_rs
except ImportError:  # an extra: feeds[fast]
    yaml_rs = None  # type: ignore[assignment]

_AVAILABLE = yaml_rs is not None
_NOT_TEXT = frozenset(name.lower() for field in VALUE_FIELDS for name in (field, *FIELD_NAMES.get(field, ())))
"""Fields, in lower case, whose values may be numbers or booleans. A text that such a value stands for is not needed."""

# Merge keys and document marks: never plain, wherever they are.
_MARKS = (b"<<", b"\n---", b"\n...")
_NUMBER = re.compile(r"[\s:,\[{][-+]?0[xob]")
_NO_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_INDICATORS = "!&*?|>@`%"  # what no plain text starts with

# The patterns are first searched in a short text: without the characters that are in no pattern, most of them. A match
# there may be a match in the full text, and is searched again in it. The slash is kept because of addresses: in
# "https://0x.example" the colon and the number are not neighbours. The patterns begin with the rarest character and
# look behind, which is faster.
_CONTROLS = bytes([*range(0x0A), *range(0x0B, 0x20), 0x7F])
_RELEVANT = b"\n<-.:0xob+,[{/" + _INDICATORS.encode()
_IRRELEVANT = bytes(set(range(0x100)) - set(_CONTROLS) - set(_RELEVANT))
_PERHAPS_NUMBER = re.compile(rb"0(?:(?<=[\n:,\[{]0)|(?<=[\n:,\[{][+-]0))[xob]")
_PERHAPS_FIRST = re.compile(rb"[!&*?|>@`%\[{](?:(?<=[\n:,\[{-].)|(?<=\A.))")
_WORD = r"""(?:"[^"\\\n]*"|'[^'\n]*'|\w[\w ./+-]*)"""
_PLAIN_COLLECTION = re.compile(rf"[\[{{](?:{_WORD}(?:: {_WORD})?(?:, |(?=[\]}}])))*[\]}}] *$", re.MULTILINE)


def load_plain_yaml(text: str) -> dict[str, Any] | None:
    """Return the values of `text`, a mapping in YAML, or None if PyYAML should read it."""
    if not _AVAILABLE or _is_unusual(text):
        return None
    try:
        values = yaml_rs.loads(text, parse_datetime=False)
    except yaml_rs.YAMLDecodeError:
        return None
    return values if isinstance(values, dict) and _is_text(values) else None


def _is_unusual(text: str) -> bool:
    """Tell whether `text` has anything that the two libraries may read differently.

    Neighbours in `text` are still neighbours when other characters are dropped. A seventh of most texts is left.
    """
    left = text.encode().translate(None, _IRRELEVANT)
    if left.translate(None, _RELEVANT) or (not text.isascii() and _NO_TEXT.search(text)):
        return True
    if text.startswith(("---", "...")) or any(mark in left and mark.decode() in text for mark in _MARKS):
        return True
    if _PERHAPS_NUMBER.search(left) and _NUMBER.search(text):
        return True
    return _PERHAPS_FIRST.search(left) is not None and _starts_unusually(text)


def _starts_unusually(text: str) -> bool:
    """Tell whether a value in `text` starts with an indicator, or is a collection in brackets that is not plain."""
    if any(_starts_value(text, at, ":,[{-") for at in _places(text, _INDICATORS)):
        return True
    return any(
        _starts_value(text, at, ":-") and _PLAIN_COLLECTION.match(text, at) is None for at in _places(text, "[{")
    )


def _places(text: str, characters: str) -> Iterator[int]:
    """Yield the positions of `characters` in `text`. A search for every character is faster than one pattern."""
    for character in characters:
        at = text.find(character)
        while at >= 0:
            yield at
            at = text.find(character, at + 1)


def _starts_value(text: str, at: int, after: str) -> bool:
    """Tell whether the character at `at` is the first of its line, or comes after a character in `after`."""
    before = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
    return not before or before[-1] in after


def _is_text(values: dict[Any, Any]) -> bool:
    """Tell whether all names are texts, and all values texts or empty, or numbers in fields that may have numbers."""
    for name, value in values.items():
        kind = type(value)
        if type(name) is not str:
            return False
        if kind is str:
            continue
        for item in value if kind is list else (value,):
            kind = type(item)
            if kind is dict:
                if not _is_text(item):
                    return False
            elif kind is not str and item is not None and name.lower() not in _NOT_TEXT:
                return False
    return True
