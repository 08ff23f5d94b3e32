"""Work on many things, in this process or on an executor that is handed in.

What is done is cut as map calls over batches: results come back in order, what is under way at a time is bounded (here,
or by who calls), and any :class:`concurrent.futures.Executor` will do.
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
"""How many batches are handed to the executor at a time; as many more wait until their results are taken."""


def relax_garbage_collection() -> None:
    """Have Python look for cycles of objects a hundred times less often than it does by itself.

    A build makes millions of small values, which go without being looked for, and hardly a cycle; looking for cycles
    among them took a fifth of the time of a first build of 10,000 articles. It is not switched off, so memory stays
    bounded.
    """
    gc.freeze()  # what is there now is code, and stays
    gc.set_threshold(100_000, 20, 100)


class Workers:
    """Worker processes, which are started when there is enough to do for them, and stay until the end.

    Args:
        jobs: how many there may be; with less than two, everything is done in this process.

    Used as a context, it ends them in the end.

    Raises:
        WorkerError: one of them was ended by somebody else, and something was still to be done.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._is_ending = False
        self._ending = threading.Lock()  # of the pool: by this process, or because somebody ends a worker

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is None:
            return
        from concurrent.futures import BrokenExecutor  # loaded with the pool

        with self._ending:
            self._is_ending = True
        self._pool.shutdown(cancel_futures=True)
        if isinstance(error, BrokenExecutor):
            reason = "a worker process was ended from outside, perhaps for want of memory; try again"
            raise WorkerError(reason) from error

    def executor(self, amount: int, enough: int) -> Executor | None:
        """Return the executor for an `amount` of things to do, or None where it is less than `enough` to start one."""
        if self._jobs < 2 or (self._pool is None and amount < enough):
            return None
        if self._pool is None:
            from concurrent.futures import ProcessPoolExecutor  # most builds have too little to do for them
            from multiprocessing import get_context

            self._pool = ProcessPoolExecutor(self._jobs, mp_context=get_context("forkserver"), initializer=_begin)
            # Ctrl-C goes to all processes. A worker that it ends breaks the pool, which may wait for it for ever. So it
            # does not reach them, which they inherit from the process that forks them; they end with the pool.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            self._pool.submit(_begin_one)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            threading.Thread(target=self._watch, args=(self._pool,), daemon=True).start()
        return self._pool

    def _watch(self, pool: ProcessPoolExecutor) -> None:
        """Have the pool notice a worker that somebody ends, at whatever moment.

        One that is ended while it hands something back leaves half of it in the pipe and the lock on that with nobody,
        and the pool waits for the other half for ever (seen with Python 3.11). It gets an end of file when nobody is
        left who could write: neither the other workers nor this process.
        """
        from multiprocessing.connection import wait

        workers: list[BaseProcess] = []
        while not self._is_ending and not wait([each.sentinel for each in workers], timeout=0.5):
            workers = list((pool._processes or {}).values())  # some may have been started since
        with self._ending:  # the pool closes what it writes to as well, when it is shut down
            if not self._is_ending:
                for each in workers:
                    each.kill()
                pool._result_queue._writer.close()  # type: ignore[attr-defined]


def _begin() -> None:
    """Do what a worker process does first."""
    import multiprocessing

    relax_garbage_collection()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.join,), daemon=True).start()


def _begin_one() -> None:
    """Do nothing: the pool starts its first process when it is first asked to."""


def _end_after(wait: Callable[[], None]) -> None:
    """End this process when `wait` is over: who has lost the process that it works for must not write any more."""
    wait()
    os._exit(1)


def map_batches(
    work: Callable[[list[T]], R], things: Iterable[T], size: int, executor: Executor | None = None
) -> Iterator[R]:
    """Yield what `work` makes of each batch of `things`, in their order.

    Args:
        work: is called with a list of things; it and they can be pickled where the executor needs that.
        things: are taken as they are needed.
        size: how many make a batch: so many that passing them between processes is the smaller part.
        executor: does the work; None does it here.
    """
    batches = batched(things, size)
    if executor is None:
        yield from map(work, batches)
        return
    ahead: Iterator[R] = iter(())
    while some := list(islice(batches, MAX_PENDING)):
        results = executor.map(work, some)  # before those ahead are waited for: nobody shall be idle meanwhile
        yield from ahead
        ahead = results
    yield from ahead


def map_all(
    work: Callable[[list[T]], R], things: Iterable[T], size: int, executor: Executor | None = None
) -> Iterator[R]:
    """Return what :func:`map_batches` yields, with all of it under way before the first is asked for.

    Args:
        work, things, size, executor: as there; nothing bounds how many batches wait. None does them when asked for.
    """
    return (map if executor is None else executor.map)(work, batched(things, size))


def start_ahead(things: Iterable[T]) -> Iterator[T]:
    """Yield `things` in their order, each when the next has been taken: what that one starts is then under way."""
    rest = iter(things)
    for first in rest:
        for following in rest:
            yield first
            first = following
        yield first


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield `things` in lists of `size`, the last of which may be shorter."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch
