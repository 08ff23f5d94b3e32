"""User-Agent → the name of the program or service, and the subscribers that it announces.

There is no standard for either. What is understood is what services send: a number before or after "subscribers",
"readers" or "users", and often an identifier of the feed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

NAMELESS = "(no name)"
BROWSERS = "(browsers)"

LONGEST_NAME = 40

_COUNT = re.compile(
    r"(\d{1,9})[ _+]+(?:subscriber|reader|user)s?(?![a-z])(?:\(s\))?|\b(?:subscribers|readers|users)[ _:=]+(\d{1,9})\b",
    re.IGNORECASE,
)
_FEED_ID = re.compile(r"feed-?id[ :=]+([\w.-]{1,64})", re.IGNORECASE)
_COMPATIBLE = re.compile(r"\(compatible;\s*([^;()]+)")
_COMMENT = re.compile(r"\([^()]*\)?")
_ADDRESS = re.compile(r"\+?https?:\S*|\S+@\S+", re.IGNORECASE)
_PRODUCT = re.compile(r"([A-Za-z][\w.+-]*)/")
_NAME = re.compile(r"[A-Za-z][\w.+!&'-]*(?: [A-Za-z][\w.+!&'-]*)*")
_ENGINES = {"Mozilla", "AppleWebKit", "Gecko", "Version", "Mobile", "Safari", "Chrome", "Firefox", "Edg", "OPR"}


class UserAgent(NamedTuple):
    """What a User-Agent says.

    Attributes:
        name: of the program or service, without its version.
        subscribers: how many it announces, or None.
        feed_id: what it calls the feed; empty where it doesn't say.
    """

    name: str
    subscribers: int | None
    feed_id: str


@lru_cache(maxsize=4096)
def parse_user_agent(header: bytes) -> UserAgent:
    """Return what a User-Agent says. Anything can stand there; no name holds an address or a control character."""
    text = header.decode("ascii", "replace")
    count = _COUNT.search(text)
    subscribers = int(count[1] or count[2]) if count is not None else None
    ident = _FEED_ID.search(text)
    rest = _ADDRESS.sub(" ", _FEED_ID.sub(" ", _COUNT.sub(" ; ", text)))
    return UserAgent(_name(rest)[:LONGEST_NAME], subscribers, ident[1] if ident is not None else "")


def _name(text: str) -> str:
    """Return what calls itself so, once addresses and numbers of subscribers are gone from the text."""
    compatible = _COMPATIBLE.search(text)
    if compatible is not None and (found := _NAME.match(compatible[1])) and found[0] not in _ENGINES:
        return found[0]
    plain = _COMMENT.sub(" ", text)
    if not text.startswith("Mozilla/"):
        found = _NAME.match(plain.strip())
        return found[0] if found is not None else NAMELESS
    products = [name for name in _PRODUCT.findall(plain) if name not in _ENGINES]
    return products[-1] if products else BROWSERS
