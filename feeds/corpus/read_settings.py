"""The settings that decide what is read from a file. A catalogue that was filled with other ones is made again."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import NamedTuple


class ReadSettings(NamedTuple):
    """The settings of a reader of articles.

    Attributes:
        zone: the time zone of a time without one.
        date_order: the order of day, month and year in figures that can be read in two ways
            (:data:`feeds.corpus.dates.DATE_ORDERS`); empty if it is not known.
    """

    zone: tzinfo = UTC
    date_order: str = ""
