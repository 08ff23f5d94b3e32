"""Work is proportional to the change, not to the corpus: counted in steps of SQLite's machine and in calls."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bench import corpus as made_up
from feeds.memory.format import FAMILIES
from feeds.pipeline import publish
from feeds.settings.site import Site
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
        patch.setattr("feeds.catalogue.schema.sqlite3.connect", connect)
        yield steps


def built(folder: Path, articles: int) -> Site:
    made_up.write(folder / "corpus", articles)
    site = make_site(folder / "corpus", folder, archives=True, limit=5)
    publish.build(site, NOW)
    return site


def edit(site: Site) -> str:
    path = site.corpus_path / made_up.path(EDITED)
    path.write_text(path.read_text().replace('title: "', 'title: "Edited ', 1))
    return made_up.path(EDITED)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide the memory of a small corpus like that of a large one."""
    for family in FAMILIES:
        monkeypatch.setitem(FAMILIES, family, 8)


def steps_of_an_edit(site: Site, monkeypatch: pytest.MonkeyPatch) -> int:
    edit(site)
    with counted(monkeypatch) as steps:
        assert publish.build(site, NOW).changed
    return steps[0]


def calls_of_an_edit(site: Site) -> Counter[str]:
    """Return how often each function is called, of Python's or C's, when an edit that was watched is built."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, function: Any) -> None:
        if event == "call":
            calls[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            calls[function.__qualname__] += 1

    for _ in range(2):  # the first one imports, and fills caches
        path = edit(site)
        calls.clear()
        sys.setprofile(count)
        try:
            assert publish.build(site, NOW, only=[path]).changed
        finally:
            sys.setprofile(None)
    return calls


@pytest.mark.parametrize("sharing", list(made_up.Sharing))
def test_a_first_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sharing: made_up.Sharing) -> None:
    """Steps of SQLite for one article: those of the feeds, which are as many in both, are a small part."""
    per_article = []
    for articles in (SMALL, LARGE):
        folder = tmp_path / str(articles)
        made_up.write(folder / "corpus", articles, sharing=sharing)
        with counted(monkeypatch) as steps:
            publish.build(make_site(folder / "corpus", folder), NOW)
        per_article.append(steps[0] / articles)
    assert per_article[1] < 1.1 * per_article[0]


def test_an_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = steps_of_an_edit(built(tmp_path / "small", SMALL), monkeypatch)
    large = steps_of_an_edit(built(tmp_path / "large", LARGE), monkeypatch)
    assert large < 1.15 * small, f"{small} steps with {SMALL} articles, {large} with {LARGE}"


def test_an_edit_that_was_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.corpus.scan.SETTLED_NS", 0)  # else all that was written just now is looked at again
    small = calls_of_an_edit(built(tmp_path / "small", SMALL))
    large = calls_of_an_edit(built(tmp_path / "large", LARGE))
    assert large.total() < 1.5 * small.total(), (
        f"{small.total()} calls with {SMALL} articles, {large.total()} with {LARGE}"
    )
    files = [
        sum(calls[name] for name in ("stat", "lstat", "scandir", "open", "utime", "fsync")) for calls in (small, large)
    ]
    assert files[1] < 1.1 * files[0], (
        f"{files[0]} calls that look for files with {SMALL} articles, {files[1]} with {LARGE}"
    )
