"""Articles as other people write them: the right values in all formats and on the page, as other programs read them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import pytest

from feeds.pipeline import publish
from tests.builders import NOW, make_site, write_corpus


class Case(NamedTuple):
    """Lines of front matter, a body, and what a reader gets of them; None for what is not compared."""

    lines: str
    body: str = "Body."
    date: str | None = None
    title: str | None = None
    summary: str | None = None
    tags: list[str] | None = None
    authors: list[str] | None = None
    image: str | None = None
    has: str | None = None
    lacks: str | None = None


def dated(lines: str, date: str) -> Case:
    return Case(f"date: {lines}", date=date)


def bodied(body: str, has: str, lacks: str | None = None) -> Case:
    return Case("date: 2024-01-05", body, has=has, lacks=lacks)


CASES = [
    # offsets as people write them
    dated("Fri Jul 05 2024 10:11:00 GMT+0200 (Central European Summer Time)", "2024-07-05T08:11:00Z"),
    dated("'2024-07-05 10:11 UTC+02:00'", "2024-07-05T08:11:00Z"),
    dated("'2024-07-05 10:11 GMT-5'", "2024-07-05T15:11:00Z"),
    dated("Fri, 05 Jul 2024 10:11:00 GMT+0530", "2024-07-05T04:41:00Z"),
    dated("2024-07-05T10:11:00+02:00", "2024-07-05T08:11:00Z"),
    # dates with dots, and the names of months in other languages
    dated("03.04.2024", "2024-04-03T00:00:00Z"),
    dated("13.04.2024 10:30", "2024-04-13T10:30:00Z"),
    dated("2024.04.03", "2024-04-03T00:00:00Z"),
    dated("5. März 2024", "2024-03-05T00:00:00Z"),
    dated("2 de mayo de 2024", "2024-05-02T00:00:00Z"),
    # pictures that a script would load
    bodied(
        '<img src="/s.gif" data-src="/real.jpg" class="lazy"><noscript><img src="/real.jpg"></noscript>',
        "/real.jpg",
        "s.gif",
    ),
    bodied('<img data-lazy-src="/real2.jpg" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "/real2.jpg", "data:"),
    bodied('<img srcset="/a.png 1x, /b.png 2x" alt="q">', "/b.png"),
    bodied('<picture><source srcset="/c.webp 1x"><img alt="p"></picture>', "/c.webp"),
    bodied("<noscript>Words for <b>all</b></noscript>", "Words for <b>all</b>", "&lt;b"),
    # what feeds can't carry
    bodied('<iframe src="https://video.example/e/1" title="A talk"></iframe>', ">A talk</a>", "<iframe"),
    bodied('<video src="/v.mp4" poster="/p.jpg"></video>', "/p.jpg", "<video"),
    bodied('<audio><source src="/s.ogg"></audio>', "Audio: s.ogg", "<audio"),
    bodied('<object data="https://o.example/d.pdf"></object>', "https://o.example/d.pdf", "<object"),
    bodied('<embed src="https://o.example/e.swf">', "https://o.example/e.swf", "<embed"),
    # mathematics
    bodied("So <math><msup><mi>e</mi><mi>x</mi></msup></math>.", "<msup><mi>e</mi><mi>x</mi></msup>"),
    bodied('<script type="math/tex">x^2</script>', "x^2", "<script"),
    bodied("<math><semantics><mi>y</mi><annotation>SOURCE</annotation></semantics></math>", "<mi>y</mi>", "SOURCE"),
    # texts
    Case('title: "It&#8217;s &amp; now"\ndate: 2024-01-05', title="It’s & now"),
    Case(
        "excerpt: 'Vec<T> is <em>fast</em>, Box<dyn E> is not'\ndate: 2024-01-05",
        summary="Vec<T> is fast, Box<dyn E> is not",
    ),
    Case("excerpt: 'the <template> element and more'\ndate: 2024-01-05", summary="the <template> element and more"),
    Case("excerpt: 'here [&hellip;]'\ndate: 2024-01-05", summary="here […]"),
    Case('title: "It\x92s \x93old\x94"\ndate: 2024-01-05', title="It’s “old”"),
    bodied("<https://user:SECRETPW@a.example/x>", "https://a.example/x", "SECRETPW"),
    # names of fields
    Case("date: 2024-01-05\ntopics: [t1]\ntags: [t2]\ntag: t3", tags=["t1", "t2", "t3"]),
    Case("date: 2024-01-05\ntags: [1.10, 3.10]", tags=["1.10", "3.10"]),
    Case("published_at: 2024-01-06", date="2024-01-06T00:00:00Z"),
    Case("date: 2024-01-05\nheroImage: /img/h.png", image="https://site.example/img/h.png"),
    Case("date: 2024-01-05\nthumbnail: t.png", image="https://site.example/p/t.png"),
    Case("date: 2024-01-05\nteaser: Said shortly", summary="Said shortly"),
    # authors
    Case("date: 2024-01-05\nauthors: [Ann Lee, Bo Chen]", authors=["Ann Lee", "Bo Chen"]),
    Case("date: 2024-01-05\nauthor: Ann Lee, Bo Chen", authors=["Ann Lee", "Bo Chen"]),
    Case("date: 2024-01-05\nby: Ann Lee", authors=["Ann Lee"]),
    Case("date: 2024-01-05\nauthor:\n- name: Ann Lee\n  url: https://ann.example/", authors=["Ann Lee"]),
    Case("date: 2024-01-05", authors=["site.example"]),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Publish all cases on one site, and return its feeds as other programs read them."""
    work = tmp_path_factory.mktemp("others")
    files = {}
    for number, case in enumerate(CASES):
        title = "" if case.title else f"title: Case {number}\n"
        files[f"{number}.md"] = f"---\n{title}{case.lines}\nlink: https://site.example/p/{number}\n---\n{case.body}\n"
    site = make_site(write_corpus(work / "c", files), work, limit=len(CASES))
    assert publish.build(site, NOW).counts.published == len(CASES)
    return read(work / "public")


def read(public: Path) -> dict[str, Any]:
    parsed = {
        name: feedparser.parse((public / name).read_bytes(), sanitize_html=False, resolve_relative_uris=False)
        for name in ("feed.atom", "feed.rss")
    }
    assert not any(feed.bozo for feed in parsed.values())
    return {
        **{name: {entry.link: entry for entry in feed.entries} for name, feed in parsed.items()},
        "feed.json": {item["url"]: item for item in json.loads((public / "feed.json").read_bytes())["items"]},
        "page": (public / "providers" / "site.example" / "index.html").read_text(),
    }


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_right_values_in_every_format(number: int, published: dict[str, Any]) -> None:
    case, url = CASES[number], f"https://site.example/p/{number}"
    atom, rss, item = (published[name][url] for name in ("feed.atom", "feed.rss", "feed.json"))
    (on_page,) = re.findall(rf'<article>(?:(?!</article>).)*?href="{url}".*?</article>', published["page"], re.DOTALL)
    if case.date:
        assert (atom.published, item["date_published"]) == (case.date, case.date)
        assert rss.published_parsed == atom.published_parsed
        before, _, _ = published["page"].partition(on_page)
        assert re.findall(r'<h2 class="day"><time datetime="(.*?)">', before)[-1] == case.date[:10]
    if case.title:
        assert atom.title == rss.title == item["title"] == case.title
        assert case.title.replace("&", "&amp;") in on_page
    if case.summary:
        assert atom.summary == rss.summary == item["summary"] == case.summary
        assert case.summary.replace("<", "&lt;").replace(">", "&gt;") in on_page
    if case.tags:
        assert [tag.term for tag in atom.tags] == [tag.term for tag in rss.tags] == item["tags"] == case.tags
    if case.authors:
        assert (
            [author.name for author in atom.authors] == [author["name"] for author in item["authors"]] == case.authors
        )
        assert set(case.authors) >= {author.name for author in rss.authors if author}
        assert all(name in on_page for name in case.authors)
    if case.image:
        assert item["image"] == case.image
        assert case.image in {link.href for link in atom.links} & {media["url"] for media in rss.media_content}
    for content in (
        atom.content[0].value,
        rss.content[0].value if "content" in rss else rss.summary,
        item["content_html"],
    ):
        assert case.has is None or case.has in content
        assert case.lacks is None or case.lacks not in content
    assert case.lacks is None or case.lacks not in on_page


def test_a_page_has_the_time_of_the_site_and_none_where_the_article_has_none(tmp_path: Path) -> None:
    files = {
        "a.md": "---\ntitle: A\ndate: 2024-01-05T23:30:00Z\n---\nBody.",
        "b.md": "---\ntitle: B\ndate: 2024-01-02\n---\nBody.",
    }
    publish.build(make_site(write_corpus(tmp_path / "c", files), tmp_path, timezone="Asia/Tokyo"), NOW)
    page = (tmp_path / "public" / "index.html").read_text()
    assert '<time datetime="2024-01-06">6 January 2024</time>' in page
    assert '<time datetime="2024-01-05T23:30:00Z">8:30\u202fam</time>' in page
    assert '<time datetime="2024-01-02">2 January 2024</time>' in page
    assert page.count("<time") == 3, "an article without a time shows none"
