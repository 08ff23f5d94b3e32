"""User-Agent → the name of the program or service, and the subscribers that it announces.

There is no standard for either. Services send a number before or after "subscribers", "readers" or "users", and often
an identifier of the feed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

NAMELESS = "(no name)"
"""The name of a client whose User-Agent names none."""

BROWSERS = "(browsers)"
"""The name of all web browsers."""

MAX_NAME_LENGTH = 40

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
    """The content of a User-Agent header.

    Attributes:
        name: the program or service, without its version.
        subscribers: the number of subscribers that it announces, or None.
        feed_id: its own identifier of the feed; empty where it sends none.
    """

    name: str
    subscribers: int | None
    feed_id: str


@lru_cache(maxsize=4096)
def parse_user_agent(header: bytes) -> UserAgent:
    """Return the content of a User-Agent header, whatever bytes it has.

    A name never contains an address (a client's could be in it) or a control character.
    """
    text = header.decode("ascii", "replace")
    count = _COUNT.search(text)
    subscribers = int(count[1] or count[2]) if count is not None else None
    feed_id = _FEED_ID.search(text)
    rest = _ADDRESS.sub(" ", _FEED_ID.sub(" ", _COUNT.sub(" ; ", text)))
    return UserAgent(_name(rest)[:MAX_NAME_LENGTH], subscribers, feed_id[1] if feed_id is not None else "")


def _name(text: str) -> str:
    """Return the name of a program or service from a header without addresses and numbers of subscribers."""
    compatible = _COMPATIBLE.search(text)
    if compatible is not None and (name := _NAME.match(compatible[1])) and name[0] not in _ENGINES:
        return name[0]
    plain = _COMMENT.sub(" ", text)
    if not text.startswith("Mozilla/"):
        name = _NAME.match(plain.strip())
        return name[0] if name is not None else NAMELESS
    products = [product for product in _PRODUCT.findall(plain) if product not in _ENGINES]
    return products[-1] if products else BROWSERS
