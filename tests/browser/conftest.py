"""The browser and the sites of the tests in it, which are made once for each process of the test run."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from feeds.pipeline import publish
from feeds.web.app import create_app
from tests.browser import corpora
from tests.browser.page_kinds import LANGUAGES
from tests.browser.visits import ServedSite, Visitor
from tests.builders import NOW, make_site, write_corpus
from tests.paths import PROJECT
from tests.servers import served_in_thread

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = PROJECT / ".node" / "axe" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session", autouse=True)
def browser() -> Iterator[Browser]:
    """Run Debian's chromium. It is the first fixture, so that no site is built in vain where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; `make browser` does it"
    )
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed; `make browser` does it")
    with playwright.sync_playwright() as driver:
        # The pages ask for nothing elsewhere that is not intercepted; the browser itself must not, either.
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Open pages, and close them at the end of the test."""
    visitor = Visitor(browser)
    try:
        yield visitor
    finally:
        visitor.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the program of axe-core."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed; `make browser` does it")
    return AXE.read_text("utf-8")


@contextlib.contextmanager
def served(name: str, files: Mapping[str, str | bytes], folder: Path, **settings: Any) -> Iterator[ServedSite]:
    """Build a site and serve it."""
    site = make_site(write_corpus(folder / "corpus", files), folder, **settings)
    publish.build(site, NOW)
    with served_in_thread(create_app(site)) as address:
        yield ServedSite(name, address, folder / "public")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    """Serve the sample corpus, with feeds that do not show everything."""
    settings = {"title": "Cloud AI News", "limit": 20, "status": True}
    with served("sample", corpora.sample(), tmp_path_factory.mktemp("sample"), **settings) as site:
        yield site


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServedSite]]:
    """Serve the hostile corpus, by language: with pages from left to right (en) and from right to left (ar)."""
    with contextlib.ExitStack() as sites:
        yield {
            language: sites.enter_context(
                served(
                    f"hostile-{language}",
                    corpora.hostile(),
                    tmp_path_factory.mktemp(f"hostile-{language}"),
                    title=f"{corpora.MARKUP} {corpora.UNBROKEN[:80]}",
                    description=corpora.LONG[:600],
                    language=language,
                    limit=2,
                    status=True,
                )
            )
            for language in LANGUAGES
        }


@pytest.fixture(scope="session")
def many_topics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    """Serve a site with 2,000 topics; without a static tree of its 8,000 documents."""
    with served("many-topics", corpora.many_topics(), tmp_path_factory.mktemp("many-topics"), output="") as site:
        yield site
