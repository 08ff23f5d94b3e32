"""The pages: what is on them, where their links lead, and what they load."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from lxml import etree

from feeds.model import Entry, Feed, FeedLink, Image, Kind, Link
from feeds.pipeline import publish
from feeds.render import page, site_pages
from feeds.render.wording import wording_of
from feeds.rules.neighbours import neighbours_of
from feeds.rules.pace import Pace, Period, pace_of
from tests.builders import NOW, article, link, make_entry, make_feed, make_head, make_site, moment, tree, write_corpus
from tests.paths import SEEDS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the static tree of the sample corpus, with an article that has no web page."""
    folder = tmp_path_factory.mktemp("site")
    corpus = write_corpus(folder / "corpus", {path.name: path.read_bytes() for path in SEEDS.glob("[!.]*.*")})
    publish.build(make_site(corpus, folder, include_unpublished=True), NOW)
    return tree(folder / "public")


def pages(site: Mapping[str, bytes]) -> dict[str, etree._Element]:
    """Return the pages of a static tree, by their addresses."""
    found = {path: etree.HTML(body) for path, body in site.items() if path.endswith("index.html")}
    assert len(found) > 30
    return found


def text_of(element: etree._Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def test_all_links_within_the_site_lead_to_a_document(site: dict[str, bytes]) -> None:
    count = 0
    for path, root in pages(site).items():
        for element in root.iter("a", "link", "script", "img"):
            address = element.get("href") or element.get("src") or ""
            if urlsplit(address).scheme:
                continue
            plain, fragment = urldefrag(address)
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(plain)))
            if plain.endswith("/") or target == ".":
                target = posixpath.normpath(posixpath.join(target, "index.html"))
            target = path if not plain else target
            assert target in site, f"{path}: {address}"
            assert not fragment or root.find(f".//*[@id='{fragment}']") is not None
            count += 1
    assert count > 500


def test_no_page_has_a_script_or_a_style_of_its_own(site: dict[str, bytes]) -> None:
    for path, root in pages(site).items():
        scripts = [element for element in root.iter("script") if element.get("type") != "application/ld+json"]
        assert [element.get("src") for element in scripts] == ["../" * path.count("/") + "static/page.js"]
        assert not list(root.iter("style"))
        assert not [name for element in root.iter() for name in element.attrib if name == "style" or name[:2] == "on"]


def test_no_page_loads_anything_from_another_host_but_pictures(site: dict[str, bytes]) -> None:
    for root in pages(site).values():
        policy = root.find(".//meta[@http-equiv='Content-Security-Policy']")
        assert policy is not None
        assert "default-src 'none'" in (policy.get("content") or "")
        for element in root.iter("img"):
            assert (element.get("loading"), element.get("referrerpolicy"), element.get("alt")) == (
                "lazy",
                "no-referrer",
                "",
            )
        assert not list(root.iter("iframe", "object", "embed"))


def test_headings_are_in_order(site: dict[str, bytes]) -> None:
    for path, root in pages(site).items():
        levels = [int(str(element.tag)[1]) for element in root.iter("h1", "h2", "h3")]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), path


def test_a_topic_page(site: dict[str, bytes]) -> None:
    root = pages(site)["topics/ai/index.html"]
    assert text_of(root.find(".//h1")) == "AI"
    kind, facts = map(text_of, root.findall(".//div[@class='intro']/p[@class='quiet']"))
    assert kind == "Topics"
    assert re.fullmatch(r"\d+ entries, about \d+ a day", facts)
    days = [element.get("datetime") or "" for element in root.iterfind(".//h2/time")]
    assert days == sorted(set(days), reverse=True)
    first = root.find(".//article")
    assert first is not None
    assert first.find("img") is not None
    assert "../../topics/microsoft-ai/" in [element.get("href") for element in first.iterfind("ul[@class='tags']//a")]
    assert text_of(first.find("details/summary")).startswith("Mentioned by ")
    near = [text_of(element) for element in root.iterfind(".//aside//a")]
    assert near[0] == "Microsoft AI"
    assert "AI" not in near


def test_how_to_follow_a_feed() -> None:
    head = make_head(readers=(("One", "https://one.example/?u={feed}"), ("Two", "feed:{address}")))
    panel = page.follow_panel(head)
    assert panel.address == "https://example.org/topics/ai/feed.atom"
    assert panel.readers == [
        ("One", "https://one.example/?u=https%3A%2F%2Fexample.org%2Ftopics%2Fai%2Ffeed.atom"),
        ("Two", "feed:https://example.org/topics/ai/feed.atom"),
    ]
    root = etree.HTML(page.render_feed(head, []))
    assert text_of(root.find(".//p[@class='address']/code")) == panel.address
    assert [element.get("href") for element in root.iterfind(".//link[@rel='alternate']")] == [
        "feed.atom",
        "feed.rss",
        "feed.json",
    ]


def test_a_feed_that_has_ended_offers_nothing_to_follow() -> None:
    head = make_head(make_feed(ended=NOW, count=0, newest=None))
    document = page.render_feed(head, [b"<article>It has ended.</article>"]).decode()
    assert "It has ended." in document
    assert "<details" not in document
    assert "alternate" not in document


def test_a_page_says_how_much_of_a_feed_it_shows() -> None:
    head = make_head(make_feed(count=1200, displayed=50, oldest=moment("2021-01-01"), activity=(1,) * 12))
    assert page.feed_facts(head) == ("1,200 entries, the newest 50 are shown, about one a month")


def test_pictures_of_other_hosts_can_be_left_out() -> None:
    entry = make_entry(image=Image("https://b.example/p.png", 10, 20))
    assert b'<img src="https://b.example/p.png" alt="" width="10" height="20"' in page.render_entry(
        entry, make_head().site
    )
    head = make_head(remote_images=False)
    assert b"<img" not in page.render_entry(entry, head.site)
    assert "img-src &#39;self&#39; data:;" in page.render_feed(head, []).decode()


def story(name: str, related: str = "", count: int = 0) -> Entry:
    links = tuple(Link(other, f"https://a.example/{other}", other) for other in [*related, *map(str, range(count))])
    return make_entry(f"https://a.example/{name}", id=name, related=links)


def grouped(*articles: Entry) -> list[str]:
    return [f"{it.entry.id}:{''.join(link.id for link in it.related)}" for it in site_pages.stories_of(articles)]


def test_related_pages_stand_below_the_first_article_that_calls_them_related() -> None:
    assert grouped(story("a", "xyb"), story("b", "ayz"), story("c", count=9), story("d", "2345")) == [
        "a:xy",
        "b:z",
        "c:012",
        "d:345",
    ]


def test_the_first_page_has_stories_and_then_headlines() -> None:
    articles = [story(f"n{number}", count=3) for number in range(site_pages.WHOLE_STORIES + 1)]
    root = etree.HTML(site_pages.render_home(make_head(make_feed(Kind.ALL, "")), articles))
    found = list(root.iter("article"))
    assert len(found) == len(articles)
    assert [len(list(each)) > 2 for each in found[:1]] == [True]
    assert [str(each.tag) for each in found[-1]] == ["h3", "p"]


def test_the_first_page_follows_articles_that_no_feed_shows_any_more(tmp_path: Path) -> None:
    """The newest entries may all be related pages; the newest articles are older than these."""
    newer = [link(f"https://a.example/{number}", date="2024-01-01") for number in range(3)]
    other = article("Other", "2020-01-02", url="https://z.example/", related=newer)
    corpus = write_corpus(tmp_path / "c", {"a.md": article("One", "2020-01-01"), "z.md": other})
    site, home = make_site(corpus, tmp_path, limit=2), tmp_path / "public" / "index.html"
    publish.build(site, NOW)
    for title, day in (("Two", "2020-01-01"), ("Two", "2019-01-01"), ("Three", "2019-01-01")):
        write_corpus(corpus, {"a.md": article(title, day)})
        publish.build(site, NOW)
        assert f">{title}</a>" in home.read_text()
        fresh = make_site(corpus, tmp_path / f"{title}-{day}", limit=2, previous=str(tmp_path / "public"))
        publish.build(fresh, NOW)
        assert tree(fresh.output_path or Path()) == tree(tmp_path / "public")


def test_the_first_page(site: dict[str, bytes]) -> None:
    root = pages(site)["index.html"]
    titles = [text_of(element) for element in root.iterfind(".//main//h3")]
    listed = [text_of(element) for element in root.iterfind(".//main//div[@class='more']/ul[@class='links']//a")]
    assert len(titles) > 10
    assert len(listed) > 5
    assert len(set(titles)) == len(titles)
    assert len(set(listed)) == len(listed)
    assert not set(titles) & set(listed)
    assert text_of(root.find(".//aside//a")) == "AI"
    assert sum(len(body) for path, body in site.items() if path in ("index.html", *static(site))) < 60_000


def static(site: Mapping[str, bytes]) -> list[str]:
    return [path for path in site if path.startswith("static/") and not path.endswith(".svg")]


def test_lists_of_names(site: dict[str, bytes]) -> None:
    for folder, heading in (("topics", "Topics"), ("providers", "Providers"), ("categories", "Categories")):
        root = pages(site)[f"{folder}/index.html"]
        assert text_of(root.find(".//h1")) == heading
        names = [text_of(cell) for cell in root.iterfind(".//tbody/tr/th[@scope='row']")]
        assert names == sorted(names, key=str.casefold)
        linked = {element.get("href") for element in root.iterfind(".//tbody//a")}
        assert linked == {f"{path.split('/')[1]}/" for path in site if re.fullmatch(rf"{folder}/[^/]+/feed.atom", path)}
    root = pages(site)["topics/index.html"]
    first = [text_of(cell) for cell in root.iterfind(".//tbody/tr[1]/*")]
    assert first == ["AI", "26", "about 6 a day", "29 May 2022", ""]
    described = root.find(".//meta[@name='description']")
    assert described is not None
    assert str(described.get("content")).startswith("AI, AI Hardware, ")


@pytest.mark.parametrize("root", ["/", "/blog/"])
def test_the_page_for_404_works_at_any_depth(root: str, site: dict[str, bytes]) -> None:
    body = site_pages.render_not_found(make_head(base_url=f"https://example.org{root}").site)
    page_of_404 = etree.HTML(body)
    addresses = [element.get("href") or element.get("src") or "" for element in page_of_404.iter("a", "link", "script")]
    assert len(addresses) > 10
    for address in addresses:
        if address != "#main":
            assert address.startswith(root)
            path = address.removeprefix(root)
            assert path + ("index.html" if path.endswith("/") or not path else "") in site
    assert page_of_404.find(".//meta[@name='robots'][@content='noindex']") is not None
    assert text_of(page_of_404.find(".//h1")) == "There is nothing at this address"
    assert site["404.html"].startswith(b"<!doctype html>")
    assert site[".nojekyll"] == b""


def test_a_path_with_two_slashes_leads_to_no_other_host() -> None:
    body = site_pages.render_not_found(make_head(base_url="https://example.org//b.example/").site)
    assert b'="/b.example/topics/"' in body
    assert b'="//' not in body


def test_a_site_without_entries_has_pages(tmp_path: Path) -> None:
    publish.build(make_site(write_corpus(tmp_path / "c", {"a.md": article(published=False)}), tmp_path), NOW)
    for path in ("index.html", "topics/index.html"):
        assert "There are no entries here at the moment." in (tmp_path / "public" / path).read_text()


def test_links_follow_a_feed_that_gets_another_address(tmp_path: Path) -> None:
    """Before a site is published, an older name may take an address: pages of other feeds must follow."""
    corpus = write_corpus(
        tmp_path / "c",
        {
            "a.md": article("One", "2022-01-02", url="https://a.example/1", topics=["C D", "Other"]),
            "b.md": article("Two", "2022-01-03", url=None, topics=["C D"]),
        },
    )
    site = make_site(corpus, tmp_path, base_url="")
    publish.build(site, NOW)
    other = tmp_path / "public" / "topics" / "other" / "index.html"
    assert "../../topics/c-d/" in other.read_text()
    write_corpus(corpus, {"c.md": article("Three", "2021-01-01", url="https://a.example/3", topics=["C-D"])})
    publish.build(site, NOW)
    assert "../../topics/c-d/" not in other.read_text()
    assert "../../topics/c-d--" in other.read_text()
    fresh = make_site(corpus, tmp_path / "fresh", base_url="")
    publish.build(fresh, NOW)
    assert tree(tmp_path / "public") == tree(tmp_path / "fresh" / "public")


def test_the_publisher_of_a_related_page_is_named_as_it_is_now(tmp_path: Path) -> None:
    def text(name: str) -> str:
        other = link("https://b.example/x", provider={"name": name, "domain": "b.example"})
        return article("One", topics=["T"], related=[other])

    corpus = write_corpus(tmp_path / "c", {"a.md": text("Be"), "z.md": article("Z", url="https://z.example/")})
    site = make_site(corpus, tmp_path)
    topic = tmp_path / "public" / "topics" / "t" / "index.html"
    publish.build(site, NOW)
    assert '<span class="quiet">Be</span>' in topic.read_text()
    write_corpus(corpus, {"a.md": text("Bee")})
    publish.build(site, NOW)
    assert '<span class="quiet">Bee</span>' in topic.read_text()


def test_neighbours_are_the_topics_with_most_common_entries() -> None:
    def topics(*names: str) -> list[FeedLink]:
        return [FeedLink(Kind.PROVIDER, "P", "p"), *(FeedLink(Kind.TOPIC, name, name.lower()) for name in names)]

    entries = [topics("A", "b"), topics("a", "B", "c"), topics("A", "C"), topics("A", "C", "d")]
    assert [it.name for it in neighbours_of(make_feed(name="A"), entries)] == ["c", "b", "d"]
    provider = make_feed(Kind.PROVIDER, "P", slug="a")
    assert [it.name for it in neighbours_of(provider, entries)] == ["A", "c", "b", "d"]


@pytest.mark.parametrize(
    ("activity", "oldest", "expected"),
    [
        ((0,) * 11 + (2,), "2022-05-01", None),
        ((0,) * 11 + (3,), "2022-05-26", Pace(3, Period.DAY)),
        ((0,) * 11 + (3,), "2022-05-06", Pace(1, Period.WEEK)),
        ((30,) * 12, "2010-01-01", Pace(1, Period.DAY)),
        ((4,) * 12, "2010-01-01", Pace(1, Period.WEEK)),
        ((1,) * 12, "2010-01-01", Pace(1, Period.MONTH)),
        ((1, 1) + (0,) * 9 + (1,), "2010-01-01", Pace(3, Period.YEAR)),
    ],
)
def test_pace(activity: tuple[int, ...], oldest: str, expected: Pace | None) -> None:
    assert pace_of(activity, moment(oldest), moment("2022-05-27")) == expected


def test_the_pace_of_very_old_entries() -> None:
    assert pace_of((1,) * 12, datetime(1, 1, 1, tzinfo=UTC), datetime(1, 2, 1, tzinfo=UTC)) is not None


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "29 May 2022 3:52 pm 1,234"),
        ("en-US", "May 29, 2022 3:52 PM 1,234"),
        ("en-GB", "29 May 2022 15:52 1,234"),
        ("tlh", "29 May 2022 3:52 pm 1,234"),
        ("x-nothing", "29 May 2022 3:52 pm 1,234"),
    ],
)
def test_dates_are_in_words(language: str, expected: str) -> None:
    say = wording_of(language)
    time = " ".join(say.time(datetime(2022, 5, 29, 15, 52, tzinfo=UTC)).split())
    assert f"{say.day(date(2022, 5, 29))} {time} {say.number(1234)}" == expected


def test_the_liveliest_topics_are_those_with_most_entries_in_a_year() -> None:
    def topic(name: str, count: int, activity: int) -> Feed:
        return make_feed(name=name, count=count, activity=(activity,))

    topics = [topic("Old", 900, 0), topic("B", 5, 5), topic("a", 5, 5), topic("C", 6, 6)]
    assert [feed.name for feed in site_pages.liveliest(topics)] == ["C", "a", "B", "Old"]


def test_sparklines() -> None:
    assert page.sparkline((0, 1, 0)) == ""
    assert page.sparkline(()) == ""
    assert page.sparkline((1, 1000)) == "M0 12V11H4V1H8V12z"
