"""Comparison of the entries that two tools list in their feeds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from lxml import etree

FOLDERS = ("topics", "providers")
DOCUMENT = "feed.atom"

_IDS = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}id"


class Agreement(NamedTuple):
    """The result of a comparison of our feeds with the feeds of another tool, as numbers.

    Attributes:
        feeds: feeds of topics and providers that at least one of the tools has.
        entries: entries in our feeds.
        differing: feeds whose entries differ, including feeds that only one of the tools has.
        missing: entries of our feeds that the other tool does not list.
        extra: entries that only the other tool lists.
    """

    feeds: int
    entries: int
    differing: int
    missing: int
    extra: int


def compare(ours: Path, other: Path) -> Agreement:
    """Compare the ids in the Atom documents of topics and providers below two folders. Their order does not matter."""
    our_documents, other_documents = _documents(ours), _documents(other)
    feeds = our_documents.keys() | other_documents.keys()
    entries = differing = missing = extra = 0
    for feed in feeds:
        our_ids, other_ids = _ids(our_documents.get(feed)), _ids(other_documents.get(feed))
        entries += len(our_ids)
        missing += len(our_ids - other_ids)
        extra += len(other_ids - our_ids)
        differing += our_ids != other_ids or feed not in our_documents or feed not in other_documents
    return Agreement(len(feeds), entries, differing, missing, extra)


def size(output: Path, without: str | None = None) -> tuple[int, int]:
    """Return the number of files below a folder, and the sum of their sizes in bytes.

    A folder directly in it with the name `without` is left out.
    """
    files = total = 0
    for folder, folders, names in os.walk(output):
        if without is not None and Path(folder) == output and without in folders:
            folders.remove(without)
        files += len(names)
        total += sum(os.stat(os.path.join(folder, name)).st_size for name in names)
    return files, total


def _documents(output: Path) -> dict[str, Path]:
    """Return the Atom documents of topics and providers, by the path of the feed's folder."""
    paths = (path for folder in FOLDERS for path in (output / folder).glob(f"*/{DOCUMENT}"))
    return {path.parent.relative_to(output).as_posix(): path for path in paths}


def _ids(document: Path | None) -> set[str]:
    if document is None:
        return set()
    return {element.text or "" for element in etree.parse(document).iterfind(_IDS)}
