"""What the script adds to the pages, and that they are whole without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.page_kinds import PageKind, each_kind_with_follow
from tests.browser.visits import ServedSite, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page


@each_kind_with_follow
def test_copy(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    page = visitor.open(sample.address_of(kind), permissions=["clipboard-read", "clipboard-write"]).page
    page.clock.install()
    page.locator(".follow > summary").click()
    button = page.locator(".follow button")
    address = page.locator(".follow code").inner_text()
    assert address.endswith("/feed.atom")
    assert button.inner_text() == "Copy"
    button.click()
    page.locator(".follow button", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.clock.run_for(3000)
    page.locator(".follow button", has_text="Copy").wait_for()
    assert button.inner_text() == "Copy"


def test_copy_without_a_clipboard_selects_the_address(visitor: Visitor, sample: ServedSite) -> None:
    page = visitor.open(sample.address).page
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator(".follow > summary").click()
    page.locator(".follow button").click()
    assert page.evaluate("String(getSelection())") == page.locator(".follow code").inner_text()


@each_kind_with_follow
def test_the_address_can_be_read_without_script(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    page = visitor.open(sample.address_of(kind), script=False).page
    page.locator(".follow > summary").click()
    assert page.locator(".follow code").is_visible()
    assert page.locator(".follow code").inner_text().endswith("/feed.atom")
    assert page.locator("button").count() == 0


def names_seen(page: Page) -> list[str]:
    """Return the names in the rows that are seen, in their order."""
    names: list[str] = page.evaluate(
        "[...document.querySelectorAll('.names tbody tr')].filter((row) => row.checkVisibility())"
        ".map((row) => row.cells[0].textContent)"
    )
    return names


def dates_seen(page: Page) -> list[str]:
    """Return the dates in the rows, in their order."""
    dates: list[str] = page.evaluate("[...document.querySelectorAll('.names tbody time')].map((time) => time.dateTime)")
    return dates


def pressed(page: Page) -> list[tuple[str, str | None]]:
    """Return label and ``aria-pressed`` of the buttons that sort."""
    return [
        (button.inner_text(), button.get_attribute("aria-pressed")) for button in page.locator(".tools button").all()
    ]


def test_filter(visitor: Visitor, many_topics: ServedSite) -> None:
    page = visitor.open(f"{many_topics.address}topics/").page
    every = names_seen(page)
    assert len(every) == 2000
    field = page.get_by_role("searchbox")
    field.press_sequentially("tOPIC 19")
    assert names_seen(page) == [name for name in every if name.startswith("Topic 19")]
    assert len(names_seen(page)) == 100
    field.fill("no such topic")
    assert names_seen(page) == []
    field.fill("")
    assert names_seen(page) == every


def test_sort(visitor: Visitor, many_topics: ServedSite) -> None:
    page = visitor.open(f"{many_topics.address}topics/").page
    every = names_seen(page)
    assert every == sorted(every)
    (by_name, _), (by_newest, _) = labels = pressed(page)
    assert labels == [(by_name, "true"), (by_newest, "false")]
    page.get_by_role("button", name=by_newest).click()
    assert pressed(page) == [(by_name, "false"), (by_newest, "true")]
    assert dates_seen(page) == sorted(dates_seen(page), reverse=True)
    assert names_seen(page)[0] == "Topic 1960"  # the first by name of those in the newest article
    page.get_by_role("searchbox").fill("topic 000")
    assert len(names_seen(page)) == 10
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name=by_name).click()
    assert pressed(page) == labels
    assert names_seen(page) == every


def test_the_table_is_whole_without_script(visitor: Visitor, many_topics: ServedSite) -> None:
    page = visitor.open(f"{many_topics.address}topics/", script=False).page
    assert page.locator(".names tbody tr").count() == 2000
    assert page.locator("input, button").count() == 0
    assert page.locator(".names tbody tr").last.is_visible()
