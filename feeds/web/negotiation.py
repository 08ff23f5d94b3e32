"""Which format of a feed a client wants: Accept, as a function of the header (RFC 9110 section 12.5.1)."""

from __future__ import annotations

from feeds.web.accept import best_media_type
from feeds.web.headers import FORMATS

ADDRESS = "feed"
"""The last segment of the address at which a feed is whatever a client wants."""

_MEANT = {
    "application/atom+xml": FORMATS[0],
    "application/rss+xml": FORMATS[1],
    "application/feed+json": FORMATS[2],
    "text/html": FORMATS[3],
    # what people write who mean one of these
    "application/xml": FORMATS[0],
    "text/xml": FORMATS[0],
    "application/json": FORMATS[2],
    "application/xhtml+xml": FORMATS[3],
}


def best_format(accept: str | None) -> str | None:
    """Return the last segment of the address of the format that the client wants most, or None if it wants none.

    Args:
        accept: the header; a client that doesn't care gets Atom.
    """
    wanted = best_media_type(accept, tuple(_MEANT))
    return _MEANT[wanted] if wanted is not None else None
