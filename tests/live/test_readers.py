"""Real readers subscribe to the live site, see every entry once, poll, and get exactly what is new.

feedparser and reader come with the development packages; newsboat, sfeed and rss-parser with ``make readers``.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from reader import make_reader

from feeds.pipeline import publish
from feeds.settings import loader
from feeds.web import current_snapshot
from feeds.web.app import create_app
from tests.builders import NOW, article, link, write_corpus
from tests.paths import PROJECT
from tests.servers import free_port, served_in_thread

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NODE_MODULES = PROJECT / ".node" / "node_modules"


class Site:
    """A site that is served, edited and built again, and remembers what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.corpus = write_corpus(
            folder / "corpus",
            {
                "a.md": article(
                    "A", url="https://a.example/", topics=["AI"], related=[link("https://r.example/", "R")]
                ),
                "b.md": article(
                    "B", url="https://b.example/", topics=["AI"], related=[link("https://r.example/", "R")]
                ),
                "text.txt": "A plain text\n\n2022-05-24\n\nIts text.\n",
            },
        )
        self.port = free_port()
        self.site = loader.load_site(
            str(self.corpus), environ={}, state=str(folder / "state"), output="", base_url=self.address("")
        )
        self.polls: list[int] = []
        publish.build(self.site, NOW)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def add(self) -> None:
        write_corpus(self.corpus, {"c.md": article("C", "2022-05-30", url="https://c.example/", topics=["AI"])})
        publish.build(self.site, NOW)

    def last_status(self) -> int:
        return self.polls[-1]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(current_snapshot, "CHECK_SECONDS", 0)
    site = Site(tmp_path)
    app = create_app(site.site)

    def remembering(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, *more: Any) -> Callable[[bytes], object]:
            if "feed." in environ["PATH_INFO"]:
                site.polls.append(int(status[:3]))
            return start_response(status, *more)

        return app(environ, start)

    with served_in_thread(remembering, site.port):
        yield site


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; `make readers` does it")
    return found


ALL = ["https://a.example/", "https://b.example/", "https://r.example/"]


@pytest.mark.parametrize("name", ["feed.atom", "feed.rss"])
def test_feedparser(name: str, site: Site) -> None:
    address = site.address(f"topics/ai/{name}")
    first = feedparser.parse(address)
    assert sorted(entry.id for entry in first.entries) == ALL
    assert feedparser.parse(address, etag=first.etag, modified=first.modified).status == 304
    assert feedparser.parse(address, modified=first.modified).status == 304
    site.add()
    second = feedparser.parse(address, etag=first.etag, modified=first.modified)
    assert {entry.id for entry in second.entries} - {entry.id for entry in first.entries} == {"https://c.example/"}


@pytest.mark.parametrize("name", ["feed.atom", "feed.rss", "feed.json"])
def test_reader(name: str, site: Site) -> None:
    reader = make_reader(":memory:")
    address = site.address(name)
    reader.add_feed(address)
    assert reader.update_feed(address) is not None
    first = [entry.id for entry in reader.get_entries()]
    assert len(first) == len(set(first)) == 4
    for entry in reader.get_entries():
        reader.mark_entry_as_read(entry)
    reader.update_feed(address)
    assert site.last_status() == 304
    site.add()
    reader.update_feed(address)
    assert [entry.id for entry in reader.get_entries(read=False)] == ["https://c.example/"]
    assert reader.get_entry((address, "https://a.example/")).title == "A"
    reader.close()


def test_newsboat(site: Site, tmp_path: Path) -> None:
    newsboat = program("newsboat")
    (tmp_path / "urls").write_text(site.address("topics/ai/feed.atom") + "\n")
    (tmp_path / "config").write_text("")
    words = [newsboat, "-C", "config", "-u", "urls", "-c", "cache.db", "-x", "reload"]

    def poll() -> list[tuple[str, str]]:
        environ = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        subprocess.run(words, cwd=tmp_path, env=environ, check=True, timeout=60, capture_output=True)
        with sqlite3.connect(tmp_path / "cache.db") as db:
            rows: list[tuple[str, str]] = db.execute("SELECT guid, title FROM rss_item ORDER BY guid").fetchall()
        db.close()
        return rows

    assert [guid for guid, _ in poll()] == ALL
    poll()
    assert [title for _, title in poll()] == ["A", "B", "R"]
    assert site.last_status() == 304, "newsboat 2.21 keeps the validators of its second answer"
    site.add()
    assert [guid for guid, _ in poll()] == [*ALL[:2], "https://c.example/", ALL[2]]


def test_newsboat_imports_the_opml(site: Site, tmp_path: Path) -> None:
    newsboat = program("newsboat")
    document = create_app(site.site).test_client().get("/subscriptions.opml").data
    (tmp_path / "all.opml").write_bytes(document)
    (tmp_path / "urls").write_text("")
    (tmp_path / "config").write_text("")
    subprocess.run(
        [newsboat, "-C", "config", "-u", "urls", "-c", "cache.db", "-i", "all.opml"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        check=True,
        timeout=60,
        capture_output=True,
    )
    imported = (tmp_path / "urls").read_text()
    for path in ("feed.atom", "topics/ai/feed.atom", "providers/a.example/feed.atom"):
        assert site.address(path) in imported


def test_sfeed(site: Site, tmp_path: Path) -> None:
    program("curl")
    update = program("sfeed_update")
    feed = site.address("topics/ai/feed.atom")
    (tmp_path / "sfeedrc").write_text(f"sfeedpath='{tmp_path}/sfeed'\nfeeds() {{\n\tfeed 'ai' '{feed}'\n}}\n")

    def poll() -> list[str]:
        subprocess.run([update, str(tmp_path / "sfeedrc")], check=True, timeout=60, capture_output=True, cwd=tmp_path)
        lines = (tmp_path / "sfeed" / "ai").read_text("utf-8").splitlines()
        return sorted(line.split("\t")[5] for line in lines)

    assert poll() == ALL
    assert poll() == ALL
    site.add()
    assert poll() == sorted([*ALL, "https://c.example/"])


@pytest.mark.parametrize("name", ["feed.atom", "feed.rss"])
def test_rss_parser(name: str, site: Site) -> None:
    node = program("node")
    if not (NODE_MODULES / "rss-parser").is_dir():
        pytest.skip("rss-parser is not installed; `make readers` does it")
    code = (
        "const Parser = require('rss-parser');"
        "new Parser().parseURL(process.argv[1]).then(feed => console.log(JSON.stringify(feed)));"
    )

    def poll() -> list[tuple[str, str, str]]:
        done = subprocess.run(
            [node, "-e", code, site.address(f"topics/ai/{name}")],
            env={**os.environ, "NODE_PATH": str(NODE_MODULES), "NODE_NO_WARNINGS": "1"},
            check=True,
            timeout=60,
            capture_output=True,
            text=True,
        )
        feed = json.loads(done.stdout)
        return sorted((item.get("id") or item["guid"], item["link"], item["title"]) for item in feed["items"])

    assert [identity for identity, _, _ in poll()] == ALL
    site.add()
    assert ("https://c.example/", "https://c.example/", "C") in poll()
