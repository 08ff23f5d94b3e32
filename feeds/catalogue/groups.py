"""The groups of mentions that share keys, from one pass over all keys of a catalogue.

The table of keys is sorted by key, so the mentions of one key follow one another. A mention has two integers in memory;
nothing else grows with the corpus.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator


def connected_mentions(db: sqlite3.Connection) -> Iterator[list[int]]:
    """Yield the ids of live mentions, group by group: mentions that share keys, and single ones without an entry."""
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM mention").fetchone()
    parent = array("q", bytes(8 * (last + 1)))  # of a union-find; 0 stands for a mention that is not live
    for (number,) in db.execute("SELECT id FROM mention WHERE live = 1"):
        parent[number] = number
    before = None
    holder = 0  # the first live mention with this key
    for key, number in db.execute("SELECT key, mention_id FROM mention_key ORDER BY key, mention_id"):
        if not parent[number]:
            continue
        if key != before:
            before, holder = key, number
            continue
        one, other = _root(parent, number), _root(parent, holder)
        parent[max(one, other)] = min(one, other)
    # A list of all members of every group would be many lists; a chain through one array is two integers for a mention.
    following = array("q", bytes(8 * (last + 1)))
    tail = array("q", parent)  # the last member of the group, by its first one
    for number in range(1, last + 1):
        if parent[number] and parent[number] != number:
            first = _root(parent, number)
            following[tail[first]] = number
            tail[first] = number
    for (number,) in db.execute("SELECT id FROM mention WHERE live = 1 AND entry_id IS NULL").fetchall():
        if parent[number] == number and not following[number]:
            yield [number]
    for number in range(1, last + 1):
        if parent[number] == number and following[number]:
            group = [number]
            while following[group[-1]]:
                group.append(following[group[-1]])
            yield group


def batched_groups(groups: Iterable[list[int]], size: int) -> Iterator[list[int]]:
    """Yield the members of whole groups together, about `size` at a time: a group is never divided."""
    batch: list[int] = []
    for group in groups:
        batch += group
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _root(parent: array[int], number: int) -> int:
    """Return the first member of a group; the paths to it become shorter (path halving)."""
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number
