"""Values read from a file are the same after a way to another process or to the catalogue; states of link records."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.catalogue import schema
from feeds.catalogue.mention_numbers import mention_number, position_of, source_of
from feeds.catalogue.packing import (
    HIDDEN,
    LATE,
    LIVE,
    ArticleRow,
    examine,
    load_mentions,
    pack,
    unpack_article,
    unpack_mention,
)
from feeds.model import Author, Enclosure, Episode, Image, Mention, Provider, Signs, Visibility
from feeds.pipeline import publish
from feeds.rules.times import from_seconds
from tests.builders import NOW, article, make_site, tree, write_corpus

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.lists(TEXTS, max_size=3).map(tuple)
NUMBERS = st.none() | st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15)
MOMENTS = st.integers(-(10**10), 10**11).map(from_seconds)

MENTIONS = st.builds(
    Mention,
    path=st.just("a.md"),
    position=st.integers(0, 9),
    title=TEXTS,
    published=MOMENTS,
    updated=st.none() | MOMENTS,
    visibility=st.sampled_from(Visibility),
    mark=TEXTS,
    embargo=st.none() | MOMENTS,
    expires=st.none() | MOMENTS,
    excerpt=TEXTS,
    url=st.none() | TEXTS,
    original_url=st.none() | TEXTS,
    amp_url=st.none() | TEXTS,
    explicit_id=st.none() | TEXTS,
    provider=st.none() | st.builds(Provider, TEXTS, TEXTS),
    topics=NAMES,
    categories=NAMES,
    type=TEXTS,
    quality=NUMBERS,
    heat=NUMBERS,
    image=st.none() | st.builds(Image, TEXTS, *(st.none() | st.integers(1, 10**5),) * 2),
    content=TEXTS,
    has_time=st.booleans(),
    authors=st.lists(st.builds(Author, TEXTS, st.none() | TEXTS, st.none() | TEXTS), max_size=2).map(tuple),
    language=TEXTS,
    enclosures=st.lists(
        st.builds(Enclosure, TEXTS, TEXTS, st.none() | st.integers(0, 10**12), st.none() | st.integers(0, 10**6)),
        max_size=2,
    ).map(tuple),
    episode=st.none()
    | st.builds(Episode, st.none() | st.integers(0, 999), st.none(), TEXTS, st.none() | st.booleans()),
    signs=st.none() | st.builds(Signs, st.integers(1, 10**7), TEXTS, TEXTS, NAMES),
)


@given(mentions=st.lists(MENTIONS, min_size=1, max_size=3).map(tuple), wanted=st.sets(st.integers(0, 2), min_size=1))
def test_a_mention_comes_out_of_the_catalogue_as_it_went_in(mentions: tuple[Mention, ...], wanted: set[int]) -> None:
    article = ArticleRow(mentions, tuple((number, -(2**63)) for number in range(len(mentions))), ("weight",))
    positions = [position for position in wanted if position < len(mentions)]
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema._SCHEMA)
        db.execute("INSERT INTO article VALUES (7, ?)", (pack(article),))
        (packed,) = db.execute("SELECT packed FROM article").fetchone()
        assert repr(unpack_article(packed)) == repr(article)  # a number stays whole, or with a point
        loaded = {it.number: it for it in load_mentions(db, [mention_number(7, position) for position in positions])}
    assert len(loaded) == len(positions)
    for position in positions:
        mention = loaded[mention_number(7, position)]
        assert repr(unpack_mention(mention.packed)) == repr(mentions[position])
        assert mention.keys == (position, -(2**63))


@given(st.integers(1, 2**38), st.integers(0, 2**24 - 1))
def test_a_number_says_article_and_position(source_id: int, position: int) -> None:
    number = mention_number(source_id, position)
    assert (source_of(number), position_of(number)) == (source_id, position)
    assert number < 2**63, "SQLite stores no larger integer"


def at(day: int) -> datetime:
    return from_seconds(day)


def mention(position: int, published: int = 10, **fields: Any) -> Mention:
    return Mention("a.md", position, "A", at(published), **fields)


def test_states_of_link_records() -> None:
    """An article takes its links along, and each date that is still to come is a time to look again."""
    own = mention(0, 10, expires=at(90))
    links = [
        mention(1, 10),
        mention(2, 60),
        mention(3, 10, expires=at(40)),
        mention(4, 10, updated=at(70)),
        mention(5, 10, visibility=Visibility.HELD),
        mention(6, 10, embargo=at(80)),
    ]
    assert examine([own, *links], 50, Visibility.PUBLIC) == (
        bytes([LIVE, LIVE, HIDDEN, HIDDEN, LATE, HIDDEN, HIDDEN]),
        60,
    )
    assert examine([own, *links], 75, Visibility.PUBLIC) == (
        bytes([LIVE, LIVE, LIVE, HIDDEN, LIVE, HIDDEN, HIDDEN]),
        80,
    )
    assert examine([own, *links], 90, Visibility.PUBLIC) == (bytes(7), None), "the article has expired"
    draft = mention(0, 10, expires=at(90), visibility=Visibility.UNPUBLISHED)
    assert examine([draft, *links], 50, Visibility.PUBLIC) == (bytes(7), None), "nothing of a draft is shown"
    assert examine([draft, mention(1)], 50, Visibility.UNPUBLISHED) == (bytes([LIVE, LIVE]), 90)
    assert examine([mention(0, 60, expires=at(90)), mention(1, 5)], 50, Visibility.PUBLIC) == (bytes(2), 60)
    assert examine([mention(0, 60, expires=at(55))], 50, Visibility.PUBLIC) == (bytes(1), None), "it expires before"
    assert examine([], 50, Visibility.PUBLIC) == (b"", None)


@pytest.mark.parametrize("damage", ["zeroblob(300)", "x'93ff'", "substr(packed, 1, length(packed) - 3)"])
def test_a_damaged_row_has_the_catalogue_made_again(damage: str, tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article("A"), "b.md": article("B")}), tmp_path)
    publish.build(site, NOW)
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "catalogue.sqlite3")) as db:
        db.execute(f"UPDATE article SET packed = {damage}")
        db.commit()
    write_corpus(site.corpus_path, {"a.md": article("Another")})
    publish.build(site, NOW)
    publish.build(make_site(site.corpus_path, tmp_path / "fresh"), NOW)
    assert tree(tmp_path / "public") == tree(tmp_path / "fresh" / "public")
