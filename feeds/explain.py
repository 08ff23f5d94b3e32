"""Answers about a site for people and scripts: what is in it, and why. Asked of an up-to-date catalogue."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from feeds.catalogue import moved, reading
from feeds.config import Site
from feeds.entries import entry_id as entry_id_of
from feeds.entries import fold, representation_order
from feeds.model import Counts, Entry, HeldBack, Kind, Mention, Problem, iso


@dataclass(frozen=True, slots=True)
class Answers:
    """What `feeds check` tells.

    Attributes:
        counts: what became of every file.
        problems: all of them, by path and line.
        held_back: the articles that are not published though they could be read.
        notes: what is no problem of one file: names that share a slug, articles that share an id, renamed feeds that
            lead nowhere.
    """

    counts: Counts
    problems: tuple[Problem, ...]
    held_back: tuple[HeldBack, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, db: sqlite3.Connection, site: Site) -> Answers:
        """Return what the catalogue `db` of `site` tells."""
        return cls(
            counts=reading.counts(db, include_unpublished=site.include_unpublished),
            problems=tuple(reading.problems(db)),
            held_back=tuple(reading.held_back(db, include_unpublished=site.include_unpublished)),
            notes=(
                *(
                    f"{kind} {name!r} wants the address of an older one and got {kind.folder}/{slug}/; rename one"
                    for kind, name, slug in reading.shared_slugs(db)
                ),
                *moved.obstacles(db, site),
                *(
                    f"{one} and {other} have one id and are one entry; give each its own"
                    for one, other in reading.with_one_id(db)
                ),
            ),
        )


def list_feeds(db: sqlite3.Connection, site: Site) -> list[dict[str, Any]]:
    """Return every feed: kind, name, number of entries, newest, address."""
    return [
        {
            "kind": feed.kind.value,
            "name": feed.name,
            "slug": feed.slug,
            "entries": feed.count,
            "newest": iso(feed.newest) if feed.newest is not None else None,
            "updated": iso(feed.updated),
            "address": site.address + feed.folder,
        }
        for feed in reading.feeds(db)
        if feed.ended is None
    ]


def explain(db: sqlite3.Connection, wanted: str, site: Site) -> dict[str, Any] | None:
    """Return the entry with the id or address `wanted`: its mentions, its feeds, and why it is in them.

    None where there is no such entry.
    """
    entry_id = reading.find(db, wanted)
    if entry_id is None:
        return None
    entry = reading.entry(db, entry_id, site.home)
    mentions = sorted(reading.mentions_of(db, entry_id), key=representation_order)
    of_feed = {(feed.kind, feed.key): feed for feed in reading.feeds(db)}
    facts = asdict(entry)
    del facts["content"], facts["own"]
    return {
        **facts,
        "published": iso(entry.published),
        "updated": iso(entry.updated),
        "role": "article" if entry.own else "related",
        "kept_id": entry.id != (computed := entry_id_of(mentions[0])),
        "computed_id": computed,
        "selected": bool(reading.feeds_of(db, entry_id)),
        "mentions": [_mention(each, mentions[0]) for each in mentions],
        "feeds": [
            {
                "kind": kind.value,
                "name": name,
                "address": site.address + of_feed[kind, key].folder,
                "because": _reason(kind, key, entry, mentions),
            }
            for kind, key, name in reading.feeds_of(db, entry_id)
        ],
    }


def _mention(mention: Mention, representative: Mention) -> dict[str, Any]:
    return {
        "path": mention.path,
        "role": "article" if mention.position == 0 else "related",
        "position": mention.position,
        "representative": mention is representative,
        "title": mention.title,
        "published": iso(mention.published),
        "updated": iso(mention.updated) if mention.updated is not None else None,
        "url": mention.url,
        "original_url": mention.original_url,
        "amp_url": mention.amp_url,
    }


def _reason(kind: Kind, key: str, entry: Entry, mentions: list[Mention]) -> str:
    """Return why the entry is in the feed of this kind and key."""
    match kind:
        case Kind.ALL:
            return "every entry is"
        case Kind.PROVIDER:
            return f"{entry.provider.domain} published it"
        case Kind.TOPIC:
            paths = {each.path for each in mentions if key in map(fold, each.topics)}
        case Kind.CATEGORY:
            paths = {each.path for each in mentions if key in map(fold, each.categories)}
    return f"of {', '.join(sorted(paths))}"
