"""Packed values: what is read from a file, as bytes for the catalogue and for the way between processes.

An article is one row: all its link records in one piece of MessagePack. A single record is taken out of it without
decoding the others. The form has no version: a catalogue that other code has filled is never read
(:mod:`feeds.pipeline.fingerprint`).
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from feeds.catalogue.membership import feed_reference
from feeds.catalogue.mention_numbers import mention_number, position_of, source_of
from feeds.model import Kind, Mention, Outline, Provider
from feeds.rules.entries import outline, provider_of
from feeds.rules.site_layout import HOME_KEY
from feeds.rules.text import name_key
from feeds.rules.times import to_seconds

T = TypeVar("T")

ARTICLES_PER_QUERY = 256
"""The number of articles that one query reads."""

HIDDEN, LIVE, LATE = 0, 1, 2
"""The states of a link record at the time of a build: not shown; shown; shown, and its last change lies in the future,
so that this change does not count yet."""


class ArticleRow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The packed row of an article.

    Attributes:
        mentions: its link records, its own first.
        keys: the hashes of the keys of each record (:func:`feeds.rules.grouping.key_hash`).
        unused: names of well-known fields in the file that are not used.
        named: the feeds that the file named when it could be read last; empty if it can be read.
    """

    mentions: tuple[Mention, ...]
    keys: tuple[tuple[int, ...], ...]
    unused: tuple[str, ...]
    named: tuple[str, ...] = ()

    def feed_references(self) -> list[str]:
        """Return a text for every feed that the article names, published or not."""
        if self.named:
            return list(self.named)
        providers = {provider_of(mention, _NO_PROVIDER).domain for mention in self.mentions}
        # Most records of an article have the same names.
        topics = {name_key(name) for names in {mention.topics for mention in self.mentions} for name in names}
        categories = {name_key(name) for names in {mention.categories for mention in self.mentions} for name in names}
        kinds = ((Kind.CATEGORY, categories), (Kind.PROVIDER, providers), (Kind.TOPIC, topics))
        return [feed_reference(kind, key) for kind, keys in kinds for key in sorted(keys)]


_NO_PROVIDER = Provider("", HOME_KEY)
"""Takes the place of the site: the names of a file do not depend on the host of the site."""


class PackedArticle(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The same row with the records as they are packed."""

    mentions: tuple[msgspec.Raw, ...]
    keys: tuple[tuple[int, ...], ...]


class Arrival(NamedTuple):
    """A link record that has become live, as merging needs it if no other record shares a key.

    Attributes:
        outline: the outline of the entry that it makes.
        keys: the hashes of its keys.
    """

    outline: Outline
    keys: tuple[int, ...]


class ArrivalBatch(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Link records of one article that have become live, in the form in which they travel between processes.

    Attributes:
        positions: their positions in the article.
        late: for every record 1 if its last change lies in the future, else 0.
        counts: for every record the number of its keys.
        keys: the hashes of all keys, as an array of integers.
        packed: a list of :class:`Arrival`, packed.
    """

    positions: list[int]
    late: bytes
    counts: bytes
    keys: bytes
    packed: bytes


class LoadedMention(NamedTuple):
    """A link record that was read back: its id, the hashes of its keys, and the record, packed."""

    number: int
    keys: tuple[int, ...]
    packed: msgspec.Raw


pack = msgspec.msgpack.Encoder().encode
"""Return a value as MessagePack."""


def unpacker(kind: type[T]) -> Callable[[bytes | msgspec.Raw], T]:
    """Return the function that reads a packed value of this type.

    It raises :class:`sqlite3.DatabaseError` for damaged bytes: the catalogue that has them is made again.
    """
    decode = msgspec.msgpack.Decoder(kind).decode

    def unpack(packed: bytes | msgspec.Raw) -> T:
        try:
            return decode(packed)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise sqlite3.DatabaseError("a packed value is damaged") from error

    return unpack


unpack_article = unpacker(ArticleRow)
unpack_keys = unpacker(PackedArticle)
unpack_mention = unpacker(Mention)
unpack_arrivals = unpacker(list[Arrival])


def examine(mentions: Sequence[Mention], now: int, least: int) -> tuple[bytes, int | None]:
    """Return the state of every link record of an article, and the next time at which one of them changes.

    A record is live if its marks and those of the article allow it, from its appearance to its expiry, and not without
    the article.

    Args:
        mentions: the records, the article's own first.
        now: the time of the build, in seconds.
        least: the lowest visibility that is published.
    """
    states = bytearray(len(mentions))
    changes = []
    for position, mention in enumerate(mentions):
        own = mentions[0]
        if min(own.visibility, mention.visibility) < least:
            continue
        starts = to_seconds(max(own.appears, mention.appears))
        ends = min((to_seconds(limit) for limit in (own.expires, mention.expires) if limit is not None), default=None)
        if ends is not None and ends <= max(now, starts):
            continue
        if starts > now:
            changes.append(starts)
            continue
        if ends is not None:
            changes.append(ends)
        states[position] = LIVE
        if mention.updated is not None and (updated := to_seconds(mention.updated)) > now:
            states[position] = LATE
            changes.append(updated)
    return bytes(states), min(changes, default=None)


def make_arrivals(
    article: ArticleRow, states: bytes, positions: Sequence[int], home: Provider, now: datetime
) -> ArrivalBatch:
    """Return link records of an article as arrivals, each with the outline of an entry of its own.

    Args:
        article: the article.
        states: the states of all its records.
        positions: the positions of the records.
        home: the site as a provider.
        now: the time of the build.
    """
    arrivals = [
        Arrival(outline([article.mentions[position]], home, now=now), article.keys[position]) for position in positions
    ]
    return ArrivalBatch(
        list(positions),
        bytes(states[position] == LATE for position in positions),
        bytes(len(arrival.keys) for arrival in arrivals),
        array("q", [key for arrival in arrivals for key in arrival.keys]).tobytes(),
        pack(arrivals),
    )


def live_positions(states: bytes) -> list[int]:
    """Return the positions of the link records that are live."""
    return [position for position, state in enumerate(states) if state]


def load_mentions(db: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[LoadedMention]:
    """Yield the link records with these ids, article by article."""
    positions: dict[int, list[int]] = {}
    for number in numbers:
        positions.setdefault(source_of(number), []).append(position_of(number))
    sources = list(positions)
    for start in range(0, len(sources), ARTICLES_PER_QUERY):
        some = str(sources[start : start + ARTICLES_PER_QUERY])  # str() of a list of integers is valid JSON
        for source_id, packed in db.execute(_ARTICLES, (some,)):
            article = unpack_keys(packed)
            for position in positions[source_id]:
                yield LoadedMention(
                    mention_number(source_id, position), article.keys[position], article.mentions[position]
                )


_ARTICLES = "SELECT source_id, packed FROM json_each(?) CROSS JOIN article ON source_id = value"
