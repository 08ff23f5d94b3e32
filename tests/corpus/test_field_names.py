"""Names of fields: those of many tools, in many spellings; lists that are joined, mistakes that are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.corpus.article import parse_article
from feeds.corpus.field_names import FIELD_NAMES
from feeds.corpus.fields import resolve_address
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Mention, Parsed, Severity
from feeds.pipeline import publish
from tests.builders import NOW, make_site, moment, write_corpus


def parse(lines: str, body: str = "Body.") -> Parsed:
    return parse_article("a.md", f"---\n{lines}\n---\n{body}\n".encode(), ReadSettings())


def own(lines: str, body: str = "Body.") -> Mention:
    parsed = parse(f"title: X\ndate: 2024-01-05\n{lines}", body)
    assert parsed.article is not None, parsed.problems
    return parsed.article.own


@pytest.mark.parametrize(
    "name", ["pub_date", "PubDate", "pub-date", "published_at", "publishedAt", "date-published", "created_at"]
)
def test_spellings_of_a_date(name: str) -> None:
    article = parse(f"title: X\n{name}: 2024-01-05").article
    assert article is not None
    assert article.own.published == moment("2024-01-05")


@pytest.mark.parametrize(
    "lines",
    [
        *("updatedDate: 2024-02-03", "last_modified_at: 2024-02-03", "modDatetime: 2024-02-03", "lastmod: 2024-02-03"),
        *("last_update: {date: 2024-02-03, author: X}", "last_update:\n  date: 2024-02-03", "UPDATED_AT: 2024-02-03"),
    ],
)
def test_names_of_the_last_change(lines: str) -> None:
    assert own(lines).updated == moment("2024-02-03")


@pytest.mark.parametrize(
    "lines",
    [
        *(
            "heroImage: https://a.example/i.png",
            "ogImage: https://a.example/i.png",
            "thumbnail: https://a.example/i.png",
        ),
        *("featured_image: https://a.example/i.png", "image: {path: 'https://a.example/i.png', alt: x}"),
        *("header:\n  teaser: https://a.example/i.png", "header:\n  overlay_image: https://a.example/i.png"),
        *("cover:\n  image: https://a.example/i.png\n  hidden: false", "images: ['https://a.example/i.png']"),
    ],
)
def test_names_of_a_picture(lines: str) -> None:
    image = own(lines).image
    assert image is not None
    assert image.url == "https://a.example/i.png"


@pytest.mark.parametrize("name", ["teaser", "subtitle", "deck", "description", "Summary"])
def test_names_of_an_excerpt(name: str) -> None:
    assert own(f"{name}: Said shortly").excerpt == "Said shortly"


def test_two_names_for_one_list_are_joined() -> None:
    mention = own("category: one\ncategories: [two, three]\ntopics: [t1]\ntags: [t2, t1]\ntag: t3")
    assert mention.categories == ("one", "two", "three")
    assert mention.topics == ("t1", "t2", "t3")


def test_two_names_for_one_value_are_a_notice() -> None:
    parsed = parse("title: X\ndate: 2024-01-05\ncreated: 2023-12-01\nexcerpt: One\ndescription: Two\nsummary: One")
    assert parsed.article is not None
    assert parsed.article.own.excerpt == "One"
    assert [(it.line, it.field, it.severity) for it in parsed.problems] == [
        (6, "description", Severity.NOTICE),
        (4, "created", Severity.NOTICE),
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("tittle", "title"), ("topcis", "topics"), ("tag_s", None), ("categry", "category"), ("excerp", "excerpt")),
        *(("descripton", "description"), ("lastmode", "lastmod"), ("publised", "published"), ("drafts", "draft")),
        *(("weight", None), ("layout", None), ("slug", None), ("titles", "title"), ("quantity", None), ("abc", None)),
        *(("imagee", "images"), ("authr", "author"), ("toc", None), ("my_own_field", None)),
    ],
)
def test_a_name_that_is_one_letter_away(name: str, meant: str | None) -> None:
    parsed = parse(f"title: X\ndate: 2024-01-05\n{name}: y")
    notices = [it for it in parsed.problems if it.severity is Severity.NOTICE]
    assert [f"did you mean {meant}?" in it.reason for it in notices] == ([True] if meant else [])
    assert all(it.line == 4 for it in notices)


def test_a_lost_title_is_explained_by_its_spelling() -> None:
    parsed = parse("tittle: Typo\ndate: 2024-01-02")
    assert [(it.severity, it.line) for it in parsed.problems] == [(Severity.NOTICE, 2), (Severity.ERROR, 1)]


def test_fields_that_are_not_used_are_named_once(tmp_path: Path) -> None:
    files = {
        f"{number}.md": f"---\ntitle: {number}\ndate: 2024-01-05\nlayout: post\n{more}\n---\n"
        for number, more in enumerate(["x: y", "weight: 3", "weight: 4"])
    }
    corpus = write_corpus(tmp_path / "c", files)
    site = make_site(corpus, tmp_path)
    assert publish.build(site, NOW).notes[-1] == "fields that are not used: layout (3 files), weight (2 files)"
    (corpus / "2.md").unlink()
    write_corpus(corpus, {"1.md": "---\ntitle: 1\ndate: 2024-01-05\nlayout: post\n---\n"})
    assert publish.build(site, NOW).notes == ("fields that are not used: layout (2 files)",)


@pytest.mark.parametrize(
    ("written", "relative", "resolved"),
    [
        ("/img/a.png", "/img/a.png", "https://b.example/img/a.png"),
        ("a b.png", "a%20b.png", "https://b.example/p/a%20b.png"),
        ("../a.png", "../a.png", "https://b.example/a.png"),
        ("//h.example/x", "https://h.example/x", "https://h.example/x"),
        ("https://a.example/b", "https://a.example/b", "https://a.example/b"),
        ("javascript:alert(1)", None, None),
        ("mailto:a@b.example", None, None),
        ("http://[x", None, None),
    ],
)
def test_relative_addresses(written: str, relative: str | None, resolved: str | None) -> None:
    assert resolve_address(written, None) == relative
    assert resolve_address(written, "https://b.example/p/") == resolved


def test_a_relative_picture_of_an_article_without_a_page(tmp_path: Path) -> None:
    text = "---\ntitle: A\ndate: 2024-02-01\nimage: /img/a.png\n---\n![r](/img/b.png)\n"
    publish.build(make_site(write_corpus(tmp_path / "c", {"a.md": text}), tmp_path), NOW)
    feed = (tmp_path / "public" / "feed.atom").read_text()
    assert 'href="https://example.org/img/a.png" rel="enclosure"' in feed
    assert "https://example.org/img/b.png" in feed


@pytest.mark.parametrize(
    ("lines", "body", "expected"),
    [
        ("x: y", "One.\n\nTwo.\n\n<!--more-->\n\nThree.", "One. Two."),
        ("x: y", "One.\n\nTwo.\n\n<!-- more -->\n\nThree.", "One. Two."),
        ("x: y", "One.\n\n<!-- excerpt -->\n\nTwo.", "One."),
        ("excerpt_separator: <!--cut-->", "One.\n\nTwo.\n<!--cut-->\n\nThree.", "One. Two."),
        ("excerpt: Its own", "One.\n\n<!--more-->\n\nTwo.", "Its own"),
        ("x: y", "<!--more-->\n\nOne.\n\nTwo.", "One."),
        ("x: y", "One.\n\nTwo.", "One."),
    ],
)
def test_the_mark_that_ends_an_excerpt(lines: str, body: str, expected: str) -> None:
    mention = own(lines, body)
    assert mention.excerpt == expected
    assert "more" not in mention.content


def test_no_name_is_that_of_two_fields() -> None:
    names = [name for names in FIELD_NAMES.values() for name in names]
    assert len(names) == len(set(names))
