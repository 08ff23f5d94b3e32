"""`feeds diff`: it tells the changes of the next build before that build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from feeds.pipeline import publish
from feeds.pipeline.diff import FeedDifference, SiteDifference
from feeds.store import snapshots
from tests.builders import NOW, article, link, make_site, memory_files, tree, write_corpus
from tests.conftest import Run

X, Y = "https://x.example/1", "https://y.example/2"
FILES = {
    "a.md": article("A", "2024-01-03", url="https://a.example/", topics=["AI"]),
    "b.md": article("B", "2024-01-02", url="https://b.example/", topics=["AI"]),
    "c.md": article("C", "2024-01-01", url="https://c.example/", topics=["Old"]),
}


def compare(folder: Path, **settings: Any) -> SiteDifference:
    return publish.compare(make_site(folder / "corpus", folder, **{"farewell_after": 0} | settings), NOW)


def build(folder: Path, files: dict[str, str], **settings: Any) -> None:
    publish.build(make_site(write_corpus(folder / "corpus", files), folder, **settings), NOW)


def told(difference: SiteDifference) -> dict[str, tuple[str, str]]:
    """Return the fate of each feed, and its entries with a sign before each."""

    def signs(feed: FeedDifference) -> str:
        lists = (feed.new, feed.changed, feed.reidentified, feed.removed)
        return " ".join(
            f"{sign}{entry.title}" for sign, entries in zip("+~!-", lists, strict=True) for entry in entries
        ) + (f" <{feed.pushed_out}" if feed.pushed_out else "")

    return {feed.folder: (feed.fate.value, signs(feed)) for feed in difference.feeds}


def visible(folder: Path) -> dict[str, bytes]:
    """Return every file but the databases."""
    return {path: body for path, body in tree(folder).items() if ".sqlite3" not in path}


def test_before_the_first_build_everything_is_new(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", FILES)
    found = told(compare(tmp_path))
    assert found[""] == ("new", "+A +B +C")
    assert found["topics/old/"] == ("new", "+C")
    assert not (tmp_path / "public").exists()
    assert snapshots.load_current(tmp_path / "state") is None


def test_after_a_build_there_is_no_difference(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    assert compare(tmp_path) == SiteDifference((), (), (), 0)
    for path in (tmp_path / "state").glob("catalogue*"):
        path.unlink()
    assert compare(tmp_path) == SiteDifference((), (), (), 0)


def test_the_difference_is_what_the_build_then_changes(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    (tmp_path / "corpus" / "c.md").unlink()
    write_corpus(
        tmp_path / "corpus",
        {
            "b.md": article("B", "2024-01-02", url="https://b.example/", topics=["AI"], excerpt="More."),
            "n.md": article("N", "2024-01-04", url="https://n.example/", topics=["New"]),
        },
    )
    before = {
        path: body for path, body in tree(tmp_path).items() if "catalogue" not in path and "published" not in path
    }
    difference = compare(tmp_path)
    assert told(difference) == {
        "": ("changed", "+N ~B -C"),
        "topics/ai/": ("changed", "~B"),
        "topics/new/": ("new", "+N"),
        "topics/old/": ("ended", "-C"),
        "providers/b.example/": ("changed", "~B"),
        "providers/c.example/": ("ended", "-C"),
        "providers/n.example/": ("new", "+N"),
    }
    (changed,) = difference.feeds[0].changed
    assert changed.fields == ("content_html", "summary")
    assert visible(tmp_path) == before
    assert (
        publish.build(make_site(tmp_path / "corpus", tmp_path, farewell_after=0), NOW).changed == difference.documents
    )
    assert compare(tmp_path).feeds == ()


def test_an_entry_beyond_the_limit_is_not_removed(tmp_path: Path) -> None:
    build(tmp_path, FILES, limit=2)
    write_corpus(tmp_path / "corpus", {"n.md": article("N", "2024-01-04", url="https://n.example/")})
    assert told(compare(tmp_path, limit=2))[""] == ("changed", "+N <1")


def test_an_id_that_is_kept(tmp_path: Path) -> None:
    build(tmp_path, {"a.md": article("A", url="http://x.example/1")})
    write_corpus(tmp_path / "corpus", {"a.md": article("A", url=X)})
    before = memory_files(tmp_path / "public")
    difference = compare(tmp_path)
    assert told(difference)[""] == ("changed", "~A")
    assert (difference.kept, difference.delivers_again) == (("http://x.example/1",), False)
    assert memory_files(tmp_path / "public") == before


def test_an_id_that_would_change(tmp_path: Path, feeds: Run) -> None:
    """Two published pages turn out to be one: whoever subscribed to the topic of one gets it again."""
    corpus = write_corpus(
        tmp_path / "corpus",
        {
            "x.md": article("X", "2024-01-01", url=X, topics=["One"]),
            "y.md": article("N", "2024-02-01", url="https://n.example/", related=[link(Y, "Y", topics=["Two"])]),
        },
    )
    (tmp_path / "feeds.toml").write_text('corpus = "corpus"\nbase_url = "https://example.org/"\n')
    feeds("build")
    write_corpus(corpus, {"x.md": article("X", "2024-01-01", url=X, originalUrl=Y, topics=["One"])})
    done = feeds("diff", code=1)
    assert f"  ! X  {X}  (known as {Y})" in done.stdout
    assert "be delivered entries again" in done.stderr
    found = json.loads(feeds("diff", "--json", code=1).stdout)
    (two,) = [feed for feed in found["feeds"] if feed["address"].endswith("/topics/two/")]
    assert two["entries"] == [{"id": X, "title": "X", "change": "reidentified", "old_id": Y, "fields": []}]


def test_a_feed_that_has_ended_before_does_not_end_again(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    (tmp_path / "corpus" / "c.md").unlink()
    publish.build(make_site(tmp_path / "corpus", tmp_path, farewell_after=0), NOW)
    assert told(compare(tmp_path, title="New"))["topics/old/"] == ("changed", "~This feed has ended: Old")


def test_a_feed_that_would_be_gone(tmp_path: Path) -> None:
    from feeds.memory.ledger import FAREWELL_PERIOD

    build(tmp_path, FILES)
    (tmp_path / "corpus" / "c.md").unlink()
    publish.build(make_site(tmp_path / "corpus", tmp_path, farewell_after=0), NOW)
    later = publish.compare(make_site(tmp_path / "corpus", tmp_path, farewell_after=0), NOW + FAREWELL_PERIOD)
    assert told(later) == {"topics/old/": ("gone", ""), "providers/c.example/": ("gone", "")}
    write_corpus(tmp_path / "corpus", {"c.md": FILES["c.md"]})
    assert told(compare(tmp_path))["topics/old/"] == ("new", "+C")


def test_an_id_that_would_change_where_only_archives_show_it(tmp_path: Path) -> None:
    files = {
        "n.md": article("N", "2025-03-01", url="https://n.example/n", topics=["One"]),
        "x.md": article("X", "2024-02-01", url=X, topics=["One"]),
        "m.md": article("M", "2025-03-02", url="https://n.example/m", topics=["Two"]),
        "y.md": article("P", "2025-02-01", url="https://p.example/", related=[link(Y, "Y", "2024-01-01")]),
    }
    build(tmp_path, files, limit=1, archives=True)
    changed = article("X", "2024-02-01", url=X, originalUrl=Y, topics=["One"])
    write_corpus(tmp_path / "corpus", {"x.md": changed})
    difference = compare(tmp_path, limit=1, archives=True)
    assert (difference.reidentified, difference.delivers_again) == (((Y, X),), True)


def test_another_article_at_the_address_of_an_old_one_is_new(tmp_path: Path) -> None:
    build(tmp_path, {"z.md": article("Z", url=Y), "a.md": article("Notes", "2024-01-01", url=None, body="One")})
    (tmp_path / "corpus" / "a.md").unlink()
    write_corpus(tmp_path / "corpus", {"b.md": article("Notes", "2024-06-01", url=None, body="Two")})
    difference = compare(tmp_path)
    assert (told(difference)[""], difference.reidentified) == (("changed", "+Notes -Notes"), ())
    (doubt,) = difference.doubts
    assert (doubt.title, difference.delivers_again) == ("Notes", True), "it may be the same article, dated anew"
