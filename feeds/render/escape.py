"""Characters in XML as libxml2 writes them, so that what is written here and by feedgen agrees to the last byte."""

from __future__ import annotations


def escape_text(value: str) -> str:
    """Return `value` as the text of an element, in which a parser takes a bare CR for a LF (XML 1.0 section 2.11)."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(value: str) -> str:
    """Return `value` as the value of an attribute, in which it takes tabs and LF for spaces (section 3.3.3)."""
    return escape_text(value).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
