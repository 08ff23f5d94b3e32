"""Values read from a file are the same after a way to another process or to the catalogue."""

from __future__ import annotations

import contextlib
import pickle
import sqlite3
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feeds.catalogue import schema, source_files
from feeds.catalogue.rows import MENTION_COLUMNS, TEXT_COLUMNS, make_mention, mention_values
from feeds.model import Article, Author, Enclosure, Episode, Image, Mention, Parsed, Problem, Provider, Visibility
from feeds.rules.times import from_seconds

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
    enclosures=st.lists(st.builds(Enclosure, TEXTS, TEXTS, st.none() | st.integers(0, 10**12)), max_size=2).map(tuple),
    episode=st.none()
    | st.builds(Episode, st.none() | st.integers(0, 999), st.none(), TEXTS, st.none() | st.booleans()),
)


@given(mention=MENTIONS)
def test_a_mention_comes_out_of_the_catalogue_as_it_went_in(mention: Mention) -> None:
    columns = f"{MENTION_COLUMNS}, {TEXT_COLUMNS}"
    values: tuple[Any, ...] = (1, 1, 0, "[]", None, *mention_values(mention))
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema._SCHEMA)
        marks = ", ".join("?" * len(values))
        db.execute(f"INSERT INTO mention (id, source_id, live, keys, late, {columns}) VALUES ({marks})", values)
        row = db.execute(f"SELECT {columns} FROM mention").fetchone()
        assert repr(make_mention("a.md", row)) == repr(mention)  # a number stays whole, or with a point
        row = db.execute(f"SELECT {MENTION_COLUMNS} FROM mention").fetchone()
        assert make_mention("a.md", row) == mention._replace(excerpt="", content="")


@given(mentions=st.lists(MENTIONS, min_size=1, max_size=3))
def test_rows_are_the_same_in_another_process(mentions: list[Mention]) -> None:
    usable = tuple(each._replace(url="https://a.example/1", explicit_id=None, original_url=None) for each in mentions)
    usable = tuple(each._replace(amp_url=None) for each in usable)
    problems = (Problem("a.md", 1, "title", "reason", "advice"),)
    rows = source_files.make_rows(Provider("Site", "site.example"), Parsed("a.md", Article("a.md", usable), problems))
    there = pickle.loads(pickle.dumps(rows))
    assert repr(there) == repr(rows)
