"""The head of a document: the facts besides its entries, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from feeds.model import Feed, FeedLink, Kind
from feeds.render.wording import Wording, wording_of
from feeds.rules.site_layout import HOME_KEY, ICON_PATH, feed_folder
from feeds.settings.site import Site


@dataclass(frozen=True, slots=True)
class FeedHead:
    """The head of the documents of a feed.

    Attributes:
        feed: the feed.
        site: the settings.
        directory: all feeds of the site, for the pages that list them; empty for every other document.
        month: for a page or an archive of a month (RFC 5005 section 4), that month, such as ``2022-05``; None for the
            feed itself.
        previous: the month before this one that has entries; for the feed itself, the month of its newest archive.
        following: the month after this one that has entries, or None.
        moved_to: for documents at an old address of a feed, the feed at its new address.
        days: for the page, the day of every entry that it shows, in the time zone of the site; empty for a notice.
        neighbours: for the page, the topics that share most of the entries that it shows.
        months: for the page, month (:func:`feeds.rules.times.month_number`) → number of its entries, newest first;
            empty if the months have no pages.
    """

    feed: Feed
    site: Site
    directory: tuple[Feed, ...] = ()
    month: str | None = None
    previous: str | None = None
    following: str | None = None
    moved_to: Feed | None = None
    days: tuple[date, ...] = ()
    neighbours: tuple[FeedLink, ...] = ()
    months: Mapping[int, int] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder of the feed, relative to the site's root."""
        return feed_folder(self.feed.kind, self.feed.slug)

    @property
    def new_folder(self) -> str:
        """The folder to which the feed has moved; its own folder if it has not moved."""
        feed = self.moved_to or self.feed
        return feed_folder(feed.kind, feed.slug)

    @property
    def page(self) -> str:
        """The address of the feed's page."""
        return self.site.address + self.folder

    @property
    def id(self) -> str:
        """The id of the feed: the address of its page where the site was published first (RFC 4287 section 4.2.6)."""
        return (self.site.origin or self.site.address) + self.folder

    @property
    def icon(self) -> str:
        """The address of the small picture of the site; that of our own if the settings have none."""
        return self.site.icon or self.site.address + ICON_PATH

    @property
    def say(self) -> Wording:
        """The words of the site."""
        return wording_of(self.site.language)

    @property
    def hub(self) -> str:
        """The WebSub hub of the feed (WebSub section 4); empty for a document that never changes again."""
        return self.site.hub if self.month is None and self.feed.ended is None and self.moved_to is None else ""

    def document(self, file_name: str) -> str:
        """Return the address of the document of the feed with this file name."""
        return self.page + file_name

    @property
    def title(self) -> str:
        """The title in the list of a reader; no two feeds of the site have the same."""
        name, say = self.feed.name, self.say
        match self.feed.kind:
            case Kind.ALL:
                return self.site.title
            case Kind.PROVIDER if self.feed.key == HOME_KEY:
                name = say("own")
            case Kind.PROVIDER:
                name = say("from", name=name)
            case Kind.CATEGORY:
                name = say("category", name=name)
        return f"{name} – {self.site.title}"

    @property
    def description(self) -> str:
        """The description of the feed, in one sentence."""
        if self.feed.kind is Kind.ALL and self.site.description:
            return self.site.description
        return self.say(f"about_{self.feed.kind}", name=self.feed.name, site=self.site.title)
