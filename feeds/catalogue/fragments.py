"""The rendered fragments of entries, as the catalogue stores them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from feeds.catalogue.queries import ShownEntry
from feeds.catalogue.rows import to_json


def without_fragments(db: sqlite3.Connection, entry_ids: Iterable[int]) -> list[int]:
    """Return those of `entry_ids` that have no rendered fragments yet."""
    known = "SELECT 1 FROM fragment WHERE entry_id = ?"
    return [each for each in entry_ids if db.execute(known, (each,)).fetchone() is None]


class Fragments(NamedTuple):
    """The fragments of one entry as they are kept, and as they go from process to process.

    Attributes:
        sizes: of each format's, as JSON.
        body: one after the other.
    """

    sizes: str
    body: bytes

    @classmethod
    def of(cls, parts: Mapping[str, bytes]) -> Fragments:
        """Return the fragments `parts`: format → bytes."""
        return cls(to_json({name: len(part) for name, part in parts.items()}), b"".join(parts.values()))

    def parts(self) -> dict[str, bytes]:
        """Return what :meth:`of` was given."""
        found = fragment_sizes(self.sizes)
        ends = accumulate(found.values())
        return {name: self.body[end - size : end] for (name, size), end in zip(found.items(), ends, strict=True)}


def fragment_sizes(as_json: str) -> dict[str, int]:
    """Return how many bytes the fragment in each format has: :attr:`feeds.catalogue.fragments.Fragments.sizes` as values."""
    found: dict[str, int] = json.loads(as_json)
    return found


def load_fragments(db: sqlite3.Connection, shown: Iterable[ShownEntry]) -> list[Fragments]:
    """Return the rendered fragments of the entries `shown`, in their order. All of them are there."""
    numbers = json.dumps([each.entry_id for each in shown])
    query = "SELECT entry_id, sizes, body FROM json_each(?) CROSS JOIN fragment ON entry_id = value"
    found = {entry_id: Fragments(*row) for entry_id, *row in db.execute(query, (numbers,))}
    return [found[each.entry_id] for each in shown]


def store_fragments(db: sqlite3.Connection, rendered: Iterable[tuple[int, Fragments]]) -> None:
    """Keep the fragments of entries, whose numbers stand before them. What is there already stays."""
    rows = [(entry_id, *each) for entry_id, each in rendered]
    db.executemany("INSERT OR IGNORE INTO fragment VALUES (?, ?, ?)", rows)
    db.executemany("INSERT OR IGNORE INTO rendered VALUES (?)", [row[:1] for row in rows])
