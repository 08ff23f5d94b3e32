"""The rules of `feeds validate`: no error in our own output, and every rule names the change that breaks it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.audit.validate import source, validate
from feeds.audit.validate.table import RULES, SECTIONS
from feeds.model import Severity
from feeds.pipeline import publish
from tests.audit.mutations import FILES, MUTATIONS, RSS, changed, verdict_on
from tests.audit.served import SERVER_MUTATIONS
from tests.builders import NOW, article, make_site, write_corpus
from tests.paths import ARTICLES, RAM_FOLDER, SEEDS, TESTS

OF_A_FOLDER = {"unreadable"}  # test_validate.test_a_document_that_can_not_be_read
OF_A_SITE = {"sample", "server-slow"}


def test_our_own_output_is_right(good: dict[str, bytes], tmp_path: Path) -> None:
    verdict = verdict_on(good, tmp_path / "good")
    assert verdict.problems == ()
    assert verdict.feeds > 20


def test_feeds_that_have_ended_or_moved_are_right(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", FILES)
    options = {"archives": True, "renamed": (("old", "ai"), ("older", "ai"))}
    publish.build(make_site(corpus, tmp_path, **options), NOW)
    (corpus / "b.md").unlink()
    publish.build(make_site(corpus, tmp_path, **options), NOW)
    verdict = validate(source.read_folder(tmp_path / "public"), NOW)
    assert verdict.problems == ()


HARD = st.sampled_from(
    ["<b>A</b>", "It&#39;s", "&amp;amp;", "]]>", "a\x08b", "\x85", "\u202e", "\ufffe", "\ud7ff", "<!--", "\x93"]
)
TEXTS = st.lists(HARD | st.text(max_size=12), min_size=1, max_size=4).map(" ".join)
ADDRESSES = st.sampled_from(
    ["https://ü.example/ü?a=ü&b=<c>#d", "https://b.example/a b", "https://c.example/%zz", "x", ""]
)
DATES = st.sampled_from(["2022-05-26", "2022-05-26T23:59:59+14:00", "0001-01-01", "1969-12-31", "26 May 2022"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries(
            {"title": TEXTS, "date": DATES, "url": ADDRESSES, "body": TEXTS},
            optional={"excerpt": TEXTS, "author": TEXTS, "topics": st.lists(TEXTS, max_size=2), "enclosure": ADDRESSES},
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_written_our_own_output_has_no_error(articles: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory(dir=RAM_FOLDER) as name:
        folder = Path(name)
        corpus = write_corpus(folder / "corpus", {f"{n}.md": article(**facts) for n, facts in enumerate(articles)})
        publish.build(make_site(corpus, folder, archives=True), NOW)
        verdict = validate(source.read_folder(folder / "public"), NOW)
    assert [problem for problem in verdict.problems if problem.severity is Severity.ERROR] == []


@pytest.mark.parametrize("corpus", [SEEDS, ARTICLES, *sorted((TESTS / "pipeline" / "golden").glob("*/in"))], ids=str)
def test_the_output_of_every_corpus_of_the_tests_has_no_error(corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus, tmp_path / "corpus", ignore=shutil.ignore_patterns("*.json", ".feeds"))
    publish.build(make_site(tmp_path / "corpus", tmp_path, archives=True), NOW)
    verdict = validate(source.read_folder(tmp_path / "public"), NOW)
    assert [problem for problem in verdict.problems if problem.severity is Severity.ERROR] == []
    assert verdict.feeds > 5


def test_every_rule_is_tested() -> None:
    assert set(RULES) == {*MUTATIONS, *SERVER_MUTATIONS, *OF_A_FOLDER, *OF_A_SITE}
    assert len(RULES) == sum(map(len, SECTIONS.values())), "no id is there twice"


def test_every_rule_explains_itself() -> None:
    for rule in RULES.values():
        assert all((rule.source, rule.meaning, rule.advice, rule.example)), rule.id
        assert rule.meaning.endswith("."), rule.id
        assert not rule.advice.endswith("."), rule.id


@pytest.mark.parametrize("rule", MUTATIONS)
def test_a_change_is_named_by_its_rule(rule: str, good: dict[str, bytes], tmp_path: Path) -> None:
    path, edit = MUTATIONS[rule]
    verdict = verdict_on({**good, path: changed(good[path], edit)}, tmp_path / "bad")
    named = [problem for problem in verdict.problems if problem.rule == rule]
    assert named, "\n".join(map(str, verdict.problems))
    assert all(problem.line >= 1 and problem.column >= 1 for problem in verdict.problems)


def test_a_problem_names_line_column_and_element(good: dict[str, bytes], tmp_path: Path) -> None:
    text = good[RSS].decode().replace("<item>", "\n  <item>").replace("<guid", "\n    <guid")
    text = text.replace(">https://a.example/</guid>", ">17</guid>")
    (problem,) = (each for each in verdict_on({"feed.rss": text.encode()}, tmp_path).problems if "17" in each.reason)
    line = text[: text.index("<guid")].count("\n") + 1
    assert (problem.line, problem.column, problem.field) == (line, 5, "item[1]/guid")
    assert str(problem).startswith(
        f"feed.rss:{line}:5: error: item[1]/guid: '17' is no absolute address; write an address"
    )
    assert str(problem).endswith("[rss-guid-address]")
    feed = b'{"version": "https://jsonfeed.org/version/1.1", "title": "T",\n "items": [\n  {"id": "x", "title": 17}]}'
    (problem,) = (each for each in verdict_on({"feed.json": feed}, tmp_path / "json").problems if "title" in each.field)
    assert (problem.line, problem.column, problem.field) == (3, 24, "items[0].title")
