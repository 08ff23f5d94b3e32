"""The checks that several formats share: of dates, addresses, ids, plain texts, HTML, media types and sizes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urljoin, urlsplit

from feeds.audit.validate.facts import Findings
from feeds.rules.text import first_forbidden

LARGE = 250_000
"""A feed with more bytes than this costs its readers more than they like."""

HUGE = 2_000_000
"""Some readers refuse a feed with more bytes than this."""

PLACEHOLDER_DATES = (date(1, 1, 1), date(1970, 1, 1))
"""The dates that programs write where a date is missing."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_RFC_822 = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s+)?\d{1,2}\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(\d{4}|\d\d)"
    r"\s+\d\d:\d\d(:\d\d)?\s+([+-]\d{4}|GMT|UT|Z|[ECMP][SD]T)\Z",
    re.IGNORECASE,
)
_CHARACTER_REFERENCE = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp|mdash|ndash|rsquo|lsquo|hellip);")
_DOUBLE_ESCAPED = re.compile(r"&amp;(#\d+|#x[0-9a-fA-F]+|lt|gt|quot|apos|nbsp|mdash|ndash|rsquo|lsquo|hellip);")
_TAG = re.compile(r"<(b|i|em|strong|a|p|br|span|div|img|u|sup|sub|code)(\s[^<>]*)?/?>", re.IGNORECASE)
_RELATIVE_ADDRESS = re.compile(
    r"""<(?:a|img|iframe|video|audio|source)\s[^<>]*?(?:href|src)=["'](?![a-z][a-z0-9+.-]*:|#)"""
)
_ACTIVE_ELEMENT = re.compile(r"<(script|iframe|object|embed|form)[\s>]", re.IGNORECASE)


def check_size(findings: Findings) -> None:
    """Add a problem if a feed is larger than readers like."""
    length = len(findings.document.body)
    advice = "show fewer entries, or shorter ones (limit, max_bytes)"
    if length > HUGE:
        findings.error(1, "", f"the feed has {length:,} bytes; some readers refuse that", advice)
    elif length > LARGE:
        findings.warning(
            1, "", f"the feed has {length:,} bytes, which every reader fetches whenever it changes", advice
        )


def check_media_type(findings: Findings, expected: tuple[str, ...]) -> None:
    """Add a problem if the server sends another media type than the `expected` ones, or no charset.

    XML may lack its own media type, and JSON needs no charset (RFC 8259, 8.1).
    """
    content_type = findings.document.media_type
    if content_type is None:
        return
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in ("application/xml", "text/xml") and expected[0].endswith("+xml"):
        advice = f"send {expected[0]}; charset=utf-8: programs tell by it what to do with the document"
        findings.warning(1, "", f"the server calls it {media_type}", advice)
    elif media_type not in expected:
        reason = f"the server calls it {content_type or 'nothing'}"
        findings.error(1, "", reason, f"send Content-Type: {expected[0]}; charset=utf-8")
    elif "charset=" not in content_type.lower() and not media_type.endswith("json"):
        reason = f"the server names no charset in {content_type}"
        findings.warning(1, "", reason, f"send {media_type}; charset=utf-8")


def parse_rfc3339_date(findings: Findings, line: int, where: str, text: str) -> datetime | None:
    """Return the time that `text` names in the form of RFC 3339, or add a problem and return None.

    Atom (RFC 4287 section 3.3) and JSON Feed require this form.
    """
    if _RFC_3339.match(text):
        try:
            return _check_plausible(findings, line, where, datetime.fromisoformat(text))
        except ValueError:
            pass
    findings.error(line, where, f"{text!r} is no date", "write 2022-05-26T15:52:00Z (RFC 3339)")
    return None


def parse_rfc822_date(findings: Findings, line: int, where: str, text: str) -> datetime | None:
    """Return the time that `text` names in the form of RFC 822, or add a problem and return None.

    RSS 2.0 and OPML 2.0 require this form, and prefer a year of four digits.
    """
    match = _RFC_822.match(text)
    if match is not None:
        if len(match.group(4)) == 2:
            findings.warning(
                line, where, f"{text!r} leaves the century to the reader", "write the year with four digits"
            )
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            pass
        else:
            if text[3:4] == "," and DAYS[moment.weekday()] != text[:3].capitalize():
                findings.warning(line, where, f"{text!r} was no {text[:3]}", "write the day of the week of that date")
            return _check_plausible(findings, line, where, moment)
    findings.error(line, where, f"{text!r} is no date", "write Thu, 26 May 2022 15:52:00 +0000 (RFC 822)")
    return None


def check_address(findings: Findings, line: int, where: str, text: str) -> bool:
    """Tell whether `text` is an absolute http(s) address, and add a problem if it is not."""
    address = split_address(text)
    good = address is not None and address.scheme in ("http", "https") and not re.search(r"[\s<>\"{}|\\^`]", text)
    if not good or address is None or not address.hostname:
        findings.error(line, where, f"{text!r} is no absolute http(s) address", "write all of it, https://… first")
        return False
    return True


def split_address(address: str, base: str = "") -> SplitResult | None:
    """Return the parts of `address`, which may be relative to `base`; None where it is no address (``http://[``)."""
    try:
        parts = urlsplit(urljoin(base, address))
        return parts if parts.hostname is not None or parts.netloc == "" else None
    except ValueError:
        return None


def check_id(findings: Findings, line: int, where: str, text: str) -> None:
    """Add a problem if an id is no absolute IRI (RFC 4287 section 4.2.6)."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", text):
        findings.error(line, where, f"{text!r} is no IRI", "use an address, a tag: or a urn:uuid:, and never change it")


def check_plain_text(findings: Findings, line: int, where: str, text: str, *, markup_is_text: bool = False) -> None:
    """Add problems for a plain text with character references escaped twice, markup or control characters.

    Args:
        findings, line, where: the place of the text.
        text: the text as a reader gets it, unescaped once.
        markup_is_text: whether the format defines the text as plain, so that a tag in it is shown as it stands.
    """
    if not text.strip():
        findings.warning(line, where, "it is empty", "say something, or leave it out")
    if match := _CHARACTER_REFERENCE.search(text):
        reason = f"readers show {match.group()} as it stands: it seems to be escaped twice"
        findings.warning(line, where, reason, "escape it once, unless you mean it so")
    if not markup_is_text and (match := _TAG.search(text)):
        findings.warning(
            line, where, f"some readers show {match.group()} as it stands, others obey it", "use plain text"
        )
    if first_forbidden(text):
        findings.error(line, where, "it has a control character", "take it out: it is invisible, and XML forbids it")


def check_html(findings: Findings, line: int, where: str, html: str) -> None:
    """Add problems for the HTML of an entry: relative addresses, active elements, text that is escaped twice.

    Args:
        findings, line, where: the place of the HTML.
        html: the HTML, unescaped once.
    """
    if _RELATIVE_ADDRESS.search(html):
        findings.warning(line, where, "it has a relative address, which leads nowhere in a reader", "make it absolute")
    if match := _ACTIVE_ELEMENT.search(html):
        findings.warning(line, where, f"it has {match.group().rstrip('> ')}>, which readers take out", "leave it out")
    if match := _DOUBLE_ESCAPED.search(html):
        shown = match.group().replace("&amp;", "&")
        findings.warning(line, where, f"readers show {shown} as it stands: it is escaped twice", "escape it once")


def _check_plausible(findings: Findings, line: int, where: str, moment: datetime) -> datetime:
    """Add a problem if `moment` looks like a missing date; return it with a time zone, so that it can be compared."""
    if moment.date() in PLACEHOLDER_DATES:
        findings.warning(line, where, f"{moment.date()} is what a missing date looks like", "give the real date")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
