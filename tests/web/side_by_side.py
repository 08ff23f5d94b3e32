"""The fast path and Flask, asked for the same documents: their answers must be equal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flask import Flask

from feeds.settings.site import Site
from feeds.web.app import create_app
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.fast_path import FastPath
from feeds.web.headers import SiteLinks
from feeds.web.response_cache import ResponseCache

FEED = "/topics/ai/feed.atom"

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]


class Both:
    """The fast path and Flask alone, for one site.

    Attributes:
        short: the fast path, with Flask behind it.
        flask: Flask alone.
        passed_on: the requests that the fast path has passed on to Flask.
    """

    def __init__(self, site: Site, limit: int = 64_000_000) -> None:
        self.flask = partial(Flask.wsgi_app, create_app(site))
        self.passed_on: list[Environ] = []
        self.short = FastPath(self._behind, CurrentSnapshot(site.state_path), SiteLinks(site.address), limit)

    def _behind(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        self.passed_on.append(environ)
        return self.flask(environ, start_response)

    def same(self, environ: Environ) -> Answer:
        """Return the answer of both, and fail where they differ."""
        ours, theirs = ask(self.short, environ), ask(self.flask, environ)
        assert ours == theirs
        return ours

    @property
    def held(self) -> ResponseCache:
        """The responses that the fast path holds."""
        held = self.short._cache
        assert held is not None
        return held


def without_host(protocol: str) -> Environ:
    """Return a request of the HTTP version `protocol` that names no host."""
    return {name: value for name, value in request(SERVER_PROTOCOL=protocol).items() if name != "HTTP_HOST"}


def request(path: str = FEED, method: str = "GET", **given: str) -> Environ:
    """Return the WSGI environment of a request, with the variables `given` in it."""
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "HTTP_HOST": "example.org",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return environ | given


def ask(application: Callable[..., Iterable[bytes]], environ: Environ) -> Answer:
    """Return the status, the headers and the body of an application's answer."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[[bytes], object]:
        started.append((status, list(headers)))
        headers.clear()  # it is the server's now
        return lambda data: None

    answer = application({**environ, "wsgi.input": io.BytesIO()}, start_response)
    try:
        body = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    return *started[-1], body
