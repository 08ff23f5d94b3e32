"""The feedgen feed from which the Atom and the RSS around the entries are written.

This module sets every field that feedgen would fill with the current time, and adds the elements that feedgen does not
know.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree  # before feedgen, which uses lxml.etree without importing it

# isort: split
from feedgen.ext.dc import DcEntryExtension, DcExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from feedgen.ext.podcast import PodcastExtension
from feedgen.ext.podcast_entry import PodcastEntryExtension
from feedgen.ext.syndication import SYNDICATION_NS, SyndicationExtension
from feedgen.feed import FeedGenerator

from feeds.render.head import FeedHead
from feeds.settings.site import Site

GENERATOR = "feeds"
ATOM = "http://www.w3.org/2005/Atom"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


class Syndication(SyndicationExtension):  # type: ignore[misc]
    """The elements of the RSS 1.0 module Syndication, with correct names: those of feedgen begin with a capital."""

    def every(self, minutes: int) -> None:
        """Set the interval, in minutes, at which the feed is worth reading."""
        day = 24 * 60
        period, length = ("hourly", 60) if minutes <= 60 else ("daily", day) if minutes <= day else ("weekly", 7 * day)
        self._period, self._frequency = period, max(1, round(length / minutes))

    def extend_rss(self, rss_feed: etree._Element) -> None:
        """Add the elements to the channel."""
        for name, value in (("updatePeriod", self._period), ("updateFrequency", str(self._frequency))):
            etree.SubElement(rss_feed[0], f"{{{SYNDICATION_NS}}}{name}").text = value


class Podcast(PodcastExtension):  # type: ignore[misc]
    """The elements of Apple Podcasts in a channel.

    Two of them are ours: feedgen takes images with two extensions only, and writes the older words "yes" and "no".
    """

    def describe(self, site: Site) -> None:
        """Set the elements that the settings of `site` give."""
        self._image = site.podcast_image
        self.itunes_author(site.podcast_author)
        self.itunes_type(site.podcast_type or None)
        if site.podcast_categories:
            self.itunes_category([dict(zip(("cat", "sub"), site.podcast_categories, strict=False))])
        if site.podcast_email:
            self.itunes_owner(name=site.podcast_author or site.title, email=site.podcast_email)
        self._explicit = ("true" if site.podcast_explicit else "false") if site.is_podcast else ""

    def extend_rss(self, rss_feed: etree._Element) -> None:
        """Add the elements to the channel."""
        super().extend_rss(rss_feed)
        if self._explicit:
            etree.SubElement(rss_feed[0], f"{{{ITUNES}}}explicit").text = self._explicit
        if self._image:
            etree.SubElement(rss_feed[0], f"{{{ITUNES}}}image", href=self._image)


class ComposedFeed(FeedGenerator):  # type: ignore[misc]
    """A feedgen feed with all fields set, for both XML formats."""

    def __init__(
        self,
        head: FeedHead,
        file_name: str,
        media_type: str,
        first: Sequence[etree._Element] = (),
        *,
        has_episodes: bool = False,
    ) -> None:
        """Compose a feed.

        Args:
            head: the facts of the feed.
            file_name, media_type: the name and the media type of the document.
            first: the first elements of an Atom document.
            has_episodes: whether entries of an RSS document have elements of Apple Podcasts.
        """
        super().__init__()
        self._first = first
        self.register_extension("sy", Syndication, atom=False, rss=True)
        self.register_extension("dc", DcExtension, DcEntryExtension, atom=False, rss=True)
        self.register_extension("media", MediaExtension, MediaEntryExtension, atom=False, rss=True)
        if has_episodes or head.site.is_podcast:
            self.register_extension("podcast", Podcast, PodcastEntryExtension, atom=False, rss=True)
            self.podcast.describe(head.site)
        self.id(head.id)
        self.title(head.title)
        self.description(head.description)
        self.link(href=head.document(file_name), rel="self", type=media_type)
        self._hub = head.hub
        if self._hub:
            self.link(href=self._hub, rel="hub")
        self.link(href=head.page, rel="alternate", type="text/html")  # RSS takes the last one as its link
        self.updated(head.feed.updated)
        self.author(name=head.site.title, uri=head.site.address)  # of all entries that name none
        self.language(head.site.language)
        self.generator(GENERATOR)
        if head.site.rights:
            self.rights(head.site.rights)
        if head.site.logo:
            self.image(head.site.logo, title=head.title, link=head.page)
        self.icon(head.icon)
        self.ttl(head.feed.ttl)
        self.sy.every(head.feed.ttl)

    def _create_atom(self, extensions: bool = True) -> tuple[etree._Element, etree._ElementTree[etree._Element]]:
        root, tree = super()._create_atom(extensions)
        for child in root.iterfind("updated"):  # with Z (RFC 3339 section 4.3): some readers ignore other offsets
            child.text = (child.text or "").replace("+00:00", "Z")
        for name in ("title", "subtitle"):
            for child in root.iterfind(name):
                child.set("type", "text")
        for element in reversed(self._first):
            root.insert(0, element)
        return root, tree

    def _create_rss(self, extensions: bool = True) -> tuple[etree._Element, etree._ElementTree[etree._Element]]:
        root, tree = super()._create_rss(extensions)
        link = root.find(f".//{{{ATOM}}}link")
        if self._hub and link is not None:  # feedgen writes only the link to the document itself
            link.addnext(etree.Element(f"{{{ATOM}}}link", href=self._hub, rel="hub"))
        return root, tree
