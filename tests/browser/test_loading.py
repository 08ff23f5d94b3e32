"""What pages load and report, with the policy (CSP) that the server and the pages set."""

from __future__ import annotations

from urllib.parse import urljoin

from tests.browser.page_kinds import (
    HOME,
    PAGE_KINDS,
    SCHEMES,
    WIDTHS,
    PageKind,
    each_kind,
    each_language,
    each_way_of_scripts,
)
from tests.browser.visits import ServedSite, Visitor, served_as_files

LARGEST_HOME = 60_000
"""The most bytes that the first page of the sample may load from the site: HTML, style sheet and script, not coded."""


@each_kind
@each_way_of_scripts
def test_nothing_is_reported(visitor: Visitor, sample: ServedSite, kind: PageKind, script: bool) -> None:
    visit = visitor.open(sample.address_of(kind), script=script)
    visit.unfold()
    for width in WIDTHS:
        visit.resize(width)
        for scheme in SCHEMES:
            visit.page.emulate_media(color_scheme=scheme)
            visit.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    visit.page.wait_for_load_state("networkidle")
    assert visit.notes == []
    assert len(visit.loaded) > 1  # the style sheet has come, too


@each_kind
@each_language
def test_nothing_is_reported_of_hostile_pages(
    visitor: Visitor, hostile: dict[str, ServedSite], kind: PageKind, language: str
) -> None:
    visit = visitor.open(hostile[language].address_of(kind))
    visit.unfold()
    visit.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    visit.page.wait_for_load_state("networkidle")
    assert visit.notes == []


def test_nothing_is_reported_of_static_files(visitor: Visitor, sample: ServedSite) -> None:
    with served_as_files(sample.public) as root:
        for kind in PAGE_KINDS:
            if kind.has_document:
                visit = visitor.open(urljoin(root, kind.paths(sample.public)[0]))
                assert visit.notes == [], kind.name
                visitor.close()


def test_pictures_come_from_other_hosts(visitor: Visitor, sample: ServedSite) -> None:
    """What the tests above allow does happen: else they could not see that it is intercepted."""
    page = visitor.open(sample.address).page
    with page.expect_request(lambda request: not request.url.startswith(sample.address)) as seen:
        page.reload()
    assert seen.value.resource_type == "image"


def test_a_browser_keeps_the_policy(visitor: Visitor, sample: ServedSite) -> None:
    """The policy is in force in these tests: the browser reports a script in an element, and does not run it."""
    visit = visitor.open(sample.address)
    visit.page.evaluate(
        "const it = document.createElement('script'); it.textContent = 'window.ran = true'; document.body.append(it)"
    )
    assert visit.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in note for note in visit.notes)


def test_the_first_page_is_small(visitor: Visitor, sample: ServedSite) -> None:
    visit = visitor.open(sample.address_of(HOME))
    assert {urljoin(sample.address, path) for path in ("", "static/style.css", "static/page.js")} <= set(visit.loaded)
    sizes: dict[str, int] = visit.page.evaluate(
        "Object.fromEntries(performance.getEntries().filter((entry) => entry.decodedBodySize)"
        ".map((entry) => [entry.name, entry.decodedBodySize]))"
    )
    own = [size for address, size in sizes.items() if address.startswith(sample.address)]
    assert len(own) >= 3
    assert sum(own) <= LARGEST_HOME


def test_nothing_is_reported_of_many_topics(visitor: Visitor, many_topics: ServedSite) -> None:
    for path in ("", "topics/"):
        assert visitor.open(many_topics.address + path).notes == []
