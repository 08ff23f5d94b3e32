"""The groups of link records that arrive: the connected components, and no record is read twice in a first build."""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.catalogue import groups, merging, packing, popular_pages, recording, schema
from feeds.catalogue.groups import Arrivals, Group, batched_groups
from feeds.catalogue.mention_numbers import mention_number
from feeds.catalogue.packing import Arrival, ArrivalBatch, pack
from feeds.model import Outline
from feeds.pipeline import publish
from feeds.rules.grouping import group_mentions
from tests.builders import NOW, article, link, make_site, write_corpus

KEYS = st.sampled_from([-(2**63), -5, -1, 0, 1, 2, 2**56, 2**62, 2**63 - 1])


def batch(records: list[set[int]]) -> ArrivalBatch:
    keys = [tuple(sorted(keys)) for keys in records]
    outline = Outline("x", "", "X", 0, 0, ("", ""), (), (), None, True)
    return ArrivalBatch(
        list(range(len(records))),
        bytes(len(records)),
        bytes(map(len, keys)),
        array("q", [key for its_keys in keys for key in its_keys]).tobytes(),
        pack([Arrival(outline._replace(id=str(its_keys)), its_keys) for its_keys in keys]),
    )


_INSERT_ENTRY = """
INSERT INTO entry (id, uri, title, published, updated, feeds, shown, articles, revision)
VALUES (?, 'x', 'X', 0, 0, x'', 1, 0, 1)
"""


@given(
    st.lists(st.lists(st.sets(KEYS, max_size=3), max_size=4), max_size=8),
    st.lists(st.sets(KEYS, max_size=2), max_size=4),
    st.sampled_from([1, 1 << 19]),
)
def test_groups_are_the_connected_components(
    articles: list[list[set[int]]], known: list[set[int]], keys_per_part: int
) -> None:
    """Also with records that are in the catalogue, with an entry each; sorted at once, or part by part."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db, pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "_KEYS_PER_PART", keys_per_part)
        db.executescript(schema._SCHEMA)
        known_of: list[tuple[int, list[int]]] = []
        for entry_id, component in enumerate(group_mentions(enumerate(map(sorted, known))), 1):
            db.execute(_INSERT_ENTRY, (entry_id,))
            for index in component:
                db.execute("INSERT INTO mention VALUES (?, ?, 0)", (mention_number(index + 1, 0), entry_id))
                db.executemany(
                    "INSERT INTO page_key VALUES (?, ?)", [(key, mention_number(index + 1, 0)) for key in known[index]]
                )
            known_of.append((-entry_id, sorted({key for index in component for key in known[index]})))
        arrivals = Arrivals(Path("/nonexistent"))
        for source_id, records in enumerate(articles, 100):
            arrivals.add(source_id, batch(records))
        found = [(sorted(group.entries), group.arrivals) for group in arrivals.connect(db, (), {})]
        alone = [(number, arrival.outline.id) for number, arrival in arrivals.unshared()]
        stored = db.execute("SELECT count(*) FROM page_key").fetchone()[0]
        arrivals.close()
    new = [(number, sorted(keys)) for number, keys in enumerate(keys for records in articles for keys in records)]
    expected = []
    for component in group_mentions([*new, *known_of]):
        entries = sorted(-number for number in component if number < 0)
        members = sorted(number for number in component if number >= 0)
        if members and (entries or len(members) > 1):
            expected.append((entries, members))
    assert sorted(found) == sorted(expected)
    grouped = {number for _, members in found for number in members}
    assert alone == [(number, str(tuple(keys))) for number, keys in new if number not in grouped]
    assert stored == sum(len(keys) for keys in known) + sum(len(keys) for _, keys in new)


def test_a_batch_has_whole_groups() -> None:
    given_groups = [Group([], [1]), Group([], [2, 3]), Group([9], [4, 5, 6]), Group([], [7])]
    assert list(batched_groups(iter(given_groups), 3)) == [given_groups[:2], given_groups[2:3], given_groups[3:]]
    assert list(batched_groups(iter([]), 3)) == []


def test_a_batch_of_entries_that_lost_records_is_bounded() -> None:
    """Many files may go in one build, and none arrive."""
    lost = [Group([number], []) for number in range(1, 6)]
    assert list(batched_groups(iter(lost), 2)) == [lost[:2], lost[2:4], lost[4:]]


def test_a_first_build_reads_a_record_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def counting(*args: Any) -> Any:
        for mention in packing.load_mentions(*args):
            read[mention.number] += 1
            yield mention

    monkeypatch.setattr(merging, "load_mentions", counting)
    monkeypatch.setattr(popular_pages, "load_mentions", counting)
    monkeypatch.setattr(merging, "MENTIONS_PER_BATCH", 10)
    monkeypatch.setattr(recording, "FILES_PER_BATCH", 5)
    publish.query(site, NOW, lambda db: None)  # without rendering, which reads what it shows
    assert len(read) == 120, "all related links share their pages"
    assert set(read.values()) == {1}


def test_a_group_too_large_for_a_batch_that_falls_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MENTIONS_PER_BATCH", 2)
    x, y = "https://x.example/", "https://y.example/"
    files = {
        f"{name}.md": article(name, url=f"https://{name}.example/", related=[link(x), link(y, "Y")]) for name in "abc"
    }
    files["both.md"] = article("Both", url=x, originalUrl=y)
    corpus = write_corpus(tmp_path / "c", files)
    site = make_site(corpus, tmp_path)
    assert publish.build(site, NOW).entries == 4
    (corpus / "both.md").unlink()
    assert publish.build(site, NOW).entries == 5
