"""What came of the last build, for those who only see the state folder: the server tells whoever watches it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import NamedTuple

from feeds.system.files import write_atomically

STATUS_FILE = "outcome.json"


class BuildStatus(NamedTuple):
    """What came of a build.

    Attributes:
        problems: how many problems there are in the corpus.
        lost: how many files are lost to one.
    """

    problems: int
    lost: int


def save_status(folder: Path, outcome: BuildStatus) -> None:
    """Write `outcome` into a state folder, unless it says so already: a build that finds nothing new writes nothing.

    Where it can't be written, nothing happens: what was built is out already.
    """
    if load_status(folder) == outcome:
        return
    with contextlib.suppress(OSError):
        write_atomically(folder / STATUS_FILE, json.dumps(outcome._asdict()).encode() + b"\n", root=folder)


def load_status(folder: Path) -> BuildStatus | None:
    """Return what came of the last build in a state folder, or None where nobody knows."""
    try:
        said = json.loads((folder / STATUS_FILE).read_bytes())
        return BuildStatus(*(int(said[name]) for name in BuildStatus._fields))
    except (OSError, ValueError, LookupError, TypeError):
        return None
