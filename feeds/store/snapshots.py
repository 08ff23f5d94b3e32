"""Snapshots: immutable generations of all documents, and the atomic switch from one to the next.

On disk, in the state folder::

    objects/ab/cdef…             the bytes of documents (feeds.store.objects)
    manifests/000007-9d2c….json  generation 7: address → digest, size, media type, time of the last change, …
    current                      the name of the manifest that is served

A generation is complete before ``current`` names it, so a reader sees one whole generation or another. An
old one stays readable for a while: a web worker may still be answering from it.
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

from feeds.store import objects
from feeds.store.objects import StoredObject
from feeds.system.compression import CODINGS, Coding
from feeds.system.files import sync_files, write_atomically

KEPT_GENERATIONS = 3
"""How many generations stay, the current one among them."""

REMOVAL_MEMORY_SECONDS = 365 * 24 * 3600
"""How long it is remembered when an address lost its document."""

MIN_AGE_SECONDS = 120
"""How long a generation stays at least: longer than a worker takes to notice the next one."""

CLEAN_UP_SHARE = 4
"""Of how many generations that stay one must be old for the old ones to go: all of them have to be read for that, and
when edits are many, so are they."""

DEFAULT_MAX_AGE = 300
"""For how many seconds a cache may answer with a document of which nothing is said."""

_NAME = re.compile(r"\d{6,}-[0-9a-f]{32}\Z")


class Document(NamedTuple):
    """What the manifest says of one document.

    Attributes:
        digest: of its bytes; also its strong ETag.
        size: in bytes.
        media_type: with its charset.
        modified: when its bytes last changed, in seconds since the epoch.
        max_age: for how many seconds a cache may answer with it; manifests of before don't say.
    """

    digest: str
    size: int
    media_type: str
    modified: int
    max_age: int = DEFAULT_MAX_AGE


class RetiredAddresses(NamedTuple):
    """What a server says of addresses that a plain folder can't say. Folders end with a slash.

    Attributes:
        ended: the folders of feeds that have ended; where they have no documents any more, they are gone (410).
        moved: old folder → the one that has its feed now (301).
    """

    ended: tuple[str, ...] = ()
    moved: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation.

    Attributes:
        name: of its manifest; no other generation has it, not even after the state folder was lost.
        generation: its number.
        documents: by address, without a leading slash.
        removed: when an address that has no document any more lost it, in seconds since the epoch.
        signs: what else the server says of addresses.
        folder: the state folder, where the bytes are.
    """

    name: str
    generation: int
    documents: Mapping[str, Document]
    removed: Mapping[str, int]
    signs: RetiredAddresses
    folder: Path

    def read(self, document: Document, coding: Coding | None = None) -> bytes:
        """Return the bytes of `document`, as they are or in a coding, which is made once and kept.

        Raises:
            DamagedError: the object is missing or damaged.
        """
        return objects.read_object(self.folder, document.digest, coding)

    def made(self) -> float | None:
        """Return when it became complete, in seconds since the epoch, or None where its manifest is gone."""
        try:
            return _manifest_path(self.folder, self.name).stat().st_mtime
        except OSError:
            return None

    def is_whole(self) -> bool:
        """Tell whether every object is there, and as long as it should be."""
        try:
            folder = os.path.join(self.folder, objects.OBJECTS_FOLDER)  # plain names: there may be very many
            return all(
                os.stat(f"{folder}/{each.digest[:2]}/{each.digest[2:]}").st_size == each.size
                for each in self.documents.values()
            )
        except OSError:
            return False


class Draft:
    """The next generation while it is made: the documents of the one before, and what has changed.

    Its `signs` are those of the generation before until they are set.

    Args:
        folder: the state folder.
        before: the generation to start from, or None to start from nothing.
        now: what `modified` becomes where bytes have changed.
        verify: read the objects that are there already, and write damaged ones anew (:func:`feeds.store.objects.store_object`).
    """

    def __init__(self, folder: Path, before: Snapshot | None, now: datetime, *, verify: bool = False) -> None:
        self.folder = folder
        self.before = before
        self.documents: dict[str, Document] = dict(before.documents) if before is not None else {}
        self.signs = before.signs if before is not None else RetiredAddresses()
        self._removed: dict[str, int] = dict(before.removed) if before is not None else {}
        self._now = int(now.timestamp())
        self.verify = verify
        self._put: set[str] = set()
        self._written: list[Path] = []

    def put(
        self,
        address: str,
        media_type: str,
        body: bytes | StoredObject,
        updated: datetime,
        max_age: int = DEFAULT_MAX_AGE,
    ) -> None:
        """Set the document at `address`; an object is written for its bytes, if there is none yet.

        Args:
            address: without a leading slash.
            media_type: with its charset.
            body: the bytes, or the object that has them.
            updated: the latest change that the document itself tells of: what counts as its last
                modification where nothing is known of earlier bytes, so that building a site anew on
                another machine does not make every document look changed.
            max_age: for how many seconds a cache may answer with it.

        Raises:
            ValueError: the address has been put already: two documents must never overwrite each other.
        """
        if address in self._put:
            raise ValueError(f"two documents for one address: {address}")
        self._put.add(address)
        digest, size, is_new = (
            body if isinstance(body, StoredObject) else objects.store_object(self.folder, body, verify=self.verify)
        )
        if is_new:
            self._written.append(objects.object_path(self.folder, digest))
        known = self.before.documents.get(address) if self.before is not None else None
        if known is not None and known.digest == digest and known.media_type == media_type:
            modified = known.modified
        elif known is not None:
            modified = max(self._now, known.modified + 1)  # a validator never goes back (RFC 9110 section 8.8.2)
        elif address in self._removed:
            modified = max(self._now, self._removed[address] + 1)
        else:
            modified = min(int(updated.timestamp()), self._now)
        self.documents[address] = Document(digest, size, media_type, modified, max_age)

    def remove_below(self, folders: Iterable[str]) -> None:
        """Remove all documents below `folders`, each of which ends with a slash."""
        below = tuple(folders)
        for address in [each for each in self.documents if each.startswith(below)] if below else []:
            del self.documents[address]

    def remove_named(self, wanted: Callable[[str], bool]) -> None:
        """Remove all documents whose address is `wanted`."""
        for address in list(filter(wanted, self.documents)):
            del self.documents[address]

    def remove(self, address: str) -> None:
        """Remove the document at `address`, if there is one."""
        self.documents.pop(address, None)

    def drop_the_rest(self) -> None:
        """Remove all documents that have not been put: this draft is complete without them."""
        self.documents = {address: each for address, each in self.documents.items() if address in self._put}

    def preview(self) -> Snapshot:
        """Return what :meth:`commit` would make current, without a name and a number."""
        return Snapshot("", 0, self.documents, self._removed, self.signs, self.folder)

    def commit(self) -> Snapshot:
        """Switch to this draft, if it differs from the generation before, and return what is current then."""
        if self.before is not None and (self.documents, self.signs) == (self.before.documents, self.before.signs):
            return self.before
        lost = (self.before.documents if self.before is not None else {}).keys() - self.documents.keys()
        removed = {
            address: when
            for address, when in sorted((self._removed | dict.fromkeys(lost, self._now)).items())
            if address not in self.documents and when > self._now - REMOVAL_MEMORY_SECONDS
        }
        sync_files(self._written)  # complete before `current` names it, also after a power cut
        generation = max([0, *(number for number, _ in _manifests(self.folder))]) + 1
        manifest = {
            "generation": generation,
            "documents": dict(sorted(self.documents.items())),
            "removed": removed,
            "ended": self.signs.ended,
            "moved": dict(self.signs.moved),
        }
        body = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()
        name = f"{generation:06}-{objects.content_digest(body)}"
        write_atomically(_manifest_path(self.folder, name), body, root=self.folder, durable=True)
        write_atomically(self.folder / "current", f"{name}\n".encode(), root=self.folder, durable=True)
        return Snapshot(name, generation, self.documents, removed, self.signs, self.folder)


def count_differences(before: Snapshot | None, after: Snapshot) -> int:
    """Return how many documents were added, changed or removed between two generations."""
    old = before.documents if before is not None else {}
    same = sum(1 for address, document in after.documents.items() if old.get(address) == document)
    gone = sum(1 for address in old if address not in after.documents)
    return len(after.documents) - same + gone


def current_name(folder: Path) -> str | None:
    """Return the name of the current generation in the state folder, or None where there is none."""
    try:
        name = (folder / "current").read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return name if _NAME.match(name) else None


def load_current(folder: Path) -> Snapshot | None:
    """Return the current generation in the state folder, or None where there is none (that can be read)."""
    name = current_name(folder)
    if name is None:
        return None
    try:
        body = _manifest_path(folder, name).read_bytes()
    except OSError:
        return None  # lost, or cleaned up this moment
    if not name.endswith(f"-{objects.content_digest(body)}"):
        return None  # damaged: the next build makes all of it anew
    manifest = json.loads(body)
    documents = {address: Document(*row) for address, row in manifest["documents"].items()}
    signs = RetiredAddresses(tuple(manifest.get("ended", ())), manifest.get("moved", {}))  # older ones have none
    return Snapshot(name, manifest["generation"], documents, manifest["removed"], signs, folder)


def delete_old_generations(folder: Path, now: datetime, *, everything: bool = False) -> None:
    """Delete generations that no worker can need any more, and the objects that only they had.

    Args:
        folder: the state folder.
        now: the time.
        everything: look for objects that no generation has, as a build that was killed leaves them.
    """
    manifests = sorted(_manifests(folder))
    limit = now.timestamp() - MIN_AGE_SECONDS
    old = [name for (_, name), (_, newer) in pairwise(manifests) if _written(folder, newer) < limit][
        : -KEPT_GENERATIONS + 1
    ]
    old = [name for name in old if name != current_name(folder)]  # a killed build may have left newer ones
    kept = [name for _, name in manifests if name not in old]
    if len(old) < max(1, len(kept) / CLEAN_UP_SHARE) and not everything:
        return
    needed = {digest for name in kept for digest in _digests(folder, name)}
    candidates = {digest for name in old for digest in _digests(folder, name)}
    if everything:
        found = (folder / objects.OBJECTS_FOLDER).glob("??/*")
        candidates |= {path.parent.name + path.name.partition(".")[0] for path in found}
    for digest in candidates - needed:
        for coding in (None, *CODINGS):
            objects.object_path(folder, digest, coding).unlink(missing_ok=True)
    for name in old:
        _manifest_path(folder, name).unlink()


def _written(folder: Path, name: str) -> float:
    return _manifest_path(folder, name).stat().st_mtime


def _digests(folder: Path, name: str) -> set[str]:
    try:
        manifest = json.loads(_manifest_path(folder, name).read_bytes())
        return {row[0] for row in manifest["documents"].values()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return set()  # damaged: nobody can serve it


def _manifests(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield number and name of every generation there is."""
    for path in (folder / "manifests").glob("*.json"):
        number = path.stem.partition("-")[0]
        if number.isdecimal():
            yield int(number), path.stem


def _manifest_path(folder: Path, name: str) -> Path:
    return folder / "manifests" / f"{name}.json"
