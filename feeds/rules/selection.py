"""The selection of entries by the settings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from feeds.model import Kind


@dataclass(frozen=True, slots=True)
class Selection:
    """The settings that select the entries to publish.

    Attributes:
        related: whether pages are selected that are only related to articles.
        min_quality: the lowest quality; entries without a quality are selected.
        include: kind and key of feeds; unless it is empty, an entry must be in one of them.
        exclude: kind and key of feeds; an entry must be in none of them.
    """

    related: bool = True
    min_quality: float = 0
    include: frozenset[tuple[Kind, str]] = frozenset()
    exclude: frozenset[tuple[Kind, str]] = frozenset()

    def takes(self, feeds: Collection[tuple[Kind, str]], *, own: bool, quality: float | None) -> bool:
        """Tell whether an entry with these feeds, `own` and `quality` (:class:`feeds.model.Outline`) is selected."""
        return (
            (self.related or own)
            and (quality is None or quality >= self.min_quality)
            and (not self.include or any(feed in self.include for feed in feeds))
            and (not self.exclude or all(feed not in self.exclude for feed in feeds))
        )
