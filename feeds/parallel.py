"""Work on many things, in this process or on an executor that is handed in.

What is done is cut as map calls over batches: results come back in order, how many batches are under way at a time
bounds the memory, and any :class:`concurrent.futures.Executor` will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

UNDER_WAY = 8
"""How many batches are handed to the executor at a time; as many more wait until their results are taken."""


def in_batches(
    work: Callable[[list[T]], R], things: Iterable[T], size: int, executor: Executor | None = None
) -> Iterator[R]:
    """Yield what `work` makes of each batch of `things`, in their order.

    Args:
        work: is called with a list of things; it and they can be pickled where the executor needs that.
        things: are taken as they are needed.
        size: how many make a batch: so many that passing them between processes is the smaller part.
        executor: does the work; None does it here.
    """
    batches = _cut(things, size)
    if executor is None:
        yield from map(work, batches)
        return
    ahead: Iterator[R] = iter(())
    while some := list(islice(batches, UNDER_WAY)):
        results = executor.map(work, some)  # before those ahead are waited for: nobody shall be idle meanwhile
        yield from ahead
        ahead = results
    yield from ahead


def _cut(things: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch
