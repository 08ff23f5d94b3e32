"""The lookup of an address in a snapshot. Nothing here knows HTTP."""

from __future__ import annotations

from typing import NamedTuple

from feeds.rules.site_layout import FEED_FORMATS, FORMATS, NEGOTIATED_NAME, OPML_PATH, PAGE
from feeds.rules.urls import is_absolute
from feeds.store.snapshots import Document, Snapshot


class FoundDocument(NamedTuple):
    """A document.

    Attributes:
        address: its own address, with ``index.html`` for the page of a folder.
        document: the facts in the manifest.
    """

    address: str
    document: Document


class MovedAddress(NamedTuple):
    """A permanent redirect; `address` is relative to the site's root, or an absolute address on the web."""

    address: str


class AnyFormat(NamedTuple):
    """The feed in `folder`, in the format that the client prefers."""

    folder: str


class NoDocument(NamedTuple):
    """No document.

    Attributes:
        ended: whether there was a feed that has ended.
        alternatives: the addresses of the nearest documents, and of the list of all feeds.
    """

    ended: bool
    alternatives: tuple[str, ...]


def look_up(snapshot: Snapshot, address: str) -> FoundDocument | MovedAddress | AnyFormat | NoDocument:
    """Return what the snapshot has at `address`: any text, without a leading slash."""
    documents = snapshot.documents
    path = address + PAGE.file_name if address == "" or address.endswith("/") else address
    folder = "/".join([*address.split("/", 2)[:2], ""])
    # Before the documents: the static tree has documents at the old address, for servers that can't redirect.
    if folder in snapshot.retired.moved:
        new_folder, name = snapshot.retired.moved[folder], path.removeprefix(folder)
        if is_absolute(new_folder):
            return MovedAddress(new_folder)
        exists = (new_folder + name in documents and name != PAGE.file_name) or name == NEGOTIATED_NAME
        return MovedAddress(new_folder + name if exists else new_folder)
    document = documents.get(path)
    if document is not None:
        return FoundDocument(path, document)
    if f"{address}/{PAGE.file_name}" in documents:
        return MovedAddress(f"{address}/")
    above, slash, name = address.removesuffix("/").rpartition("/")
    if name == NEGOTIATED_NAME and above + slash + FORMATS[0].file_name in documents:
        return MovedAddress(address.removesuffix("/")) if address.endswith("/") else AnyFormat(above + slash)
    return NoDocument(folder in snapshot.retired.ended, _alternatives(snapshot, address))


def _alternatives(snapshot: Snapshot, address: str) -> tuple[str, ...]:
    """Return the documents of the nearest folder above `address` that has any, and the list of all feeds."""
    parts = address.split("/", 3)[:3]  # no feed is deeper, and an address may be very long
    names = (PAGE.file_name, *(row.file_name for row in FEED_FORMATS))
    for depth in range(len(parts), -1, -1):
        folder = "".join(f"{part}/" for part in parts[:depth])
        nearest = [folder + name for name in names if folder + name in snapshot.documents]
        if nearest:
            rest = [path for path in ("", OPML_PATH) if path not in (folder, *nearest)]
            return tuple(path.removesuffix(PAGE.file_name) for path in nearest) + tuple(rest)
    return ("",)
