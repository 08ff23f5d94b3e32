"""Fields: short cuts for ordinary values give the result of the general rule, without a problem."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.corpus.fields import Fields, _plain_image
from feeds.model import Image
from feeds.rules.text import clean_text, one_line

IMAGES = st.fixed_dictionaries(
    {},
    optional={
        "url": st.sampled_from(["https://a.example/1.png", "/1.png", "", "ftp://a.example/", None, 7]),
        "width": st.sampled_from([640, 0, -1, 10**6, 10**16, 10**400, "640", "wide", True, 6.4, None]),
        "height": st.sampled_from([480, "480", None]),
        "isCached": st.booleans(),
        "alt": st.just("x"),
        "src": st.just("https://a.example/2.png"),
    },
)


def fields(values: dict[str, Any], problems: list[object]) -> Fields:
    return Fields(values, (), lambda *problem: problems.append(problem))


@given(image=IMAGES)
@example(image={"url": "https://a.example/1.png", "width": 10**16, "height": 480})
def test_a_plain_image_is_read_like_any_other(image: dict[str, Any]) -> None:
    problems: list[object] = []
    found = fields({}, problems)._one_image(image, None, "images")
    assert _plain_image(image) in (None, found)
    assert _plain_image(image) is None or not problems


def test_an_ordinary_image_is_plain() -> None:
    image = {"url": "https://a.example/1.png", "width": 640, "height": 480, "isCached": False}
    assert _plain_image(image) == Image("https://a.example/1.png", 640, 480)


@pytest.mark.parametrize(
    "name", ["webUrl", "weburl", "WEBURL", "originalUrl", "ORIGINALURL", "publisheddatetime", "ID"]
)
def test_names_may_have_any_letter_case(name: str) -> None:
    asked = {"weburl": "webUrl", "originalurl": "originalUrl", "publisheddatetime": "publishedDateTime", "id": "id"}
    assert fields({name: "x"}, []).find(asked[name.lower()]) == (asked[name.lower()], "x")


@pytest.mark.parametrize(
    ("value", "there"), [(0, True), (False, True), ({}, True), ("0", True), ("", False), ([], False), (None, False)]
)
def test_is_present(value: object, there: bool) -> None:
    assert fields({"webUrl": value, "url": "other"}, []).find("webUrl") == (
        ("webUrl", value) if there else ("url", "other")
    )


@example(text="a  b")
@given(text=st.text(st.sampled_from("a b\t\n\u00a0\u3000\x85\x93\x07é\u2028"), max_size=9))
def test_a_text_is_one_clean_line(text: str) -> None:
    assert fields({"title": text}, []).text("title") == one_line(clean_text(text))
