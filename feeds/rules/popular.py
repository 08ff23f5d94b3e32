"""Popular pages: what is kept of a page that many articles mention, so that its mentions need not be read again.

A page may have a hundred thousand mentions. Two facts about :func:`feeds.rules.entries.merge` keep the cost of a change
independent of their number: all but the names comes from the first mention that has it, so a few mentions decide; and
names have counts. All functions are pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from feeds.model import Mention, Outline, Provider
from feeds.rules.entries import (
    Names,
    has_value,
    merge_counted_names,
    original_beside,
    outline,
    representation_order,
    url_of_page,
)

T = TypeVar("T")


class NumberedMention(NamedTuple):
    """A mention with its id in the catalogue and the hashes of its keys."""

    number: int
    keys: tuple[int, ...]
    mention: Mention


@dataclass(slots=True)
class PageSummary:
    """The summary of a page that at most one article is about.

    Attributes:
        deciding: the mentions that decide everything but the names, the representative one first.
        size: the number of mentions.
        articles: how many of them are an article's own.
        keys: the hash of a key → the number of mentions that have it.
        topics, categories: spelling → the number of mentions that use it.
    """

    deciding: list[NumberedMention] = field(default_factory=list)
    size: int = 0
    articles: int = 0
    keys: Counter[int] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)

    def add(self, mentions: Iterable[NumberedMention], now: datetime) -> None:
        """Add mentions of the page.

        Args:
            mentions: the mentions. If two articles are about the page then, the summary does not hold.
            now: the time of the build: a change that lies after it does not count yet.
        """
        added = list(mentions)
        self._count(added, 1)
        self.deciding = _deciding([*self.deciding, *added], now)

    def remove(self, mentions: Sequence[NumberedMention]) -> None:
        """Remove mentions of the page. What they decided is open until :meth:`is_decided` says that it is not."""
        self._count(mentions, -1)
        gone = {mention.number for mention in mentions}
        self.deciding = [mention for mention in self.deciding if mention.number not in gone]

    def _count(self, mentions: Iterable[NumberedMention], step: int) -> None:
        for it in mentions:
            self.size += step
            self.articles += step * (it.mention.position == 0)
            _add(self.keys, it.keys, step)
            _add(self.topics, it.mention.topics, step)
            _add(self.categories, it.mention.categories, step)

    def is_decided(self, before: Sequence[NumberedMention], now: datetime) -> bool:
        """Tell whether the deciding mentions still decide after mentions were removed, and others were added.

        A mention that was removed was the first one with a fact. Those that are not known come after it, so that the
        fact is decided if a known one that has it does not come after it, too.

        Args:
            before: the deciding mentions of a moment at which they did decide.
            now: the time of the build.
        """
        if not self.deciding:
            return False
        if all(mention in self.deciding for mention in before):
            return True
        old, new = [it.mention for it in before], [it.mention for it in self.deciding]
        url = url_of_page(old[0])
        if url != url_of_page(new[0]):
            return False
        for fact in (_any_value, *_facts(url)):
            was, now_is = _first_with(old, fact), _first_with(new, fact)
            if was is not None and not (now_is is not None and _precedes(now_is, was)):
                return False
        latest = _latest(old, now)
        return latest is None or (_latest(new, now) or datetime.min.replace(tzinfo=latest.tzinfo)) >= latest

    def names(self) -> Names:
        """Return the names of the entry."""
        return merge_counted_names(self.deciding[0].mention, self.topics, self.categories)

    def outline(self, home: Provider, identity: str | None, now: datetime) -> Outline:
        """Return the outline of the entry; the arguments are those of :func:`feeds.rules.entries.outline`."""
        mentions = [it.mention for it in self.deciding]
        return outline(mentions, home, identity=identity, now=now, names=self.names())

    def facts(self) -> tuple[object, ...]:
        """Return what the entry shows of its mentions besides its outline."""
        mentions = [it.mention for it in self.deciding]
        top = mentions[0]
        facts = _facts(url_of_page(top))
        firsts = ((fact, _first_with(mentions, fact)) for fact in facts)
        return (top.has_time, *(fact(mention) if mention is not None else None for fact, mention in firsts))


_FACTS = (
    "quality",
    "excerpt",
    "content",
    "amp_url",
    "type",
    "heat",
    "image",
    "authors",
    "language",
    "enclosures",
    "episode",
)
"""The fields of which an entry shows the first value that one of its mentions has. There is one more, the original
address: it counts if it is another one than the entry's own."""


def _facts(url: str) -> list[Callable[[Mention], Any]]:
    """Return the functions that give the facts of a mention, for an entry with the address `url`."""
    return [*map(attrgetter, _FACTS), lambda mention: original_beside(mention.original_url, url)]


def _add(counts: Counter[T], items: Iterable[T], step: int) -> None:
    """Add to the counts of items; those that have become 0 go."""
    for item in items:
        counts[item] += step
        if not counts[item]:
            del counts[item]


def _deciding(mentions: Iterable[NumberedMention], now: datetime) -> list[NumberedMention]:
    ranked = sorted(mentions, key=lambda it: representation_order(it.mention))
    if not ranked:
        return []
    plain = [it.mention for it in ranked]
    firsts = [_first_with(plain, fact) for fact in _facts(url_of_page(plain[0]))]
    latest = _latest(plain, now)
    firsts.append(next((mention for mention in plain if mention.updated == latest), None) if latest else None)
    chosen = {id(plain[0]), *(id(mention) for mention in firsts if mention is not None)}
    return [it for it in ranked if id(it.mention) in chosen]


def _any_value(mention: Mention) -> bool:
    return True


def _first_with(ranked: Iterable[Mention], fact: Callable[[Mention], Any]) -> Mention | None:
    return next((mention for mention in ranked if has_value(fact(mention))), None)


def _latest(mentions: Iterable[Mention], now: datetime) -> datetime | None:
    """Return the latest change that counts, or None."""
    changes = (mention.updated for mention in mentions if mention.updated is not None and mention.updated <= now)
    return max(changes, default=None)


def _precedes(mention: Mention, removed: Mention) -> bool:
    """Tell whether `mention` comes before all that came after `removed`; none of these is an article's own."""
    return representation_order(mention) <= max(representation_order(removed), (True,))
