"""The edits of a corpus between two builds: the same on every machine and for every tool."""

from __future__ import annotations

from typing import NamedTuple

from bench import corpus
from bench.corpus import Sharing

COLD = "cold"
NOTHING = "nothing changed"
EDITED = "one article edited"
ADDED = "one article added"
DELETED = "one article deleted"
PERCENT = "1 % of the articles edited"

SCENARIOS = (COLD, NOTHING, EDITED, ADDED, DELETED, PERCENT)
ALONE = (COLD, NOTHING, EDITED)
"""The scenarios of a corpus that is too large for the others."""

TURNS = 32
"""The largest number of runs of a scenario. In so many runs no article is edited or deleted twice."""

_NEWEST = 3 * TURNS + 2
"""The number of newest articles that are reserved for single edits and deletions; the edits of 1 % begin after them."""


class Change(NamedTuple):
    """A change of one file. `text` is its new content, or None if the file is deleted."""

    path: str
    text: str | None


def changes(scenario: str, articles: int, turn: int, sharing: Sharing = Sharing.NEAR) -> list[Change]:
    """Return the changes before a run.

    Single edits, additions and deletions concern the newest articles, because most feeds show these. The edits of 1 %
    concern every hundredth article, from the newest to the oldest.

    Args:
        scenario: one of :data:`SCENARIOS`.
        articles: number of articles before the first edit.
        turn: number of earlier runs of this scenario.
        sharing: the sharing of the corpus. An edited article must keep its links.

    Raises:
        ValueError: `turn` is too large.
    """
    if not 0 <= turn < TURNS:
        raise ValueError(f"turn should be below {TURNS}: {turn}")
    if scenario == EDITED:
        return [_edit(3 * turn, sharing)]
    if scenario == DELETED:
        return [Change(corpus.path(3 * turn + 1), None)]
    if scenario == ADDED:
        return [Change(f"added/{turn:07}.md", corpus.article(-1 - turn, sharing))]  # newer than all others
    if scenario == PERCENT:
        return [_edit(number, sharing) for number in range(_NEWEST + turn, articles, 100)]
    return []


def _edit(number: int, sharing: Sharing) -> Change:
    return Change(corpus.path(number), corpus.article(number, sharing).replace('title: "', 'title: "Edited ', 1))
