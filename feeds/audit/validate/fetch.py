"""Requests to a web server, within limits of time, bytes and redirects (RFC 9110)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from feeds.audit.validate import source
from feeds.audit.validate.facts import Finding, finding
from feeds.audit.validate.tree import join
from feeds.rules.urls import absolute_url

TIMEOUT_SECONDS = 20
"""The longest time in seconds that a server may send nothing."""

DOCUMENT_SECONDS = 60
"""The longest time in seconds that a document may take."""

MAX_REDIRECTS = 5
"""The most redirects in a row that are followed. Readers follow five to twenty."""

_REDIRECTS = (301, 302, 303, 307, 308)
_ALSO_IN_304 = ("Cache-Control", "Content-Location", "ETag", "Expires", "Vary")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, after redirects.

    Attributes:
        address: the address that answered.
        status: the status code.
        headers: the headers.
        body: the body, or a little more than its first :data:`feeds.audit.validate.source.MAX_BYTES`.
        missing: whether bytes are missing that the server announced.
    """

    address: str
    status: int
    headers: Message
    body: bytes
    missing: bool = False


class FetchError(Exception):
    """An address can't be fetched.

    Attributes:
        rule: the id of the rule that names it.
    """

    def __init__(self, reason: str, rule: str = "server-fetch") -> None:
        super().__init__(reason)
        self.rule = rule


class Client:
    """Sends requests until its time is over.

    Args:
        seconds: the longest time that all requests together may take.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._opener = OpenerDirector()  # no handler for redirects, which are followed here, nor for files
        for handler in (ProxyHandler, HTTPHandler, HTTPSHandler, HTTPDefaultErrorHandler, HTTPErrorProcessor):
            self._opener.add_handler(handler())

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() >= self._end

    def get(self, address: str, headers: dict[str, str] | None = None, *, with_body: bool = True) -> Answer:
        """Return the answer to a GET request for `address`, which redirects may lead elsewhere.

        Args:
            address: an http(s) URL.
            headers: the headers of the request, besides User-Agent.
            with_body: whether the body is read.

        Raises:
            FetchError: there is no answer that says anything about the document.
        """
        known = [address]
        while True:
            answer = self._once(address, headers or {}, with_body=with_body)
            if answer.status not in _REDIRECTS:
                return answer
            target = absolute_url(join(address, answer.headers.get("Location", "")))
            if target is None:
                raise FetchError(f"the server redirects to no address ({answer.status})")
            if target in known:
                raise FetchError("it redirects in a circle", "server-redirect-circle")
            if len(known) > MAX_REDIRECTS:
                raise FetchError(f"it redirects more than {MAX_REDIRECTS} times", "server-redirect-circle")
            known.append(target)
            address = target

    def _once(self, address: str, headers: dict[str, str], *, with_body: bool) -> Answer:
        """Return the answer to one request, redirects included."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise FetchError("the time limit is over", "server-slow")
        request = Request(address, headers={**headers, "User-Agent": "feeds validate"})  # noqa: S310 - http(s) only
        end = time.monotonic() + min(left, DOCUMENT_SECONDS)
        try:
            opened = self._opener.open(request, timeout=min(left, TIMEOUT_SECONDS))
        except HTTPError as error:
            error.close()
            return Answer(address, error.code, error.headers, b"")
        except TimeoutError as error:
            raise FetchError("it takes too long", "server-slow") from error
        except (OSError, HTTPException, ValueError) as error:
            raise FetchError(f"it can't be fetched ({getattr(error, 'reason', error)})") from error
        if opened is None:
            raise FetchError("it is no http(s) address")
        with cast("HTTPResponse", opened) as response:
            body, missing = _read(response, end) if with_body else (b"", False)
            return Answer(address, response.status, response.headers, body, missing)


def _read(response: HTTPResponse, end: float) -> tuple[bytes, bool]:
    """Return the body of an answer, and whether bytes are missing that the server announced (RFC 9112 section 6.3).

    Raises:
        FetchError: the server takes too long.
    """
    parts: list[bytes] = []
    length = 0
    try:
        while length <= source.MAX_BYTES and (part := response.read1(1 << 20)):
            parts.append(part)
            length += len(part)
            if time.monotonic() > end:
                raise FetchError("it takes too long", "server-slow")
    except TimeoutError as error:
        raise FetchError("it takes too long", "server-slow") from error
    except (OSError, HTTPException):
        return b"".join(parts), True
    return b"".join(parts), bool(response.length) and length <= source.MAX_BYTES


def check_polling(client: Client, answer: Answer) -> Iterator[Finding]:
    """Yield the problems of the answers to polls of a document that could be fetched."""
    try:
        yield from _check_codings(client, answer)
        yield from _check_condition(client, answer)
    except FetchError:
        return  # the document could be fetched before: a failure now is none of its properties


def _check_codings(client: Client, plain: Answer) -> Iterator[Finding]:
    """Yield the problems of an answer with another coding (RFC 9110 sections 8.8.3.3 and 12.5.5)."""
    coded = client.get(plain.address, {"Accept-Encoding": "gzip"}, with_body=False)
    coding = coded.headers.get("Content-Encoding", "identity").strip().lower()
    if coded.status != HTTPStatus.OK or coding in ("identity", ""):
        return
    for answer, name in ((plain, "the plain answer"), (coded, f"the answer in {coding}")):
        fields = [field.strip().lower() for field in answer.headers.get("Vary", "").split(",")]
        if "accept-encoding" not in fields and "*" not in fields:
            yield finding("server-vary", plain.address, f"{name} has no Vary: Accept-Encoding")
            break
    tag = coded.headers.get("ETag", "")
    if tag and not tag.startswith("W/") and tag == plain.headers.get("ETag"):
        yield finding("server-etag-shared", plain.address, f"the answers in {coding} and without coding have one ETag")


def _check_condition(client: Client, plain: Answer) -> Iterator[Finding]:
    """Yield the problems that make polls of a document cost more than they need: no validators, no 304."""
    tag, modified = plain.headers.get("ETag"), plain.headers.get("Last-Modified")
    condition = {"If-None-Match": tag} if tag else {"If-Modified-Since": modified} if modified else None
    if condition is None:
        yield finding("server-validators", plain.address, "the server sends neither ETag nor Last-Modified")
        return
    name = next(iter(condition))
    answer = client.get(plain.address, condition, with_body=False)
    if answer.status == HTTPStatus.OK:
        yield finding("server-304", plain.address, f"asked with {name}, the server sends all of it again")
    elif answer.status != HTTPStatus.NOT_MODIFIED:
        yield finding("server-304-error", plain.address, f"asked with {name}, the server answers {answer.status}")
    else:
        missing = [name for name in _ALSO_IN_304 if name in plain.headers and name not in answer.headers]
        if missing:
            yield finding("server-304-headers", plain.address, f"304 lacks {', '.join(missing)}")


def host_of(address: str) -> str:
    """Return host and port of an address."""
    return urlsplit(address).netloc
