"""The difference between two snapshots as subscribers see it: feed by feed, compared by their JSON Feed documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from feeds.catalogue.entry_ids import ReplacedId
from feeds.rules.site_layout import JSON_FEED
from feeds.rules.urls import canonical_key
from feeds.store.snapshots import Snapshot

JsonItem = Mapping[str, Any]

IsMember = Callable[[str, str], bool]
"""A function of the id of an entry and the folder of a feed: whether the feed has the entry, shown or not."""


class FeedChange(StrEnum):
    """The kind of change of a feed."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class EntryDifference:
    """One entry of a feed that would differ.

    Attributes:
        id, title: as they would be; of an entry that would be removed, as they are.
        old_id: the id that subscribers know, if the id would change; else None.
        fields: the members of the JSON Feed item that would change.
    """

    id: str
    title: str
    old_id: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedDifference:
    """One feed that would differ.

    Attributes:
        folder: the folder of the feed, relative to the site's root.
        title: the title of the feed.
        fate: the kind of change.
        new, changed, recognised, reidentified, removed: its entries, in the order of the feed.
        pushed_out: how many entries are no longer shown only because newer ones take their places.
    """

    folder: str
    title: str
    fate: FeedChange
    new: tuple[EntryDifference, ...] = ()
    changed: tuple[EntryDifference, ...] = ()
    recognised: tuple[EntryDifference, ...] = ()
    reidentified: tuple[EntryDifference, ...] = ()
    removed: tuple[EntryDifference, ...] = ()
    pushed_out: int = 0


@dataclass(frozen=True, slots=True)
class Doubt:
    """An entry that may be one that was published under another id.

    Attributes:
        id, title: as they would be.
        old_id: the id that no entry would have any more.
    """

    id: str
    title: str
    old_id: str


@dataclass(frozen=True, slots=True)
class SiteDifference:
    """The changes that a build would make.

    Attributes:
        feeds: the feeds that would differ, in the order of their addresses.
        kept: the ids that would be kept from now on although other ids would be computed.
        reidentified: the published ids that would be lost, because their pages are one entry with others now.
        documents: how many documents would be added, changed or removed.
        doubts: the entries that may be delivered again.
        moved_from: the address at which the snapshot was published, if it would be another one; else None.
        is_first: whether nothing was published yet, so that there is nothing to compare with.
    """

    feeds: tuple[FeedDifference, ...]
    kept: tuple[str, ...]
    reidentified: tuple[ReplacedId, ...]
    documents: int
    doubts: tuple[Doubt, ...] = ()
    moved_from: str | None = None
    is_first: bool = False

    @property
    def delivers_again(self) -> bool:
        """True if subscribers would get an entry again, or may get it again, under another id."""
        return bool(self.reidentified or self.doubts) or any(feed.reidentified for feed in self.feeds)


def site_address(snapshot: Snapshot | None) -> str | None:
    """Return the address of the site in a snapshot, or None if there is no snapshot."""
    document = snapshot.documents.get(JSON_FEED.file_name) if snapshot is not None else None
    if snapshot is None or document is None:
        return None
    return str(json.loads(snapshot.read(document))["feed_url"]).removesuffix(JSON_FEED.file_name)


def compare_snapshots(
    before: Snapshot | None,
    after: Snapshot,
    replaced: Sequence[ReplacedId],
    recognised: Collection[str],
    is_member: IsMember,
    pages: str,
) -> Iterator[FeedDifference]:
    """Yield the difference of every feed that is not the same in `before` and `after`.

    Args:
        before: the published snapshot, or None.
        after: the snapshot that a build would make.
        replaced: the published ids that could not be kept.
        recognised: the ids of articles that have another file, address and date now.
        is_member: tells whether an entry would be in a feed.
        pages: the common start of the addresses of pages that we make. Such an address does not identify an entry:
            another article may get it.
    """
    old_documents = before.documents if before is not None else {}
    old_ids: dict[str, list[str]] = {}
    for old_id, new_id in replaced:
        old_ids.setdefault(new_id, []).append(old_id)
    for address in sorted(old_documents.keys() | after.documents.keys()):
        old, new = old_documents.get(address), after.documents.get(address)
        if address.rpartition("/")[2] != JSON_FEED.file_name:
            continue
        if old is not None and new is not None and old.digest == new.digest:
            continue
        old_feed = json.loads(before.read(old)) if before is not None and old is not None else None
        new_feed = json.loads(after.read(new)) if new is not None else None
        folder = address.removesuffix(JSON_FEED.file_name)
        yield _compare_feed(folder, old_feed, new_feed, old_ids, recognised, is_member, pages)


def _compare_feed(
    folder: str,
    old_feed: JsonItem | None,
    new_feed: JsonItem | None,
    old_ids: Mapping[str, Sequence[str]],
    recognised: Collection[str],
    is_member: IsMember,
    pages: str,
) -> FeedDifference:
    if new_feed is None:
        return FeedDifference(folder, (old_feed or {})["title"], FeedChange.GONE)
    has_ended = new_feed.get("expired", False)
    if old_feed is None or (old_feed.get("expired", False) and not has_ended):
        return FeedDifference(folder, new_feed["title"], FeedChange.NEW, new=_all_entries(new_feed))
    if has_ended and not old_feed.get("expired", False):
        return FeedDifference(folder, new_feed["title"], FeedChange.ENDED, removed=_all_entries(old_feed))
    old_items = {item["id"]: item for item in old_feed["items"]}
    new_items = {item["id"]: item for item in new_feed["items"]}
    # An entry that comes where another with the same page goes is the same entry under another id.
    id_of_page = {
        canonical_key(item["url"]): uri
        for uri, item in old_items.items()
        if uri not in new_items and not item["url"].startswith(pages)
    }
    new, changed, same, reidentified = [], [], [], []
    for uri, item in new_items.items():
        if uri in old_items:
            old_item = old_items[uri]
            fields = tuple(name for name in sorted({*item, *old_item}) if item.get(name) != old_item.get(name))
            difference = EntryDifference(uri, item["title"], fields=fields)
            if uri in recognised:
                same.append(difference)
            elif fields:
                changed.append(difference)
            continue
        known_as = [old_id for old_id in old_ids.get(uri, ()) if old_id in old_items]
        known_as += [id_of_page[page]] if (page := canonical_key(item["url"])) in id_of_page else []
        if known_as:
            reidentified.append(EntryDifference(uri, item["title"], old_id=known_as[0]))
        else:
            new.append(EntryDifference(uri, item["title"]))
    renamed = {entry.old_id for entry in reidentified}
    gone = [uri for uri in old_items if uri not in new_items and uri not in renamed]
    pushed_out = [uri for uri in gone if is_member(uri, folder)]
    return FeedDifference(
        folder,
        new_feed["title"],
        FeedChange.CHANGED,
        new=tuple(new),
        changed=tuple(changed),
        recognised=tuple(same),
        reidentified=tuple(reidentified),
        removed=tuple(EntryDifference(uri, old_items[uri]["title"]) for uri in gone if uri not in pushed_out),
        pushed_out=len(pushed_out),
    )


def _all_entries(feed: JsonItem) -> tuple[EntryDifference, ...]:
    return tuple(EntryDifference(item["id"], item["title"]) for item in feed["items"])
