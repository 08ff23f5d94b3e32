"""Snapshots: immutable generations of all documents, and the atomic switch from one to the next.

On disk, in the state folder::

    objects/ab/cdef…       the bytes of documents, named by their digest: written once, never changed
    manifests/000007.json  generation 7: address → digest, size, media type, time of the last change
    current                the number of the generation that is served

A generation is complete before ``current`` names it, so a reader sees one whole generation or another. An
old one stays readable for a while: a web worker may still be answering from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from feeds.errors import StateError

KEPT = 3
"""How many generations stay, the current one among them."""

KEPT_SECONDS = 120
"""How long a generation stays at least: longer than a worker takes to notice the next one."""


class Document(NamedTuple):
    """What the manifest says of one document.

    Attributes:
        digest: of its bytes; also its strong ETag.
        size: in bytes.
        media_type: with its charset.
        modified: when its bytes last changed, in seconds since the epoch.
    """

    digest: str
    size: int
    media_type: str
    modified: int

    @property
    def last_modified(self) -> datetime:
        """`modified` as a time."""
        return datetime.fromtimestamp(self.modified, UTC)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation: its number, its documents by address (without a leading slash), and where their bytes are."""

    generation: int
    documents: Mapping[str, Document]
    folder: Path

    def read(self, document: Document) -> bytes:
        """Return the bytes of `document`.

        Raises:
            StateError: the object is missing or damaged.
        """
        path = _object_path(self.folder, document.digest)
        try:
            body = path.read_bytes()
        except OSError as error:
            raise StateError(f"an object can't be read ({error.strerror}); build again", path) from error
        if len(body) != document.size:
            raise StateError("an object is damaged; build again with --force", path)
        return body


class Draft:
    """The next generation while it is made: the documents of the one before, and what has changed.

    Args:
        folder: the state folder.
        before: the generation to start from, or None to start from nothing.
        now: what `modified` becomes where bytes have changed.
    """

    def __init__(self, folder: Path, before: Snapshot | None, now: datetime) -> None:
        self.folder = folder
        self.before = before
        self.documents: dict[str, Document] = dict(before.documents) if before is not None else {}
        self._now = int(now.timestamp())
        self._put: set[str] = set()

    def put(self, address: str, media_type: str, body: bytes, updated: datetime) -> None:
        """Set the document at `address`; its object is written now, if there is none yet.

        Args:
            address: without a leading slash.
            media_type: with its charset.
            body: the bytes.
            updated: the latest change that the document itself tells of: what counts as its last
                modification where nothing is known of earlier bytes, so that building a site anew on
                another machine does not make every document look changed.

        Raises:
            ValueError: the address has been put already: two documents must never overwrite each other.
        """
        if address in self._put:
            raise ValueError(f"two documents for one address: {address}")
        self._put.add(address)
        digest = hashlib.blake2b(body, digest_size=16).hexdigest()
        known = self.documents.get(address)
        if known is not None and known.digest == digest and known.media_type == media_type:
            if self._has_object(digest, len(body)):
                return
            modified = known.modified
        elif known is not None:
            modified = max(self._now, known.modified + 1)  # a validator never goes back (RFC 9110 section 8.8.2)
        else:
            modified = min(int(updated.timestamp()), self._now)
        if not self._has_object(digest, len(body)):
            write_atomically(_object_path(self.folder, digest), body)
        self.documents[address] = Document(digest, len(body), media_type, modified)

    def remove_below(self, folders: Iterable[str]) -> None:
        """Remove all documents below `folders`, each of which ends with a slash."""
        below = tuple(folders)
        for address in [each for each in self.documents if each.startswith(below)] if below else []:
            del self.documents[address]

    def drop_the_rest(self) -> None:
        """Remove all documents that have not been put: this draft is complete without them."""
        self.documents = {address: each for address, each in self.documents.items() if address in self._put}

    def commit(self) -> Snapshot:
        """Switch to this draft, if it differs from the generation before, and return what is current then."""
        if self.before is not None and self.documents == self.before.documents:
            return self.before
        generation = max([0, *_generations(self.folder)]) + 1
        manifest = {"generation": generation, "documents": dict(sorted(self.documents.items()))}
        text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
        write_atomically(_manifest_path(self.folder, generation), text.encode(), durable=True)
        write_atomically(self.folder / "current", f"{generation}\n".encode(), durable=True)
        return Snapshot(generation, self.documents, self.folder)

    def _has_object(self, digest: str, size: int) -> bool:
        try:
            return _object_path(self.folder, digest).stat().st_size == size
        except FileNotFoundError:
            return False


def differences(before: Snapshot | None, after: Snapshot) -> int:
    """Return how many documents were added, changed or removed between two generations."""
    old = before.documents if before is not None else {}
    same = sum(1 for address, document in after.documents.items() if old.get(address) == document)
    gone = sum(1 for address in old if address not in after.documents)
    return len(after.documents) - same + gone


def current_generation(folder: Path) -> int | None:
    """Return the number of the current generation in the state folder, or None where there is none."""
    try:
        return int((folder / "current").read_text("ascii"))
    except (OSError, ValueError):
        return None


def current(folder: Path) -> Snapshot | None:
    """Return the current generation in the state folder, or None where there is none (that can be read)."""
    generation = current_generation(folder)
    if generation is None:
        return None
    try:
        manifest = json.loads(_manifest_path(folder, generation).read_bytes())
        documents = {address: Document(*row) for address, row in manifest["documents"].items()}
    except (OSError, ValueError, TypeError, KeyError):
        return None  # damaged, or cleaned up this moment: the next build makes all of it anew
    return Snapshot(generation, documents, folder)


def clean_up(folder: Path, now: datetime) -> None:
    """Delete generations that no worker can need any more, and the objects that only they had."""
    generations = sorted(_generations(folder))
    newer = dict(pairwise(generations))
    old = [
        each
        for each in generations[:-KEPT]
        if _manifest_path(folder, newer[each]).stat().st_mtime < now.timestamp() - KEPT_SECONDS
    ]
    if not old:
        return
    needed = {digest for each in generations if each not in old for digest in _digests(folder, each)}
    for each in old:
        for digest in _digests(folder, each) - needed:
            _object_path(folder, digest).unlink(missing_ok=True)
        _manifest_path(folder, each).unlink()


def write_atomically(path: Path, body: bytes, *, durable: bool = False, modified: int | None = None) -> None:
    """Write `body` to `path` so that nobody ever sees half of it, and make the folders it needs.

    Args:
        path: the file.
        body: all that it shall hold.
        durable: wait until the bytes are on the disk.
        modified: the modification time that the file shall have, in seconds since the epoch.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with open(descriptor, "wb") as file:
            file.write(body)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _digests(folder: Path, generation: int) -> set[str]:
    try:
        manifest = json.loads(_manifest_path(folder, generation).read_bytes())
        return {row[0] for row in manifest["documents"].values()}
    except (OSError, ValueError, KeyError):
        return set()


def _generations(folder: Path) -> Iterator[int]:
    names: Iterable[Path] = (folder / "manifests").glob("[0-9]*.json")
    return (int(name.stem) for name in names if name.stem.isdigit())


def _manifest_path(folder: Path, generation: int) -> Path:
    return folder / "manifests" / f"{generation:06}.json"


def _object_path(folder: Path, digest: str) -> Path:
    return folder / "objects" / digest[:2] / digest[2:]
