"""Feeds that the settings have renamed: ``[renamed]`` in feeds.toml, old address → new address.

A move holds where there is a feed to lead to, and none with entries in its way. The ledger remembers since when.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from feeds.config import Site
from feeds.ledger import Ledger, Move
from feeds.model import feed_at


def settle(db: sqlite3.Connection, site: Site, ledger: Ledger, now: datetime) -> None:
    """Bring the moves in the ledger up to date with the settings and the feeds that there are."""
    there = {each.folder for each in ledger.empty_feeds() if not each.is_gone(now)}
    moves = {}
    for old, new in site.moves.items():
        if not _has_entries(db, old) and (new in there or _has_entries(db, new)):
            known = ledger.moves.get(old)
            moves[old] = known if known is not None and known.to == new else Move(new, now)
    ledger.moves = moves


def obstacles(db: sqlite3.Connection, site: Site) -> list[str]:
    """Return, in words, why some of the moves in the settings don't hold."""
    said = []
    for old, new in site.moves.items():
        if _has_entries(db, old):
            said.append(f"[renamed] {old}: articles still put something into this feed; rename it in them too")
        elif not _exists(db, new, "true"):
            said.append(f"[renamed] {old}: there is no feed at {new} to lead to; correct the new address")
    return said


def _has_entries(db: sqlite3.Connection, folder: str) -> bool:
    here = "SELECT 1 FROM membership AS member WHERE member.kind = feed.kind AND member.key = feed.key"
    return _exists(db, folder, f"EXISTS ({here})")


def _exists(db: sqlite3.Connection, folder: str, condition: str) -> bool:
    query = f"SELECT 1 FROM feed WHERE kind = ? AND slug = ? AND {condition}"  # noqa: S608 - one of two above
    return db.execute(query, feed_at(folder)).fetchone() is not None
