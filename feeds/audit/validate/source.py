"""A file, a folder or standard input → documents; and which kind of document one is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from feeds.audit.validate.facts import AuditedDocument, finding
from feeds.errors import UsageError
from feeds.rules.site_layout import OUTPUT_LIST

XML_ROOTS = {"feed": "atom", "entry": "atom", "rss": "rss", "RDF": "rss", "opml": "opml"}
"""Name of a root element → kind of the document."""

MAX_BYTES = 20_000_000
"""The most bytes of a document that are read."""

STANDARD_INPUT = "-"
"""The name of standard input, as a target and as the address of the document."""

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
        is_feed = document.asked or (document.address.endswith("feed.json") and b"items" in document.body)
        return "json" if is_feed or _JSON_FEED.search(document.body) else None
    root = _ROOT.search(start)
    name = root.group(1).decode() if root is not None else ""
    if name.lower() == "html" or start[:14].lower() == b"<!doctype html":
        return "html"
    if name in XML_ROOTS:
        return XML_ROOTS[name]
    by_suffix = {".atom": "atom", ".rss": "rss", ".opml": "opml"}
    kind = next((kind for suffix, kind in by_suffix.items() if document.address.endswith(suffix)), None)
    return kind or ("unknown" if document.asked else None)


def read_folder(folder: Path) -> Iterator[AuditedDocument]:
    """Yield every document below `folder` that may be a feed or lead to one, in the order of their paths.

    Raises:
        UsageError: `folder` is no folder.
    """
    if not os.path.isdir(folder):  # unlike Path.is_dir, it accepts a name that is too long
        reason = "there is no such folder or file; build first, or name the folder of a static site"
        raise UsageError(reason, folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES or path.name == OUTPUT_LIST or not os.path.isfile(path):
            continue
        address = path.relative_to(folder).as_posix()
        try:
            with path.open("rb") as file:
                yield read_stream(address, file)
        except OSError as error:
            problem = finding("unreadable", address, f"it can't be read ({error.strerror})")
            yield AuditedDocument(address, b"", problems=(problem,))


def read_file(path: Path) -> AuditedDocument:
    """Return the document in a file.

    Raises:
        UsageError: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return read_stream(path.as_posix(), file, asked=True)
    except OSError as error:
        raise UsageError(f"it can't be read ({error.strerror})", path) from error


def read_stream(address: str, file: BinaryIO, *, asked: bool = False) -> AuditedDocument:
    """Return the document in a stream; for `asked`, see :class:`AuditedDocument`."""
    return within_limit(address, file.read(MAX_BYTES + 1), asked=asked)


def within_limit(address: str, body: bytes, media_type: str | None = None, *, asked: bool = False) -> AuditedDocument:
    """Return a document; one with more than :data:`MAX_BYTES` gets no body, and a problem."""
    if len(body) <= MAX_BYTES:
        return AuditedDocument(address, body, media_type, asked=asked)
    problem = finding("size-beyond", address, f"it has more than {MAX_BYTES:,} bytes, and is not looked into")
    return AuditedDocument(address, b"", media_type, (problem,))
