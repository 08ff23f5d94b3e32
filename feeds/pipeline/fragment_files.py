"""A spool: bytes that the processes of one build make for each other, in files that each appends to and all read.

What goes from one process to another through a pipe is copied by both, in small pieces, and again for each that it is
handed on to; the one in the middle has better things to do. Where it lies in a file is a few numbers.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class FilePart(NamedTuple):
    """Some of the bytes in a spool: the file, where in it they start, and how many they are."""

    file: str
    start: int
    size: int


def append_parts(folder: Path, bodies: Sequence[bytes]) -> list[FilePart]:
    """Append `bodies` to this thread's file in the spool `folder`, and return where each of them is.

    Raises:
        OSError: it can't be written.
    """
    name = os.path.join(folder, f"{os.getpid()}-{threading.get_ident()}")
    with open(name, "ab") as file:
        start = file.tell()
        file.writelines(bodies)
    pieces = []
    for body in bodies:
        pieces.append(FilePart(name, start, len(body)))
        start += len(body)
    return pieces


def read_parts(pieces: Iterable[FilePart]) -> list[bytes]:
    """Return the bytes of each of `pieces`.

    Raises:
        OSError: they can't be read, or are not there.
    """
    bodies = []
    opened: dict[str, int] = {}
    try:
        for file, start, size in pieces:
            if file not in opened:
                opened[file] = os.open(file, os.O_RDONLY)
            body = os.pread(opened[file], size, start)
            if len(body) != size:
                raise OSError(errno.EIO, "a part of it is gone", file)
            bodies.append(body)
    finally:
        for descriptor in opened.values():
            os.close(descriptor)
    return bodies
