"""Limits that keep feeds polite, and which entries are published at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feeds.errors import ConfigError
from feeds.model import Kind, Reductions
from feeds.pipeline import publish
from feeds.rules.selection import Selection
from feeds.settings import loader
from tests.builders import NOW, article, link, make_entry, make_site, moment, tree, write_corpus
from tests.conftest import Run

AI, CHIPS, A, NEWS = (Kind.TOPIC, "ai"), (Kind.TOPIC, "chips"), (Kind.PROVIDER, "a.example"), (Kind.CATEGORY, "news")
FEEDS = [(Kind.ALL, ""), AI, A, NEWS]


@pytest.mark.parametrize(
    ("selection", "entry", "expected"),
    [
        pytest.param(Selection(), make_entry(), True, id="everything"),
        pytest.param(Selection(related=False), make_entry(own=True), True, id="own"),
        pytest.param(Selection(related=False), make_entry(own=False), False, id="related"),
        pytest.param(Selection(min_quality=5), make_entry(quality=5), True, id="good enough"),
        pytest.param(Selection(min_quality=5), make_entry(quality=4.9), False, id="not good enough"),
        pytest.param(Selection(min_quality=5), make_entry(quality=None), True, id="no quality"),
        pytest.param(Selection(include=frozenset({AI})), make_entry(), True, id="included"),
        pytest.param(Selection(include=frozenset({CHIPS})), make_entry(), False, id="not included"),
        pytest.param(Selection(include=frozenset({CHIPS, NEWS})), make_entry(), True, id="included by another"),
        pytest.param(Selection(exclude=frozenset({A})), make_entry(), False, id="excluded"),
        pytest.param(Selection(include=frozenset({AI}), exclude=frozenset({NEWS})), make_entry(), False, id="both"),
    ],
)
def test_selection(selection: Selection, entry: Any, expected: bool) -> None:
    assert selection.takes(FEEDS, own=entry.own, quality=entry.quality) == expected


FILES = {
    "a.md": article(
        "A", url="https://a.example/", topics=["AI"], quality=50, related=[link("https://r.example/", "R", quality=10)]
    ),
    "b.md": article("B", "2022-05-27", url="https://b.example/", topics=["Chips"], category="news", quality=20),
    "own.md": article("Own", "2022-05-24", url=None, topics=["AI", "Secret"]),
}


def titles(tmp_path: Path, path: str = "feed.atom", **settings: Any) -> list[str]:
    publish.build(make_site(write_corpus(tmp_path / "c", FILES), tmp_path, **settings), NOW)
    return [entry.title for entry in feedparser.parse((tmp_path / "public" / path).read_bytes()).entries]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["B", "A", "R", "Own"]),
        ({"related": False}, ["B", "A", "Own"]),
        ({"min_quality": 20}, ["B", "A", "Own"]),
        ({"include_topics": ("ai",)}, ["A", "R", "Own"]),
        ({"include_categories": ("News",), "include_providers": ("https://www.a.example/",)}, ["B", "A"]),
        ({"exclude_topics": ("secret",)}, ["B", "A", "R"]),
        ({"exclude_providers": ("a.example", "b.example")}, ["R", "Own"]),
    ],
)
def test_published_titles(settings: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    assert titles(tmp_path, **settings) == expected


def test_an_excluded_entry_leaves_only_an_empty_feed(tmp_path: Path) -> None:
    assert titles(tmp_path, "topics/chips/feed.atom", exclude_providers=("b.example",)) == []
    for name, body in tree(tmp_path / "public").items():
        assert b"b.example" not in body, name
    empty = feedparser.parse((tmp_path / "public" / "topics" / "chips" / "feed.atom").read_bytes())
    assert empty.feed.updated == "2022-05-27T00:00:00Z"
    publish.build(make_site(tmp_path / "c", tmp_path / "new", exclude_topics=("Secret",)), NOW)
    assert not (tmp_path / "new" / "public" / "topics" / "secret").exists()
    publish.build(make_site(tmp_path / "c", tmp_path, exclude_topics=("Secret",), farewell_after=0), NOW)
    assert b"This feed has ended" in (tmp_path / "public" / "topics" / "secret" / "feed.atom").read_bytes()
    assert not (tmp_path / "public" / "articles").exists()


def test_no_page_links_to_an_excluded_entry(tmp_path: Path) -> None:
    assert titles(tmp_path, exclude_providers=("r.example",)) == ["B", "A", "Own"]
    for name, body in tree(tmp_path / "public").items():
        assert b"r.example" not in body, name


def test_a_limit_for_one_kind(tmp_path: Path) -> None:
    assert titles(tmp_path, "topics/ai/feed.atom", topic_limit=1) == ["A"]
    assert len(titles(tmp_path, topic_limit=1)) == 4
    assert titles(tmp_path, "topics/ai/feed.atom", limit=2) == ["A", "R"]


def test_max_bytes(tmp_path: Path) -> None:
    files = {
        f"{day}.md": article(str(day), f"2022-05-{day:02}", url=f"https://a.example/{day}", excerpt="x" * 1000)
        for day in range(1, 31)
    }
    files["1.md"] = article("1", "2022-05-01", url="https://a.example/1", updatedDateTime="2022-06-01")
    corpus = write_corpus(tmp_path / "c", files)
    publish.build(make_site(corpus, tmp_path, max_bytes=40_000), NOW)
    public = tmp_path / "public"
    shown = {name: feedparser.parse((public / name).read_bytes()) for name in ("feed.atom", "feed.rss")}
    ids = {name: [entry.id for entry in parsed.entries] for name, parsed in shown.items()}
    assert ids["feed.atom"] == ids["feed.rss"]
    assert ids["feed.atom"] == [item["id"] for item in json.loads((public / "feed.json").read_bytes())["items"]]
    assert ids["feed.atom"][0] == "https://a.example/30"
    assert 20 <= len(ids["feed.atom"]) < 30
    assert shown["feed.atom"].feed.updated == "2022-05-30T00:00:00Z", "what is not shown does not count"
    report = publish.build(make_site(corpus, tmp_path, max_bytes=1), NOW)
    assert len(feedparser.parse((public / "feed.atom").read_bytes()).entries) == 20, "twenty entries, whatever the size"
    assert report.reductions.cut_feeds == 2
    report = publish.build(make_site(corpus, tmp_path), NOW)
    assert len(feedparser.parse((public / "feed.atom").read_bytes()).entries) == 30
    assert report.reductions == Reductions(0, 0)


def test_a_long_text_is_shown_by_its_excerpt_and_hides_no_other_entry(tmp_path: Path) -> None:
    words = "A sentence of a long text. "
    files = {
        "small.md": article("Small", "2022-05-01", url="https://a.example/small", body="Short."),
        "large.md": article("Large", "2022-05-02", url="https://a.example/large", body=words * 10_000),
        "own.md": article("Own", "2022-05-02", url=None, body=words * 10_000, topics=["AI"]),
        "last.md": article("Last", "2022-05-03", url="https://a.example/last", body="Short, too."),
    }
    site = make_site(write_corpus(tmp_path / "c", files), tmp_path)
    report = publish.build(site, NOW)
    public = tmp_path / "public"
    items = {item["title"]: item for item in json.loads((public / "feed.json").read_bytes())["items"]}
    assert items.keys() == {"Small", "Large", "Own", "Last"}
    large = items["Large"]["content_html"]
    assert len(large) < 1_000
    assert large.startswith("<p>A sentence of a long text.")
    assert '<a href="https://a.example/large">Read the whole text</a>' in large
    assert report.reductions == Reductions(short_entries=2, cut_feeds=0)
    own = next((public / "articles").glob("*/index.html")).read_text()
    assert own.count(words.strip()) > 9_000, "its page has the whole text"
    in_topic = json.loads((public / "topics" / "ai" / "feed.json").read_bytes())["items"]
    assert in_topic == [items["Own"]], "the same in every feed"
    publish.build(make_site(tmp_path / "c", tmp_path, entry_max_bytes=1_000_000), NOW)
    items = {item["title"]: item for item in json.loads((public / "feed.json").read_bytes())["items"]}
    assert len(items["Large"]["content_html"]) > 250_000


def test_six_long_posts_of_one_day_are_all_there(tmp_path: Path) -> None:
    files = {
        f"{number}.md": article(str(number), "2022-05-01", url=f"https://a.example/{number}", body="word " * 50_000)
        for number in range(6)
    }
    publish.build(make_site(write_corpus(tmp_path / "c", files), tmp_path), NOW)
    for name in ("feed.atom", "feed.rss"):
        assert len(feedparser.parse((tmp_path / "public" / name).read_bytes()).entries) == 6


def test_list_says_what_a_feed_leaves_out(feeds: Run, tmp_path: Path) -> None:
    files = {
        f"{number}.md": article(str(number), "2022-05-01", url=f"https://a.example/{number}", body="word " * 500)
        for number in range(30)
    }
    files["feeds.toml"] = "limit = 25\nmax_bytes = 1\nentry_max_bytes = 2000\n"
    write_corpus(tmp_path / "corpus", files)
    feeds("build", "corpus")
    (line, *_) = feeds("list", "corpus").stdout.splitlines()
    assert line.endswith("(shows 20, 20 in short form, 5 beyond its limit, 5 beyond its size)")
    counts = json.loads(feeds("list", "corpus", "--json").stdout)["feeds"][0]["counts"]
    assert counts == {"entries": 30, "shown": 20, "short": 20, "beyond_limit": 5, "beyond_size": 5}
    shown = feeds("show", "https://a.example/29", "corpus").stdout
    assert "feeds show its excerpt" in shown
    assert "because every entry is  (shows 20, 20 in short form, 5 beyond its limit, 5 beyond its size)" in shown
    entry = json.loads(feeds("show", "https://a.example/29", "corpus", "--json").stdout)["entry"]
    assert (entry["excerpt_only"], entry["feeds"][0]["counts"]["shown"]) == (True, 20)


def test_show_names_the_setting_that_excludes_an_entry(feeds: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {**FILES, "feeds.toml": 'exclude_providers = ["b.example"]\n'})
    entry = json.loads(feeds("show", "https://b.example/", "corpus", "--json").stdout)["entry"]
    assert (entry["selected"], entry["feeds"]) == (False, [])
    assert "the settings leave it out" in feeds("show", "https://b.example/", "corpus").stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('exclude_topics = "AI"', "exclude_topics should be a list of names"),
        ("exclude_topics = [1]", "exclude_topics should be a list of names"),
        ('include_providers = ["no domain"]', "lists of names, and of domains for providers"),
        ("topic_limit = -1", "limit should be 1 or more"),
        ("max_bytes = 0", "max_bytes should be 1 or more"),
    ],
)
def test_bad_selections_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        loader.load_site(environ={})


def test_lists_from_the_environment() -> None:
    assert loader.load_site(environ={"FEEDS_EXCLUDE_TOPICS": "AI, C++"}).exclude_topics == ("AI", "C++")


def test_the_updated_date_of_a_feed_is_that_of_its_shown_entries(tmp_path: Path) -> None:
    assert titles(tmp_path, limit=1) == ["B"]
    parsed = feedparser.parse((tmp_path / "public" / "feed.atom").read_bytes())
    assert parsed.feed.updated_parsed[:3] == moment("2022-05-27").timetuple()[:3]


def test_changed_settings_reach_every_entry_in_any_size_of_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{each}.md": article(str(each), url=f"https://a.example/{each}", quality=each) for each in range(9)}
    corpus = write_corpus(tmp_path / "corpus", files)
    publish.build(make_site(corpus, tmp_path), NOW)
    monkeypatch.setattr("feeds.catalogue.merging.MENTIONS_PER_BATCH", 2)
    assert publish.build(make_site(corpus, tmp_path, min_quality=5), NOW).entries == 4
