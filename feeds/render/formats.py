"""The renderers: the modules with the names of the rows in :data:`feeds.rules.site_layout.FORMATS`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from feeds.model import Entry
from feeds.render.head import FeedHead
from feeds.rules.site_layout import FORMATS, Format
from feeds.settings.site import Site


class Renderer(Protocol):
    """The functions that a module of a format has."""

    def render_entry(self, entry: Entry, site: Site, /) -> bytes:
        """Return the fragment that stands for `entry` in every feed of a site with these settings."""

    def render_feed(self, head: FeedHead, fragments: Sequence[bytes], /) -> bytes:
        """Return the document of a feed with these fragments, in their order."""


@cache
def renderer(row: Format) -> Renderer:
    """Return the module that renders a format."""
    return cast("Renderer", import_module(f"feeds.render.{row.name}"))


def render_entry(entry: Entry, site: Site) -> dict[str, bytes]:
    """Return the fragment of `entry` in every format, by the format's name.

    Args:
        entry: the entry.
        site: the settings.
    """
    return {row.name: renderer(row).render_entry(entry, site) for row in FORMATS}
