"""A folder or a live site → documents."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

from feeds.audit.validate import common
from feeds.audit.validate.facts import AuditedDocument
from feeds.errors import UsageError
from feeds.model import Problem, Severity
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.rules.urls import absolute_url

XML_ROOTS = {"feed": "atom", "rss": "rss", "RDF": "rss", "opml": "opml"}
"""Name of a root element → kind of the document."""

LinksOf = Callable[[AuditedDocument], Iterable[str]]
"""A document → the addresses of the feeds to which it leads."""

MAX_BYTES = 20_000_000
"""The most bytes of a document that are read."""

MAX_DOCUMENTS = 2000
"""The most documents of a site that are fetched."""

TIMEOUT_SECONDS = 20
"""The longest time in seconds that a server may send nothing."""

TOTAL_SECONDS = 60
"""The longest time in seconds that a document may take."""

_SUFFIXES = (".atom", ".rss", ".xml", ".json", ".opml", ".html", ".htm", ".rdf")
_BEFORE_ROOT = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_ROOT = re.compile(rb"<(?!\?|!)(?:[\w.-]+:)?([\w.-]+)")
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org')


def kind_of(document: AuditedDocument) -> str | None:
    """Return the kind of `document`: atom, rss, json, opml or html; None where there are no rules for it."""
    start = document.body[:65536]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "ignore").encode()
    start = _BEFORE_ROOT.sub(b"", start).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        has_feed_name = document.address.endswith("feed.json") and b"items" in document.body
        return "json" if _JSON_FEED.search(document.body) or has_feed_name else None
    root = _ROOT.search(start)
    name = root.group(1).decode() if root is not None else ""
    if name.lower() == "html" or start[:14].lower() == b"<!doctype html":
        return "html"
    if name in XML_ROOTS:
        return XML_ROOTS[name]
    by_suffix = {".atom": "atom", ".rss": "rss", ".opml": "opml"}
    return next((kind for suffix, kind in by_suffix.items() if document.address.endswith(suffix)), None)


def read_folder(folder: Path) -> Iterator[AuditedDocument]:
    """Yield every document below `folder` that may be a feed or lead to one, in the order of their paths.

    Raises:
        UsageError: `folder` is no folder.
    """
    if not os.path.isdir(folder):  # unlike Path.is_dir, it accepts a name that is too long
        raise UsageError("there is no such folder; build first, or name the folder of a static site", folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES or path.name == OUTPUT_LIST or not os.path.isfile(path):
            continue
        address = path.relative_to(folder).as_posix()
        try:
            with path.open("rb") as file:
                yield _within_limit(address, file.read(MAX_BYTES + 1))
        except OSError as error:
            yield AuditedDocument(address, b"", problems=(_problem(address, f"it can't be read ({error.strerror})"),))


def read_site(address: str, links_of: LinksOf) -> Iterator[AuditedDocument]:
    """Yield the document at `address`, and every feed on the same host to which it leads, directly or indirectly.

    Args:
        address: the URL of a page or a feed.
        links_of: returns the links to feeds in a document, as they are written.

    Raises:
        UsageError: `address` is no http(s) URL, or can't be fetched.
    """
    start = common.split_address(address)
    if start is None or start.scheme not in ("http", "https"):
        raise UsageError("it should be an http(s) address, or a folder", address)
    host = ""
    queue, queued = [absolute_url(address) or address], {address}
    for count, here in enumerate(queue):  # the loop appends to the queue
        if count == MAX_DOCUMENTS:
            reason = f"only the first {MAX_DOCUMENTS} documents were looked at"
            yield AuditedDocument(
                here, b"", problems=(_problem(here, reason, "ask for parts of the site", Severity.WARNING),)
            )
            return
        document = _fetch(here, first=count == 0)
        yield document
        queued.add(document.address)  # a redirect may have led to another address
        host = host or urlsplit(document.address).netloc  # the host after the redirects of the first document
        for href in links_of(document):
            there = common.split_address(href, document.address)
            target = absolute_url(urlunsplit(there._replace(fragment=""))) if there is not None else None
            if target is not None and urlsplit(target).netloc == host and target not in queued:
                queued.add(target)
                queue.append(target)


def _fetch(address: str, *, first: bool) -> AuditedDocument:
    """Return the document at `address`, with the problems of the way in which it is served (RFC 9110).

    Raises:
        UsageError: it is the `first` document, and can't be fetched.
    """
    try:
        with urlopen(_request(address, {}), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - read_site checks the scheme
            headers = answer.headers
            document = _within_limit(answer.url, _read(answer), headers.get("Content-Type", ""))
    except (OSError, HTTPException, ValueError) as error:
        reason = f"it can't be fetched ({getattr(error, 'reason', error)})"
        if isinstance(error, HTTPError):
            reason = f"the server answers {error.code}"
        if first:
            raise UsageError(reason, address) from error
        return AuditedDocument(address, b"", problems=(_problem(address, reason),))
    if document.body.startswith(b"\x1f\x8b"):
        reason = "it is compressed, though the request did not ask for that"
        advice = "compress only where the request has Accept-Encoding"
        return replace(document, problems=(*document.problems, _problem(document.address, reason, advice)))
    if kind_of(document) in ("html", None):
        return document
    return replace(document, problems=(*document.problems, *_check_polling(document.address, headers)))


def _read(answer: HTTPResponse) -> bytes:
    """Return the body of an answer, or a little more than its first :data:`MAX_BYTES`.

    Raises:
        OSError: the server takes longer than :data:`TOTAL_SECONDS`.
    """
    end = time.monotonic() + TOTAL_SECONDS
    parts: list[bytes] = []
    while sum(map(len, parts)) <= MAX_BYTES and (part := answer.read1(1 << 20)):
        parts.append(part)
        if time.monotonic() > end:
            raise TimeoutError("it takes too long")
    return b"".join(parts)


def _within_limit(address: str, body: bytes, media_type: str | None = None) -> AuditedDocument:
    """Return a document; one with more than :data:`MAX_BYTES` gets no body, and a problem."""
    if len(body) <= MAX_BYTES:
        return AuditedDocument(address, body, media_type)
    reason = f"it has more than {MAX_BYTES:,} bytes, and is not looked into"
    return AuditedDocument(address, b"", media_type, (_problem(address, reason, "show fewer entries"),))


def _problem(address: str, reason: str, advice: str = "mend it", severity: Severity = Severity.ERROR) -> Problem:
    return Problem(address, 1, "", reason, advice, severity)


def _request(address: str, headers: dict[str, str]) -> Request:
    return Request(address, headers={**headers, "User-Agent": "feeds validate"})  # noqa: S310 - see read_site


def _check_polling(address: str, headers: Message) -> Iterator[Problem]:
    """Yield the problems that make polls of this document cost more than they need: no validators, no 304."""
    etag, modified = headers.get("ETag"), headers.get("Last-Modified")
    condition = {"If-None-Match": etag} if etag else {"If-Modified-Since": modified} if modified else None
    if condition is None:
        reason = "the server sends neither ETag nor Last-Modified, so every poll fetches all of it"
        yield _problem(address, reason, "send both", Severity.WARNING)
        return
    name = next(iter(condition))
    advice = "answer 304 where nothing has changed"
    try:
        with urlopen(_request(address, condition), timeout=TIMEOUT_SECONDS):  # noqa: S310 - see read_site
            yield _problem(address, f"asked with {name}, the server sends all of it again", advice, Severity.WARNING)
    except HTTPError as error:
        if error.code != HTTPStatus.NOT_MODIFIED:
            yield _problem(address, f"asked with {name}, the server answers {error.code}", advice)
    except (OSError, HTTPException):
        return  # the document could be fetched before: a failure now is none of its properties
