"""What came of the last build, for those who only see the state folder: the server tells whoever watches it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import NamedTuple

from feeds.files import write_atomically

FILE_NAME = "outcome.json"


class Outcome(NamedTuple):
    """What came of a build.

    Attributes:
        at: for which time it built, in seconds since the epoch.
        problems: how many problems there are in the corpus.
        lost: how many files are lost to one.
    """

    at: int
    problems: int
    lost: int


def save(folder: Path, outcome: Outcome) -> None:
    """Write `outcome` into a state folder; where that can't be, nothing happens: what was built is out already."""
    with contextlib.suppress(OSError):
        write_atomically(folder / FILE_NAME, json.dumps(outcome._asdict()).encode() + b"\n", root=folder)


def load(folder: Path) -> Outcome | None:
    """Return what came of the last build in a state folder, or None where nobody knows."""
    try:
        said = json.loads((folder / FILE_NAME).read_bytes())
        return Outcome(*(int(said[name]) for name in Outcome._fields))
    except (OSError, ValueError, LookupError, TypeError):
        return None
