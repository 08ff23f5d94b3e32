"""The renderers: the modules with the names of the rows in :data:`feeds.rules.site_layout.FORMATS`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from feeds.model import Entry
from feeds.render.head import FeedHead
from feeds.rules.site_layout import FORMATS, Format


class Renderer(Protocol):
    """The functions that a module of a format has."""

    def render_entry(self, entry: Entry, address: str, /) -> bytes:
        """Return the fragment that stands for `entry` in every feed of the site with this address."""

    def render_feed(self, head: FeedHead, fragments: Sequence[bytes], /) -> bytes:
        """Return the document of a feed with these fragments, in their order."""


@cache
def renderer(row: Format) -> Renderer:
    """Return the module that renders a format."""
    return cast("Renderer", import_module(f"feeds.render.{row.name}"))


def render_entry(entry: Entry, address: str) -> dict[str, bytes]:
    """Return the fragment of `entry` in every format, by the format's name.

    Args:
        entry: the entry.
        address: the address of the site, with a slash at its end.
    """
    return {row.name: renderer(row).render_entry(entry, address) for row in FORMATS}
