"""Documents are composed of the fragments of the last build: only entries that look different are rendered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Entry
from feeds.pipeline import compose, fragment_files, publish, rendering
from feeds.render import formats, page
from feeds.render.head import FeedHead
from feeds.settings.site import Site
from feeds.store import objects, snapshots
from tests.builders import NOW, article, link, make_site, tree, write_corpus

LONG = "word " * 4_000


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the entries that were rendered."""
    titles: list[str] = []

    def render_entry(entry: Entry, site: Site) -> dict[str, bytes]:
        titles.append(entry.title)
        return formats.render_entry(entry, site)

    monkeypatch.setattr(rendering, "render_entry", render_entry)
    return titles


def corpus_of(folder: Path, count: int, body: str = "Some text.") -> Path:
    names = {f"{number:03}.md": text(number, body) for number in range(count)}
    return write_corpus(folder / "c", names)


def text(number: int, body: str, title: str = "") -> str:
    return article(
        title or f"Title {number}",
        f"2024-01-01 00:{number:02}:00",
        topics=["All", f"Topic {number % 3}"],
        url=f"https://a.example/{number}",
        body=body,
    )


def assert_equals_new_build(site: Site, folder: Path) -> None:
    given = {name: getattr(site, name) for name in ("archives", "max_bytes", "limit")}
    publish.build(make_site(site.corpus_path, folder, **given), NOW)
    assert tree(folder / "public") == tree(site.output_path or Path())


@pytest.mark.parametrize("archives", [False, True])
def test_an_edit_renders_what_looks_different(tmp_path: Path, rendered: list[str], archives: bool) -> None:
    site = make_site(corpus_of(tmp_path, 40), tmp_path, archives=archives)
    publish.build(site, NOW)
    assert sorted(rendered) == sorted(f"Title {number}" for number in range(40))
    rendered.clear()
    write_corpus(tmp_path / "c", {"007.md": text(7, "Some text.", "Another title")})
    publish.build(site, NOW)
    assert rendered == ["Another title"]
    assert_equals_new_build(site, tmp_path / "new")


def test_entries_that_do_not_fit_are_not_rendered_again(tmp_path: Path, rendered: list[str]) -> None:
    site = make_site(corpus_of(tmp_path, 40, LONG), tmp_path, max_bytes=600_000)
    publish.build(site, NOW)
    rendered.clear()
    write_corpus(tmp_path / "c", {"039.md": text(39, LONG, "Another title")})
    publish.build(site, NOW)
    # The size of the edited entry is not known before it is rendered. So one more might fit, in each of the two feeds
    # that do not show all their entries.
    assert len(rendered) <= 1 + 2
    assert "Another title" in rendered
    write_corpus(tmp_path / "c", {"038.md": text(38, "Short.")})  # now others fit
    publish.build(site, NOW)
    assert_equals_new_build(site, tmp_path / "new")


def documents_of(site: Site, name: str) -> list[str]:
    current = snapshots.load_current(site.state_path)
    assert current is not None
    return [document.digest for path, document in current.documents.items() if path.endswith(name)]


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
def test_a_document_of_the_last_build_is_damaged(tmp_path: Path, rendered: list[str], damage: str) -> None:
    """A watched build does not examine what the last one left; it notices the damage when it needs the bytes."""
    site = make_site(corpus_of(tmp_path, 6), tmp_path)
    publish.build(site, NOW)
    for digest in documents_of(site, ".rss"):
        path = objects.object_path(site.state_path, digest)
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes().replace(b"Title", b"Tittle"))
    rendered.clear()
    write_corpus(tmp_path / "c", {"003.md": text(3, "Some text.", "Another title")})
    publish.build(site, NOW, only=["003.md"])
    assert len(rendered) > 1
    assert_equals_new_build(site, tmp_path / "new")


def test_a_format_may_change_fragments(tmp_path: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plain = page.render_feed

    def shout(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
        return plain(head, [fragment.replace(b"Title", b"TITLE") for fragment in fragments])

    monkeypatch.setattr(page, "render_feed", shout)
    site = make_site(corpus_of(tmp_path, 6), tmp_path)
    publish.build(site, NOW)
    rendered.clear()
    write_corpus(tmp_path / "c", {"003.md": text(3, "Some text.", "Another Title")})
    publish.build(site, NOW)
    assert len(rendered) == 6  # none could be taken out of the documents
    assert_equals_new_build(site, tmp_path / "new")


@given(
    fragments=st.lists(st.binary(max_size=4), max_size=6), between=st.binary(max_size=3), before=st.binary(max_size=6)
)
def test_fragments_are_where_they_were_put(fragments: list[bytes], between: bytes, before: bytes) -> None:
    document = before + between.join(fragments) + before
    offsets = fragment_files.find_fragments(fragments, document)
    assert offsets is not None
    entries = [
        fragment_files.Fragments(False, (len(fragment),), (offset,))
        for fragment, offset in zip(fragments, offsets, strict=True)
    ]
    assert fragment_files.read_fragments(entries, [document], [0]) == [[fragment] for fragment in fragments]


@given(
    known=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=30),
    max_bytes=st.integers(0, 60),
    hidden=st.sets(st.integers(0, 29)),
)
def test_entries_of_unknown_size_count_as_nothing(
    known: list[tuple[int, ...]], max_bytes: int, hidden: set[int]
) -> None:
    """So that what is rendered is enough, whatever the sizes turn out to be."""
    unknown = [() if number in hidden else sizes for number, sizes in enumerate(known)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "MIN_SHOWN", 2)
        shown = compose.count_fitting(known, max_bytes)
        assert min(2, len(known)) <= shown <= compose.count_fitting(unknown, max_bytes) <= len(known)
        if shown > 2:
            assert max(map(sum, zip(*(sizes[:3] for sizes in known[:shown]), strict=True))) <= max_bytes, (
                "a page may be larger"
            )


EDITS: list[tuple[str, dict[str, str | None]]] = [
    ("another title", {"007.md": text(7, "Some text.", "Another title")}),
    ("another body", {"007.md": text(7, "Another text.")}),
    ("a field that is not shown", {"007.md": text(7, "Some text.").replace("---\n", "---\nlayout: post\n", 1)}),
    ("a newer change", {"007.md": text(7, "Some text.").replace("---\n", "---\nupdated: 2024-03-01\n", 1)}),
    ("an article more", {"100.md": text(100 % 60, "Some text.").replace("2024", "2025")}),
    ("an old article more", {"101.md": text(1, "Some text.").replace("2024", "1999").replace("/1", "/101")}),
    ("an article less", {"039.md": None}),
    ("an old article less", {"000.md": None}),
    ("an old title", {"001.md": text(1, "Some text.", "Another title")}),
    ("other topics", {"005.md": text(5, "Some text.").replace("Topic 2", "Topic 1")}),
    (
        "a related page",
        {"011.md": text(11, "Some text.").replace("---\n", f"---\nrelated: {[link('https://b.example/')]}\n", 1)},
    ),
    ("another date, within what is shown", {"036.md": text(36, "Some text.").replace("00:36", "00:35")}),
    ("another date, out of what is shown", {"037.md": text(37, "Some text.").replace("2024", "1999")}),
    ("another date, into what is shown", {"002.md": text(2, "Some text.").replace("2024", "2025")}),
    ("another date, not shown", {"003.md": text(3, "Some text.").replace("00:03", "00:02")}),
    ("the title of a page that others mention", {"038.md": text(38, "Some text.", "Another title")}),
]


@pytest.mark.parametrize("archives", [False, True])
def test_only_feeds_are_composed_of_which_bytes_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archives: bool
) -> None:
    """Of a document of the feed, or of one of its archives.

    A feed is also composed if it gains or loses an entry, wherever; the feed of all entries with every change.
    """
    everywhere = {"topics/all/", "providers/a.example/", *(f"topics/topic-{number}/" for number in range(3))}
    gained = {name: everywhere for name, _ in EDITS if "article" in name or "related" in name}
    gained["other topics"] = {"topics/topic-1/", "topics/topic-2/"}
    composed: list[str] = []
    plain = compose._compose_feed

    def remember(folder: Path, verify: bool, head: FeedHead, *rest: Any) -> compose.ComposedFeed:
        composed.append(head.folder)
        return plain(folder, verify, head, *rest)

    monkeypatch.setattr(compose, "_compose_feed", remember)
    site = make_site(corpus_of(tmp_path, 40), tmp_path, limit=10, archives=archives)
    write_corpus(tmp_path / "c", {"mentions.md": article("M", "2024-02-01", related=[link("https://a.example/38")])})
    publish.build(site, NOW)
    before = tree(tmp_path / "public")
    for name, files in EDITS:
        composed.clear()
        for path, content in files.items():
            if content is None:
                (tmp_path / "c" / path).unlink()
            else:
                write_corpus(tmp_path / "c", {path: content})
        publish.build(site, NOW)
        after = tree(tmp_path / "public")
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        needless = [folder for folder in composed if folder and not any(path.startswith(folder) for path in changed)]
        assert set(needless) <= gained.get(name, set()), f"{name}: {needless} composed without need"
        before = after
        assert_equals_new_build(site, tmp_path / name)
