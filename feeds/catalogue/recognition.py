"""Recognition: an article that comes is one that goes, under another file, address and id (:mod:`feeds.rules.signs`).

An article that has no key of a published page is *new*. A published id is *free* if no entry has it any more, however
long ago it went: an article may be held back for a year, while all files are moved to another folder. A new article
takes a free id if the two have enough in common, and if no other new article and no other free id could be meant. A
sign counts as own only if no other article has it, published or not, and none that is gone had it when it was published
last.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from feeds.catalogue.history import open_sealed, salt_of
from feeds.catalogue.packing import load_mentions, unpack_mention
from feeds.catalogue.publications import slug_digest
from feeds.model import Mention, Signs
from feeds.rules.grouping import key_hash, key_secret
from feeds.rules.signs import Evidence, Sign, alias_addresses, alias_slugs, sign_keys, slug_key
from feeds.rules.urls import canonical_key


class Recognised(NamedTuple):
    """A published id, and the new article that has it now, or may have it.

    Attributes:
        uri: the id.
        entry_id: the entry of the article.
    """

    uri: str
    entry_id: int


class Recognition(NamedTuple):
    """The result of :func:`recognise`.

    Attributes:
        certain: the ids that new articles get: they are articles that were published before.
        doubtful: ids that are free, and new articles that may be theirs; there is too little evidence.
    """

    certain: tuple[Recognised, ...] = ()
    doubtful: tuple[Recognised, ...] = ()


@dataclass(slots=True)
class _Candidate:
    """A free id with which a new article has something in common.

    Attributes:
        own: the signs that both have, and that no other article has.
        shared: the signs that both have.
        alias: the article names an address of the page that had the id.
        secrets: what may open the id if it is sealed.
    """

    own: set[Sign] = field(default_factory=set)
    shared: set[Sign] = field(default_factory=set)
    alias: bool = False
    secrets: list[int] = field(default_factory=list)


def recognise(db: sqlite3.Connection, home: str, known: Collection[int]) -> Recognition:
    """Return which free ids belong to which new articles.

    Args:
        db: the catalogue, with all entries merged.
        home: the address of the site.
        known: the entries that claim a published id by a key.
    """
    salt = salt_of(db)
    certain: list[Recognised] = []
    doubtful: list[Recognised] = []
    new = [entry_id for (entry_id,) in db.execute(_NEW_ENTRIES) if entry_id not in known]
    for entry_id, own, signs in _articles(db, new):
        for digest, candidate in _candidates(db, own, signs, home, salt).items():
            if not candidate.own and not candidate.alias:  # no evidence; a series may have thousands of such issues
                continue
            uri, day = _open(db, digest, candidate.secrets, salt)
            if uri is None or db.execute("SELECT 1 FROM entry WHERE uri = ?", (uri,)).fetchone() is not None:
                continue
            evidence = Evidence(
                text=Sign.TEXT in candidate.own,
                slug=Sign.SLUG in candidate.own,
                alias=candidate.alias,
                title=Sign.TITLE in candidate.shared,
                sole_title=Sign.TITLE in candidate.own,
                day=day == signs.day,
                differs=bool(signs.text) and not candidate.shared & {Sign.TITLE, Sign.TEXT},
            )
            if evidence.is_some:
                (certain if evidence.is_enough else doubtful).append(Recognised(uri, entry_id))
    articles, ids = Counter(it.entry_id for it in certain), Counter(it.uri for it in certain)
    sole = [it for it in certain if articles[it.entry_id] == ids[it.uri] == 1]
    settled = {it.entry_id for it in sole}
    taken = {it.uri for it in sole}
    rest = [it for it in (*certain, *doubtful) if it.entry_id not in settled and it.uri not in taken]
    return Recognition(tuple(sole), tuple(sorted(rest)))


def _articles(db: sqlite3.Connection, entry_ids: Iterable[int]) -> Iterator[tuple[int, Mention, Signs]]:
    """Yield entries with the own records of their articles, and the signs of these."""
    query = "SELECT entry_id, mention.id FROM json_each(?) CROSS JOIN mention ON entry_id = value"
    entry_of = {number: entry_id for entry_id, number in db.execute(query, (str(list(entry_ids)),))}
    for loaded in load_mentions(db, entry_of):
        mention = unpack_mention(loaded.packed)
        if mention.signs is not None:
            yield entry_of[loaded.number], mention, mention.signs


def _candidates(db: sqlite3.Connection, own: Mention, signs: Signs, home: str, salt: bytes) -> Mapping[int, _Candidate]:
    """Return the published ids, by their digests, with which a new article has something in common."""
    candidates: dict[int, _Candidate] = {}

    def candidate(digest: int) -> _Candidate:
        return candidates.setdefault(digest, _Candidate())

    for sign, key in sign_keys(own).items():
        for digest, secret, is_sole in _holders(db, key, salt, articles=1):
            candidate(digest).shared.add(sign)
            candidate(digest).secrets.append(secret)
            if is_sole:
                candidate(digest).own.add(sign)
    for slug in alias_slugs(signs):
        for digest, secret, is_sole in _holders(db, slug_key(slug), salt, articles=0):
            if is_sole:
                candidate(digest).alias = True
                candidate(digest).secrets.append(secret)
        query = "SELECT digest FROM published_id WHERE slug_digest = ?"  # the pages that we make
        for (digest,) in db.execute(query, (slug_digest(slug, salt),)):
            candidate(digest).alias = True
    for address in alias_addresses(signs, own.url or home):
        key = canonical_key(address)
        query = "SELECT digest, wrapped FROM published_key WHERE key = ?"
        for digest, wrapped in db.execute(query, (key_hash(key, salt),)):
            candidate(digest).alias = True
            if wrapped is not None:
                candidate(digest).secrets.append(wrapped ^ key_secret(key, salt))
    return candidates


def _holders(db: sqlite3.Connection, key: str, salt: bytes, *, articles: int) -> list[tuple[int, int, bool]]:
    """Return the published ids with a sign: digest, secret, and whether no other article has it, or had it.

    Args:
        db: the catalogue.
        key: the sign.
        salt: the salt of the site.
        articles: how many articles of the corpus have it if it is the sign of one article alone.
    """
    sign = key_hash(key, salt)
    rows = db.execute("SELECT digest, wrapped FROM published_sign WHERE sign = ?", (sign,)).fetchall()
    if not rows:
        return []
    (count,) = db.execute("SELECT count(*) FROM article_sign WHERE sign = ?", (sign,)).fetchone()
    is_sole = len(rows) == 1 and count == articles
    return [(digest, wrapped ^ key_secret(key, salt), is_sole) for digest, wrapped in rows]


def _open(db: sqlite3.Connection, digest: int, secrets: Iterable[int], salt: bytes) -> tuple[str | None, int | None]:
    """Return id and day of a published id; None for both if it is sealed and none of the secrets opens it."""
    ident, day, sealed = db.execute(
        "SELECT ident, day, sealed FROM published_id WHERE digest = ?", (digest,)
    ).fetchone()
    if ident is not None:
        return ident, day
    content = open_sealed(sealed, secrets, digest, salt)
    return (content.uri, content.day) if content is not None else (None, None)


_NEW_ENTRIES = """
SELECT entry_id FROM merged_entry CROSS JOIN entry ON entry.id = entry_id
WHERE articles = 1 AND NOT EXISTS (SELECT 1 FROM published_id WHERE published_id.digest = merged_entry.digest)
"""
