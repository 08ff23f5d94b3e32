"""Groups: which link records that have become live share keys, with each other and with entries that exist.

One pass over integers: all keys are sorted, and neighbours that are equal connect their records (union-find). However
often a page is mentioned, a record is looked at once. Nothing but integers grows with the corpus: about 55 bytes for a
record with its keys.
"""

from __future__ import annotations

import sqlite3
import tempfile
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from feeds.catalogue.mention_numbers import mention_number
from feeds.catalogue.packing import Arrival, ArrivalBatch, unpack_arrivals

_KEYS_PER_PART = 1 << 19
"""The number of keys that are sorted at once. Python sorts objects, and these take 70 bytes for a key."""

_PARTS = 256
"""The number of parts into which more keys are divided, by their top bits."""

_SHIFT = 56
"""The number of bits below the top bits of a key, which has 64 with its sign."""

_IN_MEMORY = 1 << 20
"""The number of bytes of outlines that are kept in memory; more of them go to a temporary file."""


class Group(NamedTuple):
    """Link records and entries that are connected by keys.

    Attributes:
        entries: entries that exist: the id of one, or of all parts of a group (`entry.component`).
        arrivals: the numbers of records, in the order in which they came.
    """

    entries: list[int]
    arrivals: list[int]


class Arrivals:
    """The link records that have become live in a build: they have a number from 0, in the order in which they come.

    Attributes:
        ids: number → the record's id in the catalogue.
        entry_of: number → the id of its entry, 0 before it is known.

    Args:
        folder: the folder of the temporary file.
    """

    def __init__(self, folder: Path) -> None:
        self.ids = array("q")
        self.entry_of = array("i")
        self._late = bytearray()
        self._keys = array("q")
        self._key_counts = bytearray()  # the number of keys of every record
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder))  # noqa: SIM115
        self._counts = array("L")  # number of records, and of bytes, in every piece of the spool
        self._sizes = array("L")

    def __len__(self) -> int:
        return len(self.ids)

    def close(self) -> None:
        """Delete the temporary file."""
        self._spool.close()

    def add(self, source_id: int, batch: ArrivalBatch) -> None:
        """Add records of the article with this id."""
        self.ids.extend(mention_number(source_id, position) for position in batch.positions)
        self._late += batch.late
        self._key_counts += batch.counts
        self._keys.frombytes(batch.keys)
        self._spool.write(batch.packed)
        self._counts.append(len(batch.positions))
        self._sizes.append(len(batch.packed))

    def connect(self, db: sqlite3.Connection, touched: Collection[int], former: Mapping[int, int]) -> Iterator[Group]:
        """Connect the records, store their keys in the catalogue, and return the groups.

        A record that shares no key, neither with another record nor with an entry, is in no group: see
        :meth:`unshared`.

        Args:
            db: the catalogue.
            touched: the entries that have lost a record (:attr:`Group.entries`). Each of them is in a group.
            former: the id of a record → the entry that it was in before. The two are in one group, so that an entry
                whose only record has changed keeps its row.
        """
        self.entry_of = array("i", bytes(4 * len(self)))
        parent = array("i", range(len(self)))
        node_of: dict[int, int] = {}
        for entry_id in touched:
            _add_node(parent, node_of, entry_id)
        has_entries = db.execute("SELECT 1 FROM entry LIMIT 1").fetchone() is not None
        for keys, owners, order in self._sorted_keys():
            known = _holders(db, keys) if has_entries else {}
            before, holder = None, 0
            for index in order:
                key, number = keys[index], owners[index]
                if key == before:
                    _unite(parent, number, holder)
                    continue
                before, holder = key, number
                if key in known:
                    _unite(parent, number, _add_node(parent, node_of, known[key]))
            ids = self.ids
            rows = ((keys[index], ids[owners[index]]) for index in order)
            db.executemany("INSERT INTO page_key VALUES (?, ?)", rows)
        if former:
            for number, mention_id in enumerate(self.ids):
                if mention_id in former:
                    _unite(parent, number, _add_node(parent, node_of, former[mention_id]))
        return self._groups(parent, {node: entry_id for entry_id, node in node_of.items()})

    def _sorted_keys(self) -> Iterator[tuple[array[int], array[int], list[int]]]:
        """Yield the keys part by part: keys, the numbers of their records, and the order of the keys."""
        owners = array("i")
        for number, count in enumerate(self._key_counts):
            owners.extend((number,) * count)
        if len(self._keys) <= _KEYS_PER_PART:
            parts = [(self._keys, owners)]
        else:  # a part has all keys with equal top bits, so that the parts are in order, too
            parts = [(array("q"), array("i")) for _ in range(_PARTS)]
            for key, owner in zip(self._keys, owners, strict=True):
                part = parts[(key >> _SHIFT) + _PARTS // 2]
                part[0].append(key)
                part[1].append(owner)
        self._keys = array("q")
        parts.reverse()
        while parts:
            keys, owners = parts.pop()
            yield keys, owners, sorted(range(len(keys)), key=keys.__getitem__)

    def _groups(self, parent: array[int], entry_at: dict[int, int]) -> Iterator[Group]:
        """Yield the groups of a union-find with more than one node, or with an entry."""
        # A list of members for every group would be many lists. A chain through one array is one integer for a node.
        following = array("i", bytes(parent.itemsize * len(parent)))
        tail = array("i", parent)  # the last member of a group, by its first one
        for node in range(len(parent)):
            first = _root(parent, node)
            if first != node:
                following[tail[first]] = node
                tail[first] = node
        for first in range(len(parent)):
            if parent[first] != first or (not following[first] and first < len(self)):
                continue
            group = Group([], [])
            node = first
            while True:
                if node < len(self):
                    group.arrivals.append(node)
                    self.entry_of[node] = -1
                else:
                    group.entries.append(entry_at[node])
                node = following[node]
                if not node:
                    break
            yield group

    def unshared(self) -> Iterator[tuple[int, Arrival]]:
        """Yield number and content of every record that has no entry yet, and that was in no group."""
        self._spool.seek(0)
        number = 0
        for count, size in zip(self._counts, self._sizes, strict=True):
            packed = self._spool.read(size)
            if not all(self.entry_of[number : number + count]):
                for index, arrival in enumerate(unpack_arrivals(packed), number):
                    if not self.entry_of[index]:
                        yield index, arrival
            number += count

    def store(self, db: sqlite3.Connection) -> None:
        """Store which entry each record belongs to."""
        rows = zip(self.ids, self.entry_of, self._late, strict=True)
        db.executemany("INSERT INTO mention VALUES (?, ?, ?)", rows)


def batched_groups(groups: Iterator[Group], size: int) -> Iterator[list[Group]]:
    """Yield groups together that have about `size` records and entries."""
    batch: list[Group] = []
    count = 0
    for group in groups:
        batch.append(group)
        count += len(group.arrivals) + len(group.entries)
        if count >= size:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _holders(db: sqlite3.Connection, keys: Iterable[int]) -> dict[int, int]:
    """Return key → an entry that has it, for the keys that are known. Entries with a common key are one group."""
    return dict(db.execute(_HOLDERS, (str(sorted(set(keys))),)))


def _add_node(parent: array[int], node_of: dict[int, int], entry_id: int) -> int:
    """Return the node that stands for an entry; add it if there is none."""
    node = node_of.setdefault(entry_id, len(parent))
    if node == len(parent):
        parent.append(node)
    return node


def _unite(parent: array[int], one: int, other: int) -> None:
    one, other = _root(parent, one), _root(parent, other)
    parent[max(one, other)] = min(one, other)


def _root(parent: array[int], number: int) -> int:
    """Return the first member of a group; the paths to it become shorter (path halving)."""
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


# One record for a key, however many there are.
_HOLDERS = """
SELECT value, ifnull(component, entry.id) FROM json_each(?)
CROSS JOIN mention ON mention.id = (SELECT mention_id FROM page_key WHERE page_key.key = value LIMIT 1)
CROSS JOIN entry ON entry.id = entry_id
"""
