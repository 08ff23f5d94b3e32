"""A folder or a site → documents."""

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
"""Name of a root element → what its document is."""

LinksOf = Callable[[AuditedDocument], Iterable[str]]
"""What a document leads to."""

MAX_BYTES = 20_000_000
"""How many bytes of a document are read at most."""

MAX_DOCUMENTS = 2000
"""How many documents of a site are fetched at most."""

TIMEOUT_SECONDS = 20
"""Seconds that a server may be silent."""

TOTAL_SECONDS = 60
"""Seconds that a document may take."""

_SUFFIXES = (".atom", ".rss", ".xml", ".json", ".opml", ".html", ".htm", ".rdf")
_BEFORE_ROOT = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_ROOT = re.compile(rb"<(?!\?|!)(?:[\w.-]+:)?([\w.-]+)")
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org')


def kind_of(document: AuditedDocument) -> str | None:
    """Return what `document` is: atom, rss, json, opml, html; None where it is nothing that has rules here."""
    start = document.body[:65536]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "ignore").encode()
    start = _BEFORE_ROOT.sub(b"", start).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        is_called_so = document.address.endswith("feed.json") and b"items" in document.body
        return "json" if _JSON_FEED.search(document.body) or is_called_so else None
    root = _ROOT.search(start)
    name = root.group(1).decode() if root is not None else ""
    if name.lower() == "html" or start[:14].lower() == b"<!doctype html":
        return "html"
    if name in XML_ROOTS:
        return XML_ROOTS[name]
    by_name = {".atom": "atom", ".rss": "rss", ".opml": "opml"}
    return next((kind for suffix, kind in by_name.items() if document.address.endswith(suffix)), None)


def read_folder(folder: Path) -> Iterator[AuditedDocument]:
    """Yield every document below `folder` that may be a feed, or lead to one, by name.

    Raises:
        UsageError: there is no such folder.
    """
    if not os.path.isdir(folder):  # which takes any name, also one that is too long
        raise UsageError("there is no such folder; build first, or name the folder of a static site", folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES or path.name == OUTPUT_LIST or not os.path.isfile(path):
            continue
        address = path.relative_to(folder).as_posix()
        try:
            with path.open("rb") as file:
                yield _as_far_as(address, file.read(MAX_BYTES + 1))
        except OSError as error:
            yield AuditedDocument(address, b"", problems=(_problem(address, f"it can't be read ({error.strerror})"),))


def read_site(address: str, links_of: LinksOf) -> Iterator[AuditedDocument]:
    """Yield the document at `address`, and every feed that it leads to on the same host, however indirectly.

    Args:
        address: a page or a feed.
        links_of: returns the addresses of feeds that a document leads to, as they stand in it.

    Raises:
        UsageError: it can't be fetched.
    """
    start = common.parts(address)
    if start is None or start.scheme not in ("http", "https"):
        raise UsageError("it should be an http(s) address, or a folder", address)
    host = ""
    waiting, seen = [absolute_url(address) or address], {address}
    for count, here in enumerate(waiting):  # which grows meanwhile
        if count == MAX_DOCUMENTS:
            reason = f"only the first {MAX_DOCUMENTS} documents were looked at"
            yield AuditedDocument(
                here, b"", problems=(_problem(here, reason, "ask for parts of the site", Severity.WARNING),)
            )
            return
        document = _fetch(here, first=count == 0)
        yield document
        seen.add(document.address)
        host = host or urlsplit(document.address).netloc  # where the first one has led to
        for href in links_of(document):
            there = common.parts(href, document.address)
            target = absolute_url(urlunsplit(there._replace(fragment=""))) if there is not None else None
            if target is not None and urlsplit(target).netloc == host and target not in seen:
                seen.add(target)
                waiting.append(target)


def _fetch(address: str, *, first: bool) -> AuditedDocument:
    """Return the document that `address` leads to, with what is wrong with how it is served (RFC 9110)."""
    try:
        with urlopen(_request(address, {}), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - from_site looks at the scheme
            headers = answer.headers
            document = _as_far_as(answer.url, _read(answer), headers.get("Content-Type", ""))
    except (OSError, HTTPException, ValueError) as error:
        reason = f"it can't be fetched ({getattr(error, 'reason', error)})"
        if isinstance(error, HTTPError):
            reason = f"the server answers {error.code}"
        if first:
            raise UsageError(reason, address) from error
        return AuditedDocument(address, b"", problems=(_problem(address, reason),))
    if document.body.startswith(b"\x1f\x8b"):
        reason = "it is compressed, though nobody has asked for that"
        advice = "compress for those who send Accept-Encoding only"
        return replace(document, problems=(*document.problems, _problem(document.address, reason, advice)))
    if kind_of(document) in ("html", None):
        return document
    return replace(document, problems=(*document.problems, *_polled(document.address, headers)))


def _read(answer: HTTPResponse) -> bytes:
    """Return the body of an answer, but no more than :data:`MAX_BYTES` and for no longer than :data:`TOTAL_SECONDS`.

    Raises:
        OSError: the server takes too long.
    """
    end = time.monotonic() + TOTAL_SECONDS
    parts: list[bytes] = []
    while sum(map(len, parts)) <= MAX_BYTES and (part := answer.read1(1 << 20)):
        parts.append(part)
        if time.monotonic() > end:
            raise TimeoutError("it takes too long")
    return b"".join(parts)


def _as_far_as(address: str, body: bytes, media_type: str | None = None) -> AuditedDocument:
    """Return a document; one that is longer than :data:`MAX_BYTES` is not looked into."""
    if len(body) <= MAX_BYTES:
        return AuditedDocument(address, body, media_type)
    reason = f"it has more than {MAX_BYTES:,} bytes, and is not looked into"
    return AuditedDocument(address, b"", media_type, (_problem(address, reason, "show fewer entries"),))


def _problem(address: str, reason: str, advice: str = "mend it", severity: Severity = Severity.ERROR) -> Problem:
    return Problem(address, 1, "", reason, advice, severity)


def _request(address: str, headers: dict[str, str]) -> Request:
    return Request(address, headers={**headers, "User-Agent": "feeds validate"})  # noqa: S310 - see from_site


def _polled(address: str, headers: Message) -> Iterator[Problem]:
    """Yield what makes polling this document costlier than it need be."""
    etag, modified = headers.get("ETag"), headers.get("Last-Modified")
    wanted = {"If-None-Match": etag} if etag else {"If-Modified-Since": modified} if modified else None
    if wanted is None:
        reason = "the server sends neither ETag nor Last-Modified, so every poll fetches all of it"
        yield _problem(address, reason, "send both", Severity.WARNING)
        return
    name = next(iter(wanted))
    advice = "answer 304 where nothing has changed"
    try:
        with urlopen(_request(address, wanted), timeout=TIMEOUT_SECONDS):  # noqa: S310 - see from_site
            yield _problem(address, f"asked with {name}, the server sends all of it again", advice, Severity.WARNING)
    except HTTPError as error:
        if error.code != HTTPStatus.NOT_MODIFIED:
            yield _problem(address, f"asked with {name}, the server answers {error.code}", advice)
    except (OSError, HTTPException):
        return  # what fails now and did not before is no property of the document
