"""Authors: names, lists and records become persons; a provider is never named after one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import feedparser
import pytest

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Author, Mention
from feeds.pipeline import publish
from tests.builders import NOW, article, link, make_site, write_corpus


def own(lines: str) -> tuple[Mention, list[str]]:
    text = f"---\ntitle: X\ndate: 2024-01-05\n{lines}\n---\nBody.\n"
    parsed = parse_article("a.md", text.encode(), ReadSettings())
    assert parsed.article is not None
    return parsed.article.own, [f"{it.line} {it.field}" for it in parsed.problems]


ANN, BO = Author("Ann Lee"), Author("Bo Chen")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("author: Ann Lee", (ANN,)),
        ("by: Ann Lee", (ANN,)),
        ("authors: [Ann Lee, Bo Chen]", (ANN, BO)),
        ("author: [Ann Lee, Bo Chen]", (ANN, BO)),
        ("author: Ann Lee, Bo Chen", (ANN, BO)),
        ("author: Ann Lee; Bo Chen", (ANN, BO)),
        ("author: Lee, Ann", (Author("Lee, Ann"),)),
        ("author: Martin King, Jr.", (Author("Martin King, Jr."),)),
        ("authors: ann, bo", (Author("ann"), Author("bo"))),
        ("author: Ann Lee\nauthors: [Bo Chen, Ann Lee]", (BO, ANN)),
        ("author: Ann Lee <ann@a.example>", (Author("Ann Lee", None, "ann@a.example"),)),
        ("author: ann@a.example (Ann Lee)", (Author("Ann Lee", None, "ann@a.example"),)),
        ("author: ann@a.example", (Author("ann", None, "ann@a.example"),)),
        ("author: {name: Ann Lee, url: 'https://ann.example/'}", (Author("Ann Lee", "https://ann.example/"),)),
        ("author:\n- name: Ann Lee\n  email: ann@a.example\n- Bo Chen", (Author("Ann Lee", None, "ann@a.example"), BO)),
        ("author: {given: Ann, family: Lee}", (ANN,)),
        ("author: Tom &amp; Jerry", (Author("Tom & Jerry"),)),
        ("author: <b>Ann Lee</b>", (ANN,)),
        ("author: 1984", (Author("1984"),)),
        ("author:", ()),
    ],
)
def test_authors(lines: str, expected: tuple[Author, ...]) -> None:
    mention, problems = own(lines)
    assert mention.authors == expected
    assert mention.provider is None
    assert problems == []


@pytest.mark.parametrize(
    ("lines", "expected", "problem"),
    [
        ("author: {name: Ann Lee, url: ann.example}", (ANN,), "4 author.url"),
        ("author: {name: Ann Lee, email: nobody}", (ANN,), "4 author.email"),
        ("authors:\n- [nested]\n- Bo Chen", (BO,), "4 authors"),
        ("author: {url: 'https://ann.example/'}", (), "4 author"),
    ],
)
def test_what_is_no_author_is_a_problem(lines: str, expected: tuple[Author, ...], problem: str) -> None:
    mention, problems = own(lines)
    assert (mention.authors, problems) == (expected, [problem])


def test_authors_in_every_format(tmp_path: Path) -> None:
    """Several persons, a foreign page without one, and an article of the site without one."""
    files = {
        "a.md": article(
            "Two",
            "2024-01-03",
            url="https://site.example/a",
            author=["Ann Lee", {"name": "Bo", "url": "https://b.example/"}],
        ),
        "b.md": article(
            "Own", "2024-01-02", url=None, related=[link("https://news.example/1", "Foreign", "2024-01-01")]
        ),
    }
    publish.build(make_site(write_corpus(tmp_path / "c", files), tmp_path), NOW)
    public = tmp_path / "public"
    atom = feedparser.parse((public / "feed.atom").read_bytes())
    rss = feedparser.parse((public / "feed.rss").read_bytes())
    document = json.loads((public / "feed.json").read_bytes())
    expected = {"Two": ["Ann Lee", "Bo"], "Own": [], "Foreign": ["news.example"]}
    of_atom = {entry.title: [author.name for author in entry.get("authors", [])] for entry in atom.entries}
    assert of_atom == expected
    assert {item["title"]: [it["name"] for it in item.get("authors", [])] for item in document["items"]} == expected
    assert document["authors"] == [{"name": "Test Site", "url": "https://example.org/"}]
    assert atom.feed.author_detail.name == "Test Site"
    text = (public / "feed.rss").read_text()
    assert [text.count(f"<dc:creator>{name}</dc:creator>") for name in ("Ann Lee", "Bo", "news.example")] == [1, 1, 1]
    assert text.count("<dc:creator>") == 3
    assert "https://b.example/" in (public / "feed.atom").read_text()
    page = (public / "index.html").read_text()
    assert re.sub("<[^>]*>", "", page).count("site.example, Ann Lee, Bo") == 1
    assert rss.entries


def test_a_provider_is_not_named_after_an_author(tmp_path: Path) -> None:
    """The feed of a site keeps its name, whoever writes most."""
    files = {
        f"{number}.md": article(str(number), url=f"https://site.example/{number}", author=name)
        for number, name in enumerate(["Ann Lee", "Bo Chen", "Bo Chen"])
    }
    publish.build(make_site(write_corpus(tmp_path / "c", files), tmp_path), NOW)
    feed = json.loads((tmp_path / "public" / "providers" / "site.example" / "feed.json").read_bytes())
    assert feed["title"] == "From site.example – Test Site"
