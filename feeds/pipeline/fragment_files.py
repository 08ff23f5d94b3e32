"""Fragment files: bytes that the processes of one build hand to each other.

Bytes in a pipe are copied by both processes, in small pieces, and again for every process that gets them next. The
main process would do little else. So a process appends them to a file of its own, and hands over where they are.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


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
