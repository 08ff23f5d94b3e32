"""Rules for text: characters that XML allows, white space, and when two names are the same name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PLAIN_ASCII = b"\t\n\r" + bytes(range(0x20, 0x7F))
# The few that are forbidden are listed, and not the many that are allowed: these take ten times as long to compile,
# 8 ms of every command.
_FORBIDDEN = re.compile("[\0-\x08\v\f\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

_JOINERS = "\u200c\u200d"

NEXT_LINE = "\x85"
_WINDOWS_1252 = {
    code: character
    for code in range(0x80, 0xA0)
    if (character := bytes([code]).decode("cp1252", "ignore"))  # five of the codes mean nothing
}
_CONTROL_OF_WINDOWS = re.compile(f"[{''.join(map(chr, _WINDOWS_1252))}]".replace(NEXT_LINE, ""))
_CREDENTIALS = re.compile(r"((?:https?|ftps?|wss?)://)[^\s/?#<>\"'\\]*@", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Return `text` without the control characters that XML 1.0 forbids or discourages (section 2.2, ``Char``).

    One forbidden character makes a whole feed unreadable. Readers take the discouraged ones (U+007F to U+009F) for
    letters of another encoding. So :func:`decode_windows_1252` comes first.
    """
    return text if text.isprintable() else _FORBIDDEN.sub("", decode_windows_1252(text))


def decode_windows_1252(text: str) -> str:
    """Return `text` with U+0080 to U+009F as the characters that Windows-1252 has at these places.

    No text has these control characters on purpose. They come from a file in Windows-1252 that was read as Latin-1, and
    HTML decodes references to them in the same way (HTML Standard, "numeric character reference end state").

    U+0085 is a line break of Unicode as well, and XML allows it. It becomes "…" only if another one of these characters
    stands in the text and shows where the text comes from.
    """
    return text.translate(_WINDOWS_1252) if first_of_windows_1252(text) else text


def first_of_windows_1252(text: str) -> re.Match[str] | None:
    """Return a match for the first character for which :func:`decode_windows_1252` changes `text`, or None."""
    return None if text.isascii() else _CONTROL_OF_WINDOWS.search(text)


def hide_credentials(text: str) -> str:
    """Return `text` without user names and passwords in the web addresses in it: a feed is public."""
    return _CREDENTIALS.sub(r"\1", text) if "@" in text and "://" in text else text


def first_forbidden(text: str) -> re.Match[str] | None:
    """Return a match for the first character in `text` that XML forbids or discourages, or None."""
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN_ASCII):
        return None  # most texts are plain ASCII, and this test is faster than the regular expression
    return _FORBIDDEN.search(text)


def one_line(text: str) -> str:
    """Return `text` with runs of white space folded to one space, and none at the ends."""
    return " ".join(text.split())


def shorten(text: str, longest: int) -> str:
    """Return `text` of at most `longest` characters; a longer one ends after a word, with "…"."""
    if len(text) <= longest:
        return text
    start = text[:longest]
    head, space, _ = start.rpartition(" ")
    return f"{(head if space else start[:-1]).rstrip(' ,;:–—-')}…"


def printable(text: str) -> str:
    """Return `text` as one line that is safe on a terminal: control characters and the like are written as escapes.

    A title, a path or an id may contain them: a terminal obeys control characters (ECMA-48), and characters that change
    the direction of text (Unicode Standard Annex 9) make a line look like another one. Spaces of any width stay, and so
    do the joiners U+200C and U+200D, without which many scripts and emoji are misspelled.
    """
    if text.isprintable():
        return text
    return "".join(character if _is_shown(character) else _escape(character) for character in text)


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


@lru_cache(maxsize=4096)  # a corpus has few names and uses them often
def name_key(name: str) -> str:
    """Return the key under which different spellings of a topic's or category's name are the same name.

    >>> name_key("Machine  Learning") == name_key("machine learning")
    True
    """
    return unicodedata.normalize("NFKC", one_line(name)).casefold()
