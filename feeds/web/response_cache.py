"""The response cache of a worker: headers and bodies of one generation, prepared to be sent.

:class:`ByteLimitedCache` is the memory with a limit; :class:`ResponseCache` puts responses into it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from feeds.store.snapshots import Document, Snapshot
from feeds.system.compression import Coding, codings_of
from feeds.web import headers
from feeds.web.conditional import entity_tag
from feeds.web.headers import SiteLinks
from feeds.web.lookup import FoundDocument, look_up
from feeds.web.negotiation import IDENTITY

Key = tuple[str, str]
Value = TypeVar("Value")


class _Item(Generic[Value]):
    """What is kept, how large it is, and whether it has been asked for since it was last looked at."""

    __slots__ = ("asked", "size", "value")

    def __init__(self, value: Value, size: int) -> None:
        self.value = value
        self.size = size
        self.asked = False


class ByteLimitedCache(Generic[Value]):
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

    def take_over(self, other: ByteLimitedCache[Value], wanted: Callable[[Key], bool]) -> None:
        """Keep what `other` keeps by the keys that are `wanted`."""
        with other._adding:
            items = list(other._items.items())
        for key, item in items:
            if wanted(key):
                self.add(key, item.value, item.size)


_OF_THE_BODY = ("Content-Type", "Content-Encoding")
"""What a 304 doesn't have (RFC 9110 section 15.4.5)."""

_READY_BYTES = 2_000
"""What a :class:`PreparedResponse` takes besides its longest texts: lists, pairs, short texts, its place."""

_BODY_BYTES = 500
"""The same for a body."""


class PreparedResponse(NamedTuple):
    """A document in one coding: all that is said of it, without its bytes.

    Attributes:
        document: what the manifest says of it.
        offered: in which codings it can be had, by name.
        coding: that of its bytes, ``identity`` for as it is.
        tag: its entity tag.
        fresh: the headers of its 200 but for ``Content-Length``.
        unchanged: the headers of its 304.
    """

    document: Document
    offered: dict[str, Coding]
    coding: str
    tag: str
    fresh: list[tuple[str, str]]
    unchanged: list[tuple[str, str]]


class ResponseCache:
    """What is held of one generation; there is never more of it than the limit says.

    Headers are made anew for each generation: they tell of other documents too. Bodies are known by their digests, so
    those that are the same in the generation before are taken over.

    Args:
        snapshot: the generation.
        home: the site.
        limit: how many bytes may be held.
        before: what was held of the generation before.
    """

    def __init__(self, snapshot: Snapshot, home: SiteLinks, limit: int, before: ResponseCache | None = None) -> None:
        self.snapshot = snapshot
        self._home = home
        self._kept: ByteLimitedCache[PreparedResponse | bytes] = ByteLimitedCache(limit)
        if before is not None:
            digests = {each.digest for each in snapshot.documents.values()}
            self._kept.take_over(before._kept, lambda key: key[0] in digests)

    def ready(self, path: str, wanted: str) -> PreparedResponse | None:
        """Return the document at a path, or None where there is something else than a document, or nothing.

        Args:
            path: as the server has it (``PATH_INFO``): what is not ASCII is none of ours.
            wanted: the coding that it is to be in; it is as it is where it can't be had in that.
        """
        kept = self._kept.get((path, wanted))
        if kept is not None:
            assert isinstance(kept, PreparedResponse)  # noqa: S101 - a path begins with a slash, a digest does not
            return kept
        found = look_up(self.snapshot, path[1:]) if path.startswith("/") and path.isascii() else None
        if not isinstance(found, FoundDocument):
            return None
        ready = self._ready(found, wanted)
        links = next(value for name, value in ready.fresh if name == "Link")
        self._kept.add((path, wanted), ready, _READY_BYTES + len(path) + len(links))
        return ready

    def body(self, ready: PreparedResponse) -> bytes:
        """Return the bytes of what is ready.

        Raises:
            DamagedError: they are not held, and the object is missing or damaged.
        """
        key = (ready.document.digest, ready.coding)
        kept = self._kept.get(key)
        if kept is not None:
            assert isinstance(kept, bytes)  # noqa: S101
            return kept
        body = self.snapshot.read(ready.document, ready.offered.get(ready.coding))
        self._kept.add(key, body, _BODY_BYTES + len(body))
        return body

    def _ready(self, found: FoundDocument, wanted: str) -> PreparedResponse:
        address, document = found
        offered = {each.name: each for each in codings_of(document.media_type, document.size)}
        coding = wanted if wanted in offered else IDENTITY
        links = headers.link_header(self._home, address, self.snapshot.documents)
        fresh = headers.document_headers(document, coding, links)
        of_304 = [each for each in fresh if each[0] not in _OF_THE_BODY]
        # Last-Modified stands last, as in the answers behind.
        unchanged = sorted(of_304, key=lambda each: each[0] == "Last-Modified")
        return PreparedResponse(document, offered, coding, entity_tag(document.digest, coding), fresh, unchanged)
