"""What a worker holds of one generation, ready to be sent: headers, and bodies in the codings that were asked for."""

from __future__ import annotations

from typing import NamedTuple

from feeds.codings import Coding, codings_of
from feeds.snapshot import Document, Snapshot
from feeds.web import headers
from feeds.web.bounded import Bounded
from feeds.web.coding import IDENTITY
from feeds.web.conditional import etag
from feeds.web.headers import Home
from feeds.web.lookup import Found, look_up

_OF_THE_BODY = ("Content-Type", "Content-Encoding")
"""What a 304 doesn't have (RFC 9110 section 15.4.5)."""

_READY_BYTES = 2_000
"""What a :class:`Ready` takes besides its longest texts: lists, pairs, short texts, its place."""

_BODY_BYTES = 500
"""The same for a body."""


class Ready(NamedTuple):
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


class Held:
    """What is held of one generation; there is never more of it than the limit says.

    Headers are made anew for each generation: they tell of other documents too. Bodies are known by their digests, so
    those that are the same in the generation before are taken over.

    Args:
        snapshot: the generation.
        home: the site.
        limit: how many bytes may be held.
        before: what was held of the generation before.
    """

    def __init__(self, snapshot: Snapshot, home: Home, limit: int, before: Held | None = None) -> None:
        self.snapshot = snapshot
        self._home = home
        self._kept: Bounded[Ready | bytes] = Bounded(limit)
        if before is not None:
            digests = {each.digest for each in snapshot.documents.values()}
            self._kept.take_over(before._kept, lambda key: key[0] in digests)

    def ready(self, path: str, wanted: str) -> Ready | None:
        """Return the document at a path, or None where there is something else than a document, or nothing.

        Args:
            path: as the server has it (``PATH_INFO``): what is not ASCII is none of ours.
            wanted: the coding that it is to be in; it is as it is where it can't be had in that.
        """
        kept = self._kept.get((path, wanted))
        if kept is not None:
            assert isinstance(kept, Ready)  # noqa: S101 - a path begins with a slash, a digest does not
            return kept
        found = look_up(self.snapshot, path[1:]) if path.startswith("/") and path.isascii() else None
        if not isinstance(found, Found):
            return None
        ready = self._ready(found, wanted)
        links = next(value for name, value in ready.fresh if name == "Link")
        self._kept.add((path, wanted), ready, _READY_BYTES + len(path) + len(links))
        return ready

    def body(self, ready: Ready) -> bytes:
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

    def _ready(self, found: Found, wanted: str) -> Ready:
        address, document = found
        offered = {each.name: each for each in codings_of(document.media_type, document.size)}
        coding = wanted if wanted in offered else IDENTITY
        links = headers.link(self._home, address, self.snapshot.documents)
        fresh = headers.of_document(document, coding, links)
        of_304 = [each for each in fresh if each[0] not in _OF_THE_BODY]
        # Last-Modified stands last, as in the answers behind.
        unchanged = sorted(of_304, key=lambda each: each[0] == "Last-Modified")
        return Ready(document, offered, coding, etag(document.digest, coding), fresh, unchanged)
