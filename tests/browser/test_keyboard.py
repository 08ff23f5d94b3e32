"""The pages by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.page_kinds import ARTICLE, PageKind, each_kind, each_kind_with_follow
from tests.browser.visits import ServedSite, Visitor
from tests.servers import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_STOPS = 60

FOCUS = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: `${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 40)}`,
    isPage: element === document.body,
    inMain: document.querySelector("main").contains(element),
    hasOutline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isOnScreen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
"""What has the focus, in JavaScript."""


# `Page.wait_for_function` evaluates texts, which the policy of the pages forbids: `eventually` asks again and again.


def tab_to(page: Page, selector: str) -> None:
    """Press the key Tab until an element that `selector` names has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


@each_kind
def test_each_stop_is_seen(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    page = visitor.open(sample.address_of(kind), reduced_motion="reduce").page
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["isPage"]:
            break
        stops.append(stop)
    assert stops
    assert [stop["name"] for stop in stops if not (stop["hasOutline"] and stop["isOnScreen"])] == []


@each_kind
def test_the_first_stop_skips_to_the_main_part(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    if not kind.has_document:
        return  # it has nothing before its main part
    page = visitor.open(sample.address_of(kind), width=390, reduced_motion="reduce").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    assert page.evaluate(FOCUS)["isOnScreen"]
    page.keyboard.press("Enter")
    eventually(lambda: page.evaluate("location.hash === '#main'"))
    if page.locator("main :is(a, summary, button, input)").count():
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS)["inMain"]


@each_kind_with_follow
def test_follow_by_keyboard(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    page = visitor.open(sample.address_of(kind), reduced_motion="reduce").page
    panel = page.locator(".follow")
    tab_to(page, ".follow > summary")
    assert page.evaluate(FOCUS)["hasOutline"]
    assert not panel.locator("code").is_visible()
    page.keyboard.press("Enter")
    assert panel.locator("code").is_visible()
    tab_to(page, ".follow button")
    for number in range(panel.locator(".panel a").count()):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "(number) => document.activeElement === document.querySelectorAll('.follow .panel a')[number]", number
        )
        assert page.evaluate(FOCUS)["hasOutline"]


def test_what_is_wider_than_the_page_is_scrolled_by_keyboard(visitor: Visitor, hostile: dict[str, ServedSite]) -> None:
    visit = visitor.open(hostile["en"].address_of(ARTICLE), width=390, reduced_motion="reduce")
    for name in (".text pre", ".text table"):
        tab_to(visit.page, name)
        assert visit.page.evaluate(FOCUS)["hasOutline"]
        # Chromium stops here by itself as well, other browsers do not.
        assert visit.page.evaluate("document.activeElement.getAttribute('tabindex')") == "0"
        visit.page.keyboard.press("ArrowRight")
        eventually(lambda: visit.page.evaluate("document.activeElement.scrollLeft > 0"))
    visit.page.evaluate("document.querySelector('.text').style.maxWidth = 'none'")
    visit.resize(8000)
    eventually(
        lambda: visit.page.evaluate("!document.querySelector('.text > article > table').hasAttribute('tabindex')")
    )
