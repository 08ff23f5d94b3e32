"""Podcasts and languages: the documents have the elements of feedgen, and readers read everything back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree  # before feedgen, which uses lxml.etree without importing it

# isort: split
from feedgen.ext.podcast import PodcastExtension

from feeds.audit.validate import source, validate
from feeds.model import Enclosure, Entry, Episode, Image
from feeds.pipeline import publish
from feeds.render import atom, json_feed, page, rss
from feeds.render.article import render_article
from feeds.settings.site import Site
from tests.builders import NOW, make_entry, make_head, make_site, tree, write_corpus
from tests.paths import ARTICLES

SITE = make_head().site
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"

SOUND = Enclosure("https://a.example/e.mp3", "audio/mpeg", 24986239, 3723)
FILM = Enclosure("https://a.example/e.mp4", "video/mp4")
NOTES = Enclosure("https://a.example/e.pdf", "application/pdf", 512)
STREAM = Enclosure("https://a.example/play?id=1")
EPISODE = Episode(12, 2, "bonus", False, "https://a.example/cover")

PODCAST: dict[str, Any] = {
    "podcast_image": "https://example.org/cover.jpg",
    "podcast_category": "Society & Culture > Documentary",
    "podcast_explicit": True,
    "podcast_author": "A <& B",
    "podcast_type": "serial",
    "podcast_email": "a@example.org",
}


def itunes_of(parent: etree._Element) -> set[bytes]:
    """Return the canonical texts of the elements of Apple Podcasts in an element."""
    return {etree.tostring(child, method="c14n", exclusive=True) for child in parent.iterfind(f"{{{ITUNES}}}*")}


def rss_channel(*entries: Entry, **settings: Any) -> etree._Element:
    document = rss.render_feed(make_head(**settings), [rss.render_entry(entry, SITE) for entry in entries])
    channel = etree.fromstring(document).find("channel")
    assert channel is not None
    return channel


@pytest.mark.parametrize("names", [PODCAST, *([name] for name in PODCAST)])
def test_the_channel_has_the_elements_that_feedgen_writes(names: list[str]) -> None:
    site = Site(title="Test Site", **{name: PODCAST[name] for name in names})
    expected = PodcastExtension()
    expected.itunes_explicit("yes" if site.podcast_explicit else "no")
    expected.itunes_image(site.podcast_image)
    expected.itunes_author(site.podcast_author)
    if site.podcast_category:
        expected.itunes_category({"cat": "Society & Culture", "sub": "Documentary"})
    if site.podcast_type:
        expected.itunes_type(site.podcast_type)
    if site.podcast_email:
        expected.itunes_owner(site.podcast_author or "Test Site", site.podcast_email)
    root = etree.Element("rss", nsmap={"itunes": ITUNES})
    etree.SubElement(root, "channel")
    expected.extend_rss(root)
    explicit = root.find(f".//{{{ITUNES}}}explicit")
    assert explicit is not None
    explicit.text = {"yes": "true", "no": "false"}[explicit.text or ""]  # as Apple requires it today
    found = itunes_of(rss_channel(**{name: PODCAST[name] for name in names}))
    assert found == itunes_of(root[0])
    assert len(found) >= len([*names])


def test_a_category_may_have_none_inside_of_it_and_an_image_any_address() -> None:
    channel = rss_channel(podcast_category="Technology", podcast_image="https://example.org/cover?x=1")
    (category,) = channel.iterfind(f"{{{ITUNES}}}category")
    assert (category.get("text"), len(category)) == ("Technology", 0)
    (image,) = channel.iterfind(f"{{{ITUNES}}}image")
    assert image.get("href") == "https://example.org/cover?x=1"


def test_a_feed_without_podcast_has_nothing_of_itunes() -> None:
    text = make_entry(title="<itunes:episode>", summary="<itunes:explicit>", enclosures=(NOTES,))
    assert b"xmlns:itunes" not in rss.render_feed(make_head(), [rss.render_entry(text, SITE)])
    for entry in (make_entry(episode=EPISODE), make_entry(enclosures=(SOUND,))):
        assert b"xmlns:itunes" in rss.render_feed(make_head(), [rss.render_entry(entry, SITE)])


@pytest.mark.parametrize(
    "given",
    [
        {"episode": Episode(image="https://a.example/<itunes:image>?a=/&b")},
        {"episode": Episode(number=1)},
        {"episode": Episode(season=1)},
        {"episode": Episode(kind="full")},
        {"episode": Episode(explicit=False)},
        {"enclosures": (SOUND,)},
    ],
)
def test_one_element_of_itunes_is_enough_to_declare_the_prefix(given: dict[str, Any]) -> None:
    plain = make_entry(title="</itunes:image>", language="fr", image=Image("https://a.example/<itunes:image>"))
    (_, item) = rss_channel(plain, replace(plain, **given)).iterfind("item")
    assert len(itunes_of(item)) == 1
    assert b"xmlns:itunes" not in rss.render_feed(make_head(), [rss.render_entry(plain, SITE)] * 2)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((SOUND,), SOUND),
        ((NOTES, STREAM, FILM, SOUND), FILM),
        ((STREAM, NOTES), NOTES),
        ((STREAM,), None),
        ((), None),
    ],
)
def test_an_item_has_one_enclosure_and_an_entry_all(files: tuple[Enclosure, ...], expected: Enclosure | None) -> None:
    entry = make_entry(enclosures=files)
    found = [dict(each.attrib) for each in rss_channel(entry).iterfind("item/enclosure")]
    wanted = [] if expected is None else [expected]
    assert found == [{"url": one.url, "length": str(one.length or 0), "type": one.media_type} for one in wanted]
    links = etree.fromstring(atom.render_entry(entry, SITE)).iterfind("link[@rel='enclosure']")
    assert [(each.get("href"), each.get("type"), each.get("length")) for each in links] == [
        (file.url, file.media_type or None, str(file.length) if file.length else None) for file in files
    ]
    item = json.loads(json_feed.render_entry(entry, SITE))
    assert [each["url"] for each in item.get("attachments", [])] == [file.url for file in files if file.media_type]
    assert all(each["mime_type"] for each in item.get("attachments", []))


def test_a_json_item_has_size_and_duration_of_its_files() -> None:
    item = json.loads(json_feed.render_entry(make_entry(enclosures=(SOUND, FILM)), SITE))
    assert item["attachments"] == [
        {"url": SOUND.url, "mime_type": "audio/mpeg", "size_in_bytes": 24986239, "duration_in_seconds": 3723},
        {"url": FILM.url, "mime_type": "video/mp4"},
    ]


def test_feedparser_reads_everything_back() -> None:
    entry = make_entry(enclosures=(NOTES, SOUND, FILM), episode=EPISODE._replace(explicit=True))
    parsed = feedparser.parse(rss.render_feed(make_head(**PODCAST), [rss.render_entry(entry, SITE)]))
    assert not parsed.bozo
    (item,) = parsed.entries
    assert [(file.href, file.type, file.length) for file in item.enclosures] == [
        (SOUND.url, "audio/mpeg", "24986239"),
    ]
    assert (item.itunes_episode, item.itunes_season, item.itunes_episodetype) == ("12", "2", "bonus")
    assert (item.itunes_duration, item.image.href) == ("3723", EPISODE.image)
    feed = parsed.feed
    assert (feed.itunes_type, feed.image.href) == ("serial", PODCAST["podcast_image"])
    assert {"Society & Culture", "Documentary"} <= {tag.term for tag in feed.tags}
    assert (feed.author, feed.publisher_detail.email) == ("A <& B", "a@example.org")
    (read,) = feedparser.parse(atom.render_feed(make_head(), [atom.render_entry(entry, SITE)])).entries
    assert [(file.href, file.type, file.get("length")) for file in read.enclosures] == [
        (NOTES.url, "application/pdf", "512"),
        (SOUND.url, "audio/mpeg", "24986239"),
        (FILM.url, "video/mp4", None),
    ]


def test_pages_link_to_files_and_load_none() -> None:
    entry = make_entry(enclosures=(SOUND, NOTES, STREAM, FILM._replace(duration=63)), page="a")
    for document in (page.render_entry(entry, SITE), render_article(make_head(), entry, "articles/a/", None, None)):
        (root,) = etree.HTML(document).iter("article")
        assert [" ".join("".join(each.itertext()).split()) for each in root.iterfind(".//p[@class='by']")][1:] == [
            "Audio 1:02:03",
            "PDF",
            "File",
            "Video 1:03",
        ]
        links = [(each.get("href"), each.get("type")) for each in root.iterfind(".//p[@class='by']/a")]
        assert links == [(file.url, file.media_type or None) for file in entry.enclosures]
        assert not any(each.get("src") for each in root.iter())


def test_the_documents_of_a_podcast_have_no_problem_but_unknown_lengths(tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in ARTICLES.glob("podcast*.md")}
    publish.build(make_site(write_corpus(tmp_path / "corpus", files), tmp_path, **PODCAST), NOW)
    public = tree(tmp_path / "public")
    assert len([path for path in public if path.endswith("feed.rss") and b"<itunes:owner>" in public[path]]) >= 2
    assert public["feed.rss"].count(b"<enclosure ") == 4
    assert public["feed.rss"].count(b"<itunes:episode>") == 2
    problems = validate(source.read_folder(tmp_path / "public")).problems
    assert {problem.rule for problem in problems} == {"podcast-length"}, "one article does not know its file's length"
