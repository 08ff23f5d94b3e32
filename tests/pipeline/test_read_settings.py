"""Settings that decide what is read from a file: a change of one has every file read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feeds.pipeline import publish
from tests.builders import NOW, article, make_site, write_corpus


@pytest.mark.parametrize(
    ("setting", "value", "published"),
    [("date_order", "dmy", "2024-02-01T10:00:00Z"), ("timezone", "Asia/Kolkata", "2024-01-02T04:30:00Z")],
)
def test_a_change_has_every_file_read_again(setting: str, value: str, published: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article(date="01/02/2024 10:00")})

    def build(**settings: str) -> str:
        publish.build(make_site(corpus, tmp_path, **settings), NOW)
        (item,) = json.loads((tmp_path / "public" / "feed.json").read_bytes())["items"]
        return str(item["date_published"])

    assert build() == "2024-01-02T10:00:00Z"
    assert build(**{setting: value}) == published
    assert build() == "2024-01-02T10:00:00Z"
