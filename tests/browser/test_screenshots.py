"""Pictures of the pages, for people to look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tests.browser.page_kinds import SCHEMES, WIDTHS, PageKind, Scheme, each_kind, each_language
from tests.browser.visits import ServedSite, Visitor
from tests.paths import PROJECT

FOLDER = Path(os.environ.get("SCREENSHOTS") or PROJECT / ".browser")
"""Where the pictures are kept; the environment variable ``SCREENSHOTS`` names another folder."""

HIGHEST = 4000
"""The height at which a picture ends, in CSS pixels."""


def take(visitor: Visitor, site: ServedSite, kind: PageKind, widths: Sequence[int], schemes: Sequence[Scheme]) -> None:
    """Write pictures of a page into :data:`FOLDER`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    visit = visitor.open(site.address_of(kind))
    visit.page.evaluate("for (const each of document.images) each.loading = 'eager'")
    visit.page.wait_for_load_state("networkidle")
    for width in widths:
        visit.resize(width)
        height: int = visit.page.evaluate("document.documentElement.scrollHeight")
        visit.resize(width, min(height, HIGHEST))
        for scheme in schemes:
            visit.page.emulate_media(color_scheme=scheme)
            path = FOLDER / f"{site.name}-{kind.name}-{width}-{scheme}.png"
            path.unlink(missing_ok=True)
            visit.page.screenshot(path=path)
            assert path.stat().st_size > 0


@each_kind
def test_screenshots(visitor: Visitor, sample: ServedSite, kind: PageKind) -> None:
    take(visitor, sample, kind, WIDTHS, SCHEMES)


@each_kind
@each_language
def test_screenshots_of_hostile_pages(
    visitor: Visitor, hostile: dict[str, ServedSite], kind: PageKind, language: str
) -> None:
    take(visitor, hostile[language], kind, WIDTHS[:1], SCHEMES[:1])
