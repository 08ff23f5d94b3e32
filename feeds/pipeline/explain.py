"""Explanations of a site for people and scripts: what is in it, and why. They need an up-to-date catalogue."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from feeds.catalogue import queries, retired_feeds
from feeds.model import Counts, Entry, HeldBack, Kind, Mention, Problem, Severity
from feeds.pipeline.problems import list_held_back, list_problems
from feeds.pipeline.stored_list import while_open
from feeds.rules.entries import entry_uri, representation_order
from feeds.rules.site_layout import feed_folder
from feeds.rules.text import name_key
from feeds.rules.times import rfc3339
from feeds.settings.site import Site


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of ``feeds check``.

    Attributes:
        counts: how many files were published, and why others were not.
        problems, severities, held_back: as in :class:`feeds.pipeline.publish.Report`.
        notes: remarks that concern no single file: names that share a slug, renamed feeds that can't be followed.
    """

    counts: Counts
    problems: Sequence[Problem]
    severities: Mapping[Severity, int]
    held_back: Sequence[HeldBack]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, db: sqlite3.Connection, site: Site, now: datetime) -> CheckResult:
        """Return the result for the catalogue `db` of `site`, which is up to date at `now`.

        Its lists can be read as long as the catalogue is open.
        """
        counts = queries.count_articles(db, now, site.least_visibility)
        problems, severities = list_problems(db, site, while_open(db))
        return cls(
            counts=counts,
            problems=problems,
            severities=severities,
            held_back=list_held_back(counts, site, now, while_open(db)),
            notes=(
                *(
                    f"{kind} {name!r} wants the address of an older one and got {feed_folder(kind, slug)}; rename one"
                    for kind, name, slug in queries.shared_slugs(db)
                ),
                *retired_feeds.move_obstacles(db, site),
            ),
        )


def list_feeds(db: sqlite3.Connection, site: Site) -> list[dict[str, Any]]:
    """Return the facts of every feed that has not ended: kind, name, number of entries, newest entry, address."""
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
    """Return the entry with the id or address `wanted`, its mentions, its feeds, and why it is in them.

    The result is None if there is no such entry.
    """
    entry_id = queries.find_entry(db, wanted)
    if entry_id is None:
        return None
    entry = queries.load_entry(db, entry_id, site.home)
    mentions = sorted(queries.mentions_of(db, entry_id), key=representation_order)
    representative = mentions[0]
    computed = entry_uri(representative)
    feeds = {(feed.kind, feed.key): feed for feed in queries.load_feeds(db)}
    facts = asdict(entry)
    del facts["content"], facts["own"]
    return {
        **facts,
        "published": rfc3339(entry.published),
        "updated": rfc3339(entry.updated),
        "role": "article" if entry.own else "related",
        "kept_id": entry.id != computed,
        "computed_id": computed,
        "selected": bool(queries.feeds_of(db, entry_id)),
        "mentions": [_mention_facts(mention, representative) for mention in mentions],
        "feeds": [
            {
                "kind": kind.value,
                "name": name,
                "address": site.address + feed_folder(kind, feeds[kind, key].slug),
                "because": _reason(kind, key, entry, mentions),
            }
            for kind, key, name in queries.feeds_of(db, entry_id)
        ],
    }


def _mention_facts(mention: Mention, representative: Mention) -> dict[str, Any]:
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
            paths = {mention.path for mention in mentions if key in map(name_key, mention.topics)}
        case Kind.CATEGORY:
            paths = {mention.path for mention in mentions if key in map(name_key, mention.categories)}
    return f"of {', '.join(sorted(paths))}"
