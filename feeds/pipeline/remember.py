"""The memory in a build: which one it starts from, and what it becomes (:mod:`feeds.memory`).

A build that publishes changes the memory in the step that makes its snapshot current: the files of the memory are
documents of the snapshot. A site without a `base_url`, or on this machine alone, is built for a look: it changes
nothing in the memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from feeds.catalogue import earlier_state, history, losses, memory_parts, publications
from feeds.catalogue.meta import get_meta, set_meta
from feeds.errors import StateError, UsageError
from feeds.memory import sources
from feeds.memory.format import DamagedMemoryError, Head, Record, memory_address
from feeds.memory.ledger import Ledger
from feeds.memory.sources import MemorySource
from feeds.rules.site_layout import MEMORY_FOLDER, MEMORY_HEAD_ADDRESS, is_memory
from feeds.settings.site import Site
from feeds.store import snapshots
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Draft, Snapshot
from feeds.store.static_tree import listed_files

_HEAD_TYPE = "application/json; charset=utf-8"
_PART_TYPE = "application/octet-stream"

_NOTHING_FOUND = (
    "no memory was found: this counts as the first time that the site is published; if it is not, build with"
    " --previous and the address of the site, or subscribers get entries twice"
)


class Memory(NamedTuple):
    """The memory that a build starts from.

    Attributes:
        head: its head, or None if there is no memory yet.
        salt: the salt of its digests, in hexadecimal digits.
        records_of: returns all records of a family.
        in_snapshot: whether the snapshot before has its files.
        note: what a publisher should know about where it comes from; empty if there is nothing.
    """

    head: Head | None
    salt: str
    records_of: Callable[[str], list[Record]]
    in_snapshot: bool
    note: str = ""

    @property
    def text(self) -> str:
        """The head as text, with which the catalogue names the memory that it has; empty if there is no memory yet."""
        return self.head.to_bytes().decode() if self.head is not None else ""


def find_memory(
    site: Site,
    folder: Path,
    catalogue: Path,
    before: Snapshot | None,
    *,
    first: bool = False,
    ask_previous: bool = False,
) -> Memory:
    """Return the newest memory of the site.

    It is looked for in the current snapshot, or in what is left of it, at `previous`, and in the output folder. A site
    that is built for a look has the memory of its snapshot.

    Args:
        site: the settings.
        folder: the state folder.
        catalogue: the file of the catalogue.
        before: the current snapshot, or None.
        first: nothing was published yet: what is missing or damaged is left out.
        ask_previous: also look at `previous`, which may be an address.

    Raises:
        StateError: there are memories of different sites, or the memory is damaged, lost, or can't be read.
    """
    damages: list[DamagedMemoryError] = []

    def attempt(find: Callable[[], MemorySource | None]) -> MemorySource | None:
        try:
            return find()
        except DamagedMemoryError as error:
            damages.append(error)
            return None

    own = attempt(lambda: _snapshot_source(before))
    known = [] if own is None else [own]
    if site.is_public:
        places = [lambda: _output_source(site)]
        if ask_previous:
            places.insert(0, lambda: _previous_source(site, first=first))
        if own is None:
            places.insert(0, lambda: _lost_source(folder, catalogue))
        known = [source for source in map(attempt, places) if source is not None] + known
    source = sources.newest(known)
    if source is None:
        if damages and not first:
            raise _with_advice(damages[0])
        if site.is_public and earlier_state.has_earlier_state(folder):
            records = earlier_state.earlier_records(folder)
            return Memory(None, "", lambda family: records.get(family, []), in_snapshot=False)
        note = _NOTHING_FOUND if site.is_public else ""
        return Memory(None, _first_salt(site), lambda family: [], in_snapshot=False, note=note)

    def records_of(family: str) -> list[Record]:
        try:
            return source.records_of(family)
        except DamagedMemoryError as error:
            if first:
                return []
            raise _with_advice(error) from error

    # Its own files need not be written again, unless some of them may be damaged.
    in_snapshot = own is not None and source.head == own.head and not first
    note = f"{damages[0]}; the memory in {source.where} is used" if damages else ""
    return Memory(source.head, source.head.salt, records_of, in_snapshot=in_snapshot, note=note)


def _with_advice(error: DamagedMemoryError) -> StateError:
    advice = "restore it, name a copy of the site with --previous, or build with --first to begin anew without it"
    return StateError(f"{error.reason}; {advice}", error.where)


def _lost_source(folder: Path, catalogue: Path) -> MemorySource | None:
    """Return the memory if the current snapshot is lost, or its memory: from the catalogue, or from another snapshot.

    Returns:
        None if no snapshot ever had a memory.

    Raises:
        DamagedMemoryError: there were snapshots, and none can be read.
    """
    if (copy := memory_parts.copied_memory(catalogue)) is not None:
        return copy
    latest = snapshots.load_latest(folder)
    if latest is None and snapshots.has_generations(folder):
        raise DamagedMemoryError("the snapshot is lost, and its memory with it", folder)
    return _snapshot_source(latest)


def _previous_source(site: Site, *, first: bool) -> MemorySource | None:
    try:
        return sources.previous_source(site.previous) if site.previous else None
    except StateError as error:
        if first and not isinstance(error, DamagedMemoryError):
            return None
        raise


def _snapshot_source(snapshot: Snapshot | None) -> MemorySource | None:
    """Return the memory in a snapshot, or None if that has none: it was built for a look."""
    if snapshot is None or MEMORY_HEAD_ADDRESS not in snapshot.documents:
        return None

    def read(name: str) -> bytes | None:
        document = snapshot.documents.get(memory_address(name))
        try:
            return snapshot.read(document) if document is not None else None
        except DamagedObjectError as error:
            raise DamagedMemoryError("the memory is damaged: this file is not what was written", error.where) from error

    return sources.read_source(f"{snapshot.folder}: {MEMORY_FOLDER}", read)


def _output_source(site: Site) -> MemorySource | None:
    """Return the memory in the output folder, or None if what is there was built for a look, or by another program.

    Raises:
        DamagedMemoryError: the folder had a memory, and it is gone.
    """
    output = site.output_path
    source = sources.folder_source(output) if output is not None else None
    if output is not None and source is None and MEMORY_HEAD_ADDRESS in listed_files(output):
        raise DamagedMemoryError("the memory is lost: this file is missing", output / MEMORY_HEAD_ADDRESS)
    return source


def _first_salt(site: Site) -> str:
    """Return the salt of a site that has no memory yet.

    It depends on the settings alone: the same site has the same salt on every machine.
    """
    return blake2b(site.address.encode(), digest_size=16).hexdigest()


def remember(
    db: sqlite3.Connection,
    site: Site,
    memory: Memory,
    ledger: Ledger,
    draft: Draft,
    *,
    everything: bool,
    forget: str | None = None,
) -> None:
    """Record in the history what `draft` is about to publish, and put the next memory into `draft`.

    Args:
        db: the catalogue.
        site: the settings.
        memory: the memory that the build started from.
        ledger: the ledger of this build.
        draft: the next snapshot, with all other documents.
        everything: write all files of the memory.
        forget: the id or address of an entry that was withdrawn and is to be erased, or None.

    Raises:
        UsageError: that entry is published now, or nothing is known of it.
    """
    if forget is not None and not site.is_public:
        raise UsageError("this site has no memory: base_url is not set, or is an address of this machine", forget)
    if not site.is_public:
        _keep_files(draft)
        return
    if memory.head is not None:
        memory_parts.note_changes(db)
    # First what is gone: another page may have its keys now.
    is_new = get_meta(db, "remembered") is None  # this catalogue does not know what is gone
    history.forget_withdrawn(db, everything=is_new)
    if merged := history.merged_again(db):
        from feeds.catalogue import entry_loading  # a build without news does not need it

        salt = history.salt_of(db)
        for rows in entry_loading.load_entry_rows(db, merged):
            entry_loading.note_shown(db, rows, salt)
    history.record_entries(db)
    publications.record_pages(db)
    publications.record_ledger(db, ledger)
    publications.record_feeds(db)
    losses.record_paths(db, everything=is_new)
    _record_documents(db, draft)
    if forget is not None and publications.forget_entry(db, forget) == 0:
        raise UsageError("nothing is remembered of an entry with this id or address", forget)
    after = memory_parts.next_memory(
        db,
        memory.head,
        site.origin,
        draft.now,
        memory.salt,
        everything=everything or not memory.in_snapshot,
    )
    for address in [*filter(is_memory, draft.documents)]:
        draft.remove(address)
    moment = datetime.fromtimestamp(draft.now, tz=site.zone)
    for name in after.head.files():
        if name in after.written:
            draft.put(memory_address(name), _PART_TYPE, after.written[name], moment, 0)
        else:
            draft.keep(memory_address(name))
    if memory.in_snapshot and not everything and after.head == memory.head:
        draft.keep(MEMORY_HEAD_ADDRESS)
    else:
        draft.put(MEMORY_HEAD_ADDRESS, _HEAD_TYPE, after.head.to_bytes(), moment, 0)
    set_meta(db, "memory", after.head.to_bytes().decode())


def _keep_files(draft: Draft) -> None:
    """Keep the memory of the snapshot before as it is."""
    for address in draft.before.documents if draft.before is not None else ():
        if is_memory(address):
            draft.keep(address)


def _record_documents(db: sqlite3.Connection, draft: Draft) -> None:
    """Record which documents `draft` has, and which are gone."""
    before = draft.before
    # The snapshot that was remembered last differs from the history in nothing: then it is enough to compare with it.
    is_known = before is not None and get_meta(db, "remembered") == before.name
    known = before.documents if is_known and before is not None else None
    documents = {address: it for address, it in draft.documents.items() if not is_memory(address)}
    rows = [
        (address, document.digest, document.modified)
        for address, document in documents.items()
        if known is None or known.get(address) != document
    ]
    gone = [address for address in known if address not in draft.documents] if known is not None else None
    publications.record_documents(db, rows, gone, draft.now)
