"""The program that measures polls: the requests that it sends, and the wrong answers that it refuses."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import polling, polling_page
from bench.corpus import Sharing
from bench.page import PAGE
from bench.polling import SCENARIOS, WrongAnswerError
from bench.polling_page import BODY, GZIP, HALF_RATE, MEMORY, NOT_MODIFIED, P99, PUBLISHING, RATE, SLOWEST
from bench.results import Case, Results
from bench.servers import Nginx, OurServer
from bench.tools import MissingError, Ours
from tests.builders import article, write_corpus

INSTALLED = (shutil.which("nginx") or Path("/usr/sbin/nginx").exists()) and shutil.which("wrk")
needs_both = pytest.mark.skipif(
    not INSTALLED or (os.cpu_count() or 1) < 2, reason="needs nginx, wrk and two cores: make bench-polling"
)

CASE = Case(Sharing.NEAR, 10_000)
NAMES = ["a/feed.atom", "b/feed.atom", "c/feed.atom"]


def some_results() -> Results:
    results = Results()
    results.measured_under({"feeds": "1", "nginx": "2"})
    results.begin(CASE)
    for tool, rate in (("feeds", 80), ("nginx", 100), (polling_page.TUNED, 125)):
        for name in (NOT_MODIFIED, BODY):
            for factor in (1, 9, 2):
                results.add(CASE, name, tool, **{RATE: rate * factor})
        results.add(CASE, HALF_RATE, tool, **{RATE: 40, P99: 400 / rate})
    results.add(CASE, PUBLISHING, "feeds", **{SLOWEST: 120})
    results.add(CASE, MEMORY, "feeds", memory=150_000_000)
    return results


class TestPage:
    def test_targets(self) -> None:
        found = [(each.limit, each.reached, each.verdict) for each in polling_page.targets(some_results(), CASE)]
        assert found == [
            (0.70, 0.8, "✓"),
            (0.50, 0.8, "✓"),
            (0.50, None, ""),
            (3, 1.25, "✓"),
            (100, 120, "missed"),
            (150, 150, "✓"),
        ]

    def test_tables(self) -> None:
        table = polling_page.figures(some_results())
        assert "| 304: requests a second, ÷ nginx's | ≥ 0.7 | 0.80 | ✓ |" in table
        assert "| 200, gzip: requests a second, ÷ nginx's | ≥ 0.5 | – |  |" in table
        assert "| 304, requests a second | 160 | 200 | 250 | 0.80 | 0.64 |" in table
        assert "Medians of 3 rounds." in table

    def test_what_stands_around_the_section_stays(self) -> None:
        text = f"before\n{polling_page.BEGIN}\nold\n{polling_page.END}\nafter\n"
        once = polling_page.page(text, some_results())
        assert once.startswith(f"before\n{polling_page.BEGIN}\n\n### Polls of a site of 10,000 articles\n")
        assert once.endswith(f"{polling_page.END}\nafter\n")
        assert "old" not in once
        assert polling_page.page(once, some_results()) == once

    def test_the_committed_page_is_what_the_committed_figures_say(self) -> None:
        text = PAGE.read_text("utf-8")
        assert polling_page.page(text, Results.load(polling_page.JSON_FILE)) == text
        kept = json.loads(polling_page.JSON_FILE.read_text("utf-8"))
        assert "/" not in "".join(kept["conditions"].values())


class TestWhatIsPolled:
    def test_atom_documents_of_the_size_that_is_meant(self) -> None:
        sizes = {f"t/{number}/feed.atom": 40_000 + 100 * number for number in range(300)}
        sizes |= {"t/0/feed.rss": 40_000, "t/archive/2022-05.atom": 40_000, "small/feed.atom": 900}
        found = polling.choose(sizes)
        assert len(found) == polling.FEEDS
        assert set(found) == {f"t/{number}/feed.atom" for number in range(200)}

    def test_compressed_documents_are_as_old_as_the_others(self, tmp_path: Path) -> None:
        write_corpus(tmp_path, {"a.atom": "a" * 1000, "b.atom": "b", "b.atom.gz": "kept"})
        os.utime(tmp_path / "a.atom", (1_000_000, 1_000_000))
        polling.compress(tmp_path, ["a.atom", "b.atom"])
        assert gzip.decompress((tmp_path / "a.atom.gz").read_bytes()) == b"a" * 1000
        assert (tmp_path / "a.atom.gz").stat().st_mtime == 1_000_000
        assert (tmp_path / "b.atom.gz").read_bytes() == b"kept"


@needs_both
class TestNginx:
    @pytest.fixture
    def nginx(self, tmp_path: Path) -> Iterator[Nginx]:
        write_corpus(tmp_path / "root", {"index.html": "x", **{name: name * 500 for name in NAMES}})
        polling.compress(tmp_path / "root", NAMES)
        with Nginx(tmp_path / "nginx", tmp_path / "root") as server:
            yield server

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_every_answer_is_what_it_should_be(self, name: str, nginx: Nginx, tmp_path: Path) -> None:
        polled = tmp_path / "polled.txt"
        assert polling.write_list(nginx, NAMES, SCENARIOS[name], polled)
        figures = polling.wrk(nginx, polled, SCENARIOS[name], 1, check=True)
        assert figures["requests"] > 0
        size = figures["bytes"] / figures["requests"]
        least, most = {NOT_MODIFIED: (0, 500), BODY: (5_500, 7_000), GZIP: (0, 1_000)}[name]
        assert least < size < most

    def test_another_status_than_expected_is_told(self, nginx: Nginx, tmp_path: Path) -> None:
        polled = tmp_path / "polled.txt"
        polling.write_list(nginx, NAMES, SCENARIOS[BODY], polled)
        with pytest.raises(WrongAnswerError, match="answers were wrong"):
            polling.wrk(nginx, polled, SCENARIOS[NOT_MODIFIED], 1, check=True)

    def test_an_error_is_told_without_looking_at_answers(self, nginx: Nginx, tmp_path: Path) -> None:
        polled = tmp_path / "polled.txt"
        polled.write_text("/nowhere\t\n")
        with pytest.raises(WrongAnswerError, match="answers were wrong"):
            polling.wrk(nginx, polled, SCENARIOS[BODY], 1, check=False)

    def test_a_document_that_is_not_there_ends_it(self, nginx: Nginx, tmp_path: Path) -> None:
        with pytest.raises(WrongAnswerError, match="404"):
            polling.write_list(nginx, ["nowhere"], SCENARIOS[BODY], tmp_path / "polled.txt")

    def test_a_coding_that_is_not_served_is_not_measured(self, nginx: Nginx, tmp_path: Path) -> None:
        (tmp_path / "root" / f"{NAMES[1]}.gz").unlink()
        assert not polling.write_list(nginx, NAMES, SCENARIOS[GZIP], tmp_path / "polled.txt")

    def test_a_pause_makes_it_unhurried(self, nginx: Nginx, tmp_path: Path) -> None:
        polled = tmp_path / "polled.txt"
        polling.write_list(nginx, NAMES, SCENARIOS[NOT_MODIFIED], polled)
        figures = polling.wrk(nginx, polled, SCENARIOS[NOT_MODIFIED], 1, check=True, pause=200)
        assert 0 < figures["requests"] <= polling.CONNECTIONS * 40  # each waits 200 ms on average

    def test_a_server_that_does_not_start_is_told(self, tmp_path: Path) -> None:
        broken = Nginx(tmp_path / "broken; }", tmp_path)
        with pytest.raises(MissingError, match="nginx doesn't answer"), broken:
            pass


def test_ours_is_served_as_it_was_built(tmp_path: Path) -> None:
    tool = Ours(tmp_path / "feeds")
    tool.set_up()
    write_corpus(tool.corpus, {"a.md": article(topics=["AI"])})
    with OurServer(tool, watch=False) as server:
        address = "topics/ai/feed.atom"
        assert polling.write_list(server, [address], SCENARIOS[NOT_MODIFIED], tmp_path / "polled.txt")
        path, _, tag = (tmp_path / "polled.txt").read_text().strip().partition("\t")
        assert server.ask(path, {"If-None-Match": tag})[0].status == 304
        assert server.memory() > 10_000_000
    assert b"https://feeds.example/" in server_state(tool)


def server_state(tool: Ours) -> bytes:
    """Return all that is in the objects of what was served."""
    objects = Path(tool.environ()["FEEDS_STATE"]) / "objects"
    return b"".join(path.read_bytes() for path in objects.rglob("*") if path.is_file())
