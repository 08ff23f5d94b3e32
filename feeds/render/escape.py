"""Escaping of XML as libxml2 does it, so that our entries are equal to those of feedgen to the last byte."""

from __future__ import annotations


def escape_text(value: str) -> str:
    """Return `value` as the text of an element. A parser turns an unescaped CR into LF (XML 1.0 section 2.11)."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(value: str) -> str:
    """Return `value` as the value of an attribute. A parser turns unescaped tabs and LF into spaces (section 3.3.3)."""
    return escape_text(value).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
