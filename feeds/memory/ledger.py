"""The ledger: what was published and a build of today would not compute (DESIGN: Entries, id; Retired feeds).

One file, ``ledger.jsonl`` in the state folder: exceptions only, a line each, sorted, so that it is small enough to
commit and a change in it can be read. Unlike the catalogue it can't be made anew::

    {"id": "http://a.example/x", "keys": ["a.example/x", …]}                 a page keeps the id it was published under
    {"feed": "topic", "key": "etc", "slug": "etc--812de6e7"}                 a feed keeps the address it had
    {"feed": "topic", "key": "ai", "slug": "ai", "name": "AI", "updated": …} a feed that has no entries any more …
    {…, "ended": "2026-06-01T12:00:00Z"}                                     … and that nothing names any more
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
from feeds.rules.entries import key_hash
from feeds.rules.site_layout import feed_folder, parse_feed_folder
from feeds.rules.times import rfc3339
from feeds.system.files import write_atomically

LEDGER_FILE = "ledger.jsonl"

FAREWELL_PERIOD = timedelta(days=30)
"""How long a feed that has ended is still there and says so, before its address is gone (410)."""


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """What is remembered of a feed.

    Attributes:
        kind, key, slug: as in :class:`feeds.model.Feed`.
        name: what it was called last; empty for a feed that has entries.
        updated: when it last changed; None for a feed that has entries.
        ended: since when nothing names it any more; None as long as something does.
    """

    kind: Kind
    key: str
    slug: str
    name: str = ""
    updated: datetime | None = None
    ended: datetime | None = None

    @property
    def folder(self) -> str:
        """Its folder below the site's address, with a trailing slash."""
        return feed_folder(self.kind, self.slug)

    @property
    def is_empty(self) -> bool:
        """Tell whether it has no entries any more."""
        return self.updated is not None

    def is_gone(self, now: datetime) -> bool:
        """Tell whether its time to say that it has ended is over."""
        return self.ended is not None and now >= self.ended + FAREWELL_PERIOD


@dataclass(frozen=True, slots=True)
class FeedMove:
    """That a feed has another address, by the settings.

    Attributes:
        to: its folder now.
        since: when it was first published there.
    """

    to: str
    since: datetime


class Ledger:
    """The exceptions, as a build reads and adds to them.

    Attributes:
        feeds: what is remembered of feeds, by kind and key.
        moves: old folder → where its feed is now.
        changed: whether there is anything that :meth:`save` would write.
    """

    def __init__(self) -> None:
        self.feeds: dict[tuple[Kind, str], FeedRecord] = {}
        self.moves: dict[str, FeedMove] = {}
        self._ids: dict[str, str] = {}
        self._by_number: dict[int, str] = {}
        self._saved = ""

    @classmethod
    def load(cls, folder: Path) -> Ledger:
        """Return the ledger in the state folder; an empty one where there is none.

        Raises:
            StateError: it can't be read.
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
        for count, line in enumerate(text.split("\n"), 1):  # and at nothing else: a key may have U+2028 in it
            try:
                if line.strip():
                    ledger._read(json.loads(line))
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                reason = "this line is no record of it; restore or delete the line"
                raise StateError(reason, f"{path}:{count}") from error
        ledger._saved = ledger._written()
        return ledger

    @property
    def changed(self) -> bool:
        """Whether it says something else than the file that was read."""
        return self._written() != self._saved

    @property
    def kept_ids(self) -> frozenset[str]:
        """The ids that pages keep."""
        return frozenset(self._ids.values())

    @property
    def has_ids(self) -> bool:
        """Whether any page keeps an id."""
        return bool(self._ids)

    @property
    def kept_numbers(self) -> Collection[int]:
        """The numbers (:func:`feeds.rules.entries.key_hash`) of all keys of pages that keep an id."""
        return self._by_number.keys()

    def id_for(self, numbers: Iterable[int], computed: Callable[[], str]) -> str | None:
        """Return the id that an entry with these keys keeps, or None where it keeps none.

        Args:
            numbers: of the entry's keys (:func:`feeds.rules.entries.key_hash`).
            computed: the id that the entry would have: of several kept ids, it is preferred.
        """
        if not self._by_number:
            return None
        found = {self._by_number[number] for number in numbers if number in self._by_number}
        if len(found) < 2:
            return next(iter(found), None)
        return preferred if (preferred := computed()) in found else min(found)

    def settle_id(self, keys: Iterable[str], ident: str, computed: str) -> None:
        """Note that the entry with these keys has the id `ident`, where that is an exception; else that it is none."""
        for key in keys:
            if ident != computed:
                self._ids[key] = self._by_number[key_hash(key)] = ident
            else:
                self._ids.pop(key, None)
                self._by_number.pop(key_hash(key), None)

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next feed that has ended will be gone, or None."""
        ends = (each.ended + FAREWELL_PERIOD for each in self.feeds.values() if each.ended is not None)
        return min((end for end in ends if end > now), default=None)

    def empty_feeds(self) -> list[FeedRecord]:
        """Return the feeds that have no entries any more, in the order of their addresses."""
        return sorted((each for each in self.feeds.values() if each.is_empty), key=lambda each: each.folder)

    def save(self, folder: Path) -> None:
        """Write it to the state folder, durably, if it has changed.

        Raises:
            OSError: it can't be written.
        """
        if self.changed:
            text = self._written()
            write_atomically(folder / LEDGER_FILE, text.encode(), root=folder, durable=True)
            self._saved = text

    def _read(self, record: dict[str, Any]) -> None:
        """Take over one record.

        Raises:
            ValueError, LookupError, TypeError, AttributeError: it is none.
        """
        if "id" in record:
            if not isinstance(record["keys"], list):
                raise ValueError("no list of keys")
            for key in map(_text, record["keys"]):
                self._ids[key] = self._by_number[key_hash(key)] = _text(record["id"])
            return
        if "moved" in record:
            self.moves[_folder(record["moved"])] = FeedMove(_folder(record["to"]), _moment(record["since"]))
            return
        updated, ended = (_moment(record[name]) if name in record else None for name in ("updated", "ended"))
        name = _text(record.get("name", ""))
        kept = FeedRecord(Kind(record["feed"]), _text(record["key"]), _text(record["slug"]), name, updated, ended)
        _folder(kept.folder)
        self.feeds[kept.kind, kept.key] = kept

    def _written(self) -> str:
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        keys_of: dict[str, list[str]] = {}
        for key, ident in self._ids.items():
            keys_of.setdefault(ident, []).append(key)
        for ident, keys in sorted(keys_of.items()):
            yield {"id": ident, "keys": sorted(keys)}
        for _, kept in sorted(self.feeds.items()):
            yield {
                "feed": kept.kind.value,
                "key": kept.key,
                "slug": kept.slug,
                **({"name": kept.name, "updated": rfc3339(kept.updated)} if kept.updated is not None else {}),
                **({"ended": rfc3339(kept.ended)} if kept.ended is not None else {}),
            }
        for old, move in sorted(self.moves.items()):
            yield {"moved": old, "to": move.to, "since": rfc3339(move.since)}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _folder(value: object) -> str:
    """Return `value` if it is the folder of a feed: what a ledger says must never lead out of the output."""
    kind, slug = parse_feed_folder(_text(value))
    if kind is Kind.ALL or feed_folder(kind, slug) != value or "/" in slug or slug in ("", ".", ".."):
        raise ValueError("no folder of a feed")
    return _text(value)
