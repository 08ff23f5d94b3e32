"""Headers of answers, as functions of the document: the same for 200 and 304, in Flask and in the fast path."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import quote

from feeds.rules.page_policy import content_policy
from feeds.rules.site_layout import FEED_FORMATS, FORMATS, PAGE
from feeds.store.snapshots import Document
from feeds.web.conditional import entity_tag
from feeds.web.negotiation import IDENTITY

ALLOW = "GET, HEAD, OPTIONS"

STALE_WHILE_REVALIDATE = 60
"""The seconds during which a cache may use an old copy while it asks for a new one, so that no client waits."""

STALE_IF_ERROR = 7 * 24 * 3600
"""The seconds during which a cache may use an old copy if the site can't be reached: a week, for long weekends."""

NOT_DOCUMENT_AGE = 60
"""The seconds during which a cache may use a 301, 404 or 410: a missing document may be published soon."""

COMMON = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Last-Modified, Link"),
    ("X-Content-Type-Options", "nosniff"),
)
"""The headers of every answer: scripts of any page may read feeds, and browsers don't guess the type."""

FOR_PAGES = (
    # A page may be stricter: it has the settings of the site in an element of its own.
    ("Content-Security-Policy", f"{content_policy(remote_images=True)}; frame-ancestors 'self'"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
)
"""The additional headers of a page in HTML."""

PREFLIGHT = (
    ("Access-Control-Allow-Methods", ALLOW),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
)
"""The additional headers of the answer to a CORS preflight request."""


class SiteLinks(NamedTuple):
    """The addresses of the site for the Link header.

    Attributes:
        address: the address of the site, with a slash at its end.
        hub: the WebSub hub of its feeds (WebSub section 4), or empty.
    """

    address: str
    hub: str = ""


def document_headers(document: Document, coding: str, links: str) -> list[tuple[str, str]]:
    """Return the headers of the 200 of a document. Its 304 has them without type and coding of the body.

    Args:
        document: the facts in the manifest.
        coding: the coding of the body; ``identity`` for none.
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
        *(FOR_PAGES if document.media_type == PAGE.content_type else ()),
        *COMMON,
    ]


def cache_control(max_age: int) -> str:
    """Return the value of Cache-Control (RFC 9111 section 5.2, RFC 5861)."""
    return (
        f"public, max-age={max_age}, stale-while-revalidate={STALE_WHILE_REVALIDATE}, stale-if-error={STALE_IF_ERROR}"
    )


def link_header(site: SiteLinks, address: str, documents: Mapping[str, Document]) -> str:
    """Return the value of Link (RFC 8288): the document itself, the same feed in other formats, and its hub.

    Args:
        site: the addresses of the site.
        address: the address of the document, without a leading slash.
        documents: all documents of the snapshot, by address.
    """
    folder, _, name = address.rpartition("/")
    folder += "/" if folder else ""
    links = [f'<{_absolute(site.address, address)}>; rel="self"']
    if any(name == row.file_name for row in FORMATS):
        for row in FORMATS:
            other_document = documents.get(folder + row.file_name)
            if row.file_name != name and other_document is not None:
                media_type = other_document.media_type.partition(";")[0]
                other = _absolute(site.address, folder + row.file_name)
                links.append(f'<{other}>; rel="alternate"; type="{media_type}"')
    if site.hub and any(name == row.file_name for row in FEED_FORMATS):  # nobody subscribes to a page
        links.append(f'<{site.hub}>; rel="hub"')
    return ", ".join(links)


def _absolute(base: str, address: str) -> str:
    """Return the absolute address. That of a page is the address of its folder."""
    folder, slash, name = address.rpartition("/")
    return base + quote(folder + slash if name == PAGE.file_name else address)
