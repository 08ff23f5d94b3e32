"""The documents that feedgen writes: the measure for our own writers."""

from __future__ import annotations

from collections.abc import Sequence

from feedgen.entry import FeedEntry
from feedgen.ext.dc import DcEntryExtension
from feedgen.ext.media import MediaEntryExtension
from feedgen.ext.podcast_entry import PodcastEntryExtension
from lxml import etree

from feeds.model import Entry
from feeds.render.compose import ComposedFeed
from feeds.render.content import authors_of, feed_html, image_type
from feeds.render.head import FeedHead
from feeds.render.wording import FALLBACK, wording_of

_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
}


def whole_feed(head: FeedHead, file_name: str, media_type: str, shown: Sequence[Entry], address: str) -> ComposedFeed:
    """Return the feed `head` with the entries `shown` in it, composed the way feedgen means it."""
    has_episodes = any(b"<itunes:" in rss_fragment(entry, address) for entry in shown)
    feed = ComposedFeed(head, file_name, media_type, has_episodes=has_episodes)
    for entry in shown:
        feed.add_entry(_Registered(entry, address), order="append")
    return feed


def atom_fragment(entry: Entry, address: str) -> bytes:
    """Return what feedgen writes for `entry` in Atom."""
    return etree.tostring(ComposedEntry(entry, address).atom_entry(), encoding="UTF-8", xml_declaration=False)


def rss_fragment(entry: Entry, address: str) -> bytes:
    """Return what feedgen writes for `entry` in RSS, without what declares its prefixes."""
    root = etree.Element("rss", nsmap=_NAMESPACES)
    opening = etree.tostring(root).removesuffix(b"/>") + b">"
    root.append(ComposedEntry(entry, address).rss_entry())
    return etree.tostring(root, encoding="UTF-8", xml_declaration=False).removeprefix(opening).removesuffix(b"</rss>")


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
        authors = authors_of(entry, address)
        for author in authors:  # feedgen would write an e-mail address into an RSS item as well
            self.author({"name": author.name, **({"uri": author.url} if author.url else {})})
        if entry.summary:
            self.summary(entry.summary)
        self.content(feed_html(entry, wording_of(FALLBACK)), type="html")
        if entry.topics:
            self.category([{"term": name, "scheme": f"{address}topics/"} for name in entry.topics])
        self.register_extension("dc", DcEntryExtension, atom=False, rss=True)
        if authors:
            self.dc.dc_creator([author.name for author in authors])
        if entry.language:
            self.dc.dc_language(entry.language)
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
        self.register_extension("podcast", PodcastEntryExtension, atom=False, rss=True)
        self._describe_episode(entry)

    def _describe_episode(self, entry: Entry) -> None:
        playable = [file for file in entry.enclosures if file.media_type[:6] in ("audio/", "video/")]
        self._file = next(iter([*playable, *(file for file in entry.enclosures if file.media_type)]), None)
        if self._file is not None and self._file.duration:
            self.podcast.itunes_duration(self._file.duration)
        episode = entry.episode
        if episode is not None:
            self.podcast.itunes_episode(episode.number)
            self.podcast.itunes_season(episode.season)
            self.podcast.itunes_episode_type(episode.kind or None)
            self.podcast.itunes_image(episode.image)
            if episode.explicit is not None:
                self.podcast.itunes_explicit("yes" if episode.explicit else "no")

    def rss_entry(self, extensions: bool = True) -> etree._Element:
        """Return the entry as an RSS element, with one enclosure: the first to play, else the first with a type."""
        if self._file is not None:
            self.enclosure(self._file.url, self._file.length or 0, self._file.media_type)
        element: etree._Element = super().rss_entry(extensions)
        date = element.find("pubDate")
        if date is not None and self._source.updated != self._source.published:  # for which feedgen has no word
            updated = etree.Element(f"{{{_NAMESPACES['atom']}}}updated")
            updated.text = self._source.updated.isoformat().replace("+00:00", "Z")
            date.addnext(updated)
        for explicit in element.iterfind("{http://www.itunes.com/dtds/podcast-1.0.dtd}explicit"):
            explicit.text = {"yes": "true", "no": "false"}[explicit.text or ""]  # as Apple requires it today
        return element

    def atom_entry(self, extensions: bool = True) -> etree._Element:
        """Return the entry as an Atom element, with the links that feedgen has no word for."""
        element: etree._Element = super().atom_entry(extensions)
        for name in ("updated", "published"):
            for child in element.iterfind(name):
                child.text = (child.text or "").replace("+00:00", "Z")
        for name in ("title", "summary"):  # section 3.1.1: said, so that nobody takes "<" in it for markup
            for child in element.iterfind(name):
                child.set("type", "text")
        if self._source.language:  # for which feedgen has no word
            element.set("{http://www.w3.org/XML/1998/namespace}lang", self._source.language)
        after = element.find("link")
        place = element.index(after) + 1 if after is not None else len(element)
        for link in reversed(list(_more_links(self._source))):
            element.insert(place, etree.Element("link", {name: value for name, value in link.items() if value}))
        return element


class _Registered(ComposedEntry):
    """A composed entry that is not composed again when it joins a feed."""

    def register_extension(self, namespace: str, *args: object, **options: object) -> None:
        if not hasattr(self, namespace):
            super().register_extension(namespace, *args, **options)


def _more_links(entry: Entry) -> list[dict[str, str | None]]:
    links: list[dict[str, str | None]] = []
    if entry.original_url is not None:
        links.append({"href": entry.original_url, "rel": "via", "title": None})
    links += [{"href": each.url, "rel": "related", "title": each.title} for each in entry.related]
    if entry.amp_url is not None:
        links.append({"href": entry.amp_url, "rel": "amphtml", "type": "text/html"})
    if entry.image is not None:
        links.append({"href": entry.image.url, "rel": "enclosure", "type": image_type(entry.image)})
    for file in entry.enclosures:
        length = str(file.length) if file.length is not None else None
        links.append({"href": file.url, "rel": "enclosure", "type": file.media_type, "length": length})
    return links
