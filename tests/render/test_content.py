"""The content of an entry: the renderer passes on what the corpus let pass, and shows a cover once."""

from __future__ import annotations

import pytest

from feeds.corpus.markup import to_html
from feeds.model import Image
from feeds.render.content import content_html, resolve_links
from tests.builders import make_entry

PAGE = "https://a.example/p/"


@pytest.mark.parametrize(
    "written",
    [
        '<math display="block"><mfrac><mi>a</mi><mn>2</mn></mfrac></math>',
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="dot">',
        '<h2 id="a">A</h2><p id="b">B</p>',
        "<p>a <code>data:</code> b</p>",
    ],
)
def test_what_the_corpus_lets_pass_stays(written: str) -> None:
    assert resolve_links(to_html(written, ".html")[0], PAGE) == written


@pytest.mark.parametrize("base", [PAGE, "https://256.256.256.256/"])
def test_no_data_but_pictures_and_no_picture_without_address(base: str) -> None:
    written = '<a href="data:text/html,x">a</a><img src="data:image/svg+xml;base64,AA" alt="b">'
    assert resolve_links(written, base) == "<a>a</a>b"
    assert "<img" not in resolve_links('<img src="/a.png" alt="b">', "https://256.256.256.256/")


@pytest.mark.parametrize(
    ("content", "cover", "covers"),
    [
        ('<p><img src="a.jpg" alt=""></p>', "https://a.example/p/a.jpg", 0),
        ('<p><img src="/a.jpg?w=300" alt=""></p>', "http://a.example/a.jpg", 0),
        ('<img src="/up/a-300x200.jpg" alt="">', "https://a.example/up/a.jpg", 0),
        ('<img src="/a%20b.jpg" alt="">', "https://a.example/a%20b-1024x768.jpg?x=1", 0),
        ('<img src="/b.jpg" alt="">', "https://a.example/a.jpg", 1),
        ('<a href="/a.jpg">a</a>', "https://a.example/a.jpg", 1),
    ],
)
def test_the_cover_stands_once(content: str, cover: str, covers: int) -> None:
    entry = make_entry(PAGE, content=content, image=Image(cover))
    assert content_html(entry).count("<img") == content.count("<img") + covers
