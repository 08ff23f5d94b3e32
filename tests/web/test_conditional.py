"""Conditional requests: entity tags before dates, whatever clients and proxies send."""

from __future__ import annotations

import pytest

from feeds.web.conditional import entity_tag, parse_http_date, select_response
from feeds.web.negotiation import acceptable_codings
from tests.builders import moment

MODIFIED = int(moment("2022-05-26T10:00").timestamp())


@pytest.mark.parametrize(
    ("none_match", "modified_since", "expected"),
    [
        pytest.param('"abc"', None, True, id="the tag"),
        pytest.param("abc", None, True, id="without its quotes"),
        pytest.param('W/"abc"', None, True, id="a weak one"),
        pytest.param('"x", "abc" , "y"', None, True, id="a list"),
        pytest.param('"x",W/"abc"', None, True, id="a list without spaces"),
        pytest.param('"a,b", "abc"', None, True, id="a tag with a comma"),
        pytest.param("*", None, True, id="star"),
        pytest.param('"*"', None, False, id="a tag that is a star"),
        pytest.param('"x", *', None, False, id="a star in a list"),
        pytest.param('"abc-gzip"', None, True, id="a proxy's suffix"),
        pytest.param('"abc-br"', None, True, id="another proxy's suffix"),
        pytest.param('W/"abc;gzip"', None, True, id="one more"),
        pytest.param('"abc--gzip"', None, True, id="and one more"),
        pytest.param('"abc-x"', None, False, id="no suffix that we know"),
        pytest.param('"abcd"', None, False, id="another tag"),
        pytest.param('"xabc"', None, False, id="a tag that ends with ours"),
        pytest.param("", None, False, id="an empty header"),
        pytest.param('"", "-gzip", "abcd"', None, False, id="tags without a digest"),
        pytest.param('"abc', None, True, id="half a quote"),
        pytest.param('"x"', "Thu, 26 May 2022 10:00:00 GMT", False, id="the tag goes first"),
        pytest.param("", "Thu, 26 May 2022 10:00:00 GMT", False, id="also where it is empty"),
        pytest.param(None, "Thu, 26 May 2022 10:00:00 GMT", True, id="the same time"),
        pytest.param(None, "Thu, 26 May 2022 10:00:01 GMT", True, id="later"),
        pytest.param(None, "Thu, 26 May 2022 09:59:59 GMT", False, id="earlier"),
        pytest.param(None, "Thu, 26 May 9999 10:00:00 GMT", True, id="in the far future"),
        pytest.param(None, "yesterday", False, id="no date"),
        pytest.param(None, "Thu, 99 May 99999 10:00:00 GMT", False, id="an absurd date"),
        pytest.param(None, None, False, id="nothing"),
    ],
)
def test_conditions(none_match: str | None, modified_since: str | None, expected: bool) -> None:
    assert select_response("abc", MODIFIED, ["identity"], [], none_match, modified_since) == ("identity", expected)
    _, current = select_response(
        "abc", MODIFIED, ["identity", "gzip", "br"], ["gzip", "br"], none_match, modified_since
    )
    assert current == expected


OURS = ("br", "zstd", "gzip")


@pytest.mark.parametrize(
    ("none_match", "accept_encoding", "expected"),
    [
        pytest.param('"abc-gzip"', "gzip", "304 gzip", id="what it has"),
        pytest.param('"abc-gzip"', "gzip, br", "304 gzip", id="though another is better"),
        pytest.param('"abc"', "gzip, br", "304 identity", id="as it is, which it still takes"),
        pytest.param('"abc", "abc-gzip"', "gzip", "304 gzip", id="the better one of two"),
        pytest.param('"abc-gzip"', "br", "200 br", id="what it does not take any more"),
        pytest.param('"abc-gzip"', "identity", "200 identity", id="a shared cache asks for somebody who can't read it"),
        pytest.param('"abc-gzip"', "", "200 identity", id="the same in other words"),
        pytest.param('"abc"', "gzip, identity;q=0", "200 gzip", id="as it is, which it does not take any more"),
        pytest.param('"abc-br"', None, "304 br", id="who says nothing takes everything"),
        pytest.param('"abc--gzip"', "gzip", "304 identity", id="a proxy has coded it"),
        pytest.param('"abc;br"', "br", "304 identity", id="another proxy has"),
        pytest.param("*", "gzip", "304 gzip", id="star"),
        pytest.param('"x"', "gzip", "200 gzip", id="another document"),
    ],
)
def test_one_tag_for_each_coding(none_match: str, accept_encoding: str | None, expected: str) -> None:
    coding, current = select_response(
        "abc", MODIFIED, acceptable_codings(accept_encoding, OURS), OURS, none_match, None
    )
    assert f"{304 if current else 200} {coding}" == expected


def test_a_coding_that_we_do_not_offer_is_a_proxy_s() -> None:
    assert select_response("abc", MODIFIED, ["identity"], [], '"abc-gzip"', None) == ("identity", True)


def test_tags() -> None:
    assert [entity_tag("abc", each) for each in ("identity", "gzip")] == ['"abc"', '"abc-gzip"']


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(None, "identity br zstd gzip", id="nothing said"),
        pytest.param("", "identity", id="empty"),
        pytest.param("gzip", "gzip identity", id="one"),
        pytest.param("gzip, deflate, br, zstd", "br zstd gzip identity", id="a browser"),
        pytest.param("GZIP", "gzip identity", id="in capitals"),
        pytest.param("x-gzip", "gzip identity", id="its old name"),
        pytest.param("gzip;q=1, br;q=0.5", "gzip br identity", id="weights"),
        pytest.param("gzip;q=0.5, identity", "identity gzip", id="rather as it is"),
        pytest.param("gzip;q=0", "identity", id="not that one"),
        pytest.param("*", "br zstd gzip identity", id="star"),
        pytest.param("*;q=0", "identity", id="nothing at all, which nobody can send"),
        pytest.param("*;q=0, gzip", "gzip", id="that one alone"),
        pytest.param("gzip, *;q=0", "gzip", id="in any order"),
        pytest.param("br;q=0, *", "zstd gzip identity", id="all but one"),
        pytest.param("identity;q=0", "identity", id="not as it is, and nothing else"),
        pytest.param("deflate, identity;q=0", "identity", id="nor what we don't have"),
        pytest.param("gzip, identity;q=0", "gzip", id="but something else"),
        pytest.param("gzip;q=7, br;q=x", "identity", id="weights that are none"),
        pytest.param("deflate, compress", "identity", id="none of ours"),
    ],
)
def test_codings(header: str | None, expected: str) -> None:
    assert " ".join(acceptable_codings(header, OURS)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        (" Sun, 06 Nov 1994 08:49:37 GMT ", 784111777),
        ("Sunday, 06-Nov-22 08:49:37 GMT", 1667724577),
        ("Sun, 06 Nov 1994 08:49:37 +0000", None),
        ("Sun, 06 Nov 1994 08:49:37", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Sun, 31 Feb 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 25:61:61 GMT", None),
        ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
        ("Sun, 06 Nov ١٩٩٤ 08:49:37 GMT", None),
        ("1994-11-06T08:49:37Z", None),
        ("784111777", None),
        ("0", None),
        ("-1", None),
        ("", None),
    ],
)
def test_dates(text: str, expected: int | None) -> None:
    assert parse_http_date(text) == expected
