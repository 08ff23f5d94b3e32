"""Is what the client has still current? RFC 9110 section 13, as functions of the headers and the document."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TAG = re.compile(r'(?:W/)?(?:"([^"]*)"|([^\s,"]+))')  # some clients lose the quotes

_PROXIES = re.compile(r"(?:-|--|;)(?:gzip|br|zstd)\Z")
"""What proxies put behind an entity tag when they compress an answer, and don't take off again."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"[A-Z][a-z]{{2}}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT\Z",
        rf"[A-Z][a-z]{{5,8}}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT\Z",
        rf"[A-Z][a-z]{{2}} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})\Z",
    )
]


def is_current(digest: str, modified: int, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Tell whether the answer is 304.

    Args:
        digest: the document's entity tag, without quotes.
        modified: when its bytes last changed, in seconds since the epoch.
        if_none_match: the header, compared first and weakly (section 13.1.2): a list, ``W/`` or ``*``.
        if_modified_since: the header, which counts only where the other is not there (section 13.1.3); an
            invalid date is as good as none.
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or any(
            _PROXIES.sub("", tag) == digest for tag in tags(if_none_match, digest)
        )
    if if_modified_since is not None:
        since = parse_date(if_modified_since)
        return since is not None and modified <= since
    return False


def tags(if_none_match: str, digest: str) -> list[str]:
    """Return the entity tags in a header that begin with `digest`, without ``W/`` and quotes."""
    if digest not in if_none_match:  # the usual case, however long the list
        return []
    found = (quoted or bare for quoted, bare in _TAG.findall(if_none_match))
    return [tag for tag in found if tag.startswith(digest)]


def parse_date(text: str) -> int | None:
    """Return an HTTP date in seconds since the epoch, or None if it is none.

    Args:
        text: in one of the three forms of RFC 9110 section 5.6.7. A year of two digits is one from 1970 to 2069:
            what is meant must not depend on the clock.
    """
    found = next(filter(None, (each.match(text.strip()) for each in _DATES)), None)
    if found is None:
        return None
    year, month = int(found["year"]), _MONTHS.index(found["month"]) + 1
    if len(found["year"]) == 2:
        year += 1900 if year >= 70 else 2000
    day, hour, minute, second = (int(found[each]) for each in ("day", "hour", "minute", "second"))
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        return None
