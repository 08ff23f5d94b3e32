"""The lists of a report: sequences that are read from the catalogue when they are needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.catalogue import file_reports
from feeds.errors import StateError
from feeds.model import HeldBack, Problem, Severity
from feeds.pipeline import publish
from feeds.pipeline.publish import Report
from feeds.settings.site import Site
from tests.builders import NOW, article, delete_catalogue, link, make_site, write_corpus

NEVER = "---\ntitle: x\ndate: never\n---\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with problems of two lines in one file, and articles that are one entry with others."""
    same = {
        f"{name}.md": article(name, f"2022-05-{day}", url="https://s.example/")
        for name, day in zip("xadc", range(10, 14), strict=True)
    }
    twice = {f"{name}.md": article(name, url="https://t.example/") for name in "ef"}
    others = {
        "b.md": article(url="https://b.example/", quality="high", heat="hot"),
        "sub/n.md": NEVER,
        "sub.md": NEVER,
        "z.md": article(url="https://z.example/", draft=True),
        "future.md": article("Future", "2090-01-01", url="https://f.example/"),
        "é.md": article("É", url="https://é.example/", draft=True, related=[link("https://r.example/")]),
    }
    return make_site(write_corpus(tmp_path / "corpus", {**same, **twice, **others}), tmp_path)


def place(problem: Problem) -> tuple[str, int, str]:
    return problem.path, problem.line, problem.field


def lists(report: Report) -> tuple[list[Problem], list[HeldBack]]:
    return list(report.problems), list(report.held_back)


def test_the_lists_are_by_path_and_as_long_as_they_say(site: Site) -> None:
    report = publish.build(site, NOW)
    problems, held_back = lists(report)
    assert [each.path for each in problems] == ["a.md", "b.md", "b.md", "c.md", "d.md", "f.md", "sub.md", "sub/n.md"]
    assert problems == sorted(problems, key=place)
    assert report.severities == {Severity.ERROR: 2, Severity.WARNING: 6, Severity.NOTICE: 0}
    assert (len(report.problems), report.losses) == (8, 8)
    assert [each.path for each in held_back] == ["future.md", "z.md", "é.md"]
    assert len(report.held_back) == 3


def test_many_rows_are_walked_and_not_sorted_with_the_same_result(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    report = publish.build(site, NOW)
    expected = lists(report)
    monkeypatch.setattr(file_reports, "MOST_SORTED", 0)
    assert lists(report) == expected


def test_a_list_is_a_sequence(site: Site) -> None:
    problems = publish.build(site, NOW).problems
    every = tuple(problems)
    assert problems == every
    assert every == problems
    assert problems != every[:-1]
    assert problems != (*every[1:], every[0])
    assert (problems[0], problems[-1], problems[1:3], problems[::-1]) == (every[0], every[-1], every[1:3], every[::-1])
    assert every[2] in problems
    with pytest.raises(IndexError):
        problems[len(every)]


def test_a_list_is_that_of_the_last_build(site: Site) -> None:
    report = publish.build(site, NOW)
    (site.corpus_path / "sub.md").unlink()
    publish.build(site, NOW)
    assert "sub.md" not in [each.path for each in report.problems]


def test_a_list_without_its_catalogue_is_an_error_of_the_state_folder(site: Site) -> None:
    report = publish.build(site, NOW)
    delete_catalogue(site.state_path)
    with pytest.raises(StateError, match="build again"):
        list(report.problems)
