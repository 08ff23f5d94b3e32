"""A list that stays in the catalogue: however long it is, a report of a build that has it needs no memory for it."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar, overload

from feeds.errors import StateError

T = TypeVar("T")

Opener = Callable[[], AbstractContextManager[sqlite3.Connection]]


class StoredList(Sequence[T]):
    """A sequence whose items are read from the catalogue whenever they are asked for, and not kept.

    Its length is known from the start. Its items are those that the catalogue has when they are read: after another
    build of the same site, they are the ones of that build.

    Args:
        open_catalogue: opens the catalogue (:func:`from_file`), or gives one that is open (:func:`while_open`).
        read: yields all items.
        count: how many there are.
    """

    def __init__(self, open_catalogue: Opener, read: Callable[[sqlite3.Connection], Iterable[T]], count: int) -> None:
        self._open = open_catalogue
        self._read = read
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Yield the items.

        Raises:
            StateError: the catalogue is not there any more, or can't be read.
        """
        if self._count:
            with self._open() as db:
                yield from self._read(db)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        """Return one item or several; the items before them are read, too."""
        if isinstance(index, slice):
            return tuple(self)[index]
        return next(itertools.islice(self, range(self._count)[index], None))

    def __eq__(self, other: object) -> bool:
        """Tell whether `other` is a sequence of equal items."""
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=False))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._count} in the catalogue>"


def from_file(path: Path) -> Opener:
    """Return the function that opens the catalogue at `path` for reading; no build has to be at work."""

    @contextlib.contextmanager
    def opened() -> Iterator[sqlite3.Connection]:
        try:
            # mode=rw: it must be there. A catalogue with a log can't be opened read-only where the log is not.
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as db:
                yield db
        except sqlite3.Error as error:
            raise StateError("what the last build has recorded can't be read; build again", path) from error

    return opened


def while_open(db: sqlite3.Connection) -> Opener:
    """Return the function that gives the open catalogue `db`. A list that uses it can be read as long as it is open."""
    return lambda: contextlib.nullcontext(db)
