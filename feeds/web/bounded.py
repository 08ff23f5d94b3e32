"""Things kept by key, up to so many bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = tuple[str, str]
Value = TypeVar("Value")


class _Item(Generic[Value]):
    """What is kept, how large it is, and whether it has been asked for since it was last looked at."""

    __slots__ = ("asked", "size", "value")

    def __init__(self, value: Value, size: int) -> None:
        self.value = value
        self.size = size
        self.asked = False


class Bounded(Generic[Value]):
    """Keeps values up to a limit; what is asked for again and again stays.

    Where there is no more room, the value that has been there longest goes, unless it has been asked for meanwhile:
    then it gets a second chance. So an answer from here costs a look into a dict and a mark, and no lock: only what
    adds a value moves others.

    Args:
        limit: in bytes; no more is ever kept.
    """

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._items: OrderedDict[Key, _Item[Value]] = OrderedDict()
        self._adding = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return what is kept by `key`, or None."""
        item = self._items.get(key)
        if item is None:
            return None
        item.asked = True
        return item.value

    def add(self, key: Key, value: Value, size: int) -> None:
        """Keep a value, if it is no larger than all that may be kept.

        Args:
            key: by which it is asked for.
            value: what is kept; the first of two that are added by one key.
            size: in bytes, with all that belongs to it.
        """
        if size > self._limit:
            return
        with self._adding:
            if key in self._items:
                return
            while self.size + size > self._limit:
                oldest, item = self._items.popitem(last=False)
                if item.asked:
                    item.asked = False
                    self._items[oldest] = item
                else:
                    self.size -= item.size
            self._items[key] = _Item(value, size)
            self.size += size

    def take_over(self, other: Bounded[Value], wanted: Callable[[Key], bool]) -> None:
        """Keep what `other` keeps by the keys that are `wanted`."""
        with other._adding:
            items = list(other._items.items())
        for key, item in items:
            if wanted(key):
                self.add(key, item.value, item.size)
