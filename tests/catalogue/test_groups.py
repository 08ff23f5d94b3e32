"""The groups of mentions in a new catalogue: the same as one by one, and every mention is read once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.catalogue import merging, source_files
from feeds.catalogue.groups import batched_groups, connected_mentions
from feeds.pipeline import publish
from feeds.rules.entries import group_mentions
from tests.builders import NOW, article, link, make_site, write_corpus


@given(st.lists(st.tuples(st.sets(st.integers(0, 12), max_size=3), st.booleans(), st.booleans()), max_size=30))
def test_groups_are_the_connected_components_of_live_mentions(rows: list[tuple[set[int], bool, bool]]) -> None:
    """Also where a mention that is not live shares a key, and where a single mention has its entry already."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            "CREATE TABLE mention (id INTEGER PRIMARY KEY, live, entry_id);"
            "CREATE TABLE mention_key (key, mention_id, PRIMARY KEY (key, mention_id)) WITHOUT ROWID;"
        )
        for number, (keys, live, has_entry) in enumerate(rows, 1):
            db.execute("INSERT INTO mention VALUES (?, ?, ?)", (number, live, number if live and has_entry else None))
            db.executemany("INSERT INTO mention_key VALUES (?, ?)", [(key, number) for key in keys])
        found = [sorted(group) for group in connected_mentions(db)]
    live_rows = [(number, sorted(keys)) for number, (keys, live, _) in enumerate(rows, 1) if live]
    expected = [sorted(group) for group in group_mentions(live_rows) if len(group) > 1 or not rows[group[0] - 1][2]]
    assert sorted(found) == sorted(expected)


def test_a_batch_has_whole_groups() -> None:
    assert list(batched_groups([[1], [2, 3], [4, 5, 6], [7]], 3)) == [[1, 2, 3], [4, 5, 6], [7]]
    assert list(batched_groups([], 3)) == []


def test_a_first_build_reads_a_mention_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many articles mention a page, and however far apart they are."""
    files = {
        f"{number:03}.md": article(
            f"A{number}",
            url=f"https://a.example/{number}",
            related=[link("https://popular.example/"), link(f"https://b.example/{number % 7}", f"B{number % 7}")],
        )
        for number in range(60)
    }
    site = make_site(write_corpus(tmp_path / "c", files), tmp_path)
    read: Counter[int] = Counter()
    load = merging._load_mentions

    def counting(*args: Any) -> Any:
        mentions = load(*args)
        read.update(mentions.keys())
        return mentions

    monkeypatch.setattr(merging, "_load_mentions", counting)
    monkeypatch.setattr(merging, "MENTIONS_PER_BATCH", 10)
    monkeypatch.setattr(source_files, "FILES_PER_BATCH", 5)
    publish.build(site, NOW)
    assert len(read) == 120, "all related links share their pages"
    assert set(read.values()) == {1}
