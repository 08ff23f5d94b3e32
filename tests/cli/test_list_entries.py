"""``feeds list --entries``: the entries of the site, or those that a feed shows."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from feeds.cli.spool import Spool, Streamed, write_json
from feeds.pipeline import publish
from feeds.pipeline.explain import all_entries, find_feed
from tests.builders import NOW, article, link, make_site, write_corpus
from tests.conftest import Run

PROVIDER = {"name": "The A", "domain": "a.example"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    files = {
        f"{day}.md": article(
            f"Day {day}",
            f"2022-05-{day}",
            url=f"https://{'b' if day % 2 else 'a'}.example/{day}",
            topics=["AI"] if day < 14 else [],
            body="word " * 300,
        )
        for day in range(10, 16)
    }
    files["draft.md"] = article("Draft", url="https://d.example/", draft=True, topics=["AI"])
    files["10.md"] = article("Day 10", "2022-05-10", url="https://a.example/10", topics=["AI"], provider=PROVIDER)
    return write_corpus(tmp_path / "corpus", files)


def test_all_entries_the_newest_first(feeds: Run, corpus: Path) -> None:
    lines = feeds("list", "corpus", "--entries").stdout.splitlines()
    assert [line.split("  ")[2] for line in lines] == [f"Day {day}" for day in (15, 14, 13, 12, 11, 10)]
    assert lines[0] == "2022-05-15  b.example  Day 15  https://b.example/15"
    assert lines[-1] == "2022-05-10  The A  Day 10  https://a.example/10"


@pytest.mark.parametrize(
    "wanted",
    ["topics/ai", "/topics/ai/", "http://127.0.0.1:8000/topics/ai/", "http://127.0.0.1:8000/topics/ai/feed.atom"],
)
def test_the_entries_of_one_feed(wanted: str, feeds: Run, corpus: Path) -> None:
    shown = json.loads(feeds("list", "corpus", "--entries", "--feed", wanted, "--json").stdout)
    assert [(feed["kind"], feed["counts"]["entries"]) for feed in shown["feeds"]] == [("topic", 4)]
    assert [entry["title"] for entry in shown["entries"]] == ["Day 13", "Day 12", "Day 11", "Day 10"]
    assert shown["entries"][-1] == {
        "published": "2022-05-10T00:00:00Z",
        "provider": PROVIDER,
        "title": "Day 10",
        "id": "https://a.example/10",
        "address": "https://a.example/10",
    }


@pytest.mark.parametrize("setting", ["topic_limit = 2", "limit = 3", "max_bytes = 5000"])
def test_a_feed_is_listed_as_its_documents_show_it(setting: str, feeds: Run, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(f"{setting}\n")
    feeds("build", "corpus", "--output", "public")
    for folder in ("", "topics/ai/"):
        document = json.loads((tmp_path / "public" / folder / "feed.json").read_text())
        shown = json.loads(feeds("list", "corpus", "--entries", "--feed", folder, "--json").stdout)
        assert [entry["id"] for entry in shown["entries"]] == [item["id"] for item in document["items"]]
    assert len(feeds("list", "corpus", "--entries").stdout.splitlines()) == 6


def test_a_feed_that_is_not_there(feeds: Run, corpus: Path) -> None:
    for wanted in ("topics/nothing", "nothing", "https://other.example/topics/ai/"):
        done = feeds("list", "corpus", "--entries", "--feed", wanted, code=2)
        assert "no feed has this folder or address" in done.stderr
    assert "write --entries as well" in feeds("list", "corpus", "--feed", "topics/ai", code=2).stderr


def test_an_entry_is_listed_once_whatever_its_feeds(feeds: Run, tmp_path: Path) -> None:
    text = article(topics=["A", "B"], category="c", related=[link("https://r.example/")])
    write_corpus(tmp_path / "corpus", {"a.md": text})
    assert len(feeds("list", "corpus", "--entries").stdout.splitlines()) == 2


def test_what_is_written_as_it_is_read_needs_no_memory() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            spool = Spool()
            write_json({"entries": Streamed({"title": f"{number:09}" * 9} for number in range(count))}, spool)
            spool.close()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(60_000) < 2 * peak(12_000)


def test_the_entries_of_one_moment_alone_are_sorted(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "corpus", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)

    def plan(db: sqlite3.Connection) -> str:
        feed = find_feed(db, "", site)
        assert feed is not None
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        assert len(list(all_entries(db, feed))) == 1
        db.set_trace_callback(None)
        return " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statements[0]}"))

    assert "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY" in publish.query(site, NOW, plan)
