"""A live site → documents: what a page leads to, directly or indirectly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlunsplit

from feeds.audit.validate import source, values
from feeds.audit.validate.facts import AuditedDocument, Finding, finding
from feeds.audit.validate.fetch import Answer, Client, FetchError, check_polling, host_of
from feeds.audit.validate.source import kind_of, within_limit
from feeds.errors import UsageError
from feeds.rules.urls import absolute_url

LinksOf = Callable[[AuditedDocument], tuple[list[str], list[str]]]
"""A document → the addresses of the feeds and of the pages to which it leads."""

MAX_DOCUMENTS = 2000
"""The most documents of a site that are fetched."""

MAX_TOTAL_BYTES = 500_000_000
"""The most bytes of all documents of a site."""

TIME_LIMIT = 300
"""The longest time in seconds that the check of a site takes by default."""


def read_site(address: str, links_of: LinksOf, seconds: float = TIME_LIMIT) -> Iterator[AuditedDocument]:
    """Yield the document at `address`, and every feed on the same host to which it leads, directly or indirectly.

    A page and a list of feeds lead to feeds, and to the pages of these feeds, which lead to their other formats. A feed
    leads to its archives only. Where a limit ends the walk, the last document says that this was a sample.

    Args:
        address: the URL of a page, a list of feeds, or a feed.
        links_of: returns the links in a document, as they are written.
        seconds: the longest time that it may take.

    Raises:
        UsageError: `address` is no http(s) URL, or can't be fetched.
    """
    start = values.split_address(address)
    if start is None or start.scheme not in ("http", "https"):
        raise UsageError("it should be an http(s) address, a folder, a file, or - for standard input", address)
    client = Client(seconds)
    host, follows_pages, length = "", False, 0
    queue, queued = [absolute_url(address) or address], {address}
    for count, here in enumerate(queue):  # the loop appends to the queue
        if count and (count == MAX_DOCUMENTS or length > MAX_TOTAL_BYTES or client.is_late):
            reason = f"only the first {count} documents were looked at, of at least {len(queue)}: this is a sample"
            yield AuditedDocument(here, b"", problems=(finding("sample", here, reason),))
            return
        document = _fetch(client, here, first=count == 0)
        length += len(document.body)
        yield document
        queued.add(document.address)  # a redirect may have led to another address
        host = host or host_of(document.address)  # the host after the redirects of the first document
        feeds, pages = links_of(document)
        follows_pages = follows_pages or (count == 0 and kind_of(document) in ("html", "opml"))
        for href in [*feeds, *pages] if follows_pages else feeds:
            there = values.split_address(href, document.address)
            target = absolute_url(urlunsplit(there._replace(fragment=""))) if there is not None else None
            if target is not None and host_of(target) == host and target not in queued:
                queued.add(target)
                queue.append(target)


def _fetch(client: Client, address: str, *, first: bool) -> AuditedDocument:
    """Return the document at `address`, with the problems of the way in which it is served.

    Raises:
        UsageError: it is the `first` document, and can't be fetched.
    """
    try:
        answer = client.get(address)
        if answer.status != HTTPStatus.OK:
            raise FetchError(f"the server answers {answer.status}")
    except FetchError as error:
        if first:
            raise UsageError(str(error), address) from error
        return AuditedDocument(address, b"", problems=(finding(error.rule, address, str(error)),))
    document = within_limit(answer.address, answer.body, answer.headers.get("Content-Type", ""), asked=first)
    return replace(document, problems=(*document.problems, *_check_answer(client, answer, document)))


def _check_answer(client: Client, answer: Answer, document: AuditedDocument) -> Iterator[Finding]:
    """Yield the problems of the way in which a document is served."""
    if answer.missing:
        announced = answer.headers.get("Content-Length")
        what = f"{announced} bytes are announced" if announced else "the end is missing"
        yield finding("server-short", answer.address, f"{what}, and {len(answer.body)} came")
    if answer.body.startswith(b"\x1f\x8b"):
        yield finding("server-compressed", answer.address, "it is compressed, though the request did not ask for that")
    elif len(answer.body) <= source.MAX_BYTES and kind_of(document) not in ("html", "unknown", None):
        yield from check_polling(client, answer)
