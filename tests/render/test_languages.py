"""The language of an entry in every format, and the direction of its text."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from feeds.audit.validate import source, validate
from feeds.model import Link
from feeds.pipeline import publish
from feeds.render.content import content_html
from tests.builders import NOW, article, make_entry, make_site, tree, write_corpus

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
    assert content_html(make_entry(language="he", **given)) == f'<div dir="rtl" lang="he">{expected}</div>'
    assert content_html(make_entry(language="fr", **given)) == expected
    if given:
        related = (Link("i", "https://b.example/", "B"),)
        shown = content_html(make_entry(language="he", related=related, **given))
        assert shown.startswith(f'<div dir="rtl" lang="he">{expected}</div>\n<p>Related:</p>')


def test_feedparser_reads_the_language(tmp_path: Path) -> None:
    public = build(tmp_path)
    atom = {each.title: each.title_detail.language for each in feedparser.parse(public["feed.atom"]).entries}
    assert atom == {"A": "ar-EG", "E": "en", "F": "fr", "N": "en"}
    rss = {each.title: each.get("language") for each in feedparser.parse(public["feed.rss"]).entries}
    assert rss == {"A": "ar-EG", "E": None, "F": "fr", "N": None}
    shown = {each.title: each.content[0].value for each in feedparser.parse(public["feed.atom"]).entries}
    assert shown["A"] == '<div dir="rtl" lang="ar-EG"><p>مرحبا</p></div>'
