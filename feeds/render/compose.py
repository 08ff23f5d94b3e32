"""An entry as feedgen wants it: one composition, which Atom and RSS are then written from.

feedgen does the writing; this module sets every field that feedgen would fill with the clock, and adds what
it has no word for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from feedgen.entry import FeedEntry
from feedgen.ext.dc import DcEntryExtension, DcExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from feedgen.ext.syndication import SYNDICATION_NS, SyndicationExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.model import Entry
from feeds.render.content import content, image_type, provider_address
from feeds.render.head import Head

GENERATOR = "feeds"
ATOM = "http://www.w3.org/2005/Atom"


class ComposedEntry(FeedEntry):  # type: ignore[misc]
    """A feedgen entry that Atom writes with UTC dates as ``Z``: some readers ignore other offsets."""

    def __init__(self, entry: Entry, address: str) -> None:
        super().__init__()
        self._source = entry
        # RFC 4287 section 4.2.6: one permanent id. RSS calls it guid, a permalink where it is the page's address.
        self.guid(entry.id, permalink=entry.id == entry.url)
        self.title(entry.title)
        self.link(href=entry.url, rel="alternate")
        self.published(entry.published)
        self.updated(entry.updated)
        self.author(name=entry.provider.name, uri=provider_address(entry.provider, address))
        if entry.summary:
            self.summary(entry.summary)
        self.content(content(entry), type="html")
        if entry.topics:
            self.category([{"term": name, "scheme": f"{address}topics/"} for name in entry.topics])
        self.register_extension("dc", DcEntryExtension, atom=False, rss=True)
        self.dc.dc_creator(entry.provider.name)
        self.register_extension("media", MediaEntryExtension, atom=False, rss=True)
        if entry.image is not None:
            image = {
                "url": entry.image.url,
                "medium": "image",
                "type": image_type(entry.image),
                "width": str(entry.image.width or ""),
                "height": str(entry.image.height or ""),
            }
            self.media.content(image, group=None)

    def atom_entry(self, extensions: bool = True) -> etree._Element:
        """Return the entry as an Atom element, with the links that feedgen has no word for."""
        element: etree._Element = super().atom_entry(extensions)
        with_utc_dates(element)
        for name in ("title", "summary"):  # section 3.1.1: said, so that nobody takes "<" in it for markup
            for child in element.iterfind(name):
                child.set("type", "text")
        after = element.find("link")
        place = element.index(after) + 1 if after is not None else len(element)
        for link in reversed(list(_more_links(self._source))):
            element.insert(place, etree.Element("link", {name: value for name, value in link.items() if value}))
        return element


@lru_cache(maxsize=1)
def composed(entry: Entry, address: str) -> ComposedEntry:
    """Return `entry` as feedgen wants it: once for the two formats that it is written in, one after the other."""
    return ComposedEntry(entry, address)


class Syndication(SyndicationExtension):  # type: ignore[misc]
    """How often a feed changes, under the names that the module has (feedgen's begin with a capital)."""

    def every(self, minutes: int) -> None:
        """Say that the feed is worth reading every so many minutes (RSS 1.0 module Syndication)."""
        day = 24 * 60
        period, length = ("hourly", 60) if minutes <= 60 else ("daily", day) if minutes <= day else ("weekly", 7 * day)
        self._period, self._frequency = period, max(1, round(length / minutes))

    def extend_rss(self, rss_feed: etree._Element) -> None:
        """Add the elements to the channel."""
        for name, value in (("updatePeriod", self._period), ("updateFrequency", str(self._frequency))):
            etree.SubElement(rss_feed[0], f"{{{SYNDICATION_NS}}}{name}").text = value


class ComposedFeed(FeedGenerator):  # type: ignore[misc]
    """A feedgen feed with every field set, in the one way that both XML formats share."""

    def __init__(self, head: Head, file_name: str, media_type: str, first: Sequence[etree._Element] = ()) -> None:
        """Compose a feed; `first` is what Atom has before all else."""
        super().__init__()
        self._first = first
        self.register_extension("sy", Syndication, atom=False, rss=True)
        self.register_extension("dc", DcExtension, DcEntryExtension, atom=False, rss=True)
        self.register_extension("media", MediaExtension, MediaEntryExtension, atom=False, rss=True)
        self.id(head.page)
        self.title(head.title)
        self.description(head.description)
        self.link(href=head.document(file_name), rel="self", type=media_type)
        self._hub = head.hub
        if self._hub:
            self.link(href=self._hub, rel="hub")
        self.link(href=head.page, rel="alternate", type="text/html")  # the last is what RSS takes as its link
        self.updated(head.feed.updated)
        self.language(head.site.language)
        self.generator(GENERATOR)
        if head.site.rights:
            self.rights(head.site.rights)
        if head.site.logo:
            self.image(head.site.logo, title=head.title, link=head.page)
        if head.site.icon:
            self.icon(head.site.icon)
        self.ttl(head.feed.ttl)
        self.sy.every(head.feed.ttl)

    def add(self, entry: Entry, address: str) -> None:
        """Append `entry`, in the way of feedgen itself: what the tests hold our assembled documents against."""
        self.add_entry(_Registered(entry, address), order="append")

    def _create_atom(self, extensions: bool = True) -> tuple[etree._Element, etree._ElementTree[etree._Element]]:
        root, tree = super()._create_atom(extensions)
        with_utc_dates(root)
        for name in ("title", "subtitle"):
            for child in root.iterfind(name):
                child.set("type", "text")
        for element in reversed(self._first):
            root.insert(0, element)
        return root, tree

    def _create_rss(self, extensions: bool = True) -> tuple[etree._Element, etree._ElementTree[etree._Element]]:
        root, tree = super()._create_rss(extensions)
        link = root.find(f".//{{{ATOM}}}link")
        if self._hub and link is not None:  # of all links, feedgen writes but that to the document itself
            link.addnext(etree.Element(f"{{{ATOM}}}link", href=self._hub, rel="hub"))
        return root, tree


class _Registered(ComposedEntry):
    """A composed entry that is not composed again when it joins a feed."""

    def register_extension(self, namespace: str, *args: object, **options: object) -> None:
        if not hasattr(self, namespace):
            super().register_extension(namespace, *args, **options)


def with_utc_dates(element: etree._Element) -> None:
    """Write the dates of an Atom element with ``Z`` (RFC 3339 section 4.3)."""
    for name in ("updated", "published"):
        child = element.find(name)
        if child is not None and child.text is not None:
            child.text = child.text.replace("+00:00", "Z")


def _more_links(entry: Entry) -> list[dict[str, str | None]]:
    links: list[dict[str, str | None]] = []
    if entry.original_url is not None:
        links.append({"href": entry.original_url, "rel": "via", "title": None})
    links += [{"href": each.url, "rel": "related", "title": each.title} for each in entry.related]
    if entry.amp_url is not None:
        links.append({"href": entry.amp_url, "rel": "amphtml", "type": "text/html"})
    if entry.image is not None:
        links.append({"href": entry.image.url, "rel": "enclosure", "type": image_type(entry.image)})
    return links
