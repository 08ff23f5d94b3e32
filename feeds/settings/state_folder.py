"""The place of the state folder. Two corpora must never share one: their ids and addresses would mix."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from feeds.errors import UsageError
from feeds.rules.slugs import slugify

STANDARD_OUTPUT = "-"
"""The name of standard output where a file is expected."""

OWNER_FILE = "corpus"
"""The file in a state folder that names its corpus: the path, relative to the folder above, and the file number."""


def absolute_path(root: Path, path: str) -> str:
    """Return `path`, which is relative to `root`, as an absolute path."""
    return str((root / path).resolve())


def default_state(root: Path, corpus: str, own_corpus: str | None) -> str:
    """Return the state folder of `corpus`.

    The folder ``.feeds`` belongs to the corpus that feeds.toml names or is in. If feeds.toml names none, or there is
    none, it belongs to the corpus that was built here first (:data:`OWNER_FILE`), also if that was renamed meanwhile.
    Another corpus has a folder below it.

    Args:
        root: the folder of feeds.toml, or the current folder.
        corpus: the corpus to build.
        own_corpus: the corpus that feeds.toml names or is in, or None.
    """
    folder = root.resolve() / ".feeds"
    if corpus == (own_corpus or owner_of(folder) or corpus) or was_renamed(folder, corpus):
        return str(folder)
    return str(folder / "others" / _unique_name(corpus))


def server_state(state: Path, corpus: str, listening: str) -> str:
    """Return the state folder of a server whose feeds have the address `listening` on which it listens.

    It needs a state of its own: a build for another address (that of the static files, or of another server) would
    change the documents of this server, and this server would change theirs.
    """
    return str(state / "served" / slugify(listening) / _unique_name(corpus))


def _unique_name(corpus: str) -> str:
    """Return a readable folder name that no other corpus has."""
    mark = hashlib.sha256(os.fsencode(corpus)).hexdigest()[:8]
    return f"{slugify(Path(corpus).name)}-{mark}"


def owner_of(state: Path) -> str | None:
    """Return the corpus that the state folder belongs to, or None if that is not recorded."""
    relative, *_ = _read_owner(state)
    return absolute_path(state.parent, relative) if relative and "\0" not in relative else None


def was_renamed(state: Path, corpus: str) -> bool:
    """Tell whether `corpus` is the folder that the state folder belongs to, by another name."""
    owner, (_, *number) = owner_of(state), _read_owner(state)
    return owner is not None and not os.path.exists(owner) and number == [_file_number(corpus)]


def owner_text(state: Path, corpus: str) -> bytes:
    """Return the content of the file that says that the state folder belongs to `corpus`."""
    relative = os.path.relpath(corpus, state.parent)  # so that the whole project can be moved
    return os.fsencode(f"{relative}\n{_file_number(corpus)}\n")


def _read_owner(state: Path) -> list[str]:
    """Return the lines of :data:`OWNER_FILE`, at least one; earlier versions wrote only the path."""
    try:
        return os.fsdecode((state / OWNER_FILE).read_bytes()).rstrip("\n").split("\n")
    except OSError:
        return [""]


def _file_number(path: str) -> str:
    """Return device and inode of a folder, which a new name does not change; empty if it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


def check_folders(corpus: Path, output: Path | None) -> None:
    """Refuse folders with which a build would do harm.

    Args:
        corpus: the folder of articles.
        output: the folder of static files, or None.

    Raises:
        UsageError: the corpus does not exist, or the output is the corpus or above it.
    """
    if not corpus.is_dir():
        reason = "the corpus is no folder" if corpus.exists() else "the corpus does not exist"
        raise UsageError(f"{reason}; name one: `feeds build FOLDER`, or corpus in feeds.toml", corpus)
    if output is not None and (output == corpus or output in corpus.parents):
        raise UsageError("the output can't be the corpus or a folder above it; name another folder", output)
