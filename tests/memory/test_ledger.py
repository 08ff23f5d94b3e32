"""The ledger: a text file, one record a line, that people may read and edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.memory.ledger import LEDGER_FILE
from feeds.pipeline import publish
from tests.builders import NOW, article, delete_catalogue, make_site, tree, write_corpus
from tests.conftest import Run


def test_a_ledger_reads_what_it_wrote(tmp_path: Path) -> None:
    """Line separators of Unicode in a name or title, and empty lines, do not end a record."""
    name = "a\u2028\u0085 b.md"
    corpus = write_corpus(tmp_path / "corpus", {name: article("A\u2028", url="http://x.example/1")})
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    write_corpus(corpus, {name: article("A\u2028", url="https://x.example/1")})
    publish.build(site, NOW)
    first = tree(tmp_path / "public")
    assert b"http://x.example/1" in first["feed.atom"]
    ledger = tmp_path / "state" / LEDGER_FILE
    ledger.write_text("\n" + ledger.read_text() + "\n\n")
    delete_catalogue(tmp_path / "state")
    publish.build(site, NOW)
    assert tree(tmp_path / "public") == first


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "x"}',
        '{"id": "x", "keys": "abc"}',
        '{"id": 7, "keys": ["abc"]}',
        '{"id": "x", "keys": [7]}',
        "no JSON",
        "[]",
        "7",
        '{"feed": "planet", "key": "a", "slug": "a"}',
        '{"feed": "topic", "key": 7, "slug": "a"}',
        '{"feed": "topic", "key": "a", "slug": "../../evil"}',
        '{"feed": "topic", "key": "a", "slug": ".."}',
        '{"feed": "topic", "key": "a", "slug": ""}',
        '{"feed": "all", "key": "", "slug": ""}',
        '{"feed": "topic", "key": "a", "slug": "a", "name": "A", "updated": "2026-01-01T00:00:00"}',
        '{"feed": "topic", "key": "a", "slug": "a", "name": "A", "updated": "yesterday"}',
        '{"moved": "topics/a/", "to": "topics/../../x/", "since": "2026-01-01T00:00:00Z"}',
        '{"moved": "topics/a/", "to": 5, "since": "2026-01-01T00:00:00Z"}',
        '{"moved": "planets/a/", "to": "topics/a/", "since": "2026-01-01T00:00:00Z"}',
    ],
)
def test_a_line_that_is_no_record_is_an_error(line: str, tmp_path: Path, feeds: Run) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    write_corpus(tmp_path / "state", {LEDGER_FILE: f'{{"id": "x", "keys": ["y"]}}\n{line}\n'})
    done = feeds("build", "corpus", FEEDS_STATE="state", code=1)
    assert f"{LEDGER_FILE}:2: this line is no record of it" in done.stderr
