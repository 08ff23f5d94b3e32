"""Snapshots and static trees: atomic, content-addressed, dated by changes, repaired where they are damaged."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feeds.errors import OutputError
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.rules.times import from_seconds
from feeds.store import snapshots
from feeds.store.objects import DamagedObjectError, object_path
from feeds.store.snapshots import Draft, Snapshot
from feeds.store.static_tree import PARALLEL_MIN_FILES, write_tree
from feeds.store.trust import Trust
from feeds.system.processes import Workers
from tests.builders import NOW, moment, tree

UPDATED = moment("2022-05-26")
LATER = NOW + timedelta(hours=1)


def make(folder: Path, documents: dict[str, str], now: datetime = NOW) -> Snapshot:
    """Commit a generation with exactly `documents`."""
    draft = Draft(folder, snapshots.load_current(folder), now)
    for address, text in documents.items():
        draft.put(address, "text/plain", text.encode(), UPDATED)
    draft.drop_the_rest()
    return draft.commit()


def test_what_was_put_is_read(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": "one", "b/c": "two"})
    found = snapshots.load_current(tmp_path)
    assert found == made
    assert {address: made.read(document) for address, document in made.documents.items()} == {
        "a": b"one",
        "b/c": b"two",
    }


def test_nothing_changed_is_the_same_generation_and_writes_nothing(tmp_path: Path) -> None:
    first = make(tmp_path, {"a": "one"})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert make(tmp_path, {"a": "one"}, LATER) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_modified_is_when_the_bytes_last_changed(tmp_path: Path) -> None:
    def modified(text: str | None, now: datetime) -> datetime | None:
        documents = {"other": "x", **({"a": text} if text is not None else {})}
        found = make(tmp_path, documents, now).documents.get("a")
        return from_seconds(found.modified) if found is not None else None

    first = modified("one", NOW)
    assert first is not None
    assert timedelta() <= UPDATED - first < timedelta(hours=1), "of a document never seen before, what it tells itself"
    assert modified("one", LATER) == first
    assert modified("two", LATER) == LATER
    assert modified("one", NOW) == LATER + timedelta(seconds=1), "time never runs backwards"
    assert modified(None, LATER + timedelta(hours=1)) is None
    assert modified("one", LATER + timedelta(hours=2)) == LATER + timedelta(hours=2), "it was another in between"


def test_without_a_state_folder_an_edit_of_equal_length_has_another_time(tmp_path: Path) -> None:
    """Web servers make validators of size and time; and the same bytes have the same time on every machine."""
    times = [
        make(tmp_path / name, {"a": text}).documents["a"].modified
        for name, text in zip("xyz", ("Releese", "Release", "Releese"), strict=True)
    ]
    assert times[0] != times[1]
    assert times[0] == times[2]


def test_two_documents_never_overwrite_each_other(tmp_path: Path) -> None:
    draft = Draft(tmp_path, None, NOW)
    draft.put("a", "text/plain", b"one", UPDATED)
    with pytest.raises(ValueError, match="two documents"):
        draft.put("a", "text/plain", b"two", UPDATED)


def test_damage_shows(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": "one"})
    (path,) = (each for each in (tmp_path / "objects").rglob("*") if each.is_file())
    path.write_bytes(b"eno")
    with pytest.raises(DamagedObjectError, match="damaged"):
        made.read(made.documents["a"])
    path.unlink()
    with pytest.raises(DamagedObjectError, match="can't be read"):
        made.read(made.documents["a"])


@pytest.mark.parametrize("content", ["", "x", "000001-0000", "../../etc/passwd", "000001-\0"])
def test_a_damaged_pointer_is_no_snapshot(content: str, tmp_path: Path) -> None:
    make(tmp_path, {"a": "one"})
    (tmp_path / "current").write_text(content)
    assert snapshots.load_current(tmp_path) is None


def test_a_damaged_manifest_is_no_snapshot(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": "one"})
    manifest = tmp_path / "manifests" / f"{made.name}.json"
    manifest.write_text(json.dumps({"generation": 1, "documents": {}, "removed": {}}))
    assert snapshots.load_current(tmp_path) is None


def test_old_generations_go_when_nobody_can_need_them(tmp_path: Path) -> None:
    generations = [make(tmp_path, {"a": str(number), "b": "same"}) for number in range(6)]
    soon = datetime.fromtimestamp(time.time(), tz=NOW.tzinfo)
    snapshots.delete_old_generations(tmp_path, soon)
    assert all(each.read(each.documents["a"]) for each in generations)
    snapshots.delete_old_generations(tmp_path, soon + timedelta(seconds=snapshots.MIN_AGE_SECONDS + 1))
    kept = [each for each in generations if (tmp_path / "manifests" / f"{each.name}.json").exists()]
    assert kept == generations[-snapshots.KEPT_GENERATIONS :]
    assert all(each.read(document) for each in kept for document in each.documents.values())
    with pytest.raises(DamagedObjectError):
        generations[0].read(generations[0].documents["a"])


def test_where_there_are_many_generations_old_ones_gather_before_they_go(tmp_path: Path) -> None:
    generations = [make(tmp_path, {"a": str(number)}) for number in range(21)]
    past, there = time.time() - 9999, []
    for newer in generations[1:8]:
        os.utime(tmp_path / "manifests" / f"{newer.name}.json", (past, past))  # so the one before it is old
        snapshots.delete_old_generations(tmp_path, datetime.fromtimestamp(time.time(), tz=NOW.tzinfo))
        there.append(len(list((tmp_path / "manifests").iterdir())))
    assert there == [21] * 6 + [16]


def test_the_current_generation_stays_whatever_a_killed_build_has_left(tmp_path: Path) -> None:
    made = make(tmp_path, {"a": "one"})
    for number in range(2, 6):
        (tmp_path / "manifests" / f"{number:06}-{'0' * 32}.json").write_text("{}")
    snapshots.delete_old_generations(
        tmp_path, datetime.fromtimestamp(time.time() + 9999, tz=NOW.tzinfo), everything=True
    )
    assert snapshots.load_current(tmp_path) == made
    assert made.read(made.documents["a"]) == b"one"


def test_what_a_killed_build_left_goes(tmp_path: Path) -> None:
    make(tmp_path, {"a": "one"})
    Draft(tmp_path, None, NOW).put("b", "text/plain", b"never committed", UPDATED)
    snapshots.delete_old_generations(tmp_path, LATER, everything=True)
    assert len([each for each in (tmp_path / "objects").rglob("*") if each.is_file()]) == 1


class TestExport:
    """The static tree."""

    def test_is_the_snapshot_and_its_times(self, tmp_path: Path) -> None:
        made = make(tmp_path / "state", {"a": "one", "b/c": "two"})
        assert write_tree(made, tmp_path / "out").written == 2
        assert set(tree(tmp_path / "out")) == {"a", "b/c", OUTPUT_LIST}
        assert (tmp_path / "out" / "b" / "c").stat().st_mtime == made.documents["b/c"].modified
        assert oct((tmp_path / "out" / "a").stat().st_mode & 0o777) == "0o644"

    def test_touches_only_what_changed(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_tree(make(tmp_path / "state", {"a": "one", "b": "two"}), out)
        before = (out / "a").stat().st_ino
        assert write_tree(make(tmp_path / "state", {"a": "one", "b": "three"}), out).written == 1
        assert (out / "a").stat().st_ino == before
        assert write_tree(make(tmp_path / "state", {"a": "one", "b": "three"}), out).written == 0

    def test_removes_what_is_gone_and_nothing_of_others(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_tree(make(tmp_path / "state", {"a": "one", "b/c": "two", "d/e": "three"}), out)
        (out / "d" / "mine.txt").write_text("not yours")
        assert write_tree(make(tmp_path / "state", {"a": "one"}), out).written == 2
        assert set(tree(out)) == {"a", "d/mine.txt", OUTPUT_LIST}
        assert not (out / "b").exists()

    def test_mends_what_somebody_changed(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        made = make(tmp_path / "state", {"a": "one", "b": "two"})
        write_tree(made, out)
        (out / "a").write_text("edited")
        (out / "b").unlink()
        assert write_tree(made, out) == (2, ("a",))
        assert (out / "a").read_text() == "one"

    def test_names_what_somebody_changed(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_tree(make(tmp_path / "state", {"a": "one", "b": "two", "c": "three"}), out)
        (out / "b").write_text("edited")
        (out / "c").write_text("four")
        assert write_tree(make(tmp_path / "state", {"a": "1", "b": "2", "c": "four"}), out) == (2, ("b",))

    def test_a_document_that_a_killed_build_has_written_is_ours(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_tree(make(tmp_path / "state", {"a": "one"}), out)
        made = make(tmp_path / "state", {"a": "two"})
        (out / "a").write_bytes(made.read(made.documents["a"]))  # and the list still has the one before
        assert write_tree(make(tmp_path / "state", {"a": "three"}), out) == (1, ())

    def test_rewrite_looks_behind_size_and_time(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        made = make(tmp_path / "state", {"a": "one"})
        write_tree(made, out)
        (out / "a").write_text("eno")
        os.utime(out / "a", (made.documents["a"].modified, made.documents["a"].modified))
        assert write_tree(made, out).written == 0
        assert write_tree(made, out, trust=Trust.NOTHING).written == 1

    @pytest.mark.parametrize("listed", ['["a"]', "{", '{"../outside": "x"}', '{"/etc/x": "y"}'])
    def test_a_list_that_is_not_ours_deletes_nothing(self, listed: str, tmp_path: Path) -> None:
        (tmp_path / "outside").write_text("x")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / OUTPUT_LIST).write_text(listed)
        write_tree(make(tmp_path / "state", {"a": "one"}), tmp_path / "out")
        assert (tmp_path / "outside").exists()

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_many_files_are_written_by_as_many_processes_as_there_are(self, jobs: int, tmp_path: Path) -> None:
        number = PARALLEL_MIN_FILES
        made = make(tmp_path / "state", {f"{each}/a": str(each) for each in range(number)})
        with Workers(jobs) as workers:
            assert write_tree(made, tmp_path / "out", None, workers).written == number
        found = tree(tmp_path / "out")
        assert {f"{each}/a": str(each).encode() for each in range(number)}.items() <= found.items()
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "7").mkdir()
        (tmp_path / "other" / "7" / "a").write_text("mine")
        for _ in range(2):
            with pytest.raises(OutputError, match=r"other/7/a: .*not written by feeds"), Workers(jobs) as workers:
                write_tree(made, tmp_path / "other", None, workers)
        assert tree(tmp_path / "other") == {"7/a": b"mine"}

    def test_a_page_of_the_publisher_for_404_stays(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "404.html").write_text("mine")
        (out / ".nojekyll").write_text("# mine")
        made = make(tmp_path / "state", {"a": "one", "404.html": "ours" * 1_000, ".nojekyll": ""})
        for _ in range(2):
            write_tree(made, out, precompress=True)
            found = tree(out)
            assert {"404.html": b"mine", ".nojekyll": b"# mine"}.items() <= found.items()
            assert found.keys() == {"404.html", ".nojekyll", "a", OUTPUT_LIST}
            assert json.loads(found[OUTPUT_LIST]).keys() == {"a"}
        (out / "404.html").unlink()
        write_tree(made, out)
        assert tree(out)["404.html"] == b"ours" * 1_000
        write_tree(made, out, trust=Trust.NOTHING)
        assert tree(out)[".nojekyll"] == b""

    def test_a_folder_in_the_place_of_a_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "out" / "a").mkdir(parents=True)
        with pytest.raises(OutputError, match="out/a: "):
            write_tree(make(tmp_path / "state", {"a": "one"}), tmp_path / "out")

    @pytest.mark.parametrize("address", ["../outside", "a/../../outside", "/outside"])
    def test_an_address_that_leads_out_is_refused_before_anything_is_written(
        self, address: str, tmp_path: Path
    ) -> None:
        made = make(tmp_path / "state", {"a": "one", address: "two"})
        with pytest.raises(OutputError, match="leads out"):
            write_tree(made, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert not (tmp_path / "outside").exists()

    def test_says_what_can_not_be_written(self, tmp_path: Path) -> None:
        made = make(tmp_path / "state", {"a/b": "one"})
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "a").write_text("a file in the way")
        with pytest.raises(OutputError, match="out/a"):
            write_tree(made, tmp_path / "out")


def test_what_a_killed_build_has_written_is_synced_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The objects are there and have the right size; but nothing has waited until they were on the disk."""
    Draft(tmp_path, None, NOW).put("index.html", "text/html", b"page", NOW)  # and no commit
    synced: list[str] = []
    monkeypatch.setattr("feeds.store.snapshots.sync_files", lambda paths, **_: synced.extend(map(str, paths)))
    draft = Draft(tmp_path, None, NOW)
    draft.put("index.html", "text/html", b"page", NOW)
    snapshot = draft.commit()
    assert str(object_path(tmp_path, snapshot.documents["index.html"].digest)) in synced


def test_a_damaged_object_never_gets_into_the_static_tree(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "state", None, NOW)
    draft.put("index.html", "text/html", b"page", NOW)
    snapshot = draft.commit()
    object_path(snapshot.folder, snapshot.documents["index.html"].digest).write_bytes(b"pace")
    with pytest.raises(DamagedObjectError):
        write_tree(snapshot, tmp_path / "public")
    assert not (tmp_path / "public" / "index.html").exists()
