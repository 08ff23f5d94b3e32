"""No page is wider than the window, and no text leaves its box, however hostile the corpus is."""

from __future__ import annotations

from tests.browser.page_kinds import (
    NARROWEST,
    WIDTHS,
    PageKind,
    each_kind,
    each_language,
    each_way_of_scripts,
)
from tests.browser.visits import ServedSite, Visit, Visitor

ALL_WIDTHS = (NARROWEST, *WIDTHS)

MOST_PAGES = 2
"""How many pages of a kind are looked at, the largest."""

WIDER = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
"""By how many pixels the page is wider than the window, in JavaScript."""

TEXT_OUTSIDE = """() => {
  // A text must be within the nearest box around it, and within the window; what can be scrolled ends the search.
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const scrolls = (element) => getComputedStyle(element).overflowX !== "visible";
  const isInline = (element) => getComputedStyle(element).display === "inline";
  while (walker.nextNode() && found.length < 5) {
    const text = walker.currentNode;
    if (!text.data.trim() || !text.parentElement.checkVisibility({ visibilityProperty: true })) continue;
    let box = text.parentElement;
    while (isInline(box)) box = box.parentElement;
    if (scrolls(box)) continue;
    const bounds = box.getBoundingClientRect();
    let inScroller = false;
    for (let each = box; each !== document.documentElement; each = each.parentElement) inScroller ||= scrolls(each);
    const left = inScroller ? bounds.left : Math.max(bounds.left, 0);
    const right = inScroller ? bounds.right : Math.min(bounds.right, document.documentElement.clientWidth);
    range.selectNodeContents(text);
    for (const part of range.getClientRects()) {
      const middle = (part.top + part.bottom) / 2;
      if (part.width === 0) continue;
      if (part.left < left - 1 || part.right > right + 1 || middle < bounds.top || middle > bounds.bottom) {
        found.push(`${box.tagName}.${box.className} ${text.data.trim().slice(0, 60)}`);
        break;
      }
    }
  }
  return found;
}"""
"""The boxes that a text leaves, at most five, in JavaScript."""


def faults(visit: Visit, widths: tuple[int, ...] = ALL_WIDTHS) -> list[str]:
    """Return what is wrong with the open page at each of `widths`, with everything folded and unfolded."""
    found = []
    for state in ("folded", "unfolded"):
        if state == "unfolded":
            visit.unfold()
        for width in widths:
            visit.resize(width)
            wider: int = visit.page.evaluate(WIDER)
            if wider > 0:
                found.append(f"{state}, {width}: the page is {wider} pixels wider than the window")
            outside: list[str] = visit.page.evaluate(TEXT_OUTSIDE)
            found += [f"{state}, {width}: text leaves {each}" for each in outside]
    return found


@each_kind
@each_way_of_scripts
def test_sample_pages_fit(visitor: Visitor, sample: ServedSite, kind: PageKind, script: bool) -> None:
    for address in sample.addresses_of(kind)[:MOST_PAGES]:
        assert faults(visitor.open(address, script=script)) == [], address
        visitor.close()


@each_kind
@each_language
def test_hostile_pages_fit(visitor: Visitor, hostile: dict[str, ServedSite], kind: PageKind, language: str) -> None:
    for address in hostile[language].addresses_of(kind)[:MOST_PAGES]:
        assert faults(visitor.open(address)) == [], address
        visitor.close()


def test_many_topics_fit(visitor: Visitor, many_topics: ServedSite) -> None:
    for path in ("", "topics/", "providers/a.example/"):
        assert faults(visitor.open(many_topics.address + path), (NARROWEST, 1280)) == [], path
        visitor.close()
