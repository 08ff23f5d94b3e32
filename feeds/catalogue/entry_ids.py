"""The id of an entry: the one under which it was published, else the computed one.

A build can compute another id for a page than the one that subscribers know: the rules have changed, the article's own
file has arrived, another date decides for another mention. Then the published id stays, and the ledger remembers it, so
that a build from nothing gives the same. The rules:

1. The id of an entry is the one that the ledger keeps for its keys, else the one that
   :func:`feeds.rules.entries.entry_uri` computes.
2. If the history knows one of its keys under another id, or another entry has the id, the entries concerned claim ids,
   and the best claims win: first the id that the page has now, then one that the ledger keeps, then one that the page
   once had, then the computed one. An entry without a successful claim gets an id that was never used.
3. An article without any claim may be one that was published under another file, address and date
   (:mod:`feeds.catalogue.recognition`): then it claims that id.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feeds.catalogue import history
from feeds.catalogue.entry_loading import mentions_of
from feeds.catalogue.recognition import Recognition, recognise
from feeds.catalogue.related import mark_related_entries
from feeds.memory.ledger import Ledger
from feeds.model import Mention
from feeds.rules import entries, grouping, urls


class ReplacedId(NamedTuple):
    """A published id that is lost, because two published pages are one entry now."""

    old: str
    new: str


class _Claimant(NamedTuple):
    """An entry that claims an id.

    Attributes:
        entry_id: its row.
        keys: the keys that stand for it.
        computed: the id that it would have if nothing had been published.
        kept: the id that the ledger keeps for it, or None.
        published: the date of its representative mention, in seconds.
        hashes: the hashes of the keys of all its mentions, for the history.
        mentions: its mentions.
    """

    entry_id: int
    keys: frozenset[str]
    computed: str
    kept: str | None
    published: float
    hashes: Sequence[int]
    mentions: Sequence[Mention]


def ids_may_differ(db: sqlite3.Connection, ledger: Ledger) -> bool:
    """Tell whether an entry can have another id than the computed one; not before anything was published."""
    return ledger.has_ids or not history.nothing_published(db)


class Assignment(NamedTuple):
    """What :func:`assign_ids` has found out about published ids.

    Attributes:
        replaced: the ids that could not be kept: their pages are one entry with a page that keeps its id.
        recognition: the ids of articles that have another file, address and date now.
    """

    replaced: tuple[ReplacedId, ...] = ()
    recognition: Recognition = Recognition()


def assign_ids(db: sqlite3.Connection, ledger: Ledger, home: str) -> Assignment:
    """Assign the final ids of the merged entries, and record exceptions in the ledger.

    Args:
        db: the catalogue.
        ledger: the ledger.
        home: the address of the site.
    """
    if not ids_may_differ(db, ledger):
        return Assignment()
    salt = history.salt_of(db)
    questions = {entry_id for (entry_id,) in db.execute(_QUESTIONS)}
    claimants = {entry_id: _load_claimant(db, ledger, entry_id) for entry_id in sorted(questions)}
    claims = {entry_id: history.id_claims(db, it.hashes, it.mentions) for entry_id, it in claimants.items()}
    recognition = recognise(db, home, {entry_id for entry_id, known in claims.items() if known})
    for uri, entry_id in recognition.certain:
        claimants[entry_id] = claimants.get(entry_id) or _load_claimant(db, ledger, entry_id)
        claims[entry_id] = [history.IdClaim(uri, live=False)]
    assigned = _distribute(db, claimants, claims)
    for entry_id, uri in assigned.items():
        _set_id(db, entry_id, uri)
    # Entries with a kept id take part even if it is not in question: the ledger may be able to forget the exception. An
    # entry may have the id without its keys: the file has become another article, of which it is the id.
    if kept_ids := ledger.kept_ids:
        merged = db.execute("SELECT entry_id, uri FROM merged_entry CROSS JOIN entry ON id = entry_id").fetchall()
        for entry_id in (entry_id for entry_id, uri in merged if uri in kept_ids):
            claimants[entry_id] = claimants.get(entry_id) or _load_claimant(db, ledger, entry_id)
    for claimant in claimants.values():
        (uri,) = db.execute("SELECT uri FROM entry WHERE id = ?", (claimant.entry_id,)).fetchone()
        ledger.record_id((grouping.key_hash(key, salt) for key in claimant.keys), uri, claimant.computed)
    return Assignment(tuple(_lost_ids(db, assigned, claims, claimants)), recognition)


def remembered_id(ledger: Ledger, hashes: Iterable[int], mentions: Sequence[Mention]) -> str | None:
    """Return the id that the ledger keeps for the entry of `mentions`, or None.

    Args:
        ledger: the ledger.
        hashes: the hashes of the keys of the mentions.
        mentions: all mentions of the entry.
    """
    return ledger.id_for(hashes, lambda: _computed_id(mentions))


def _load_claimant(db: sqlite3.Connection, ledger: Ledger, entry_id: int) -> _Claimant:
    mentions = mentions_of(db, entry_id)
    keys = _identity_keys(db, entry_id, mentions)
    salt = history.salt_of(db)
    kept = remembered_id(ledger, [grouping.key_hash(key, salt) for key in keys], mentions)
    top = min(mentions, key=entries.representation_order)
    hashes = history.key_hashes(mentions, salt)
    return _Claimant(entry_id, keys, entries.entry_uri(top), kept, top.published.timestamp(), hashes, mentions)


def _identity_keys(db: sqlite3.Connection, entry_id: int, mentions: Sequence[Mention]) -> frozenset[str]:
    """Return the keys that stand for an entry: all its keys, but of shared keys only those that no older one has.

    Entries share keys if their articles are on one page (:func:`feeds.rules.grouping.divide`). The ledger can keep one
    id for a key, and it keeps that of the oldest.
    """
    keys = frozenset(key for mention in mentions for key in grouping.merge_keys(mention))
    order = _article_order(mentions)
    for (other,) in db.execute(_SAME_COMPONENT, (entry_id,)).fetchall():
        others = mentions_of(db, other)
        if _article_order(others) < order:
            keys -= {key for mention in others for key in grouping.merge_keys(mention)}
    return keys


def _article_order(mentions: Sequence[Mention]) -> tuple[object, ...]:
    return min(map(entries.representation_order, mentions))


def _computed_id(mentions: Sequence[Mention]) -> str:
    return entries.entry_uri(min(mentions, key=entries.representation_order))


def _distribute(
    db: sqlite3.Connection, claimants: dict[int, _Claimant], claims: dict[int, list[history.IdClaim]]
) -> dict[int, str]:
    """Return the id of every claimant: the best claims win, and no id is assigned twice."""
    ranked: list[tuple[int, bool, bool, float, str, str, int]] = []
    for claimant in claimants.values():
        rank_of: dict[str, int] = {claimant.computed: 3}
        rank_of |= {claim.ident: 2 for claim in claims[claimant.entry_id] if not claim.live}
        rank_of |= {claimant.kept: 1} if claimant.kept is not None else {}
        rank_of |= {claim.ident: 0 for claim in claims[claimant.entry_id] if claim.live}
        expected = claimant.kept or claimant.computed
        ranked += [
            (
                rank,
                uri != expected,
                not _is_own_address(uri, claimant),
                claimant.published,
                claimant.computed,
                uri,
                claimant.entry_id,
            )
            for uri, rank in rank_of.items()
        ]
    assigned: dict[int, str] = {}
    holders_of = _holders(db, {uri for *_, uri, _ in ranked})
    # An id of an entry that takes no part is not available.
    taken = {uri for uri, holders in holders_of.items() if any(holder not in claimants for holder in holders)}
    for *_, uri, entry_id in sorted(ranked):
        if entry_id not in assigned and uri not in taken:
            assigned[entry_id] = uri
            taken.add(uri)
    for claimant in claimants.values():
        if claimant.entry_id not in assigned:
            assigned[claimant.entry_id] = _unused_id(db, claimant.computed, taken)
            taken.add(assigned[claimant.entry_id])
    return assigned


def _is_own_address(uri: str, claimant: _Claimant) -> bool:
    """Tell whether `uri` is the address of a page of the claimant."""
    return (urls.is_absolute(uri) and urls.section_key(uri) in claimant.keys) or f"#{uri}" in claimant.keys


def _unused_id(db: sqlite3.Connection, computed: str, taken: set[str]) -> str:
    """Return an id that was never used, made from the computed id, which is taken."""
    uri = computed
    while True:
        uri = uuid.uuid5(uuid.NAMESPACE_URL, f"not {uri}").urn
        if uri not in taken and not history.was_published(db, uri) and not _holders(db, [uri])[uri]:
            return uri


def _set_id(db: sqlite3.Connection, entry_id: int, uri: str) -> None:
    """Set the id of an entry, and mark everything that shows it as outdated."""
    before, published = db.execute("SELECT uri, published FROM entry WHERE id = ?", (entry_id,)).fetchone()
    if before == uri:
        return
    db.execute("UPDATE entry SET uri = ?1, other_url = nullif(url, ?1) WHERE id = ?2", (uri, entry_id))
    db.execute("INSERT OR IGNORE INTO outdated_entry VALUES (?)", (entry_id,))
    mark_related_entries(db, entry_id, published)


def _lost_ids(
    db: sqlite3.Connection,
    assigned: dict[int, str],
    claims: dict[int, list[history.IdClaim]],
    claimants: dict[int, _Claimant],
) -> list[ReplacedId]:
    """Return the ids that pages have now, and that no entry has any more although it has the page."""
    losses = [
        ReplacedId(claim.ident, uri)
        for entry_id, uri in assigned.items()
        for claim in claims[entry_id]
        # A key that both ids had does not tell that their pages are one now: one of two articles on a page may be gone.
        if claim.live and claim.ident != uri and history.has_key_of(db, claimants[entry_id].hashes, claim.ident, uri)
    ]
    holders_of = _holders(db, {loss.old for loss in losses})
    return sorted(loss for loss in losses if not holders_of[loss.old])


def _holders(db: sqlite3.Connection, uris: Iterable[str]) -> dict[str, list[int]]:
    """Return the entries that have these ids now, by id."""
    query = "SELECT id FROM entry WHERE uri = ?"
    return {uri: [entry_id for (entry_id,) in db.execute(query, (uri,))] for uri in uris}


_SAME_COMPONENT = """
SELECT other.id FROM entry CROSS JOIN entry AS other ON other.component = entry.component
WHERE entry.id = ? AND other.id != entry.id
"""

_QUESTIONS = """
SELECT entry_id FROM questioned_entry UNION SELECT id FROM entry WHERE uri IN (
    SELECT uri FROM entry WHERE uri IN (SELECT uri FROM merged_entry CROSS JOIN entry ON id = entry_id)
    GROUP BY uri HAVING count(*) > 1
)
"""
