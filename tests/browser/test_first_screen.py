"""What is seen first, what is printed, and what moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.page_kinds import PageKind, each_kind
from tests.browser.visits import ServedSite, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

each_screen = pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)], ids=["phone", "desk"])


def assert_headline_is_seen(page: Page, height: int) -> None:
    box = page.locator("main h3").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height


@each_screen
def test_the_first_headline_of_the_sample_is_above_the_fold(
    visitor: Visitor, sample: ServedSite, width: int, height: int
) -> None:
    assert_headline_is_seen(visitor.open(sample.address, width=width, height=height).page, height)


@each_screen
def test_the_first_headline_among_many_topics_is_above_the_fold(
    visitor: Visitor, many_topics: ServedSite, width: int, height: int
) -> None:
    assert_headline_is_seen(visitor.open(many_topics.address, width=width, height=height).page, height)


@pytest.mark.parametrize(("wish", "behavior"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_less_motion_on_request(visitor: Visitor, sample: ServedSite, wish: str, behavior: str) -> None:
    page = visitor.open(sample.address, reduced_motion=wish).page
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behavior
    assert page.evaluate("document.getAnimations().length") == 0


@each_kind
def test_print_has_the_text_only(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    page = visitor.open(sample.address_of(kind)).page
    page.emulate_media(media="print")
    for name in ("nav", ".follow", ".skip", ".bottom", "aside"):
        for element in page.locator(name).all():
            assert not element.is_visible(), name
    assert page.locator("h1").is_visible()
