"""Visits to pages: what the browser loads and reports is noted, and no request leaves the machine."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from tests.servers import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, Route

    from tests.browser.page_kinds import PageKind

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="2400" height="900">'
    '<rect width="2400" height="900" fill="#789"/><circle cx="1200" cy="450" r="400" fill="#cde"/></svg>'
)
"""The picture that stands for those of other hosts."""


@dataclass(frozen=True)
class ServedSite:
    """A site under test.

    Attributes:
        name: what tests call it.
        address: where the project's server serves it.
        public: its static tree.
    """

    name: str
    address: str
    public: Path

    def address_of(self, kind: PageKind) -> str:
        """Return the address of the largest page of a kind."""
        return urljoin(self.address, kind.paths(self.public)[0])

    def addresses_of(self, kind: PageKind) -> list[str]:
        """Return the addresses of all pages of a kind."""
        return [urljoin(self.address, path) for path in kind.paths(self.public)]


@dataclass
class Visit:
    """A page that is open in the browser, and what has been noted since.

    Attributes:
        page: the page.
        notes: what the browser reports: messages of the console, errors, failed requests, requests that must not be.
        pictures: the addresses of pictures of other hosts.
        loaded: the addresses of the site that have answered.
    """

    page: Page
    notes: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window another size, in CSS pixels."""
        self.page.set_viewport_size({"width": width, "height": height})

    def unfold(self) -> None:
        """Open everything that is folded."""
        self.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


class Visitor:
    """Opens pages, each in a context of its own, and closes them at the end."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def open(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        script: bool = True,
        without: str = "",
        **options: Any,
    ) -> Visit:
        """Open a page and wait until all that it needs is there.

        Args:
            address: its address.
            width, height: the size of the window, in CSS pixels.
            script: whether the browser runs scripts.
            without: the end of the addresses that the browser gets an empty answer from.
            options: further options of ``Browser.new_context``.
        """
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, **options
        )
        self._contexts.append(context)
        context.set_default_timeout(1000 * PATIENCE)
        root = urljoin(address, "/")
        visit = Visit(context.new_page())

        def answer(route: Route) -> None:
            request = route.request
            if without and request.url.endswith(without):
                route.fulfill(body="")
            elif request.url.startswith(root):
                route.continue_()
            elif request.resource_type == "image":
                visit.pictures.append(request.url)
                route.fulfill(body=PICTURE, content_type="image/svg+xml")
            else:
                visit.notes.append(f"asks another host for a {request.resource_type}: {request.url}")
                route.abort()

        def note_dialog(dialog: Dialog) -> None:
            visit.notes.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        def note_failure(request: Request) -> None:
            visit.notes.append(f"failed: {request.url} {request.failure}")

        def note_answer(response: Response) -> None:
            if not response.url.startswith(root):
                return
            visit.loaded.append(response.url)
            if response.status != 200 and not response.request.is_navigation_request():
                visit.notes.append(f"status {response.status}: {response.url}")

        def note_message(message: ConsoleMessage) -> None:
            if "status of 404" in message.text and message.location.get("url") == address:
                return  # that the page itself is missing is what a test of such a page wants
            visit.notes.append(f"console: {message.text} {message.location}")

        context.route("**/*", answer)
        visit.page.on("console", note_message)
        visit.page.on("pageerror", lambda error: visit.notes.append(f"error: {error}"))
        visit.page.on("dialog", note_dialog)
        visit.page.on("requestfailed", note_failure)
        visit.page.on("response", note_answer)
        visit.page.goto(address, wait_until="load")
        return visit

    def close(self) -> None:
        """Close all pages that are open."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()


class _QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing: the output of the tests stays readable."""


@contextlib.contextmanager
def served_as_files(folder: Path) -> Iterator[str]:
    """Serve a static tree with the plain file server of the standard library, and yield the address of its root."""
    handler = functools.partial(_QuietFiles, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
