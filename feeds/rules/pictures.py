"""Rules for pictures: when two addresses show the same picture."""

from __future__ import annotations

import re
from urllib.parse import unquote

_SIZE = re.compile(r"-(?:\d{1,5}x\d{1,5}|scaled)(?=\.[A-Za-z]{2,5}\Z)")


def picture_key(address: str) -> str:
    """Return the key that the addresses of one picture have in common.

    It has no scheme, no query, no fragment, no percent-encoding and no size as WordPress writes it into the name of a
    smaller copy.

    >>> picture_key("http://a.example/i-300x200.jpg?w=300") == picture_key("https://a.example/i.jpg")
    True
    """
    if address[:5].lower() == "data:":
        return address
    bare = address.strip().partition("#")[0].partition("?")[0]
    bare = bare.removeprefix("https:").removeprefix("http:")
    return _SIZE.sub("", unquote(bare))
