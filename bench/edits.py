"""What is done to a corpus between two builds: the same on every machine, for every tool."""

from __future__ import annotations

from typing import NamedTuple

from bench import corpus

COLD = "cold"
NOTHING = "nothing changed"
EDITED = "one article edited"
ADDED = "one article added"
DELETED = "one article deleted"
PERCENT = "1 % of the articles edited"

SCENARIOS = (COLD, NOTHING, EDITED, ADDED, DELETED, PERCENT)

TURNS = 32
"""How often a scenario can be repeated: no article is touched twice."""

_NEWEST = 3 * TURNS + 2
"""So many of the newest articles are for edits and deletions; what is edited in bulk is older."""


class Change(NamedTuple):
    """What is done to one file: `text` is what is in it afterwards, or None where it is deleted."""

    path: str
    text: str | None


def changes(scenario: str, articles: int, turn: int) -> list[Change]:
    """Return what is done to a corpus of so many articles before the run.

    The articles that are edited, added and deleted one at a time are among the newest, for those are in most
    feeds; 1 % are every hundredth, from the newest to the oldest.

    Args:
        scenario: one of :data:`SCENARIOS`.
        articles: how many the corpus had at first.
        turn: how often this scenario has been run before.
    """
    if not 0 <= turn < TURNS:
        raise ValueError(f"turn should be below {TURNS}: {turn}")
    if scenario == EDITED:
        return [_edit(3 * turn)]
    if scenario == DELETED:
        return [Change(corpus.path(3 * turn + 1), None)]
    if scenario == ADDED:
        return [Change(f"added/{turn:07}.md", corpus.article(-1 - turn))]  # newer than all others
    if scenario == PERCENT:
        return [_edit(number) for number in range(_NEWEST + turn, articles, 100)]
    return []


def _edit(number: int) -> Change:
    return Change(corpus.path(number), corpus.article(number).replace('title: "', 'title: "Edited ', 1))
