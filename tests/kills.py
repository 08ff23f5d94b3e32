"""Builds that are killed in the middle."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from feeds.pipeline import publish
from feeds.settings.site import Site
from tests.builders import NOW


def build_in_a_child(site: Site, *, die_at: int) -> int:
    """Build in a process that ends, as if killed, before the `die_at`-th step; return its exit code.

    Steps are files taking their places, and commits of the catalogue.
    """
    child = os.fork()
    if child == 0:
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1
            if steps == die_at:
                os._exit(9)

        replace, commit = os.replace, sqlite3.Connection.commit

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                step()
                commit(self)

        def dying_replace(source: str, target: Path) -> None:
            step()
            replace(source, target)

        os.replace = dying_replace  # type: ignore[assignment]
        connect = sqlite3.connect
        sqlite3.connect = lambda path, **more: connect(path, factory=Connection, **more)  # type: ignore[assignment]
        try:
            publish.build(site, NOW)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
