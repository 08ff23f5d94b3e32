"""Is what the client has still current? RFC 9110 section 13, as functions of the headers and the document.

A document has one strong entity tag for each coding in which it can be had (section 8.8.3.3): its digest, and the
name of the coding behind it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from feeds.web.negotiation import IDENTITY

_TAG = re.compile(r'"([^"]*)"|([^\s,"]+)')  # some clients lose the quotes; a W/ before them is one more word

_SUFFIX = re.compile(r"(-|--|;)(gzip|br|zstd)\Z")
"""What we put behind the digest, or a proxy that compresses an answer and does not take it off again."""

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
    """Return in which coding the answer is, and whether it is 304.

    Of the codings that the answer may have, it is in one that the client has already: a client that has the document
    as it is, and takes gzip by now, needs no other copy. One that has it in a coding which it does not take any more
    gets it anew (section 13.1.2: what is compared is the tag of what would be sent).

    Args:
        digest: the document's.
        modified: when its bytes last changed, in seconds since the epoch.
        codings: which the client takes, the best first (:func:`feeds.web.negotiation.acceptable_codings`).
        offered: in which the document can be had. A tag with another one is from a proxy that has coded it.
        if_none_match: the header, compared first and weakly: a list, ``W/`` or ``*``.
        if_modified_since: the header, which counts only where the other is not there (section 13.1.3); an
            invalid date is as good as none.
    """
    best = codings[0]
    if if_none_match is not None:
        if if_none_match.strip() == "*":
            return best, True
        has = {_coding_of(tag.removeprefix(digest), offered) for tag in matching_tags(if_none_match, digest)}
        known = next((each for each in codings if each in has), None)
        return known or best, known is not None
    since = parse_http_date(if_modified_since) if if_modified_since is not None else None
    return best, since is not None and modified <= since


def _coding_of(suffix: str, offered: Collection[str]) -> str | None:
    """Return the coding of ours that an entity tag with `suffix` behind the digest is of, or None."""
    found = _SUFFIX.match(suffix)
    if found is None:
        return None if suffix else IDENTITY
    return found[2] if found[1] == "-" and found[2] in offered else IDENTITY


def matching_tags(if_none_match: str, digest: str) -> list[str]:
    """Return the entity tags in a header that begin with `digest`, without ``W/`` and quotes."""
    if digest not in if_none_match:  # the usual case, however long the list
        return []
    found = (quoted or bare for quoted, bare in _TAG.findall(if_none_match))
    return [tag for tag in found if tag.startswith(digest)]


def parse_http_date(text: str) -> int | None:
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
