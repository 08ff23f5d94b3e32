"""Which id each entry has: the one that it was published under, else the one that it is computed.

A build can compute another id for a page than the one that subscribers know: the scheme has changed, the article's
own file has arrived, the date decides for another mention. Then the published id stays, and the ledger remembers it,
so that a build from nothing gives the same. What is decided depends on the ledger, or else is written into it:

1. An entry's id is what the ledger keeps for its keys, else what :func:`feeds.rules.entries.entry_uri` computes.
2. Where the history knows one of its keys under another id, or another entry has that id, the entries in question
   put forward claims, and the best ones win: the id that its page has now; one that the ledger says; one that its
   page once had; the computed one. Who is left with nothing gets an id that nobody has had.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feeds.catalogue import history
from feeds.catalogue.changes import mark_related_entries
from feeds.catalogue.queries import mentions_of
from feeds.memory.ledger import Ledger
from feeds.model import Mention
from feeds.rules import entries, urls


class ReplacedId(NamedTuple):
    """A page that loses its published id, since two pages that were published are one entry now."""

    old: str
    new: str


class _Party(NamedTuple):
    """An entry whose id is in question.

    Attributes:
        entry_id: its number.
        keys: all its keys.
        computed: the id that it would have if nothing had been published.
        kept: the id that the ledger keeps for it, or None.
        published: of its representative, in seconds.
    """

    entry_id: int
    keys: frozenset[str]
    computed: str
    kept: str | None
    published: float


def ids_may_differ(db: sqlite3.Connection, ledger: Ledger) -> bool:
    """Tell whether any entry can have another id than it is computed: not before anything has been published."""
    return ledger.has_ids or not history.nothing_published(db)


def assign_ids(db: sqlite3.Connection, ledger: Ledger) -> list[ReplacedId]:
    """Give every entry that was written in this build its id for good; note exceptions in the ledger.

    Returns:
        What could not keep its id: pages that have become one entry with another that keeps its own.
    """
    if not ids_may_differ(db, ledger):
        return []
    questions = {*history.divergent_entries(db), *(each for (each,) in db.execute(_SHARED_ID))}
    parties = {each.entry_id: each for each in (_party(db, ledger, entry_id) for entry_id in sorted(questions))}
    claims = {party.entry_id: history.id_claims(db, party.entry_id) for party in parties.values()}
    given = _distribute(db, parties, claims)
    for entry_id, ident in given.items():
        _reidentify(db, entry_id, ident)
    for (entry_id,) in db.execute("SELECT entry_id FROM written WHERE kept").fetchall():
        parties[entry_id] = parties.get(entry_id) or _party(db, ledger, entry_id)
    for party in parties.values():
        (ident,) = db.execute("SELECT ident FROM entry WHERE id = ?", (party.entry_id,)).fetchone()
        ledger.record_id(sorted(party.keys), ident, party.computed)
    return _lost(db, given, claims)


def remembered_id(ledger: Ledger, numbers: Iterable[int], mentions: Sequence[Mention]) -> str | None:
    """Return the id that the ledger keeps for the entry that `mentions` make, or None."""
    return ledger.id_for(numbers, lambda: _computed(mentions))


def _party(db: sqlite3.Connection, ledger: Ledger, entry_id: int) -> _Party:
    mentions = mentions_of(db, entry_id)
    keys = frozenset(key for mention in mentions for key in entries.merge_keys(mention))
    kept = remembered_id(ledger, map(entries.key_hash, keys), mentions)
    top = min(mentions, key=entries.representation_order)
    return _Party(entry_id, keys, entries.entry_uri(top), kept, top.published.timestamp())


def _computed(mentions: Sequence[Mention]) -> str:
    return entries.entry_uri(min(mentions, key=entries.representation_order))


def _distribute(
    db: sqlite3.Connection, parties: dict[int, _Party], claims: dict[int, list[history.IdClaim]]
) -> dict[int, str]:
    """Return the id of each party: the best claims first, and no id twice."""
    ranked: list[tuple[int, bool, bool, float, str, str, int]] = []
    for party in parties.values():
        wanted: dict[str, int] = {party.computed: 3}
        wanted |= {claim.ident: 2 for claim in claims[party.entry_id] if not claim.live}
        wanted |= {party.kept: 1} if party.kept is not None else {}
        wanted |= {claim.ident: 0 for claim in claims[party.entry_id] if claim.live}
        expected = party.kept or party.computed
        ranked += [
            (rank, ident != expected, not _names(ident, party), party.published, party.computed, ident, party.entry_id)
            for ident, rank in wanted.items()
        ]
    given: dict[int, str] = {}
    held = _holders(db, {ident for *_, ident, _ in ranked})
    taken = {ident for ident, holders in held.items() if any(each not in parties for each in holders)}
    for *_, ident, entry_id in sorted(ranked):
        if entry_id not in given and ident not in taken:
            given[entry_id] = ident
            taken.add(ident)
    for party in parties.values():
        if party.entry_id not in given:
            given[party.entry_id] = _unheard_of(db, party.computed, taken)
            taken.add(given[party.entry_id])
    return given


def _names(ident: str, party: _Party) -> bool:
    """Tell whether `ident` is the address of one of the party's own pages."""
    is_address = ident.startswith(("http://", "https://")) and "#" not in ident
    return (urls.canonical_key(ident) if is_address else f"#{ident}") in party.keys


def _unheard_of(db: sqlite3.Connection, computed: str, taken: set[str]) -> str:
    """Return an id that nobody has had, made from one that is another's by now."""
    ident = computed
    while True:
        ident = uuid.uuid5(uuid.NAMESPACE_URL, f"not {ident}").urn
        known = db.execute("SELECT 1 FROM published.id WHERE ident = ?", (ident,)).fetchone()
        if ident not in taken and known is None and not _holders(db, [ident])[ident]:
            return ident


def _reidentify(db: sqlite3.Connection, entry_id: int, ident: str) -> None:
    """Give the entry the id `ident`, and have made anew what shows it."""
    (before,) = db.execute("SELECT ident FROM entry WHERE id = ?", (entry_id,)).fetchone()
    if before == ident:
        return
    db.execute("UPDATE entry SET ident = ? WHERE id = ?", (ident, entry_id))
    db.execute("INSERT OR IGNORE INTO stale VALUES (?)", (entry_id,))
    mark_related_entries(db, entry_id)


def _lost(db: sqlite3.Connection, given: dict[int, str], claims: dict[int, list[history.IdClaim]]) -> list[ReplacedId]:
    """Return the ids that pages have now and no entry has any more, though their pages are in one."""
    losses = [
        ReplacedId(claim.ident, ident)
        for entry_id, ident in given.items()
        for claim in claims[entry_id]
        if claim.live and claim.ident != ident
    ]
    held = _holders(db, {each.old for each in losses})
    return sorted(each for each in losses if not held[each.old])


def _holders(db: sqlite3.Connection, idents: Iterable[str]) -> dict[str, list[int]]:
    """Return the entries that have each of the ids now."""
    query = "SELECT id FROM entry WHERE ident = ?"
    return {ident: [entry_id for (entry_id,) in db.execute(query, (ident,))] for ident in idents}


_SHARED_ID = """
SELECT id FROM entry WHERE ident IN (
    SELECT ident FROM entry WHERE ident IN (SELECT ident FROM written CROSS JOIN entry ON id = entry_id)
    GROUP BY ident HAVING count(*) > 1
)
"""
