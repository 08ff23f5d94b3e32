"""Work is proportional to what changed, not to the corpus: counted in steps of SQLite's machine, not in seconds."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import corpus as made_up
from feeds import publish
from tests.builders import NOW, make_site

SMALL, LARGE = 130, 520
EDITED = 7


@contextlib.contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Yield a list with the number of steps, in hundreds, that all queries take meanwhile."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    def connect(path: Path) -> sqlite3.Connection:
        db = sqlite3.Connection(path)
        db.set_progress_handler(step, 100)
        return db

    with monkeypatch.context() as patch:
        patch.setattr("feeds.catalogue.database.sqlite3.connect", connect)
        yield steps


def steps_of_an_edit(folder: Path, articles: int, monkeypatch: pytest.MonkeyPatch) -> int:
    made_up.write(folder / "corpus", articles)
    site = make_site(folder / "corpus", folder, archives=True, limit=5)
    publish.build(site, NOW)
    path = folder / "corpus" / made_up.path(EDITED)
    path.write_text(path.read_text().replace('title: "', 'title: "Edited ', 1))
    with counted(monkeypatch) as steps:
        assert publish.build(site, NOW).changed
    return steps[0]


def test_an_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = steps_of_an_edit(tmp_path / "small", SMALL, monkeypatch)
    large = steps_of_an_edit(tmp_path / "large", LARGE, monkeypatch)
    assert large < 2 * small, f"{small} steps with {SMALL} articles, {large} with {LARGE}"
