"""What a web address may be, and when two of them are the same page (DESIGN: Entries).

Three strengths of one address, each a function:

- :func:`absolute_url`: as written, made a valid URI (RFC 3986), or None;
- :func:`page_url`: less what never names a page (fragment, tracking parameters): an entry's id;
- :func:`canonical_key`: less everything in which two addresses of one page may differ: a key to compare, not to visit.
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
"""Query parameters, lower-case, that say where a reader came from and never which page it is."""

_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_")

_PLAIN = re.compile(
    r"https?://[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){0,3}(?::\d{1,4})?(?:[/?#][A-Za-z0-9\-._~:/?#@!$&'()*+,;=]*)?\Z"
)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGEST_HOST, _LONGEST_LABEL = 253, 63  # RFC 1035 section 2.3.4
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?\Z|\[[0-9a-f:.]+\]\Z")


def absolute_url(written: str) -> str | None:
    """Return `written` as a valid absolute ``http:`` or ``https:`` URI, or None where it is neither.

    Spaces, quotes and non-ASCII characters are percent-encoded (RFC 3987 section 3.1), a non-ASCII
    host goes to its ASCII form, a user name or password is dropped: a feed is public.
    """
    if _PLAIN.match(written) and written.count("#") <= 1:
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
            path=_encode(parts.path),
            query=_encode(parts.query),
            fragment=_encode(parts.fragment),
        )
    )


def page_url(address: str) -> str:
    """Return `address` (one that :func:`absolute_url` returned) less its fragment and tracking parameters."""
    base = address.partition("#")[0]
    if "?" not in base:
        return base
    path, _, query = base.partition("?")
    kept = _without_tracking(query)
    return f"{path}?{kept}" if kept else path


def canonical_key(address: str) -> str:
    """Return the key under which `address` is the same page as others.

    Scheme and host are lower-cased, http is https, ``www.``, the default port, the fragment, tracking
    parameters and a trailing slash are dropped.

    >>> canonical("http://www.Example.org:80/a/?utm_source=x#top")
    'example.org/a'
    """
    host, path, query = _page(address)
    return f"{host}{path}?{query}" if query else host + path


def canonical_keys(address: str, title: str) -> tuple[str, str]:
    """Return what :func:`canonical_key` does, and the key for pages that agree in host, path and title though not in query.

    Letter case makes no difference in a path with a title.
    """
    host, path, query = _page(address)
    return f"{host}{path}?{query}" if query else host + path, f"{host}{path.casefold()} {title}"


@lru_cache(maxsize=4096)
def domain_of(written: str) -> str:
    """Return the bare domain in `written`, which may be a domain or a whole address; empty if there is none.

    >>> domain("https://www.Nasdaq.com/articles"), domain("nasdaq.com")
    ('nasdaq.com', 'nasdaq.com')
    """
    text = written.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return _bare(_ascii_host(host) or "")


def _page(address: str) -> tuple[str, str, str]:
    """Return host, path and query of `address`, each in canonical form."""
    rest = address.partition("#")[0].partition("://")[2]
    rest, _, query = rest.partition("?")
    host, slash, path = rest.partition("/")
    return _canonical_host(host), (slash + path).rstrip("/"), _without_tracking(query) if query else ""


@lru_cache(maxsize=4096)
def _canonical_host(host: str) -> str:
    return _bare(host.lower().removesuffix(":80").removesuffix(":443"))


def _bare(host: str) -> str:
    short = host.removeprefix("www.").rstrip(".")
    return short if "." in short else host.rstrip(".")


def _without_tracking(query: str) -> str:
    return "&".join(part for part in query.split("&") if part and not _tracks(part.partition("=")[0].lower()))


def _tracks(parameter: str) -> bool:
    return parameter in TRACKING or parameter.startswith(_TRACKING_PREFIXES)


def _ascii_host(host: str) -> str | None:
    """Return `host` as it stands in a URI (RFC 3986 section 3.2.2), or None where it is no host."""
    host = host.lower()
    if not host.isascii():
        import idna  # few corpora need it

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    if ":" in host:
        host = f"[{host}]"
    labels = host.rstrip(".").split(".")
    fits = len(host) <= _LONGEST_HOST and all(0 < len(label) <= _LONGEST_LABEL for label in labels)
    return host if fits and _HOST.match(host) else None


def _encode(part: str) -> str:
    return _STRAY_PERCENT.sub("%25", quote(part, safe="%:/?@!$&'()*+,;=~"))
