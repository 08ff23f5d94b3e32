"""The names of the feeds and pages of a snapshot, and the nearest ones to an address without a document.

A request can name anything, and many requests may do so at once. So an address of more than :data:`MAX_LENGTH`
characters has no nearest names, and no more than :data:`MAX_COMPARED` names of a folder are compared.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from feeds.rules.site_layout import ARTICLES_FOLDER, KIND_FOLDERS, OPML_PATH, PAGE
from feeds.rules.text import printable
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Snapshot

MAX_LENGTH = 100
"""The length of an address for which names are compared."""

MAX_COMPARED = 50
"""The number of names of a folder that are compared: the ones that stand nearest in alphabetical order."""

MAX_NEAREST = 3
"""The number of nearest names."""

LEAST_LIKENESS = 0.7
"""The likeness of a near name, from 0 to 1 (:class:`difflib.SequenceMatcher`)."""

FOLDERS = (*filter(None, KIND_FOLDERS.values()), ARTICLES_FOLDER)
"""The folders that have names: the ones of feeds in the order of lists, and the one of articles."""


class NearName(NamedTuple):
    """A document with a name like the one that was asked for: its address, and its name for people."""

    address: str
    name: str


class Names(NamedTuple):
    """The names of a snapshot.

    Attributes:
        slugs: folder → the slugs in it, in order; feeds that have ended or moved are left out.
        titles: folder of a feed → its name for people.
    """

    slugs: Mapping[str, Sequence[str]]
    titles: Mapping[str, str]


NO_NAMES = Names({}, {})


class SiteNames:
    """The names of the snapshot that was asked for last; two threads may both read them, with the same result."""

    def __init__(self) -> None:
        self._known = ("", NO_NAMES)

    def of(self, snapshot: Snapshot) -> Names:
        """Return the names of a snapshot."""
        name, names = self._known
        if name != snapshot.name:
            names = _read_names(snapshot)
            self._known = (snapshot.name, names)
        return names


def nearest_names(snapshot: Snapshot, names: Names, address: str) -> tuple[NearName, ...]:
    """Return the documents whose addresses are nearest to one without a document.

    The same name in another kind comes first, then come near names, the same kind before others.

    Args:
        snapshot: the documents.
        names: its names.
        address: any text, without a leading slash.
    """
    words = [word for word in address.casefold().split("/") if word] if len(address) <= MAX_LENGTH else []
    if not words:
        return ()
    if len(words) > 1 and f"{words[0]}/{words[1]}/{PAGE.file_name}" in snapshot.documents:  # its folder is there
        return ()
    near_folders = _like(words[0], FOLDERS)
    found = [f"{folder}/" for folder in near_folders] if len(words) == 1 else []
    folders = list(dict.fromkeys([*near_folders, *FOLDERS]))
    slug = words[min(1, len(words) - 1)].replace("_", "-").replace(" ", "-")
    near = {folder: _neighbours(names.slugs.get(folder, ()), slug) for folder in folders}
    found += [f"{folder}/{slug}/" for folder in folders if slug in near[folder]]  # the same name in another kind
    for folder in folders:
        if len(found) < MAX_NEAREST:  # to compare is what takes long
            found += [f"{folder}/{other}/" for other in _like(slug, near[folder]) if other != slug]
    rest = "/".join(words[2:])
    return tuple(_near_name(snapshot, names, folder, rest) for folder in found[:MAX_NEAREST])


def _near_name(snapshot: Snapshot, names: Names, folder: str, rest: str) -> NearName:
    address = folder + rest if folder + rest in snapshot.documents else folder
    return NearName(address, names.titles.get(folder) or folder.split("/")[-2])


def _like(word: str, names: Sequence[str]) -> list[str]:
    from difflib import get_close_matches  # slow to load, and most requests find their document

    return get_close_matches(word, names, MAX_NEAREST, LEAST_LIKENESS)


def _neighbours(slugs: Sequence[str], slug: str) -> Sequence[str]:
    """Return the slugs nearest to `slug` in alphabetical order: mistakes are rarely at the start of a word."""
    start = max(0, bisect_left(slugs, slug) - MAX_COMPARED // 2)
    return slugs[start : start + MAX_COMPARED]


def _read_names(snapshot: Snapshot) -> Names:
    slugs: dict[str, list[str]] = {folder: [] for folder in FOLDERS}
    retired = {*snapshot.retired.ended, *snapshot.retired.moved}
    for address in snapshot.documents:
        folder, _, rest = address.partition("/")
        slug, _, name = rest.partition("/")
        if name == PAGE.file_name and folder in slugs and f"{folder}/{slug}/" not in retired:
            slugs[folder].append(slug)
    return Names({folder: sorted(names) for folder, names in slugs.items()}, _read_titles(snapshot))


def _read_titles(snapshot: Snapshot) -> dict[str, str]:
    """Return the names of feeds, as the list of all feeds has them; none if it can't be read."""
    from xml.etree import ElementTree  # slow to load, like difflib

    document = snapshot.documents.get(OPML_PATH)
    try:
        root = ElementTree.fromstring(snapshot.read(document)) if document is not None else None  # noqa: S314 - ours
    except (DamagedObjectError, ElementTree.ParseError):
        root = None
    outlines = [outline for outline in root.iter("outline") if outline.get("htmlUrl")] if root is not None else []
    if not outlines:
        return {}
    # The first one is the feed of all entries, at the root of the site. Its name ends the names of all others.
    base, site = outlines[0].get("htmlUrl", ""), outlines[0].get("text", "")
    return {
        outline.get("htmlUrl", "").removeprefix(base): printable(outline.get("text", "").removesuffix(f" – {site}"))
        for outline in outlines
    }
