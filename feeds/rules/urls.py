"""Rules for web addresses: which are valid, and when two of them are the same page.

Some functions reduce an address, step by step:

- :func:`absolute_url` makes it a valid URI (RFC 3986), or returns None;
- :func:`section_url` removes tracking parameters: the address of an article;
- :func:`page_url` removes the fragment as well: the address of a page;
- :func:`canonical_key` removes everything in which two addresses of one page may differ: a key to compare, no address;
- :func:`section_key` is the same with the fragment, which may tell two articles on one page apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from feeds.rules.text import clean_text

# fmt: off
TRACKING = frozenset({
    "__hsfp", "__hssc", "__hstc", "_hsenc", "_hsmi", "at_campaign", "at_medium", "cmpid", "dclid", "fbclid",
    "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer", "guce_referrer_sig", "hsctatracking", "igsh",
    "igshid", "ito", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "ncid", "oly_anon_id",
    "oly_enc_id", "rb_clickid", "ref_src", "ref_url", "s_cid", "sr_share", "ttclid", "twclid", "vero_id",
    "wbraid", "wickedid", "xtor", "yclid",
})
# fmt: on
"""Query parameters, in lower case, that name the source of a visit and never the page."""

_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_")

_PLAIN_URL = re.compile(
    r"https?://[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){0,3}(?::\d{1,4})?(?:[/?#][A-Za-z0-9\-._~:/?#@!$&'()*+,;=]*)?\Z"
)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGEST_HOST, _LONGEST_LABEL = 253, 63  # RFC 1035 section 2.3.4
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?\Z|\[[0-9a-f:.]+\]\Z")


def is_absolute(address: str) -> bool:
    """Tell whether `address` is an absolute ``http:`` or ``https:`` address, and no path or other id."""
    return address.startswith(("http://", "https://"))


def absolute_url(written: str) -> str | None:
    """Return `written` as a valid absolute ``http:`` or ``https:`` URI, or None if it is neither.

    Spaces, quotes and non-ASCII characters are percent-encoded (RFC 3987 section 3.1). A non-ASCII host becomes its
    ASCII form. A user name and a password are dropped: a feed is public.
    """
    if _PLAIN_URL.match(written) and written.count("#") <= 1:
        return written
    written = _CONTROLS.sub("", clean_text(written)).strip()
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:  # a bracket that doesn't close, a port that is no number
        return None
    host = _ascii_host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or host is None:
        return None
    return urlunsplit(
        SplitResult(
            scheme=parts.scheme,
            netloc=host if port is None else f"{host}:{port}",
            path=_percent_encode(parts.path),
            query=_percent_encode(parts.query),
            fragment=_percent_encode(parts.fragment),
        )
    )


def section_url(address: str) -> str:
    """Return `address`, a result of :func:`absolute_url`, without tracking parameters."""
    _, _, fragment = address.partition("#")
    return f"{page_url(address)}#{fragment}" if fragment else page_url(address)


def page_url(address: str) -> str:
    """Return `address`, a result of :func:`absolute_url`, without fragment and tracking parameters."""
    base = address.partition("#")[0]
    if "?" not in base:
        return base
    path, _, query = base.partition("?")
    kept = _without_tracking(query)
    return f"{path}?{kept}" if kept else path


def canonical_key(address: str) -> str:
    """Return the key that all addresses of one page have in common.

    It has no scheme, no ``www.``, no default port, no fragment, no tracking parameters and no slash at the end. The
    host is in lower case.

    >>> canonical("http://www.Example.org:80/a/?utm_source=x#top")
    'example.org/a'
    """
    host, path, query = _canonical_parts(address)
    return f"{host}{path}?{query}" if query else host + path


def section_key(address: str) -> str:
    """Return :func:`canonical_key` of `address`, with its fragment if it has one."""
    _, _, fragment = address.partition("#")
    return f"{canonical_key(address)}#{fragment}" if fragment else canonical_key(address)


def title_key(address: str, title: str) -> str:
    """Return the key of pages with equal host, path and title, whatever their query and the letter case of the path."""
    host, path, _ = _canonical_parts(address)
    return f"{host}{path.casefold()} {title}"


@lru_cache(maxsize=4096)
def domain_of(written: str) -> str:
    """Return the domain of `written`, a domain or a whole address, without ``www.``; empty if there is none.

    >>> domain("https://www.Nasdaq.com/articles"), domain("nasdaq.com")
    ('nasdaq.com', 'nasdaq.com')
    """
    text = written.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return _without_www(_ascii_host(host) or "")


def page_keys(address: str, title: str) -> tuple[str, str]:
    """Return :func:`canonical_key` and :func:`title_key` of one page."""
    host, path, query = _canonical_parts(address)
    return (f"{host}{path}?{query}" if query else host + path), f"{host}{path.casefold()} {title}"


def _canonical_parts(address: str) -> tuple[str, str, str]:
    """Return host, path and query of `address`, in canonical form."""
    rest = address.partition("#")[0].partition("://")[2]
    rest, _, query = rest.partition("?")
    host, slash, path = rest.partition("/")
    return _canonical_host(host), (slash + path).rstrip("/"), _without_tracking(query) if query else ""


@lru_cache(maxsize=4096)  # a corpus names few hosts often
def _canonical_host(host: str) -> str:
    return _without_www(host.lower().removesuffix(":80").removesuffix(":443"))


def _without_www(host: str) -> str:
    short = host.removeprefix("www.").rstrip(".")
    return short if "." in short else host.rstrip(".")


@lru_cache(maxsize=4096)  # most queries are those of a campaign, or the ``amp`` of many pages
def _without_tracking(query: str) -> str:
    return "&".join(part for part in query.split("&") if part and not _is_tracking(part.partition("=")[0].lower()))


def _is_tracking(parameter: str) -> bool:
    return parameter in TRACKING or parameter.startswith(_TRACKING_PREFIXES)


def _ascii_host(host: str) -> str | None:
    """Return `host` in the form that a URI has (RFC 3986 section 3.2.2), or None if it is not a host."""
    host = host.lower()
    if not host.isascii():
        import idna  # slow to load, and most hosts are ASCII

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    if ":" in host:
        host = f"[{host}]"
    labels = host.rstrip(".").split(".")
    fits = len(host) <= _LONGEST_HOST and all(0 < len(label) <= _LONGEST_LABEL for label in labels)
    return host if fits and _HOST.match(host) else None


def _percent_encode(part: str) -> str:
    return _STRAY_PERCENT.sub("%25", quote(part, safe="%:/?@!$&'()*+,;=~"))
