"""A build after any sequence of edits gives the bytes of a build from nothing, given the same memory."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from feeds.catalogue import merging, popular_pages, related
from feeds.pipeline import publish
from feeds.pipeline.publish import Report
from feeds.pipeline.watch import corpus_paths
from feeds.rules.site_layout import OUTPUT_LIST, is_memory
from feeds.store.snapshots import load_current
from tests.builders import (
    NOW,
    article,
    delete_catalogue,
    link,
    make_site,
    memory_files,
    moment,
    remembered,
    tree,
    write_corpus,
)
from tests.paths import RAM_FOLDER

PATHS = ["a.md", "b.md", "c/d.md", "e.txt"]
FOLDERS = ["c", "f", "../away"]
PAGES = [
    "https://a.example/one",
    "http://www.a.example/one/?utm_source=x",
    "https://a.example/ONE?p=1",
    "https://a.example/One?p=2#part",
    "https://b.example/two",
    "https://b.example/two#one",
    "https://b.example/two#two",
    "https://b.example/three",
    None,
]
TITLES = ["One", "Two", "Three", "../../etc", "etc"]
TOPICS = ["AI", "ai", "C++", "C#", "../../etc", "etc", "."]
TEXT, BROKEN = "A plain text\n\nMay 26, 2022\n\nIts text.\n", "---\nbroken: [\n---\n"
DAYS = ["2022-05-25", "2022-05-26", "2026-05-31", "2026-06-02", "2026-06-05"]  # the last two are after NOW

records: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"url": st.sampled_from(PAGES), "title": st.sampled_from(TITLES), "date": st.sampled_from(DAYS)},
    optional={
        "topics": st.lists(st.sampled_from(TOPICS), max_size=3),
        "published": st.booleans(),
        "status": st.sampled_from(["published", "private"]),
        "publishDate": st.sampled_from(DAYS),
        "expiryDate": st.sampled_from(DAYS[2:]),
        "updatedDateTime": st.sampled_from(DAYS),
        "ampWebUrl": st.sampled_from([page for page in PAGES if page]),
        "originalUrl": st.sampled_from([page for page in PAGES if page]),
        "id": st.sampled_from(["tag:a.example,2026:1", "https://a.example/one", "https://b.example/two"]),
        "provider": st.sampled_from([{"name": "A", "domain": "a.example"}, {"name": "AA", "domain": "a.example"}]),
        "quality": st.integers(0, 3),
        "category": st.sampled_from(["news", "News", "etc"]),
    },
)


def build_from_nothing(corpus: Path, work: Path, fresh: Path, now: datetime, **options: Any) -> Report:
    """Build `corpus` in the folder `fresh`, which has nothing but the memory of `work`, and compare the two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "MANY", 1000)
        site = make_site(corpus, fresh, previous=str(work / "public"), **options)
        report = publish.build(site, now)
    assert tree(work / "public") == tree(fresh / "public")
    assert documents(work) == documents(fresh), "the same times of changes"
    for family in ("entries", "feeds", "articles", "documents", "moves", "broken"):
        assert remembered(work / "public", family) == remembered(fresh / "public", family)
    assert memory_files(work / "public") == memory_files(fresh / "public"), "nothing is new"
    return report


def documents(work: Path) -> dict[str, Any]:
    snapshot = load_current(work / "state")
    assert snapshot is not None
    return {address: document for address, document in snapshot.documents.items() if not is_memory(address)}


def make_pages_popular(patch: pytest.MonkeyPatch) -> None:
    """Let three mentions make a page popular: a build from nothing reads all its mentions."""
    patch.setattr(merging, "MANY", 2)
    patch.setattr(popular_pages, "MANY", 2)
    patch.setattr(popular_pages, "RECORDS_PER_STEP", 2)
    patch.setattr(popular_pages, "MOST_LOOKED_AT", 1)


@pytest.fixture(autouse=True, scope="module")
def _few_related_entries() -> Iterator[None]:
    """Let an entry show two related entries, so that a popular page has more than it shows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(related, "RELATED_LIMIT", 2)
        yield


def as_link(record: dict[str, Any]) -> dict[str, Any]:
    url = record["url"] or "https://c.example/four"
    return link(**{**{name: value for name, value in record.items() if name != "category"}, "url": url})


files = st.one_of(
    st.tuples(records, st.lists(records, max_size=3)).map(
        lambda pair: article(**pair[0], related=[as_link(each) for each in pair[1]])
    ),
    st.just(TEXT),
    st.just(BROKEN),
)


class Edits(RuleBasedStateMachine):
    """A corpus under edits, built now and then, and compared with a build from nothing."""

    @initialize(limit=st.sampled_from([1, 3]))
    def start(self, limit: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="feeds-edits-", dir=RAM_FOLDER))
        self.corpus = write_corpus(self.folder / "corpus", {"z.md": article("Always here", url="https://z.example/")})
        self.now = NOW
        # Some rules break files, and a build that is refused for that would show nothing here.
        self.options: dict[str, Any] = {"limit": limit, "max_loss": 100}
        self.patience = 0
        self.changed: set[Path] = set()
        self.writes = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(path=st.sampled_from(PATHS), content=files)
    def write(self, path: str, content: str) -> None:
        target = self.corpus / path
        if target.is_symlink() and not target.exists():
            target.unlink()
        self.touch(target)
        write_corpus(self.corpus, {path: content})
        self.writes += 1
        os.utime(target, (self.writes, self.writes))  # the clock of a file system is too slow for this

    @rule(path=st.sampled_from(PATHS), day=st.sampled_from(DAYS))
    def give_another_date(self, path: str, day: str) -> None:
        """An entry moves within its feeds, into what they show, or out of it."""
        if (self.corpus / path).is_file():
            with contextlib.suppress(UnicodeDecodeError):
                self.write(
                    path,
                    re.sub(
                        "^publishedDateTime: .*",
                        f'publishedDateTime: "{day}"',
                        (self.corpus / path).read_text(),
                        flags=re.M,
                    ),
                )

    def touch(self, path: Path) -> None:
        """Note what a watch says when something is about to be written to `path`."""
        self.changed.add(path.resolve())  # of a link, it knows nothing
        if not path.parent.exists():
            path.parent.mkdir()
            self.changed.add(path.parent)

    @rule(path=st.sampled_from(PATHS))
    def delete(self, path: str) -> None:
        (self.corpus / path).unlink(missing_ok=True)
        self.changed.add(self.corpus / path)

    @rule(old=st.sampled_from(PATHS), new=st.sampled_from(PATHS))
    def rename(self, old: str, new: str) -> None:
        if (self.corpus / old).exists():
            self.touch(self.corpus / new)
            (self.corpus / old).rename(self.corpus / new)
            self.changed |= {self.corpus / old, self.corpus / new}

    @rule(old=st.sampled_from(PATHS), new=st.sampled_from(PATHS), how=st.sampled_from([os.symlink, os.link]))
    def link(self, old: str, new: str, how: Callable[[Path, Path], None]) -> None:
        if (self.corpus / old).is_file() and not os.path.lexists(self.corpus / new):
            self.touch(self.corpus / new)
            how(self.corpus / old, self.corpus / new)

    @rule(old=st.sampled_from(FOLDERS), new=st.sampled_from(FOLDERS))
    def rename_folder(self, old: str, new: str) -> None:
        if (self.corpus / old).exists() and not (self.corpus / new).exists():
            (self.corpus / old).rename(self.corpus / new)
            self.changed |= {self.corpus / old, self.corpus / new}

    @rule(folder=st.sampled_from(FOLDERS[:2]), there=st.booleans())
    def make_a_static_tree(self, folder: str, there: bool) -> None:
        mark = self.corpus / folder / OUTPUT_LIST
        if there and mark.parent.exists():
            mark.write_text("{}")
        else:
            mark.unlink(missing_ok=True)
        self.changed.add(mark)

    @rule(days=st.sampled_from([-2, -1, 1, 2, 3, 4, 35]))
    def let_time_pass(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(
        change=st.sampled_from(
            [
                {"include_unpublished": True},
                {"include_unpublished": False},
                {"title": "New"},
                {"limit": 1},
                {"topic_limit": 2, "max_bytes": 4000},
                {"related": False},
                {"related": True},
                {"min_quality": 2},
                {"min_quality": 0},
                {"exclude_topics": ("etc", "ai")},
                {"exclude_topics": (), "include_providers": ("a.example", "z.example")},
                {"include_providers": ()},
                {"base_url": "https://moved.example/x/"},
                {"renamed": (("ai", "etc"), ("topics/gone", "topics/ai"))},
                {"renamed": (("etc", "c-plus-plus"),)},
                {"renamed": ()},
                {"archives": True},
                {"archives": False},
                {"exclude": ("c/", "/a*")},
                {"articles": ("*.md", "c/**"), "exclude": ()},
                {"articles": (), "exclude": ()},
            ]
        )
    )
    def configure(self, change: dict[str, Any]) -> None:
        self.options |= change

    @rule()
    def lose_the_catalogue(self) -> None:
        delete_catalogue(self.folder / "work" / "state")

    @rule()
    def wait(self) -> None:
        """Let several edits meet in one build: the next ones are not built yet."""
        self.patience = 3

    @invariant()
    def equals_a_build_from_nothing(self) -> None:
        self.patience -= 1
        if self.patience > 0:
            return
        report = self.build()
        fresh = self.folder / "fresh"
        expected = build_from_nothing(self.corpus, self.folder / "work", fresh, self.now, **self.options)
        for name in ("counts", "problems", "held_back", "entries", "feeds", "documents", "due"):
            assert getattr(report, name) == getattr(expected, name)
        shutil.rmtree(fresh)
        again = self.build()
        assert (again.changed, again.written) == (0, 0)

    def build(self) -> Report:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(merging, "MENTIONS_PER_BATCH", 2)  # a build from nothing takes all at once
            make_pages_popular(patch)
            return publish.build(make_site(self.corpus, self.folder / "work", **self.options), self.now)


TestEdits = Edits.TestCase
TestEdits.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


class WatchedEdits(Edits):
    """The same, where builds look at nothing but what a watch would tell them."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("feeds.corpus.scan.SETTLED_NS", 0)  # else all that was written just now is looked at again
        make_pages_popular(self.patch)

    def teardown(self) -> None:
        self.patch.undo()
        super().teardown()

    def build(self) -> Report:
        site = make_site(self.corpus, self.folder / "work", **self.options)
        only = corpus_paths(site, map(str, self.changed))
        self.changed.clear()
        return publish.build(site, self.now, only=only)


TestWatchedEdits = WatchedEdits.TestCase
TestWatchedEdits.settings = TestEdits.settings


X, Y = "https://x.example/1", "https://x.example/2"

SCENARIOS: dict[str, Sequence[Mapping[str, str | None]]] = {
    "an entry splits in two": [
        {
            "a.md": article("A", "2024-02-01", url=X, topics=["one"]),
            "b.md": article("B", "2024-01-01", url=Y, topics=["two"]),
            "c.md": article("C", "2024-03-01", url=X, originalUrl=Y),
        },
        {"c.md": None},
    ],
    "an entry splits, and the other half is older": [
        {
            "a.md": article("A", "2024-01-01", url=X, topics=["one"]),
            "b.md": article("B", "2024-02-01", url=Y, topics=["two"]),
            "c.md": article("C", "2024-03-01", url=X, originalUrl=Y),
        },
        {"c.md": None},
    ],
    "two entries join, and a third was related to the one that goes": [
        {
            "0.md": article("Y", "2024-01-01", url=Y),
            "a.md": article("A", "2024-03-01", related=[link(X, "X", "2024-01-05")]),
        },
        {"h.md": article("H", "2024-02-01", url=X, originalUrl=Y)},
    ],
    "a related page gets another date": [
        {"a.md": article("A", related=[link(X, "X", "2024-01-05"), link(Y, "Y", "2024-01-06")])},
        {"b.md": article("X", "2024-02-01", url=X)},
    ],
    "a shown article becomes older than those that are not shown": [
        {
            **{
                f"{n}.md": article(f"Title {n}", f"2024-01-01 00:{n}", url=f"https://a.example/{n}")
                for n in range(10, 60)
            },
            "x.md": article("X", "2024-06-01", url=X),
        },
        {"x.md": article("X", "2023-01-01", url=X)},
    ],
    "drafts spell a topic otherwise": [
        {"a.md": article("A", topics=["AI"])},
        {
            "b.md": article("B", url=X, topics=["ai"], published=False),
            "c.md": article("C", url=Y, topics=["ai"], published=False),
        },
    ],
    "an article moves from one topic to another": [
        {"a.md": article(topics=["one"])},
        {"a.md": article(topics=["two"])},
    ],
    "an article gets a web page": [{"a.md": article(url=None)}, {"a.md": article(url=X)}, {"a.md": article(url=None)}],
    "another article in the file of one that was dated anew": [
        {"a.md": article("One", "2022-05-26", url=None)},
        {"a.md": article("One", "2026-05-31", url=None)},
        {"a.md": article("Another", "2022-05-26", url=None)},
    ],
    "an article is in another file while its own is broken, and the other file goes": [
        {"b.md": TEXT, "z.md": article("Always here", url="https://z.example/")},
        {"b.md": BROKEN},
        {"e.md": TEXT},
        {"b.md": TEXT},
        {"e.md": article("Another", url=X)},
        {"e.md": TEXT},
        {"e.md": article("Another", url=X, originalUrl=Y)},
    ],
    "an older article takes the plain slug": [
        {"a.md": article("Same", "2024-02-01", url=None)},
        {"b.md": article("Same", "2024-01-01", url=None)},
        {"b.md": None},
    ],
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for number, edits in enumerate(SCENARIOS[name]):
        for path, content in edits.items():
            if content is None:
                (corpus / path).unlink()
            else:
                write_corpus(corpus, {path: content})
        publish.build(make_site(corpus, tmp_path / "work"), NOW)
        build_from_nothing(corpus, tmp_path / "work", tmp_path / f"fresh{number}", NOW)


def test_future_articles_appear_and_disappear_with_the_clock(tmp_path: Path) -> None:
    day = timedelta(days=1)
    corpus = write_corpus(
        tmp_path / "corpus",
        {
            "a.md": article("A", related=[link(X, "X", "2026-06-02T00:00:00Z")]),
            "x.md": article("X", "2024-02-01", url=X),
            "later.md": article("Later", "2026-06-03", url=Y),
        },
    )
    reports = []
    for number, now in enumerate([NOW, NOW + day, NOW + 2 * day, NOW + day, NOW]):
        reports.append(publish.build(make_site(corpus, tmp_path / "work"), now))
        build_from_nothing(corpus, tmp_path / "work", tmp_path / f"fresh{number}", now)
    assert [report.entries for report in reports] == [2, 2, 3, 2, 2]
    assert [report.counts.future for report in reports] == [1, 1, 0, 1, 1]
    assert reports[0].due == moment("2026-06-02")


def test_a_renamed_file_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.corpus.scan.SETTLED_NS", 0)
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("One", url=None), "z.md": article("Z")})
    site = make_site(corpus, tmp_path / "work")
    publish.build(site, NOW)
    os.link(corpus / "a.md", corpus / "b.md")
    publish.build(site, NOW, only=["b.md"])
    write_corpus(corpus, {"b.md": article("Another", url=None)})
    publish.build(site, NOW, only=["b.md"])
    build_from_nothing(corpus, tmp_path / "work", tmp_path / "fresh", NOW)


def test_a_path_that_is_not_utf8_makes_the_scan_a_full_one(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article()})
    site = make_site(corpus, tmp_path / "work")
    publish.build(site, NOW)
    path = os.fsdecode(b"caf\xe9.md")
    (corpus / path).touch()
    for only in ([path], ["a.md"]):
        assert [each.reason for each in publish.build(site, NOW, only=only).problems] == [
            "the file's name is not UTF-8"
        ]
