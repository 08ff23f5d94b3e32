"""Work on an executor that is handed in: in order, and no more of it under way than is said."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from feeds.errors import OutputError, WorkerError
from feeds.system.processes import MAX_PENDING, Workers, map_all, map_batches, start_ahead
from tests.conftest import PROJECT

SIZE = 3


def double(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


@pytest.mark.parametrize("count", [0, 1, SIZE, SIZE * MAX_PENDING, 5 * SIZE * MAX_PENDING + 1])
@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(3)], ids=["here", "three threads"])
def test_results_come_in_order(count: int, executor: Executor | None) -> None:
    found = [number for batch in map_batches(double, range(count), SIZE, executor) for number in batch]
    assert found == double(list(range(count)))


def test_what_is_taken_ahead_is_bounded() -> None:
    taken = 0

    def things() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    with ThreadPoolExecutor(2) as executor:
        for done, batch in enumerate(map_batches(double, things(), SIZE, executor), 1):
            assert batch
            assert taken <= SIZE * (done + 2 * MAX_PENDING)


def test_workers_start_when_there_is_enough_to_do() -> None:
    with Workers(2) as workers:
        assert workers.executor(9, enough=10) is None
        executor = workers.executor(10, enough=10)
        assert executor is not None
        assert list(map_batches(abs_all, [-1, -2], 1, executor)) == [[1], [2]]
        assert workers.executor(10, enough=10) is executor
    with Workers(1) as workers:
        assert workers.executor(10, enough=10) is None


def end_this_process(_: list[int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_somebody_ends_is_an_error_in_words() -> None:
    with pytest.raises(WorkerError, match="ended from outside"), Workers(2) as workers:
        list(map_batches(end_this_process, [1, 2], 1, workers.executor(2, enough=1)))


ORPHANED = """
import os, signal
from feeds.system.processes import Workers
from tests.system.test_processes import work_for_ever

if __name__ == "__main__":
    with Workers(2) as workers:
        executor = workers.executor(2, enough=1)
        print(executor.submit(os.getpid).result(), flush=True)
        executor.submit(work_for_ever)
        executor.submit(work_for_ever)
        os.kill(os.getpid(), signal.SIGKILL)
"""


BROKEN_OFF = """
from multiprocessing.connection import Connection

from feeds.errors import WorkerError
from feeds.system.processes import Workers
from tests.system.test_processes import be_ended_while_handing_back, close_slowly

if __name__ == "__main__":
    Connection._close = close_slowly
    try:
        with Workers(2) as workers:
            workers.executor(2, enough=1).submit(be_ended_while_handing_back).result()
    except WorkerError as error:
        print(error)
"""


def close_slowly(connection: Connection) -> None:
    """Close, and have who watches say so late: the main thread goes on meanwhile, and fails if it closes it again."""
    os.close(connection.fileno())
    if "_monitor" in threading.current_thread().name:
        time.sleep(0.3)


def be_ended_while_handing_back() -> bytes:
    """Return more than fits into a pipe, to a process that is stopped until this one has been killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -9 {os.getpid()}; kill -CONT {parent.pid}"])
    os.kill(parent.pid or 0, signal.SIGSTOP)
    return b"x" * 3_000_000


def test_a_worker_that_is_ended_while_it_hands_something_back_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "broken_off.py").write_text(BROKEN_OFF)
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, tmp_path / "broken_off.py"], env=environ, capture_output=True, text=True, timeout=30
    )
    assert "ended from outside" in done.stdout, done.stderr


def work_for_ever() -> None:
    while True:
        time.sleep(0.01)


def test_workers_end_with_the_process_that_they_work_for(tmp_path: Path) -> None:
    (tmp_path / "orphaned.py").write_text(ORPHANED)
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with (tmp_path / "said").open("w") as said:  # no pipe, which they would keep open
        done = subprocess.run([sys.executable, tmp_path / "orphaned.py"], env=environ, stdout=said, stderr=said)
    assert done.returncode == -signal.SIGKILL
    worker = int((tmp_path / "said").read_text())
    late = time.monotonic() + 20
    while is_running(worker):
        assert time.monotonic() < late, worker
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # which nobody may have waited for


def sum_after_ctrl_c(numbers: list[int]) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return sum(numbers)


def test_ctrl_c_does_not_reach_workers() -> None:
    with Workers(2) as workers:
        assert list(map_batches(sum_after_ctrl_c, [1, 2, 3], 2, workers.executor(2, enough=1))) == [3, 3]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_errors_come_out_of_a_process_as_they_went_in() -> None:
    error = OutputError("it can't be written", "/tmp/two  spaces")
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), str(found), found.reason, found.where) == (OutputError, str(error), error.reason, error.where)


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(3)], ids=["here", "three threads"])
def test_all_at_once_comes_in_order_too(executor: Executor | None) -> None:
    found = [number for batch in map_all(double, range(50), SIZE, executor) for number in batch]
    assert found == double(list(range(50)))


@pytest.mark.parametrize("count", range(5))
def test_one_ahead_takes_the_next_before_it_gives_one(count: int) -> None:
    taken: list[int] = []

    def things() -> Iterator[int]:
        for number in range(count):
            taken.append(number)
            yield number

    given: list[int] = []
    for each in start_ahead(things()):
        given.append(each)
        assert len(taken) == min(each + 2, count)
    assert given == list(range(count))


def test_cycles_are_looked_for_rarely_where_work_is_done() -> None:
    with Workers(1 + 1) as workers:
        executor = workers.executor(1, enough=1)
        assert executor is not None
        assert executor.submit(gc.get_threshold).result()[0] >= 100_000


def abs_all(numbers: list[int]) -> list[int]:
    return [abs(number) for number in numbers]
