"""OPML 2.0 (http://opml.org/spec2.opml): all feeds of the site, to import into a reader at once."""

from __future__ import annotations

from dataclasses import replace
from email.utils import format_datetime

from lxml import etree

from feeds.model import Kind
from feeds.render.head import FeedHead
from feeds.rules.site_layout import ATOM, KIND_FOLDERS


def render_opml(head: FeedHead) -> bytes:
    """Return the list of all feeds in `head`: the feed of all entries, then a folder for every kind."""
    root = etree.Element("opml", version="2.0")
    about = etree.SubElement(root, "head")
    etree.SubElement(about, "title").text = head.site.title
    etree.SubElement(about, "dateModified").text = format_datetime(head.feed.updated, usegmt=True)
    body = etree.SubElement(root, "body")
    _subscription(body, head)
    for kind, name in KIND_FOLDERS.items():
        feeds = [feed for feed in head.directory if feed.kind is kind and kind is not Kind.ALL]
        if feeds:
            heading = head.say(name)
            folder = etree.SubElement(body, "outline", text=heading, title=heading)
            for feed in feeds:
                _subscription(folder, replace(head, feed=feed))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _subscription(parent: etree._Element, head: FeedHead) -> None:
    etree.SubElement(
        parent,
        "outline",
        text=head.title,
        title=head.title,
        type="rss",  # the specification has one word for all feed formats
        xmlUrl=head.document(ATOM.file_name),
        htmlUrl=head.page,
        description=head.description,
    )
