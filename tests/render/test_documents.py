"""Documents assembled from fragments equal the ones that feedgen writes for the whole feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from feeds.corpus.markup import sanitise
from feeds.model import Author, Enclosure, Entry, Episode, Image, Kind, Link, Provider
from feeds.render import atom, page, rss
from feeds.render.content import content_html, image_type
from feeds.render.formats import renderer
from feeds.render.wording import wording_of
from feeds.rules.site_layout import ATOM, FORMATS, RSS
from feeds.rules.text import clean_text, one_line
from tests.builders import make_entry, make_feed, make_head, moment
from tests.render import oracle
from tests.render.oracle import whole_feed

SITE = make_head().site

FULL = make_entry(
    title='A <b>title</b> & "more" ]]> 🚀',
    updated=moment("2022-05-27T08:30"),
    summary="An excerpt with <markup> & an ampersand",
    original_url="https://a.example/original",
    amp_url="https://a.example/amp",
    topics=("AI", "C#", "R&D"),
    categories=("news",),
    image=Image("https://a.example/i.JPG?w=1", 894, 534),
    related=(Link("https://b.example/", "https://b.example/", "Related <&>"),),
)

texts = st.text(max_size=40).map(clean_text).map(one_line)
AWKWARD = "<>&\"'\r\n\t]]>"

# All that may stand in XML, and often what has to be escaped in it.
written = st.text(st.sampled_from("<>&\"'\r\n\t ]a\u2028é") | st.characters(), max_size=20).map(clean_text)
instants = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)).map(
    lambda it: it.replace(microsecond=0)
)
images = st.sampled_from(["https://a.example/i.png?a&'b'", "https://a.example/i"])
# feedparser takes runs of Latin-1 letters that happen to be valid UTF-8 for UTF-8.
readable = st.text("aZ09 &<>'\"]#;é🚀цא\u202e", max_size=40).map(one_line)


files = st.builds(
    Enclosure,
    st.sampled_from(["https://a.example/e.mp3?a&b='1'", "https://a.example/e"]),
    st.sampled_from(["", "audio/mpeg", "video/x-a&b", "application/pdf"]),
    st.none() | st.just(7),
    st.none() | st.just(3723),
)


def entries_of(text: st.SearchStrategy[str]) -> st.SearchStrategy[Entry]:
    return st.builds(
        make_entry,
        st.integers(0, 999).map(lambda number: f"https://a.example/{number}"),
        title=text.filter(bool),
        summary=text,
        content=text.map(lambda text: f"<p>{text.replace('&', '').replace('<', '')}</p>"),
        topics=st.lists(text.filter(bool), max_size=2, unique=True).map(tuple),
        image=st.none() | st.just(Image("https://a.example/i.png", 10, None)),
        provider=st.builds(Provider, text.filter(bool), st.just("a.example")),
        enclosures=st.lists(files, max_size=2).map(tuple),
    )


def canonical(document: bytes) -> bytes:
    return etree.tostring(etree.fromstring(document), method="c14n")


@given(st.lists(entries_of(texts), max_size=4))
def test_the_oracle(shown: list[Entry]) -> None:
    head = make_head()
    assembled = atom.render_feed(head, [atom.render_entry(each, SITE) for each in shown])
    whole = whole_feed(head, ATOM.file_name, ATOM.media_type, shown, SITE.address).atom_str()
    assert canonical(assembled) == canonical(whole)
    assembled = rss.render_feed(head, [rss.render_entry(each, SITE) for each in shown])
    whole = whole_feed(head, RSS.file_name, RSS.media_type, shown, SITE.address).rss_str()
    assert canonical(assembled) == canonical(whole)


@given(
    st.builds(
        Entry,
        id=st.sampled_from(["https://a.example/?a=1&b='2'", "tag:a.example,2026:1"]),
        url=st.just("https://a.example/?a=1&b='2'"),
        title=written.filter(bool),
        published=instants,
        updated=instants,
        provider=st.builds(Provider, written, st.sampled_from(["a.example", "example.org"])),
        topics=st.lists(written.filter(bool), max_size=2).map(tuple),
        summary=written,
        content=written.map(sanitise),
        original_url=st.none() | st.just("https://o.example/?a&b"),
        amp_url=st.none() | st.just("https://a.example/amp?a&b"),
        image=st.none() | st.builds(Image, images, st.none() | st.just(1), st.none() | st.just(100_000)),
        language=st.sampled_from(["", "fr", "ar"]),
        enclosures=st.lists(files, max_size=3).map(tuple),
        episode=st.none()
        | st.builds(
            Episode,
            st.none() | st.just(7),
            st.none() | st.just(2),
            st.sampled_from(["", "full", "trailer", "bonus"]),
            st.none() | st.booleans(),
            st.none() | st.just("https://a.example/i.png?a&'b'.jpg"),
        ),
        related=st.lists(st.builds(Link, id=st.just("i"), url=images, title=written.filter(bool)), max_size=2).map(
            tuple
        ),
    )
)
@example(
    make_entry(title=AWKWARD, topics=(AWKWARD,), summary=AWKWARD, related=(Link("i", "https://b.example/", AWKWARD),))
)
def test_entries_are_written_as_feedgen_would_to_the_last_byte(entry: Entry) -> None:
    assert atom.render_entry(entry, SITE) == oracle.atom_fragment(entry, SITE.address)
    assert rss.render_entry(entry, SITE) == oracle.rss_fragment(entry, SITE.address)


def test_atom_entry_has_all_that_the_entry_knows() -> None:
    entry = etree.fromstring(atom.render_entry(FULL, SITE))
    links = [(each.get("rel", "alternate"), each.get("href"), each.get("title")) for each in entry.iter("link")]
    assert links == [
        ("alternate", "https://a.example/page", None),
        ("via", "https://a.example/original", None),
        ("related", "https://b.example/", "Related <&>"),
        ("amphtml", "https://a.example/amp", None),
        ("enclosure", "https://a.example/i.JPG?w=1", None),
    ]
    assert entry.findtext("title") == FULL.title
    assert entry.findtext("published") == "2022-05-26T00:00:00Z"
    assert entry.findtext("updated") == "2022-05-27T08:30:00Z"
    assert entry.findtext("author/name") == "A"
    assert [(each.get("term"), each.get("scheme")) for each in entry.iter("category")] == [
        (topic, "https://example.org/topics/") for topic in FULL.topics
    ]


@given(
    st.builds(
        make_entry,
        title=written.filter(bool),
        summary=written,
        provider=st.builds(Provider, written.filter(bool), st.just("a.example")),
        authors=st.lists(st.builds(Author, written.filter(bool)), max_size=2).map(tuple),
        language=st.sampled_from(["", "fr", "ar"]),
        enclosures=st.lists(files, max_size=2).map(tuple),
    )
)
@example(make_entry("https://a.example/?a&b='1'", title=AWKWARD, summary=AWKWARD, provider=Provider(AWKWARD, "a")))
def test_no_text_is_markup_on_a_page(entry: Entry) -> None:
    fragment = page.render_entry(entry, SITE).decode()
    names = dict.fromkeys([*(author.name for author in entry.authors), entry.provider.name])
    names = dict.fromkeys([entry.provider.name, *names])
    initial = page.mark_of(entry.provider.name)
    lines = [f"{initial}{', '.join(names)} 12:00 am", *([entry.summary] if entry.summary else [])]
    elements = etree.HTML(f"<body>{fragment}</body>").findall(".//article//*")
    assert [each.tag for each in elements] == [
        *("h3", "a", "p", "span", "time"),
        *(["p"] if entry.summary else []),
        *(tag for _ in entry.enclosures for tag in ("p", "a")),
    ]
    assert [each.get("href") for each in elements if each.tag == "a"] == [
        entry.url,
        *(file.url for file in entry.enclosures),
    ]
    texts = ["".join(each.itertext()) for each in elements if each.tag == "p"]
    assert list(map(one_line, texts[: len(lines)])) == list(map(one_line, lines))
    assert one_line("".join(elements[0].itertext())) == one_line(entry.title)


def test_an_entry_is_not_taken_for_another_one_with_its_id() -> None:
    changed = replace(FULL, title="Another title", content="<p>Another text</p>")
    for row in FORMATS:
        render = renderer(row).render_entry
        first, second = render(FULL, SITE), render(changed, SITE)
        assert b"Another title" in second
        assert b"Another" not in first
        assert (render(FULL, SITE), render(replace(changed), SITE)) == (first, second)


def test_rss_item_has_all_that_the_entry_knows() -> None:
    document = rss.render_feed(make_head(), [rss.render_entry(FULL, SITE)])
    item = etree.fromstring(document).find("channel/item")
    assert item is not None
    names = [etree.QName(each).localname for each in item]
    assert names.index("description") < names.index("encoded")
    guid = item.find("guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == (FULL.id, "true")
    assert item.findtext("pubDate") == "Thu, 26 May 2022 00:00:00 +0000"
    assert names[names.index("pubDate") + 1] == "updated"
    assert item.findtext("{http://www.w3.org/2005/Atom}updated") == "2022-05-27T08:30:00Z"
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "A"
    (image,) = item.iter("{http://search.yahoo.com/mrss/}content")
    assert dict(image.attrib) == {
        "url": "https://a.example/i.JPG?w=1",
        "medium": "image",
        "type": "image/jpeg",
        "width": "894",
        "height": "534",
    }


def test_rss_tells_a_change_only_where_there_is_one() -> None:
    unchanged, changed = make_entry(), make_entry("https://a.example/2", updated=FULL.updated)
    fragments = [rss.render_entry(entry, SITE) for entry in (unchanged, changed)]
    assert [b"<atom:updated>" in fragment for fragment in fragments] == [False, True]
    read = feedparser.parse(rss.render_feed(make_head(), fragments))
    assert not read.bozo
    assert ["updated_parsed" in entry and entry.updated_parsed[:5] for entry in read.entries] == [
        False,
        (2022, 5, 27, 8, 30),
    ]
    assert [entry.published_parsed[:3] for entry in read.entries] == [(2022, 5, 26)] * 2


def test_the_channel_s_link_is_the_page_and_its_self_link_the_document() -> None:
    channel = etree.fromstring(rss.render_feed(make_head(), [])).find("channel")
    assert channel is not None
    assert channel.findtext("link") == "https://example.org/topics/ai/"
    (itself,) = channel.iter("{http://www.w3.org/2005/Atom}link")
    assert dict(itself.attrib) == {
        "href": "https://example.org/topics/ai/feed.rss",
        "rel": "self",
        "type": "application/rss+xml",
    }


def test_no_two_feeds_have_one_title_or_one_id() -> None:
    feeds = [
        make_feed(Kind.ALL, "", slug=""),
        make_feed(Kind.TOPIC, "Test Site"),
        make_feed(Kind.CATEGORY, "Test Site"),
        make_feed(Kind.PROVIDER, "Test Site", key="other.example", slug="other.example"),
        make_feed(Kind.PROVIDER, "Test Site", key="own", slug="own"),
    ]
    heads = [make_head(feed) for feed in feeds]
    assert len({head.title for head in heads}) == len({head.page for head in heads}) == len(feeds)


@given(st.lists(entries_of(readable), max_size=3, unique_by=lambda entry: entry.id))
def test_feedparser_reads_what_went_in(shown: list[Entry]) -> None:
    for form in (ATOM, RSS):
        document = renderer(form).render_feed(make_head(), [renderer(form).render_entry(each, SITE) for each in shown])
        parsed = feedparser.parse(document)
        assert not parsed.bozo
        assert [each.id for each in parsed.entries] == [each.id for each in shown]
        assert [each.published_parsed[:6] for each in parsed.entries] == [
            each.published.timetuple()[:6] for each in shown
        ]
    parsed = feedparser.parse(atom.render_feed(make_head(), [atom.render_entry(each, SITE) for each in shown]))
    assert [each.title for each in parsed.entries] == [each.title for each in shown]
    assert [each.get("summary", "") for each in parsed.entries if "content" not in each] == []
    assert [tuple(tag.term for tag in each.get("tags", [])) for each in parsed.entries] == [
        each.topics for each in shown
    ]


def test_content_is_complete_in_itself() -> None:
    entry = make_entry(content='<p><a href="/x">x</a> <img src="i.png"></p>', related=FULL.related, image=FULL.image)
    assert content_html(entry, wording_of("en")) == (
        '<p><img src="https://a.example/i.JPG?w=1" width="894" height="534" alt=""></p>\n'
        '<p><a href="https://a.example/x">x</a> <img src="https://a.example/i.png"></p>\n'
        "<p>Related:</p>\n"
        '<ul><li><a href="https://b.example/">Related &lt;&amp;&gt;</a></li></ul>'
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/i.jpeg", "image/jpeg"),
        ("https://a.example/i.webp?x=.png", "image/webp"),
        ("https://a.example/image", None),
        ("https://a.example/i.php", None),
    ],
)
def test_image_type(url: str, expected: str | None) -> None:
    assert image_type(Image(url)) == expected


def test_an_empty_feed_is_valid() -> None:
    for form in (ATOM, RSS):
        parsed = feedparser.parse(renderer(form).render_feed(make_head(make_feed(count=0)), []))
        assert not parsed.bozo
        assert parsed.feed.title == "AI – Test Site"
