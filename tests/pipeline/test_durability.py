"""What is on the disk when: syncs of a build, and what a killed build leaves of the memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.memory.format import memory_address
from feeds.memory.sources import read_source
from feeds.pipeline import publish
from feeds.rules.site_layout import MEMORY_HEAD_ADDRESS, is_memory
from feeds.store.snapshots import Snapshot, load_current
from feeds.system.processes import Workers
from tests.builders import NOW, article, delete_catalogue, link, make_site, remembered, tree, write_corpus
from tests.kills import build_in_a_child
from tests.paths import SEEDS

MOST_SYNCS = 3
"""Of a first build: the objects with the manifest, `current`, and its folder."""

CORPUS = {
    "a.md": article("A", url="https://a.example/a", topics=["One"], related=[link("https://b.example/b", "B")]),
    "own.md": article("Own", url=None, topics=["Two"]),
}


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


@pytest.mark.parametrize("loses", ["nothing", "the catalogue", "the state"])
@pytest.mark.parametrize("build", ["first", "second"])
def test_what_can_be_seen_is_remembered_whenever_a_build_is_killed(tmp_path: Path, build: str, loses: str) -> None:
    corpus = write_corpus(tmp_path / "c", CORPUS)
    expected = make_site(corpus, tmp_path / "e")
    if build == "second":
        publish.build(expected, NOW)
        write_corpus(corpus, {"a.md": CORPUS["a.md"].replace('"A"', '"Another"'), "own.md": CORPUS["own.md"]})
    publish.build(expected, NOW)
    visible = 0
    for die_at in range(1, 200):
        work = tmp_path / str(die_at)
        site = make_site(corpus, work)
        if build == "second":
            write_corpus(corpus, CORPUS)
            publish.build(site, NOW)
            write_corpus(corpus, {"a.md": CORPUS["a.md"].replace('"A"', '"Another"')})
        died = build_in_a_child(site, die_at=die_at)
        assert died in (0, 9)
        if (snapshot := load_current(work / "state")) is not None:
            visible += 1
            assert knows_all_of(snapshot)
        if loses == "the catalogue":
            delete_catalogue(work / "state")
        if loses == "the state" and (work / "public" / MEMORY_HEAD_ADDRESS).exists():
            shutil.rmtree(work / "state")
        publish.build(site, NOW)
        assert tree(work / "public") == tree(tmp_path / "e" / "public")
        for family in ("entries", "feeds", "articles"):
            assert remembered(work / "public", family) == remembered(tmp_path / "e" / "public", family)
        shutil.rmtree(work)
        if died == 0:
            break
    assert visible > 1
    assert die_at > 10


def knows_all_of(snapshot: Snapshot) -> bool:
    """Tell whether the memory in a snapshot has all ids in its feed of everything, and all its documents."""
    source = read_source("", lambda name: snapshot.read(snapshot.documents[memory_address(name)]))
    assert source is not None
    items = json.loads(snapshot.read(snapshot.documents["feed.json"]))["items"]
    ids = {ident for _, ident, *_ in source.records_of("entries")}
    count = sum(not is_memory(address) for address in snapshot.documents)
    return ids >= {item["id"] for item in items} and len(source.records_of("documents")) >= count


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
