"""The fast path: polls are answered in front of Flask, from the response cache.

Most requests ask for a document and send the entity tag that the client has of it. The same functions decide here and
in Flask (:mod:`feeds.web.lookup`, ``negotiation``, ``conditional``, ``headers``), and the answers are equal to the
byte; a test compares them. All other requests are passed on: other methods, addresses without a document, documents
that can't be read, unusual Host headers.
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
"""The number of values of Host and Accept-Encoding that are cached with their meaning, and their largest length.

Clients send a few dozen different values. A client that sends others can't fill the memory."""

_HOST = re.compile(r"([a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*|\[[a-f0-9:]+\])(:[1-9][0-9]{0,4})?", re.IGNORECASE | re.ASCII)
"""A host that Flask accepts in any case (RFC 3986 section 3.2.2). Flask decides about others."""

_CODINGS = tuple(coding.name for coding in INSTALLED_CODINGS)

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status, headers and body."""


class FastPath:
    """A WSGI application that answers requests for documents, and passes all other requests on.

    Args:
        inner: the application that answers all requests.
        current: has the snapshot.
        links: the site.
        limit: how many bytes the response cache may have.
    """

    def __init__(self, inner: WSGIApplication, current: CurrentSnapshot, links: SiteLinks, limit: int) -> None:
        self._inner = inner
        self._current = current
        self._links = links
        self._limit = limit
        self._cache: ResponseCache | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        method = environ["REQUEST_METHOD"]
        answer = None
        # Flask refuses requests for a web socket, and some hosts.
        if method in ("GET", "HEAD") and "HTTP_UPGRADE" not in environ and _is_usual(environ.get("HTTP_HOST", "")):
            try:
                answer = self._answer(environ)
            except DamagedObjectError:  # the generation was deleted while this process slept; Flask loads another one
                answer = None
        if answer is None:
            return self._inner(environ, start_response)
        status, headers, body = answer
        start_response(status, headers)
        return [body] if body and method == "GET" else []

    def _answer(self, environ: WSGIEnvironment) -> Answer | None:
        cache = self._current_cache()
        if cache is None:
            return None
        path = environ.get("PATH_INFO", "")
        codings = _codings_for(environ.get("HTTP_ACCEPT_ENCODING"))
        response = cache.response(path, codings[0])
        if response is None:
            return None
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match == response.tag:  # nearly every poll; select_response would decide the same
            return NOT_MODIFIED, response.headers_304.copy(), b""
        coding, is_current = select_response(
            response.document.digest,
            response.document.modified,
            codings,
            response.offered,
            if_none_match,
            environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        if coding != response.coding:
            response = cache.response(path, coding) or response  # it is there: the document is the same
        if is_current:
            return NOT_MODIFIED, response.headers_304.copy(), b""
        body = cache.body(response)
        headers = response.headers_200.copy()  # the server may change the list that it gets
        headers.insert(1, ("Content-Length", str(len(body))))
        return OK, headers, body

    def _current_cache(self) -> ResponseCache | None:
        """Return the response cache of the current generation, or None if there is no generation.

        An answer is never older than the snapshot was when its request came. Two threads that notice a new generation
        at the same time both make a cache, and the later one stays: that costs work and no correctness.
        """
        snapshot = self._current.current()
        cache = self._cache
        if snapshot is not None and (cache is None or cache.snapshot is not snapshot):
            cache = self._cache = ResponseCache(snapshot, self._links, self._limit, cache)
        return cache


def _is_usual(host: str) -> bool:
    return len(host) <= MAX_CACHED_LENGTH and _is_host(host)


@lru_cache(CACHED_VALUES)
def _is_host(host: str) -> bool:
    return _HOST.fullmatch(host) is not None


def _codings_for(header: str | None) -> tuple[str, ...]:
    """Return the codings that a client accepts of a document that is available in all of them, the best first."""
    if header is None or len(header) <= MAX_CACHED_LENGTH:
        return _cached_codings(header)
    return acceptable_codings(header, _CODINGS)


@lru_cache(CACHED_VALUES)
def _cached_codings(header: str | None) -> tuple[str, ...]:
    return acceptable_codings(header, _CODINGS)
