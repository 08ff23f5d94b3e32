"""Worker processes, and work in batches on them or in this process.

Work is a series of calls over batches. Results come in the order of the batches, the number of batches under way is
bounded (here or by the caller), and any :class:`concurrent.futures.Executor` can do the work.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from feeds.errors import WorkerError

if TYPE_CHECKING:
    from concurrent.futures import Executor, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

MAX_PENDING = 8
"""The number of batches that the executor gets at a time. As many results may wait to be taken."""


def relax_garbage_collection() -> None:
    """Make Python look for reference cycles a hundred times less often.

    A build makes millions of small values and hardly a cycle. The search for cycles took a fifth of the time of a first
    build of 10,000 articles. It is not switched off, so memory stays bounded.
    """
    gc.freeze()  # the objects of now are modules and functions, which stay
    gc.set_threshold(100_000, 20, 100)


class Workers:
    """Worker processes. They start when there is enough to do, and stay until the end of the context.

    Args:
        jobs: the number of processes; below two, this process does all the work.

    Raises:
        WorkerError: at the end of the context, if a worker was killed while there was work.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._is_ending = False
        # Guards the closing of the pool's result pipe: both _monitor and the shutdown of the pool close it.
        self._ending = threading.Lock()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is None:
            return
        from concurrent.futures import BrokenExecutor  # was loaded with the pool

        with self._ending:
            self._is_ending = True
        self._pool.shutdown(cancel_futures=True)
        if isinstance(error, BrokenExecutor):
            reason = "a worker process was ended from outside, perhaps for want of memory; try again"
            raise WorkerError(reason) from error

    def executor(self, amount: int, enough: int) -> Executor | None:
        """Return the executor for `amount` items of work, or None if this process should do it.

        Args:
            amount: the number of items.
            enough: the number from which on it pays to start the processes. Once they run, they are always used.
        """
        if self._jobs < 2 or (self._pool is None and amount < enough):
            return None
        if self._pool is None:
            from concurrent.futures import ProcessPoolExecutor  # slow to load, and most builds have too little work
            from multiprocessing import get_context

            self._pool = ProcessPoolExecutor(self._jobs, mp_context=get_context("forkserver"), initializer=_init_worker)
            # Ctrl-C goes to all processes of the terminal. A worker that it kills breaks the pool, which may then wait
            # for ever. So SIGINT is blocked while the fork server and the first worker start: the others inherit the
            # mask. They end with the pool.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            self._pool.submit(_do_nothing)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            threading.Thread(target=self._monitor, args=(self._pool,), daemon=True).start()
        return self._pool

    def _monitor(self, pool: ProcessPoolExecutor) -> None:
        """Break the pool when a worker is killed, at whatever moment.

        A worker that is killed while it writes a result leaves half of it in the pipe, and the lock of the pipe held.
        The pool waits for the other half for ever (seen with Python 3.11). It gets an end of file once no process can
        write any more: so the other workers are killed, and this process closes its end of the pipe.
        """
        from multiprocessing.connection import wait

        workers: list[BaseProcess] = []
        while not self._is_ending and not wait([worker.sentinel for worker in workers], timeout=0.5):
            workers = list((pool._processes or {}).values())  # the pool may have started more
        with self._ending:
            if not self._is_ending:
                for worker in workers:
                    worker.kill()
                pool._result_queue._writer.close()  # type: ignore[attr-defined]


def _init_worker() -> None:
    """Prepare a worker process."""
    import multiprocessing

    relax_garbage_collection()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.join,), daemon=True).start()


def _do_nothing() -> None:
    """Do nothing: the pool starts its first process for the first call."""


def _exit_after(wait: Callable[[], None]) -> None:
    """Exit this process when `wait` returns: a worker must not write for a build that is over."""
    wait()
    os._exit(1)


def map_batches(
    work: Callable[[list[T]], R], items: Iterable[T], size: int, executor: Executor | None = None
) -> Iterator[R]:
    """Yield the results of `work` for batches of `items`, in their order.

    Args:
        work: is called with a list of items. It and the items can be pickled if the executor needs that.
        items: are taken as they are needed.
        size: the number of items in a batch: large enough that passing them between processes is the smaller part.
        executor: does the work; None does it in this process.
    """
    batches = batched(items, size)
    if executor is None:
        yield from map(work, batches)
        return
    previous: Iterator[R] = iter(())
    while group := list(islice(batches, MAX_PENDING)):
        results = executor.map(work, group)  # before the wait for the previous group: no worker should be idle
        yield from previous
        previous = results
    yield from previous


def map_all(
    work: Callable[[list[T]], R], items: Iterable[T], size: int, executor: Executor | None = None
) -> Iterator[R]:
    """Start `work` for all batches of `items` at once, and return an iterator over the results, in their order.

    Args:
        work, items, size, executor: as for :func:`map_batches`. The number of batches under way is not bounded. Without
            an executor, a batch is worked on when its result is asked for.
    """
    return (map if executor is None else executor.map)(work, batched(items, size))


def start_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield `items` in their order, but take one more before an item is yielded: its work has begun by then."""
    rest = iter(items)
    for current in rest:
        for following in rest:
            yield current
            current = following
        yield current


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield `items` in lists of `size`; the last one may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
