"""Explanations of a site for people and scripts: what is in it, and why. They need an up-to-date catalogue."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds.catalogue import entry_loading, file_reports, queries, retired_feeds, source_files
from feeds.catalogue.queries import ListedEntry as ListedEntry  # for the commands, too
from feeds.corpus.scan import has_suffix, reason_passed_over, scan_corpus, shown_path
from feeds.model import Counts, Entry, Feed, HeldBack, Kind, Mention, Problem, Severity
from feeds.pipeline.problems import list_held_back, list_problems, merged_problem, notes_on_fields
from feeds.pipeline.stored_list import while_open
from feeds.rules.entries import entry_uri, representation_order
from feeds.rules.file_patterns import PassedOver, PassedOverCount
from feeds.rules.site_layout import FORMATS, feed_folder
from feeds.rules.text import name_key
from feeds.rules.times import rfc3339
from feeds.settings.site import Site

NOT_READ = "not_read"
"""The state of a file that no build reads."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of ``feeds check``.

    Attributes:
        counts: how many files were published, and why others were not.
        problems, severities, held_back, passed_over: as in :class:`feeds.pipeline.publish.Report`.
        notes: remarks that concern no single file: names that share a slug, renamed feeds that can't be followed.
    """

    counts: Counts
    problems: Sequence[Problem]
    severities: Mapping[Severity, int]
    held_back: Sequence[HeldBack]
    passed_over: Sequence[PassedOverCount]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, db: sqlite3.Connection, site: Site, now: datetime) -> CheckResult:
        """Return the result for the catalogue `db` of `site`, which is up to date at `now`.

        Its lists can be read as long as the catalogue is open.
        """
        counts = file_reports.count_articles(db, now, site.least_visibility)
        problems, severities = list_problems(db, site, while_open(db))
        return cls(
            counts=counts,
            problems=problems,
            severities=severities,
            held_back=list_held_back(counts, site, now, while_open(db)),
            passed_over=source_files.passed_over(db),
            notes=(
                *(
                    f"{kind} {name!r} wants the address of an older one and got {feed_folder(kind, slug)}; rename one"
                    for kind, name, slug in queries.shared_slugs(db)
                ),
                *retired_feeds.move_obstacles(db, site),
                *notes_on_fields(db),
            ),
        )


def list_files(db: sqlite3.Connection, site: Site, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield every file of the corpus: path, state, mark, due and reason, as in :func:`explain_file`, in scan order.

    A folder that no build enters stands for all that is in it.
    """
    for found in scan_corpus(site.corpus_path, None, site.file_patterns):
        path = shown_path(found.path)
        known = file_reports.file_state(db, path, now, site.least_visibility)
        state, mark, due = known or (NOT_READ, "", None)
        reason = None
        if isinstance(found, PassedOver):
            reason = found.reason.text
        elif known is None:
            reason = "it was not there when the corpus was read"
        elif state == "lost":
            problems = file_reports.problems_of_file(db, path)
            reason = next((problem.reason for problem in problems if problem.severity is Severity.ERROR), None)
        yield {"path": path, "state": state, "mark": mark, "due": due, "reason": reason}


def list_feeds(db: sqlite3.Connection, site: Site) -> list[dict[str, Any]]:
    """Return the facts of every feed that has not ended: kind, name, number of entries, newest entry, address."""
    return [feed_facts(feed, site) for feed in queries.load_feeds(db) if feed.ended is None]


def feed_facts(feed: Feed, site: Site) -> dict[str, Any]:
    """Return the facts of a feed: kind, name, number of entries, newest entry, address."""
    return {
        "kind": feed.kind.value,
        "name": feed.name,
        "slug": feed.slug,
        "entries": feed.count,
        "shown": feed.displayed,
        "short": feed.short,
        "beyond_limit": max(0, feed.count - site.limit_of(feed.kind)),
        "beyond_size": _beyond_size(feed, site),
        "newest": rfc3339(feed.newest) if feed.newest is not None else None,
        "updated": rfc3339(feed.updated),
        "address": site.address + feed_folder(feed.kind, feed.slug),
    }


def find_feed(db: sqlite3.Connection, wanted: str, site: Site) -> Feed | None:
    """Return the feed with an address or in a folder such as ``topics/ai``, unless it has ended; None if there is none.

    The address may be that of one of its documents. The folder of the feed of all entries is empty.
    """
    path = f"{wanted.rstrip('/')}/".removeprefix(site.address).strip("/")
    folder, _, name = path.rpartition("/")
    if name in {row.file_name for row in FORMATS}:
        path = folder
    return next(
        (
            feed
            for feed in queries.load_feeds(db)
            if feed.ended is None and feed_folder(feed.kind, feed.slug) == (f"{path}/" if path else "")
        ),
        None,
    )


def all_entries(db: sqlite3.Connection, feed: Feed) -> Iterator[ListedEntry]:
    """Return all entries of `feed`, shown by its documents or not."""
    return queries.list_entries(db, feed)


def shown_by_feed(db: sqlite3.Connection, feed: Feed, site: Site) -> Iterator[ListedEntry]:
    """Yield the entries that the documents of `feed` show: no more than the settings allow, in number and in bytes."""
    if feed.displayed is not None:
        return queries.list_entries(db, feed, feed.displayed)
    from feeds.pipeline.compose import count_fitting  # what renders is slow to load, and other commands need it not
    from feeds.render.formats import render_entry

    shown = [entry.entry_id for entry in queries.shown_entries(db, feed, site.limit_of(feed.kind))]
    entries = (entry_loading.merge_rows(rows, site.entry_settings) for rows in entry_loading.load_entry_rows(db, shown))
    sizes = [[len(part) for part in render_entry(entry, site).values()] for entry in entries]
    fitting = count_fitting(sizes, site.max_bytes_of(feed.kind))
    return queries.list_entries(db, feed, fitting)


def _beyond_size(feed: Feed, site: Site) -> int | None:
    """Return how many entries the feed does not show because of its size; None while that is not known."""
    return None if feed.displayed is None else min(feed.count, site.limit_of(feed.kind)) - feed.displayed


def explain_entry(db: sqlite3.Connection, wanted: str, site: Site) -> dict[str, Any] | None:
    """Return the entry with the id or address `wanted`, its mentions, its feeds, and why it is in them.

    The result is None if there is no such entry.
    """
    entry_id = queries.find_entry(db, wanted)
    return _explain(db, entry_id, site) if entry_id is not None else None


def explain_file(db: sqlite3.Connection, place: Path, site: Site, now: datetime) -> dict[str, Any]:
    """Return what became of the file at `place`, with its problems and its entry.

    Args:
        db: the catalogue of `site`, which is up to date at `now`.
        place: the file, which exists.
        site: the settings.
        now: the time.
    """
    path = path_in_corpus(place, site.corpus_path)
    state, mark, due, reason = NOT_READ, "", None, "it is outside of the corpus"
    entry_id, problems, speaker = None, [], None
    if path is not None:
        passed = reason_passed_over(site.corpus_path, path, site.file_patterns)
        reason = passed.text if passed is not None else "it was not there when the corpus was read"
        path = shown_path(path)
        known = file_reports.file_state(db, path, now, site.least_visibility)
        if known is not None:
            state, mark, due = known
        problems = file_reports.problems_of_file(db, path)
        entry_id = file_reports.entry_of_file(db, path)
    if entry_id is not None:
        speaker = file_reports.speaking_article(db, entry_id)
        if speaker.path != path and site.duplicates == "warn":
            article = next(mention for mention in entry_loading.mentions_of(db, entry_id) if mention.path == path)
            problems.append(merged_problem(article, speaker, site.corpus_path))
    return {
        "path": path or str(place),
        "state": state,
        "mark": mark,
        "due": due,
        "reason": reason if state == NOT_READ else None,
        "speaker": speaker.path if speaker is not None else None,
        "problems": problems,
        "entry": _explain(db, entry_id, site) if entry_id is not None else None,
    }


def find_file(given: str, corpus: Path) -> Path | None:
    """Return the file that a command line names, or None if it names none.

    Args:
        given: the path, relative to the current folder or to the corpus; a file in the corpus comes first.
        corpus: the corpus.
    """
    places = [Path.cwd() / given, corpus / given]
    files = [place for place in places if os.path.lexists(place) and (not place.is_dir() or has_suffix(place.name))]
    return next((place for place in files if path_in_corpus(place, corpus) is not None), files[0] if files else None)


def path_in_corpus(place: Path, corpus: Path) -> str | None:
    """Return the path of a file relative to the corpus, with forward slashes; None if it is outside of it.

    A link in the corpus is taken for a file of the corpus, wherever it leads.
    """
    for path in (Path(os.path.abspath(place)), Path(os.path.realpath(place.parent), place.name)):
        for root in (Path(os.path.abspath(corpus)), Path(os.path.realpath(corpus))):
            if path.is_relative_to(root) and path != root:
                return path.relative_to(root).as_posix()
    return None


def _explain(db: sqlite3.Connection, entry_id: int, site: Site) -> dict[str, Any]:
    """Return the explanation of the entry with this row id."""
    entry = entry_loading.load_entry(db, entry_id, site.entry_settings)
    mentions = sorted(entry_loading.mentions_of(db, entry_id), key=representation_order)
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
        "excerpt_only": entry.is_short,
        "mentions": [_mention_facts(mention, representative) for mention in mentions],
        "feeds": [
            {
                "kind": kind.value,
                "name": name,
                "address": site.address + feed_folder(kind, feeds[kind, key].slug),
                "because": _reason(kind, key, entry, mentions),
                "extent": feed_facts(feeds[kind, key], site),
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
