"""Conditional requests: entity tags before dates, whatever clients and proxies make of them."""

from __future__ import annotations

import pytest

from feeds.web.conditional import is_current, parse_date
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
    assert is_current("abc", MODIFIED, none_match, modified_since) == expected


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
    assert parse_date(text) == expected
