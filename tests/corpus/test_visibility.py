"""Marks that hold an article back: those of many tools, in all spellings, formats and places; embargo and expiry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.corpus.visibility import MARKS, _Rule
from feeds.model import Mention, Parsed, Visibility
from feeds.pipeline import publish
from tests.builders import NOW, make_site, moment, tree, write_corpus

HELD, UNPUBLISHED, PUBLIC = Visibility.HELD, Visibility.UNPUBLISHED, Visibility.PUBLIC


def parse(text: str, name: str = "a.md") -> Parsed:
    return parse_article(name, text.encode(), ReadSettings())


def own(lines: str) -> Mention:
    parsed = parse(f"---\ntitle: X\ndate: 2024-01-05\n{lines}\n---\nBody.\n")
    assert parsed.article is not None, parsed.problems
    return parsed.article.own


@pytest.mark.parametrize(
    "lines",
    [
        "status: draft",
        "Status: Draft",
        "STATUS: 'private'",
        'status: "hidden"',
        "status: skip",
        "status: in review",
        "post_status: auto-draft",
        "status: [featured, draft]",
        "status: false",
        "publish: false",
        "publish: No",
        "publish: 'off'",
        "public: 0",
        "listed: false",
        "unlisted: true",
        "hidden: Yes",
        "hidden: 'true'",
        "private: on",
        "is_draft: true",
        "isDraft: true",
        "is-draft: TRUE",
        "_draft: true",
        "password: secret",
        "password: 1234",
        "visibility: members",
        "visibility: Private",
        "access: [private]",
        "audience: only_paid",
        "eleventyExcludeFromCollections: true",
        "permalink: false",
        "render: false",
        "feed: false",
        "rss: no",
        "exclude_from_feed: true",
        "headless: true",
        "build: {list: never}",
        "_build: {render: never}",
        "build:\n  list: local",
        "build: {render: false}",
        "params: {draft: true, private: true}",
        "params:\n  private: yes",
        "extra: {unlisted: true}",
        "params: {build: {list: never}}",
        "metadata: {status: draft}",
        "dg-publish: false",
    ],
)
def test_marks_that_no_setting_overrules(lines: str) -> None:
    mention = own(lines)
    assert mention.visibility is HELD
    assert mention.mark != ""


@pytest.mark.parametrize("lines", ["published: false", "Published: No", "draft: true", "DRAFT: 'yes'", "draft: 1"])
def test_marks_that_include_unpublished_covers(lines: str) -> None:
    assert own(lines).visibility is UNPUBLISHED


def test_the_strictest_mark_wins() -> None:
    assert own("draft: true\nstatus: published\nprivate: true").visibility is HELD
    assert own("draft: true\nprivate: true").mark == "private"
    assert own("draft: false\npublished: false").mark == "published"


@pytest.mark.parametrize(
    "lines",
    [
        "status: published",
        "status: Featured",
        "status:",
        "status: ''",
        "draft: false",
        "published: true",
        "hidden: 'no'",
        "password:",
        "password: ''",
        "password: false",
        "visibility: public",
        "permalink: /a/b/",
        "render: always",
        "rss: https://a.example/feed",
        "feed: {title: X}",
        "build: {list: always, render: link}",
        "build: 2024",
        "cover: {image: https://a.example/a.png, hidden: true}",
        "toc: {hidden: true}",
        "hide: false",
        "params: {draft: false}",
        "expires: never",
        "expires: false",
        "scheduled: true",
    ],
)
def test_values_that_hold_nothing_back(lines: str) -> None:
    mention = own(lines)
    assert (mention.visibility, mention.mark, mention.embargo, mention.expires) == (PUBLIC, "", None, None)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ("status: Entwurf", "status"),
        ("draft: until May", "draft"),
        ("published: maybe", "published"),
        ("hidden: [a, b]", "hidden"),
        ("hide: [navigation]", "hide"),
        ("params: {private: soon}", "params.private"),
        ("publishDate: soon", "publishDate"),
        ("expiryDate: 31.31.2024", "expiryDate"),
        ("visibility: 7", "visibility"),
        ("publish: whenever", "publish"),
    ],
)
def test_a_value_in_doubt_holds_back_and_is_a_problem(lines: str, field: str) -> None:
    parsed = parse(f"---\ntitle: X\ndate: 2024-01-05\n{lines}\n---\nBody.\n")
    assert parsed.article is not None
    assert parsed.article.own.visibility is HELD
    (problem,) = parsed.problems
    assert problem.field.lower() == field.lower()
    assert problem.line == 4
    assert "held back" in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        '+++\ntitle = "X"\ndate = 2024-01-05\nstatus = "draft"\n+++\nBody.',
        '+++\ntitle = "X"\ndate = 2024-01-05\nunlisted = true\n+++\nBody.',
        '+++\ntitle = "X"\ndate = 2024-01-05\n[build]\nlist = "never"\n+++\nBody.',
        '+++\ntitle = "X"\ndate = 2024-01-05\n[params]\nprivate = true\n+++\nBody.',
        '{"title": "X", "date": "2024-01-05", "publish": false}\nBody.',
        '{"title": "X", "date": "2024-01-05", "_build": {"list": "never"}}\nBody.',
        '{"title": "X", "date": "2024-01-05", "isDraft": "true"}\nBody.',
    ],
)
def test_marks_in_toml_and_json(text: str) -> None:
    article = parse(text).article
    assert article is not None
    assert article.own.visibility is HELD


def test_marks_of_related_records() -> None:
    related = [
        {"title": "A", "webUrl": "https://a.example/", "draft": True},
        {"title": "B", "webUrl": "https://b.example/", "status": "private"},
        {"title": "C", "webUrl": "https://c.example/", "publishDate": "2030-01-01"},
        {"title": "D", "webUrl": "https://d.example/", "expires": "2020-01-01"},
        {"title": "E", "webUrl": "https://e.example/"},
    ]
    article = parse(json.dumps({"title": "X", "date": "2024-01-05", "related": related})).article
    assert article is not None
    assert [mention.visibility for mention in article.mentions] == [PUBLIC, UNPUBLISHED, HELD, PUBLIC, PUBLIC, PUBLIC]
    assert article.mentions[3].appears == moment("2030-01-01")
    assert article.mentions[4].expires == moment("2020-01-01")


class TestTimes:
    @pytest.mark.parametrize("name", ["publishDate", "publish_date", "embargo", "scheduled", "published", "publish-at"])
    def test_an_embargo_decides_when_an_article_appears(self, name: str) -> None:
        mention = own(f"{name}: 2030-02-03T10:00:00Z")
        assert mention.appears == moment("2030-02-03T10:00")
        assert mention.published == moment("2024-01-05"), "the date stays the article's"

    def test_an_embargo_before_the_date(self) -> None:
        mention = parse("---\ntitle: X\ndate: 2030-01-01\npublishDate: 2024-05-01\n---\n").article
        assert mention is not None
        assert (mention.own.appears, mention.own.published) == (moment("2024-05-01"), moment("2024-05-01"))

    def test_the_latest_embargo_and_the_earliest_end_count(self) -> None:
        mention = own("publishDate: 2030-01-01\nembargo: 2031-01-01\nexpires: 2033-01-01\nunpublishDate: 2032-01-01")
        assert mention.embargo == moment("2031-01-01")
        assert mention.expires == moment("2032-01-01")

    @pytest.mark.parametrize(("day", "expected"), [("2024-01-05", None), ("2024-01-04", moment("2024-01-04"))])
    def test_an_embargo_that_names_only_the_day_of_the_date(self, day: str, expected: datetime | None) -> None:
        article = parse(f"---\ntitle: X\ndate: 2024-01-05T10:00:00Z\npublishDate: {day}\n---\n").article
        assert article is not None
        assert (article.own.embargo, article.own.appears) == (expected, expected or moment("2024-01-05T10:00"))

    def test_an_embargo_alone_is_the_date(self) -> None:
        article = parse("---\ntitle: X\npublishDate: 2024-05-01\n---\n").article
        assert article is not None
        assert article.own.published == moment("2024-05-01")

    def test_builds_follow_the_times(self, tmp_path: Path) -> None:
        """An article appears and expires when its time has come: `due` is what `feeds serve` waits for."""
        files = {
            "a.md": "---\ntitle: Comes\ndate: 2024-01-05\npublishDate: 2026-06-02\n---\nBody.",
            "b.md": "---\ntitle: Goes\ndate: 2024-01-05\nexpiryDate: 2026-06-03\n---\nBody.",
            "c.md": "---\ntitle: Gone\ndate: 2024-01-05\nexpires: 2026-01-01\n---\nBody.",
            "d.md": "---\ntitle: Held\ndate: 2024-01-05\nstatus: private\n---\nBody.",
            "e.md": "---\ntitle: Stays\ndate: 2024-01-05\n---\nBody.",
        }
        site = make_site(write_corpus(tmp_path / "c", files), tmp_path, include_unpublished=True)

        def titles(now: datetime) -> tuple[set[str], datetime | None]:
            report = publish.build(site, now)
            counts = report.counts
            assert counts.files == 5 == counts.published + counts.unpublished + counts.future + counts.expired
            feed = json.loads((tmp_path / "public" / "feed.json").read_text())
            return {item["title"] for item in feed["items"]}, report.due

        assert titles(NOW) == ({"Goes", "Stays"}, moment("2026-06-02"))
        assert titles(moment("2026-06-02")) == ({"Comes", "Goes", "Stays"}, moment("2026-06-03"))
        assert titles(datetime(2026, 6, 2, 23, 59, 59, tzinfo=UTC))[0] == {"Comes", "Goes", "Stays"}
        assert titles(moment("2026-06-03")) == ({"Comes", "Stays"}, None)
        report = publish.build(site, moment("2026-06-03"), force=True)
        assert [(it.path, it.state, it.mark, it.due) for it in report.held_back] == [
            ("b.md", "expired", "", moment("2026-06-03")),
            ("c.md", "expired", "", moment("2026-01-01")),
            ("d.md", "unpublished", "status", None),
        ]


_YES = st.sampled_from([True, "true", "Yes", "ON", "1", "y", " true "])
_NO = st.sampled_from([False, "false", "No", "OFF", "0", "n"])
_VALUES: dict[_Rule, st.SearchStrategy[Any]] = {
    _Rule.HOLDS_IF_YES: _YES,
    _Rule.HOLDS_IF_NO: _NO,
    _Rule.HOLDS_IF_CLEAR_NO: _NO,
    _Rule.HOLDS_IF_GIVEN: st.sampled_from(["secret", "x1", 12, ["a"]]),
    _Rule.STATUS: st.sampled_from(["draft", "Private", "HIDDEN", "skip", "pending", "none of yours", ["draft"]]),
    _Rule.ACCESS: st.sampled_from(["private", "Members", "paid", ["hidden"], "none of yours"]),
    _Rule.EMBARGO: st.sampled_from(["2031-01-01", "2031-05-06T10:00:00+02:00", "Jan 5, 2031", "soon"]),
    _Rule.EXPIRY: st.sampled_from(["2021-01-01", "Jan 5, 2021", "some day"]),
}


@st.composite
def held_back_fields(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a field of front matter that holds an article back, in any spelling, and in any container."""
    rule = draw(st.sampled_from(sorted(_VALUES, key=lambda rule: rule.value)))
    name = draw(st.sampled_from(MARKS[rule].split()))
    name = draw(
        st.sampled_from([name, name.lower(), name.upper(), f"_{name}", name[:1] + name[1:].replace("e", "_e", 1)])
    )
    field: dict[str, Any] = {name: draw(_VALUES[rule])}
    container = draw(st.sampled_from([None, "params", "extra", "Meta", "custom"]))
    return {container: field} if container else field


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fields=st.lists(held_back_fields(), min_size=1, max_size=8), form=st.sampled_from(["yaml", "json", "related"]))
def test_nothing_that_is_held_back_leaves_a_byte(
    fields: list[dict[str, Any]], form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither a document nor a page nor another file that is served has the title or the text of such an article."""
    work = tmp_path_factory.mktemp("held")
    files = {"open.md": "---\ntitle: Open\ndate: 2024-01-01\n---\nAn open text.\n"}
    for number, field in enumerate(fields):
        record = {"title": f"UNSEEN{number}", "date": "2024-01-05", **field}
        if form == "related":
            link = {**record, "webUrl": f"https://unseen.example/{number}", "excerpt": "UNSEEN"}
            files[f"{number}.md"] = json.dumps({"title": "Open", "date": "2024-01-05", "related": [link]})
        elif form == "json":
            files[f"{number}.md"] = json.dumps(record) + "\nUNSEEN text.\n"
        else:
            lines = [f"{name}: {json.dumps(value)}" for name, value in record.items()]
            files[f"{number}.md"] = "\n".join(["---", *lines, "---", "UNSEEN text."])
    site = make_site(write_corpus(work / "c", files), work, include_unpublished=True, archives=True)
    report = publish.build(site, NOW)
    assert report.counts.published == (1 + len(fields) if form == "related" else 1)
    served = tree(work / "public") | tree(work / "state" / "objects")
    assert [path for path, data in served.items() if b"unseen" in data.lower()] == []
