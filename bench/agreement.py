"""Whether two tools list the same entries in their feeds."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lxml import etree

FOLDERS = ("topics", "providers")
DOCUMENT = "feed.atom"

_IDS = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}id"


class Agreement(NamedTuple):
    """How far the feeds of two tools list the same entries.

    Attributes:
        feeds: how many feeds of topics and providers either has.
        entries: how many entries ours list.
        differing: how many feeds don't list the same; one that only one of the two has is among them.
        missing: how many entries of ours the other lacks.
        extra: how many entries it lists that ours don't.
    """

    feeds: int
    entries: int
    differing: int
    missing: int
    extra: int


def compare(ours: Path, other: Path) -> Agreement:
    """Compare the ids in the Atom documents of topics and providers below two folders, whatever their order."""
    mine, theirs = _documents(ours), _documents(other)
    feeds = sorted(mine.keys() | theirs.keys())
    entries = differing = missing = extra = 0
    for feed in feeds:
        here, there = _ids(mine.get(feed)), _ids(theirs.get(feed))
        entries += len(here)
        missing += len(here - there)
        extra += len(there - here)
        differing += here != there or feed not in mine or feed not in theirs
    return Agreement(len(feeds), entries, differing, missing, extra)


def size(output: Path) -> tuple[int, int]:
    """Return how many files a folder holds, in any depth, and how many bytes they have."""
    sizes = [path.stat().st_size for path in output.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def _documents(output: Path) -> dict[str, Path]:
    """Return the Atom document of each feed, by the feed's folder."""
    found = (path for folder in FOLDERS for path in (output / folder).glob(f"*/{DOCUMENT}"))
    return {path.parent.relative_to(output).as_posix(): path for path in found}


def _ids(document: Path | None) -> set[str]:
    if document is None:
        return set()
    return {element.text or "" for element in etree.parse(document).iterfind(_IDS)}
