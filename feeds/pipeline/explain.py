"""Answers about a site for people and scripts: what is in it, and why. Asked of an up-to-date catalogue."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from feeds.catalogue import queries, retired_feeds
from feeds.model import Counts, Entry, HeldBack, Kind, Mention, Problem
from feeds.rules.entries import entry_uri as entry_id_of
from feeds.rules.entries import representation_order
from feeds.rules.site_layout import feed_folder
from feeds.rules.text import name_key
from feeds.rules.times import rfc3339
from feeds.settings.site import Site


@dataclass(frozen=True, slots=True)
class CheckResult:
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
    def of(cls, db: sqlite3.Connection, site: Site) -> CheckResult:
        """Return what the catalogue `db` of `site` tells."""
        return cls(
            counts=queries.count_articles(db, include_unpublished=site.include_unpublished),
            problems=tuple(queries.load_problems(db)),
            held_back=tuple(queries.held_back_articles(db, include_unpublished=site.include_unpublished)),
            notes=(
                *(
                    f"{kind} {name!r} wants the address of an older one and got {feed_folder(kind, slug)}; rename one"
                    for kind, name, slug in queries.shared_slugs(db)
                ),
                *retired_feeds.move_obstacles(db, site),
                *(
                    f"{one} and {other} have one id and are one entry; give each its own"
                    for one, other in queries.articles_sharing_id(db)
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
            "newest": rfc3339(feed.newest) if feed.newest is not None else None,
            "updated": rfc3339(feed.updated),
            "address": site.address + feed_folder(feed.kind, feed.slug),
        }
        for feed in queries.load_feeds(db)
        if feed.ended is None
    ]


def explain_entry(db: sqlite3.Connection, wanted: str, site: Site) -> dict[str, Any] | None:
    """Return the entry with the id or address `wanted`: its mentions, its feeds, and why it is in them.

    None where there is no such entry.
    """
    entry_id = queries.find_entry(db, wanted)
    if entry_id is None:
        return None
    entry = queries.load_entry(db, entry_id, site.home)
    mentions = sorted(queries.mentions_of(db, entry_id), key=representation_order)
    of_feed = {(feed.kind, feed.key): feed for feed in queries.load_feeds(db)}
    facts = asdict(entry)
    del facts["content"], facts["own"]
    return {
        **facts,
        "published": rfc3339(entry.published),
        "updated": rfc3339(entry.updated),
        "role": "article" if entry.own else "related",
        "kept_id": entry.id != (computed := entry_id_of(mentions[0])),
        "computed_id": computed,
        "selected": bool(queries.feeds_of(db, entry_id)),
        "mentions": [_mention(each, mentions[0]) for each in mentions],
        "feeds": [
            {
                "kind": kind.value,
                "name": name,
                "address": site.address + feed_folder(kind, of_feed[kind, key].slug),
                "because": _reason(kind, key, entry, mentions),
            }
            for kind, key, name in queries.feeds_of(db, entry_id)
        ],
    }


def _mention(mention: Mention, representative: Mention) -> dict[str, Any]:
    return {
        "path": mention.path,
        "role": "article" if mention.position == 0 else "related",
        "position": mention.position,
        "representative": mention is representative,
        "title": mention.title,
        "published": rfc3339(mention.published),
        "updated": rfc3339(mention.updated) if mention.updated is not None else None,
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
            paths = {each.path for each in mentions if key in map(name_key, each.topics)}
        case Kind.CATEGORY:
            paths = {each.path for each in mentions if key in map(name_key, each.categories)}
    return f"of {', '.join(sorted(paths))}"
