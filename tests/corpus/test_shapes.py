"""Names of records: what is remembered about some names is right for all records that have them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.corpus.article import parse_article
from feeds.corpus.enclosures import FILES, LANGUAGE
from feeds.corpus.episodes import FACTS
from feeds.corpus.facts import _READERS, read_facts
from feeds.corpus.field_names import FIELD_NAMES, shape_of
from feeds.corpus.fields import Fields
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Mention

NAMES = (
    *("id", "type", "quality", "heat", "provider", "title", "header", "_type", "itunes:episode", "Episode-Number"),
    *(name for field, names in FIELD_NAMES.items() for name in (field, *names)),
    *(*FILES, *LANGUAGE, *FACTS),
)
VALUES = st.sampled_from(
    [
        *("A", "a: b", "en", "f.mp3", "https://a.example/f.mp3", "3", "", "tag:a.example,2026:1", "full"),
        *(7, -1, True, False, None, [], ["A", 1], [{"name": "A", "url": "https://a.example/1.png"}], {}),
        *({"url": "https://a.example/f.mp3"}, {"image": "/1.png"}, {"number": 3}, {"name": "A", "domain": "a.example"}),
    ]
)


def spellings(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name, name.upper(), name.lower(), name.replace("_", "-"), f"{name[:1]}-{name[1:]}"])


RECORDS = st.dictionaries(st.sampled_from(NAMES).flatmap(spellings), VALUES, max_size=6)


def fields(values: dict[Any, Any], problems: list[object] | None = None) -> Fields:
    collected = problems if problems is not None else []
    return Fields(values, (), lambda *problem: collected.append(problem))


@given(values=RECORDS)
def test_a_reader_that_is_not_called_would_have_nothing_to_say(values: dict[str, Any]) -> None:
    problems: list[object] = []
    read = read_facts(fields(values, problems), None)
    all_problems: list[object] = []
    record = fields(values, all_problems)
    assert {attribute: reader(record, None) for attribute, (_, reader) in _READERS.items()} == {
        **{attribute: Mention._field_defaults[attribute] for attribute in _READERS},
        **read,
    }
    assert problems == all_problems


def test_a_reader_is_not_called_without_its_names() -> None:
    assert read_facts(fields({"title": "A", "webUrl": "https://a.example/"}), None) == {}


@pytest.mark.parametrize("names", list(itertools.permutations(["webUrl", "WEBURL", "title"])))
def test_of_two_names_of_one_field_the_last_one_counts_in_any_order(names: tuple[str, ...]) -> None:
    last = [name for name in names if name != "title"][-1]
    for _ in range(2):  # the second time from the cache
        assert fields({name: name for name in names}).find("webUrl") == ("webUrl", last)


@pytest.mark.parametrize("names", list(itertools.permutations(["canonical", "url", "link"])))
def test_other_names_are_tried_in_the_order_of_the_table(names: tuple[str, ...]) -> None:
    for _ in range(2):
        record = fields({name: name for name in names})
        assert [name for name, _ in record.find_all("webUrl")] == ["link", "canonical", "url"]


def test_records_with_the_same_names_have_their_own_values() -> None:
    first, second = fields({"URL": "1", "Title": "2"}), fields({"URL": "3", "Title": "4"})
    assert [first.find("webUrl"), first.find("title")] == [("url", "1"), ("title", "2")]
    assert [second.find("webUrl"), second.find("title")] == [("url", "3"), ("title", "4")]


def test_a_name_inside_of_a_record_may_be_missing() -> None:
    for header, expected in (({"image": "/1.png"}, [("header.image", "/1.png")]), ({}, []), ("x", []), (None, [])):
        assert fields({"header": header}).find_all("images") == expected


@pytest.mark.parametrize("name", ["1", "!!int 1", "!!bool true", "!!float 1.0", "~", "null", "!!float .nan"])
@pytest.mark.parametrize("other", ["!!int 1", "!!bool true", "~", "!!float .nan"])
def test_names_that_are_no_texts_are_names_of_nothing(name: str, other: str) -> None:
    for written in (name, other, name):
        text = f"---\ntitle: A\n{written}: x\ndate: 2024-01-05\nrelated:\n- {written}: y\n  title: B\n  url: //c\n---\n"
        parsed = parse_article("a.md", text.encode(), ReadSettings())
        assert parsed.article is not None
        assert parsed.article.own.title == "A"
        assert parsed.article.own.published.year == 2024


def test_equal_names_of_different_types() -> None:
    for name in (1, True, 1.0, 1):
        record = fields({name: "x", "Title": "A"})
        assert record.find("title") == ("title", "A")
        assert list(record.values.values()) == ["x", "A"]


def test_more_shapes_than_are_remembered() -> None:
    limit = shape_of.cache_info().maxsize
    assert limit is not None
    for _ in range(2):
        for number in range(limit + 10):
            record = fields({f"Field_{number}": number, "Url": "https://a.example/"})
            assert record.find(f"field{number}") == (f"field{number}", number)
            assert record.find("webUrl") == ("url", "https://a.example/")
    assert shape_of.cache_info().currsize <= limit
