"""Rules for languages: tags (BCP 47), and which languages are written from right to left."""

from __future__ import annotations

import re
from functools import lru_cache

# RFC 5646 section 2.1. Languages of more than three letters are left out: none is registered, and people who write
# one mean a name such as "english".
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<extension>[a-z]{3}))?(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?)",
    re.IGNORECASE | re.ASCII,
)

_OF_A_LOCALE = re.compile(r"[.@].*", re.DOTALL)
"""What a locale of POSIX has behind language and country: ``.UTF-8``, ``@euro``."""

# fmt: off
RIGHT_TO_LEFT_LANGUAGES = frozenset({
    "acm", "acq", "aeb", "afb", "apc", "ar", "arc", "ars", "ary", "arz", "azb", "bgn", "bqi", "ckb", "dv", "fa", "glk",
    "he", "iw", "ji", "khw", "ks", "lrc", "luz", "mzn", "nqo", "pes", "pnb", "prs", "ps", "sd", "skr", "syr", "ug",
    "ur", "yi",
})
"""The languages whose usual script runs from right to left. A tag such as ku-Arab says the script itself."""

RIGHT_TO_LEFT_SCRIPTS = frozenset({
    "Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi",
})
"""The scripts (ISO 15924) in use today that run from right to left."""
# fmt: on


@lru_cache(maxsize=1024)
def language_tag(written: str) -> str | None:
    """Return `written` as a language tag in the usual letter case (RFC 5646 section 2.1.1), or None if it is none.

    >>> language_tag("en_US.UTF-8"), language_tag("zh-hant-tw"), language_tag("english")
    ('en-US', 'zh-Hant-TW', None)
    """
    match = _TAG.fullmatch(_OF_A_LOCALE.sub("", written.strip()).replace("_", "-"))
    if match is None:
        return None
    parts = (
        match["language"].lower(),
        (match["extension"] or "").lower(),
        (match["script"] or "").title(),
        (match["region"] or "").upper(),
    )
    return "-".join(filter(None, parts)) + match["rest"].lower()


@lru_cache(maxsize=1024)
def is_right_to_left(tag: str) -> bool:
    """Tell whether a language with this tag is written from right to left. A script in the tag decides."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return False
    if match["script"]:
        return match["script"].title() in RIGHT_TO_LEFT_SCRIPTS
    return match["language"].lower() in RIGHT_TO_LEFT_LANGUAGES


def marked_language(language: str, of_site: str) -> str:
    """Return the language that the documents have to name at an entry, or an empty text.

    That is every language but the site's own. A language that runs from right to left is always named, because readers
    show an entry apart from its feed.

    Args:
        language: the language of the entry, or empty for that of the site.
        of_site: the language of the site.
    """
    language = language or of_site
    differs = language.casefold() != of_site.casefold()
    return language if differs or is_right_to_left(language) else ""
