"""Snapshots: immutable generations of all documents, and the atomic switch from one to the next.

In the state folder::

    objects/ab/cdef…             the bytes of documents (feeds.store.objects)
    manifests/000007-9d2c….json  generation 7: address → digest, size, media type, time of the last change, …
    current                      the name of the manifest that is served

A generation is complete before ``current`` names it, so a server always reads one whole generation. An old generation
stays readable for a while: a worker of the server may still be answering from it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from feeds.rules.site_layout import is_memory
from feeds.rules.times import REMOVAL_SECONDS
from feeds.store import objects
from feeds.store.objects import StoredObject
from feeds.system.compression import CODINGS, Coding
from feeds.system.files import sync_files, write_atomically

KEPT_GENERATIONS = 3
"""The number of generations that are kept at least, the current one included."""

MIN_AGE_SECONDS = 120
"""The time during which a generation is kept at least: longer than a worker takes to notice the next one."""

CLEAN_UP_SHARE = 4
"""Old generations are deleted once there is one for this many that are kept. To find the objects that can go, all kept
manifests have to be read; when edits are frequent, so are new generations."""

FIRST_SPREAD = 3_600
"""The seconds over which the times of documents are spread that no earlier generation had. Without a state folder, an
edit may leave size and latest date of a document as they were, and web servers make validators of size and time."""

DEFAULT_MAX_AGE = 300
"""The seconds during which a cache may use a document for which no other time is given."""

_MANIFEST_NAME = re.compile(r"\d{6,}-[0-9a-f]{32}\Z")


class Document(NamedTuple):
    """The facts of one document in a manifest.

    Attributes:
        digest: the digest of its bytes; also its strong ETag.
        size: in bytes.
        media_type: with its charset.
        modified: when its bytes last changed, in seconds since the epoch.
        max_age: how many seconds a cache may use it; manifests of earlier versions don't have it.
    """

    digest: str
    size: int
    media_type: str
    modified: int
    max_age: int = DEFAULT_MAX_AGE


class RetiredAddresses(NamedTuple):
    """Addresses for which a server has another answer than 200 or 404. Folders end with a slash.

    Attributes:
        ended: folders of feeds that have ended; those without documents are gone (410).
        moved: old folder of a feed or of the page of an article → its folder now, or its address on the web (301).
    """

    ended: tuple[str, ...] = ()
    moved: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation.

    Attributes:
        name: the name of its manifest. It is unique, even after the state folder was lost.
        generation: its number.
        documents: the documents by address, without a leading slash.
        removed: address without a document → when it lost its document, in seconds since the epoch.
        retired: addresses that have ended or moved.
        folder: the state folder, which has the bytes.
    """

    name: str
    generation: int
    documents: Mapping[str, Document]
    removed: Mapping[str, int]
    retired: RetiredAddresses
    folder: Path

    def read(self, document: Document, coding: Coding | None = None) -> bytes:
        """Return the bytes of `document`, unchanged or in a coding (:func:`feeds.store.objects.read_object`).

        Raises:
            DamagedObjectError: the object is missing or damaged.
        """
        return objects.read_object(self.folder, document.digest, coding)

    def completed_at(self) -> float | None:
        """Return when the generation was completed, in seconds since the epoch; None if its manifest is gone."""
        try:
            return _manifest_path(self.folder, self.name).stat().st_mtime
        except OSError:
            return None

    def is_whole(self) -> bool:
        """Tell whether the object of every document is there and has the right size."""
        try:
            folder = os.path.join(self.folder, objects.OBJECTS_FOLDER)
            return all(
                # Plain strings instead of Path objects: a site may have very many documents.
                os.stat(f"{folder}/{document.digest[:2]}/{document.digest[2:]}").st_size == document.size
                for document in self.documents.values()
            )
        except OSError:
            return False


class Draft:
    """The next generation while it is made: the documents of the generation before, and the changes.

    Args:
        folder: the state folder.
        before: the generation to start from, or None to start from nothing.
        now: the time of the build: `modified` of documents whose bytes change.
        verify: read objects that are there already, and write damaged ones again.
        remembered: returns, for the address of a document that neither `before` nor its removals have, the digest and
            the last change under which it was published elsewhere; the digest is None if it was removed, and the
            result is None if nothing is known.

    Attributes:
        now: the time of the build, in seconds since the epoch.
        retired: addresses that have ended or moved; those of the generation before until they are set.
    """

    def __init__(
        self,
        folder: Path,
        before: Snapshot | None,
        now: datetime,
        *,
        verify: bool = False,
        remembered: Callable[[str], tuple[str | None, int] | None] = lambda address: None,
    ) -> None:
        self.folder = folder
        self.before = before
        self.documents: dict[str, Document] = dict(before.documents) if before is not None else {}
        self.retired = before.retired if before is not None else RetiredAddresses()
        self._removed: dict[str, int] = dict(before.removed) if before is not None else {}
        self.now = int(now.timestamp())
        self.verify = verify
        self._remembered = remembered
        self._put: set[str] = set()
        self._unsynced: set[str] = set()  # the digests of objects that may not be on the disk yet

    def put(
        self,
        address: str,
        media_type: str,
        body: bytes | StoredObject,
        updated: datetime,
        max_age: int = DEFAULT_MAX_AGE,
    ) -> None:
        """Set the document at `address`; its bytes become an object, if there is none yet.

        Args:
            address: without a leading slash.
            media_type: with its charset.
            body: the bytes, or the object that has them.
            updated: the latest change that the document itself names. It becomes `modified` if no earlier bytes are
                known, less up to an hour that depends on the bytes: a site that is built on another machine does not
                look as if every document had changed, and other bytes have another time.
            max_age: how many seconds a cache may use it.

        Raises:
            ValueError: the address has been put already; two documents must not overwrite each other.
        """
        if address in self._put:
            raise ValueError(f"two documents for one address: {address}")
        self._put.add(address)
        stored = body if isinstance(body, StoredObject) else objects.store_object(self.folder, body, verify=self.verify)
        known = self.before.documents.get(address) if self.before is not None else None
        # An object that is not new may have been written by a build that was killed before it could sync it.
        if stored.is_new or known is None or known.digest != stored.digest:
            self._unsynced.add(stored.digest)
        if known is not None and known.digest == stored.digest and known.media_type == media_type:
            modified = known.modified
        elif known is not None:
            # The clock may have gone back; a validator must not (RFC 9110 section 8.8.2).
            modified = max(self.now, known.modified + 1)
        elif address in self._removed:
            modified = max(self.now, self._removed[address] + 1)
        elif (published := self._remembered(address)) is not None:
            digest, changed = published
            modified = changed if digest == stored.digest else max(self.now, changed + 1)
        else:
            modified = min(int(updated.timestamp()), self.now) - int(stored.digest[:8], 16) % FIRST_SPREAD
        self.documents[address] = Document(stored.digest, stored.size, media_type, modified, max_age)

    def keep(self, address: str) -> None:
        """Keep the document that the generation before has at `address`.

        Raises:
            LookupError: it has none.
        """
        if self.before is None:
            raise LookupError(address)
        self.documents[address] = self.before.documents[address]
        self._put.add(address)

    def remove_below(self, folders: Iterable[str]) -> None:
        """Remove all documents below `folders`, which end with a slash."""
        below = tuple(folders)
        if below:  # an empty tuple would match nothing, at the cost of looking at every address
            self.remove_named(lambda address: address.startswith(below))

    def remove_named(self, is_removed: Callable[[str], bool]) -> None:
        """Remove all documents for whose address `is_removed` returns True."""
        for address in list(filter(is_removed, self.documents)):
            del self.documents[address]

    def remove(self, address: str) -> None:
        """Remove the document at `address`, if there is one."""
        self.documents.pop(address, None)

    def drop_the_rest(self) -> None:
        """Remove all documents that have not been put: the draft is complete without them."""
        self.documents = {address: row for address, row in self.documents.items() if address in self._put}

    def preview(self) -> Snapshot:
        """Return the snapshot that :meth:`commit` would make current, without a name and a number."""
        return Snapshot("", 0, self.documents, self._removed, self.retired, self.folder)

    def commit(self) -> Snapshot:
        """Make this draft the current generation, if it differs from the one before; return the current generation.

        The steps, and what a power cut after each of them leaves:

        1. Objects were written, by :meth:`put` or by worker processes: files that no generation needs.
        2. The manifest is written: a generation that is not current. It may be damaged, which its name shows.
        3. Objects and manifest are synced: the generation is whole, and not current.
        4. A file with the name of the generation is written and synced: a temporary file, which the next build deletes.
        5. It replaces `current`. The rename itself is not waited for. If it is lost, the generation before is current,
           which is whole; the catalogue names another one, so the next build renders everything again.

        Raises:
            OSError: a file can't be written or synced; the generation before stays current.
        """
        if self.before is not None and (self.documents, self.retired) == (self.before.documents, self.before.retired):
            return self.before
        lost = (self.before.documents if self.before is not None else {}).keys() - self.documents.keys()
        removed = {
            address: when
            for address, when in sorted((self._removed | dict.fromkeys(lost, self.now)).items())
            # A part of the memory has another name after every change, and never comes back with other bytes.
            if address not in self.documents and when > self.now - REMOVAL_SECONDS and not is_memory(address)
        }
        generation = max([0, *(number for number, _ in _manifests(self.folder))]) + 1
        manifest = {
            "generation": generation,
            "documents": dict(sorted(self.documents.items())),
            "removed": removed,
            "ended": self.retired.ended,
            "moved": dict(self.retired.moved),
        }
        body = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()
        name = f"{generation:06}-{objects.content_digest(body)}"
        path = _manifest_path(self.folder, name)
        write_atomically(path, body, root=self.folder)
        # After a power cut, `current` must not name a generation that is incomplete. All of a first generation is new:
        # one wait for the disk is shorter than one for every document. Later, no edit should wait for other programs.
        files = [*(objects.object_path(self.folder, digest) for digest in sorted(self._unsynced)), path]
        sync_files(files, together=self.before is None)
        write_atomically(self.folder / "current", f"{name}\n".encode(), root=self.folder, durable=True)
        return Snapshot(name, generation, self.documents, removed, self.retired, self.folder)


def count_differences(before: Snapshot | None, after: Snapshot) -> int:
    """Return how many documents, without the memory, were added, changed or removed between two generations."""
    if before is after:
        return 0
    old = before.documents if before is not None else {}
    new = sum(not is_memory(address) for address, document in after.documents.items() if old.get(address) != document)
    return new + sum(not is_memory(address) for address in old if address not in after.documents)


def current_name(folder: Path) -> str | None:
    """Return the name of the current generation in the state folder, or None if there is none."""
    try:
        name = (folder / "current").read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return name if _MANIFEST_NAME.match(name) else None


def has_generations(folder: Path) -> bool:
    """Tell whether the state folder has, or had, a snapshot, whether or not it can be read."""
    return (folder / "current").exists() or any(_manifests(folder))


def load_current(folder: Path) -> Snapshot | None:
    """Return the current generation in the state folder, or None if there is none that can be read."""
    name = current_name(folder)
    return _load(folder, name) if name is not None else None


def load_latest(folder: Path) -> Snapshot | None:
    """Return the newest generation that can be read, whether or not it is current, or None."""
    names = (name for _, name in sorted(_manifests(folder), reverse=True))
    return next(filter(None, (_load(folder, name) for name in names)), None)


def _load(folder: Path, name: str) -> Snapshot | None:
    try:
        body = _manifest_path(folder, name).read_bytes()
    except OSError:
        return None  # it is lost, or was deleted this moment
    if not name.endswith(f"-{objects.content_digest(body)}"):
        return None  # it is damaged; the next build makes all documents again
    manifest = json.loads(body)
    documents = {address: Document(*row) for address, row in manifest["documents"].items()}
    # Manifests of earlier versions have neither of the two.
    retired = RetiredAddresses(tuple(manifest.get("ended", ())), manifest.get("moved", {}))
    return Snapshot(name, manifest["generation"], documents, manifest["removed"], retired, folder)


def delete_old_generations(folder: Path, now: datetime, *, everything: bool = False) -> None:
    """Delete generations that no worker of a server can still need, and the objects that only they had.

    Args:
        folder: the state folder.
        now: the time.
        everything: also look for objects that no generation has; a build that was killed leaves such objects.
    """
    manifests = sorted(_manifests(folder))
    limit = now.timestamp() - MIN_AGE_SECONDS
    # A generation was current until the next one was written: the age of that one counts.
    replaced = [name for (_, name), (_, newer) in pairwise(manifests) if _written_at(folder, newer) < limit]
    old = replaced[: -KEPT_GENERATIONS + 1]
    old = [name for name in old if name != current_name(folder)]  # a killed build may have left newer ones
    kept = [name for _, name in manifests if name not in old]
    if len(old) < max(1, len(kept) / CLEAN_UP_SHARE) and not everything:
        return
    needed = {digest for name in kept for digest in _digests(folder, name)}
    candidates = {digest for name in old for digest in _digests(folder, name)}
    if everything:
        stored = (folder / objects.OBJECTS_FOLDER).glob("??/*")
        candidates |= {path.parent.name + path.name.partition(".")[0] for path in stored}
    # Objects before manifests: a build that is killed in between finds the old manifest, and tries again.
    for digest in candidates - needed:
        for coding in (None, *CODINGS):
            objects.object_path(folder, digest, coding).unlink(missing_ok=True)
    for name in old:
        _manifest_path(folder, name).unlink()


def _written_at(folder: Path, name: str) -> float:
    return _manifest_path(folder, name).stat().st_mtime


def _digests(folder: Path, name: str) -> set[str]:
    try:
        manifest = json.loads(_manifest_path(folder, name).read_bytes())
        return {row[0] for row in manifest["documents"].values()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return set()  # a damaged manifest can't be served, so nothing needs its objects


def _manifests(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield number and name of every generation that has a manifest."""
    for path in (folder / "manifests").glob("*.json"):
        number = path.stem.partition("-")[0]
        if number.isdecimal():
            yield int(number), path.stem


def _manifest_path(folder: Path, name: str) -> Path:
    return folder / "manifests" / f"{name}.json"
