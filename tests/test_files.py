"""Files that are written whole or not at all, one after the other or while the next are prepared."""

from __future__ import annotations

import functools
import threading
import time
from pathlib import Path

import pytest

from feeds import files
from feeds.files import Writers, write_atomically

MANY = 100


def test_many_files_are_written_by_threads_and_their_results_come_in_order(tmp_path: Path) -> None:
    by: set[int] = set()

    def write(number: int) -> int:
        by.add(threading.get_ident())
        write_atomically(tmp_path / str(number), str(number).encode(), root=tmp_path)
        return number

    with Writers[int]() as writers:
        for number in range(MANY):
            writers.do(functools.partial(write, number))
        assert writers.finish() == list(range(MANY))
    assert {path.name: path.read_text() for path in tmp_path.glob("[0-9]*")} == {str(n): str(n) for n in range(MANY)}
    assert by - {threading.get_ident()}


def test_few_files_are_written_at_once(tmp_path: Path) -> None:
    with Writers[None]() as writers:
        for number in range(files._AT_ONCE):
            writers.do(functools.partial(write_atomically, tmp_path / str(number), b""))
            assert (tmp_path / str(number)).exists()


@pytest.mark.parametrize("failing", [0, MANY // 2, MANY - 1])
def test_what_fails_is_told_and_what_waits_is_left(failing: int) -> None:
    done = []
    threads = threading.active_count()

    def write(number: int) -> None:
        if number == failing:
            raise OSError("no space")
        done.append(number)

    def write_all() -> None:
        with Writers[None]() as writers:
            for number in range(MANY):
                writers.do(functools.partial(write, number))
            writers.finish()

    with pytest.raises(OSError, match="no space"):
        write_all()
    assert len(done) <= failing + 2 * files._AHEAD
    assert threading.active_count() == threads


def test_what_waits_is_bounded() -> None:
    started, go_on = [], threading.Event()

    def write(number: int) -> None:
        started.append(number)
        assert number < files._AT_ONCE or go_on.wait(30)

    def offer(writers: Writers[None]) -> None:
        for number in range(MANY):
            writers.do(functools.partial(write, number))
            offered.append(number)

    offered: list[int] = []
    with Writers[None]() as writers:
        caller = threading.Thread(target=offer, args=(writers,))
        caller.start()
        while len(offered) < files._AT_ONCE + files._AHEAD:
            time.sleep(0.01)
        caller.join(0.1)  # it would go on if it could
        assert len(offered) == files._AT_ONCE + files._AHEAD
        go_on.set()
        caller.join()
        assert len(writers.finish()) == MANY
