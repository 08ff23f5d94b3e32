"""Several workers: no connection gets an older generation than it has had before, while new ones are published."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import cycle, product
from pathlib import Path
from typing import Self

import pytest

from bench.measure import descendants
from feeds.pipeline import publish
from feeds.settings import loader
from feeds.store import snapshots
from tests.builders import article, write_corpus
from tests.servers import PATIENCE, answers, eventually, feeds_serve, free_port, get, server

ADDRESSES = ("/topics/ai/feed.atom", "/topics/ai/feed.rss", "/feed.json", "/topics/ai/feed", "/topics/ai/")
WORKERS, READERS = 3, 12


def edit(corpus: Path, number: int) -> None:
    text = article(f"Edit {number:04}", topics=["AI"], excerpt="A long story. " * 99)
    write_corpus(corpus, {".a.md": text})
    (corpus / ".a.md").rename(corpus / "a.md")  # no build finds half of it


class Reader:
    """One connection, which asks for one document after the other and remembers what it has been shown.

    Attributes:
        seen: the highest number of an edit, in whichever document.
    """

    def __init__(self, port: int) -> None:
        self.seen = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.connect()
        self._socket = self._connection.sock
        self._number_of: dict[tuple[str, str], int] = {}
        self._modified: dict[str, float] = {}
        self._turns = cycle(product(ADDRESSES, ("gzip", "identity"), (False, True)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self) -> None:
        """Ask once, and fail if the answer is older than one before."""
        address, coding, conditional = next(self._turns)
        headers = {"Accept-Encoding": coding}
        if conditional:
            headers["If-None-Match"] = ", ".join(tag for where, tag in self._number_of if where == address)
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status in (200, 304)
        assert self._connection.sock is self._socket, "it is another connection now"
        key = (address, answer.headers["ETag"])
        if answer.status == 200:
            found = re.search(rb"Edit (\d+)", gzip.decompress(body) if coding == "gzip" else body)
            assert found is not None
            self._number_of[key] = int(found[1])
        assert self._number_of[key] >= self.seen
        self.seen = self._number_of[key]
        modified = parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp()
        assert modified >= self._modified.get(address, 0)
        self._modified[address] = modified

    def ask_until(self, number: int) -> None:
        """Ask until an edit is shown."""
        late = time.monotonic() + PATIENCE
        while self.seen < number:
            assert time.monotonic() < late, f"edit {number} is not shown, but {self.seen}"
            self.ask()


@contextlib.contextmanager
def readers_of(port: int) -> Iterator[list[Reader]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Reader(port)) for _ in range(READERS)]


def test_a_storm_of_edits(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    edits = 20
    corpus.mkdir()
    edit(corpus, 0)
    port = free_port()
    command = feeds_serve(port, "--workers", str(WORKERS))
    with server(command, port, tmp_path), readers_of(port) as readers, ThreadPoolExecutor(READERS) as threads:
        answers = [threads.submit(each.ask_until, edits) for each in readers]
        for number in range(1, edits + 1):
            edit(corpus, number)
            eventually(lambda number=number: b"Edit %04d" % number in get(port, "/feed.atom")[2])  # type: ignore[misc]
        for answer in answers:
            answer.result()


def workers_of(process: int) -> list[int]:
    return [each for each in descendants(process) if is_worker(each)]


def is_worker(process: int) -> bool:
    try:
        return b"resource_tracker" not in Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
        return False


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    """Processes that are stopped, until the test ends."""
    processes: list[int] = []
    yield processes
    for each in processes:
        os.kill(each, signal.SIGCONT)


def test_a_worker_that_sleeps_while_generations_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: list[int]
) -> None:
    monkeypatch.setattr(snapshots, "MIN_AGE_SECONDS", -1)  # what is old goes at once
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    edit(corpus, 0)
    port = free_port()
    settings = {"FEEDS_STATE": str(tmp_path / "state"), "FEEDS_BASE_URL": "https://example.org/", "FEEDS_OUTPUT": ""}
    site = loader.load_site(str(corpus), environ=settings)

    def publish_one(number: int) -> None:
        edit(corpus, number)
        publish.build(site, datetime.now(UTC))

    command = feeds_serve(port, "--no-watch", "--workers", str(WORKERS))
    with (
        server(command, port, tmp_path, **settings) as process,
        readers_of(port) as readers,
        ThreadPoolExecutor(READERS) as threads,
    ):
        for each in readers:
            each.ask()
        old = set((tmp_path / "state" / "objects").glob("??/*.gz"))
        assert old
        sleeping, *_ = workers = workers_of(process.pid)
        assert len(workers) == WORKERS
        os.kill(sleeping, signal.SIGSTOP)
        stopped.append(sleeping)
        asked = threading.Barrier(len(readers) + 1)

        def ask(reader: Reader) -> None:
            asked.wait()
            reader.ask_until(9)

        answers = [threads.submit(ask, each) for each in readers]
        asked.wait()
        for number in range(1, 10):
            publish_one(number)
        assert not [each for each in old if each.exists()], "nothing is left of the first one"
        os.kill(stopped.pop(), signal.SIGCONT)
        for answer in answers:
            answer.result()


@pytest.mark.parametrize("number", [1, WORKERS])
def test_a_worker_that_ends_is_replaced(number: int, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    port = free_port()
    with server(feeds_serve(port, "--no-watch", "--workers", str(number)), port, tmp_path) as process:
        lost, *_ = before = workers_of(process.pid)
        os.kill(lost, signal.SIGKILL)
        eventually(lambda: len({*workers_of(process.pid)} - {lost}) == len(before))
        eventually(lambda: answers(port))


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="the system has no such thing")
def test_workers_let_each_other_finish(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    port = free_port()
    with server(feeds_serve(port, "--no-watch"), port, tmp_path) as process, ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda _: get(port, "/nothing"), range(200)))
        (worker,) = workers_of(process.pid)
        tasks = [int(each.name) for each in Path(f"/proc/{worker}/task").iterdir()]
        assert {os.sched_getscheduler(each) for each in tasks} == {os.SCHED_BATCH}
        assert len(tasks) < 10
