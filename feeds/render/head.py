"""The head of a document: the facts besides its entries, the same in every format."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model import Feed, Kind
from feeds.rules.site_layout import HOME_KEY, feed_folder
from feeds.settings.site import Site


@dataclass(frozen=True, slots=True)
class FeedHead:
    """The head of the documents of a feed.

    Attributes:
        feed: the feed.
        site: the settings.
        directory: all feeds of the site, for the page at the root; empty for every other feed.
        month: for an archive (RFC 5005 section 4) its month, such as ``2022-05``; None for the feed itself.
        previous: the month of the archive before this one, or None.
        moved_to: for documents at an old address of a feed, the feed at its new address.
    """

    feed: Feed
    site: Site
    directory: tuple[Feed, ...] = ()
    month: str | None = None
    previous: str | None = None
    moved_to: Feed | None = None

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
    def hub(self) -> str:
        """The WebSub hub of the feed (WebSub section 4); empty for a document that never changes again."""
        return self.site.hub if self.month is None and self.feed.ended is None and self.moved_to is None else ""

    def document(self, file_name: str) -> str:
        """Return the address of the document of the feed with this file name."""
        return self.page + file_name

    @property
    def title(self) -> str:
        """The title in the list of a reader; no two feeds of the site have the same."""
        name = self.feed.name
        match self.feed.kind:
            case Kind.ALL:
                return self.site.title
            case Kind.TOPIC:
                return f"{name} – {self.site.title}"
            case Kind.PROVIDER if self.feed.key == HOME_KEY:
                return f"Own articles – {self.site.title}"
            case Kind.PROVIDER:
                return f"From {name} – {self.site.title}"
            case Kind.CATEGORY:
                return f"Category {name} – {self.site.title}"

    @property
    def description(self) -> str:
        """The description of the feed, in one sentence."""
        name = self.feed.name
        match self.feed.kind:
            case Kind.ALL:
                return self.site.description or f"Everything on {self.site.title}."
            case Kind.TOPIC:
                return f"What {self.site.title} has about {name}."
            case Kind.PROVIDER:
                return f"What {self.site.title} has from {name}."
            case Kind.CATEGORY:
                return f"What {self.site.title} has in the category {name}."
