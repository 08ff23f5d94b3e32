"""The ids of link records: they say which article a record is in, and where. Ids of one article are neighbours."""

from __future__ import annotations

POSITION_BITS = 24
"""The number of bits of a mention's id that hold its position in the article. YAML with more records can't be read."""

_POSITION = (1 << POSITION_BITS) - 1


def mention_number(source_id: int, position: int) -> int:
    """Return the id of the link record at `position` of an article: ids of one article are neighbours."""
    return source_id << POSITION_BITS | position


def source_of(number: int) -> int:
    """Return the id of the article of a link record."""
    return number >> POSITION_BITS


def position_of(number: int) -> int:
    """Return the position of a link record in its article; 0 is the article's own."""
    return number & _POSITION
