"""The headers of answers, as functions of the document: the same for 200 and 304, and for whoever answers."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import quote

from feeds.rules.site_layout import FEED_FORMATS, FORMATS, PAGE
from feeds.store.snapshots import Document
from feeds.web.conditional import entity_tag
from feeds.web.negotiation import IDENTITY

ALLOW = "GET, HEAD, OPTIONS"

STALE_WHILE_REVALIDATE = 60
"""For how many seconds a cache may go on with what it has while it asks us: nobody waits for a feed to be fetched."""

STALE_IF_ERROR = 7 * 24 * 3600
"""For how many seconds a cache may stand in for us when we can't be reached: a long weekend and the day after."""

NOT_DOCUMENT_AGE = 60
"""For how many seconds a cache may remember a 301, 404 or 410: what is not here now may be soon."""

COMMON = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Last-Modified, Link"),
    ("X-Content-Type-Options", "nosniff"),
)
"""What every answer has: any page may read feeds, and no browser guesses what they are."""

PREFLIGHT = (
    ("Access-Control-Allow-Methods", ALLOW),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
)
"""What the answer to a preflight request has besides: which requests other pages may make."""


class SiteLinks(NamedTuple):
    """The site, as links name it.

    Attributes:
        address: with a slash at its end.
        hub: where one can subscribe to changes of its feeds (WebSub section 4), or empty.
    """

    address: str
    hub: str = ""


def document_headers(document: Document, coding: str, links: str) -> list[tuple[str, str]]:
    """Return the headers of a document: of its 200, and of its 304 but for the type and the coding of the body.

    Args:
        document: what the manifest says of it.
        coding: what it is sent in, ``identity`` for as it is.
        links: the value of Link (:func:`link_header`).
    """
    return [
        ("Content-Type", document.media_type),
        *([("Content-Encoding", coding)] if coding != IDENTITY else []),
        ("ETag", entity_tag(document.digest, coding)),
        ("Last-Modified", formatdate(document.modified, usegmt=True)),
        ("Cache-Control", cache_control(document.max_age)),
        ("Vary", "Accept-Encoding"),
        ("Link", links),
        *COMMON,
    ]


def cache_control(max_age: int) -> str:
    """Return for how long caches may answer with a document (RFC 9111 section 5.2, RFC 5861)."""
    return (
        f"public, max-age={max_age}, stale-while-revalidate={STALE_WHILE_REVALIDATE}, stale-if-error={STALE_IF_ERROR}"
    )


def link_header(home: SiteLinks, address: str, documents: Mapping[str, Document]) -> str:
    """Return the value of Link (RFC 8288): the document itself, the same feed in other formats, and its hub.

    Args:
        home: the site.
        address: the document's, without a leading slash.
        documents: all of the snapshot, by address.
    """
    folder, _, name = address.rpartition("/")
    folder += "/" if folder else ""
    links = [f'<{_absolute(home.address, address)}>; rel="self"']
    if any(name == row.file_name for row in FORMATS):
        for row in FORMATS:
            found = documents.get(folder + row.file_name)
            if row.file_name != name and found is not None:
                media_type = found.media_type.partition(";")[0]
                other = _absolute(home.address, folder + row.file_name)
                links.append(f'<{other}>; rel="alternate"; type="{media_type}"')
    if home.hub and any(name == row.file_name for row in FEED_FORMATS):  # nobody subscribes to a page
        links.append(f'<{home.hub}>; rel="hub"')
    return ", ".join(links)


def _absolute(base: str, address: str) -> str:
    """Return the address that people see: that of a page is that of its folder."""
    folder, slash, name = address.rpartition("/")
    return base + quote(folder + slash if name == PAGE.file_name else address)
