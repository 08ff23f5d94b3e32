"""What a build would change, as subscribers would see it: two snapshots, feed by feed, compared by their JSON Feeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from feeds.catalogue.entry_ids import ReplacedId
from feeds.rules.site_layout import JSON_FEED
from feeds.rules.urls import canonical_key
from feeds.store.snapshots import Snapshot

JsonItem = Mapping[str, Any]

IsMember = Callable[[str, str], bool]
"""An id, and the folder of a feed."""


class FeedChange(StrEnum):
    """What becomes of a feed."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class EntryDifference:
    """One entry of a feed that would be another.

    Attributes:
        id, title: as they would be; of an entry that would be removed, as they are.
        old_id: the id that subscribers know, where that would change; else None.
        fields: the members of the JSON Feed item that would change.
    """

    id: str
    title: str
    old_id: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedDifference:
    """One feed that would be another.

    Attributes:
        folder: its address below the site's.
        title: of the feed.
        fate: what becomes of it.
        new, changed, reidentified, removed: its entries, in the feed's order.
        pushed_out: how many only make room for newer ones.
    """

    folder: str
    title: str
    fate: FeedChange
    new: tuple[EntryDifference, ...] = ()
    changed: tuple[EntryDifference, ...] = ()
    reidentified: tuple[EntryDifference, ...] = ()
    removed: tuple[EntryDifference, ...] = ()
    pushed_out: int = 0


@dataclass(frozen=True, slots=True)
class SiteDifference:
    """What a build would change.

    Attributes:
        feeds: those that would be other ones, in the order of their addresses.
        kept: the ids that would be kept from now on although others would be computed.
        reidentified: the published ids that would go, since their pages are one with others now.
        documents: how many documents would be added, changed or removed.
    """

    feeds: tuple[FeedDifference, ...]
    kept: tuple[str, ...]
    reidentified: tuple[ReplacedId, ...]
    documents: int

    @property
    def changes_ids(self) -> bool:
        """Whether subscribers would be delivered an entry again, under another id."""
        return bool(self.reidentified) or any(each.reidentified for each in self.feeds)


def compare_snapshots(
    before: Snapshot | None, after: Snapshot, lost: Sequence[ReplacedId], belongs: IsMember, pages: str
) -> Iterator[FeedDifference]:
    """Yield what would become of each feed that is not the same in `after` as `before`.

    Args:
        before: what is published, or None.
        after: what would be.
        lost: published ids that could not be kept.
        belongs: tells whether an entry would be in a feed, shown or not.
        pages: what the addresses of the pages that we make start with: another article may get one of them.
    """
    old_documents = before.documents if before is not None else {}
    replaced = {each.new: [other.old for other in lost if other.new == each.new] for each in lost}
    for address in sorted(old_documents.keys() | after.documents.keys()):
        old, new = old_documents.get(address), after.documents.get(address)
        if not address.endswith(f"/{JSON_FEED.file_name}") and address != JSON_FEED.file_name:
            continue
        if old is not None and new is not None and old.digest == new.digest:
            continue
        was = json.loads(before.read(old)) if before is not None and old is not None else None
        will_be = json.loads(after.read(new)) if new is not None else None
        yield _feed(address.removesuffix(JSON_FEED.file_name), was, will_be, replaced, belongs, pages)


def _feed(
    folder: str,
    was: JsonItem | None,
    will_be: JsonItem | None,
    replaced: Mapping[str, Sequence[str]],
    belongs: IsMember,
    pages: str,
) -> FeedDifference:
    if will_be is None:
        return FeedDifference(folder, (was or {})["title"], FeedChange.GONE)
    ends = will_be.get("expired", False)
    begins = was is None or (was.get("expired", False) and not ends)
    if was is None or begins:
        return FeedDifference(folder, will_be["title"], FeedChange.NEW, new=_all(will_be))
    if ends and not was.get("expired", False):
        return FeedDifference(folder, will_be["title"], FeedChange.ENDED, removed=_all(was))
    old = {item["id"]: item for item in was["items"]}
    now = {item["id"]: item for item in will_be["items"]}
    by_page = {
        canonical_key(item["url"]): ident
        for ident, item in old.items()
        if ident not in now and not item["url"].startswith(pages)
    }
    new, changed, reidentified = [], [], []
    for ident, item in now.items():
        if ident in old:
            fields = tuple(name for name in sorted({*item, *old[ident]}) if item.get(name) != old[ident].get(name))
            changed += [EntryDifference(ident, item["title"], fields=fields)] if fields else []
            continue
        known_as = [each for each in replaced.get(ident, ()) if each in old]
        known_as += [by_page[page]] if (page := canonical_key(item["url"])) in by_page else []
        if known_as:
            reidentified.append(EntryDifference(ident, item["title"], old_id=known_as[0]))
        else:
            new.append(EntryDifference(ident, item["title"]))
    gone = [ident for ident in old if ident not in now and ident not in {each.old_id for each in reidentified}]
    pushed_out = [ident for ident in gone if belongs(ident, folder)]
    return FeedDifference(
        folder,
        will_be["title"],
        FeedChange.CHANGED,
        new=tuple(new),
        changed=tuple(changed),
        reidentified=tuple(reidentified),
        removed=tuple(EntryDifference(each, old[each]["title"]) for each in gone if each not in pushed_out),
        pushed_out=len(pushed_out),
    )


def _all(feed: JsonItem) -> tuple[EntryDifference, ...]:
    return tuple(EntryDifference(item["id"], item["title"]) for item in feed["items"])
