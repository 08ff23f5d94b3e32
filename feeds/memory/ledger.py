"""The ledger: the decisions of earlier builds that the corpus alone does not show.

A build reads it at its beginning and changes it. The memory has it between builds (:mod:`feeds.catalogue.history`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.model import Kind
from feeds.rules.site_layout import feed_folder

FAREWELL_PERIOD = timedelta(days=30)
"""The time during which the documents of an ended feed stay and say so, before its address is gone (410)."""


@dataclass(frozen=True, slots=True)
class EmptyFeed:
    """A feed that was published and has no entries any more.

    Attributes:
        kind, key, slug: as in :class:`feeds.model.Feed`.
        name: its last name.
        updated: when it last changed.
        unnamed: since when no article names it; None while an article does.
        ended: since when its documents say that it has ended, or None.
    """

    kind: Kind
    key: str
    slug: str
    name: str
    updated: datetime
    unnamed: datetime | None = None
    ended: datetime | None = None

    @property
    def folder(self) -> str:
        """The folder of the feed, relative to the site's root, with a slash at its end."""
        return feed_folder(self.kind, self.slug)

    def is_gone(self, now: datetime) -> bool:
        """Tell whether the time is over in which its documents say that it has ended."""
        return self.ended is not None and now >= self.ended + FAREWELL_PERIOD


@dataclass(frozen=True, slots=True)
class FeedMove:
    """The move of a feed to another address, by the settings.

    Attributes:
        to: its folder now.
        since: when it was first published there.
    """

    to: str
    since: datetime


class Ledger:
    """The ledger while a build reads it and adds to it.

    Args:
        feeds: the feeds that have no entries any more.
        moves: old folder → the move of its feed.
        broken: digest of the path of a published article that can't be read any more → the feeds that it named.
        ids: the hash of a key → the id that its page keeps, although the rules compute another one.

    Attributes:
        feeds: the same by kind and key.
        moves, broken: the same.
    """

    def __init__(
        self,
        feeds: Iterable[EmptyFeed] = (),
        moves: dict[str, FeedMove] | None = None,
        broken: dict[int, tuple[str, ...]] | None = None,
        ids: dict[int, str] | None = None,
    ) -> None:
        self.feeds: dict[tuple[Kind, str], EmptyFeed] = {(feed.kind, feed.key): feed for feed in feeds}
        self.moves = moves or {}
        self.broken = broken or {}
        self._ids = ids or {}
        self._before = self._content()

    @property
    def changed(self) -> bool:
        """True if it is not what it was at the beginning of the build."""
        return self._content() != self._before

    @property
    def kept_ids(self) -> frozenset[str]:
        """The ids that pages keep."""
        return frozenset(self._ids.values())

    @property
    def has_ids(self) -> bool:
        """True if any page keeps an id."""
        return bool(self._ids)

    @property
    def kept_hashes(self) -> Collection[int]:
        """The hashes (:func:`feeds.rules.grouping.key_hash`) of all keys of pages that keep an id."""
        return self._ids.keys()

    def id_for(self, hashes: Iterable[int], computed: Callable[[], str]) -> str | None:
        """Return the id that an entry with these keys keeps, or None if it keeps none.

        Args:
            hashes: the hashes of the keys of the entry (:func:`feeds.rules.grouping.key_hash`).
            computed: returns the id that the entry would have. It is preferred if the keys keep several ids.
        """
        if not self._ids:
            return None
        kept = {self._ids[number] for number in hashes if number in self._ids}
        if len(kept) < 2:
            return next(iter(kept), None)
        return preferred if (preferred := computed()) in kept else min(kept)

    def record_id(self, hashes: Iterable[int], uri: str, computed: str) -> None:
        """Record that the entry with these keys has the id `uri`, if that is not the computed id; else forget it.

        To forget it means all keys that keep the id: some of them may not be keys of the entry any more.
        """
        if uri != computed:
            self._ids.update(dict.fromkeys(hashes, uri))
            return
        for number in hashes:
            self._ids.pop(number, None)
        if uri in self._ids.values():
            self._ids = {number: kept for number, kept in self._ids.items() if kept != uri}

    def next_due(self, now: datetime, farewell_after: timedelta) -> datetime | None:
        """Return when the next feed will say farewell, or its address will be gone, or None."""
        moments = [feed.ended + FAREWELL_PERIOD for feed in self.feeds.values() if feed.ended is not None]
        moments += [
            feed.unnamed + farewell_after
            for feed in self.feeds.values()
            if feed.unnamed is not None and feed.ended is None
        ]
        return min((moment for moment in moments if moment > now), default=None)

    def empty_feeds(self) -> list[EmptyFeed]:
        """Return the feeds that have no entries any more, in the order of their addresses."""
        return sorted(self.feeds.values(), key=lambda feed: feed.folder)

    def _content(self) -> tuple[object, ...]:
        return (dict(self.feeds), dict(self.moves), dict(self.broken), dict(self._ids))
