"""The rendered fragments of entries, as the catalogue stores them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from feeds.catalogue.queries import ShownEntry


def without_fragments(db: sqlite3.Connection, entry_ids: Iterable[int]) -> list[int]:
    """Return the entries among `entry_ids` that have no fragments yet."""
    known = "SELECT 1 FROM fragment WHERE entry_id = ?"
    return [entry_id for entry_id in entry_ids if db.execute(known, (entry_id,)).fetchone() is None]


class Fragments(NamedTuple):
    """The fragments of one entry, in the form in which they are stored and travel between processes.

    Attributes:
        sizes: format → size of its fragment in bytes, as JSON.
        short: whether the entry is shown in short form.
        body: the fragments, one after the other.
    """

    sizes: str
    short: bool
    body: bytes

    @classmethod
    def of(cls, parts: Mapping[str, bytes], *, short: bool = False) -> Fragments:
        """Return the value for `parts`, format → fragment."""
        sizes = json.dumps({name: len(part) for name, part in parts.items()})
        return cls(sizes, short, b"".join(parts.values()))

    def parts(self) -> dict[str, bytes]:
        """Return the fragments by format."""
        sizes = fragment_sizes(self.sizes)
        ends = accumulate(sizes.values())
        return {name: self.body[end - size : end] for (name, size), end in zip(sizes.items(), ends, strict=True)}


def fragment_sizes(as_json: str) -> dict[str, int]:
    """Return the sizes of fragments by format: :attr:`Fragments.sizes` as a dictionary."""
    sizes: dict[str, int] = json.loads(as_json)
    return sizes


def load_fragments(db: sqlite3.Connection, shown: Iterable[ShownEntry]) -> list[Fragments]:
    """Return the fragments of the entries `shown`, in their order. All of them must be stored."""
    entry_ids = [entry.entry_id for entry in shown]
    query = "SELECT entry_id, sizes, short, body FROM json_each(?) CROSS JOIN fragment ON entry_id = value"
    by_id = {
        entry_id: Fragments(sizes, bool(short), body)
        for entry_id, sizes, short, body in db.execute(query, (json.dumps(entry_ids),))
    }
    return [by_id[entry_id] for entry_id in entry_ids]


def store_fragments(db: sqlite3.Connection, rendered: Iterable[tuple[int, Fragments]]) -> None:
    """Store the fragments of entries, by their ids. Stored fragments stay."""
    rows = [(entry_id, *fragments) for entry_id, fragments in rendered]
    db.executemany("INSERT OR IGNORE INTO fragment VALUES (?, ?, ?, ?)", rows)
