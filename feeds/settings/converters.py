"""Converters of settings: for each type of setting, how feeds.toml and the environment write its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Pairs = tuple[tuple[str, str], ...]

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("", "0", "false", "no", "off")


class Converter(NamedTuple):
    """The conversion of the values of one type.

    Attributes:
        description: what the value should be, for error messages.
        from_toml: converts a value that the TOML parser returned.
        from_text: converts the text of an environment variable.

    Both functions raise ValueError for a value that they can't convert.
    """

    description: str
    from_toml: Callable[[Any], Any]
    from_text: Callable[[str], Any]


def _text_from_toml(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a string")
    return value


def _flag_from_toml(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not a boolean")
    return value


def _flag_from_text(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("neither yes nor no")
    return text.lower() in _TRUE


def _number_from_toml(value: Any) -> int:
    if type(value) is not int:  # a boolean is an int to isinstance
        raise ValueError("not an integer")
    return value


def _number_from_text(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("not a number")
    return int(text)


def _names_from_toml(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("not a list of strings")
    return tuple(value)


def _names_from_text(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _pairs_from_toml(value: Any) -> Pairs:
    if not isinstance(value, dict) or not all(isinstance(new, str) for new in value.values()):
        raise ValueError("not a table of strings")
    return tuple(sorted(value.items()))


def _pairs_from_text(text: str) -> Pairs:
    parts = _names_from_text(text)
    if not all("=" in part for part in parts):
        raise ValueError("not a list of old=new")
    pairs = (part.partition("=") for part in parts)
    return tuple(sorted((old.strip(), new.strip()) for old, _, new in pairs))


TEXT = Converter("a text in quotes", _text_from_toml, str)
FLAG = Converter("true or false", _flag_from_toml, _flag_from_text)
NUMBER = Converter("a whole number", _number_from_toml, _number_from_text)
NAMES = Converter("a list of names", _names_from_toml, _names_from_text)
PAIRS = Converter("old = new, in a section of its own", _pairs_from_toml, _pairs_from_text)
