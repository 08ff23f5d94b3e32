"""Which files of a folder are articles, and how to tell that one has changed without reading it."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feeds.errors import CorpusError
from feeds.model import OUTPUT_MARK, Problem

SUFFIXES = (".md", ".markdown", ".txt", ".html")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that should be an article.

    Attributes:
        path: relative to the corpus, with forward slashes.
        stamp: changes when the file does (size, times and inode). Empty where that can't be relied on: the
            file can't be read, or changed so lately that it may change again within a tick of its clock.
        problem: why it can't be read, or None.
    """

    path: str
    stamp: str
    problem: Problem | None = None


LARGEST = 4_000_000
"""How large a file may be, in bytes: what is larger was not meant to be an article."""

SETTLED = 100_000_000
"""How long ago, in nanoseconds, a file must have changed for its times to tell the next change."""


def scan(corpus: Path) -> Iterator[SourceFile]:
    """Yield every article file below `corpus`, in alphabetical order within each folder.

    Passed over: names that start with ``.`` or ``_``, README.md at the top, other suffixes, static trees
    that we wrote, and linked folders (what they hold inside the corpus is found where it really is).
    What has an article's name and can't be one is a problem, never silence: nothing is lost.
    """
    root = os.path.realpath(corpus)
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as found:
                children = sorted(found, key=lambda child: child.name)
        except OSError as error:
            if not folder:
                raise CorpusError(f"it can't be read ({error.strerror}); nothing is published", corpus) from error
            yield _unreadable(folder.rstrip("/"), f"the folder can't be read ({error.strerror})")
            continue
        if any(child.name == OUTPUT_MARK for child in children):
            continue
        subfolders = []
        for child in children:
            if child.name.startswith((".", "_")):
                continue
            path = folder + child.name
            if child.is_dir(follow_symlinks=False):
                subfolders.append(f"{path}/")
            elif _is_folder(child) and not _leads_inside(child, root):
                yield _unreadable(path, "it is a link to a folder outside of the corpus")
                continue
            if child.name.lower().endswith(SUFFIXES) and path.lower() != "readme.md":
                yield _examine(child, path, root)
        pending.extend(reversed(subfolders))


def _examine(child: os.DirEntry[str], path: str, root: str) -> SourceFile:
    if not _is_utf8(path):
        return _unreadable(path, "the file's name is not UTF-8")
    try:
        if child.is_symlink() and not _leads_inside(child, root):
            return _unreadable(path, "it is a link that leads out of the corpus")
        status = child.stat()
    except OSError as error:
        return _unreadable(path, f"it can't be read ({error.strerror})")
    if stat.S_ISDIR(status.st_mode):
        return _unreadable(path, "it is a folder with an article's name")
    if not stat.S_ISREG(status.st_mode):
        return _unreadable(path, "it is not a regular file")
    if status.st_size > LARGEST:
        return _unreadable(path, f"it is larger than {LARGEST // 1_000_000} MB")
    if max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - SETTLED:
        return SourceFile(path, "")
    return SourceFile(path, f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}")


def _is_folder(link: os.DirEntry[str]) -> bool:
    try:
        return link.is_dir()
    except OSError:  # a link to itself
        return False


def _leads_inside(link: os.DirEntry[str], root: str) -> bool:
    target = os.path.realpath(link.path)
    return target == root or target.startswith(root + os.sep)


def _unreadable(path: str, reason: str) -> SourceFile:
    shown = path if _is_utf8(path) else f"{os.fsencode(path).decode('utf-8', 'replace')} ({os.fsencode(path).hex()})"
    return SourceFile(shown, "", Problem(shown, 1, "", reason, "rename it, or put the article's text there"))


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
