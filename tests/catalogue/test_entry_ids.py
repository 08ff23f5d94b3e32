"""A published id never changes: builds one after another, read by a reader that keeps ids."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from feeds.model import Severity
from feeds.pipeline import publish
from tests.builders import (
    NOW,
    article,
    delete_catalogue,
    link,
    make_site,
    memory_files,
    remembered,
    write_corpus,
)
from tests.conftest import Run
from tests.paths import RAM_FOLDER

X, Y = "https://x.example/1", "https://y.example/2"


def mentioning(*links: dict[str, Any]) -> str:
    """Return an article without a page that has these related links."""
    return article("Mentions", url=None, related=links)


def items(folder: Path, path: str = "feed.json") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "public" / path).read_bytes())["items"]
    return found


def build(folder: Path, **options: Any) -> dict[str, str]:
    """Build the corpus in `folder` and return the id of each title."""
    publish.build(make_site(folder / "corpus", folder, **options), NOW)
    found = items(folder)
    assert len({each["id"] for each in found}) == len(found)
    return {each["title"]: each["id"] for each in found}


HISTORIES: dict[str, list[dict[str, str | None]]] = {
    "http becomes https": [{"a.md": article("A", url="http://x.example/1")}, {"a.md": article("A", url=X)}],
    "an unknown parameter goes": [{"a.md": article("A", url=f"{X}?from=a")}, {"a.md": article("A", url=X)}],
    "the article's own file arrives": [
        {"b.md": article("B", url=Y, related=[link("http://x.example/1/", "A")])},
        {"a.md": article("A", "2024-01-01", url=X)},
    ],
    "an earlier mention arrives": [
        {"b.md": article("B", url=Y, related=[link(X, "A", "2024-02-01")])},
        {"c.md": article("C", url=f"{Y}/c", related=[link("http://www.x.example/1", "A", "2024-01-01")])},
    ],
    "the title changes": [
        {"a.md": article("A", url=f"{X}?p=1"), "b.md": article("B", url=Y, related=[link(f"{X}?p=1", "A")])},
        {"a.md": article("A", url=f"{X}?p=1", ampWebUrl=f"{X}/amp"), "b.md": None},
        {"a.md": article("A", url=f"{X}?p=2", ampWebUrl=f"{X}/amp")},
    ],
    "an article gets an id of its own": [{"a.md": article("A", url=X)}, {"a.md": article("A", url=X, id="tag:x,1")}],
    "an article loses its id": [{"a.md": article("A", url=X, id="tag:x,1")}, {"a.md": article("A", url=X)}],
    "an article without a page is dated anew": [
        {"a.md": article("A", url=None)},
        {"a.md": article("A", "2024-01-01", url=None)},
    ],
    "an article without a page is renamed": [
        {"a.md": article("A", url=None)},
        {"a.md": None, "n.md": article("A", url=None)},
    ],
    "an article without a page gets one": [{"a.md": article("A", url=None)}, {"a.md": article("A", url=X)}],
    "an article moves": [{"a.md": article("A", url=X)}, {"a.md": article("A", url=Y)}],
    "an article is away for a while": [
        {"a.md": article("A", url="http://x.example/1"), "b.md": article("B", url=Y)},
        {"a.md": None},
        {"a.md": article("A", url=X)},
    ],
    "only its other address is left": [
        {"a.md": article("A", url=X), "b.md": mentioning(link(Y, "A", "2024-01-01", originalUrl=X))},
        {"a.md": None},
        {"b.md": mentioning(link(Y, "A", "2024-01-01"))},
    ],
}


@pytest.mark.parametrize("lost", [False, True], ids=["", "catalogue lost"])
@pytest.mark.parametrize("name", HISTORIES)
def test_a_published_id_stays(name: str, lost: bool, tmp_path: Path) -> None:
    known: dict[str, str] = {}
    for edits in HISTORIES[name]:
        for path, text in edits.items():
            if text is None:
                (tmp_path / "corpus" / path).unlink()
            else:
                write_corpus(tmp_path / "corpus", {path: text})
        if lost:
            delete_catalogue(tmp_path / "state")
        found = build(tmp_path)
        assert {title: found[title] for title in known.keys() & found.keys()} == {
            title: known[title] for title in known.keys() & found.keys()
        }
        assert "A" in found or None in edits.values()
        known |= found


def test_two_entries_are_merged_and_split_again(tmp_path: Path) -> None:
    def related() -> dict[str, str]:
        return {title: ident for title, ident in build(tmp_path).items() if title in "XYZ"}

    files = {"x.md": mentioning(link(X, "X", "2024-02-01")), "y.md": mentioning(link(Y, "Y", "2024-01-01"))}
    corpus = write_corpus(tmp_path / "corpus", files)
    first = related()
    write_corpus(corpus, {"z.md": mentioning(link(X, "Z", "2024-03-01", originalUrl=Y))})
    assert related() == {"Y": Y}
    write_corpus(corpus, {"y.md": mentioning(link(Y, "Y", "2024-04-01"))})
    assert related() == {"X": Y}, "X represents the page now, which is known as Y"
    (corpus / "z.md").unlink()
    assert related() == first


def test_articles_that_were_one_entry_and_are_two(tmp_path: Path) -> None:
    """The older one stays the item that subscribers know; the other one is a new item."""
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("A", url=X), "b.md": article("B", "2024-01-01", url=X)})
    assert build(tmp_path) == {"A": X}
    write_corpus(corpus, {"a.md": article("A", url=f"{X}#one"), "b.md": article("B", "2024-01-01", url=f"{X}#two")})
    split = {"A": X, "B": f"{X}#two"}
    assert build(tmp_path) == split
    delete_catalogue(tmp_path / "state")
    assert build(tmp_path) == split
    write_corpus(corpus, {"b.md": article("B", "2020-01-01", url=f"{X}#two")})
    assert build(tmp_path) == split, "an older date does not take the id of the other one"
    site = make_site(corpus, tmp_path)
    (corpus / "b.md").unlink()
    assert publish.compare(site, NOW).reidentified == (), "one of two articles is gone: nothing has become one entry"
    assert build(tmp_path) == {"A": X}


def test_articles_whose_page_is_shared(tmp_path: Path) -> None:
    files = {
        "a.md": article("A", url=f"{X}?p=1"),
        "b.md": article("A", "2024-01-01", url=f"{X}?p=2"),
        "c.md": mentioning(link(f"{X}?p=2", "A"), link(X, "Else")),
    }
    corpus = write_corpus(tmp_path / "corpus", files)
    publish.build(make_site(corpus, tmp_path), NOW)
    found = {each["id"]: each["url"] for each in items(tmp_path)}
    assert found.items() >= {f"{X}?p=1": f"{X}?p=1", f"{X}?p=2": f"{X}?p=2", X: X}.items()
    report = publish.build(make_site(corpus, tmp_path), NOW)
    assert report.problems == ()


def test_articles_with_one_address_are_one_entry_with_a_warning(tmp_path: Path) -> None:
    files = {
        "old.md": article("Old", url=X, topics=["One"], related=[link("https://r.example/1", "R1")]),
        "new.md": article("New", "2024-01-01", url=X, topics=["Two"], related=[link("https://r.example/2", "R2")]),
    }
    corpus = write_corpus(tmp_path / "corpus", files)
    (problem,) = publish.build(make_site(corpus, tmp_path), NOW).problems
    assert (problem.path, problem.line, problem.field, problem.severity) == ("new.md", 4, "webUrl", Severity.WARNING)
    assert "old.md" in problem.reason
    (entry,) = (each for each in items(tmp_path) if each["id"] == X)
    assert (entry["title"], entry["tags"]) == ("Old", ["One", "Two"])
    assert sorted(entry["_feeds"]["related_to"]) == ["https://r.example/1", "https://r.example/2"]
    assert publish.build(make_site(corpus, tmp_path, duplicates="merge"), NOW).problems == ()


def test_an_id_is_never_given_to_another_page(tmp_path: Path) -> None:
    """A page has moved and kept its id, which is an address; then an article about that address arrives."""
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("A", url=X)})
    build(tmp_path)
    write_corpus(corpus, {"a.md": article("A", url=Y)})
    assert build(tmp_path) == {"A": X}
    write_corpus(corpus, {"b.md": article("B", url=X)})
    found = build(tmp_path)
    assert found["A"] == X
    assert found["B"].startswith("urn:uuid:")
    delete_catalogue(tmp_path / "state")
    assert build(tmp_path) == found


def kept_ids(folder: Path) -> list[str]:
    """Return the ids that are kept although the rules compute other ones."""
    return [ident for ident, kept, *_ in remembered(folder / "public", "entries") if kept]


def test_only_an_exception_is_kept(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("A", url="http://x.example/1"), "b.md": article(url=Y)})
    build(tmp_path)
    assert kept_ids(tmp_path) == []
    write_corpus(corpus, {"a.md": article("A", url=X)})
    build(tmp_path)
    assert kept_ids(tmp_path) == ["http://x.example/1"]
    write_corpus(corpus, {"a.md": article("A", url="http://x.example/1")})
    build(tmp_path)
    assert kept_ids(tmp_path) == []


def test_feeds_list_publishes_no_id(tmp_path: Path, feeds: Run) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("A", url="http://x.example/1")})
    feeds("list", "corpus", FEEDS_STATE="state")
    write_corpus(corpus, {"a.md": article("A", url=X)})
    assert build(tmp_path) == {"A": X}
    write_corpus(corpus, {"a.md": article("A", url="http://x.example/1")})
    before = memory_files(tmp_path / "public")
    feeds("list", "corpus", FEEDS_STATE="state", FEEDS_BASE_URL="https://example.org/", FEEDS_OUTPUT="public")
    assert memory_files(tmp_path / "public") == before
    assert build(tmp_path) == {"A": X}
    assert kept_ids(tmp_path) == [X]


def test_an_id_that_no_document_showed_was_not_published(tmp_path: Path) -> None:
    other = "https://x.example/2"
    newer, older = article("New", "2025-01-01", url=other), article("A", "2024-01-01", url="http://x.example/1")
    corpus = write_corpus(tmp_path / "corpus", {"a.md": older, "b.md": newer})
    assert build(tmp_path, limit=1) == {"New": other}
    assert [ident for ident, *_ in remembered(tmp_path / "public", "entries")] == [other]
    write_corpus(corpus, {"a.md": article("A", "2024-01-01", url=X)})
    assert build(tmp_path, limit=2) == {"New": other, "A": X}
    write_corpus(corpus, {"a.md": older})
    assert build(tmp_path, limit=2) == {"New": other, "A": X}
    assert build(tmp_path, limit=1) == {"New": other}
    assert build(tmp_path, limit=2) == {"New": other, "A": X}, "also after nothing has shown it for a while"


PAGES = range(4)
ARTICLES_SPELLINGS = [
    "https://p.example/{}",
    "http://p.example/{}/",
    "https://www.p.example/{}?utm_source=x",
]
SPELLINGS = [  # of a page; two articles with these addresses would be two
    "https://p.example/{}",
    "http://p.example/{}/",
    "https://www.p.example/{}?utm_source=x",
    "http://p.example/{}#y",
]
DAYS = ["2022-05-25", "2022-05-26", "2023-01-01"]


def mentions(spellings: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"page": st.sampled_from(PAGES), "spelling": st.sampled_from(spellings), "date": st.sampled_from(DAYS)},
        optional={
            "id": st.just("tag:p.example,2026:{}"),
            "title": st.sampled_from(["one", "two"]),
            "published": st.booleans(),
        },
    )


def fields_of(mention: dict[str, Any]) -> dict[str, Any]:
    page = mention["page"]
    return {
        "url": mention["spelling"].format(page),
        "title": f"{page} {mention.get('title', '')}",
        "date": mention["date"],
        **({"id": mention["id"].format(page)} if "id" in mention else {}),
        **({"published": mention["published"]} if "published" in mention else {}),
    }


class Subscriptions(RuleBasedStateMachine):
    """Readers that keep ids, and a corpus whose records of the same pages come, go and change."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="feeds-ids-", dir=RAM_FOLDER))
        self.corpus = write_corpus(self.folder / "corpus", {"z.md": article("9 always here", url="https://z.example/")})
        self.now = NOW
        self.delivered: dict[str, set[str]] = {}
        self.page_of: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(
        path=st.sampled_from(["a.md", "b.md", "c.md"]),
        own=mentions(ARTICLES_SPELLINGS),
        related=st.lists(mentions(SPELLINGS), max_size=3),
    )
    def write(self, path: str, own: dict[str, Any], related: list[dict[str, Any]]) -> None:
        text = article(**fields_of(own), related=[link(**fields_of(each)) for each in related])
        write_corpus(self.corpus, {path: text})

    @rule(
        path=st.sampled_from(["own.md", "renamed.md"]), date=st.sampled_from(DAYS), body=st.sampled_from(["", "More."])
    )
    def write_own(self, path: str, date: str, body: str) -> None:
        """An article without a page: its date, its text or its file's name change, one at a time."""
        old = next((name for name in ("own.md", "renamed.md") if (self.corpus / name).exists()), None)
        if old is not None and old != path:
            (self.corpus / old).rename(self.corpus / path)
        else:
            write_corpus(self.corpus, {path: article("own", date, url=None, body=body)})

    @rule(path=st.sampled_from(["a.md", "b.md", "c.md"]))
    def delete(self, path: str) -> None:
        (self.corpus / path).unlink(missing_ok=True)

    @rule()
    def lose_the_catalogue(self) -> None:
        delete_catalogue(self.folder / "state")

    @rule(days=st.integers(1, 40))
    def let_time_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def nothing_is_delivered_twice(self) -> None:
        publish.build(make_site(self.corpus, self.folder), self.now)
        found = items(self.folder)
        assert len({each["id"] for each in found}) == len(found)
        for each in found:
            page = each["title"].partition(" ")[0]
            self.delivered.setdefault(page, set()).add(each["id"])
            assert self.page_of.setdefault(each["id"], page) == page
        assert {page: ids for page, ids in self.delivered.items() if len(ids) > 1} == {}


TestSubscriptions = Subscriptions.TestCase
TestSubscriptions.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
