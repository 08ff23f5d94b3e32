"""Fragment files: every process reads the fragments that others wrote, unchanged."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.pipeline import fragment_files
from feeds.system import files
from feeds.system.processes import Workers


@given(rounds=st.lists(st.lists(st.binary(max_size=100), max_size=5), max_size=5))
def test_parts_are_read_as_they_were_written(
    rounds: list[list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    pieces = [piece for bodies in rounds for piece in fragment_files.append_parts(folder, bodies)]
    assert fragment_files.read_parts(reversed(pieces)) == [body for bodies in rounds for body in bodies][::-1]


def test_threads_and_processes_write_at_the_same_time(tmp_path: Path) -> None:
    bodies = [[b"%d-%d " % (number, each) * 5_000 for each in range(20)] for number in range(40)]
    put = partial(fragment_files.append_parts, tmp_path)
    with ThreadPoolExecutor(4) as threads, Workers(2) as workers:
        for executor in (threads, workers.executor(1, enough=1)):
            assert executor is not None
            assert [fragment_files.read_parts(pieces) for pieces in executor.map(put, bodies)] == bodies


def test_a_missing_part_is_an_error(tmp_path: Path) -> None:
    (piece,) = fragment_files.append_parts(tmp_path, [b"some bytes"])
    os.truncate(piece.file, 4)
    with pytest.raises(OSError, match="gone"):
        fragment_files.read_parts([piece])
    os.unlink(piece.file)
    with pytest.raises(FileNotFoundError):
        fragment_files.read_parts([piece])


def test_reading_leaves_nothing_open(tmp_path: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    pieces = fragment_files.append_parts(tmp_path, [b"a", b"b"])
    fragment_files.read_parts(pieces)
    os.truncate(pieces[0].file, 1)
    with pytest.raises(OSError, match="gone"):
        fragment_files.read_parts(pieces)
    assert len(os.listdir("/dev/fd")) == before


def test_nothing_is_left_of_a_scratch_folder(tmp_path: Path) -> None:
    for error in (None, ZeroDivisionError):
        with contextlib.suppress(ZeroDivisionError), files.scratch_folder(tmp_path) as folder:
            assert not list(folder.iterdir())
            fragment_files.append_parts(folder, [b"some bytes"])
            if error is not None:
                raise error
        assert not folder.exists()


def test_a_late_writer_leaves_nothing(tmp_path: Path) -> None:
    started, ended = threading.Event(), threading.Event()

    def put_again_and_again(folder: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            while not ended.is_set():
                fragment_files.append_parts(folder, [b"some bytes"])
                started.set()

    with ThreadPoolExecutor(8) as executor:
        with files.scratch_folder(tmp_path) as folder:
            for _ in range(8):
                executor.submit(put_again_and_again, folder)
            started.wait()
        ended.set()
    assert not list((tmp_path / ".new").iterdir())
