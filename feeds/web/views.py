"""Addresses → answers, for Flask: what is decided elsewhere in this room becomes responses."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, redirect, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response as BaseResponse

from feeds.errors import FeedsError
from feeds.rules.site_layout import FORMATS, PAGE
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Snapshot
from feeds.system.compression import codings_of
from feeds.web import headers
from feeds.web.conditional import select_response
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.headers import SiteLinks
from feeds.web.lookup import AnyFormat, FoundDocument, MovedAddress, NoDocument, look_up
from feeds.web.negotiation import acceptable_codings, best_format, best_media_type

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_HOST = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]+")
"""What a host may look like (RFC 3986 section 3.2.2); in HTTP/1.1 each request names one (RFC 9112 section 3.2)."""


class DocumentResponse(Response):
    """An answer whose 304 has the headers of its 200: caches update what they keep.

    Less those that tell of a body, which there is none of (RFC 9110 section 15.4.5).
    """

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers as they are sent; Werkzeug takes one off a 304 that belongs there."""
        sent = super().get_wsgi_headers(environ)
        if self.status_code == HTTPStatus.NOT_MODIFIED:
            sent["Last-Modified"] = self.headers["Last-Modified"]
        return sent


def register_views(app: Flask, shelf: CurrentSnapshot, home: SiteLinks) -> None:
    """Have `app` answer for every address of the snapshot on `shelf`.

    Args:
        app: the application.
        shelf: has the snapshot.
        home: the site.
    """

    @app.route("/", defaults={"address": ""}, methods=["GET", "OPTIONS"], provide_automatic_options=False)
    @app.route("/<path:address>", methods=["GET", "OPTIONS"], provide_automatic_options=False)
    def document(address: str) -> BaseResponse:
        if request.method == "OPTIONS":
            return _options()
        try:
            return _look_up(shelf.current(), address)
        except DamagedObjectError:  # a worker that slept through several generations holds one that is cleaned up
            return _look_up(shelf.look_again(), address)

    def _look_up(snapshot: Snapshot | None, address: str) -> BaseResponse:
        if snapshot is None:
            return _unavailable("There is no site here yet.")
        found = look_up(snapshot, address)
        match found:
            case FoundDocument():
                return _answer(snapshot, found, home)
            case MovedAddress():
                answer = redirect(f"{request.root_path}/{found.address}", HTTPStatus.MOVED_PERMANENTLY)
                answer.headers["Cache-Control"] = f"public, max-age={headers.NOT_DOCUMENT_AGE}"
                return answer
            case AnyFormat():
                return _choose(snapshot, found, home)
            case NoDocument():
                return _nothing(found)

    @app.before_request
    def refuse_host() -> None:
        host, protocol = request.environ.get("HTTP_HOST", ""), request.environ.get("SERVER_PROTOCOL")
        if (host or protocol == "HTTP/1.1") and not _HOST.fullmatch(host):
            raise BadRequest

    @app.after_request
    def with_common_headers(answer: Response) -> Response:
        for name, value in headers.COMMON:
            answer.headers[name] = value
        return answer

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> BaseResponse:
        answer = error.get_response()
        answer.content_type = "text/plain; charset=utf-8"
        answer.data = f"{error.name}.\n".encode()
        return answer

    @app.errorhandler(FeedsError)
    def failed(error: FeedsError) -> BaseResponse:
        logging.getLogger("feeds").error("%s", error)  # the path in it is for us, not for the client
        return _unavailable("This document can't be read at the moment.")


def _answer(snapshot: Snapshot, found: FoundDocument, home: SiteLinks) -> DocumentResponse:
    """Return 200 with the document, or 304 with the same headers."""
    address, document = found
    codings = {each.name: each for each in codings_of(document.media_type, document.size)}
    coding, current = select_response(
        document.digest,
        document.modified,
        acceptable_codings(request.headers.get("Accept-Encoding"), tuple(codings)),
        codings,
        request.headers.get("If-None-Match"),
        request.headers.get("If-Modified-Since"),
    )
    body = b"" if current else snapshot.read(document, codings.get(coding))
    answer = DocumentResponse(body, HTTPStatus.NOT_MODIFIED if current else HTTPStatus.OK)
    for name, value in headers.document_headers(
        document, coding, headers.link_header(home, address, snapshot.documents)
    ):
        answer.headers[name] = value
    return answer


def _choose(snapshot: Snapshot, choice: AnyFormat, home: SiteLinks) -> Response:
    """Return the feed in the format that the client wants most (RFC 9110 section 12.1), or 406."""
    best = best_format(request.headers.get("Accept"))
    address = choice.folder + best.file_name if best is not None else ""
    document = snapshot.documents.get(address) if best is not None else None
    if document is None:
        root = f"{request.root_path}/{choice.folder}"
        there = (
            root + row.file_name.removesuffix(PAGE.file_name)
            for row in FORMATS
            if choice.folder + row.file_name in snapshot.documents
        )
        answer = _plain(
            "\n".join(["The feed is in none of the formats that you accept. There are:", *there]),
            HTTPStatus.NOT_ACCEPTABLE,
        )
        answer.vary.add("Accept")
        return answer
    answer = _answer(snapshot, FoundDocument(address, document), home)
    answer.headers["Content-Location"] = f"{request.root_path}/{address.removesuffix(PAGE.file_name)}"
    answer.headers["Vary"] = f"Accept, {answer.headers['Vary']}"
    return answer


def _options() -> Response:
    answer = Response(status=HTTPStatus.NO_CONTENT)
    del answer.headers["Content-Type"]
    answer.headers["Allow"] = headers.ALLOW
    if "Access-Control-Request-Method" in request.headers:
        answer.headers.extend(headers.PREFLIGHT)
    return answer


def _nothing(found: NoDocument) -> Response:
    """Return 404 or 410, which say what there is instead: a page for people, lines for programs."""
    status = HTTPStatus.GONE if found.ended else HTTPStatus.NOT_FOUND
    root = f"{request.root_path}/"
    if found.ended:
        heading, text = "This feed has ended", "Nothing is in it any more, and its address is gone for good."
    else:
        heading, text = "There is nothing at this address", "There is no feed at this address. It may have moved."
    instead = [root + each for each in found.instead]
    if best_media_type(request.headers.get("Accept"), ["text/plain", "text/html"]) == "text/html":
        answer = Response(
            render_template("nothing.html", root=root, heading=heading, text=text, instead=instead), status
        )
    else:
        answer = _plain("\n".join([text, "What there is instead:", *instead]), status)
    answer.vary.add("Accept")
    answer.headers["Cache-Control"] = f"public, max-age={headers.NOT_DOCUMENT_AGE}"
    return answer


def _unavailable(text: str) -> Response:
    answer = _plain(text, HTTPStatus.SERVICE_UNAVAILABLE)
    answer.headers["Retry-After"] = "60"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _plain(text: str, status: HTTPStatus) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")
