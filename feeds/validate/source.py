"""A folder or a site → documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.request import Request, urlopen

from feeds.errors import UsageError
from feeds.model import OUTPUT_MARK, Problem, Severity
from feeds.validate.facts import Document

XML_ROOTS = {"feed": "atom", "rss": "rss", "RDF": "rss", "opml": "opml"}
"""Name of a root element → what its document is."""

LONGEST = 20_000_000
"""How many bytes of a document are read at most."""

MOST = 2000
"""How many documents of a site are fetched at most."""

TIMEOUT = 20
"""Seconds that a server may take."""

_SUFFIXES = (".atom", ".rss", ".xml", ".json", ".opml", ".html", ".htm", ".rdf")
_ROOT = re.compile(rb"<(?!\?|!)(?:[\w.-]+:)?([\w.-]+)")
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?://(?:www\.)?jsonfeed\.org/')
_LINK = re.compile(rb"""<(?:link|a|outline)\s[^>]*?(?:href|xmlUrl)\s*=\s*["']([^"']+)["'][^>]*>""", re.IGNORECASE)
_LEADS_TO_FEEDS = re.compile(
    rb"application/(atom|rss|feed)\+(xml|json)|text/x-opml|xmlUrl|prev-archive|\.opml", re.IGNORECASE
)


def kind_of(document: Document) -> str | None:
    """Return what `document` is: atom, rss, json, opml, html; None where it is nothing that has rules here."""
    start = document.body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        return "json" if _JSON_FEED.search(document.body) or document.address.endswith("feed.json") else None
    root = _ROOT.search(start)
    name = root.group(1).decode() if root is not None else ""
    if name.lower() == "html" or start[:14].lower() == b"<!doctype html":
        return "html"
    if name in XML_ROOTS:
        return XML_ROOTS[name]
    by_name = {".atom": "atom", ".rss": "rss", ".opml": "opml"}
    return next((kind for suffix, kind in by_name.items() if document.address.endswith(suffix)), None)


def from_folder(folder: Path) -> Iterator[Document]:
    """Yield every document below `folder` that may be a feed, or lead to one, by name.

    Raises:
        UsageError: there is no such folder, or no feed in it.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder; build first, or name the folder of a static site", folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and path.name != OUTPUT_MARK and path.is_file():
            yield Document(path.relative_to(folder).as_posix(), path.read_bytes())


def from_site(address: str) -> Iterator[Document]:
    """Yield the document at `address`, and every feed that it leads to on the same host, however indirectly.

    Raises:
        UsageError: it can't be fetched.
    """
    host = urlsplit(address).netloc
    waiting, seen = [address], {address}
    while waiting and len(seen) <= MOST:
        here = waiting.pop(0)
        document = _fetch(here, first=here == address)
        yield document
        for found in _LINK.finditer(document.body):
            if not _LEADS_TO_FEEDS.search(found.group()):
                continue
            there = urldefrag(urljoin(here, found.group(1).decode("utf-8", "replace").replace("&amp;", "&"))).url
            if urlsplit(there).netloc == host and there not in seen:
                seen.add(there)
                waiting.append(there)


def _fetch(address: str, *, first: bool) -> Document:
    """Return the document at `address`, with what is wrong with how it is served (RFC 9110)."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise UsageError("it should be an http(s) address, or a folder", address)
    try:
        with urlopen(Request(address, headers={"User-Agent": "feeds validate"}), timeout=TIMEOUT) as answer:  # noqa: S310 - checked above
            headers = answer.headers
            document = Document(address, answer.read(LONGEST), headers.get("Content-Type", ""))
    except HTTPError as error:
        if first:
            raise UsageError(f"the server answers {error.code} {error.reason}", address) from error
        problem = Problem(address, 1, "", f"the server answers {error.code}", "mend it, or the link that leads here")
        return Document(address, b"", None, (problem,))
    except (URLError, OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if first:
            raise UsageError(f"it can't be fetched ({reason})", address) from error
        return Document(address, b"", None, (Problem(address, 1, "", f"it can't be fetched ({reason})", "mend it"),))
    if kind_of(document) in ("html", None):
        return document
    return Document(address, document.body, document.media_type, tuple(_polled(address, headers)))


def _polled(address: str, headers: Message) -> Iterator[Problem]:
    """Yield what makes polling this document costlier than it need be."""
    etag, modified = headers.get("ETag"), headers.get("Last-Modified")
    wanted = {"If-None-Match": etag} if etag else {"If-Modified-Since": modified} if modified else None
    if wanted is None:
        reason = "the server sends neither ETag nor Last-Modified, so every poll fetches all of it"
        yield Problem(address, 1, "", reason, "send both", Severity.WARNING)
        return
    try:
        with urlopen(Request(address, headers={**wanted, "User-Agent": "feeds validate"}), timeout=TIMEOUT):  # noqa: S310 - checked before
            reason = f"asked with {next(iter(wanted))}, the server sends all of it again"
            yield Problem(address, 1, "", reason, "answer 304 where nothing has changed", Severity.WARNING)
    except HTTPError as error:
        if error.code != 304:
            reason = f"asked with {next(iter(wanted))}, the server answers {error.code}"
            yield Problem(address, 1, "", reason, "answer 304 where nothing has changed", Severity.ERROR)
    except (URLError, OSError, HTTPException):
        return  # what fails now and did not before is no property of the document
