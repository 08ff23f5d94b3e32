"""Entries → fragments, feeds → documents: one module per format, and this table of them.

A fragment is a function of the entry, the format and the site's address, never of the feed: an entry that
stands in ten feeds is rendered once per format, and a document is head + fragments + tail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from feeds.model import Entry
from feeds.render import atom, json_feed, page, rss
from feeds.render.head import Head


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a feed.

    Attributes:
        name: what it is called in the catalogue.
        file_name: the last segment of its documents' addresses.
        media_type: with its charset.
        fragment: an entry and the site's address → the bytes that stand for the entry in any feed.
        document: a feed's head and its fragments, in order → the bytes of the document.
    """

    name: str
    file_name: str
    media_type: str
    fragment: Callable[[Entry, str], bytes]
    document: Callable[[Head, Sequence[bytes]], bytes]


FORMATS = (
    Format("atom", atom.FILE_NAME, f"{atom.MEDIA_TYPE}; charset=utf-8", atom.fragment, atom.document),
    Format("rss", rss.FILE_NAME, f"{rss.MEDIA_TYPE}; charset=utf-8", rss.fragment, rss.document),
    Format(
        "json", json_feed.FILE_NAME, f"{json_feed.MEDIA_TYPE}; charset=utf-8", json_feed.fragment, json_feed.document
    ),
    Format("html", page.FILE_NAME, page.MEDIA_TYPE, page.fragment, page.document),
)


def fragments(entry: Entry, address: str) -> dict[str, bytes]:
    """Return the fragment of `entry` in each format, by the format's name."""
    return {each.name: each.fragment(entry, address) for each in FORMATS}
