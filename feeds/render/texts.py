"""The texts of an entry that several formats write."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from feeds.model import Entry
from feeds.render.content import feed_html
from feeds.render.escape import escape_text
from feeds.render.wording import wording_of
from feeds.rules.times import rfc3339


class Texts(NamedTuple):
    """The texts of an entry. The first three are for all formats, the others are escaped for XML.

    Attributes:
        html: the HTML that a reader shows (:func:`feeds.render.content.feed_html`).
        published, updated: the times (:func:`feeds.rules.times.rfc3339`).
        xml_id, xml_title, xml_summary, xml_html: the id, the title, the excerpt, and `html`.
    """

    html: str
    published: str
    updated: str
    xml_id: str
    xml_title: str
    xml_summary: str
    xml_html: str


@lru_cache(maxsize=1)  # an entry is rendered in all formats before the next one
def texts_of(entry: Entry, language: str) -> Texts:
    """Return the texts of `entry` on a site in this language."""
    html = feed_html(entry, wording_of(language))
    return Texts(
        html,
        rfc3339(entry.published),
        rfc3339(entry.updated),
        escape_text(entry.id),
        escape_text(entry.title),
        escape_text(entry.summary),
        escape_text(html),
    )
