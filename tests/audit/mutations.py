"""Our own output, and for every rule of `feeds validate` a change of it that breaks this rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from feeds.audit.validate import ValidationResult, source, validate
from feeds.pipeline import publish
from tests.builders import NOW, article, link, make_site, tree, write_corpus

Edit = Callable[[str], str]
"""A document → a changed document. A surrogate such as U+DCE9 stands for a byte, 0xE9, that is no UTF-8."""

ATOM, RSS, JSON = "topics/ai/feed.atom", "topics/ai/feed.rss", "topics/ai/feed.json"
OPML, PAGE = "subscriptions.opml", "topics/ai/index.html"

FILES = {
    "a.md": article(
        "A",
        "2022-05-26",
        url="https://a.example/",
        topics=["AI"],
        excerpt="About A.",
        author="Ann",
        updatedDateTime="2022-05-27",
        related=[link("https://r.example/", "R")],
        enclosure={"url": "https://a.example/a.mp3", "length": 123, "type": "audio/mpeg"},
    ),
    "b.md": article("B", "2022-05-25", url="https://b.example/", topics=["AI", "Chips"], excerpt="About B."),
}

PODCAST = {"podcast_image": "https://example.org/p.jpg", "podcast_category": "News"}


def good_site(folder: Path, **settings: str) -> dict[str, bytes]:
    """Return the documents of a site that breaks no rule, with these settings: path → bytes."""
    settings = PODCAST | settings
    publish.build(make_site(write_corpus(folder / "corpus", FILES), folder, archives=True, limit=2, **settings), NOW)
    return tree(folder / "public")


def verdict_on(files: dict[str, bytes], folder: Path) -> ValidationResult:
    """Write documents to a folder, and return what `feeds validate` says of it."""
    write_corpus(folder, files)
    return validate(source.read_folder(folder), NOW)


def swap(old: str, new: str, *, count: int = 1) -> Edit:
    """Return an edit that replaces the first `count` places of `old`."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return edit


def drop(pattern: str) -> Edit:
    """Return an edit that deletes the first match of `pattern`."""

    def edit(text: str) -> str:
        changed, times = re.subn(pattern, "", text, count=1, flags=re.DOTALL)
        assert times == 1
        return changed

    return edit


def both(*edits: Edit) -> Edit:
    """Return an edit that does several, in order."""

    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


def repeat_entry(text: str) -> str:
    """Return an Atom feed with its first entry twice."""
    entry = text[text.index("<entry") : text.index("</entry>") + 8]
    return text.replace("<entry", f"{entry}<entry", 1)


def changed(body: bytes, edit: Edit) -> bytes:
    """Return a document after an edit."""
    return edit(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


TITLE_A = '<title type="text">A<'
CONTENT = r"<content.*?</content>"
IMAGE = "<image><url>https://x.example/a.png</url><title>T</title><link>https://x.example/</link>{}</image><item>"
INPUT = (
    "<textInput><title>T</title><description>D</description><name>{}</name><link>https://x.example/</link></textInput>"
)


def content(attributes: str, inner: str = "") -> Edit:
    """Return an edit that gives the first entry another content, and a link to its page alone."""
    return both(drop(CONTENT), swap('<link href="https://a.example/"/>', f"<content {attributes}>{inner}</content>"))


MUTATIONS: dict[str, tuple[str, Edit]] = {
    "xml-not-well-formed": (ATOM, swap("<id>", "<id")),
    "xml-entity": (ATOM, swap(TITLE_A, '<title type="text">A&nbsp;<')),
    "xml-ampersand": (ATOM, swap(TITLE_A, '<title type="text">A & B<')),
    "xml-prefix": (RSS, swap(' xmlns:dc="http://purl.org/dc/elements/1.1/"', "")),
    "xml-tags": (ATOM, swap("</entry>", "")),
    "xml-attribute-twice": (ATOM, swap('<link href="https://a.example/"', '<link href="x" href="https://a.example/"')),
    "xml-after-end": (ATOM, lambda text: f"{text}<p/>"),
    "xml-before-start": (ATOM, lambda text: f"\n{text}"),
    "xml-character": (ATOM, swap(TITLE_A, '<title type="text">A&#8;<')),
    "xml-encoding": (ATOM, swap(TITLE_A, '<title type="text">\udce9<')),
    "xml-encoding-rare": (OPML, swap("UTF-8", "windows-1252")),
    "xml-version": (ATOM, swap("version='1.0'", "version='1.1'")),
    "xml-doctype": (ATOM, swap("<feed", "<!DOCTYPE feed [<!ENTITY x 'y'>]><feed")),
    "xml-namespace": (
        RSS,
        swap("http://purl.org/rss/1.0/modules/content/", "https://purl.org/rss/1.0/modules/content"),
    ),
    "xml-language": (ATOM, swap('xml:lang="en"', 'xml:lang="english"')),
    "xml-root": (ATOM, both(swap("<feed ", "<feeds "), swap("</feed>", "</feeds>"))),
    "text-empty": (ATOM, swap(TITLE_A, '<title type="text"><')),
    "text-escaped-twice": (ATOM, swap(TITLE_A, '<title type="text">It&amp;#39;s<')),
    "text-markup": (RSS, swap("<title>A</title>", "<title>&lt;b&gt;A&lt;/b&gt;</title>")),
    "text-forbidden-character": (JSON, swap('"title":"A"', '"title":"A\\u0008"')),
    "text-control-character": (ATOM, swap(TITLE_A, '<title type="text">It&#146;s<')),
    "text-lost-character": (JSON, swap('"title":"A"', '"title":"Caf\ufffd"')),
    "html-relative": (ATOM, swap("About A.&lt;/p", '&lt;img src="/a.png"&gt;&lt;/p')),
    "html-active": (JSON, swap("<p>About A.", "<p><script>x</script>About A.")),
    "html-handler": (RSS, swap("&lt;p&gt;About A.", '&lt;p onclick="x()"&gt;About A.')),
    "html-style": (ATOM, swap("&lt;p&gt;About A.", '&lt;p style="position: fixed"&gt;About A.')),
    "html-none": (ATOM, content('type="html"', "One\n\nTwo")),
    "date-rfc3339": (ATOM, swap("2022-05-26T00:00:00Z</pub", "26 May 2022</pub")),
    "date-rfc822": (RSS, swap("Thu, 26 May 2022", "2022-05-26")),
    "date-rare-form": (RSS, swap("26 May 2022 00:00:00 +0000", "26 May 2022 00:00:00 A")),
    "date-two-digits": (RSS, swap("Thu, 26 May 2022", "Thu, 26 May 22")),
    "date-weekday": (RSS, swap("Thu, 26 May 2022", "Fri, 26 May 2022")),
    "date-iso8601": (RSS, swap("<dc:creator>", "<dc:date>26 May 2022</dc:date><dc:creator>")),
    "date-placeholder": (ATOM, swap("2022-05-26T00:00:00Z</pub", "1970-01-01T00:00:00Z</pub")),
    "date-future": (JSON, swap('"date_modified":"2022-05-27', '"date_modified":"2999-05-27')),
    "date-order": (ATOM, swap("2022-05-26T00:00:00Z</pub", "2023-05-26T00:00:00Z</pub")),
    "address-none": (ATOM, swap('href="https://a.example/"', 'href="https://a b/"')),
    "address-relative": (ATOM, swap('href="https://a.example/"', 'href="/a"')),
    "address-scheme": (RSS, swap("<link>https://a.example/", "<link>ftp://a.example/")),
    "address-not-ascii": (RSS, swap("<link>https://a.example/", "<link>https://a.example/\u00fc")),
    "id-none": (ATOM, swap("<id>https://a.example/</id>", "<id>17</id>")),
    "white-space": (ATOM, swap("<id>https://a.example/</id>", "<id>\nhttps://a.example/</id>")),
    "media-type": (RSS, swap('type="audio/mpeg"', 'type="mp3"')),
    "number": (RSS, swap("<ttl>", "<ttl>soon ")),
    "e-mail": (ATOM, swap("<name>Ann</name>", "<name>Ann</name><email>Ann (a@x.example)</email>")),
    "atom-element-missing": (ATOM, drop(r"(?<=<entry>)<id>[^<]*</id>")),
    "atom-element-repeated": (ATOM, swap("<subtitle", '<subtitle type="text">S</subtitle><subtitle')),
    "atom-element-unknown": (ATOM, swap("<entry>", "<pubDate/><entry>")),
    "atom-attribute-missing": (ATOM, swap('<link href="https://a.example/"/>', "<link/>")),
    "atom-attribute-unknown": (ATOM, swap('href="https://a.example/"', 'href="https://a.example/" hrefLang="en"')),
    "atom-text-misplaced": (ATOM, swap("<entry>", "<entry>Hello")),
    "atom-metadata-late": (ATOM, swap("</feed>", '<category term="x"/></feed>')),
    "atom-author-missing": (ATOM, both(drop(r"<author>.*?</author>"), drop(r"<author>.*?</author>"))),
    "atom-name-empty": (ATOM, swap("<name>Ann</name>", "<name/>")),
    "atom-link-missing": (ATOM, drop(rf'{CONTENT}<link href="https://a.example/"/>')),
    "atom-link-repeated": (ATOM, swap('<link href="https://a.example/"/>', '<link href="https://a.example/"/>' * 2)),
    "atom-self": (ATOM, drop(r'<link [^>]*rel="self"[^>]*/>')),
    "atom-id-repeated": (ATOM, swap("<id>https://r.example/</id>", "<id>https://a.example/</id>")),
    "atom-state-repeated": (ATOM, repeat_entry),
    "atom-text-type": (ATOM, swap(TITLE_A, '<title type="text/plain">A<')),
    "atom-markup": (ATOM, swap(TITLE_A, '<title type="html"><b>A</b><')),
    "atom-div": (ATOM, content('type="xhtml"', '<p xmlns="http://www.w3.org/1999/xhtml">A</p>')),
    "atom-content-type": (ATOM, content('type="multipart/mixed"', "A")),
    "atom-content-both": (ATOM, content('type="text/plain" src="https://a.example/a.txt"', "A")),
    "atom-content-base64": (ATOM, content('type="image/png"', "???")),
    "atom-summary-missing": (ATOM, both(content('type="image/png"', "AAAA"), drop(r"<summary.*?</summary>"))),
    "rss-version": (RSS, swap('version="2.0"', 'version="0.91"')),
    "rss-element-missing": (RSS, drop(r"(?<=</title>)<link>[^<]*</link>")),
    "rss-element-repeated": (RSS, swap("<item>", "<item><title>Again</title>")),
    "rss-element-unknown": (RSS, swap("<item>", "<pubdate>Thu, 26 May 2022 00:00:00 +0000</pubdate><item>")),
    "rss-attribute-missing": (RSS, swap(' length="123"', "")),
    "rss-attribute-unknown": (RSS, swap("isPermaLink", "isPermalink")),
    "rss-text-misplaced": (RSS, swap("<item>", "Hello<item>")),
    "rss-markup": (RSS, swap("<description>About A.", "<description><p>About A.</p>")),
    "rss-item-empty": (RSS, swap("<item>", "<item><guid isPermaLink='false'>x</guid></item><item>")),
    "rss-author": (RSS, swap("<item>", "<item><author>Ann</author>")),
    "rss-author-form": (RSS, swap("<item>", "<item><author>Ann, a@x.example</author>")),
    "rss-date-missing": (RSS, drop(r"<pubDate>[^<]*</pubDate>")),
    "rss-guid-missing": (RSS, drop(r"<guid[^>]*>[^<]*</guid>")),
    "rss-guid-address": (RSS, swap(">https://a.example/</guid>", ">17</guid>")),
    "rss-guid-repeated": (RSS, swap(">https://r.example/</guid>", ">https://a.example/</guid>")),
    "rss-true-false": (RSS, swap('isPermaLink="true"', 'isPermaLink="yes"')),
    "rss-days-hours": (RSS, swap("<item>", "<skipHours><hour>25</hour></skipHours><item>")),
    "rss-image-size": (RSS, swap("<item>", IMAGE.format("<width>1000</width>"))),
    "rss-input-name": (RSS, swap("<item>", f"{INPUT.format('my field')}<item>")),
    "rss-self": (RSS, drop(r"<atom:link [^>]*/>")),
    "rss-content-first": (RSS, swap("<item>", "<item><content:encoded>&lt;p>A&lt;/p></content:encoded>")),
    "rss-twice": (RSS, swap("<dc:creator>", "<dc:date>2022-05-26</dc:date><dc:creator>")),
    "extension-unknown": (RSS, both(swap("<dc:creator>", "<dc:author>"), swap("</dc:creator>", "</dc:author>"))),
    "extension-repeated": (RSS, swap("<itunes:explicit>", "<itunes:explicit>true</itunes:explicit><itunes:explicit>")),
    "extension-misplaced": (RSS, swap("<item>", "<item><sy:updatePeriod>daily</sy:updatePeriod>")),
    "extension-value": (RSS, swap("<sy:updatePeriod>daily", "<sy:updatePeriod>often")),
    "podcast-length": (RSS, swap('length="123"', 'length="0"')),
    "podcast-type": (RSS, swap('type="audio/mpeg"', 'type="text/html"')),
    "podcast-file-repeated": (
        RSS,
        swap("<enclosure", '<enclosure url="https://a.example/b.mp3" length="1" type="audio/mpeg"/><enclosure'),
    ),
    "podcast-image": (RSS, drop(r"<itunes:image[^>]*/>")),
    "podcast-explicit": (RSS, swap("<itunes:explicit>false", "<itunes:explicit>perhaps")),
    "json-syntax": (JSON, swap("{", "[")),
    "json-root": (JSON, lambda text: f"[{text}]"),
    "json-member-repeated": (JSON, swap('"title":"A"', '"title":"A","title":"B"')),
    "json-version": (JSON, swap("https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/9")),
    "json-version-old": (JSON, swap("version/1.1", "version/1")),
    "json-member-missing": (JSON, swap('"id":"https://a.example/",', "")),
    "json-member-type": (JSON, swap('"tags":["AI"]', '"tags":"AI"')),
    "json-member-unknown": (JSON, swap('"date_published"', '"datePublished"')),
    "json-id-number": (JSON, swap('"id":"https://a.example/"', '"id":17')),
    "json-id-repeated": (JSON, swap('"id":"https://a.example/"', '"id":"https://r.example/"')),
    "json-content-missing": (JSON, swap('"content_html"', '"_html"')),
    "json-author-old": (JSON, swap('"authors":[{"name":"Ann"}]', '"author":{"name":"Ann"}')),
    "json-author-empty": (JSON, swap('{"name":"Ann"}', "{}")),
    "json-self": (JSON, drop(r'"feed_url":"[^"]*",')),
    "opml-version": (OPML, swap('version="2.0"', 'version="7"')),
    "opml-element-missing": (OPML, drop(r"<head>.*?</head>")),
    "opml-element-repeated": (OPML, swap("</opml>", "<body/></opml>")),
    "opml-outline-text": (OPML, swap("<outline text=", "<outline title2=")),
    "opml-outline-address": (OPML, drop(r"xmlUrl=\"[^\"]*\"")),
    "page-link": (PAGE, swap('href="feed.atom"', "")),
    "link-dead": (PAGE, swap('href="feed.atom"', 'href="atom.xml"')),
    "feed-id-shared": (ATOM, swap("<id>https://example.org/topics/ai/<", "<id>https://example.org/topics/chips/<")),
    "feed-self-shared": (ATOM, swap("https://example.org/topics/ai/feed.atom", "https://example.org/feed.atom")),
    "feed-title-shared": (ATOM, swap("AI \u2013 Test Site", "Test Site")),
    "feed-self-wrong": (ATOM, swap("https://example.org/topics/ai/feed.atom", "https://example.org/x/feed.atom")),
    "formats-differ": (JSON, swap('"items":[', '"items":[{"id":"x","content_text":"x"},')),
    "page-two-ids": (ATOM, swap("<id>https://a.example/</id>", "<id>tag:a.example,2022:1</id>")),
    "size-large": (JSON, lambda text: text + " " * 250_000),
    "size-huge": (JSON, lambda text: text + " " * 2_000_000),
    "size-beyond": (JSON, lambda text: text + " " * 20_000_000),
}
"""Rule → a document, and the edit of it that breaks this rule."""
