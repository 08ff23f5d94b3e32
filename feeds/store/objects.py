"""Objects: files in the state folder that are named by the digest of their bytes, written once and never changed.

::

    objects/ab/cdef…       the bytes of a document
    objects/ab/cdef….gz    the same bytes in a coding, after a digest of the coded bytes: made when first needed

The name shows damage: the bytes that are read are compared with it. Any process may store an object at any time. Only
snapshots know which objects are needed (:mod:`feeds.store.snapshots`).
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from feeds.errors import StateError
from feeds.system.compression import Coding
from feeds.system.files import write_atomically

OBJECTS_FOLDER = "objects"

_DIGEST_BYTES = 16


class DamagedObjectError(StateError):
    """An object is missing, or its bytes do not have the digest in its name."""


class StoredObject(NamedTuple):
    """An object that is in the state folder.

    Attributes:
        digest: its name.
        size: in bytes.
        is_new: whether this call has written it.
    """

    digest: str
    size: int
    is_new: bool


def content_digest(body: bytes) -> str:
    """Return the digest that names `body`: 32 hexadecimal digits."""
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()


def object_path(folder: Path, digest: str, coding: Coding | None = None) -> Path:
    """Return the path of an object in the state folder, or of the same bytes in a coding."""
    return folder / OBJECTS_FOLDER / digest[:2] / (digest[2:] if coding is None else digest[2:] + coding.suffix)


def store_object(folder: Path, body: bytes, *, verify: bool = False) -> StoredObject:
    """Store `body` as an object, if it is not stored yet.

    Args:
        folder: the state folder.
        body: the bytes.
        verify: compare the bytes of an object that is there, and write it again if it is damaged; else only its size
            is compared.

    Raises:
        OSError: the object can't be written.
    """
    digest = content_digest(body)
    path = object_path(folder, digest)
    is_new = not _has_content(path, body, verify=verify)
    if is_new:
        write_atomically(path, body, root=folder)
    return StoredObject(digest, len(body), is_new)


def read_object(folder: Path, digest: str, coding: Coding | None = None) -> bytes:
    """Return the bytes of an object, unchanged or in a coding; coded bytes are made once and stored.

    Raises:
        DamagedObjectError: the object is missing or damaged.
    """
    if coding is not None:
        return _read_coded(folder, digest, coding)
    with open_object(folder, digest) as (body, _):
        return body


def has_object(folder: Path, digest: str) -> bool:
    """Tell whether there is an object with this digest, whatever its bytes are."""
    return object_path(folder, digest).exists()


@contextlib.contextmanager
def open_object(folder: Path, digest: str) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes of an object and the descriptor of its file, which holds the same bytes: they were compared.

    Raises:
        DamagedObjectError: the object is missing or damaged.
    """
    path = object_path(folder, digest)
    with contextlib.ExitStack() as files:
        try:
            file = files.enter_context(path.open("rb", buffering=0))
            body = file.readall()
        except OSError as error:
            raise DamagedObjectError(f"an object can't be read ({error.strerror}); build again", path) from error
        if content_digest(body) != digest:
            raise DamagedObjectError("an object is damaged; build again with --force", path)
        yield body, file.fileno()


def _read_coded(folder: Path, digest: str, coding: Coding) -> bytes:
    path = object_path(folder, digest, coding)
    with contextlib.suppress(OSError):
        stored = path.read_bytes()
        if stored[:_DIGEST_BYTES].hex() == content_digest(stored[_DIGEST_BYTES:]):
            return stored[_DIGEST_BYTES:]
    body = coding.encode(read_object(folder, digest))
    with contextlib.suppress(OSError):  # a full or read-only disk: the coded bytes are made again the next time
        write_atomically(path, bytes.fromhex(content_digest(body)) + body, root=folder)
    return body


def _has_content(path: Path, body: bytes, *, verify: bool) -> bool:
    """Tell whether the object at `path` is `body`, by its bytes or, without `verify`, by its size."""
    try:
        return path.read_bytes() == body if verify else path.stat().st_size == len(body)
    except OSError:
        return False
