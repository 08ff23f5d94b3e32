"""Addresses → answers, for Flask."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, redirect, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.wrappers import Response as BaseResponse

from feeds.errors import FeedsError
from feeds.snapshot import DamagedError, Document, Snapshot
from feeds.web.conditional import is_current
from feeds.web.shelf import Shelf

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_AGE = 300
"""For how many seconds a cache may answer for us."""

INDEX = "index.html"


class DocumentResponse(Response):
    """An answer whose 304 has the headers of its 200 (RFC 9110 section 15.4.5): caches update what they keep."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers as they are sent; Werkzeug takes some off a 304 that belong there."""
        headers = super().get_wsgi_headers(environ)
        if self.status_code == HTTPStatus.NOT_MODIFIED:
            for name, value in self.headers:
                headers[name] = value
            headers.pop("Content-Length", None)
        return headers


def register(app: Flask, shelf: Shelf) -> None:
    """Have `app` answer for every address of the snapshot on `shelf`."""

    @app.get("/", defaults={"address": ""})
    @app.get("/<path:address>")
    def document(address: str) -> BaseResponse:
        try:
            return _look_up(shelf.current(), address)
        except DamagedError:  # a worker that slept through several generations holds one that is cleaned up
            return _look_up(shelf.look_again(), address)

    def _look_up(snapshot: Snapshot | None, address: str) -> BaseResponse:
        if snapshot is None:
            return _plain("There is no site here yet.", HTTPStatus.SERVICE_UNAVAILABLE)
        wanted = address + INDEX if address == "" or address.endswith("/") else address
        folder = "/".join([*address.split("/")[:2], ""])
        if folder in snapshot.signs.moved:
            return _moved(snapshot, snapshot.signs.moved[folder], wanted.removeprefix(folder))
        found = snapshot.documents.get(wanted)
        if found is not None:
            return _answer(snapshot, found)
        if f"{address}/{INDEX}" in snapshot.documents:
            return redirect(f"{request.root_path}/{address}/", HTTPStatus.MOVED_PERMANENTLY)
        if folder in snapshot.signs.ended:
            return _nothing(
                HTTPStatus.GONE, "This feed has ended", "Nothing is in it any more, and its address is gone for good."
            )
        return _nothing(
            HTTPStatus.NOT_FOUND,
            "There is nothing at this address",
            "There is no feed at this address. It may have another name now.",
        )

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> BaseResponse:
        answer = error.get_response()
        answer.content_type = "text/plain; charset=utf-8"
        answer.data = f"{error.name}.\n".encode()
        return answer

    @app.errorhandler(FeedsError)
    def failed(error: FeedsError) -> BaseResponse:
        logging.getLogger("feeds").error("%s", error)  # the path in it is for us, not for the client
        answer = _plain("This document can't be read at the moment.", HTTPStatus.SERVICE_UNAVAILABLE)
        answer.headers["Retry-After"] = "60"
        return answer


def _answer(snapshot: Snapshot, document: Document) -> DocumentResponse:
    """Return 200 with the document, or 304 with the same headers (RFC 9110 section 15.4.5)."""
    current = is_current(
        document.digest,
        document.last_modified,
        request.headers.get("If-None-Match"),
        request.headers.get("If-Modified-Since"),
    )
    body = b"" if current else snapshot.read(document)
    answer = DocumentResponse(body, HTTPStatus.NOT_MODIFIED if current else HTTPStatus.OK)
    answer.headers["Content-Type"] = document.media_type
    answer.headers["ETag"] = f'"{document.digest}"'
    answer.headers["Last-Modified"] = http_date(document.modified)
    answer.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _moved(snapshot: Snapshot, folder: str, name: str) -> BaseResponse:
    """Return 301 to where a feed is now: the document of this name there, or its page."""
    known = folder + name in snapshot.documents and name != INDEX
    return redirect(f"{request.root_path}/{folder}{name if known else ''}", HTTPStatus.MOVED_PERMANENTLY)


def _nothing(status: HTTPStatus, heading: str, text: str) -> Response:
    """Return 404 or 410: a page for people, a line for programs."""
    root = f"{request.root_path}/"
    if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
        answer = Response(render_template("nothing.html", root=root, heading=heading, text=text), status)
    else:
        answer = _plain(f"{text} All feeds: {root}", status)
    answer.vary.add("Accept")
    return answer


def _plain(text: str, status: HTTPStatus) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")
