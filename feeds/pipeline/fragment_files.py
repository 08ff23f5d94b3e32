"""Fragments: the entries of documents, on the way from the process that renders them to the one that composes.

Bytes in a pipe are copied by both processes, in small pieces, and again for every process that gets them next. The
main process would do little else. So a process appends fragments to a file of its own, and hands over where they are.
The fragments of entries that have not changed are in the documents of the last build.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

_SEARCHED = 64
"""The number of bytes of a fragment that are searched for; the others are compared, which is much faster."""


class FilePart(NamedTuple):
    """A range of bytes in a fragment file.

    Attributes:
        file: the path of the file.
        start: the offset of the first byte.
        size: the number of bytes.
    """

    file: str
    start: int
    size: int


class Fragments(NamedTuple):
    """The fragments of one entry.

    Attributes:
        short: whether they show its short form.
        sizes: the size of the fragment in every format, in bytes.
        place: where they are: one after the other in a fragment file, or at these offsets in the documents of the last
            build. No offsets: the sizes are known, but no document has the fragments.
    """

    short: bool
    sizes: tuple[int, ...]
    place: FilePart | tuple[int, ...]

    @property
    def have_bytes(self) -> bool:
        """Whether the bytes of the fragments can be read."""
        return bool(self.place)


def append_parts(folder: Path, bodies: Sequence[bytes]) -> list[FilePart]:
    """Append `bodies` to the file of this thread in `folder`, and return where they are.

    Raises:
        OSError: the file can't be written.
    """
    # A file for each thread: two writers of one file would have to agree on offsets.
    name = os.path.join(folder, f"{os.getpid()}-{threading.get_ident()}")
    with open(name, "ab") as file:
        start = file.tell()
        file.writelines(bodies)
    parts = []
    for body in bodies:
        parts.append(FilePart(name, start, len(body)))
        start += len(body)
    return parts


def put_fragments(folder: Path, rendered: Sequence[tuple[bool, Mapping[str, bytes]]]) -> list[Fragments]:
    """Write entries to a fragment file: whether they are short, and their fragments by format."""
    parts = append_parts(folder, [b"".join(fragments.values()) for _, fragments in rendered])
    return [
        Fragments(short, tuple(map(len, fragments.values())), part)
        for (short, fragments), part in zip(rendered, parts, strict=True)
    ]


def read_parts(parts: Iterable[FilePart]) -> list[bytes]:
    """Return the bytes of `parts`, in their order.

    Raises:
        OSError: a file is missing, too short or unreadable.
    """
    bodies = []
    descriptors: dict[str, int] = {}
    try:
        for file, start, size in parts:
            if file not in descriptors:
                descriptors[file] = os.open(file, os.O_RDONLY)
            body = os.pread(descriptors[file], size, start)
            if len(body) != size:
                raise OSError(errno.EIO, "a part of it is gone", file)
            bodies.append(body)
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)
    return bodies


def read_fragments(
    entries: Sequence[Fragments], documents: Sequence[bytes], formats: Sequence[int]
) -> list[list[bytes]]:
    """Return the fragments of entries, a list for every entry with one fragment for every format.

    Args:
        entries: the entries.
        documents: the documents of the last build that have some of them, in the order of `formats`.
        formats: the numbers of the formats that are wanted. A fragment file has all formats.

    Raises:
        OSError: a fragment file can't be read.
    """
    bodies = iter(read_parts(entry.place for entry in entries if isinstance(entry.place, FilePart)))
    rows = []
    for entry in entries:
        if isinstance(entry.place, FilePart):
            body, ends = next(bodies), list(accumulate(entry.sizes, initial=0))
            rows.append([body[ends[number] : ends[number + 1]] for number in formats])
        else:
            places = zip(documents, entry.place, entry.sizes, strict=True)
            rows.append([document[start : start + size] for document, start, size in places])
    return rows


def find_fragments(fragments: Iterable[bytes], document: bytes) -> list[int] | None:
    """Return the offsets of fragments in a document that has them in this order; None if it has them in another form.

    What comes before a fragment may contain the same bytes. That does no harm: they are the same.
    """
    offsets, end = [], 0
    for fragment in fragments:
        start = document.find(fragment[:_SEARCHED], end)
        if start < 0 or not document.startswith(fragment, start):
            start = document.find(fragment, end)
            if start < 0:
                return None
        offsets.append(start)
        end = start + len(fragment)
    return offsets
