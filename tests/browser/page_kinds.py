"""The kinds of pages that a site has: a test that is for all pages runs with each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import pytest

Scheme = Literal["light", "dark"]

WIDTHS = (390, 768, 1280)
"""The widths of a phone, a tablet and a desk, in CSS pixels."""

NARROWEST = 320
"""The width at which a page must still be read without scrolling to the side (WCAG 2.2, 1.4.10)."""

LANGUAGES = ("en", "ar")
"""The languages of the hostile site: one is written from left to right, the other from right to left."""

SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class PageKind(NamedTuple):
    """One kind of page.

    Attributes:
        name: what tests call it.
        folder: a pattern for the folders of its pages in the static tree; a path, if no document is there.
        status: the status of the server's answer.
        has_document: whether it is in the static tree; the server makes the others.
        has_follow: whether it has a panel with the address of a feed.
    """

    name: str
    folder: str
    status: int = 200
    has_document: bool = True
    has_follow: bool = False

    def paths(self, public: Path) -> list[str]:
        """Return the paths of all such pages of a static tree, the largest first."""
        if not self.has_document:
            return [self.folder]
        pages = sorted(public.glob(f"{self.folder}index.html"), key=lambda page: (-page.stat().st_size, page))
        assert pages, f"the site has no page like {self.folder}"
        return ["".join(f"{part}/" for part in page.parent.relative_to(public).parts) for page in pages]


PAGE_KINDS = (
    PageKind("home", "", has_follow=True),
    PageKind("topic", "topics/*/", has_follow=True),
    PageKind("provider", "providers/*/", has_follow=True),
    PageKind("category", "categories/*/", has_follow=True),
    PageKind("topics", "topics/"),
    PageKind("providers", "providers/"),
    PageKind("categories", "categories/"),
    PageKind("article", "articles/*/", has_follow=True),
    PageKind("month", "topics/*/archive/*/"),
    PageKind("missing", "topics/no-such-topic/", status=404, has_document=False),
    PageKind("status", "status", has_document=False),
)

HOME = PAGE_KINDS[0]
ARTICLE = next(kind for kind in PAGE_KINDS if kind.name == "article")

each_kind = pytest.mark.parametrize("kind", PAGE_KINDS, ids=lambda kind: kind.name)
each_kind_with_follow = pytest.mark.parametrize(
    "kind", [kind for kind in PAGE_KINDS if kind.has_follow], ids=lambda kind: kind.name
)
each_language = pytest.mark.parametrize("language", LANGUAGES)
each_scheme = pytest.mark.parametrize("scheme", SCHEMES)
each_way_of_scripts = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
