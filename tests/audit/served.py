"""A server of documents that does all that readers need, and for every rule about servers a change that breaks it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


@dataclass(frozen=True)
class Served:
    """An answer.

    Attributes:
        path: the path of the document, without the slash before it.
        asked: what the request wants besides the document: ``gzip``, ``304``, or nothing.
        status: the status code.
        headers: the headers.
        body: the body.
    """

    path: str
    asked: str
    status: int
    headers: dict[str, str]
    body: bytes

    def with_headers(self, **headers: str | None) -> Served:
        """Return the answer with other headers; None removes one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name not in named}
        return replace(self, headers=kept | {name: value for name, value in named.items() if value is not None})


Mutation = Callable[[Served], Served]
"""An answer → a changed answer."""


class Server:
    """A WSGI application that serves documents.

    Args:
        files: path → bytes.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.mutate: Mutation = lambda answer: answer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix("/") or "index.html"
        path = f"{path}index.html" if path.endswith("/") else path
        answer = self.mutate(self._answer(path, environ))
        start_response(f"{answer.status} Status", list(answer.headers.items()))
        return [answer.body]

    def _answer(self, path: str, environ: WSGIEnvironment) -> Served:
        body = self.files.get(path)
        if body is None:
            return Served(path, "", 404, {"Content-Type": "text/plain"}, b"")
        media_type = TYPES[path[path.rindex(".") :]]
        headers = {"Content-Type": media_type, "Vary": "Accept-Encoding", "Cache-Control": "max-age=60"}
        is_coded = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:12]}{"-gzip" if is_coded else ""}"'
        if environ.get("HTTP_IF_NONE_MATCH") == headers["ETag"]:
            return Served(path, "304", 304, {name: headers[name] for name in ("Vary", "Cache-Control", "ETag")}, b"")
        if is_coded:
            return Served(path, "gzip", 200, headers | {"Content-Encoding": "gzip"}, gzip.compress(body))
        return Served(path, "", 200, headers, body)


def _of_atom(mutation: Mutation, asked: str | None = None) -> Mutation:
    """Return a change of the answers for the Atom feed of a topic, or of the ones that `asked` for one thing."""
    wanted = "topics/ai/feed.atom"
    return lambda answer: mutation(answer) if answer.path == wanted and asked in (None, answer.asked) else answer


def _latin(answer: Served) -> Served:
    return answer.with_headers(Content_Type="application/atom+xml; charset=iso-8859-1")


def _announce_more(answer: Served) -> Served:
    return answer.with_headers(Content_Length=str(len(answer.body) + 10))


SERVER_MUTATIONS: dict[str, Mutation] = {
    "server-fetch": _of_atom(lambda answer: replace(answer, status=404)),
    "server-redirect-circle": _of_atom(
        lambda answer: replace(answer, status=302).with_headers(Location="/topics/ai/feed.atom")
    ),
    "server-short": _of_atom(_announce_more, ""),
    "server-media-type": _of_atom(lambda answer: answer.with_headers(Content_Type="text/html; charset=utf-8")),
    "server-xml-type": _of_atom(lambda answer: answer.with_headers(Content_Type="text/xml; charset=utf-8")),
    "server-charset": _of_atom(lambda answer: answer.with_headers(Content_Type="application/atom+xml")),
    "server-charset-differs": _of_atom(_latin),
    "server-compressed": _of_atom(
        lambda answer: replace(answer, body=gzip.compress(answer.body)).with_headers(Content_Encoding="gzip"), ""
    ),
    "server-vary": _of_atom(lambda answer: answer.with_headers(Vary=None)),
    "server-etag-shared": _of_atom(lambda answer: answer.with_headers(ETag='"1"')),
    "server-validators": _of_atom(lambda answer: answer.with_headers(ETag=None)),
    "server-304": _of_atom(lambda answer: replace(answer, status=200), "304"),
    "server-304-error": _of_atom(lambda answer: replace(answer, status=500), "304"),
    "server-304-headers": _of_atom(lambda answer: answer.with_headers(ETag=None), "304"),
}
"""Rule → a change of the answers of a good server that breaks this rule."""
