"""Work on an executor: results in order, and a bound for the work under way."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from feeds.errors import OutputError, WorkerError
from feeds.system.processes import MAX_PENDING, Workers, map_all, map_batches, start_ahead
from tests.paths import PROJECT
from tests.system.tasks import abs_all, kill_this_process, sum_after_ctrl_c

SIZE = 3


def double(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


@pytest.mark.parametrize("count", [0, 1, SIZE, SIZE * MAX_PENDING, 5 * SIZE * MAX_PENDING + 1])
@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(3)], ids=["here", "three threads"])
def test_results_come_in_order(count: int, executor: Executor | None) -> None:
    found = [number for batch in map_batches(double, range(count), SIZE, executor) for number in batch]
    assert found == double(list(range(count)))


def test_the_work_under_way_is_bounded() -> None:
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


def test_a_killed_worker_is_an_error_in_words() -> None:
    with pytest.raises(WorkerError, match="ended from outside"), Workers(2) as workers:
        list(map_batches(kill_this_process, [1, 2], 1, workers.executor(2, enough=1)))


ORPHANED = """
import os, signal
from feeds.system.processes import Workers
from tests.system.tasks import work_forever

if __name__ == "__main__":
    with Workers(2) as workers:
        executor = workers.executor(2, enough=1)
        print(executor.submit(os.getpid).result(), flush=True)
        executor.submit(work_forever)
        executor.submit(work_forever)
        os.kill(os.getpid(), signal.SIGKILL)
"""


BROKEN_OFF = """
from multiprocessing.connection import Connection

from feeds.errors import WorkerError
from feeds.system.processes import Workers
from tests.system.tasks import be_killed_while_returning, close_slowly

if __name__ == "__main__":
    Connection._close = close_slowly
    try:
        with Workers(2) as workers:
            workers.executor(2, enough=1).submit(be_killed_while_returning).result()
    except WorkerError as error:
        print(error)
"""


def test_a_worker_that_is_killed_while_it_returns_a_result_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "broken_off.py").write_text(BROKEN_OFF)
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, tmp_path / "broken_off.py"], env=environ, capture_output=True, text=True, timeout=30
    )
    assert "ended from outside" in done.stdout, done.stderr


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "orphaned.py").write_text(ORPHANED)
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    # Files instead of pipes, which the workers would keep open; two, because the resource tracker of Python writes a
    # warning to the standard error.
    with (tmp_path / "output").open("w") as output, (tmp_path / "errors").open("w") as errors:
        done = subprocess.run([sys.executable, tmp_path / "orphaned.py"], env=environ, stdout=output, stderr=errors)
    assert done.returncode == -signal.SIGKILL, (tmp_path / "errors").read_text()
    worker = int((tmp_path / "output").read_text())
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


def test_ctrl_c_does_not_reach_workers() -> None:
    with Workers(2) as workers:
        assert list(map_batches(sum_after_ctrl_c, [1, 2, 3], 2, workers.executor(2, enough=1))) == [3, 3]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_errors_come_out_of_a_process_as_they_went_in() -> None:
    error = OutputError("it can't be written", "/tmp/two  spaces")
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), str(found), found.reason, found.where) == (OutputError, str(error), error.reason, error.where)


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(3)], ids=["here", "three threads"])
def test_map_all_gives_results_in_order(executor: Executor | None) -> None:
    found = [number for batch in map_all(double, range(50), SIZE, executor) for number in batch]
    assert found == double(list(range(50)))


@pytest.mark.parametrize("count", range(5))
def test_start_ahead_takes_the_next_before_it_yields_one(count: int) -> None:
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


def test_workers_collect_garbage_rarely() -> None:
    with Workers(1 + 1) as workers:
        executor = workers.executor(1, enough=1)
        assert executor is not None
        assert executor.submit(gc.get_threshold).result()[0] >= 100_000
