"""The rules of axe-core, all that run by default, on every kind of page."""

from __future__ import annotations

from typing import Any

from tests.browser.page_kinds import (
    WIDTHS,
    PageKind,
    Scheme,
    each_kind,
    each_language,
    each_scheme,
)
from tests.browser.visits import ServedSite, Visit, Visitor


def violations(visit: Visit) -> list[str]:
    """Return what axe-core finds on the open page: the rule, what it says, and the first elements."""
    found: list[dict[str, Any]] = visit.page.evaluate("async () => (await axe.run()).violations")
    return [f"{rule['id']}: {rule['help']}: {[node['html'][:200] for node in rule['nodes'][:3]]}" for rule in found]


def visit_with_axe(visitor: Visitor, axe: str, address: str, **options: Any) -> Visit:
    """Open a page and load axe-core into it. It reads the style sheets anew, which the policy of the pages forbids."""
    visit = visitor.open(address, bypass_csp=True, **options)
    visit.page.evaluate(axe)
    return visit


@each_kind
@each_scheme
def test_axe_finds_nothing(visitor: Visitor, sample: ServedSite, axe: str, kind: PageKind, scheme: Scheme) -> None:
    visit = visit_with_axe(visitor, axe, sample.address_of(kind), color_scheme=scheme)
    assert violations(visit) == []
    visit.unfold()  # axe-core skips what is not shown
    for width in WIDTHS:
        visit.resize(width)
        assert violations(visit) == [], width


@each_kind
def test_axe_finds_nothing_without_script(visitor: Visitor, sample: ServedSite, axe: str, kind: PageKind) -> None:
    # axe-core is a script itself: instead of all scripts, only that of the pages is missing.
    visit = visit_with_axe(visitor, axe, sample.address_of(kind), without="page.js")
    visit.unfold()
    assert violations(visit) == []


@each_kind
@each_language
def test_axe_finds_nothing_on_hostile_pages(
    visitor: Visitor, hostile: dict[str, ServedSite], axe: str, kind: PageKind, language: str
) -> None:
    visit = visit_with_axe(visitor, axe, hostile[language].address_of(kind), width=390)
    visit.unfold()
    assert violations(visit) == []
