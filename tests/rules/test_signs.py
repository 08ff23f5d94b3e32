"""The signs by which an article is recognised, and when they are enough."""

from __future__ import annotations

from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Mention, Signs
from feeds.rules.signs import Evidence, Sign, alias_addresses, alias_slugs, make_signs, sign_keys
from tests.builders import make_mention, moment

LONG = "Two hours by the sea, from the old harbour to the lighthouse and back along the wall. " * 3


def signs(**given: Any) -> Signs:
    return make_signs(make_mention(**({"url": None} | given)), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("posts/2026-05-28-Oss-Support.md", "oss-support"),
        ("2026-05-28_oss.md", "oss"),
        ("posts/walk/index.md", "walk"),
        ("walk/_index.md", "walk"),
        ("notes-2026-05-28-b.md", "notes-2026-05-28-b"),
        ("v1.2 released.markdown", "v1.2 released"),
        ("posts/2026-05-28.md", ""),
        ("posts/12.md", ""),
        ("p1.md", ""),
        ("index.md", ""),
        ("Über uns.md", "über uns"),
    ],
)
def test_the_slug_is_the_name_of_the_file_without_its_date(path: str, slug: str) -> None:
    assert signs(path=path).slug == slug


def test_the_slug_of_the_front_matter_comes_before_the_address_and_the_address_before_the_file() -> None:
    own = make_mention("https://a.example/2026/05/harbour-walk.html?x=1", path="a walk.md")
    assert make_signs(own, ZoneInfo("UTC")).slug == "harbour-walk"
    assert make_signs(own, ZoneInfo("UTC"), "the-walk").slug == "the-walk"
    assert signs(url="https://a.example/2026/05/", path="a walk.md").slug == "a walk"


@pytest.mark.parametrize("address", ["http://[", "//", "", "?", "https://a.example:x/ab"])
def test_no_alias_stops_a_build(address: str) -> None:
    own = make_signs(make_mention(None), ZoneInfo("UTC"), aliases=(address,))
    assert alias_slugs(own) == []
    assert all(it.startswith("https://home.example/") for it in alias_addresses(own, "https://home.example/"))


def test_a_text_counts_by_its_letters_and_only_if_it_is_long() -> None:
    assert signs(content=f"<p>{LONG}</p>").text == signs(content=f"<div>{LONG.upper()}\n</div>").text != ""
    assert signs(content="<p>" + "x" * 200 + "</p>").text == ""
    assert signs(content="<p>" + "x" * 201 + "</p>").text != ""
    assert signs(content='<img src="https://a.example/a-very-long-address">' * 9).text == "", "markup is no text"
    assert signs(excerpt=LONG).text == signs(content=LONG).text


def test_the_day_is_that_of_the_site() -> None:
    late = make_mention(None, published=moment("2026-05-01T23:30"))
    days = [make_signs(late, ZoneInfo(zone)).day for zone in ("UTC", "Europe/Berlin")]
    assert days[1] - days[0] == 1


def test_a_title_of_signs_alone_is_no_sign() -> None:
    own = make_mention(None, title="…", path="12.md")
    assert sign_keys(own._replace(signs=make_signs(own, ZoneInfo("UTC")))) == {}
    assert sign_keys(make_mention()) == {}, "a related record has none"


@given(st.text(max_size=30), st.text(max_size=30))
def test_signs_of_different_kinds_are_never_equal(title: str, slug: str) -> None:
    own = Mention("a.md", 0, title, moment("2026-05-01"))
    keys = sign_keys(own._replace(signs=make_signs(own, ZoneInfo("UTC"), slug)))
    assert len(set(keys.values())) == len(keys)
    assert set(keys) <= set(Sign)


ALL_EVIDENCE = [Evidence(*values) for values in product((False, True), repeat=len(Evidence._fields))]


def test_one_sign_is_never_enough_and_the_title_does_not_confirm_a_slug() -> None:
    for evidence in ALL_EVIDENCE:
        signs_of_it = {
            *(["text"] if evidence.text else []),
            *(["address"] if evidence.slug or evidence.alias else []),
            *(["title"] if evidence.title or evidence.sole_title else []),
            *(["day"] if evidence.day else []),
        }
        if evidence.is_enough:
            assert len(signs_of_it) > 1, evidence
            assert evidence.is_some
    assert not Evidence(slug=True, title=True, sole_title=True).is_enough
    assert not Evidence(title=True, day=True).is_enough, "another article had the title"
    assert Evidence(sole_title=True, title=True, day=True).is_enough
    assert Evidence(text=True, title=True).is_enough
    assert Evidence(text=True, day=True).is_enough
    assert Evidence(slug=True, day=True).is_enough
    assert Evidence(alias=True, day=True).is_enough
    assert Evidence(alias=True, title=True).is_enough
    assert Evidence(text=True, alias=True).is_enough
