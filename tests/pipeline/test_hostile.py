"""One hostile file beside a good one: the good one is published, every document is well-formed, nothing leaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from feeds.model import Mention, Problem
from feeds.pipeline import publish
from feeds.pipeline.publish import Report
from feeds.rules.grouping import merge_keys
from tests.builders import NOW, article, link, make_site, tree, write_corpus

SECRET = "S3CRETBLOB"


def publish_beside_a_good_one(tmp_path: Path, content: str | bytes, path: str = "2024-01-01-hostile.md") -> Report:
    """Build, and hold what must hold whatever the file is."""
    corpus = write_corpus(
        tmp_path / "corpus", {"good.md": article("A good one", url="https://good.example/"), path: content}
    )
    report = publish.build(make_site(corpus, tmp_path), NOW)
    counts = report.counts
    assert counts.files == 2 == counts.published + counts.unpublished + counts.future + counts.problems
    found = tree(tmp_path / "public")
    for name, body in found.items():
        if name.endswith((".atom", ".rss")):
            etree.fromstring(body)
        assert SECRET.encode() not in body, name
    for name, body in tree(tmp_path / "state").items():
        assert SECRET.encode() not in body, name
    assert all(SECRET not in str(problem) for problem in report.problems)
    titles = [entry.title for entry in feedparser.parse(found["feed.atom"]).entries]
    assert "A good one" in titles
    return report


def problem_of(report: Report) -> Problem:
    (problem,) = report.problems
    return problem


PUBLISHED = {
    "character references in a body": article(body="<p>a&#1;b &#xFFFE; <b title='&#2;'>x</b></p>"),
    "huge numbers": article(quality=9223372036854775808, heat=1e308),
    "a host that is no address": article(url="http://256.256.256.256/x", body="[x](/y)"),
    "broken punycode": article(url="http://xn--a.example/x", body="[x](/y)"),
    "a host that is too long": article(related=[link(f"https://{'a' * 300}.example/x")]),
    "slugs made to collide": article(topics=["c", "c!", "c d30b2751", "c  d30b2751"]),
    "markup and ends of sections": article("<b>&amp;]]>&#39;</b> \u202eright to left\u202c 🚀"),
    "a very long title": article("x" * 10_000),
    "blank lines and dashes": article(body="\n" * 30_000 + "- - -\n" * 10_000),
    "a sentence that begins with the word": article(body="Secured: three contracts."),
    "a long heading": "# " + "a" + " " * 60_000 + "b\n\n2022-05-26\n\nText.\n",
    "merge keys": "---\ntitle: T\ndate: 2022-05-26\na: &a {x: 1}\n<<: *a\n---\n",
    "a lone surrogate": '{"title": "x\\ud800", "date": "2024-01-01", "webUrl": "https://e.example/\\ud800"}',
    "many warnings": article(related=[{"webUrl": f"https://x.example/{number}"} for number in range(2000)]),
    "path characters in a topic": article(topics=["../../etc/passwd", ".", "..", "/", "\\", "C#", "x" * 300]),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_all_the_same(name: str, tmp_path: Path) -> None:
    assert publish_beside_a_good_one(tmp_path, PUBLISHED[name]).counts.published == 2


LOST = {
    "an unknown boolean": "---\ntitle: T\ndate: 2022-05-26\nflag: !!bool maybe\n---\n",
    "an impossible timestamp": "---\ntitle: T\ndate: !!timestamp tomorrow\n---\n",
    "an empty integer": '---\ntitle: T\ndate: 2022-05-26\nquality: !!int ""\n---\n',
    "deep flow": f"---\nx: {'[' * 100_000}{']' * 100_000}\n---\n",
    "deep maps": f"---\nx: {'{a: ' * 50_000}\n---\n",
    "deep lists with more space": f"---\nt:\n  {'-  ' * 100_000}x\n---\n",
    "deep lists": f"---\n{'- ' * 50_000}x\n---\n",
    "a huge TOML number": f"+++\nx = {'9' * 5000}\n+++\n",
    "a tag": f"---\ntitle: T\ndate: 2022-05-26\nsecured: !{SECRET} x\n---\n",
    "an alias": f"---\ntitle: T\ndate: 2022-05-26\nsecured: *{SECRET}\n---\n",
    "a comment before the front matter": f"# c\n---\ntitle: T\nsecured: {SECRET}\n---\n",
    "words after the opening line": f"--- # x\ntitle: T\nsecured: {SECRET}\n---\n",
    "JSON without quotes": f'{{title: \'x\', "secured": "{SECRET}"}}\n',
    "a private field in the body": article(body=f"secured: {SECRET}"),
    "larger than an article": "x" * 4_000_001,
}


@pytest.mark.parametrize("name", LOST)
def test_lost_with_a_reason(name: str, tmp_path: Path) -> None:
    report = publish_beside_a_good_one(tmp_path, LOST[name])
    assert report.counts.problems == 1
    assert problem_of(report).line >= 1


@pytest.mark.parametrize("before", ["\ufeff\ufeff", "\u200b", "\n\n"])
def test_invisible_characters_before_the_front_matter(before: str, tmp_path: Path) -> None:
    content = before + article("Hostile", url="https://h.example/", secured=SECRET)
    assert publish_beside_a_good_one(tmp_path, content).counts.published == 2


def test_secured_is_nowhere(tmp_path: Path) -> None:
    related = [link("https://r.example/", secured=SECRET)]
    content = article(url="https://h.example/", secured=SECRET, related=related, body="Text.")
    assert publish_beside_a_good_one(tmp_path, content).counts.published == 2


def test_no_credentials_leave(tmp_path: Path) -> None:
    content = article(
        url="https://user:hunter2@h.example/",
        id="https://user:hunter2@h.example/id",
        images=["https://user:hunter2@h.example/i.png"],
        body="""[x](https://user:hunter2@h.example/y) ![y](//user:hunter2@h.example/i.png)
<a href="https://user:hunter2&#64;h.example/">1</a> <a href="https:&#47;&#47;user:hunter2@h.example/">2</a>
<a href="https:\\\\user:hunter2@h.example/">3</a> <a href="https:user:hunter2@h.example/">4</a>
<blockquote cite="https://user:hunter2@h.example/">5</blockquote>
""",
    )
    publish_beside_a_good_one(tmp_path, content)
    assert all(b"hunter2" not in body for body in tree(tmp_path).values() if not body.startswith(b"---"))


@pytest.mark.parametrize("fields", [{"draft": "Ja"}, {"draft": ["true"]}, {"published": "never"}, {"published": "n"}])
def test_a_doubtful_published_mark_holds_an_article_back(fields: dict[str, Any], tmp_path: Path) -> None:
    report = publish_beside_a_good_one(tmp_path, article("Not yet", url="https://h.example/", **fields))
    assert report.counts.unpublished == 1
    assert [each.path for each in report.held_back] == ["2024-01-01-hostile.md"]


def test_markup_in_an_excerpt_is_no_text(tmp_path: Path) -> None:
    publish_beside_a_good_one(
        tmp_path, article(url="https://h.example/", description="A short <em>desc</em> &amp; 1 < 2")
    )
    assert b"<description>A short desc &amp;amp; 1 &amp;lt; 2" not in (tmp_path / "public" / "feed.rss").read_bytes()
    assert b"<description>A short desc &amp; 1 &lt; 2</description>" in (tmp_path / "public" / "feed.rss").read_bytes()


def test_two_articles_with_one_id_are_one_entry(tmp_path: Path) -> None:
    publish_beside_a_good_one(tmp_path / "one", article(url=None), "page-less.md")
    generated = next(
        entry.id
        for entry in feedparser.parse((tmp_path / "one" / "public" / "feed.atom").read_bytes()).entries
        if entry.id.startswith("urn:")
    )
    corpus = write_corpus(
        tmp_path / "corpus",
        {"page-less.md": article(url=None), "copy.md": article(url="https://c.example/", id=generated)},
    )
    report = publish.build(make_site(corpus, tmp_path), NOW)
    assert (report.counts.published, report.entries) == (2, 1)


def test_an_image_without_an_address_is_no_image(tmp_path: Path) -> None:
    publish_beside_a_good_one(tmp_path, article(url="https://h.example/", cover={"image": "", "alt": ""}))
    assert b"enclosure" not in (tmp_path / "public" / "feed.atom").read_bytes()


def test_hosts_go_where_browsers_go(tmp_path: Path) -> None:
    publish_beside_a_good_one(tmp_path, article(url="https://straße.example/x"))
    assert b"https://xn--strae-oqa.example/x" in (tmp_path / "public" / "feed.atom").read_bytes()


def test_every_warning_names_its_place(tmp_path: Path) -> None:
    report = publish_beside_a_good_one(tmp_path, article(related=[{"webUrl": "https://x.example/"}]))
    problem = problem_of(report)
    assert (problem.line, problem.field) == (5, "related[1].title")
    assert json.dumps(problem.path)


def test_half_a_character_in_a_name_of_a_field(tmp_path: Path) -> None:
    """JSON can write a surrogate without its other half. No database, no feed and no terminal can."""
    report = publish_beside_a_good_one(
        tmp_path, '{"title": "A \\ud800", "date": "2024-01-01", "dr\\ud800aft": true, "\\udfffx": 1}\n\nText\n'
    )
    assert [(held.mark, held.state) for held in report.held_back] == [("draft", "unpublished")]
    assert all(problem.field.isprintable() for problem in report.problems)


def test_an_article_that_can_not_be_recorded_is_lost_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(mention: Mention) -> tuple[str, ...]:
        if mention.title == "Breaks":
            raise OverflowError
        return merge_keys(mention)

    monkeypatch.setattr("feeds.catalogue.recording.merge_keys", keys)
    report = publish_beside_a_good_one(tmp_path, "---\ntitle: Breaks\ndate: 2024-01-01\n---\n")
    assert [problem.reason for problem in report.problems] == ["it can't be understood (OverflowError)"]
