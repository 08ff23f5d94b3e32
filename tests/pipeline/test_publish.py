"""The pipeline as a whole: counts, held-back articles, damaged state, the same bytes everywhere."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from feeds.catalogue import layouts, queries
from feeds.catalogue.meta import get_meta
from feeds.errors import CorpusError, OutputError, StateError, UsageError
from feeds.model import Counts, Entry
from feeds.pipeline import assemble, months, publish, read_corpus, rendering
from feeds.render import formats
from feeds.rules.times import from_seconds
from feeds.settings.site import Site
from feeds.store import snapshots
from feeds.system.files import write_atomically
from tests.builders import NOW, article, link, make_site, moment, tree, write_corpus
from tests.kills import build_in_a_child
from tests.paths import SEEDS

MIXED = {
    "published.md": article("Published", url="https://a.example/1", topics=["One"]),
    "draft.md": article("Draft", url="https://a.example/2", draft=True, related=[link("https://a.example/4")]),
    "future.md": article("Future", "2030-01-01", url="https://a.example/3", topics=["Two"]),
    "broken.md": "---\n[\n---\n",
    "folder.md/inside.md": article("Inside", url="https://a.example/5"),
}


def test_every_file_is_counted_once(tmp_path: Path) -> None:
    report = publish.build(make_site(write_corpus(tmp_path / "c", MIXED), tmp_path), NOW)
    assert report.counts == Counts(files=6, published=2, unpublished=1, future=1, expired=0, problems=2)
    assert report.entries == 2
    assert sorted(problem.path for problem in report.problems) == ["broken.md", "folder.md"]


def test_include_unpublished(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", MIXED)
    report = publish.build(make_site(corpus, tmp_path, include_unpublished=True), NOW)
    assert report.counts == Counts(files=6, published=3, unpublished=0, future=1, expired=0, problems=2)
    assert report.entries == 4, "the draft and what it alone relates to"


def test_a_draft_and_the_future_leave_no_trace(tmp_path: Path) -> None:
    publish.build(make_site(write_corpus(tmp_path / "c", MIXED), tmp_path), NOW)
    for name, body in tree(tmp_path / "public").items():
        assert not {b"Draft", b"Future", b"Two"} & set(body.replace(b">", b" ").replace(b"<", b" ").split()), name


def test_a_second_build_writes_not_one_byte(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", MIXED), tmp_path)
    publish.build(site, NOW)
    time.sleep(0.2)  # until then, the files may still change within one tick of their clock
    publish.build(site, NOW)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    report = publish.build(site, NOW + timedelta(days=1))
    assert (report.changed, report.written) == (0, 0)
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_updated_is_never_the_time_of_the_build(tmp_path: Path) -> None:
    publish.build(make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path), NOW)
    for name, body in tree(tmp_path / "public").items():
        assert b"2026" not in body, name


def test_a_limit_shows_the_newest(tmp_path: Path) -> None:
    files = {f"{day}.md": article(str(day), f"2022-05-{day}", url=f"https://a.example/{day}") for day in range(10, 20)}
    publish.build(make_site(write_corpus(tmp_path / "c", files), tmp_path, limit=3), NOW)
    feed = etree.parse(tmp_path / "public" / "feed.atom")
    titles = [each.text for each in feed.iterfind("{*}entry/{*}title")]
    assert titles == ["19", "18", "17"]


def test_the_sample_corpus(tmp_path: Path) -> None:
    report = publish.build(make_site(SEEDS, tmp_path, include_unpublished=True), NOW)
    assert report.counts == Counts(14, 14, 0, 0, 0, 0)
    assert (report.entries, report.problems) == (27, ())
    assert {"c-sharp", "c-plus-plus", "microsoft-ai"} < {
        path.name for path in (tmp_path / "public" / "topics").iterdir()
    }


class TestRefused:
    """What can't be published leaves what is there as it is."""

    def test_an_empty_corpus_wipes_nothing(self, tmp_path: Path) -> None:
        corpus = write_corpus(tmp_path / "c", {"a.md": article()})
        publish.build(make_site(corpus, tmp_path), NOW)
        (corpus / "a.md").unlink()
        with pytest.raises(CorpusError, match="no article files"):
            publish.build(make_site(corpus, tmp_path), NOW)
        assert (tmp_path / "public" / "feed.atom").exists()

    def test_no_corpus(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="does not exist"):
            publish.build(make_site(tmp_path / "nowhere", tmp_path / "work"), NOW)
        assert not (tmp_path / "work").exists()

    @pytest.mark.parametrize("output", ["c", "."])
    def test_an_output_over_the_corpus(self, output: str, tmp_path: Path) -> None:
        corpus = write_corpus(tmp_path / "c", {"a.md": article()})
        with pytest.raises(UsageError, match="the output can't be"):
            publish.build(make_site(corpus, tmp_path, output=str(tmp_path / output)), NOW)

    def test_an_output_that_is_a_file(self, tmp_path: Path) -> None:
        corpus = write_corpus(tmp_path / "c", {"a.md": article()})
        (tmp_path / "public").write_text("in the way")
        with pytest.raises(OutputError):
            publish.build(make_site(corpus, tmp_path), NOW)

    def test_a_state_that_is_a_file(self, tmp_path: Path) -> None:
        corpus = write_corpus(tmp_path / "c", {"a.md": article()})
        (tmp_path / "state").write_text("in the way")
        with pytest.raises(StateError, match="FEEDS_STATE"):
            publish.build(make_site(corpus, tmp_path), NOW)


def test_an_output_inside_the_corpus_is_not_read(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    site = make_site(corpus, tmp_path, output=str(corpus / "public"))
    assert publish.build(site, NOW).counts.files == 1
    assert publish.build(site, NOW).counts.files == 1


def damage_catalogue(state: Path) -> None:
    (state / "catalogue.sqlite3").write_bytes(b"SQLite format 3\0" + b"garbage" * 1000)


def truncate_catalogue(state: Path) -> None:
    with (state / "catalogue.sqlite3").open("r+b") as file:
        file.truncate(9000)


def lose_objects(state: Path) -> None:
    shutil.rmtree(state / "objects")


def damage_objects(state: Path) -> None:
    for path in (state / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"X" * path.stat().st_size)


def shorten_objects(state: Path) -> None:
    for path in (state / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1])


def lose_manifests(state: Path) -> None:
    shutil.rmtree(state / "manifests")


def lose_all(state: Path) -> None:
    shutil.rmtree(state)


@pytest.mark.parametrize(
    "damage", [damage_catalogue, truncate_catalogue, lose_objects, damage_objects, lose_manifests, lose_all]
)
def test_damaged_state_is_repaired(damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    corpus = write_corpus(tmp_path / "c", MIXED)
    publish.build(make_site(corpus, tmp_path), NOW)
    expected = tree(tmp_path / "public")
    damage(tmp_path / "state")
    publish.build(make_site(corpus, tmp_path, output=str(tmp_path / "again")), NOW)
    assert tree(tmp_path / "again") == expected
    found = snapshots.load_current(tmp_path / "state")
    assert found is not None
    assert all(len(found.read(document)) == document.size for document in found.documents.values())


def test_force_repairs_damaged_objects_of_the_right_size(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", MIXED)
    publish.build(make_site(corpus, tmp_path), NOW)
    expected = tree(tmp_path / "public")
    damage_objects(tmp_path / "state")
    publish.build(make_site(corpus, tmp_path), NOW, force=True)
    assert tree(tmp_path / "public") == expected
    found = snapshots.load_current(tmp_path / "state")
    assert found is not None
    assert all(len(found.read(document)) == document.size for document in found.documents.values())


def many_topics(number: int) -> dict[str, str]:
    """Return articles of which each is in a feed with many others, and in one of many with a few."""
    return {
        f"{each}.md": article(str(each), url=f"https://a.example/{each}", topics=["Many", f"Few {each % 120}"])
        for each in range(number)
    }


@pytest.mark.parametrize("archives", [False, True])
def test_many_files_in_many_processes_give_the_same(archives: bool, tmp_path: Path) -> None:
    number = max(read_corpus.PARALLEL_MIN_FILES, rendering.PARALLEL_MIN_ITEMS)
    corpus = write_corpus(tmp_path / "c", many_topics(number))
    publish.build(make_site(corpus, tmp_path / "one", limit=number, archives=archives), NOW, jobs=1)
    publish.build(make_site(corpus, tmp_path / "two", limit=number, archives=archives), NOW, jobs=2)
    assert tree(tmp_path / "one" / "public") == tree(tmp_path / "two" / "public")


def test_entries_that_are_not_remembered_are_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = write_corpus(tmp_path / "c", many_topics(read_corpus.PARALLEL_MIN_FILES))
    publish.build(make_site(corpus, tmp_path / "one", limit=100), NOW, jobs=1)
    monkeypatch.setattr(rendering, "MAX_REMEMBERED", 50)  # fewer than any feed shows
    monkeypatch.setattr(assemble, "ENTRIES_PER_BATCH", 30)
    publish.build(make_site(corpus, tmp_path / "two", limit=100), NOW, jobs=2)
    assert tree(tmp_path / "one" / "public") == tree(tmp_path / "two" / "public")
    assert not list((tmp_path / "two" / "state" / ".new").iterdir())


def test_a_disk_that_fills_up_while_workers_render_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(write_corpus(tmp_path / "c", many_topics(read_corpus.PARALLEL_MIN_FILES)), tmp_path, limit=100)

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(layouts, "store_layout", fill)
    with pytest.raises(StateError, match="No space left"):
        publish.build(site, NOW, jobs=2)
    assert not list((tmp_path / "state" / ".new").iterdir())
    monkeypatch.undo()
    publish.build(site, NOW, jobs=2)
    publish.build(make_site(tmp_path / "c", tmp_path / "two", limit=100), NOW)
    assert tree(tmp_path / "public") == tree(tmp_path / "two" / "public")


def test_a_comparison_in_many_processes_leaves_no_file(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", many_topics(read_corpus.PARALLEL_MIN_FILES))
    site = make_site(corpus, tmp_path)
    assert publish.compare(site, NOW, jobs=2).documents > 120 * 4
    assert not list((tmp_path / "state" / "objects").glob("*/*"))


def test_a_build_deletes_the_leftovers_of_one_that_was_broken_off(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)
    needed = tree(tmp_path / "state" / "objects")
    write_corpus(tmp_path / "c", {"a.md": article("Another title")})
    assert build_in_a_child(site, die_at=6) != 0
    assert tree(tmp_path / "state" / "objects").keys() > needed.keys()
    write_corpus(tmp_path / "c", {"a.md": article()})
    publish.build(site, NOW)
    assert tree(tmp_path / "state" / "objects") == needed


def test_a_state_folder_that_can_not_be_used_is_an_error_in_words(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    (tmp_path / ".feeds").mkdir()
    (tmp_path / ".feeds" / ".new").write_text("a file in the way")
    with pytest.raises(StateError, match="can't be written"):
        publish.build(make_site(corpus, tmp_path, state=str(tmp_path / ".feeds")), NOW)


def test_an_entry_is_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many feeds show it, and though the entries of the next feeds are asked for before it is there."""
    rendered: list[str] = []
    fragments = formats.render_entry

    def remember(entry: Entry, site: Site) -> dict[str, bytes]:
        rendered.append(entry.id)
        return fragments(entry, site)

    monkeypatch.setattr(rendering, "render_entry", remember)
    monkeypatch.setattr(assemble, "ENTRIES_PER_BATCH", 1)
    publish.build(make_site(write_corpus(tmp_path / "c", many_topics(10)), tmp_path), NOW)
    assert sorted(rendered) == [f"https://a.example/{each}" for each in range(10)]


def test_an_entry_may_be_rendered_for_an_archive_while_it_is_for_the_next_feed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = article("1", "2022-05-01", topics=["A"]), article("2", "2022-05-02", url="https://a.example/2")
    corpus = write_corpus(tmp_path / "c", {"1.md": one, "2.md": two})
    publish.build(make_site(corpus, tmp_path / "one", limit=1, archives=True), NOW)
    for module in (assemble, months):
        monkeypatch.setattr(module, "ENTRIES_PER_BATCH", 1)
    publish.build(make_site(corpus, tmp_path / "two", limit=1, archives=True), NOW)
    assert tree(tmp_path / "one" / "public") == tree(tmp_path / "two" / "public")


def test_archives_are_switched_off_though_a_build_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    publish.build(make_site(corpus, tmp_path, archives=True), NOW)

    def break_off(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(assemble, "_start_composing", break_off)
    with pytest.raises(ZeroDivisionError):
        publish.build(make_site(corpus, tmp_path), NOW)
    monkeypatch.undo()
    publish.build(make_site(corpus, tmp_path), NOW)
    publish.build(make_site(corpus, tmp_path / "new"), NOW)
    assert tree(tmp_path / "public").keys() == tree(tmp_path / "new" / "public").keys()


def test_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    """Another zone, locale, hash seed, order of files and folder: not one byte differs."""
    trees = []
    machines = [
        {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Kolkata", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    ]
    for number, machine in enumerate(machines):
        corpus = tmp_path / str(number) / "seeds"
        corpus.mkdir(parents=True)
        for path in sorted(SEEDS.glob("[!.]*.*"), reverse=bool(number)):
            shutil.copy(path, corpus)
        subprocess.run(
            [sys.executable, "-m", "feeds", "build", str(corpus), "--output", "out", "--base-url", "https://x.example"],
            cwd=tmp_path / str(number),
            env={**os.environ, **machine},
            capture_output=True,
            check=True,
        )
        trees.append(tree(tmp_path / str(number) / "out"))
    assert trees[0] == trees[1]
    assert len(trees[0]) > 90


def test_the_build_after_one_that_was_killed_repairs_all(tmp_path: Path) -> None:
    before = {"a.md": article("A", topics=["Old"]), "b.md": article("B", url=None)}
    after = {"a.md": article("New", topics=["New"]), "b.md": article("B", url=None, body="More.")}
    corpus = write_corpus(tmp_path / "expected", before)
    publish.build(make_site(corpus, tmp_path / "e"), NOW)
    publish.build(make_site(write_corpus(corpus, after), tmp_path / "e"), NOW)
    expected = tree(tmp_path / "e" / "public")
    for die_at in range(1, 200):
        work = tmp_path / str(die_at)
        corpus = write_corpus(work / "expected", before)
        publish.build(make_site(corpus, work), NOW)
        write_corpus(corpus, after)
        died = build_in_a_child(make_site(corpus, work), die_at=die_at)
        assert died in (0, 9)
        current = snapshots.load_current(work / "state")
        assert current is not None
        assert all(len(current.read(document)) == document.size for document in current.documents.values())
        publish.build(make_site(corpus, work), NOW)
        assert tree(work / "public") == expected
        assert not list(work.rglob(".new/*"))
        shutil.rmtree(work)
        if died == 0:
            break
    assert die_at > 20


def test_no_partial_file_is_ever_visible(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # like a disk that is full
        try:
            write_atomically(path, b"x" * 1000)
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert tree(tmp_path) == {"file": b"old"}


def test_objects_are_on_the_disk_before_the_manifest_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def remember_fsync(descriptor: int) -> None:
        seen.append("sync")
        fsync(descriptor)

    def remember_replace(source: str, target: Path) -> None:
        replace(source, target)
        seen.append(Path(target).name)

    def remember_sync_all(_path: Path) -> bool:
        seen.append("sync all")
        return True

    monkeypatch.setattr(os, "fsync", remember_fsync)
    monkeypatch.setattr(os, "replace", remember_replace)
    monkeypatch.setattr("feeds.system.files._sync_file_system", remember_sync_all)
    publish.build(make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path, output=""), NOW)
    del seen[seen.index("current") + 1 :]
    seen.remove("corpus")  # the record of the corpus to which the state folder belongs
    documents = len(tree(tmp_path / "state" / "objects"))
    assert "sync" not in seen[:documents]
    assert seen[documents].endswith(".json")
    assert seen[documents + 1 :] == ["sync all", "sync", "current"]


def test_modified_never_stays_when_the_bytes_change(tmp_path: Path) -> None:
    """An edit of an article without a page: its page leaves and comes in one build."""

    def modified(address: str) -> datetime:
        found = snapshots.load_current(tmp_path / "state")
        assert found is not None
        return from_seconds(found.documents[address].modified)

    later = NOW + timedelta(hours=1)
    page = "articles/own/index.html"
    corpus = write_corpus(tmp_path / "c", {"own.md": article("Own", url=None, body="One.")})
    publish.build(make_site(corpus, tmp_path), NOW)
    assert timedelta() <= moment("2022-05-26T15:52") - modified(page) < timedelta(hours=1)
    write_corpus(corpus, {"own.md": article("Own", url=None, body="Two.")})
    publish.build(make_site(corpus, tmp_path), later)
    assert modified(page) == later


def test_new_settings_reach_an_empty_site(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article(draft=True)})
    publish.build(make_site(corpus, tmp_path), NOW)
    publish.build(make_site(corpus, tmp_path, title="Renamed"), NOW)
    assert b"Renamed" in (tmp_path / "public" / "feed.atom").read_bytes()


def test_a_query_with_other_settings_leaves_the_catalogue_alone(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    publish.build(make_site(corpus, tmp_path), NOW)
    time.sleep(0.2)
    publish.build(make_site(corpus, tmp_path), NOW)
    catalogue = tmp_path / "state" / "catalogue.sqlite3"
    before = catalogue.read_bytes()
    other = make_site(corpus, tmp_path, base_url="https://other.example/", include_unpublished=True)
    assert publish.query(other, NOW, lambda db: len(queries.load_feeds(db))) == 2
    assert catalogue.read_bytes() == before


def test_a_mistake_in_a_statement_is_no_damage(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "catalogue.sqlite3")) as db:
        db.execute("INSERT INTO meta VALUES ('mark', 'here')")
        db.commit()
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        publish.query(site, NOW, lambda db: db.execute("SELECT mistake"))
    assert publish.query(site, NOW, lambda db: get_meta(db, "mark")) == "here", "it was not made anew"


@pytest.mark.parametrize("damage", [lose_objects, shorten_objects])
def test_an_incomplete_snapshot_is_made_whole_without_a_static_tree(damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    site = make_site(write_corpus(tmp_path / "c", MIXED), tmp_path, output="")
    publish.build(site, NOW)
    damage(tmp_path / "state")
    publish.build(site, NOW)
    found = snapshots.load_current(tmp_path / "state")
    assert found is not None
    assert all(len(found.read(document)) == document.size for document in found.documents.values())


def test_files_of_others_are_not_overwritten(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    mine = tmp_path / "public" / "index.html"
    mine.parent.mkdir()
    mine.write_text("<h1>My own page</h1>")
    with pytest.raises(OutputError, match="not written by feeds"):
        publish.build(make_site(corpus, tmp_path), NOW)
    assert mine.read_text() == "<h1>My own page</h1>"
    publish.build(make_site(corpus, tmp_path), NOW, force=True)
    assert b"Test Site" in mine.read_bytes()


def test_a_page_that_everybody_mentions_does_not_slow_a_first_build_down(tmp_path: Path) -> None:
    """The number of steps that SQLite takes grows with the mentions, not with their square."""

    def steps(number: int) -> int:
        hub = link("https://hub.example/")
        files = {f"{n}.md": article(str(n), url=f"https://a.example/{n}", related=[hub]) for n in range(number)}
        corpus = write_corpus(tmp_path / f"c{number}", files)
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        connect = sqlite3.connect

        def counting(path: Path) -> sqlite3.Connection:
            db = connect(path)
            db.set_progress_handler(count, 100)
            return db

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", counting)
            publish.build(make_site(corpus, tmp_path / str(number), output=""), NOW)
        return counted

    assert steps(400) < 2.8 * steps(200)


def test_last_modified_is_when_this_document_changed(tmp_path: Path) -> None:
    corpus = write_corpus(
        tmp_path / "c",
        {"a.md": article("A", url="https://a.example/", topics=["A"]), "b.md": article("B", url="https://b.example/")},
    )
    publish.build(make_site(corpus, tmp_path), NOW)
    write_corpus(corpus, {"b.md": article("New", url="https://b.example/")})
    publish.build(make_site(corpus, tmp_path), NOW)
    found = snapshots.load_current(tmp_path / "state")
    assert found is not None
    assert from_seconds(found.documents["feed.atom"].modified) == NOW
    unchanged = from_seconds(found.documents["topics/a/feed.atom"].modified)
    assert timedelta() <= moment("2022-05-26T15:52") - unchanged < timedelta(hours=1)
