"""Files in: what was read, what is gone, and which of it is live at a given time."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from feeds.catalogue.queries import next_due
from feeds.catalogue.rows import MENTION_COLUMNS, TEXT_COLUMNS, NewMention, mention_values, to_json
from feeds.catalogue.schema import get_meta, set_meta
from feeds.model import Kind, Mention, Outline, Parsed, Provider
from feeds.rules.entries import key_hash, merge_keys, outline, provider_of
from feeds.rules.text import name_key
from feeds.rules.times import to_seconds

_NOBODY = Provider("", "")
"""Stands for the site where its own domain is not wanted."""

FILES_PER_BATCH = 500
"""How many files are recorded at a time."""

_INSERT_SOURCE = """
INSERT INTO source (id, path, stamp, digest, readable, listed, published, live, names)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_MENTION = f"""
INSERT INTO mention (id, source_id, entry_id, live, keys, {MENTION_COLUMNS}, {TEXT_COLUMNS})
VALUES (?, ?, ?, ?, ?{", ?" * len(f"{MENTION_COLUMNS}, {TEXT_COLUMNS}".split(", "))})
"""  # noqa: S608 - our own text

_NAME = "INSERT INTO named VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET files = files + excluded.files"

_FORGET_NAMES = """
UPDATE named SET files = files - 1 WHERE (kind, key) IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
    FROM source JOIN json_each(names) WHERE source.path = ?
)
"""

_FORGET_KEYS = """
DELETE FROM mention_key WHERE (key, mention_id) IN (
    SELECT value, mention.id FROM source JOIN mention ON source_id = source.id JOIN json_each(keys)
    WHERE source.path = ?
)
"""

# Each part is one range of the index source_live, so that what stays as it is is not looked at.
_FLIP_LIVE = """
UPDATE source SET live = NOT live WHERE id IN (
    SELECT id FROM source WHERE live = 0 AND readable = 1 AND listed = 1 AND published <= :now
    UNION ALL SELECT id FROM source WHERE live = 0 AND readable = 1 AND listed = 0 AND published <= :now AND :all
    UNION ALL SELECT id FROM source WHERE live = 1 AND readable = 1 AND listed = 1 AND published > :now
    UNION ALL SELECT id FROM source WHERE live = 1 AND readable = 1 AND listed = 0 AND published > :now
    UNION ALL SELECT id FROM source WHERE live = 1 AND readable = 1 AND listed = 0 AND NOT :all
) RETURNING id
"""

_AT_OR_BELOW = """
SELECT path, stamp FROM source WHERE path = :path
UNION ALL SELECT path, stamp FROM source WHERE path > :path || '/' AND path < :path || '0' -- which comes after '/'
"""


def known_stamps(db: sqlite3.Connection, only: Iterable[str] | None = None) -> dict[str, str]:
    """Return the stamp of every file that the catalogue knows, by path; of those at or below `only`, if given."""
    if only is None:
        return dict(db.execute("SELECT path, stamp FROM source"))
    return {path: stamp for each in only for path, stamp in db.execute(_AT_OR_BELOW, {"path": each})}


def unsettled_files(db: sqlite3.Connection) -> list[str]:
    """Return the files that may change where no watch sees it, and those that had just changed when they were read."""
    return [path for (path,) in db.execute("SELECT path FROM restless")]


def is_fully_read(db: sqlite3.Connection, corpus: str) -> bool:
    """Tell whether all of this corpus, and nothing else, has been read into the catalogue once."""
    return get_meta(db, "corpus") == corpus


def set_fully_read(db: sqlite3.Connection, corpus: str) -> None:
    """Note that all of this corpus has been read."""
    set_meta(db, "corpus", corpus)


def count_files(db: sqlite3.Connection) -> int:
    """Return how many files the catalogue knows."""
    (number,) = db.execute("SELECT count(*) FROM source").fetchone()
    return int(number)


def file_digest(db: sqlite3.Connection, path: str) -> bytes | None:
    """Return the digest of the file `path` as it was read last, or None where it is not known."""
    row = db.execute("SELECT digest FROM source WHERE path = ?", (path,)).fetchone()
    return row[0] if row is not None else None


def update_stamp(db: sqlite3.Connection, path: str, stamp: str) -> None:
    """Note a new stamp for a file whose bytes are the same as before."""
    db.execute("UPDATE source SET stamp = ?1 WHERE path = ?2 AND stamp != ?1", (stamp, path))


class FileRows(NamedTuple):
    """What was read from one file, as the rows that it makes, without the numbers that the catalogue gives them.

    Attributes:
        mentions: the article's own first; none where the file is no article.
        problems: rows of table `problem`.
        names: kind and key of each feed that the file names.
    """

    mentions: list[NewMention]
    problems: list[tuple[Any, ...]]
    names: list[tuple[str, str]]

    def __reduce__(self) -> tuple[Any, ...]:
        """Go from process to process as plain tuples: to pickle named ones takes twice as long."""
        plain = [(keys, tuple(outline), listed, values) for keys, outline, listed, values in self.mentions]
        return _named, (plain, self.problems, self.names)


def _named(plain: list[tuple[Any, ...]], problems: list[tuple[Any, ...]], names: list[tuple[str, str]]) -> FileRows:
    mentions = [NewMention(keys, Outline._make(outline), listed, values) for keys, outline, listed, values in plain]
    return FileRows(mentions, problems, names)


class ReadResult(NamedTuple):
    """What was read from one file, and what it is known by."""

    path: str
    stamp: str
    digest: bytes
    rows: FileRows


def make_rows(home: Provider, parsed: Parsed) -> FileRows:
    """Return `parsed` as rows: what can be done where a file is read, by as many processes as read files.

    Args:
        home: the site as a provider.
        parsed: what became of one file.
    """
    found = parsed.article.mentions if parsed.article is not None else ()
    problems = [(it.line, it.field, it.reason, it.advice, it.severity.value) for it in parsed.problems]
    return FileRows([_row(home, each) for each in found], problems, _names(found))


def _row(home: Provider, mention: Mention) -> NewMention:
    numbers = [key_hash(key) for key in merge_keys(mention)]
    values = (str(numbers), *mention_values(mention))  # as JSON writes them, too
    return NewMention(numbers, outline([mention], home), mention.listed, values)


def _names(mentions: Sequence[Mention]) -> list[tuple[str, str]]:
    """Return kind and key of each feed that `mentions` name; what most of them name alike is looked at once."""
    providers = {provider_of(each, _NOBODY).domain for each in mentions}
    topics = {name_key(name) for names in {each.topics for each in mentions} for name in names}
    categories = {name_key(name) for names in {each.categories for each in mentions} for name in names}
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
    include_unpublished: bool,
) -> None:
    """Put what became of files in the place of what was known of them: all rows of a table at once.

    Args:
        db: the catalogue.
        batch: the files.
        now: decides what is live.
        place: makes entries of some of the new mentions that are live, which it gets by their numbers, and returns
            which number the entry of each of these has.
        include_unpublished: as in the settings.
    """
    remove_files(db, [each.path for each in batch if file_digest(db, each.path) is not None])
    (source_id,) = db.execute("SELECT ifnull(max(id), 0) FROM source").fetchone()
    (mention_id,) = db.execute("SELECT ifnull(max(id), 0) FROM mention").fetchone()
    sources: list[tuple[Any, ...]] = []
    problems: list[tuple[Any, ...]] = []
    mentions: list[tuple[int, int, bool, NewMention]] = []
    arrivals: dict[int, NewMention] = {}
    named: Counter[tuple[str, str]] = Counter()
    limit = to_seconds(now)
    for each in batch:
        source_id += 1
        found, problems_found, names = each.rows
        listed, published = (found[0].listed, found[0].outline.published) if found else (False, 0)
        live = bool(found) and (listed or include_unpublished) and published <= limit
        known_by = (source_id, each.path, each.stamp, each.digest)
        sources.append((*known_by, bool(found), listed, published, live, to_json(names)))
        problems += [(source_id, *row) for row in problems_found]
        named.update(names)
        for mention in found:
            mention_id += 1
            is_live = live and (mention.listed or include_unpublished) and mention.outline.published <= limit
            mentions.append((mention_id, source_id, is_live, mention))
            if is_live:
                arrivals[mention_id] = mention
    entry_of = place(arrivals).get
    db.executemany(_INSERT_SOURCE, sources)
    db.executemany("INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)", problems)
    db.executemany(
        _INSERT_MENTION,
        ((number, source, entry_of(number), is_live, *mention.values) for number, source, is_live, mention in mentions),
    )
    mention_keys = [(key, number) for number, _, _, mention in mentions for key in mention.keys]
    db.executemany("INSERT INTO mention_key VALUES (?, ?)", mention_keys)
    db.executemany(_NAME, ((kind, key, files) for (kind, key), files in named.items()))


def remove_files(db: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Remove files; the entries that they mention are shaken (merged anew by the next merge)."""
    for path in paths:
        db.execute(
            "INSERT OR IGNORE INTO shaken SELECT entry_id FROM mention JOIN source ON source.id = source_id"
            " WHERE path = ? AND entry_id IS NOT NULL",
            (path,),
        )
        db.execute(_FORGET_KEYS, (path,))
        db.execute(_FORGET_NAMES, (path,))
        db.execute("DELETE FROM source WHERE path = ?", (path,))


def update_live(db: sqlite3.Connection, now: datetime, *, include_unpublished: bool) -> None:
    """Bring `live` up to date: what is listed, and not dated after `now`.

    Only what can have changed is looked at: new files, and what was due since the last time.
    """
    due_before, included_before = json.loads(get_meta(db, "live") or "[null, null]")
    values = {"now": to_seconds(now), "due": due_before, "all": include_unpublished}
    flipped = db.execute(_FLIP_LIVE, values).fetchall()
    db.execute("DELETE FROM candidate")
    if included_before not in (None, include_unpublished):
        db.execute("INSERT INTO candidate SELECT id FROM mention")
    else:
        db.executemany("INSERT INTO candidate SELECT id FROM mention WHERE source_id = ?", flipped)
        db.execute(
            "INSERT OR IGNORE INTO candidate SELECT id FROM mention"
            " WHERE (live = 0 AND published BETWEEN :due AND :now) OR (live = 1 AND published > :now)",
            values,
        )
    db.execute(
        "DELETE FROM candidate WHERE EXISTS (SELECT 1 FROM mention JOIN source ON source.id = source_id"
        " WHERE mention.id = mention_id"
        " AND mention.live = (source.live AND (mention.listed OR :all) AND mention.published <= :now))",
        values,
    )
    db.execute(  # all that stands in one file is related: the others show it, or cease to
        "INSERT OR IGNORE INTO shaken SELECT entry_id FROM mention WHERE entry_id IS NOT NULL"
        " AND source_id IN (SELECT source_id FROM candidate CROSS JOIN mention ON mention.id = mention_id)"
    )
    db.execute("UPDATE mention SET live = NOT live, entry_id = NULL WHERE id IN (SELECT mention_id FROM candidate)")
    due = next_due(db, now)
    set_meta(db, "live", json.dumps([to_seconds(due) if due is not None else None, include_unpublished]))
