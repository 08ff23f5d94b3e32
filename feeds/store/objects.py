"""Objects: bytes named by their digest, each a file in the state folder that is written once and never changed.

::

    objects/ab/cdef…       the bytes of a document
    objects/ab/cdef….gz    the same coded, behind a digest of their own: made when somebody first wants them

Names hold digests so that damage shows: what is read is compared with its name. Any process may keep an object at any
time; which of them are needed, only snapshots know (:mod:`feeds.store.snapshots`).
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import NamedTuple

from feeds.errors import StateError
from feeds.system.compression import Coding
from feeds.system.files import write_atomically

OBJECTS_FOLDER = "objects"

_DIGEST_SIZE = 16


class DamagedObjectError(StateError):
    """An object is missing or not what its name says."""


class StoredObject(NamedTuple):
    """An object that is there.

    Attributes:
        digest: its name.
        size: in bytes.
        is_new: whether it has been written now.
    """

    digest: str
    size: int
    is_new: bool


def content_digest(body: bytes) -> str:
    """Return what `body` is named by: 32 hexadecimal digits."""
    return hashlib.blake2b(body, digest_size=_DIGEST_SIZE).hexdigest()


def object_path(folder: Path, name: str, coding: Coding | None = None) -> Path:
    """Return where the state folder has the object with the digest `name`, or what was made of it in a coding."""
    return folder / OBJECTS_FOLDER / name[:2] / (name[2:] if coding is None else name[2:] + coding.suffix)


def store_object(folder: Path, body: bytes, *, verify: bool = False) -> StoredObject:
    """See that there is an object with the bytes `body`.

    Args:
        folder: the state folder.
        body: the bytes.
        verify: read one that is there already, and write it anew if it is damaged; else its size is looked at.

    Raises:
        OSError: it can't be written.
    """
    name = content_digest(body)
    place = object_path(folder, name)
    is_new = not _holds(place, body, verify=verify)
    if is_new:
        write_atomically(place, body, root=folder)
    return StoredObject(name, len(body), is_new)


def read_object(folder: Path, name: str, coding: Coding | None = None) -> bytes:
    """Return the bytes of an object, as they are or in a coding, which is made once and kept.

    Raises:
        DamagedError: the object is missing or damaged.
    """
    if coding is not None:
        return _read_coded(folder, name, coding)
    place = object_path(folder, name)
    try:
        body = place.read_bytes()
    except OSError as error:
        raise DamagedObjectError(f"an object can't be read ({error.strerror}); build again", place) from error
    if content_digest(body) != name:
        raise DamagedObjectError("an object is damaged; build again with --force", place)
    return body


def _read_coded(folder: Path, name: str, coding: Coding) -> bytes:
    place = object_path(folder, name, coding)
    with contextlib.suppress(OSError):
        kept = place.read_bytes()
        if kept[:_DIGEST_SIZE].hex() == content_digest(kept[_DIGEST_SIZE:]):
            return kept[_DIGEST_SIZE:]
    body = coding.encode(read_object(folder, name))
    with contextlib.suppress(OSError):  # a disk that is full, or not ours: then it is made again the next time
        write_atomically(place, bytes.fromhex(content_digest(body)) + body, root=folder)
    return body


def _holds(place: Path, body: bytes, *, verify: bool) -> bool:
    """Tell whether the object at `place` is `body`, by its bytes or, without `verify`, by its size."""
    try:
        return place.read_bytes() == body if verify else place.stat().st_size == len(body)
    except OSError:
        return False
