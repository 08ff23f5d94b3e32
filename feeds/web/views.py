"""The views of Flask: decisions of the other modules of this room become responses."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, redirect, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response as BaseResponse

from feeds.errors import FeedsError
from feeds.rules.site_layout import FORMATS, PAGE
from feeds.rules.urls import is_absolute
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Snapshot
from feeds.system.compression import codings_of
from feeds.web import headers
from feeds.web.conditional import select_response
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.headers import SiteLinks
from feeds.web.lookup import AnyFormat, FoundDocument, MovedAddress, NoDocument, look_up
from feeds.web.negotiation import acceptable_codings, best_format, best_media_type
from feeds.web.site_names import NearName, SiteNames, nearest_names

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_HOST = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]+")
"""The characters of a host (RFC 3986 section 3.2.2). A request in HTTP/1.1 must have one (RFC 9112 section 3.2)."""


class DocumentResponse(Response):
    """A response whose 304 has the headers of its 200, with which caches update their copy.

    Headers that describe a body are left out (RFC 9110 section 15.4.5).
    """

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers to send. Werkzeug removes Last-Modified from a 304; it belongs there."""
        wsgi_headers = super().get_wsgi_headers(environ)
        if self.status_code == HTTPStatus.NOT_MODIFIED:
            wsgi_headers["Last-Modified"] = self.headers["Last-Modified"]
        return wsgi_headers


def register_views(app: Flask, current: CurrentSnapshot, links: SiteLinks, names: SiteNames) -> None:
    """Register the view of all addresses of the current snapshot.

    Args:
        app: the application.
        current: has the snapshot.
        links: the site.
        names: has the names of the snapshot.
    """

    @app.route("/", defaults={"address": ""}, methods=["GET", "OPTIONS"], provide_automatic_options=False)
    @app.route("/<path:address>", methods=["GET", "OPTIONS"], provide_automatic_options=False)
    def document(address: str) -> BaseResponse:
        if request.method == "OPTIONS":
            return _options()
        try:
            return _look_up(current.current(), address)
        except DamagedObjectError:  # this worker slept through several generations, and its own one was deleted
            return _look_up(current.reload(), address)

    def _look_up(snapshot: Snapshot | None, address: str) -> BaseResponse:
        if snapshot is None:
            return _unavailable("There is no site here yet.")
        found = look_up(snapshot, address)
        match found:
            case FoundDocument():
                return _answer(snapshot, found, links)
            case MovedAddress():
                target = found.address if is_absolute(found.address) else f"{request.root_path}/{found.address}"
                answer = redirect(target, HTTPStatus.MOVED_PERMANENTLY)
                answer.headers["Cache-Control"] = f"public, max-age={headers.NOT_DOCUMENT_AGE}"
                return answer
            case AnyFormat():
                return _answer_any_format(snapshot, found, links)
            case NoDocument():
                return _not_found(found, nearest_names(snapshot, names.of(snapshot), address))

    @app.before_request
    def refuse_host() -> None:
        host, protocol = request.environ.get("HTTP_HOST", ""), request.environ.get("SERVER_PROTOCOL")
        if (host or protocol == "HTTP/1.1") and not _HOST.fullmatch(host):
            raise BadRequest

    @app.after_request
    def with_common_headers(answer: Response) -> Response:
        for name, value in headers.COMMON:
            answer.headers.setdefault(name, value)  # a page for the publisher has a value of its own
        return answer

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> BaseResponse:
        answer = error.get_response()
        answer.content_type = "text/plain; charset=utf-8"
        answer.data = f"{error.name}.\n".encode()
        return answer

    @app.errorhandler(FeedsError)
    def failed(error: FeedsError) -> BaseResponse:
        logging.getLogger("feeds").error("%s", error)  # the path in the message is not for the client
        return _unavailable("This document can't be read at the moment.")


def _answer(snapshot: Snapshot, found: FoundDocument, links: SiteLinks) -> DocumentResponse:
    """Return 200 with the document, or 304 with the same headers."""
    address, document = found
    codings = {coding.name: coding for coding in codings_of(document.media_type, document.size)}
    coding, is_current = select_response(
        document.digest,
        document.modified,
        acceptable_codings(request.headers.get("Accept-Encoding"), tuple(codings)),
        codings,
        request.headers.get("If-None-Match"),
        request.headers.get("If-Modified-Since"),
    )
    body = b"" if is_current else snapshot.read(document, codings.get(coding))
    answer = DocumentResponse(body, HTTPStatus.NOT_MODIFIED if is_current else HTTPStatus.OK)
    for name, value in headers.document_headers(
        document, coding, headers.link_header(links, address, snapshot.documents)
    ):
        answer.headers[name] = value
    return answer


def _answer_any_format(snapshot: Snapshot, feed: AnyFormat, links: SiteLinks) -> Response:
    """Return the feed in the format that the client wants most (RFC 9110 section 12.1), or 406."""
    best = best_format(request.headers.get("Accept"))
    address = feed.folder + best.file_name if best is not None else ""
    document = snapshot.documents.get(address) if best is not None else None
    if document is None:
        root = f"{request.root_path}/{feed.folder}"
        available = (
            root + row.file_name.removesuffix(PAGE.file_name)
            for row in FORMATS
            if feed.folder + row.file_name in snapshot.documents
        )
        answer = _plain(
            "\n".join(["The feed is in none of the formats that you accept. There are:", *available]),
            HTTPStatus.NOT_ACCEPTABLE,
        )
        answer.vary.add("Accept")
        return answer
    answer = _answer(snapshot, FoundDocument(address, document), links)
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


def _not_found(missing: NoDocument, nearest: Sequence[NearName]) -> Response:
    """Return 404 or 410 with alternatives: a page for browsers, lines of text for other clients."""
    status = HTTPStatus.GONE if missing.ended else HTTPStatus.NOT_FOUND
    root = f"{request.root_path}/"
    if missing.ended:
        heading, text = "This feed has ended", "Nothing is in it any more, and its address is gone for good."
    else:
        heading, text = "There is nothing at this address", "There is no feed at this address. It may have moved."
    alternatives = [root + path for path in missing.alternatives]
    if best_media_type(request.headers.get("Accept"), ["text/plain", "text/html"]) == "text/html":
        body = render_template("nothing.html", heading=heading, text=text, nearest=nearest, instead=alternatives)
        answer = Response(body, status)
        answer.headers.extend(headers.FOR_PAGES)
    else:
        similar = ["Did you mean:", *(root + page.address for page in nearest)] if nearest else []
        answer = _plain("\n".join([text, *similar, "What there is instead:", *alternatives]), status)
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
