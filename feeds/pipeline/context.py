"""The values that a build carries from step to step, and how they come into being."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from feeds.catalogue import memory_parts, publications, schema
from feeds.errors import StateError
from feeds.memory.ledger import Ledger
from feeds.pipeline import fingerprint
from feeds.pipeline.remember import Memory, find_memory
from feeds.rules.file_patterns import PassedOver
from feeds.settings.site import Site
from feeds.settings.state_folder import check_folders
from feeds.store.lock import lock_state
from feeds.store.snapshots import Snapshot, load_current
from feeds.system.processes import Workers
from feeds.system.progress import NoProgress, Progress, Stopwatch

T = TypeVar("T")

CATALOGUE_FILE = "catalogue.sqlite3"


class BuildSession(NamedTuple):
    """The values of a build before it opens the catalogue.

    Attributes:
        site: the settings.
        now: the time of the build, in UTC and whole seconds. It decides which articles are visible and dates changes
            of documents; it never becomes part of a document.
        folder: the state folder, which is locked for this build.
        workers: the worker processes.
        stopwatch: measures the stages, and tells the progress.
        before: the current snapshot, or None.
        memory: the memory of the site.
    """

    site: Site
    now: datetime
    folder: Path
    workers: Workers
    stopwatch: Stopwatch
    before: Snapshot | None
    memory: Memory


class BuildContext(NamedTuple):
    """The values for every step of a build: the catalogue, the memory, and the values of the session.

    Attributes:
        db: the connection to the catalogue.
        ledger: the decisions of earlier builds; a step may add to it.
        left_out: the files that the settings `articles` and `exclude` leave out, as far as they were scanned.
        site, now, folder, workers, stopwatch, before, memory: as in :class:`BuildSession`.
    """

    db: sqlite3.Connection
    ledger: Ledger
    left_out: list[PassedOver]
    site: Site
    now: datetime
    folder: Path
    workers: Workers
    stopwatch: Stopwatch
    before: Snapshot | None
    memory: Memory


@contextlib.contextmanager
def open_session(
    site: Site, now: datetime, jobs: int, progress: Progress | None, *, first: bool = False, ask_previous: bool = False
) -> Iterator[BuildSession]:
    """Lock the state folder of the site and yield the session of one build; end its worker processes afterwards.

    Args:
        site: the settings.
        now: the time of the build.
        jobs: the number of processes that may work.
        progress: is told about stages and steps.
        first: nothing was published yet: a memory that is missing or damaged is no error.
        ask_previous: look for the memory at the place that the setting `previous` names as well.

    Raises:
        UsageError: the corpus does not exist, or the output would damage it.
        StateError: the state folder can't be written, or the memory can't be used.
    """
    stopwatch = Stopwatch(progress or NoProgress())
    # Before the lock, which creates the state folder: a mistyped path must leave nothing behind.
    check_folders(site.corpus_path, site.output_path)
    with (
        stopwatch.stage("state"),
        lock_state(site, lambda: stopwatch.progress.stage("wait for another build", 0)) as folder,
        Workers(jobs) as workers,
    ):
        before = load_current(folder)
        memory = find_memory(site, folder, folder / CATALOGUE_FILE, before, first=first, ask_previous=ask_previous)
        # The origin counts as a setting: documents depend on it.
        site = replace(site, origin=memory.head.origin if memory.head is not None else site.address)
        yield BuildSession(site, now.replace(microsecond=0), folder, workers, stopwatch, before, memory)


def with_catalogue(session: BuildSession, work: Callable[[BuildContext], T], *, discard: bool = False) -> T:
    """Return the result of `work`, which gets a context with an open catalogue; nothing is committed for it.

    A damaged catalogue is deleted, and `work` is called once more with an empty one: everything in it can be read
    again, from the corpus and from the memory.

    Args:
        session: the session of the build.
        work: the steps of the build.
        discard: start with an empty catalogue.

    Raises:
        StateError: the catalogue can't be used, or the memory is damaged.
    """
    path = session.folder / CATALOGUE_FILE
    # A catalogue that was filled by other code, or with other settings of the reader, holds other values:
    # schema.connect empties it.
    read_with = f"{session.site.timezone} {session.site.date_order}"
    reader = hashlib.sha256(f"{fingerprint.code_fingerprint()} {read_with}".encode()).hexdigest()
    memory = session.memory
    identity = {"reader": reader, "salt": memory.salt, "memory": memory.text}

    def attempt() -> T:
        with schema.connect(path, identity, lambda db: memory_parts.load_memory(db, memory.records_of)) as db:
            return work(BuildContext(db, publications.load_ledger(db), [], *session))

    try:
        if discard:
            schema.discard_catalogue(path)
        try:
            return attempt()
        except sqlite3.DatabaseError as error:
            if schema.is_external_error(error) or schema.is_programming_error(error):
                raise
            schema.discard_catalogue(path)
            return attempt()
    except sqlite3.Error as error:
        if schema.is_programming_error(error):
            raise
        # The message of other errors may quote a value from an article, which may be private.
        reason = str(error) if schema.is_external_error(error) else type(error).__name__
        raise StateError(f"the catalogue can't be used ({reason})", path) from error
    except OSError as error:
        place = error.filename2 or error.filename or session.folder
        raise StateError(f"the state folder can't be written ({error.strerror})", place) from error
