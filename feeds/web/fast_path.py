"""The short path: polls are answered here, in front of Flask, from what the worker holds.

Most requests for a feed are of one kind: a document, with the entity tag that the client has of it. What they are
answered is decided by the same functions as behind (:mod:`feeds.web.lookup`, ``coding``, ``conditional``, ``headers``),
and is the same to the byte; a test asks both. All else is passed on: other methods, addresses at which there is no
document, documents that can't be read, a Host that may be no name of a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from feeds.store.objects import DamagedObjectError
from feeds.system.compression import INSTALLED_CODINGS
from feeds.web.conditional import select_response
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.headers import SiteLinks
from feeds.web.negotiation import acceptable_codings
from feeds.web.response_cache import ResponseCache

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OK, NOT_MODIFIED = "200 OK", "304 NOT MODIFIED"

CACHED_VALUES, MAX_CACHED_LENGTH = 500, 200
"""Of how many values of Host and Accept-Encoding, and how long ones, it is remembered what they mean. Clients have a
few dozen; whoever sends others fills no memory with them."""

_HOST = re.compile(r"([a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*|\[[a-f0-9:]+\])(:[1-9][0-9]{0,4})?", re.IGNORECASE | re.ASCII)
"""A name that nobody refuses (RFC 3986 section 3.2.2); whether others are refused is decided behind."""

_CODINGS = tuple(each.name for each in INSTALLED_CODINGS)

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status, headers and body."""


class FastPath:
    """A WSGI application that answers for documents, and passes all other requests on.

    Args:
        behind: the application that answers all requests.
        shelf: has the snapshot.
        home: the site.
        limit: how many bytes may be held.
    """

    def __init__(self, behind: WSGIApplication, shelf: CurrentSnapshot, home: SiteLinks, limit: int) -> None:
        self._behind = behind
        self._shelf = shelf
        self._home = home
        self._limit = limit
        self._held: ResponseCache | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        method = environ["REQUEST_METHOD"]
        answer = None
        # Flask refuses what wants a web socket, and some hosts.
        if method in ("GET", "HEAD") and "HTTP_UPGRADE" not in environ and _is_usual(environ.get("HTTP_HOST", "")):
            try:
                answer = self._answer(environ)
            except (
                DamagedObjectError
            ):  # the generation may have been cleaned up while we slept; Flask looks for another
                answer = None
        if answer is None:
            return self._behind(environ, start_response)
        status, headers, body = answer
        start_response(status, headers)
        return [body] if body and method == "GET" else []

    def _answer(self, environ: WSGIEnvironment) -> Answer | None:
        held = self._current()
        if held is None:
            return None
        path = environ.get("PATH_INFO", "")
        codings = _accepted(environ.get("HTTP_ACCEPT_ENCODING"))
        ready = held.ready(path, codings[0])
        if ready is None:
            return None
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match == ready.tag:  # nearly all polls; :func:`select` would say the same
            return NOT_MODIFIED, ready.unchanged.copy(), b""
        coding, current = select_response(
            ready.document.digest,
            ready.document.modified,
            codings,
            ready.offered,
            if_none_match,
            environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        if coding != ready.coding:
            ready = held.ready(path, coding) or ready  # there is one: the same document
        if current:
            return NOT_MODIFIED, ready.unchanged.copy(), b""
        body = held.body(ready)
        headers = ready.fresh.copy()  # a server may do with its list what it likes
        headers.insert(1, ("Content-Length", str(len(body))))
        return OK, headers, body

    def _current(self) -> ResponseCache | None:
        """Return what is held of the generation that is current now, or nothing where there is none.

        So an answer is never older than the shelf was when its request came. Of two threads that notice a new
        generation at one moment, each begins to hold it, and what the later one holds is kept.
        """
        snapshot = self._shelf.current()
        held = self._held
        if snapshot is not None and (held is None or held.snapshot is not snapshot):
            held = self._held = ResponseCache(snapshot, self._home, self._limit, held)
        return held


def _is_usual(host: str) -> bool:
    return len(host) <= MAX_CACHED_LENGTH and _is_name(host)


@lru_cache(CACHED_VALUES)
def _is_name(host: str) -> bool:
    return _HOST.fullmatch(host) is not None


def _accepted(header: str | None) -> tuple[str, ...]:
    """Return the codings that a client takes of a document that can be had in all of them, the best first."""
    return (
        _remembered(header)
        if header is None or len(header) <= MAX_CACHED_LENGTH
        else acceptable_codings(header, _CODINGS)
    )


@lru_cache(CACHED_VALUES)
def _remembered(header: str | None) -> tuple[str, ...]:
    return acceptable_codings(header, _CODINGS)
