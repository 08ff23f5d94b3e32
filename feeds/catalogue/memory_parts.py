"""The way between the history and the parts of the memory (:mod:`feeds.memory.format`).

Each family of records has its tables. Temporary triggers note the digests of rows that change, so that only the parts
that have them are written.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue.meta import get_meta
from feeds.errors import StateError
from feeds.memory.format import (
    FAMILIES,
    DamagedMemoryError,
    Head,
    Part,
    Record,
    content_digest,
    encode_part,
    part_name,
    part_of,
    part_range,
    parts_needed,
)
from feeds.memory.sources import MemorySource
from feeds.model import Kind
from feeds.rules.site_layout import article_folder, feed_folder, parse_feed_folder

ROWS_PER_STATEMENT = 50
"""The number of rows that one statement inserts."""


class NextMemory(NamedTuple):
    """The memory after a build.

    Attributes:
        head: its head.
        written: name → the file of every part that is new or has changed.
    """

    head: Head
    written: Mapping[str, bytes]


class _Family(NamedTuple):
    """The tables of a family.

    Attributes:
        tables: the names of the tables. The first one has a row for every record.
        load: writes records into the tables.
        records: yields the records whose digests lie in a range.
    """

    tables: tuple[str, ...]
    load: Callable[[sqlite3.Connection, list[Record]], None]
    records: Callable[[sqlite3.Connection, tuple[int, int]], Iterable[Record]]


def load_memory(db: sqlite3.Connection, records_of: Callable[[str], list[Record]]) -> None:
    """Fill the history of a new catalogue.

    Args:
        db: the catalogue; its history is empty.
        records_of: returns all records of a family.

    Raises:
        DamagedMemoryError: a record is not what this version writes.
    """
    # An index that is made of all rows at once costs half of one that grows with each row.
    indexes = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name GLOB 'published_*' AND sql IS NOT NULL"
    ).fetchall()
    for index, _ in indexes:
        db.execute(f"DROP INDEX {index}")
    gc.disable()  # to look for cycles among the records, which have none, would take a fifth of the time
    try:
        for name, family in _FAMILIES.items():
            try:
                family.load(db, records_of(name))
            except (sqlite3.Error, TypeError, ValueError, LookupError, AttributeError) as error:
                reason = f"the memory is damaged: a record of {name} is not valid ({type(error).__name__})"
                raise DamagedMemoryError(reason) from error
    finally:
        gc.enable()
    for _, statement in indexes:
        db.execute(statement)


def note_changes(db: sqlite3.Connection) -> None:
    """Note from now on which rows of the history change, for :func:`next_memory`."""
    db.execute("CREATE TEMP TABLE changed_record (family TEXT, digest INTEGER, PRIMARY KEY (family, digest))")
    for name, family in _FAMILIES.items():
        for table in family.tables:
            for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
                # Not INSERT OR IGNORE: a conflict clause of the statement that fires a trigger overrides its own.
                known = f"SELECT 1 FROM changed_record WHERE (family, digest) = ('{name}', {row}.digest)"  # noqa: S608
                note = f"INSERT INTO changed_record SELECT '{name}', {row}.digest WHERE NOT EXISTS ({known})"
                db.execute(f"CREATE TEMP TRIGGER {event}_{table} AFTER {event} ON main.{table} BEGIN {note}; END")


def next_memory(
    db: sqlite3.Connection, before: Head | None, origin: str, now: int, salt: str, *, everything: bool
) -> NextMemory:
    """Return the memory after a build; its head is `before` if nothing has changed.

    Args:
        db: the catalogue, with :func:`note_changes` in force if there was a memory before.
        before: the head of the memory before, or None.
        origin: the address at which the site is published first, if it has no memory yet.
        now: the time of the build. The identity of a site depends on it, and on what the site publishes.
        salt: the salt of the digests, in hexadecimal digits.
        everything: write all parts, because the files of the memory before are not in the snapshot.
    """
    parts: dict[str, list[str]] = {}
    written: dict[str, bytes] = {}
    for name, family in _FAMILIES.items():
        known = list(before.parts.get(name, ())) if before is not None else []
        numbers: Iterable[int] = range(len(known))
        if known and not everything:
            changed = db.execute("SELECT digest FROM changed_record WHERE family = ?", (name,))
            numbers = sorted({part_of(digest, len(known)) for (digest,) in changed})
        fresh = {number: _encode(db, family, number, len(known)) for number in numbers}
        if any(size > 2 * FAMILIES[name] for size, _ in fresh.values()) or not known:
            # Twice as many records as planned: all parts are divided anew, so that this does not happen often.
            (total,) = db.execute(f"SELECT count(*) FROM {family.tables[0]}").fetchone()  # noqa: S608
            known = [""] * parts_needed(name, total)
            fresh = {number: _encode(db, family, number, len(known)) for number in range(len(known))}
        for number, (_, part) in fresh.items():
            if part.digest != known[number] or everything:
                known[number] = part.digest
                written[part_name(name, part.digest)] = part.body
        if known:
            parts[name] = known
    head = Head("", origin, salt, 1, {name: tuple(digests) for name, digests in parts.items()})
    if before is None:  # the identity depends on what is published: no two sites have the same
        return NextMemory(head._replace(site=content_digest(f"{now}\n{head.digest}".encode())), written)
    if head.parts == before.parts:
        return NextMemory(before, written)
    return NextMemory(head._replace(site=before.site, origin=before.origin, number=before.number + 1), written)


def copied_memory(path: Path) -> MemorySource | None:
    """Return the memory that the catalogue at `path` has a copy of; None if there is none that can be read.

    All of it is read at once: the catalogue may be made again before the records are needed.
    """
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            text = get_meta(db, "memory")
            if not text:
                return None
            records = {name: list(family.records(db, part_range(0, 1))) for name, family in _FAMILIES.items()}
        return MemorySource(str(path), Head.from_bytes(text.encode(), str(path)), records.__getitem__)
    except (sqlite3.Error, StateError):
        return None


def _encode(db: sqlite3.Connection, family: _Family, number: int, count: int) -> tuple[int, Part]:
    """Return a part, and the number of its records."""
    records = list(family.records(db, part_range(number, count)))
    return len(records), encode_part(records)


def _load_entries(db: sqlite3.Connection, records: list[Record]) -> None:
    for _, _, _, slug, *_ in records:
        if slug is not None:
            _check_folder(article_folder(slug))
    keys: list[tuple[int, int, int, int | None]] = []
    signs: list[tuple[int, int, int]] = []
    for digest, *_, live, former, its_signs in records:
        for key, wrapped in live:
            keys.append((key, digest, 1, wrapped))
        for key, wrapped in former:
            keys.append((key, digest, 0, wrapped))
        for sign, wrapped in its_signs:
            signs.append((sign, digest, wrapped))
    _insert(db, "published_id", [record[:7] for record in records])
    _insert(db, "published_key", keys)
    _insert(db, "published_sign", signs)


def _entry_records(db: sqlite3.Connection, span: tuple[int, int]) -> Iterable[Record]:
    keys: dict[int, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
    query = "SELECT digest, key, live, wrapped FROM published_key WHERE digest BETWEEN ? AND ? ORDER BY digest, key"
    for digest, key, live, wrapped in db.execute(query, span):
        keys.setdefault(digest, ([], []))[0 if live else 1].append((key, wrapped))
    signs: dict[int, list[tuple[int, int]]] = {}
    query = "SELECT digest, sign, wrapped FROM published_sign WHERE digest BETWEEN ? AND ? ORDER BY digest, sign"
    for digest, sign, wrapped in db.execute(query, span):
        signs.setdefault(digest, []).append((sign, wrapped))
    for digest, *rest in db.execute("SELECT * FROM published_id WHERE digest BETWEEN ? AND ? ORDER BY digest", span):
        yield (digest, *rest, *keys.get(digest, ((), ())), signs.get(digest, ()))


def _broken_records(db: sqlite3.Connection, span: tuple[int, int]) -> Iterable[Record]:
    for digest, names in db.execute("SELECT * FROM published_broken WHERE digest BETWEEN ? AND ? ORDER BY 1", span):
        yield (digest, names.split("\n"))


def _load_broken(db: sqlite3.Connection, records: list[Record]) -> None:
    _insert(db, "published_broken", [(digest, "\n".join(names)) for digest, names in records])


def _load_feeds(db: sqlite3.Connection, records: list[Record]) -> None:
    for _, kind, _, slug, *_ in records:
        _check_feed_folder(feed_folder(Kind(kind), slug))
    _insert(db, "published_feed", records)


def _load_moves(db: sqlite3.Connection, records: list[Record]) -> None:
    for _, old, new, _ in records:
        _check_feed_folder(old)
        _check_feed_folder(new)
    _insert(db, "published_move", records)


def _check_feed_folder(folder: str) -> None:
    """Raise ValueError if `folder` is not the folder of a feed."""
    kind, _ = parse_feed_folder(folder)
    if kind is Kind.ALL:
        raise ValueError("no folder of a feed")
    _check_folder(folder)


def _check_folder(folder: str) -> None:
    """Raise ValueError if `folder` is not a folder with a name, in one of our folders: a memory must never lead out."""
    _, slug, end = folder.split("/")
    if slug in ("", ".", "..") or end or "\0" in slug:
        raise ValueError("no folder of a feed or page")


def _insert(db: sqlite3.Connection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert whole rows. A statement for many rows costs a quarter less than one for each."""
    if not rows:
        return
    row = f"({', '.join('?' * len(rows[0]))})"
    whole = len(rows) - len(rows) % ROWS_PER_STATEMENT
    groups = (rows[start : start + ROWS_PER_STATEMENT] for start in range(0, whole, ROWS_PER_STATEMENT))
    query = f"INSERT INTO {table} VALUES {', '.join([row] * ROWS_PER_STATEMENT)}"  # noqa: S608 - our own names
    db.executemany(query, (list(chain.from_iterable(group)) for group in groups))
    db.executemany(f"INSERT INTO {table} VALUES {row}", rows[whole:])  # noqa: S608


def _plain(table: str) -> _Family:
    """Return a family whose records are the rows of one table."""

    def load(db: sqlite3.Connection, records: list[Record]) -> None:
        _insert(db, table, records)

    def rows(db: sqlite3.Connection, span: tuple[int, int]) -> Iterable[Record]:
        return db.execute(f"SELECT * FROM {table} WHERE digest BETWEEN ? AND ? ORDER BY digest", span)  # noqa: S608

    return _Family((table,), load, rows)


_FAMILIES = {
    "entries": _Family(("published_id", "published_key", "published_sign"), _load_entries, _entry_records),
    "feeds": _plain("published_feed")._replace(load=_load_feeds),
    "articles": _plain("published_path"),
    "documents": _plain("published_document"),
    "moves": _plain("published_move")._replace(load=_load_moves),
    "broken": _Family(("published_broken",), _load_broken, _broken_records),
}
