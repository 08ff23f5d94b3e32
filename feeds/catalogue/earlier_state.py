"""The memory of earlier versions: two files in the state folder, ``published.sqlite3`` and ``ledger.jsonl``.

They are read once, by the first build of this version that publishes. Their digests have no salt, so the memory that
begins with them has none. They do not tell which documents there were, which files, and when documents changed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds.catalogue.history import id_digest
from feeds.catalogue.publications import feed_digest, slug_digest
from feeds.errors import StateError
from feeds.memory.format import Record
from feeds.model import Kind
from feeds.rules.grouping import key_hash
from feeds.rules.times import to_seconds

HISTORY_FILE = "published.sqlite3"
LEDGER_FILE = "ledger.jsonl"

NO_SALT = b""


def has_earlier_state(folder: Path) -> bool:
    """Tell whether the state folder has the memory of an earlier version."""
    return any((folder / name).exists() for name in (HISTORY_FILE, LEDGER_FILE))


def delete_earlier_state(folder: Path) -> None:
    """Delete the memory of an earlier version: a snapshot has it now."""
    for name in (LEDGER_FILE, HISTORY_FILE, f"{HISTORY_FILE}-wal", f"{HISTORY_FILE}-shm"):
        (folder / name).unlink(missing_ok=True)


def earlier_records(folder: Path) -> Mapping[str, list[Record]]:
    """Return the records of the memory of an earlier version, by family.

    Raises:
        StateError: one of the files is damaged.
    """
    ids: dict[str, dict[str, Any]] = {}
    feeds: dict[tuple[str, str], tuple[Any, ...]] = {}
    moves: list[Record] = []
    history = folder / HISTORY_FILE
    if history.exists():
        try:
            with contextlib.closing(sqlite3.connect(f"{history.as_uri()}?mode=ro", uri=True)) as db:
                _read_history(db, ids, feeds)
        except sqlite3.Error as error:
            raise StateError(
                "it is damaged; restore it, or delete it and accept that ids may change", history
            ) from error
    for where, line in _ledger_lines(folder / LEDGER_FILE):
        try:
            _read_line(json.loads(line), ids, feeds, moves)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise StateError("this line is no record of it; restore or delete the line", where) from error
    entries: list[Record] = [
        (
            id_digest(uri, NO_SALT),
            uri,
            facts.get("kept", 0),
            facts.get("slug"),
            slug_digest(facts["slug"], NO_SALT) if facts.get("slug") else None,
            *(None, None),
            [(key, None) for key in sorted(facts.get("live", ()))],
            [(key, None) for key in sorted(facts.get("former", ()))],
            (),
        )
        for uri, facts in ids.items()
    ]
    rows: list[Record] = [(feed_digest(kind, key, NO_SALT), kind, key, *rest) for (kind, key), rest in feeds.items()]
    return {"entries": entries, "feeds": rows, "moves": moves}


def _read_history(
    db: sqlite3.Connection, ids: dict[str, dict[str, Any]], feeds: dict[tuple[str, str], tuple[Any, ...]]
) -> None:
    query = "SELECT ident, key, page.turn = id.turn FROM id LEFT JOIN page USING (number)"
    for uri, key, live in db.execute(query):
        facts = ids.setdefault(uri, {"live": set(), "former": set()})
        if key is not None:
            facts["live" if live else "former"].add(key)
    for kind, key, slug, name, updated in db.execute("SELECT kind, key, slug, name, updated FROM feed"):
        feeds[kind, key] = (slug, name, updated, 0, None, None)
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'article'").fetchone() is not None:
        for uri, slug in db.execute("SELECT ident, slug FROM article"):
            ids.setdefault(uri, {})["slug"] = slug


def _ledger_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of the ledger that are not empty, each with its place."""
    if not path.exists():
        return
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError("it can't be read; restore it, or published ids may change", path) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"{path}:{number}", line


def _read_line(
    record: dict[str, Any],
    ids: dict[str, dict[str, Any]],
    feeds: dict[tuple[str, str], tuple[Any, ...]],
    moves: list[Record],
) -> None:
    """Add one line of the ledger.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: it is not valid.
    """
    if "id" in record:
        facts = ids.setdefault(record["id"], {"live": set(), "former": set()})
        facts["kept"] = 1
        facts.setdefault("live", set()).update(key_hash(key, NO_SALT) for key in record["keys"])
    elif "page" in record:
        ids.setdefault(record["page"], {})["slug"] = record["slug"]
    elif "moved" in record:
        old, new, since = record["moved"], record["to"], _seconds(record["since"])
        moves.append((key_hash(old, NO_SALT), old, new, since))
    elif "feed" in record:
        identity = (Kind(record["feed"]).value, record["key"])
        _, name, updated, *_ = feeds.get(identity, ("", "", 0))
        moments = [_seconds(record[field]) if field in record else None for field in ("unnamed", "ended")]
        is_empty = "updated" in record
        updated = _seconds(record["updated"]) if is_empty else updated
        feeds[identity] = (record["slug"], record.get("name", name), updated, int(is_empty), *moments)
    elif "broken" not in record:
        raise ValueError("unknown")


def _seconds(text: str) -> int:
    return to_seconds(datetime.fromisoformat(text))
