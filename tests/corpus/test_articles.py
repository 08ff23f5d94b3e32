"""Files → articles: every file in tests/corpus/articles has its expected result beside it (``x.md`` and ``x.md.json``).

``GOLDEN=write pytest tests/corpus/test_articles.py`` writes the results anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime

import pytest

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Author, Enclosure, Episode, Image, Mention, Parsed, Visibility
from tests.paths import ARTICLES

CASES = sorted(path.name for path in ARTICLES.iterdir() if path.suffix != ".json")


def as_json(parsed: Parsed) -> object:
    """Return `parsed` as plain values, without what is empty."""

    def plain(value: object) -> object:
        match value:
            case dict():
                return {key: plain(each) for key, each in value.items() if each not in (None, "", (), [])}
            case Visibility():
                return value.name
            case Mention():
                defaults = Mention._field_defaults
                return plain({key: each for key, each in value._asdict().items() if each != defaults.get(key)})
            case Image() | Author() | Enclosure() | Episode():
                return plain(value._asdict())
            case list() | tuple():
                return [plain(each) for each in value]
            case datetime():
                return value.isoformat()
            case _:
                return value

    return plain({**asdict(parsed), "problems": [str(each) for each in parsed.problems]})


@pytest.mark.parametrize("name", CASES)
def test_article(name: str) -> None:
    found = as_json(parse_article(name, (ARTICLES / name).read_bytes(), ReadSettings()))
    expected = ARTICLES / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(expected.read_text("utf-8"))


def test_every_result_has_its_file() -> None:
    assert {path.name.removesuffix(".json") for path in ARTICLES.glob("*.json")} == set(CASES)
