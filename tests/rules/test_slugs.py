"""Names → slugs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.rules.slugs import MAX_SLUG_LENGTH, SlugClaim, assign_slugs, slugify


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Microsoft AI", "microsoft-ai"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        (".NET", "dot-net"),
        ("Node.js", "node-js"),
        ("R&D", "r-and-d"),
        ("#hashtag", "hashtag"),
        ("Künstliche Intelligenz", "kunstliche-intelligenz"),
        ("Привет мир", "privet-mir"),
        ("人工智能", "rengongzhineng"),
        ("🚀", "rocket"),
        ("../../etc", "etc"),
        ("l'été", "lete"),
    ],
)
def test_slugify(name: str, slug: str) -> None:
    assert slugify(name) == slug


@given(st.text(min_size=1, max_size=400))
def test_a_slug_is_one_safe_segment(name: str) -> None:
    slug = slugify(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= MAX_SLUG_LENGTH + 9


def test_long_names_with_one_beginning_stay_apart() -> None:
    assert slugify("word " * 99 + "a") != slugify("word " * 99 + "b")


def test_the_name_used_first_keeps_the_plain_slug() -> None:
    given_out = assign_slugs(
        [SlugClaim(2020, "etc", "etc"), SlugClaim(2019, "../../etc", "etc"), SlugClaim(2018, "other", "other")]
    )
    assert given_out["../../etc"] == "etc"
    assert given_out["other"] == "other"
    assert re.fullmatch("etc--[0-9a-f]{8}", given_out["etc"])


@given(st.lists(st.tuples(st.integers(0, 3), st.text("ab", min_size=1, max_size=3)), unique_by=lambda it: it[1]))
def test_no_two_names_share_a_slug_whatever_the_order(names: list[tuple[int, str]]) -> None:
    claims = [SlugClaim(since, key, "same") for since, key in names]
    given_out = assign_slugs(claims)
    assert len(set(given_out.values())) == len(claims)
    assert assign_slugs(reversed(claims)) == given_out
