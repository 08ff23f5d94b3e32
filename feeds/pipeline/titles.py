"""Titles: the entries of lists by month, on the way to the processes that render the lists.

An entry is in the lists of all its feeds. It is looked up and marked up once, and written to a file; a list that is to
be rendered is a list of places in this file.
"""

from __future__ import annotations

import mmap
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import archives
from feeds.catalogue.membership import FeedLinks
from feeds.render.months import title_line
from feeds.rules.times import from_seconds

MAX_REMEMBERED = 200_000
"""The number of entries whose places are remembered: 80 MB."""


_PLACE = struct.Struct("=iqi")
"""The place of an entry in the file: its day (:meth:`datetime.date.toordinal`), and start and size of its markup. Lists
of such places go to other processes, and bytes do so in a tenth of the time that tuples take."""


class Title(NamedTuple):
    """An entry: its place in the order of feeds, its last change in seconds, and its place in the file, packed."""

    order: tuple[int, str]
    updated: int
    place: bytes


class Titles:
    """The titles of entries. Those that were asked for last are remembered.

    Args:
        db: the catalogue.
        links: the feeds of entries.
        zone: the time zone of the site.
        folder: the folder of the file.

    Attributes:
        path: the file.
    """

    def __init__(self, db: sqlite3.Connection, links: FeedLinks, zone: tzinfo, folder: Path) -> None:
        self.path = folder / "titles"
        self._db = db
        self._links = links
        self._zone = zone
        self._known: dict[int, Title] = {}
        self._file = self.path.open("wb")
        self._size = 0

    def __enter__(self) -> Titles:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def of(self, entry_ids: Sequence[int]) -> list[Title]:
        """Return the titles of entries in the order of feeds."""
        known = self._known
        missing = [entry_id for entry_id in entry_ids if entry_id not in known]
        if missing:
            if len(known) + len(missing) > MAX_REMEMBERED:
                known.clear()
                missing = list(entry_ids)
            for entry in archives.load_titles(self._db, missing):
                line = title_line(entry.title, entry.url, self._links.provider(entry.feeds)).encode()
                day = from_seconds(entry.published).astimezone(self._zone).toordinal()
                place = _PLACE.pack(day, self._size, len(line))
                known[entry.entry_id] = Title((-entry.published, entry.uri), entry.updated, place)
                self._file.write(line)
                self._size += len(line)
        return sorted(known[entry_id] for entry_id in entry_ids)  # no two entries have the same order

    def flush(self) -> None:
        """Write what is in memory: other processes read the file."""
        self._file.flush()


def read_titles(path: Path, lists: Iterable[bytes]) -> Iterator[tuple[list[int], list[str]]]:
    """Yield the days and the markup of the entries of lists.

    Args:
        path: the file.
        lists: the places of the entries of every list, packed.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for places in lists:
            rows = list(_PLACE.iter_unpack(places))
            yield [row[0] for row in rows], [content[start : start + size].decode() for _, start, size in rows]
