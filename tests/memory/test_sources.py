"""Where a memory is taken from: a folder, or a server on loopback that answers as real ones do."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from feeds.errors import StateError
from feeds.memory import sources
from feeds.memory.format import DamagedMemoryError, Head, encode_part, part_name
from feeds.memory.sources import MemorySource, folder_source, newest, previous_source
from feeds.rules.site_layout import MEMORY_FOLDER, MEMORY_HEAD
from tests.builders import write_corpus

PARTS = [encode_part([(number, f"record {number}")]) for number in range(2)]
HEAD = Head("a" * 32, "", "", 3, {"entries": tuple(part.digest for part in PARTS)})
FILES = {
    MEMORY_FOLDER + MEMORY_HEAD: HEAD.to_bytes(),
    **{MEMORY_FOLDER + part_name("entries", part.digest): part.body for part in PARTS},
}


class Server(ThreadingHTTPServer):
    """A server of a folder, which remembers requests."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Cache-Control"]))
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "site", {**FILES, "feed.atom": b"<feed/>"})


@pytest.fixture
def server(site: Path) -> Iterator[Server]:
    with Server(site) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_folder(site: Path) -> None:
    source = folder_source(site)
    assert source is not None
    assert source.head == HEAD
    assert source.records_of("entries") == [[0, "record 0"], [1, "record 1"]]
    assert source.records_of("feeds") == []
    assert folder_source(site / "nothing") is None
    assert folder_source(site / "feed.atom") is None


def test_an_address_past_caches(server: Server) -> None:
    source = previous_source(server.address.rstrip("/"))
    assert source is not None
    assert source.records_of("entries") == [[0, "record 0"], [1, "record 1"]]
    assert len(server.asked) == len(FILES)
    assert {control for _, control in server.asked} == {"no-cache"}
    assert all("?" in path for path, _ in server.asked)


def test_queries_differ(server: Server) -> None:
    for _ in range(2):
        previous_source(server.address)
    assert len({path for path, _ in server.asked}) == 2


def test_neither_a_memory_nor_a_feed_is_a_first_build(server: Server, site: Path) -> None:
    assert previous_source(f"{server.address}other/") is None
    assert previous_source(str(site / "other")) is None


@pytest.mark.parametrize("name", ["feed.atom", "feed.rss", "feed.json"])
def test_a_feed_without_a_memory_is_refused(name: str, server: Server, site: Path) -> None:
    (site / MEMORY_FOLDER / MEMORY_HEAD).unlink()
    (site / "feed.atom").rename(site / name)
    for previous in (str(site), server.address):
        with pytest.raises(StateError, match="there is a feed and no memory"):
            previous_source(previous)


def test_a_page_for_everything_is_no_memory(server: Server, site: Path) -> None:
    """Some hosts answer 200 with a page for addresses that do not exist."""
    (site / MEMORY_FOLDER / MEMORY_HEAD).write_text("<html>Not found</html>")
    with pytest.raises(DamagedMemoryError, match=r"memory\.json: the memory is damaged"):
        previous_source(server.address)


@pytest.mark.parametrize("damage", ["missing", "another part", "cut off"])
def test_a_part_that_is_damaged(damage: str, server: Server, site: Path) -> None:
    path = site / MEMORY_FOLDER / part_name("entries", PARTS[1].digest)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(PARTS[0].body if damage == "another part" else PARTS[1].body[:-3])
    for previous in (str(site), server.address):
        source = previous_source(previous)
        assert source is not None
        with pytest.raises(DamagedMemoryError, match=f"{path.name}: the memory is damaged"):
            source.records_of("entries")


class Failing(BaseHTTPRequestHandler):
    answer = b""

    def do_GET(self) -> None:
        self.wfile.write(self.answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "the server answers 503"),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "the server answers 403"),
        (b"HTTP/1.1 302 Away\r\nLocation: ftp://x.example/\r\nContent-Length: 0\r\n\r\n", "unknown url type: ftp"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "the answer is cut off"),
        (b"nonsense\r\n\r\n", "the memory can't be read"),
        (b"", "the memory can't be read"),
    ],
)
def test_a_server_that_fails_is_a_sentence(answer: bytes, reason: str) -> None:
    handler = type("Handler", (Failing,), {"answer": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with pytest.raises(StateError, match=reason):
                previous_source(f"http://127.0.0.1:{running.server_address[1]}/")
        finally:
            running.shutdown()
            thread.join()


def test_nobody_listens() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as closed:
        address = f"http://127.0.0.1:{closed.server_address[1]}/"
    with pytest.raises(StateError, match=r"the memory can't be read .*--first"):
        previous_source(address)


def test_limits(server: Server, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 10)
    with pytest.raises(StateError, match="more than 10 bytes"):
        previous_source(server.address)
    monkeypatch.setattr(sources, "TOTAL_SECONDS", 0)
    with pytest.raises(StateError, match="longer than 0 seconds"):
        previous_source(server.address)


def test_the_newest_counts_and_another_site_is_refused() -> None:
    def source(where: str, number: int, site: str = "a" * 32) -> MemorySource:
        return MemorySource(where, Head(site, "", "", number, {}), lambda family: [])

    old, new, same = source("old", 3), source("new", 5), source("same", 5)
    assert newest([]) is None
    for given, expected in (([old, new, same], "new"), ([same, old, new], "same")):
        found = newest(given)
        assert found is not None
        assert found.where == expected
    with pytest.raises(StateError, match=r"^other: it has the memory of another site than old"):
        newest([old, new, source("other", 9, "b" * 32)])


def test_a_part_that_is_damaged_in_one_place_is_read_in_another(site: Path, tmp_path: Path) -> None:
    copy = write_corpus(tmp_path / "copy", FILES)
    places = [source for source in map(folder_source, (site, copy)) if source is not None]
    path = MEMORY_FOLDER + part_name("entries", PARTS[1].digest)
    (site / path).write_bytes(b"damaged")
    found = newest(places)
    assert found is not None
    assert found.records_of("entries") == [[0, "record 0"], [1, "record 1"]]
    (copy / path).unlink()
    with pytest.raises(DamagedMemoryError):
        found.records_of("entries")
