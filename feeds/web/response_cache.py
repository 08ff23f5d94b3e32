"""The response cache of a worker: headers and bodies of one generation, prepared to be sent.

:class:`ResponseCache` prepares responses; :class:`ByteLimitedCache` is the memory with a limit in which they are.
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

_BODY_HEADERS = ("Content-Type", "Content-Encoding")
"""The headers that a 304 does not have (RFC 9110 section 15.4.5)."""

_RESPONSE_BYTES = 2_000
"""The memory of a :class:`PreparedResponse` without its longest texts: lists, pairs, short texts, its place."""

_BODY_BYTES = 500
"""The memory of a body without its bytes."""


class PreparedResponse(NamedTuple):
    """The response for a document in one coding, without the body.

    Attributes:
        document: the facts in the manifest.
        offered: the codings in which the document is available, by name.
        coding: the coding of the body; ``identity`` for none.
        tag: the entity tag.
        headers_200: the headers of a 200, except ``Content-Length``.
        headers_304: the headers of a 304.
    """

    document: Document
    offered: dict[str, Coding]
    coding: str
    tag: str
    headers_200: list[tuple[str, str]]
    headers_304: list[tuple[str, str]]


class ResponseCache:
    """The cached responses of one generation, within a limit.

    Headers are made again for every generation: they name other documents. Bodies are known by their digests, so those
    that are the same in the generation before are taken over.

    Args:
        snapshot: the generation.
        links: the site.
        limit: the size of the cache in bytes.
        before: the cache of the generation before.
    """

    def __init__(self, snapshot: Snapshot, links: SiteLinks, limit: int, before: ResponseCache | None = None) -> None:
        self.snapshot = snapshot
        self._links = links
        self._cached: ByteLimitedCache[PreparedResponse | bytes] = ByteLimitedCache(limit)
        if before is not None:
            digests = {document.digest for document in snapshot.documents.values()}
            self._cached.take_over(before._cached, lambda key: key[0] in digests)

    def response(self, path: str, coding: str) -> PreparedResponse | None:
        """Return the response for the document at `path`, or None if there is no document.

        Args:
            path: the path in the form of ``PATH_INFO``. A path that is not ASCII is not that of a document.
            coding: the preferred coding; ``identity`` takes its place if the document is not available in it.
        """
        cached = self._cached.get((path, coding))
        if cached is not None:
            assert isinstance(cached, PreparedResponse)  # noqa: S101 - a path begins with a slash, a digest does not
            return cached
        found = look_up(self.snapshot, path[1:]) if path.startswith("/") and path.isascii() else None
        if not isinstance(found, FoundDocument):
            return None
        response = self._prepare(found, coding)
        links = next(value for name, value in response.headers_200 if name == "Link")
        self._cached.add((path, coding), response, _RESPONSE_BYTES + len(path) + len(links))
        return response

    def body(self, response: PreparedResponse) -> bytes:
        """Return the body of a response.

        Raises:
            DamagedObjectError: it is not cached, and the object is missing or damaged.
        """
        key = (response.document.digest, response.coding)
        cached = self._cached.get(key)
        if cached is not None:
            assert isinstance(cached, bytes)  # noqa: S101
            return cached
        body = self.snapshot.read(response.document, response.offered.get(response.coding))
        self._cached.add(key, body, _BODY_BYTES + len(body))
        return body

    def _prepare(self, found: FoundDocument, preferred: str) -> PreparedResponse:
        address, document = found
        offered = {coding.name: coding for coding in codings_of(document.media_type, document.size)}
        coding = preferred if preferred in offered else IDENTITY
        links = headers.link_header(self._links, address, self.snapshot.documents)
        headers_200 = headers.document_headers(document, coding, links)
        kept = [header for header in headers_200 if header[0] not in _BODY_HEADERS]
        # Last-Modified is the last one, as in the answers of Flask.
        headers_304 = sorted(kept, key=lambda header: header[0] == "Last-Modified")
        tag = entity_tag(document.digest, coding)
        return PreparedResponse(document, offered, coding, tag, headers_200, headers_304)


class _Item(Generic[Value]):
    """A cached value, its size, and whether it was used since it was last considered for removal."""

    __slots__ = ("size", "used", "value")

    def __init__(self, value: Value, size: int) -> None:
        self.value = value
        self.size = size
        self.used = False


class ByteLimitedCache(Generic[Value]):
    """A cache with a limit in bytes that keeps the values that are used (second chance).

    If there is no room, the oldest value goes, unless it was used meanwhile: then it counts as new. So a hit costs a
    look into a dictionary and a mark, and no lock; only adding a value moves others.

    Args:
        limit: in bytes; the values never exceed it.
    """

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._items: OrderedDict[Key, _Item[Value]] = OrderedDict()
        self._adding = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return the value of `key`, or None."""
        item = self._items.get(key)
        if item is None:
            return None
        item.used = True
        return item.value

    def add(self, key: Key, value: Value, size: int) -> None:
        """Add a value, unless it is larger than the limit.

        Args:
            key: its key; the first of two values with one key stays.
            value: the value.
            size: its size in bytes, with everything that belongs to it.
        """
        if size > self._limit:
            return
        with self._adding:
            if key in self._items:
                return
            while self.size + size > self._limit:
                oldest, item = self._items.popitem(last=False)
                if item.used:
                    item.used = False
                    self._items[oldest] = item
                else:
                    self.size -= item.size
            self._items[key] = _Item(value, size)
            self.size += size

    def take_over(self, other: ByteLimitedCache[Value], is_wanted: Callable[[Key], bool]) -> None:
        """Add the values of `other` whose keys are wanted."""
        with other._adding:  # a thread may still be adding to it
            items = list(other._items.items())
        for key, item in items:
            if is_wanted(key):
                self.add(key, item.value, item.size)
