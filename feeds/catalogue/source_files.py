"""Source files: rows of the files that were read, removal of files that are gone, and which articles are live."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from feeds.catalogue.queries import next_due
from feeds.catalogue.rows import (
    MARK_VALUE,
    MENTION_COLUMNS,
    TEXT_COLUMNS,
    UPDATED_VALUE,
    Limits,
    NewMention,
    mention_values,
    to_json,
)
from feeds.catalogue.schema import get_meta, set_meta
from feeds.model import Kind, Mention, Outline, Parsed, Provider, Visibility
from feeds.rules.entries import key_hash, merge_keys, outline, provider_of
from feeds.rules.text import name_key
from feeds.rules.times import to_seconds

_NO_PROVIDER = Provider("", "")
"""Takes the place of the site, so that its own domain is not among the names of a file."""

_NO_LIMITS = Limits(Visibility.PUBLIC, 0, None)
"""The limits of a file that is not an article."""

FILES_PER_BATCH = 500
"""The number of files that one call records."""

_INSERT_SOURCE = """
INSERT INTO source (id, path, stamp, digest, readable, visibility, mark, appears, expires, live, names, unused)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_MENTION = f"""
INSERT INTO mention (id, source_id, entry_id, live, keys, late, {MENTION_COLUMNS}, {TEXT_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?{", ?" * len(f"{MENTION_COLUMNS}, {TEXT_COLUMNS}".split(", "))})
"""  # noqa: S608 - our own text

_ADD_REFERENCES = "INSERT INTO feed_reference VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET files = files + excluded.files"

_REMOVE_REFERENCES = """
UPDATE feed_reference SET files = files - 1 WHERE (kind, key) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
    FROM source JOIN json_each(names) WHERE source.path = ?
)
"""

_ADD_UNUSED = "INSERT INTO unused_field VALUES (?, ?) ON CONFLICT DO UPDATE SET files = files + excluded.files"

_REMOVE_UNUSED = """
UPDATE unused_field SET files = files - 1
WHERE name IN (SELECT value FROM source JOIN json_each(unused) WHERE source.path = ?)
"""

_REMOVE_KEYS = """
DELETE FROM mention_key WHERE (key, mention_id) IN (
    SELECT value, mention.id FROM source JOIN mention ON source_id = source.id JOIN json_each(keys)
    WHERE source.path = ?
)
"""

# Every part is one range of the index source_live: rows that do not change are not looked at. One condition with OR
# would scan the table. Unary + keeps SQLite from taking all live rows for the few that have a time of expiry.
_CHANGE_LIVE = """
UPDATE source SET live = NOT live WHERE id IN (
    SELECT id FROM source WHERE live = 0 AND readable = 1 AND visibility = 2 AND appears <= :now
        AND (expires IS NULL OR expires > :now)
    UNION ALL SELECT id FROM source WHERE live = 0 AND readable = 1 AND visibility = 1 AND appears <= :now
        AND (expires IS NULL OR expires > :now) AND :least <= 1
    UNION ALL SELECT id FROM source WHERE live = 1 AND readable = 1 AND visibility = 2 AND appears > :now
    UNION ALL SELECT id FROM source WHERE live = 1 AND readable = 1 AND visibility = 1 AND appears > :now
    UNION ALL SELECT id FROM source WHERE live = 1 AND readable = 1 AND visibility = 1 AND :least > 1
    UNION ALL SELECT id FROM source WHERE expires <= :now AND +live = 1
) RETURNING id
"""

_AT_OR_BELOW = """
SELECT path, stamp FROM source WHERE path = :path
UNION ALL SELECT path, stamp FROM source WHERE path > :path || '/' AND path < :path || '0' -- '0' comes after '/'
"""


def known_stamps(db: sqlite3.Connection, only: Iterable[str] | None = None) -> dict[str, str]:
    """Return path → stamp of all files that the catalogue knows, or of the files at or below the paths `only`."""
    if only is None:
        return dict(db.execute("SELECT path, stamp FROM source"))
    return {path: stamp for top in only for path, stamp in db.execute(_AT_OR_BELOW, {"path": top})}


def unsettled_files(db: sqlite3.Connection) -> list[str]:
    """Return the files that may change unseen by a watch, or that had just changed when they were read."""
    return [path for (path,) in db.execute("SELECT path FROM unsettled")]


def is_fully_read(db: sqlite3.Connection, corpus: str) -> bool:
    """Tell whether the whole corpus, and no other one, has been read into the catalogue."""
    return get_meta(db, "corpus") == corpus


def set_fully_read(db: sqlite3.Connection, corpus: str) -> None:
    """Record that the whole corpus has been read."""
    set_meta(db, "corpus", corpus)


def count_files(db: sqlite3.Connection) -> int:
    """Return how many files the catalogue knows."""
    (number,) = db.execute("SELECT count(*) FROM source").fetchone()
    return int(number)


def file_digest(db: sqlite3.Connection, path: str) -> bytes | None:
    """Return the digest of the file `path` when it was read last, or None if it is not known."""
    row = db.execute("SELECT digest FROM source WHERE path = ?", (path,)).fetchone()
    return row[0] if row is not None else None


def update_stamp(db: sqlite3.Connection, path: str, stamp: str) -> None:
    """Record a new stamp of a file whose bytes have not changed."""
    db.execute("UPDATE source SET stamp = ?1 WHERE path = ?2 AND stamp != ?1", (stamp, path))


class FileRows(NamedTuple):
    """The rows of one file, without the ids that the catalogue gives them.

    Attributes:
        mentions: the article's own first; empty if the file is not an article.
        problems: rows of the table `problem`.
        names: kind and key of every feed that the file names.
        unused: names of well-known fields that are not used.
    """

    mentions: list[NewMention]
    problems: list[tuple[Any, ...]]
    names: list[tuple[str, str]]
    unused: tuple[str, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as plain tuples: named tuples take twice as long."""
        plain = [(keys, tuple(outline), tuple(limits), values) for keys, outline, limits, values in self.mentions]
        return _restore_rows, (plain, self.problems, self.names, self.unused)


def _restore_rows(
    plain: list[tuple[Any, ...]],
    problems: list[tuple[Any, ...]],
    names: list[tuple[str, str]],
    unused: tuple[str, ...],
) -> FileRows:
    mentions = [
        NewMention(keys, Outline._make(outline), Limits._make(limits), values)
        for keys, outline, limits, values in plain
    ]
    return FileRows(mentions, problems, names, unused)


class ReadResult(NamedTuple):
    """The result of reading one file: its identity and its rows."""

    path: str
    stamp: str
    digest: bytes
    rows: FileRows


def make_rows(home: Provider, parsed: Parsed) -> FileRows:
    """Return a parsed file as rows. Worker processes call it: so it runs on all processors.

    Args:
        home: the site as a provider.
        parsed: the result of parsing one file.
    """
    mentions = parsed.article.mentions if parsed.article is not None else ()
    problems = [(it.line, it.field, it.reason, it.advice, it.severity.value) for it in parsed.problems]
    return FileRows(
        [_new_mention(home, mention) for mention in mentions], problems, _feed_names(mentions), parsed.unused
    )


def _new_mention(home: Provider, mention: Mention) -> NewMention:
    hashes = [key_hash(key) for key in merge_keys(mention)]
    values = (str(hashes), *mention_values(mention))  # str() of a list of integers is valid JSON
    expires = to_seconds(mention.expires) if mention.expires is not None else None
    limits = Limits(mention.visibility.value, to_seconds(mention.appears), expires)
    return NewMention(hashes, outline([mention], home), limits, values)


def _feed_names(mentions: Sequence[Mention]) -> list[tuple[str, str]]:
    """Return kind and key of every feed that `mentions` name. Equal names of several mentions are looked at once."""
    providers = {provider_of(mention, _NO_PROVIDER).domain for mention in mentions}
    topics = {name_key(name) for names in {mention.topics for mention in mentions} for name in names}
    categories = {name_key(name) for names in {mention.categories for mention in mentions} for name in names}
    return [
        *((Kind.CATEGORY.value, key) for key in sorted(categories)),
        *((Kind.PROVIDER.value, key) for key in sorted(providers)),
        *((Kind.TOPIC.value, key) for key in sorted(topics)),
    ]


def record_files(
    db: sqlite3.Connection,
    batch: Sequence[ReadResult],
    now: datetime,
    place: Callable[[Mapping[int, NewMention]], Mapping[int, int]],
    *,
    least: Visibility,
) -> None:
    """Replace the rows of files. The rows of a batch are inserted table by table.

    Args:
        db: the catalogue.
        batch: the files.
        now: decides which mentions are live.
        place: gets the new live mentions by their ids, makes entries of some, and returns mention id → entry id.
        least: the lowest visibility that is published.
    """
    remove_files(db, [file.path for file in batch if file_digest(db, file.path) is not None])
    (source_id,) = db.execute("SELECT ifnull(max(id), 0) FROM source").fetchone()
    (mention_id,) = db.execute("SELECT ifnull(max(id), 0) FROM mention").fetchone()
    sources: list[tuple[Any, ...]] = []
    problems: list[tuple[Any, ...]] = []
    mentions: list[tuple[int, int, bool, NewMention]] = []
    arrivals: dict[int, NewMention] = {}
    references: Counter[tuple[str, str]] = Counter()
    unused: Counter[str] = Counter()
    limit = to_seconds(now)
    for file in batch:
        source_id += 1
        file_mentions, file_problems, names, unused_names = file.rows
        own = file_mentions[0] if file_mentions else None
        limits = own.limits if own is not None else _NO_LIMITS
        mark = own.values[MARK_VALUE] if own is not None else ""
        live = own is not None and limits.allow(limit, least)
        identity = (source_id, file.path, file.stamp, file.digest)
        state = (own is not None, limits.visibility, mark, limits.appears, limits.expires, live)
        sources.append((*identity, *state, to_json(names), to_json(unused_names)))
        problems += [(source_id, *row) for row in file_problems]
        references.update(names)
        unused.update(unused_names)
        for mention in file_mentions:
            mention_id += 1
            is_live = live and mention.limits.allow(limit, least)
            mentions.append((mention_id, source_id, is_live, mention))
            if is_live and _late(mention, limit) is None:  # a late one needs the time of the build to be merged
                arrivals[mention_id] = mention
    entry_of = place(arrivals).get
    db.executemany(_INSERT_SOURCE, sources)
    db.executemany("INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)", problems)
    db.executemany(
        _INSERT_MENTION,
        (
            (number, source, entry_of(number), is_live, mention.values[0], _late(mention, limit), *mention.values[1:])
            for number, source, is_live, mention in mentions
        ),
    )
    mention_keys = [(key, number) for number, _, _, mention in mentions for key in mention.keys]
    db.executemany("INSERT INTO mention_key VALUES (?, ?)", mention_keys)
    db.executemany(_ADD_REFERENCES, ((kind, key, files) for (kind, key), files in references.items()))
    db.executemany(_ADD_UNUSED, unused.items())


def _late(mention: NewMention, now: int) -> int | None:
    """Return when the record was updated, if that lies in the future of `now`; else None."""
    updated: int | None = mention.values[UPDATED_VALUE]
    return updated if updated is not None and updated > now else None


def remove_files(db: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Remove files. The entries that they mention become dirty: the next merge merges them again."""
    for path in paths:
        db.execute(
            "INSERT OR IGNORE INTO dirty_entry SELECT entry_id FROM mention JOIN source ON source.id = source_id"
            " WHERE path = ? AND entry_id IS NOT NULL",
            (path,),
        )
        db.execute(_REMOVE_KEYS, (path,))
        db.execute(_REMOVE_REFERENCES, (path,))
        db.execute(_REMOVE_UNUSED, (path,))
        db.execute("DELETE FROM source WHERE path = ?", (path,))


def update_live(db: sqlite3.Connection, now: datetime, least: Visibility) -> None:
    """Update the columns `live`: an article is live if its marks allow it, and from its appearance to its expiry.

    Only rows that can have changed are looked at: new files, and rows that became due since the last call.

    Args:
        db: the catalogue.
        now: the time of the build.
        least: the lowest visibility that is published.
    """
    due_before, least_before = json.loads(get_meta(db, "live") or "[null, null]")
    values = {"now": to_seconds(now), "due": due_before, "least": least.value}
    changed = db.execute(_CHANGE_LIVE, values).fetchall()
    db.execute("DELETE FROM visibility_candidate")
    if least_before not in (None, least):
        db.execute("INSERT INTO visibility_candidate SELECT id FROM mention")
    else:
        db.executemany("INSERT INTO visibility_candidate SELECT id FROM mention WHERE source_id = ?", changed)
        db.execute(
            "INSERT OR IGNORE INTO visibility_candidate SELECT id FROM mention"
            " WHERE (live = 0 AND appears BETWEEN :due AND :now) OR (live = 1 AND appears > :now)"
            " OR (expires <= :now AND +live = 1)",
            values,
        )
    db.execute(
        "DELETE FROM visibility_candidate WHERE EXISTS (SELECT 1 FROM mention JOIN source ON source.id = source_id"
        " WHERE mention.id = mention_id"
        " AND mention.live = (source.live AND mention.visibility >= :least AND mention.appears <= :now"
        " AND (mention.expires IS NULL OR mention.expires > :now)))",
        values,
    )
    db.execute(  # mentions of one file are related: their entries show the changed one, or show it no longer
        "INSERT OR IGNORE INTO dirty_entry SELECT entry_id FROM mention WHERE entry_id IS NOT NULL"
        " AND source_id IN (SELECT source_id FROM visibility_candidate CROSS JOIN mention ON mention.id = mention_id)"
    )
    db.execute(
        "UPDATE mention SET live = NOT live, entry_id = NULL WHERE id IN (SELECT mention_id FROM visibility_candidate)"
    )
    # What a record calls its last change counts from that moment on.
    db.execute(
        "INSERT OR IGNORE INTO dirty_entry SELECT entry_id FROM mention WHERE late <= :now AND +entry_id IS NOT NULL",
        values,
    )
    db.execute("UPDATE mention SET late = NULL WHERE late <= :now", values)
    due = next_due(db, now)
    set_meta(db, "live", json.dumps([to_seconds(due) if due is not None else None, least]))
