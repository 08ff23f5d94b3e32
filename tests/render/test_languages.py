"""Languages: that of an entry in every format, that of the words of the site, and the direction of both."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import feedparser
import pytest
from babel import Locale
from lxml import etree

from feeds.audit.validate import source, validate
from feeds.model import Enclosure, Entry, Kind, Link
from feeds.pipeline import publish
from feeds.render import notices, page
from feeds.render.content import content_html, feed_html
from feeds.render.wording import wording_of
from feeds.rules.pace import Period
from tests.builders import NOW, article, make_entry, make_feed, make_head, make_site, tree, write_corpus
from tests.paths import PACKAGE

ENGLISH = wording_of("en")

FILES = {
    "ar.md": article("A", url=None, language="ar_EG", body="<p>مرحبا</p>"),
    "en.md": article("E", url=None, lang="EN", body="Hello."),
    "fr.md": article("F", url=None, locale="fr", body="Bonjour."),
    "none.md": article("N", url=None, body="Hello."),
}


def build(folder: Path, **settings: str) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    publish.build(make_site(write_corpus(folder / "corpus", FILES), folder, **settings), NOW)
    assert validate(source.read_folder(folder / "public")).problems == ()
    return tree(folder / "public")


def test_every_format_names_what_is_not_the_language_of_the_site(tmp_path: Path) -> None:
    public = build(tmp_path)
    atom, rss = etree.fromstring(public["feed.atom"]), etree.fromstring(public["feed.rss"])
    lang, dc = "{http://www.w3.org/XML/1998/namespace}lang", "{http://purl.org/dc/elements/1.1/}"
    expected = {"A": "ar-EG", "E": None, "F": "fr", "N": None}
    assert {each.findtext("{*}title"): each.get(lang) for each in atom.iterfind("{*}entry")} == expected
    assert {each.findtext("title"): each.findtext(f"{dc}language") for each in rss.iter("item")} == expected
    items = json.loads(public["feed.json"])["items"]
    assert {each["title"]: each.get("language") for each in items} == expected
    articles = etree.HTML(public["index.html"]).iter("article")
    assert {each.findtext("h3/a"): (each.get("lang"), each.get("dir")) for each in articles} == {
        "A": ("ar-EG", "rtl"),
        "E": (None, None),
        "F": ("fr", "ltr"),
        "N": (None, None),
    }


def test_the_page_of_an_article_is_in_its_language(tmp_path: Path) -> None:
    public = build(tmp_path)
    roots = [etree.HTML(body) for path, body in public.items() if path.startswith("articles/")]
    assert {each.findtext(".//h1"): (each.get("lang"), each.get("dir")) for each in roots} == {
        "A": ("ar-EG", "rtl"),
        "E": ("en", None),
        "F": ("fr", None),
        "N": ("en", None),
    }
    assert b'<html lang="en">' in public["index.html"]


def test_a_site_that_runs_from_right_to_left(tmp_path: Path) -> None:
    public = build(tmp_path, language="ar")
    assert b'<html lang="ar" dir="rtl">' in public["index.html"]
    items = {each["title"]: each for each in json.loads(public["feed.json"])["items"]}
    assert {title: item.get("language") for title, item in items.items()} == {
        "A": "ar-EG",
        "E": "en",
        "F": "fr",
        "N": "ar",
    }
    assert items["N"]["content_html"] == '<div dir="rtl" lang="ar"><p>Hello.</p></div>'
    assert items["E"]["content_html"] == "<p>Hello.</p>"


def test_an_article_in_the_language_of_the_site_changes_no_document(tmp_path: Path) -> None:
    plain = build(tmp_path / "one")
    without = {**FILES, "en.md": FILES["en.md"].replace('lang: "EN"\n', "")}
    assert without != FILES
    folder = tmp_path / "two"
    folder.mkdir()
    publish.build(make_site(write_corpus(folder / "corpus", without), folder), NOW)
    assert tree(folder / "public") == plain


def test_another_language_of_the_site_changes_the_documents(tmp_path: Path) -> None:
    first = build(tmp_path)
    build(tmp_path, language="fr")
    assert build(tmp_path) == first
    again = build(tmp_path, language="fr")
    assert {each["title"]: each.get("language") for each in json.loads(again["feed.json"])["items"]} == {
        "A": "ar-EG",
        "E": "en",
        "F": None,
        "N": None,
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"content": "<p>مرحبا</p>"}, "<p>مرحبا</p>"),
        ({"summary": "a < b"}, "<p>a &lt; b</p>"),
        ({}, '<p><a href="https://a.example/page">A page</a></p>'),
    ],
)
def test_only_the_text_of_an_entry_is_in_its_language(given: dict[str, str], expected: str) -> None:
    assert content_html(make_entry(language="he", **given), ENGLISH) == f'<div dir="rtl" lang="he">{expected}</div>'
    assert content_html(make_entry(language="fr", **given), ENGLISH) == expected
    if given:
        related = (Link("i", "https://b.example/", "B"),)
        shown = content_html(make_entry(language="he", related=related, **given), ENGLISH)
        assert shown.startswith(f'<div dir="rtl" lang="he">{expected}</div>\n<p>Related:</p>')


def test_feedparser_reads_the_language(tmp_path: Path) -> None:
    public = build(tmp_path)
    atom = {each.title: each.title_detail.language for each in feedparser.parse(public["feed.atom"]).entries}
    assert atom == {"A": "ar-EG", "E": "en", "F": "fr", "N": "en"}
    rss = {each.title: each.get("language") for each in feedparser.parse(public["feed.rss"]).entries}
    assert rss == {"A": "ar-EG", "E": None, "F": "fr", "N": None}
    shown = {each.title: each.content[0].value for each in feedparser.parse(public["feed.atom"]).entries}
    assert shown["A"] == '<div dir="rtl" lang="ar-EG"><p>مرحبا</p></div>'


LANGUAGES = sorted(path.stem for path in (PACKAGE / "render" / "languages").glob("*.toml"))

SAME_AS_ENGLISH = {
    ("de", "name"),
    ("de", "audio"),
    ("de", "video"),
    ("es", "audio"),
    ("fr", "articles"),
    ("fr", "audio"),
}
"""Texts that a language has in common with English."""


def table_of(language: str) -> dict[str, str | dict[str, str]]:
    return tomllib.loads((PACKAGE / "render" / "languages" / f"{language}.toml").read_text("utf-8"))


def forms_of(text: str | dict[str, str]) -> dict[str, str]:
    """Return the forms of a text: those of a text without a number are one."""
    return text if isinstance(text, dict) else {"other": text}


def names_in(text: str) -> set[str]:
    """Return what stands in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_there_is_a_table_for_each_of_eight_languages() -> None:
    assert LANGUAGES == ["ar", "de", "en", "es", "fr", "ja", "pt", "zh"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_has_all_texts_with_all_values_and_plural_forms(language: str) -> None:
    english, table = table_of("en"), table_of(language)
    assert list(table) == list(english)
    categories = {*Locale(language).plural_form.tags, "other"}
    for name, text in table.items():
        assert isinstance(text, dict) == isinstance(english[name], dict), name
        forms = forms_of(text)
        assert set(forms) == (categories if isinstance(text, dict) else {"other"}), name
        expected = names_in(forms_of(english[name])["other"])
        assert names_in(forms["other"]) == expected, name
        assert all(names_in(form) in (expected, expected - {"n"}) for form in forms.values()), name
        assert all(form.strip() for form in forms.values()), name


@pytest.mark.parametrize("language", sorted({*LANGUAGES} - {"en"}))
def test_no_text_was_left_in_english(language: str) -> None:
    english, table = table_of("en"), table_of(language)
    words = {name for name, text in english.items() if any(map(str.isalpha, re.sub(r"{\w+}", "", str(text))))}
    same = {
        (language, name)
        for name in words
        if set(forms_of(table[name]).values()) & set(forms_of(english[name]).values())
    }
    assert same == {pair for pair in SAME_AS_ENGLISH if pair[0] == language}


def test_every_text_is_used() -> None:
    folder = PACKAGE / "render"
    sources = "".join(path.read_text("utf-8") for path in folder.rglob("*.*") if path.suffix in (".py", ".html"))
    made = {f"pace_{period}" for period in Period} | {f"about_{kind}" for kind in Kind}
    assert {name for name in table_of("en") if not re.search(f'(?<!=)"{name}"', sources)} <= made
    assert made <= set(table_of("en"))


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("de", "de", "29. Mai 2022 15:52 1.234 1.234 Beiträge"),
        ("de-AT", "de-AT", "29. Mai 2022 15:52 1.234 1.234 Beiträge"),
        ("en-US", "en-US", "May 29, 2022 3:52 PM 1,234 1,234 entries"),
        ("fr", "fr", "29 mai 2022 15:52 1 234 1 234 articles"),
        ("pt-PT", "pt-PT", "29 de maio de 2022 15:52 1 234 1 234 artigos"),
        ("ja", "ja", "2022年5月29日 15:52 1,234 1,234件の記事"),
        ("zh-CN", "zh-CN", "2022年5月29日 15:52 1,234 共 1,234 篇文章"),
        ("zh-TW", "zh-Hans", "2022年5月29日 15:52 1,234 共 1,234 篇文章"),
        ("zh-Hant", "zh-Hans", "2022年5月29日 15:52 1,234 共 1,234 篇文章"),
        ("ar", "ar", "29 مايو 2022 3:52 م 1,234 1,234 مقالة"),
        ("tlh", "en", "29 May 2022 3:52 pm 1,234 1,234 entries"),
        ("nl-BE", "en", "29 May 2022 3:52 pm 1,234 1,234 entries"),
    ],
)
def test_the_tag_of_the_site_decides_words_and_dates(language: str, words: str, expected: str) -> None:
    say = wording_of(language)
    moment = datetime(2022, 5, 29, 15, 52, tzinfo=UTC)
    found = f"{say.day(moment.date())} {say.time(moment)} {say.number(1234)} {say('entries', 1234)}"
    assert (say.language, " ".join(found.split())) == (words, expected)


def test_numbers_have_the_forms_of_a_language() -> None:
    arabic, french = wording_of("ar"), wording_of("fr")
    assert [arabic("entries", n) for n in (1, 2, 3, 11, 100)] == [
        "مقالة واحدة",
        "مقالتان",
        "3 مقالات",
        "11 مقالة",
        "100 مقالة",
    ]
    assert [" ".join(french("entries", n).split()) for n in (0, 2, 1_000_000)] == [
        "0 article",
        "2 articles",
        "1 000 000 d’articles",
    ]


def attributes(element: etree._Element | None) -> tuple[str | None, str | None]:
    assert element is not None
    return element.get("lang"), element.get("dir")


def page_of(public: dict[str, bytes], title: str) -> etree._Element:
    """Return the page of the article with this title."""
    roots = [etree.HTML(body) for path, body in public.items() if path.startswith("articles/")]
    return next(root for root in roots if root.findtext(".//h1") == title)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_site_in_each_language(tmp_path: Path, language: str) -> None:
    public = build(tmp_path, language=language)
    say, direction = wording_of(language), "rtl" if language == "ar" else None
    for path, title in (("index.html", "Test Site"), ("topics/index.html", say("topics"))):
        root = etree.HTML(public[path])
        assert attributes(root) == (language, direction)
        assert root.findtext(".//h1") == title
        inside = [
            each for each in root.iter() if each.get("lang") and each not in (root, *root.iter("article", "time"))
        ]
        assert inside == []
    assert etree.HTML(public["index.html"]).findtext(".//footer/a") == say("opml")
    titles = {etree.fromstring(body).findtext("{*}title") for path, body in public.items() if path.endswith(".atom")}
    assert titles == {"Test Site", f"{say('own')} – Test Site"}
    assert json.loads(public["feed.json"])["description"] == say("about_all", site="Test Site")
    headings = [each.get("text") for each in etree.fromstring(public["subscriptions.opml"]).iterfind("body/outline")]
    assert headings == ["Test Site", say("providers")]


def test_addresses_run_from_left_to_right(tmp_path: Path) -> None:
    assert b'<code dir="ltr">https://' in build(tmp_path / "ar", language="ar")["index.html"]
    assert b"<code>https://" in build(tmp_path / "en")["index.html"]


def test_words_in_another_language_than_the_site_name_it(tmp_path: Path) -> None:
    """There is no table for Hebrew: its interface is English, and says so."""
    root = etree.HTML(build(tmp_path, language="he")["index.html"])
    assert attributes(root) == ("he", "rtl")
    for path in (
        "a[@class='skip']",
        "header/nav",
        "details",
        "footer",
        "h2",
        "p[@class='quiet']",
        "div[@class='intro']/p",
    ):
        assert attributes(root.find(f".//{path}")) == ("en", "ltr"), path
    assert attributes(root.find(".//header")) == (None, None)
    of_entries = {each.findtext("h3/a"): attributes(each.find("p/time")) for each in root.iter("article")}
    assert of_entries == {"A": ("en", "ltr"), "E": (None, None), "F": ("en", None), "N": ("en", "ltr")}


def test_the_description_of_the_site_is_in_its_language(tmp_path: Path) -> None:
    root = etree.HTML(build(tmp_path, language="he", description="D")["index.html"])
    assert attributes(root.find(".//div[@class='intro']/p")) == (None, None)


def test_names_are_in_the_language_of_the_site(tmp_path: Path) -> None:
    root = etree.HTML(build(tmp_path, language="he")["providers/index.html"])
    assert [attributes(root.find(f".//{path}")) for path in ("div[@class='page']", "tbody", "td/time")] == [
        ("en", "ltr"),
        ("he", "rtl"),
        ("en", "ltr"),
    ]


def test_traditional_characters_have_words_in_simplified_ones(tmp_path: Path) -> None:
    root = etree.HTML(build(tmp_path, language="zh-TW")["index.html"])
    assert attributes(root) == ("zh-TW", None)
    assert attributes(root.find(".//header/nav")) == ("zh-Hans", None)


def test_the_words_around_an_article_in_another_language(tmp_path: Path) -> None:
    public = build(tmp_path, language="de")
    arabic, german = page_of(public, "A"), page_of(public, "N")
    assert (attributes(arabic), attributes(german)) == (("ar-EG", "rtl"), ("de", None))
    for path in ("a[@class='skip']", "header", "time", "details", "footer"):
        assert attributes(arabic.find(f".//{path}")) == ("de", "ltr"), path
        assert attributes(german.find(f".//{path}")) == (None, None), path
    assert attributes(arabic.find(".//nav")) == (None, None)


def test_the_words_of_an_entry_in_another_language() -> None:
    links = tuple(Link(str(n), f"https://b.example/{n}", "B", mentions=n == 0) for n in range(8))
    files = (Enclosure("https://a.example/a.mp3", "audio/mpeg"),)
    entry = make_entry(language="ar", related=links, enclosures=files)
    for language, expected in (("en", ("en", "ltr")), ("ar", (None, None))):
        root = etree.HTML(page.render_entry(entry, make_head(language=language).site))
        found = [
            *root.iter("time"),
            *root.iterfind(".//details[@class='more']"),
            *root.iterfind(".//p[@class='by']/a[@type]"),
        ]
        assert [attributes(each) for each in found] == [expected] * 4
        assert attributes(root.find(".//article")) == ("ar", "rtl")


def test_the_related_pages_of_a_text_are_in_the_language_of_the_site() -> None:
    related = (Link("i", "https://b.example/", "B"),)
    entry, arabic = make_entry(content="<p>x</p>", related=related), wording_of("ar")
    assert '\n<div dir="rtl" lang="ar"><p>ذات صلة:</p>' in content_html(entry, arabic)
    assert "\n<p>ذات صلة:</p>" in content_html(entry, arabic, "ar")
    assert '\n<div lang="en"><p>Related:</p>' in content_html(entry, ENGLISH, "fr")
    assert "\n<p>Related:</p>" in content_html(entry, ENGLISH)


def test_a_long_text_leads_on_in_the_language_of_the_site() -> None:
    entry = make_entry(is_short=True, summary="S")
    assert "Den ganzen Text lesen</a>" in feed_html(entry, wording_of("de"))


def test_a_notice_is_in_the_language_of_the_site_and_keeps_its_id() -> None:
    def ended(language: str) -> Entry:
        return notices.ended_entry(make_head(make_feed(ended=NOW), language=language))

    assert ended("de").title == "Dieser Feed ist beendet: AI"
    assert ended("de").id == ended("en").id
    assert [ended(language).language for language in ("en", "de", "ar", "he", "zh-TW")] == [
        "",
        "",
        "ar",
        "en",
        "zh-Hans",
    ]
    head = make_head(language="de")
    moved = notices.moved_head(head, "topics/ki/", head.feed, NOW)
    assert (moved.feed.name, notices.moved_entry(moved).title) == (
        "AI (umgezogen von ki)",
        "Dieser Feed ist umgezogen: AI",
    )
