"""The scan of the corpus: its article files, and stamps that change when a file changes."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Protocol

from feeds.errors import CorpusError
from feeds.model import Problem
from feeds.rules.file_patterns import NO_PATTERNS, SUFFIXES, FilePatterns, PassedOver, Reason
from feeds.rules.site_layout import OUTPUT_LIST


class SourceFile(NamedTuple):
    """One file that should be an article.

    Attributes:
        path: relative to the corpus, with forward slashes.
        stamp: size, times and inode: it changes when the file does. It is empty if that is not certain: the file can't
            be examined, or it changed so recently that it may change again within one tick of the file system's clock.
            It starts with :data:`LINKED` if the file may be changed by another name.
        problem: the reason why it can't be read, or None.
    """

    path: str
    stamp: str
    problem: Problem | None = None


LINKED = "linked"
"""The start of the stamp of a file that has another name: a change by that name is not reported for this one."""

_README = "readme.md"

_NAME = attrgetter("name")

_BY_NAME = "by name"
"""The stamp of a file of which only the name is known."""

MAX_FILE_BYTES = 4_000_000
"""The largest size of an article file, in bytes."""

SETTLED_NS = 100_000_000
"""The age of a change, in nanoseconds, from which on the times of a file show the next change."""


def scan_corpus(
    corpus: Path, only: Collection[str] | None = None, patterns: FilePatterns = NO_PATTERNS
) -> Iterator[SourceFile | PassedOver]:
    """Yield every article file below `corpus`, and what is passed over; the files of a folder in alphabetical order.

    Passed over: names that start with ``.`` or ``_``, README.md at the root, other suffixes, static trees that we
    wrote, links to folders (their files inside of the corpus are found at their real paths), and what the patterns
    leave out. A file that has the name of an article and can't be one is a problem: no file is lost in silence.

    Args:
        corpus: the folder.
        only: scan these paths only, with everything below them: relative to `corpus`, with forward slashes. Paths that
            do not exist any more are passed over. None scans everything.
        patterns: the patterns of articles.

    Raises:
        CorpusError: the folder can't be read.
    """
    root = os.path.realpath(corpus)
    if only is None:
        yield from _walk(root, "", patterns)
        return
    try:
        os.scandir(root).close()  # an unreadable corpus must not look like one whose files are gone
    except OSError as error:
        raise _unreadable_corpus(root, error) from error
    entered: dict[str, bool] = {}
    for path in _topmost(only):
        above = path.rpartition("/")[0]
        if not _is_entered(root, above, entered, patterns) or not os.path.lexists(os.path.join(root, path)):
            continue
        found, is_folder = _look_at(_Named(root, path), path, root, time.time_ns() - SETTLED_NS, patterns)
        if found is not None:
            yield found
        if is_folder:
            yield from _walk(root, f"{path}/", patterns)


def reason_passed_over(corpus: Path, path: str, patterns: FilePatterns = NO_PATTERNS) -> Reason | None:
    """Return why :func:`scan_corpus` passes over the file at `path`, or None if it does not.

    Args:
        corpus: the folder.
        path: the path of a file, relative to `corpus`, with forward slashes.
        patterns: the patterns of articles.
    """
    root = os.path.realpath(corpus)
    folders = path.split("/")[:-1]
    for folder in ("/".join(folders[:depth]) for depth in range(len(folders) + 1)):
        if patterns.hides(folder.rpartition("/")[2]):
            return Reason.HIDDEN
        if folder and os.path.islink(os.path.join(root, folder)):
            return Reason.LINK
        if os.path.lexists(os.path.join(root, folder, OUTPUT_LIST)):
            return Reason.STATIC_TREE
    return Reason.HIDDEN if patterns.hides(path.rpartition("/")[2]) else _reason_of_name(path, patterns)


def has_suffix(name: str) -> bool:
    """Tell whether `name` ends as the names of articles do."""
    return name.lower().endswith(SUFFIXES)


def _reason_of_name(path: str, patterns: FilePatterns) -> Reason | None:
    """Return why a file is no article by its path, if it is not hidden; None if it is one."""
    if not has_suffix(path):
        return Reason.ENDING
    if len(path) == len(_README) and path.lower() == _README:
        return Reason.README
    return patterns.reason_for(path) if patterns else None


def _walk(root: str, top: str, patterns: FilePatterns) -> Iterator[SourceFile | PassedOver]:
    """Yield what is below the folder `top`, which is empty or ends with a slash, as :func:`scan_corpus` does."""
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                children = sorted(entries, key=_NAME)
        except OSError as error:
            if not folder:
                raise _unreadable_corpus(root, error) from error
            yield _unreadable(folder.rstrip("/"), f"the folder can't be read ({error.strerror})")
            continue
        if OUTPUT_LIST in map(_NAME, children):
            yield PassedOver(folder, Reason.STATIC_TREE)
            continue
        # Read before the files are examined: too early a time takes a file for recent, which is only slower.
        settled = time.time_ns() - SETTLED_NS
        subfolders = []
        for child in children:
            path = folder + child.name
            found, is_folder = _look_at(child, path, root, settled, patterns)
            if found is not None:
                yield found
            if is_folder:
                subfolders.append(f"{path}/")
        pending.extend(reversed(subfolders))


class _Child(Protocol):
    """An entry of a folder, such as :class:`os.DirEntry`."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    def is_dir(self, *, follow_symlinks: bool = True) -> bool: ...
    def is_file(self, *, follow_symlinks: bool = True) -> bool: ...
    def is_symlink(self) -> bool: ...
    def stat(self) -> os.stat_result: ...


class _Named:
    """An entry of a folder by its name: to list the folder for it would cost as much as all its files."""

    def __init__(self, root: str, path: str) -> None:
        self.name = path.rpartition("/")[2]
        self.path = os.path.join(root, path)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISDIR(self._mode(follow_symlinks=follow_symlinks))

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISREG(self._mode(follow_symlinks=follow_symlinks))

    def _mode(self, *, follow_symlinks: bool) -> int:
        try:
            return os.stat(self.path, follow_symlinks=follow_symlinks).st_mode
        except OSError:
            return 0

    def is_symlink(self) -> bool:
        return os.path.islink(self.path)

    def stat(self) -> os.stat_result:
        return os.stat(self.path)


def _topmost(paths: Collection[str]) -> Iterator[str]:
    """Yield `paths` in order, without paths that are below another one."""
    last = ""
    for path in sorted(set(paths), key=lambda path: path.split("/")):
        if not last or not path.startswith(f"{last}/"):
            last = path
            yield path


def _is_entered(root: str, folder: str, known: dict[str, bool], patterns: FilePatterns) -> bool:
    """Tell whether a walk from the root would enter `folder`; `known` collects the answers for folders above it."""
    if folder not in known:
        if folder:
            above = folder.rpartition("/")[0]
            is_reached = _is_entered(root, above, known, patterns)
            is_reached = is_reached and _look_at(_Named(root, folder), folder, root, 0, patterns)[1]
        else:
            is_reached = True
        known[folder] = is_reached and not os.path.lexists(os.path.join(root, folder, OUTPUT_LIST))
    return known[folder]


def _look_at(
    child: _Child, path: str, root: str, settled: int, patterns: FilePatterns
) -> tuple[SourceFile | PassedOver | None, bool]:
    """Return what `child` at `path` is, None for a folder, and whether it is a folder to walk into.

    A scan calls this for every file: a build without news does little else.

    Args:
        child, path: the child of a folder, and its path relative to `root`.
        root: the corpus.
        settled: a file that changed later has no stamp.
        patterns: the patterns of articles.
    """
    if patterns.hides(child.name):
        return PassedOver(path, Reason.HIDDEN), False
    reason = _reason_of_name(path, patterns)
    if child.is_file(follow_symlinks=False):  # nearly every child is one
        if reason is not None:
            return PassedOver(path, reason), False
        return _examine(child, path, root, settled, is_link=False), False
    is_folder, is_link = child.is_dir(follow_symlinks=False), child.is_symlink()
    if is_link and _is_folder(child) and not _leads_inside(child, root):
        return _unreadable(path, "it is a link to a folder outside of the corpus"), False
    if reason is None:
        return _examine(child, path, root, settled, is_link=is_link), is_folder
    if is_folder:
        return None, True
    return PassedOver(path, Reason.LINK if is_link and _is_folder(child) else reason), False


def _examine(child: _Child, path: str, root: str, settled: int, *, is_link: bool) -> SourceFile:
    if not path.isascii() and not is_utf8(path):
        return _unreadable(path, "the file's name is not UTF-8", _BY_NAME)
    try:
        if is_link and not _leads_inside(child, root):
            return _unreadable(path, "it is a link that leads out of the corpus")
        status = child.stat()
    except OSError as error:
        return _unreadable(path, f"it can't be read ({error.strerror})")
    size, modified, changed = status.st_size, status.st_mtime_ns, status.st_ctime_ns
    stamp = f"{size} {modified} {changed} {status.st_ino}"
    if not stat.S_ISREG(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode)
        reason = "it is a folder with an article's name" if is_folder else "it is not a regular file"
        return _unreadable(path, reason, stamp)
    if size > MAX_FILE_BYTES:
        return _unreadable(path, f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB", stamp)
    if modified > settled or changed > settled:
        return SourceFile(path, "")
    return SourceFile(path, f"{LINKED} {stamp}" if is_link or status.st_nlink > 1 else stamp)


def _is_folder(link: _Child) -> bool:
    try:
        return link.is_dir()
    except OSError:  # a link to itself
        return False


def _leads_inside(link: _Child, root: str) -> bool:
    target = os.path.realpath(link.path)
    return target == root or target.startswith(root + os.sep)


def _unreadable_corpus(root: str, error: OSError) -> CorpusError:
    return CorpusError(f"it can't be read ({error.strerror}); nothing is published", root)


def _unreadable(path: str, reason: str, stamp: str = "") -> SourceFile:
    shown = shown_path(path)
    return SourceFile(shown, stamp, Problem(shown, 1, "", reason, "rename it, or put the article's text there"))


def shown_path(path: str) -> str:
    """Return `path` as it is named in problems and in the catalogue: a name that is not UTF-8 gets its bytes in hex."""
    return path if is_utf8(path) else f"{os.fsencode(path).decode('utf-8', 'replace')} ({os.fsencode(path).hex()})"


def is_utf8(path: str) -> bool:
    """Tell whether the name `path`, as the system gives it, is UTF-8."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
