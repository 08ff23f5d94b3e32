"""Popular pages: an edit beside one reads none of its other mentions, and changes only what shows a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from feeds.catalogue import entry_loading, merging, packing, popular_pages
from feeds.pipeline import publish
from feeds.settings.site import Site
from tests.builders import NOW, article, link, make_site, tree, write_corpus

POPULAR = link("https://popular.example/", "Popular", "2020-01-01", excerpt="What it is about")


def text(number: int, title: str = "", **fields: Any) -> str:
    """Return an article that links to the popular page, one day older than the one before."""
    day = f"2024-{12 - number // 28 % 12:02}-{28 - number % 28:02}"
    fields.setdefault("related", [POPULAR])
    return article(title or f"A{number}", day, url=f"https://a.example/{number}", topics=["AI"], **fields)


def built(folder: Path, articles: int) -> Site:
    files = {f"{number:04}.md": text(number) for number in range(articles)}
    site = make_site(write_corpus(folder / "corpus", files), folder, limit=5)
    publish.build(site, NOW)
    return site


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Count how often each link record is read back from the catalogue."""
    counts: Counter[int] = Counter()

    def counting(*args: Any) -> Iterator[packing.LoadedMention]:
        for mention in packing.load_mentions(*args):
            counts[mention.number] += 1
            yield mention

    for module in (merging, popular_pages, entry_loading):
        monkeypatch.setattr(module, "load_mentions", counting)
    return counts


EDITS: dict[str, Callable[[int], str]] = {
    "a title": lambda number: text(number, "Another"),
    "another topic": lambda number: text(number).replace('["AI"]', '["AI", "Rare"]'),
    "no link any more": lambda number: text(number, related=[]),
    "another link in addition": lambda number: text(number, related=[POPULAR, link("https://b.example/")]),
    "another spelling of the link": lambda number: text(
        number, related=[{**POPULAR, "webUrl": "http://www.popular.example/?utm_source=x"}]
    ),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("number", [70, 3], ids=["an old article", "an article that the page shows"])
def test_an_edit_beside_a_popular_page(edit: str, number: int, tmp_path: Path, read: Counter[int]) -> None:
    """It reads few records, whether 100 or 400 articles mention the page."""
    counts = []
    for articles in (100, 400):
        folder = tmp_path / str(articles)
        folder.mkdir()
        site = built(folder, articles)
        write_corpus(site.corpus_path, {f"{number:04}.md": EDITS[edit](number)})
        read.clear()
        publish.build(site, NOW)
        counts.append(read.total())
        fresh = make_site(site.corpus_path, folder / "fresh", limit=5)
        publish.build(fresh, NOW)
        assert tree(folder / "public") == tree(folder / "fresh" / "public")
    assert max(counts) <= 50


def test_a_page_is_read_as_a_whole_if_what_decided_is_gone(tmp_path: Path, read: Counter[int]) -> None:
    """The oldest mention is the representative one. Without it, any other one may be."""
    site = built(tmp_path, 40)
    rare = {**POPULAR, "publishedDateTime": "2019-01-01", "title": "Its first title"}
    write_corpus(site.corpus_path, {"0020.md": text(20, related=[rare])})
    publish.build(site, NOW)
    write_corpus(site.corpus_path, {"0020.md": text(20)})
    read.clear()
    publish.build(site, NOW)
    assert len(read) >= 40
    publish.build(make_site(site.corpus_path, tmp_path / "fresh", limit=5), NOW)
    assert tree(tmp_path / "public") == tree(tmp_path / "fresh" / "public")


def test_a_page_falls_into_two_if_what_held_it_together_is_gone(tmp_path: Path) -> None:
    """One article says that two popular pages are one. When it is gone, they are two again."""
    other = link("https://other.example/", "Other", "2021-01-01")
    files = {f"{number:04}.md": text(number, related=[POPULAR, other]) for number in range(30)}
    # An id decides nothing here, since the mention is not the representative one: only its keys count.
    bridge = {**POPULAR, "id": "https://other.example/", "publishedDateTime": "2021-02-01"}
    files["bridge.md"] = text(31, related=[bridge])
    site = make_site(write_corpus(tmp_path / "corpus", files), tmp_path, limit=50)
    assert publish.build(site, NOW).entries == 32
    (site.corpus_path / "bridge.md").unlink()
    assert publish.build(site, NOW).entries == 32, "30 articles and two pages"
    publish.build(make_site(site.corpus_path, tmp_path / "fresh", limit=50), NOW)
    assert tree(tmp_path / "public") == tree(tmp_path / "fresh" / "public")
