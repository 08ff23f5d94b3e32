"""Conditional requests (RFC 9110 section 13), as functions of the headers and the document.

A document has one strong entity tag for every coding in which it is available (section 8.8.3.3): its digest, followed
by the name of the coding.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from feeds.web.negotiation import IDENTITY

_TAG = re.compile(r'"([^"]*)"|([^\s,"]+)')  # some clients drop the quotes; a W/ before them matches as one more word

_SUFFIX = re.compile(r"(-|--|;)(gzip|br|zstd)\Z")
"""The end of a tag with a coding: ours, or that of a proxy that compresses answers and does not restore the tag."""

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


def entity_tag(digest: str, coding: str) -> str:
    """Return the entity tag of a document in a coding, with its quotes."""
    return f'"{digest}"' if coding == IDENTITY else f'"{digest}-{coding}"'


def select_response(
    digest: str,
    modified: int,
    codings: Sequence[str],
    offered: Collection[str],
    if_none_match: str | None,
    if_modified_since: str | None,
) -> tuple[str, bool]:
    """Return the coding of the answer, and whether the answer is 304.

    If the client has the document in a coding that it accepts, the answer is in that coding: a client with the plain
    document that also accepts gzip needs no second copy. A client with the document in a coding that it no longer
    accepts gets a new copy (section 13.1.2: the tag of the answer is compared).

    Args:
        digest: the digest of the document.
        modified: when its bytes last changed, in seconds since the epoch.
        codings: the codings that the client accepts, the best first
            (:func:`feeds.web.negotiation.acceptable_codings`).
        offered: the codings in which the document is available. A tag with another coding comes from a proxy.
        if_none_match: the header, which is compared first and weakly: a list, ``W/`` or ``*``.
        if_modified_since: the header, which counts only without If-None-Match (section 13.1.3). An invalid date is
            ignored.
    """
    best = codings[0]
    if if_none_match is not None:
        if if_none_match.strip() == "*":
            return best, True
        owned = {_coding_of(tag.removeprefix(digest), offered) for tag in matching_tags(if_none_match, digest)}
        known = next((coding for coding in codings if coding in owned), None)
        return known or best, known is not None
    since = parse_http_date(if_modified_since) if if_modified_since is not None else None
    return best, since is not None and modified <= since


def _coding_of(suffix: str, offered: Collection[str]) -> str | None:
    """Return the coding of an entity tag with `suffix` after the digest, or None if it is not a tag of ours."""
    match = _SUFFIX.match(suffix)
    if match is None:
        return None if suffix else IDENTITY
    return match[2] if match[1] == "-" and match[2] in offered else IDENTITY


def matching_tags(if_none_match: str, digest: str) -> list[str]:
    """Return the entity tags in a header that begin with `digest`, without ``W/`` and quotes."""
    if digest not in if_none_match:  # the common case, decided without parsing a list of any length
        return []
    tags = (quoted or bare for quoted, bare in _TAG.findall(if_none_match))
    return [tag for tag in tags if tag.startswith(digest)]


def parse_http_date(text: str) -> int | None:
    """Return an HTTP date in seconds since the epoch, or None if `text` is not one.

    Args:
        text: in one of the three forms of RFC 9110 section 5.6.7. A year of two digits is one from 1970 to 2069: the
            result must not depend on the current date.
    """
    match = next(filter(None, (pattern.match(text.strip()) for pattern in _DATES)), None)
    if match is None:
        return None
    year, month = int(match["year"]), _MONTHS.index(match["month"]) + 1
    if len(match["year"]) == 2:
        year += 1900 if year >= 70 else 2000
    day, hour, minute, second = (int(match[name]) for name in ("day", "hour", "minute", "second"))
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        return None
