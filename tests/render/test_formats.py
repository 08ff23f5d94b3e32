"""Atom, RSS and JSON Feed have the same content; OPML lists all feeds; every format has the feed's own facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from feeds.pipeline import publish
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.rules.times import polling_interval
from tests.builders import NOW, article, make_feed, make_head, make_site, tree, write_corpus
from tests.paths import SEEDS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the static tree of the sample corpus, and of an article without a page."""
    folder = tmp_path_factory.mktemp("site")
    corpus = write_corpus(folder / "corpus", {path.name: path.read_bytes() for path in SEEDS.glob("[!.]*.*")})
    options = {
        "rights": "All rights reserved",
        "icon": "https://e.example/i.png",
        "logo": "https://e.example/l.png",
        "hub": "https://hub.example/",
    }
    publish.build(make_site(corpus, folder, include_unpublished=True, **options), NOW)
    return tree(folder / "public")


def folders(site: dict[str, bytes]) -> list[str]:
    return [path.removesuffix("feed.json") for path in site if path.endswith("feed.json")]


def facts(entry: dict[str, Any]) -> tuple[Any, ...]:
    """Return what feedparser makes of one entry, apart from what a format has no word for."""
    return (
        entry["id"],
        entry["link"],
        entry["title"],
        tuple(entry["published_parsed"][:6]),
        entry.get("author"),
        tuple(tag["term"] for tag in entry.get("tags", [])),
        entry["content"][0]["value"],
    )


def json_facts(item: dict[str, Any]) -> tuple[Any, ...]:
    return (
        item["id"],
        item["url"],
        item["title"],
        datetime.fromisoformat(item["date_published"]).timetuple()[:6],
        ", ".join(author["name"] for author in item.get("authors", [])) or None,
        tuple(item.get("tags", [])),
        item["content_html"],
    )


def test_the_three_say_the_same(site: dict[str, bytes]) -> None:
    for folder in folders(site):
        atom, rss = (
            feedparser.parse(site[folder + name], sanitize_html=False, resolve_relative_uris=False)
            for name in ("feed.atom", "feed.rss")
        )
        document = json.loads(site[folder + "feed.json"])
        assert [facts(each) for each in atom.entries] == [facts(each) for each in rss.entries]
        assert [facts(each) for each in atom.entries] == [json_facts(each) for each in document["items"]]
        assert atom.feed.title == rss.feed.title == document["title"]
        assert atom.feed.subtitle == rss.feed.subtitle == document["description"]
        assert atom.feed.link == rss.feed.link == document["home_page_url"]
        assert atom.feed.updated_parsed == rss.feed.updated_parsed


def test_json_feed_says_what_others_have_no_word_for(site: dict[str, bytes]) -> None:
    items = {item["id"]: item for item in json.loads(site["feed.json"])["items"]}
    key_partner = items["https://www.theregister.com/2022/05/25/meta_azure_ai/"]
    assert key_partner["_feeds"]["role"] == "article"
    assert (key_partner["_feeds"]["quality"], key_partner["_feeds"]["heat"]) == (103, 223)
    assert set(key_partner["_feeds"]["related_to"]) <= set(items)
    related = items["https://9to5mac.com/2022/05/25/mac-mini-clone/"]
    assert (related["_feeds"]["role"], related["_feeds"]["heat"]) == ("related", None)


def test_no_two_feeds_share_an_id_a_title_or_an_address(site: dict[str, bytes]) -> None:
    parsed = [feedparser.parse(site[folder + "feed.atom"]).feed for folder in folders(site)]
    assert len({feed.id for feed in parsed}) == len({feed.title for feed in parsed}) == len(parsed) > 30
    itself = [next(link.href for link in feed.links if link.rel == "self") for feed in parsed]
    assert itself == [f"https://example.org/{folder}feed.atom" for folder in folders(site)]


def test_no_entity_is_escaped_twice_and_none_is_dated_by_default(site: dict[str, bytes]) -> None:
    for path, body in site.items():
        if path == OUTPUT_LIST:
            continue
        assert b"&amp;#39;" not in body, path
        assert b"&#39;" not in body or path.endswith(".html"), path
        assert b"0001-01-01" not in body, path
        assert b"1970" not in body, path


def test_a_feed_s_own_facts(site: dict[str, bytes]) -> None:
    atom = etree.fromstring(site["feed.atom"])
    assert atom.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert [atom.findtext(f"{{*}}{name}") for name in ("rights", "icon", "logo", "generator")] == [
        "All rights reserved",
        "https://e.example/i.png",
        "https://e.example/l.png",
        "feeds",
    ]
    channel = etree.fromstring(site["feed.rss"]).find("channel")
    assert channel is not None
    assert channel.findtext("copyright") == "All rights reserved"
    assert [channel.findtext(f"image/{name}") for name in ("url", "title", "link")] == [
        "https://e.example/l.png",
        channel.findtext("title"),
        channel.findtext("link"),
    ]
    assert channel.findtext("language") == "en"
    document = json.loads(site["feed.json"])
    assert (document["icon"], document["favicon"]) == ("https://e.example/l.png", "https://e.example/i.png")


def test_each_format_names_the_hub_beside_itself(site: dict[str, bytes]) -> None:
    for folder in folders(site):
        for name in ("feed.atom", "feed.rss"):
            root = etree.fromstring(site[folder + name])
            found = root.iterfind("./{*}link") if name == "feed.atom" else root.iterfind("./channel/{*}link")
            by_relation = {each.get("rel"): each.get("href") for each in found}
            assert by_relation["hub"] == "https://hub.example/"
            assert by_relation["self"] == f"https://example.org/{folder}{name}"
        assert json.loads(site[f"{folder}feed.json"])["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_what_never_changes_again_names_no_hub() -> None:
    head = make_head(hub="https://hub.example/")
    assert head.hub == "https://hub.example/"
    assert replace(head, month="2022-05").hub == ""
    assert replace(head, moved_to=make_feed(name="ML")).hub == ""
    assert replace(head, feed=make_feed(ended=NOW)).hub == ""


def test_opml_lists_every_feed_once(site: dict[str, bytes]) -> None:
    root = etree.fromstring(site["subscriptions.opml"])
    assert root.get("version") == "2.0"
    assert [each.get("text") for each in root.iterfind("body/outline") if each.get("type") is None] == [
        "Topics",
        "Providers",
        "Categories",
    ]
    outlines = list(root.iterfind("body//outline[@type='rss']"))
    assert sorted(each.get("xmlUrl", "") for each in outlines) == sorted(
        f"https://example.org/{folder}feed.atom" for folder in folders(site)
    )
    for each in outlines:
        assert each.get("text") == each.get("title")
        assert each.get("htmlUrl", "") + "feed.atom" == each.get("xmlUrl")


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        pytest.param([], 1440, id="no entry"),
        pytest.param([0], 1440, id="one entry"),
        pytest.param([0, 1, 2, 3], 30, id="one an hour"),
        pytest.param([0, 0.01, 0.02], 15, id="busier than the shortest"),
        pytest.param([0, 1000], 1440, id="slower than the longest"),
        pytest.param([0, *range(1, 10), 9999], 30, id="only the newest count"),
    ],
)
def test_pace(ages: list[float], expected: int) -> None:
    assert polling_interval([-hours * 3600 for hours in ages], 15, 1440) == expected


@pytest.mark.parametrize(
    ("ttl", "period", "frequency"),
    [(15, "hourly", "4"), (60, "hourly", "1"), (61, "daily", "24"), (720, "daily", "2"), (1440, "daily", "1")],
)
def test_syndication(ttl: int, period: str, frequency: str) -> None:
    from feeds.render import rss

    channel = etree.fromstring(rss.render_feed(make_head(make_feed(ttl=ttl)), [])).find("channel")
    assert channel is not None
    assert channel.findtext("ttl") == str(ttl)
    namespace = "{http://purl.org/rss/1.0/modules/syndication/}"
    assert channel.findtext(f"{namespace}updatePeriod") == period
    assert channel.findtext(f"{namespace}updateFrequency") == frequency


def test_an_item_without_any_text_still_has_content(tmp_path: Path) -> None:
    publish.build(make_site(write_corpus(tmp_path / "c", {"a.md": article("Only a <title>")}), tmp_path), NOW)
    expected = '<p><a href="https://a.example/page">Only a &lt;title&gt;</a></p>'
    (item,) = json.loads((tmp_path / "public" / "feed.json").read_bytes())["items"]
    assert item["content_html"] == expected
    entry = etree.parse(tmp_path / "public" / "feed.atom").find("{*}entry/{*}content")
    assert entry is not None
    assert entry.text == expected
