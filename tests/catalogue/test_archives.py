"""The documents of months: pages, and archives (RFC 5005 section 4), whose chain yields every entry once."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from feeds.pipeline import assemble, compose, months, publish
from feeds.pipeline.compose import ComposedFeed, FeedDraft
from feeds.render.head import FeedHead
from feeds.render.months import render_month
from tests.builders import NOW, article, delete_catalogue, make_site, tree, write_corpus

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
    for each, later in pairwise(reversed(addresses)):
        assert link(site[each], "next-archive") == later
    assert b"archive" not in site[f"{feed}feed.rss"]


def test_the_pages_of_a_json_feed_lead_to_all_entries(tmp_path: Path) -> None:
    site = build(tmp_path, FILES)
    titles, path = [], "topics/ai/feed.json"
    while path:
        document = json.loads(site[path])
        assert document["feed_url"] == f"https://example.org/{path}"
        titles.append([item["title"] for item in document["items"]])
        path = document.get("next_url", "").removeprefix("https://example.org/")
    assert titles == [
        ["2026-05-01"],
        ["2026-05-01"],
        ["2022-03-02", "2022-03-01"],
        ["2022-01-31T23:59:59Z", "2022-01-01"],
    ]


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Return the months that have other documents, as the folders of their pages."""
    documents = {path for path in before.keys() | after.keys() if "archive/" in path}
    differing = {path for path in documents if before.get(path) != after.get(path)}
    months = {re.sub(r"\.(atom|json)$|/index.html$", "", path) for path in differing}
    assert all({f"{month}.atom", f"{month}/index.html"} <= differing for month in months)
    return sorted(months)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param(
            {"2022-03-01.md": article("New", "2022-03-01", url="https://a.example/2022-03-01", topics=["AI"])},
            ["archive/2022-03", "providers/a.example/archive/2022-03", "topics/ai/archive/2022-03"],
            id="an edit changes its month",
        ),
        pytest.param(
            {"n.md": article("N", "2026-05-31", url="https://n.example/")},
            ["archive/2026-05", "providers/n.example/archive/2026-05"],
            id="a new article changes its month",
        ),
        pytest.param(
            {"n.md": article("N", "2022-02-01", url="https://a.example/n")},
            [
                "archive/2022-01",
                "archive/2022-02",
                "archive/2022-03",
                "providers/a.example/archive/2022-01",
                "providers/a.example/archive/2022-02",
                "providers/a.example/archive/2022-03",
            ],
            id="a new month changes the links of its neighbours",
        ),
        pytest.param(
            {"2022-01-01.md": "", "2022-01-31T23:59:59Z.md": ""},
            [
                "archive/2021-12",
                "archive/2022-01",
                "archive/2022-03",
                "providers/a.example/archive/2021-12",
                "providers/a.example/archive/2022-01",
                "providers/a.example/archive/2022-03",
                "topics/ai/archive/2022-01",
                "topics/ai/archive/2022-03",
            ],
            id="a month that goes changes the links of its neighbours",
        ),
    ],
)
def test_documents_of_a_month_change_only_with_it(edit: dict[str, str], expected: list[str], tmp_path: Path) -> None:
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
    assert not [path for path in without if re.search(r"archive/\d{4}-\d\d\.", path)]
    assert len(build(tmp_path, {})) > len(without)
    assert build(tmp_path, {}, archives=False) == without


def test_an_archive_has_all_entries_of_its_month(tmp_path: Path) -> None:
    files = {f"{n}.md": article(f"T{n}", f"2022-05-{n:02}", url=f"https://a.example/{n}") for n in range(1, 31)}
    site = build(tmp_path, files, max_bytes=1000)
    assert len(feedparser.parse(site["archive/2022-05.atom"]).entries) == 30


def headlines(page: bytes) -> list[str]:
    """Return days and titles of the page of a month."""
    found = etree.HTML(page).iterfind(".//main//section//*")
    return ["".join(each.itertext()) for each in found if each.tag == "a" or each.tag == "time"]


def test_the_page_of_a_month(tmp_path: Path) -> None:
    site = build(tmp_path, FILES, archives=False)
    body = site["topics/ai/archive/2022-01/index.html"]
    root = etree.HTML(body)
    assert root.findtext(".//h1") == "AI, January 2022"
    assert headlines(body) == ["31 January 2022", "2022-01-31T23:59:59Z", "1 January 2022", "2022-01-01"]
    steps = [(each.get("href"), each.text) for each in root.findall(".//p[@class='steps']/a")]
    assert steps == [("../../", "Newest entries"), ("../../archive/2022-03/", "March 2022")] * 2
    listed = etree.HTML(site["topics/ai/index.html"]).find(".//aside/nav")
    assert listed is not None
    assert " ".join("".join(listed.itertext()).split()) == "All entries by month 2026 May (1) 2022 Mar (2) Jan (2)"
    assert [each.get("href") for each in listed.iter("a")] == [
        f"archive/{day}/" for day in ("2026-05", "2022-03", "2022-01")
    ]


def test_a_month_is_one_of_the_time_zone_of_the_site(tmp_path: Path) -> None:
    """An article with the date of the first of a month is in that month, wherever it is midnight then."""
    files = {"a.md": article("A", "2022-06-01"), "b.md": article("B", "2022-05-31T14:59:59Z", url="https://b.example/")}
    site = build(tmp_path, files, timezone="Asia/Tokyo")
    assert headlines(site["archive/2022-06/index.html"]) == ["1 June 2022", "A"]
    assert headlines(site["archive/2022-05/index.html"]) == ["31 May 2022", "B"]
    assert [entry.title for entry in feedparser.parse(site["archive/2022-06.atom"]).entries] == ["A"]


def numbered(count: int, **changed: str) -> dict[str, str]:
    """Return articles of one topic, one a month; `changed` has other titles for some of them: ``n7="Other"``."""
    return {
        f"{n}.md": article(
            changed.get(f"n{n}", f"T{n}"),
            date(2020 + n // 12, n % 12 + 1, 1).isoformat(),
            url=f"https://a.example/{n}",
            topics=["AI"],
        )
        for n in range(count)
    }


def test_only_a_feed_with_older_entries_has_pages_of_months(tmp_path: Path) -> None:
    with_settings = {"archives": False, "limit": 4}
    few = build(tmp_path, numbered(4), **with_settings)
    assert not [path for path in few if "archive/" in path]
    many = build(tmp_path, numbered(5), **with_settings)
    assert len([path for path in many if path.startswith("topics/ai/archive/")]) == 5
    (tmp_path / "corpus" / "4.md").unlink()
    assert build(tmp_path, {}, **with_settings) == few


def test_an_edit_renders_its_months_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"archives": False, "limit": 4}
    build(tmp_path, numbered(24), **settings)
    pages: list[str] = []
    composed: list[str] = []

    def note_page(head: FeedHead, days: Sequence[int], lines: Sequence[str]) -> bytes:
        pages.append(f"{head.folder}{head.month}")
        return render_month(head, days, lines)

    def note_feeds(folder: Path, verify: bool, drafts: Sequence[FeedDraft]) -> list[ComposedFeed]:
        composed.extend(draft.head.folder for draft in drafts)
        return compose.compose_feeds(folder, verify, drafts)

    monkeypatch.setattr(months, "render_month", note_page)
    monkeypatch.setattr(assemble, "compose_feeds", note_feeds)
    after = build(tmp_path, numbered(24, n7="Other"), **settings)
    assert sorted(pages) == ["2020-08", "providers/a.example/2020-08", "topics/ai/2020-08"]
    assert composed == [""], "the first page shows the title, and no feed does any more"
    delete_catalogue(tmp_path / "state")
    assert build(tmp_path, {}, **settings) == after
