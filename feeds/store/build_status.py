"""The status of the last build, in a file of the state folder: the server reports it to its operators."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import NamedTuple

from feeds.system.files import write_atomically

STATUS_FILE = "outcome.json"


class BuildStatus(NamedTuple):
    """The status of a build.

    Attributes:
        problems: how many problems there are in the corpus with which something is lost.
        lost: how many files are lost to an error.
    """

    problems: int
    lost: int


def save_status(folder: Path, status: BuildStatus) -> None:
    """Write `status` into a state folder, unless it is there already: a build without news writes nothing.

    An error is ignored: the site has been published, and that must not fail for a statistic.
    """
    if load_status(folder) == status:
        return
    with contextlib.suppress(OSError):
        write_atomically(folder / STATUS_FILE, json.dumps(status._asdict()).encode() + b"\n", root=folder)


def load_status(folder: Path) -> BuildStatus | None:
    """Return the status of the last build in a state folder, or None if it is not known."""
    try:
        fields = json.loads((folder / STATUS_FILE).read_bytes())
        return BuildStatus(*(int(fields[name]) for name in BuildStatus._fields))
    except (OSError, ValueError, LookupError, TypeError):
        return None
