"""Characters in XML as libxml2 writes them, so that what is written here and by feedgen agrees to the last byte."""

from __future__ import annotations

from xml.sax import saxutils

_IN_TEXT = {"\r": "&#13;"}  # a parser makes a line feed of a bare one (XML 1.0 section 2.11)
_IN_ATTRIBUTE = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}  # and a space of these (section 3.3.3)


def text(value: str) -> str:
    """Return `value` as the text of an element."""
    return saxutils.escape(value, _IN_TEXT)


def attribute(value: str) -> str:
    """Return `value` as what stands between the quotation marks of an attribute."""
    return saxutils.escape(value, _IN_ATTRIBUTE)
