"""Dates in articles: doubts become warnings, settings decide, and a problem says why a text is no date."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.pipeline import publish
from tests.builders import NOW, make_site, moment, write_corpus

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


class TestUpdated:
    """A change before the date, or in the future, is a warning and is not used."""

    @pytest.mark.parametrize(
        ("date", "updated", "used", "warned"),
        [
            ("2024-03-31", "2024-04-02", "2024-04-02", False),
            ("2024-03-31", "2024-03-31", "2024-03-31", False),
            ("2024-03-31T10:00:00Z", "2024-03-31", None, False),
            ("2024-03-31T10:00:00Z", "2024-03-30", None, True),
            ("2024-03-31", "2023-03-31T10:00:00Z", None, True),
        ],
    )
    def test_before_the_date(self, date: str, updated: str, used: str | None, warned: bool) -> None:
        parsed = parse_article(
            "a.md", f"---\ntitle: A\ndate: {date}\nlastmod: {updated}\n---\n".encode(), ReadSettings()
        )
        assert parsed.article is not None
        assert parsed.article.own.updated == (moment(used) if used else None)
        assert [(it.line, it.field) for it in parsed.problems] == ([(4, "lastmod")] if warned else [])

    def test_in_the_future(self, tmp_path: Path) -> None:
        files = {
            "a.md": "---\ntitle: A\ndate: 2024-03-31\nupdated: 2026-07-01\n---\nBody.",
            "b.md": "---\ntitle: B\ndate: 2024-03-30\nrelated:\n- title: C\n  webUrl: https://c.example/\n"
            "  updatedDateTime: 2026-07-02\n---\nBody.",
        }
        site = make_site(write_corpus(tmp_path / "c", files), tmp_path)

        def dates_at(now: datetime) -> tuple[list[str], datetime | None, list[tuple[str, int, str]]]:
            report = publish.build(site, now)
            items = json.loads((tmp_path / "public" / "feed.json").read_text())["items"]
            problems = [(it.path, it.line, it.field) for it in report.problems]
            return sorted(item["date_modified"][:10] for item in items), report.due, problems

        a, b = ("a.md", 4, "updated"), ("b.md", 7, "related[1].updatedDateTime")
        assert dates_at(NOW) == (["2024-03-30", "2024-03-30", "2024-03-31"], moment("2026-07-01"), [a, b])
        assert dates_at(moment("2026-07-01")) == (["2024-03-30", "2024-03-30", "2026-07-01"], moment("2026-07-02"), [b])
        assert dates_at(moment("2026-07-03")) == (["2024-03-30", "2026-07-01", "2026-07-02"], None, [])
