"""Where things live: the state of a corpus above all, since two must never share a catalogue and a ledger."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from feeds.errors import UsageError
from feeds.rules.slugs import slugify

STANDARD_OUTPUT = "-"
"""What stands for standard output where a file is named."""

OWNER_FILE = "corpus"
"""The file in a state folder that names the corpus it belongs to, relative to the folder above it."""


def absolute_path(root: Path, path: str) -> str:
    """Return `path`, which is relative to `root`, as an absolute one."""
    return str((root / path).resolve())


def default_state(root: Path, corpus: str, home: str | None) -> str:
    """Return the state folder of `corpus`: two corpora must never share a catalogue and a ledger.

    ``.feeds`` belongs to the corpus that feeds.toml names or stands in (`home`); where it names none, or there
    is none, to the first that was built here (:data:`OWNER_FILE` says which). Any other has a folder of its own in it.
    """
    folder = root.resolve() / ".feeds"
    if corpus == (home or owner_of(folder) or corpus):
        return str(folder)
    return str(folder / "others" / _folder_of(corpus))


def server_state(state: Path, corpus: str, listening: str) -> str:
    """Return the state folder of a server whose feeds carry the address `listening` that it listens on.

    What is made for that address has a state of its own: a build for another address, which other servers and
    the static files have, would otherwise change under this server what it serves, and it under them.
    """
    return str(state / "served" / slugify(listening) / _folder_of(corpus))


def _folder_of(corpus: str) -> str:
    """Return a folder name that is readable and no other corpus has."""
    mark = hashlib.sha256(os.fsencode(corpus)).hexdigest()[:8]
    return f"{slugify(Path(corpus).name)}-{mark}"


def owner_of(state: Path) -> str | None:
    """Return the corpus that the state folder belongs to, or None where that is not said."""
    try:
        named = os.fsdecode((state / OWNER_FILE).read_bytes()).strip()
    except OSError:
        return None
    return absolute_path(state.parent, named) if named and "\0" not in named else None


def check_folders(corpus: Path, output: Path | None) -> None:
    """Refuse what would harm, before anything is made.

    Args:
        corpus: the folder of articles.
        output: the folder for static files, or None where none are written.

    Raises:
        UsageError: there is no such corpus, or the output would be written into it or over it.
    """
    if not corpus.is_dir():
        reason = "the corpus is no folder" if corpus.exists() else "the corpus does not exist"
        raise UsageError(f"{reason}; name one: `feeds build FOLDER`, or corpus in feeds.toml", corpus)
    if output is not None and (output == corpus or output in corpus.parents):
        raise UsageError("the output can't be the corpus or a folder above it; name another folder", output)
