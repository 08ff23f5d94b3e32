"""The pipeline as a whole: counts, held-back articles, damaged state, the same bytes everywhere."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from feeds import publish, snapshot
from feeds.errors import CorpusError, OutputError, StateError, UsageError
from feeds.model import Counts
from tests.builders import NOW, article, link, make_site, moment, tree, write_corpus
from tests.conftest import SEEDS

MIXED = {
    "published.md": article("Published", url="https://a.example/1", topics=["One"]),
    "draft.md": article("Draft", url="https://a.example/2", draft=True, related=[link("https://a.example/4")]),
    "future.md": article("Future", "2030-01-01", url="https://a.example/3", topics=["Two"]),
    "broken.md": "---\n[\n---\n",
    "folder.md/inside.md": article("Inside", url="https://a.example/5"),
}


def test_every_file_is_counted_once(tmp_path: Path) -> None:
    report = publish.build(make_site(write_corpus(tmp_path / "c", MIXED), tmp_path), NOW)
    assert report.counts == Counts(files=6, published=2, unpublished=1, future=1, problems=2)
    assert report.entries == 2
    assert sorted(problem.path for problem in report.problems) == ["broken.md", "folder.md"]


def test_include_unpublished(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", MIXED)
    report = publish.build(make_site(corpus, tmp_path, include_unpublished=True), NOW)
    assert report.counts == Counts(files=6, published=3, unpublished=0, future=1, problems=2)
    assert report.entries == 4, "the draft and what it alone relates to"


def test_a_draft_and_the_future_leave_no_trace(tmp_path: Path) -> None:
    publish.build(make_site(write_corpus(tmp_path / "c", MIXED), tmp_path), NOW)
    for name, body in tree(tmp_path / "public").items():
        assert not {b"Draft", b"Future", b"Two"} & set(body.replace(b">", b" ").replace(b"<", b" ").split()), name


def test_a_vanished_topic_leaves_no_document(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article(topics=["One", "Two"])})
    publish.build(make_site(corpus, tmp_path), NOW)
    assert (tmp_path / "public" / "topics" / "two" / "feed.atom").exists()
    write_corpus(corpus, {"a.md": article(topics=["One"])})
    publish.build(make_site(corpus, tmp_path), NOW)
    assert sorted(path.name for path in (tmp_path / "public" / "topics").iterdir()) == ["one"]


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
    assert report.counts == Counts(14, 14, 0, 0, 0)
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


def lose_manifests(state: Path) -> None:
    shutil.rmtree(state / "manifests")


def lose_all(state: Path) -> None:
    shutil.rmtree(state)


@pytest.mark.parametrize(
    "damage", [damage_catalogue, truncate_catalogue, lose_objects, damage_objects, lose_manifests, lose_all]
)
def test_damaged_state_is_made_good(damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    corpus = write_corpus(tmp_path / "c", MIXED)
    publish.build(make_site(corpus, tmp_path), NOW)
    expected = tree(tmp_path / "public")
    damage(tmp_path / "state")
    publish.build(make_site(corpus, tmp_path, output=str(tmp_path / "again")), NOW)
    assert tree(tmp_path / "again") == expected
    found = snapshot.current(tmp_path / "state")
    assert found is not None
    assert all(found.read(document) for document in found.documents.values())


def test_force_looks_behind_sizes(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", MIXED)
    publish.build(make_site(corpus, tmp_path), NOW)
    expected = tree(tmp_path / "public")
    damage_objects(tmp_path / "state")
    publish.build(make_site(corpus, tmp_path), NOW, force=True)
    assert tree(tmp_path / "public") == expected
    found = snapshot.current(tmp_path / "state")
    assert found is not None
    assert all(found.read(document) for document in found.documents.values())


def test_many_files_in_many_processes_give_the_same(tmp_path: Path) -> None:
    files = {f"{number}.md": article(str(number), url=f"https://a.example/{number}") for number in range(250)}
    corpus = write_corpus(tmp_path / "c", files)
    publish.build(make_site(corpus, tmp_path / "one"), NOW, jobs=1)
    publish.build(make_site(corpus, tmp_path / "two"), NOW, jobs=2)
    assert tree(tmp_path / "one" / "public") == tree(tmp_path / "two" / "public")


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
        for path in sorted(SEEDS.glob("*.*"), reverse=bool(number)):
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


def test_killed_at_any_moment_the_next_build_makes_it_good(tmp_path: Path) -> None:
    files = {f"{n}.md": article(str(n), url=f"https://a.example/{n}", topics=[f"T{n % 9}"]) for n in range(120)}
    corpus = write_corpus(tmp_path / "c", files)
    command = [
        sys.executable,
        "-m",
        "feeds",
        "build",
        str(corpus),
        "--output",
        "public",
        "--base-url",
        "https://e.example",
    ]
    for delay in (0.15, 0.25, 0.3, 0.35, 0.4, 0.5):
        for number in range(0, 120, 7):
            write_corpus(corpus, {f"{number}.md": article(f"{number} {delay}", url=f"https://a.example/{number}")})
        victim = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        for path in (tmp_path / "public").rglob("feed.*"):
            if path.suffix == ".json":
                json.loads(path.read_bytes())
            else:
                etree.parse(path)
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    fresh = [*command[:-3], "fresh", *command[-2:]]
    subprocess.run(fresh, cwd=tmp_path, check=True, capture_output=True, env={**os.environ, "FEEDS_STATE": "other"})
    assert tree(tmp_path / "public") == tree(tmp_path / "fresh")


def test_last_modified_is_when_this_document_changed(tmp_path: Path) -> None:
    corpus = write_corpus(
        tmp_path / "c",
        {"a.md": article("A", url="https://a.example/", topics=["A"]), "b.md": article("B", url="https://b.example/")},
    )
    publish.build(make_site(corpus, tmp_path), NOW)
    write_corpus(corpus, {"b.md": article("New", url="https://b.example/")})
    publish.build(make_site(corpus, tmp_path), NOW)
    found = snapshot.current(tmp_path / "state")
    assert found is not None
    assert found.documents["feed.atom"].last_modified == NOW
    assert found.documents["topics/a/feed.atom"].last_modified == moment("2022-05-26T15:52")
