"""Dates in articles: doubts become warnings, settings decide, and a problem says why a text is no date."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings

TWO_WAYS = "the day and the month could be meant the other way round"
OTHER_DAY = "it is another day of the week"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.md", "---\ntitle: A\ndate: 01/02/2024\n---\n", f"a.md:3: warning: date: {TWO_WAYS}"),
        ("a.md", "---\ntitle: A\ndate: 2024-01-02\nlastmod: 3/4/2024\n---\n", f"a.md:4: warning: lastmod: {TWO_WAYS}"),
        ("a.md", "---\ntitle: A\npublished: 01/02/2024\n---\n", f"a.md:3: warning: published: {TWO_WAYS}"),
        ("a.txt", "A\n\n01/02/2024\n\nText\n", f"a.txt:3: warning: {TWO_WAYS}"),
        ("a.md", "---\ntitle: A\ndate: Mon 03.04.2024\n---\n", f"a.md:3: warning: date: {OTHER_DAY}"),
        (
            "a.md",
            "---\ntitle: A\ndate: 2024-01-02\nrelated:\n- title: B\n  url: https://b.example/\n  date: 3/4/2024\n---\n",
            f"a.md:7: warning: related[1].date: {TWO_WAYS}",
        ),
    ],
)
def test_a_doubt_becomes_a_warning(name: str, text: str, problem: str) -> None:
    parsed = parse_article(name, text.encode(), ReadSettings())
    assert parsed.article is not None
    (found,) = map(str, parsed.problems)
    assert found.startswith(f"{problem}; ")
    if TWO_WAYS in problem:
        assert not parse_article(name, text.encode(), ReadSettings(date_order="dmy")).problems


def test_an_article_is_read_by_its_settings() -> None:
    text = b"---\ntitle: A\ndate: 01/02/2024 10:00\n---\n"
    parsed = parse_article("a.md", text, ReadSettings(ZoneInfo("Europe/Berlin"), "dmy"))
    assert parsed.article is not None
    assert parsed.article.own.published == datetime(2024, 2, 1, 9, tzinfo=UTC)


def test_a_date_that_is_none_says_why() -> None:
    parsed = parse_article("a.md", b"---\ntitle: A\ndate: 5 Frimaire 2024\n---\n", ReadSettings())
    (problem,) = parsed.problems
    assert "a word in it is no month" in problem.reason
    assert "Frimaire" not in str(problem)
