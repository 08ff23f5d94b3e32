"""Is what the client has still current? RFC 9110 section 13, as a function of the headers and the document."""

from __future__ import annotations

from datetime import datetime

from werkzeug.http import parse_date, parse_etags

_CODINGS = ("-gzip", "-br", "-zstd", ";gzip", "--gzip")
"""What proxies put behind an entity tag when they compress an answer and don't take off again."""


def is_current(etag: str, modified: datetime, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Tell whether the answer is 304.

    Args:
        etag: the document's entity tag, without quotes.
        modified: when its bytes last changed, in whole seconds.
        if_none_match: the header, compared first and weakly (section 13.1.2): a list, ``W/`` or ``*``.
        if_modified_since: the header, which counts only where the other is not there (section 13.1.3); an
            invalid date is as good as none.
    """
    if if_none_match is not None:
        tags = parse_etags(if_none_match)
        if tags.star_tag or tags.contains_weak(etag):
            return True
        return any(tags.contains_weak(etag + coding) for coding in _CODINGS)
    if if_modified_since is not None:
        since = parse_date(if_modified_since)
        return since is not None and modified <= since
    return False
