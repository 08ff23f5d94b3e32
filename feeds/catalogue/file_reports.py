"""Reports on source files: how many there are by result, what became of one, and all problems."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache, partial

from feeds.catalogue.mention_numbers import POSITION_BITS, position_of
from feeds.catalogue.queries import one_number
from feeds.model import Counts, HeldBack, Mention, Problem, Severity, Visibility
from feeds.rules import entries
from feeds.rules.times import from_seconds, to_seconds

MOST_SORTED = 10_000
"""The number of rows that are sorted by path. To sort them, SQLite holds them all in memory; where there are more, it
walks through all files by path, which takes longer and needs no memory."""

SPEAKERS_CACHED = 1_024
"""The number of entries of which the article that speaks is remembered while merged articles are listed."""


def count_articles(db: sqlite3.Connection, now: datetime, least: Visibility) -> Counts:
    """Return the numbers of files by result.

    Args:
        db: the catalogue.
        now: the time of the build.
        least: the lowest visibility that is published.
    """
    (files,) = db.execute("SELECT count(*) FROM source").fetchone()
    others, problems, unpublished, expired = db.execute(  # by their index: a sum over all files takes its time
        "SELECT count(*), ifnull(sum(NOT readable), 0), ifnull(sum(readable AND visibility < :least), 0),"
        " ifnull(sum(readable AND visibility >= :least AND expires IS NOT NULL AND expires <= :now), 0)"
        " FROM source INDEXED BY source_held WHERE live = 0",
        {"least": least, "now": to_seconds(now)},
    ).fetchone()
    future = others - problems - unpublished - expired
    return Counts(files, files - others, unpublished, future, expired, problems)


def held_back_articles(db: sqlite3.Connection, now: datetime, least: Visibility) -> Iterator[HeldBack]:
    """Yield every article that could be read and is not published, by path; the arguments are as above."""
    values = {"least": least, "now": to_seconds(now)}
    query = f"{_FILE_STATE} INDEXED BY source_held WHERE live = 0 AND readable = 1 ORDER BY path"
    for path, mark, state, appears, expires in db.execute(query, values):
        yield HeldBack(path, state, mark, _due(state, appears, expires))


def file_state(
    db: sqlite3.Connection, path: str, now: datetime, least: Visibility
) -> tuple[str, str, datetime | None] | None:
    """Return state, mark and due of the file `path` as in :class:`HeldBack`; None if the catalogue does not know it.

    There are two more states: ``published``, and ``lost`` to an error. The other arguments are as above.
    """
    values = {"least": least, "now": to_seconds(now), "path": path}
    row = db.execute(f"{_FILE_STATE} WHERE path = :path", values).fetchone()
    return (row[2], row[1], _due(*row[2:])) if row is not None else None


def _due(state: str, appears: int, expires: int | None) -> datetime | None:
    due = {"expired": expires, "future": appears}.get(state)
    return from_seconds(due) if due is not None else None


def entry_of_file(db: sqlite3.Connection, path: str) -> int | None:
    """Return the row id of the entry of the article in the file `path`, or None if it has none."""
    query = f"SELECT entry_id FROM source JOIN mention ON mention.id = {_OWN_RECORD} WHERE path = ?"  # noqa: S608
    row = db.execute(query, (path,)).fetchone()
    return row[0] if row is not None else None


def merged_articles(db: sqlite3.Connection) -> Iterator[tuple[Mention, Mention]]:
    """Yield every article of which another one speaks for the entry, by path, with the one that speaks.

    There are as many as :func:`count_merged_articles` says.
    """
    from feeds.catalogue.packing import (
        load_mentions,
        unpack_mention,
    )  # slow to load, and few corpora have such articles

    speaker_of = lru_cache(maxsize=SPEAKERS_CACHED)(partial(speaking_article, db))
    tables = f"entry CROSS JOIN mention ON entry_id = entry.id CROSS JOIN source ON mention.id = {_OWN_RECORD}"
    if count_merged_articles(db) > MOST_SORTED:
        tables = f"source CROSS JOIN mention ON mention.id = {_OWN_RECORD} CROSS JOIN entry ON entry.id = entry_id"
    query = f"SELECT entry_id, mention.id, path FROM {tables} WHERE articles > 1 ORDER BY path"  # noqa: S608
    for entry_id, number, path in db.execute(query):
        speaker = speaker_of(entry_id)
        if path != speaker.path:
            (mention,) = load_mentions(db, [number])
            yield unpack_mention(mention.packed), speaker


def speaking_article(db: sqlite3.Connection, entry_id: int) -> Mention:
    """Return the article that speaks for an entry: it gives it its id, title and date.

    Raises:
        ValueError: no article is about this page.
    """
    from feeds.catalogue.packing import load_mentions, unpack_mention

    numbers = [number for (number,) in db.execute(_OWN_MENTIONS, (entry_id,))]
    mentions = (unpack_mention(mention.packed) for mention in load_mentions(db, numbers))
    return min(mentions, key=entries.representation_order)


def count_merged_articles(db: sqlite3.Connection) -> int:
    """Return how many articles there are of which another one speaks for the entry."""
    return one_number(db, "SELECT ifnull(sum(articles - 1), 0) FROM entry WHERE articles > 1")


def future_changes(db: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return path and position of every live record whose last change lies in the future."""
    rows = db.execute(_LATE_RECORDS)
    return [(path, position_of(number)) for path, number in rows]


def count_future_changes(db: sqlite3.Connection) -> int:
    """Return how many live records have their last change in the future."""
    return one_number(db, "SELECT count(*) FROM mention WHERE late = 1")


def unused_fields(db: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return the well-known fields that are not used, with the number of files that have them; the most used first."""
    rows = db.execute("SELECT name, files FROM unused_field WHERE files > 0 ORDER BY files DESC, name")
    return [(name, files) for name, files in rows]


def load_problems(db: sqlite3.Connection, *, public: bool = False) -> Iterator[Problem]:
    """Return every problem, by path and line; for `public`, without those of articles that are held back."""
    few = one_number(db, "SELECT count(*) FROM problem") <= MOST_SORTED
    tables = "problem CROSS JOIN source" if few else "source CROSS JOIN problem"  # CROSS JOIN fixes their order
    which = "WHERE live = 1 OR readable = 0" if public else ""
    rows = db.execute(
        f"SELECT path, line, field, reason, advice, severity FROM {tables} ON source.id = source_id {which}"  # noqa: S608
        " ORDER BY path, line, field, reason"
    )
    return itertools.starmap(_make_problem, rows)


def problems_of_file(db: sqlite3.Connection, path: str) -> list[Problem]:
    """Return the problems of the file `path`, by line."""
    rows = db.execute(
        "SELECT path, line, field, reason, advice, severity FROM source JOIN problem ON source_id = source.id"
        " WHERE path = ? ORDER BY line, field, reason",
        (path,),
    )
    return list(itertools.starmap(_make_problem, rows))


def _make_problem(path: str, line: int, field: str, reason: str, advice: str, severity: str) -> Problem:
    return Problem(path, line, field, reason, advice, Severity(severity))


def count_problems(db: sqlite3.Connection) -> dict[Severity, int]:
    """Return the number of problems of each severity."""
    # GROUP BY would sort all rows.
    sums = ", ".join(f"ifnull(sum(severity = '{severity}'), 0)" for severity in Severity)
    return dict(zip(Severity, db.execute(f"SELECT {sums} FROM problem").fetchone(), strict=True))  # noqa: S608


_FILE_STATE = """
SELECT path, mark,
    CASE WHEN NOT readable THEN 'lost' WHEN live THEN 'published' WHEN visibility < :least THEN 'unpublished'
        WHEN expires <= :now THEN 'expired' ELSE 'future' END,
    appears, expires
FROM source
"""

_OWN_RECORD = f"source.id << {POSITION_BITS}"
"""The id of the article's own link record."""

_OWN_MENTIONS = f"""
SELECT mention.id FROM mention WHERE entry_id = ? AND mention.id & {(1 << POSITION_BITS) - 1} = 0
"""  # noqa: S608 - our own text

_LATE_RECORDS = f"""
SELECT path, mention.id FROM mention CROSS JOIN source ON source.id = mention.id >> {POSITION_BITS}
WHERE late = 1 ORDER BY +path, mention.id
"""  # noqa: S608 - our own text
