"""What is on the disk when: syncs of a build, their order, and what a killed build leaves of the history."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.catalogue import history, schema
from feeds.pipeline import publish
from feeds.system.files import move_durably
from feeds.system.processes import Workers
from tests.builders import NOW, article, delete_catalogue, link, make_site, tree, write_corpus
from tests.kills import build_in_a_child
from tests.paths import SEEDS

MOST_SYNCS = 5
"""Of a first build: the history, its folder, the objects with the manifest, `current`, and a ledger if it has news."""

CORPUS = {
    "a.md": article("A", url="https://a.example/a", topics=["One"], related=[link("https://b.example/b", "B")]),
    "own.md": article("Own", url=None, topics=["Two"]),
}


def published(folder: Path) -> tuple[list[str], list[int], list[tuple[str, ...]]]:
    """Return the ids, the keys of pages and the feeds that the history in a state folder knows."""
    with contextlib.closing(sqlite3.connect(folder / history.HISTORY_FILE)) as db:
        ids = [ident for (ident,) in db.execute("SELECT ident FROM id ORDER BY ident")]
        keys = [key for (key,) in db.execute("SELECT DISTINCT key FROM page ORDER BY key")]
        return ids, keys, db.execute("SELECT kind, key, slug FROM feed ORDER BY kind, key").fetchall()


def strace_works() -> bool:
    """Tell whether strace is installed and may trace here."""
    program = shutil.which("strace")
    return program is not None and subprocess.run([program, "true"], capture_output=True).returncode == 0


def count_syncs(folder: Path, corpus: Path) -> int:
    """Build `corpus` in a process of its own and return how often it waits for the disk, SQLite included."""
    trace = folder / "trace"
    calls = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=fsync,fdatasync,sync,syncfs,sync_file_range,msync"]
    build = [sys.executable, "-m", "feeds", "build", str(corpus), "--output", str(folder / "public")]
    environment = {**os.environ, "FEEDS_STATE": str(folder / "state"), "FEEDS_BASE_URL": "https://a.example/"}
    subprocess.run([*calls, *build], check=True, capture_output=True, env=environment)
    return sum("sync" in line for line in trace.read_text().splitlines())


@pytest.mark.skipif(not strace_works(), reason="needs strace")
@pytest.mark.parametrize("documents", ["few", "many"])
def test_a_first_build_hardly_waits_for_the_disk_and_the_next_one_not_at_all(tmp_path: Path, documents: str) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    if documents == "many":
        shutil.copytree(SEEDS, corpus, ignore=shutil.ignore_patterns(".feeds"), dirs_exist_ok=True)
    assert 0 < count_syncs(tmp_path, corpus) <= MOST_SYNCS
    assert count_syncs(tmp_path, corpus) == 0


def test_a_new_history_is_whole_before_it_has_its_name_and_has_it_before_a_snapshot_is_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def remember_fsync(descriptor: int) -> None:
        seen.append(f"sync {os.fstat(descriptor).st_ino}")
        fsync(descriptor)

    def remember_replace(source: Path, target: Path) -> None:
        inode = os.stat(source).st_ino
        replace(source, target)
        seen.append(f"{Path(target).name} {inode}")

    monkeypatch.setattr(os, "fsync", remember_fsync)
    monkeypatch.setattr(os, "replace", remember_replace)
    publish.build(make_site(write_corpus(tmp_path / "c", CORPUS), tmp_path, output=""), NOW)
    state = tmp_path / "state"
    inode = (state / history.HISTORY_FILE).stat().st_ino
    at = seen.index(f"{history.HISTORY_FILE} {inode}")
    assert seen[at - 1 : at + 2] == [
        f"sync {inode}",
        f"{history.HISTORY_FILE} {inode}",
        f"sync {state.stat().st_ino}",
    ]
    assert at < seen.index(f"current {(state / 'current').stat().st_ino}")


def test_sqlite_waits_for_the_disk_once_the_history_has_its_place(tmp_path: Path) -> None:
    def modes(db: sqlite3.Connection) -> tuple[str, int]:
        (journal,) = db.execute("PRAGMA published.journal_mode").fetchone()
        (synchronous,) = db.execute("PRAGMA published.synchronous").fetchone()
        return journal, synchronous

    full = 2
    with schema.connect(tmp_path / "catalogue", "reader") as db:
        assert modes(db) == ("memory", 0)
        history.keep_history(db, move_durably)
        assert modes(db) == ("wal", full)
        history.keep_history(db, move_durably)
    with schema.connect(tmp_path / "catalogue", "reader") as db:
        assert modes(db) == ("wal", full)


def test_a_history_that_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    with schema.connect(tmp_path / "catalogue", "reader") as db:
        db.commit()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(history.HISTORY_FILE)] == []


def test_what_a_power_cut_leaves_of_a_new_history_is_not_read(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", CORPUS)
    publish.build(make_site(corpus, tmp_path / "e"), NOW)
    state = tmp_path / "state"
    state.mkdir()
    new = state / f"{history.HISTORY_FILE}.new"
    shutil.copy(tmp_path / "e" / "state" / history.HISTORY_FILE, new)
    with contextlib.closing(sqlite3.connect(new)) as db:
        db.execute("INSERT INTO id (ident) VALUES ('of another build')")
        db.commit()
    new.with_name(f"{new.name}-wal").write_bytes(b"torn" * 1000)
    publish.build(make_site(corpus, tmp_path), NOW)
    assert published(state) == published(tmp_path / "e" / "state")
    assert not list(state.glob(f"{history.HISTORY_FILE}.*"))


@pytest.mark.parametrize("loses", ["nothing", "the catalogue"])
def test_the_history_is_whole_after_a_first_build_that_was_killed(tmp_path: Path, loses: str) -> None:
    corpus = write_corpus(tmp_path / "c", CORPUS)
    publish.build(make_site(corpus, tmp_path / "e"), NOW)
    expected, pages = published(tmp_path / "e" / "state"), tree(tmp_path / "e" / "public")
    without_history = 0
    for die_at in range(1, 200):
        work = tmp_path / str(die_at)
        died = build_in_a_child(make_site(corpus, work), die_at=die_at)
        assert died in (0, 9)
        state = work / "state"
        if (state / "current").exists():
            assert published(state) == expected, "what can be seen is known"
        without_history += not (state / history.HISTORY_FILE).exists()
        if loses == "the catalogue":
            delete_catalogue(state)
        publish.build(make_site(corpus, work), NOW)
        assert published(state) == expected
        assert tree(work / "public") == pages
        shutil.rmtree(work)
        if died == 0:
            break
    assert without_history > 3
    assert die_at > 10


def test_a_history_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", CORPUS), tmp_path)
    publish.build(site, NOW)
    expected = published(tmp_path / "state")
    (tmp_path / "state" / history.HISTORY_FILE).unlink()
    assert publish.build(site, NOW).changed == 0
    assert published(tmp_path / "state") == expected


def test_a_small_site_starts_no_worker_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    executor = Workers.executor

    def remember(self: Workers, amount: int, enough: int) -> object:
        asked.append(executor(self, amount, enough))
        return asked[-1]

    monkeypatch.setattr(Workers, "executor", remember)
    publish.build(make_site(SEEDS, tmp_path), NOW, jobs=8)
    assert len(asked) > 2
    assert set(asked) == {None}
