"""The status of the last build, in a file of the state folder: the server reports it to its operators."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from feeds.model import Counts
from feeds.rules.problems import ProblemGroup
from feeds.system.files import write_atomically

STATUS_FILE = "outcome.json"


@dataclass(frozen=True, slots=True)
class BuildDetails:
    """The details of a build for the publisher. They name nothing that is held back.

    Attributes:
        counts: the numbers of files by result.
        entries: how many entries the site has.
        problems: the problems by kind, without those of articles that are held back.
        unlisted: how many problems are of further kinds.
        withheld: how many problems are in articles that are held back.
    """

    counts: Counts
    entries: int
    problems: tuple[ProblemGroup, ...]
    unlisted: int
    withheld: int


@dataclass(frozen=True, slots=True)
class BuildStatus:
    """The status of a build.

    Attributes:
        problems: how many problems there are in the corpus with which something is lost.
        lost: how many files are lost to an error.
        details: what the page with the status shows; None if the settings have no such page.
    """

    problems: int
    lost: int
    details: BuildDetails | None = None


def save_status(folder: Path, status: BuildStatus) -> None:
    """Write `status` into a state folder, unless it is there already: a build without news writes nothing.

    An error is ignored: the site has been published, and that must not fail for a statistic.
    """
    body = json.dumps(dataclasses.asdict(status)).encode() + b"\n"
    path = folder / STATUS_FILE
    with contextlib.suppress(OSError):
        if path.read_bytes() == body:
            return
    with contextlib.suppress(OSError):
        write_atomically(path, body, root=folder)


def load_status(folder: Path) -> BuildStatus | None:
    """Return the status of the last build in a state folder, or None if it is not known.

    The file may be of an earlier or later version. What this one does not know is ignored.
    """
    import msgspec  # slow to load, and a build does not need it

    try:
        return msgspec.json.decode((folder / STATUS_FILE).read_bytes(), type=BuildStatus)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
