"""The ledger: decisions about published ids and addresses that a build from nothing would not make again.

One file, ``ledger.jsonl`` in the state folder. It holds exceptions only, one on a line and sorted, so that it is small
enough to commit and a change in it can be read. Unlike the catalogue, it can't be made again::

    {"id": "http://a.example/x", "keys": ["a.example/x", …]}                 a page keeps the id it was published under
    {"feed": "topic", "key": "etc", "slug": "etc--812de6e7"}                 a feed keeps the address it had
    {"feed": "topic", "key": "ai", "slug": "ai", "name": "AI", "updated": …} a feed that has no entries any more …
    {…, "unnamed": "2026-05-25T12:00:00Z"}                                   … and that no article names any more …
    {…, "unnamed": …, "ended": "2026-06-01T12:00:00Z"}                       … and that says farewell
    {"broken": "8d5f0c…", "names": ["topic ai", …]}                          a file that can't be read still names feeds
    {"page": "urn:uuid:…", "slug": "notes"}                                  an article without a web page keeps its own
    {"moved": "topics/old/", "to": "topics/new/", "since": "2026-06-01T…"}   a feed that the settings have renamed
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.errors import StateError
from feeds.model import Kind
from feeds.rules.grouping import key_hash
from feeds.rules.site_layout import feed_folder, parse_feed_folder
from feeds.rules.times import rfc3339
from feeds.system.files import write_atomically

LEDGER_FILE = "ledger.jsonl"

FAREWELL_PERIOD = timedelta(days=30)
"""The time during which the documents of an ended feed stay and say so, before its address is gone (410)."""


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed as the ledger remembers it.

    Attributes:
        kind, key, slug: as in :class:`feeds.model.Feed`.
        name: its last name; empty for a feed that has entries.
        updated: when it last changed; None for a feed that has entries.
        unnamed: since when no article names it; None while an article does.
        ended: since when its documents say that it has ended, or None.
    """

    kind: Kind
    key: str
    slug: str
    name: str = ""
    updated: datetime | None = None
    unnamed: datetime | None = None
    ended: datetime | None = None

    @property
    def folder(self) -> str:
        """The folder of the feed, relative to the site's root, with a slash at its end."""
        return feed_folder(self.kind, self.slug)

    @property
    def is_empty(self) -> bool:
        """True if it has no entries any more."""
        return self.updated is not None

    def is_gone(self, now: datetime) -> bool:
        """Tell whether the time is over in which its documents say that it has ended."""
        return self.ended is not None and now >= self.ended + FAREWELL_PERIOD


@dataclass(frozen=True, slots=True)
class FeedMove:
    """The move of a feed to another address, by the settings.

    Attributes:
        to: its folder now.
        since: when it was first published there.
    """

    to: str
    since: datetime


class Ledger:
    """The ledger while a build reads it and adds to it.

    Attributes:
        feeds: the feeds that it remembers, by kind and key.
        moves: old folder → the move of its feed.
        pages: the id of an entry → the slug of its page.
        broken: digest of the path of a published article that can't be read any more → the feeds that it named.
    """

    def __init__(self) -> None:
        self.feeds: dict[tuple[Kind, str], FeedRecord] = {}
        self.moves: dict[str, FeedMove] = {}
        self.pages: dict[str, str] = {}
        self.broken: dict[int, tuple[str, ...]] = {}
        self._ids: dict[str, str] = {}  # key → id
        self._ids_by_hash: dict[int, str] = {}  # the same: the catalogue has the hashes of keys only
        self._saved = ""

    @classmethod
    def load(cls, folder: Path) -> Ledger:
        """Return the ledger in the state folder; an empty one if there is none.

        Raises:
            StateError: the file can't be read, or a line of it is not valid.
        """
        ledger = cls()
        path = folder / LEDGER_FILE
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return ledger
        except OSError as error:
            raise StateError(f"it can't be read ({error.strerror})", path) from error
        except UnicodeDecodeError as error:
            raise StateError("it is not UTF-8; restore it, or published ids may change", path) from error
        # Not splitlines(): a key may contain U+2028, which JSON does not escape here.
        for number, line in enumerate(text.split("\n"), 1):
            try:
                if line.strip():
                    ledger._add_record(json.loads(line))
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                reason = "this line is no record of it; restore or delete the line"
                raise StateError(reason, f"{path}:{number}") from error
        ledger._saved = ledger._to_text()
        return ledger

    @property
    def changed(self) -> bool:
        """True if its content differs from the file."""
        return self._to_text() != self._saved

    @property
    def kept_ids(self) -> frozenset[str]:
        """The ids that pages keep."""
        return frozenset(self._ids.values())

    @property
    def has_ids(self) -> bool:
        """True if any page keeps an id."""
        return bool(self._ids)

    @property
    def kept_hashes(self) -> Collection[int]:
        """The hashes (:func:`feeds.rules.grouping.key_hash`) of all keys of pages that keep an id."""
        return self._ids_by_hash.keys()

    def id_for(self, hashes: Iterable[int], computed: Callable[[], str]) -> str | None:
        """Return the id that an entry with these keys keeps, or None if it keeps none.

        Args:
            hashes: the hashes of the keys of the entry (:func:`feeds.rules.grouping.key_hash`).
            computed: returns the id that the entry would have. It is preferred if the keys keep several ids.
        """
        if not self._ids_by_hash:
            return None
        kept = {self._ids_by_hash[number] for number in hashes if number in self._ids_by_hash}
        if len(kept) < 2:
            return next(iter(kept), None)
        return preferred if (preferred := computed()) in kept else min(kept)

    def record_id(self, keys: Iterable[str], uri: str, computed: str) -> None:
        """Record that the entry with these keys has the id `uri`, if that is not the computed id; else forget it."""
        for key in keys:
            if uri != computed:
                self._ids[key] = self._ids_by_hash[key_hash(key)] = uri
            else:
                self._ids.pop(key, None)
                self._ids_by_hash.pop(key_hash(key), None)

    def next_due(self, now: datetime, farewell_after: timedelta) -> datetime | None:
        """Return when the next feed will say farewell, or its address will be gone, or None."""
        moments = [feed.ended + FAREWELL_PERIOD for feed in self.feeds.values() if feed.ended is not None]
        moments += [
            feed.unnamed + farewell_after
            for feed in self.feeds.values()
            if feed.unnamed is not None and feed.ended is None
        ]
        return min((moment for moment in moments if moment > now), default=None)

    def empty_feeds(self) -> list[FeedRecord]:
        """Return the feeds that have no entries any more, in the order of their addresses."""
        return sorted((feed for feed in self.feeds.values() if feed.is_empty), key=lambda feed: feed.folder)

    def save(self, folder: Path) -> None:
        """Write the ledger to the state folder, durably, if it has changed.

        Raises:
            OSError: it can't be written.
        """
        if self.changed:
            text = self._to_text()
            write_atomically(folder / LEDGER_FILE, text.encode(), root=folder, durable=True)
            self._saved = text

    def _add_record(self, record: dict[str, Any]) -> None:
        """Add one line of the file.

        Raises:
            ValueError, LookupError, TypeError, AttributeError: it is not valid.
        """
        if "id" in record:
            if not isinstance(record["keys"], list):
                raise ValueError("no list of keys")
            for key in map(_as_text, record["keys"]):
                self._ids[key] = self._ids_by_hash[key_hash(key)] = _as_text(record["id"])
            return
        if "moved" in record:
            self.moves[_as_folder(record["moved"])] = FeedMove(_as_folder(record["to"]), _as_time(record["since"]))
            return
        if "page" in record:
            self.pages[_as_text(record["page"])] = _as_slug(record["slug"])
            return
        if "broken" in record:
            self.broken[_as_digest(record["broken"])] = tuple(map(_as_text, record["names"]))
            return
        names = ("updated", "unnamed", "ended")
        updated, unnamed, ended = (_as_time(record[name]) if name in record else None for name in names)
        name = _as_text(record.get("name", ""))
        key, slug = _as_text(record["key"]), _as_text(record["slug"])
        feed = FeedRecord(Kind(record["feed"]), key, slug, name, updated, unnamed, ended)
        _as_folder(feed.folder)
        self.feeds[feed.kind, feed.key] = feed

    def _to_text(self) -> str:
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        keys_of: dict[str, list[str]] = {}
        for key, uri in self._ids.items():
            keys_of.setdefault(uri, []).append(key)
        for uri, keys in sorted(keys_of.items()):
            yield {"id": uri, "keys": sorted(keys)}
        for _, feed in sorted(self.feeds.items()):
            yield {
                "feed": feed.kind.value,
                "key": feed.key,
                "slug": feed.slug,
                **({"name": feed.name, "updated": rfc3339(feed.updated)} if feed.updated is not None else {}),
                **({"unnamed": rfc3339(feed.unnamed)} if feed.unnamed is not None else {}),
                **({"ended": rfc3339(feed.ended)} if feed.ended is not None else {}),
            }
        for uri, slug in sorted(self.pages.items()):
            yield {"page": uri, "slug": slug}
        for digest, names in sorted(self.broken.items()):
            yield {"broken": f"{digest % 2**64:016x}", "names": list(names)}
        for old, move in sorted(self.moves.items()):
            yield {"moved": old, "to": move.to, "since": rfc3339(move.since)}


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _as_slug(value: object) -> str:
    """Return `value` if it is the name of one folder.

    Raises:
        ValueError: it is not.
    """
    slug = _as_text(value)
    if slug in ("", ".", "..") or "/" in slug or "\0" in slug:
        raise ValueError("no slug")
    return slug


def _as_digest(value: object) -> int:
    number = int(_as_text(value), 16)
    return number - 2**64 if number >= 2**63 else number


def _as_time(value: object) -> datetime:
    moment = datetime.fromisoformat(_as_text(value))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _as_folder(value: object) -> str:
    """Return `value` if it is the folder of a feed. A ledger must never lead out of the static tree.

    Raises:
        ValueError: it is not.
    """
    kind, slug = parse_feed_folder(_as_text(value))
    if kind is Kind.ALL or feed_folder(kind, _as_slug(slug)) != value:
        raise ValueError("no folder of a feed")
    return _as_text(value)
