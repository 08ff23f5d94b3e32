"""Reading of many files, in this process or in worker processes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.corpus.scan import SourceFile
from feeds.model import Parsed, Problem
from feeds.system.processes import map_batches

if TYPE_CHECKING:
    from concurrent.futures import Executor

T = TypeVar("T")

FILES_PER_TASK = 64
"""The number of files that one call of a worker reads: enough to make passing results the smaller part."""


class FileResult(NamedTuple, Generic[T]):
    """The result of reading one file.

    Attributes:
        source: the file.
        digest: the digest of its bytes, or of the problem that prevents reading them.
        result: the result of `then`, or None if the bytes are the same as before.
    """

    source: SourceFile
    digest: bytes
    result: T | None


def read_files(
    corpus: Path,
    settings: ReadSettings,
    files: Iterable[tuple[SourceFile, bytes | None]],
    then: Callable[[Parsed], T],
    executor: Executor | None = None,
) -> Iterator[FileResult[T]]:
    """Yield the results of reading `files`, in their order.

    Args:
        corpus: the corpus folder.
        settings: what decides how values are read.
        files: the files with the digests that they had before, or None.
        then: converts a parsed file, in the process that has read it: less has to travel between processes.
        executor: reads batches in parallel; None reads them in this process.
    """
    work = functools.partial(_read_batch, str(corpus), settings, then)
    for results in map_batches(work, files, FILES_PER_TASK, executor):
        yield from results


def _read_batch(
    corpus: str, settings: ReadSettings, then: Callable[[Parsed], T], files: Sequence[tuple[SourceFile, bytes | None]]
) -> list[FileResult[T]]:
    return [_read_file(corpus, settings, then, source, before) for source, before in files]


def _read_file(
    corpus: str, settings: ReadSettings, then: Callable[[Parsed], T], source: SourceFile, before: bytes | None
) -> FileResult[T]:
    problem, data = source.problem, b""
    if problem is None:
        try:
            with open(f"{corpus}/{source.path}", "rb", buffering=0) as file:
                data = file.readall()
        except OSError as error:
            reason = f"it can't be read ({error.strerror})"
            problem = Problem(source.path, 1, "", reason, "see that it exists and may be read")
    digest = hashlib.blake2b(repr(problem).encode() if problem is not None else data, digest_size=16).digest()
    if digest == before:
        return FileResult(source, digest, None)
    if problem is None:
        try:
            return FileResult(source, digest, then(parse_article(source.path, data, settings)))
        except Exception as error:  # one article that breaks a parser must not keep the others back
            problem = Problem(source.path, 1, "", f"it can't be understood ({type(error).__name__})", "simplify it")
    return FileResult(source, digest, then(Parsed(source.path, None, (problem,))))
