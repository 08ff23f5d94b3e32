"""The content of an entry: the renderer passes on what the corpus let pass, and shows a cover once."""

from __future__ import annotations

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.corpus.markup import sanitise, to_html
from feeds.model import Image
from feeds.render.content import content_html, resolve_links
from feeds.render.wording import wording_of
from feeds.rules import safe_html
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


ADDRESSES = (
    *("https://b.example/a", "HTTP://b.example", "https:b", "//b.example/a", "/a", "a?b", "#a", "", "https://[::1"),
    *("https://256.256.256.256/", "data:image/png;base64,iVBORw0KGgo=", "data:text/html,a", "mailto:a@b.example"),
)
TAGS = ("<a href={}>", "<A HREF ={}>", "<img alt=a src={}>", "<q cite={}>", "<ins cite={} datetime=1>", "<a title={}>")
pieces = st.one_of(
    st.builds(
        lambda tag, quote, address: tag.format(quote + address + quote),
        st.sampled_from(TAGS),
        st.sampled_from(["'", '"', ""]),
        st.sampled_from(ADDRESSES),
    ),
    st.sampled_from(
        ["</a>", "</q>", "<p>", "</p>", "<pre>\n\n", "<table>", "<td>", "<math>", "href=", 'src="https://']
    ),
    st.text("ab<>&;\"'=/ \r\n\xa0", max_size=5),
)


@given(
    st.lists(pieces, max_size=8).map("".join),
    st.booleans(),
    st.sampled_from([PAGE, "https://256.256.256.256/"]),
)
@example("<a href=HTTPS:/a>", False, PAGE)
@example('<A HREF="/a">', False, PAGE)
def test_every_relative_address_is_resolved(written: str, is_clean: bool, base: str) -> None:
    markup = sanitise(written) if is_clean else written
    attributes = {**nh3.ALLOWED_ATTRIBUTES, **safe_html.MATH_ATTRIBUTES, "*": safe_html.ANYWHERE}
    for relative in (("rewrite_with_base", base), "deny"):
        try:
            expected = nh3.clean(
                markup,
                tags=nh3.ALLOWED_TAGS | safe_html.MATH_TAGS,
                attributes=attributes,
                attribute_filter=safe_html.keep_attribute if "data:" in markup else None,
                link_rel=None,
                url_schemes=safe_html.SCHEMES,
                url_relative=relative,
            )
            break
        except ValueError:
            continue
    assert resolve_links(markup, base) == safe_html.name_bare_pictures(expected)


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
    assert content_html(entry, wording_of("en")).count("<img") == content.count("<img") + covers
