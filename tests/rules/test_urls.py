"""Addresses: valid links, ids of pages, and addresses of the same page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.rules import urls


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("https://a.example/x?y=1#z", "https://a.example/x?y=1#z", id="plain"),
        pytest.param("HTTPS://WWW.A.example/X", "https://www.a.example/X", id="letter case"),
        pytest.param(" https://a.example/a b ", "https://a.example/a%20b", id="spaces"),
        pytest.param('https://a.example/"q"<b>', "https://a.example/%22q%22%3Cb%3E", id="quotes and brackets"),
        pytest.param("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe", id="non-ASCII"),
        pytest.param("https://a.example/100%", "https://a.example/100%25", id="stray percent"),
        pytest.param("https://a.example/%C3%A9", "https://a.example/%C3%A9", id="encoded already"),
        pytest.param("https://u:p@a.example/", "https://a.example/", id="credentials"),
        pytest.param("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x", id="IPv6"),
        pytest.param("java\tscript:alert(1)", None, id="javascript"),
        pytest.param("/relative", None, id="relative"),
        pytest.param("//a.example/x", None, id="without scheme"),
        pytest.param("ftp://a.example/x", None, id="ftp"),
        pytest.param("https://", None, id="no host"),
        pytest.param("https://a b/", None, id="space in host"),
        pytest.param("https://[::1/", None, id="open bracket"),
        pytest.param("https://a.example:99999/", None, id="port too large"),
        pytest.param("", None, id="empty"),
    ],
)
def test_link(written: str, expected: str | None) -> None:
    assert urls.absolute_url(written) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("http://a.example/x", "https://a.example/x", id="scheme"),
        pytest.param("https://www.a.example/x", "https://A.Example/x", id="host"),
        pytest.param("https://a.example:443/x", "http://a.example:80/x", id="default port"),
        pytest.param("https://a.example/x/", "https://a.example/x", id="trailing slash"),
        pytest.param("https://a.example/x#top", "https://a.example/x", id="fragment"),
        pytest.param("https://a.example/x?utm_source=n&fbclid=1", "https://a.example/x", id="tracking"),
        pytest.param("https://a.example/x?b=2&UTM_Medium=n", "https://a.example/x?b=2", id="tracking among others"),
        pytest.param("https://a.example/", "https://a.example", id="no path"),
    ],
)
def test_same_page(one: str, other: str) -> None:
    assert urls.canonical_key(one) == urls.canonical_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://a.example/x", "https://b.example/x", id="host"),
        pytest.param("https://a.example/x?p=1", "https://a.example/x?p=2", id="query"),
        pytest.param("https://a.example/X", "https://a.example/x", id="letter case of the path"),
        pytest.param("https://a.example:8080/x", "https://a.example/x", id="another port"),
    ],
)
def test_other_page(one: str, other: str) -> None:
    assert urls.canonical_key(one) != urls.canonical_key(other)


def test_the_title_bridges_query_and_letter_case() -> None:
    one = urls.title_key("https://a.example/Articles/x?p=1", "T")
    assert one == urls.title_key("https://www.a.example/articles/x", "T")
    assert one != urls.title_key("https://www.a.example/articles/x", "Another")


def test_identity_keeps_what_was_written() -> None:
    assert urls.page_url("http://www.a.example/x/?utm_source=n#top") == "http://www.a.example/x/"
    assert urls.page_url("http://www.a.example/x/?b=2&gclid=1&a=1") == "http://www.a.example/x/?b=2&a=1"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("nasdaq.com", "nasdaq.com"),
        ("https://www.Nasdaq.com/x", "nasdaq.com"),
        ("www.com", "www.com"),
        ("no host", ""),
        ("", ""),
    ],
)
def test_domain(written: str, expected: str) -> None:
    assert urls.domain_of(written) == expected


@given(st.text(max_size=60))
def test_any_text_is_a_valid_link_or_none(text: str) -> None:
    for written in (text, f"https://{text}", f"https://a.example/{text}"):
        found = urls.absolute_url(written)
        if found is not None:
            assert found.isascii()
            assert not set(found) & set(' "<>\\^`{|}\n\t')
            assert urls.absolute_url(found) == found
            assert urls.canonical_key(urls.page_url(found)) == urls.canonical_key(found)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.a.example/Articles/x/?p=1&utm_source=y#top",
        "http://A.example:80",
        "https://a.example/?amp",
        "https://b.example/?amp",
        "https://a.example/?AMP",
    ],
)
def test_both_keys_of_a_page(address: str) -> None:
    for _ in range(2):  # the second time with host and query from the cache
        assert urls.page_keys(address, "T") == (urls.canonical_key(address), urls.title_key(address, "T"))
