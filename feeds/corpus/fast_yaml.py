"""YAML read quickly, where that is sure to give what PyYAML gives; else not at all.

yaml-rs reads front matter several times as fast as PyYAML. But it reads YAML 1.2, makes numbers of what somebody wrote
as a title, and lets some mistakes pass that PyYAML names. So it is asked only about YAML in which none of that can
be: whatever is unusual, and whatever it can't read, is left to PyYAML, which also has the words for what is wrong.
Without yaml-rs everything is: it is slower, and the same. The tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

try:
    import yaml_rs
except ImportError:  # an extra: feeds[fast]
    yaml_rs = None  # type: ignore[assignment]

_AVAILABLE = yaml_rs is not None
_NOT_TEXT = frozenset({"quality", "heat", "width", "height", "published", "draft", "iscached"})
"""Fields, in lower case, in which a number or a yes is meant where one is written."""

# What is never ordinary, wherever it stands: merge keys, document marks.
_MARKS = (b"<<", b"\n---", b"\n...")
_NUMBER = re.compile(r"[\s:,\[{][-+]?0[xob]")
_NO_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_INDICATORS = "!&*?|>@`%"  # what no plain text starts with

# A text is searched for all of that once the characters are dropped that can't be part of it: most of them. What is
# found in the rest may be there, and is looked for in the text. The slash is kept for addresses: in "https://0x.example"
# the colon and the number don't meet. The patterns start with what is rare, and look behind, since that is faster.
_CONTROLS = bytes([*range(0x0A), *range(0x0B, 0x20), 0x7F])
_TELLING = b"\n<-.:0xob+,[{/" + _INDICATORS.encode()
_DULL = bytes(set(range(0x100)) - set(_CONTROLS) - set(_TELLING))
_PERHAPS_NUMBER = re.compile(rb"0(?:(?<=[\n:,\[{]0)|(?<=[\n:,\[{][+-]0))[xob]")
_PERHAPS_FIRST = re.compile(rb"[!&*?|>@`%\[{](?:(?<=[\n:,\[{-].)|(?<=\A.))")
_WORD = r"""(?:"[^"\\\n]*"|'[^'\n]*'|\w[\w ./+-]*)"""
_PLAIN_COLLECTION = re.compile(rf"[\[{{](?:{_WORD}(?:: {_WORD})?(?:, |(?=[\]}}])))*[\]}}] *$", re.MULTILINE)


def load_plain_yaml(text: str) -> dict[str, Any] | None:
    """Return the values of `text`, a mapping in YAML, or None where PyYAML should be asked."""
    if not _AVAILABLE or _is_unusual(text):
        return None
    try:
        values = yaml_rs.loads(text, parse_datetime=False)
    except yaml_rs.YAMLDecodeError:
        return None
    return values if isinstance(values, dict) and _is_text(values) else None


def _is_unusual(text: str) -> bool:
    """Tell whether there is anything in `text` that the two may read differently.

    What stands together in `text` still does when characters are dropped: most texts have a seventh left.
    """
    left = text.encode().translate(None, _DULL)
    if left.translate(None, _TELLING) or (not text.isascii() and _NO_TEXT.search(text)):
        return True
    if text.startswith(("---", "...")) or any(mark in left and mark.decode() in text for mark in _MARKS):
        return True
    if _PERHAPS_NUMBER.search(left) and _NUMBER.search(text):
        return True
    return _PERHAPS_FIRST.search(left) is not None and _starts_unusually(text)


def _starts_unusually(text: str) -> bool:
    """Tell whether any value in `text` starts with an indicator, or is a collection in brackets that is not plain."""
    if any(_starts_value(text, at, ":,[{-") for at in _places(text, _INDICATORS)):
        return True
    return any(
        _starts_value(text, at, ":-") and _PLAIN_COLLECTION.match(text, at) is None for at in _places(text, "[{")
    )


def _places(text: str, characters: str) -> Iterator[int]:
    """Yield where in `text` any of `characters` stands; one search for each is faster than one for all."""
    for character in characters:
        at = text.find(character)
        while at >= 0:
            yield at
            at = text.find(character, at + 1)


def _starts_value(text: str, at: int, after: str) -> bool:
    """Tell whether what stands `at` a place comes first in its line, or after one of the characters in `after`."""
    before = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
    return not before or before[-1] in after


def _is_text(values: dict[Any, Any]) -> bool:
    """Tell whether all values are texts, empty, or numbers where numbers are meant."""
    for name, value in values.items():
        if type(value) is str and type(name) is str:
            continue
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, dict):
                if not _is_text(each):
                    return False
            elif not (each is None or isinstance(each, str) or (isinstance(name, str) and name.lower() in _NOT_TEXT)):
                return False
        if not isinstance(name, str):
            return False
    return True
