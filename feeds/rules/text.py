"""Rules for text: characters that XML allows, white space, and when two names are the same name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PLAIN_ASCII = b"\t\n\r" + bytes(range(0x20, 0x7F))
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean_text(text: str) -> str:
    """Return `text` without the control characters that XML 1.0 forbids or discourages (section 2.2, ``Char``).

    One forbidden character makes a whole feed unreadable. Readers take the discouraged ones (U+007F to U+009F) for
    letters of another encoding.
    """
    return _FORBIDDEN.sub("", text)


def first_forbidden(text: str) -> re.Match[str] | None:
    """Return a match for the first character in `text` that :func:`clean_text` removes, or None."""
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN_ASCII):
        return None  # most texts are plain ASCII, and this test is faster than the regular expression
    return _FORBIDDEN.search(text)


def one_line(text: str) -> str:
    """Return `text` with runs of white space folded to one space, and none at the ends."""
    return " ".join(text.split())


@lru_cache(maxsize=4096)  # a corpus has few names and uses them often
def name_key(name: str) -> str:
    """Return the key under which different spellings of a topic's or category's name are the same name.

    >>> name_key("Machine  Learning") == name_key("machine learning")
    True
    """
    return unicodedata.normalize("NFKC", one_line(name)).casefold()
