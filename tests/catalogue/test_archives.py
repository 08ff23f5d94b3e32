"""Archives (RFC 5005 section 4): one document a month, a chain that yields every entry once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from feeds.pipeline import publish
from tests.builders import NOW, article, make_site, tree, write_corpus

FILES = {
    f"{day}.md": article(day, day, url=f"https://a.example/{day}", topics=["AI"] if day > "2022" else ["Old"])
    for day in ("2021-12-31T23:59:59Z", "2022-01-01", "2022-01-31T23:59:59Z", "2022-03-01", "2022-03-02", "2026-05-01")
}


def build(folder: Path, files: dict[str, str], **settings: Any) -> dict[str, bytes]:
    corpus = write_corpus(folder / "corpus", files)
    publish.build(make_site(corpus, folder, **({"archives": True, "limit": 1} | settings)), NOW)
    return tree(folder / "public")


def link(document: bytes, rel: str) -> str | None:
    found = etree.fromstring(document).find(f"{{*}}link[@rel='{rel}']")
    return found.get("href", "").removeprefix("https://example.org/") if found is not None else None


def chain(site: dict[str, bytes], feed: str) -> list[str]:
    """Return the archives that a reader comes to from `feed`."""
    addresses = []
    address = link(site[feed], "prev-archive")
    while address is not None:
        addresses.append(address)
        address = link(site[address], "prev-archive")
    return addresses


@pytest.mark.parametrize(
    ("feed", "months", "titles"),
    [
        (
            "",
            ["2026-05", "2022-03", "2022-01", "2021-12"],
            sorted((day[:-3] for day in FILES), reverse=True),
        ),
        ("topics/old/", ["2021-12"], ["2021-12-31T23:59:59Z"]),
    ],
)
def test_the_chain_yields_every_entry_once(feed: str, months: list[str], titles: list[str], tmp_path: Path) -> None:
    site = build(tmp_path, FILES)
    addresses = chain(site, f"{feed}feed.atom")
    assert addresses == [f"{feed}archive/{month}.atom" for month in months]
    assert [entry.title for each in addresses for entry in feedparser.parse(site[each]).entries] == titles
    assert len(feedparser.parse(site[f"{feed}feed.atom"]).entries) == 1
    for each in addresses:
        root = etree.fromstring(site[each])
        assert root.find("{http://purl.org/syndication/history/1.0}archive") is not None
        assert (link(site[each], "self"), link(site[each], "current")) == (each, f"{feed}feed.atom")
        parsed = feedparser.parse(site[each])
        assert parsed.feed.id == feedparser.parse(site[f"{feed}feed.atom"]).feed.id
        assert parsed.feed.updated == max(entry.updated for entry in parsed.entries)
    assert b"archive" not in site[f"{feed}feed.rss"]


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    archives = {path for path in before.keys() | after.keys() if "archive/" in path}
    return sorted(path for path in archives if before.get(path) != after.get(path))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param(
            {"2022-03-01.md": article("New", "2022-03-01", url="https://a.example/2022-03-01", topics=["AI"])},
            ["archive/2022-03.atom", "providers/a.example/archive/2022-03.atom", "topics/ai/archive/2022-03.atom"],
            id="an edit changes its month",
        ),
        pytest.param(
            {"n.md": article("N", "2026-05-31", url="https://n.example/")},
            ["archive/2026-05.atom", "providers/n.example/archive/2026-05.atom"],
            id="a new article changes its month",
        ),
        pytest.param(
            {"n.md": article("N", "2022-02-01", url="https://a.example/n")},
            [
                "archive/2022-02.atom",
                "archive/2022-03.atom",
                "providers/a.example/archive/2022-02.atom",
                "providers/a.example/archive/2022-03.atom",
            ],
            id="a new month changes the link of the next",
        ),
        pytest.param(
            {"2022-01-01.md": "", "2022-01-31T23:59:59Z.md": ""},
            [
                "archive/2022-01.atom",
                "archive/2022-03.atom",
                "providers/a.example/archive/2022-01.atom",
                "providers/a.example/archive/2022-03.atom",
                "topics/ai/archive/2022-01.atom",
                "topics/ai/archive/2022-03.atom",
            ],
            id="a month that goes changes the link of the next",
        ),
    ],
)
def test_an_archive_changes_only_with_its_month(edit: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    before = build(tmp_path, FILES)
    after = build(tmp_path, edit)
    assert changed(before, after) == expected


def test_an_archive_has_the_name_of_its_feed(tmp_path: Path) -> None:
    build(tmp_path, {"a.md": article("A", "2022-01-01", url="https://a.example/a", topics=["ml"])})
    files = {f"{n}.md": article(str(n), "2022-03-01", url=f"https://a.example/{n}", topics=["ML"]) for n in range(3)}
    site = build(tmp_path, files)
    assert b">ML " in site["topics/ml/archive/2022-01.atom"]
    for path in (tmp_path / "state").glob("catalogue*"):
        path.unlink()
    assert build(tmp_path, {}) == site


def test_the_setting_adds_and_removes_archives(tmp_path: Path) -> None:
    without = build(tmp_path, {**FILES, "t.md": article("T", topics=["archive"])}, archives=False)
    assert "topics/archive/feed.atom" in without
    assert not changed({}, {path: body for path, body in without.items() if path[-12:-5].startswith("20")})
    assert len(build(tmp_path, {})) > len(without)
    assert build(tmp_path, {}, archives=False) == without


def test_an_archive_has_all_entries_of_its_month(tmp_path: Path) -> None:
    files = {f"{n}.md": article(f"T{n}", f"2022-05-{n:02}", url=f"https://a.example/{n}") for n in range(1, 31)}
    site = build(tmp_path, files, max_bytes=1000)
    assert len(feedparser.parse(site["archive/2022-05.atom"]).entries) == 30
