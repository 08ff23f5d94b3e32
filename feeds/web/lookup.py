"""What is at an address of a snapshot, or what there is instead: nothing here knows HTTP."""

from __future__ import annotations

from typing import NamedTuple

from feeds.rules.site_layout import FEED_FORMATS, FORMATS, NEGOTIATED_NAME, OPML_PATH, PAGE
from feeds.store.snapshots import Document, Snapshot


class FoundDocument(NamedTuple):
    """A document, and its own address: ``index.html`` where a folder was asked for."""

    address: str
    document: Document


class MovedAddress(NamedTuple):
    """The address, relative to the site's root, where it is for good."""

    address: str


class AnyFormat(NamedTuple):
    """A feed in whatever format the client wants: the documents of the folder."""

    folder: str


class NoDocument(NamedTuple):
    """No document.

    Attributes:
        ended: there was a feed, and it has ended.
        instead: addresses of documents that are as near as any, and of the list of all feeds.
    """

    ended: bool
    instead: tuple[str, ...]


def look_up(snapshot: Snapshot, address: str) -> FoundDocument | MovedAddress | AnyFormat | NoDocument:
    """Return what is at `address`, which has no leading slash; any text will do."""
    documents = snapshot.documents
    wanted = address + PAGE.file_name if address == "" or address.endswith("/") else address
    folder = "/".join([*address.split("/", 2)[:2], ""])
    if folder in snapshot.retired.moved:
        there, name = snapshot.retired.moved[folder], wanted.removeprefix(folder)
        known = (there + name in documents and name != PAGE.file_name) or name == NEGOTIATED_NAME
        return MovedAddress(there + name if known else there)
    found = documents.get(wanted)
    if found is not None:
        return FoundDocument(wanted, found)
    if f"{address}/{PAGE.file_name}" in documents:
        return MovedAddress(f"{address}/")
    above, slash, name = address.removesuffix("/").rpartition("/")
    if name == NEGOTIATED_NAME and above + slash + FORMATS[0].file_name in documents:
        return MovedAddress(address.removesuffix("/")) if address.endswith("/") else AnyFormat(above + slash)
    return NoDocument(folder in snapshot.retired.ended, _instead(snapshot, address))


def _instead(snapshot: Snapshot, address: str) -> tuple[str, ...]:
    """Return the documents of the folder that is nearest above `address` and has any, and the list of all feeds."""
    parts = address.split("/", 3)[:3]  # no feed is deeper, and an address may be very long
    for depth in range(len(parts), -1, -1):
        folder = "".join(f"{part}/" for part in parts[:depth])
        here = [
            folder + name
            for name in (PAGE.file_name, *(row.file_name for row in FEED_FORMATS))
            if folder + name in snapshot.documents
        ]
        if here:
            rest = [each for each in ("", OPML_PATH) if each not in (folder, *here)]
            return tuple(each.removesuffix(PAGE.file_name) for each in here) + tuple(rest)
    return ("",)
