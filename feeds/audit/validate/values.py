"""The checks of values that several formats share: dates, addresses, ids, languages, media types, numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urljoin, urlsplit

from feeds.audit.validate.facts import Findings, Place
from feeds.rules.languages import language_tag

PLACEHOLDER_DATES = (date(1, 1, 1), date(1970, 1, 1))
"""The dates that programs write where a date is missing."""

SLACK = timedelta(days=1)
"""How far a date may be ahead of the check: clocks and time zones are set wrongly by less."""

MAX_LENGTH = 500
"""The most characters of a date, an address of e-mail or a tag: searching longer ones takes long."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_W3C = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?\Z", re.ASCII)
_RFC_822 = re.compile(
    r"(?P<day>(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s*,\s*)?\d{1,2}\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+"
    r"(?P<year>\d{4}|\d\d)\s+\d\d:\d\d(:\d\d)?\s+(?P<zone>[+-]\d{4}|GMT|UTC?|[ECMP][SD]T|[A-IK-Z])\Z",
    re.IGNORECASE | re.ASCII,
)
_USUAL_822 = re.compile(r"([A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d+ [\d:]+ (?:[+-]\d{4}|[A-Za-z]{2,3}|Z)\Z", re.ASCII)
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")

_NOT_IN_ADDRESSES = re.compile(r"[\s<>\"{}|\\^`\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TAG_ID = re.compile(
    r"tag:(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|[A-Za-z0-9._-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?),"
    r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?:[^\s#]*(?:#\S*)?\Z",
    re.ASCII,
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:[^\s#?/][^\s#]*(?:#\S*)?\Z", re.IGNORECASE | re.ASCII)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;\s*[\w-]+=(?:[^\s\";]+|\"[^\"]*\"))*\Z", re.ASCII)
_MAIL = re.compile(r"[^\s@<>(),;:\"\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_GRANDFATHERED = re.compile(r"(?:i|x)(?:-[A-Za-z0-9]{1,8})+\Z")


def trimmed(findings: Findings, place: Place, text: str, at: str = "") -> str:
    """Return `text` without white space around it, and add a problem if it has any."""
    if text != text.strip():
        findings.add("white-space", place, "there is white space around it", at)
    return text.strip()


def rfc3339_date(findings: Findings, place: Place, text: str) -> datetime | None:
    """Return the time that `text` names in the form of RFC 3339, or add a problem and return None.

    Atom (RFC 4287 section 3.3) and JSON Feed require this form.
    """
    if _RFC_3339.match(text):
        try:
            return _plausible(findings, place, datetime.fromisoformat(text.replace(":60", ":59")))  # a leap second
        except ValueError:
            pass
    findings.add("date-rfc3339", place, f"{text!r} is no date")
    return None


def w3c_date(findings: Findings, place: Place, text: str) -> datetime | None:
    """Return the time that `text` names in a form of ISO 8601, or add a problem and return None."""
    if _W3C.match(text):
        try:
            return _plausible(findings, place, datetime.fromisoformat(text + "0001-01-01"[len(text) :]))
        except ValueError:
            pass
    findings.add("date-iso8601", place, f"{text!r} is no date")
    return None


def rfc822_date(findings: Findings, place: Place, text: str) -> datetime | None:
    """Return the time that `text` names in the form of RFC 822, or add a problem and return None.

    RSS 2.0 and OPML 2.0 require this form, and prefer a year of four digits.
    """
    plain = _without_comments(text[:MAX_LENGTH]).strip()
    match = _RFC_822.match(plain) if len(text) <= MAX_LENGTH else None
    if match is not None:
        try:
            moment = parsedate_to_datetime(" ".join(plain.split()))
        except ValueError:
            pass
        else:
            if len(match["year"]) == 2:
                findings.add("date-two-digits", place, f"{text!r} has a year of two digits")
            elif plain != text or not _USUAL_822.match(plain):
                findings.add("date-rare-form", place, f"{text!r} is a date for few readers")
            if match["day"] and DAYS[moment.weekday()] != plain[:3].capitalize():
                findings.add("date-weekday", place, f"{text!r} was no {plain[:3]}")
            return _plausible(findings, place, moment)
    findings.add("date-rfc822", place, f"{text!r} is no date")
    return None


def _without_comments(text: str) -> str:
    """Return a date without the comments that RFC 822 allows in it (section 3.4.3), which may be nested."""
    while (shorter := _COMMENT.sub(" ", text)) != text:
        text = shorter
    return re.sub(r"\s+,", ",", text)


def _plausible(findings: Findings, place: Place, moment: datetime) -> datetime:
    """Add a problem if `moment` looks like a missing date or is in the future; return it with a time zone."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.date() in PLACEHOLDER_DATES:
        findings.add("date-placeholder", place, f"{moment.date()} is what a missing date looks like")
    elif moment > findings.now + SLACK:
        findings.add("date-future", place, f"{moment.date()} is in the future")
    return moment


def check_order(findings: Findings, place: Place, first: datetime | None, last: datetime | None) -> None:
    """Add a problem if an entry changed, at `last`, before it was published, at `first`."""
    if first is not None and last is not None and last < first:
        findings.add("date-order", place, "the entry changed before it was published")


def split_address(address: str, base: str = "") -> SplitResult | None:
    """Return the parts of `address`, which may be relative to `base`; None where it is no address (``http://[``)."""
    try:
        parts = urlsplit(urljoin(base, address))
        _ = parts.port
        return parts if parts.hostname is not None or parts.netloc == "" else None
    except ValueError:
        return None


def check_address(
    findings: Findings, place: Place, text: str, at: str = "", *, base: str | None = None, uri: bool = False
) -> bool:
    """Tell whether `text` is an address that a reader can open, and add a problem if it is not.

    Args:
        findings, place, at: where it is.
        text: the address.
        base: where relative addresses are allowed, the address of the document around them, or empty; else None.
        uri: whether the specification wants ASCII characters only, and a scheme that people open.
    """
    address = trimmed(findings, place, text, at)
    parts = split_address(address, base or "")
    wrong = _NOT_IN_ADDRESSES.search(address)
    if parts is None or wrong or (parts.scheme in ("http", "https") and not parts.hostname):
        findings.add("address-none", place, f"{address!r} is no address", at)
        return False
    if not parts.scheme:
        if base is None:
            findings.add("address-none", place, f"{address!r} is no absolute address", at)
            return False
        findings.add("address-relative", place, f"{address!r} is relative", at)
    elif uri and parts.scheme not in ("http", "https"):
        findings.add("address-scheme", place, f"{address!r} is no http(s) address", at)
        return False
    if uri and not address.isascii():
        findings.add("address-not-ascii", place, f"{address!r} has characters that are not ASCII", at)
    return True


def check_id(findings: Findings, place: Place, text: str, at: str = "") -> None:
    """Add a problem if an id is no absolute IRI, or no good ``tag:`` (RFC 4151) or ``urn:`` (RFC 8141)."""
    written = trimmed(findings, place, text, at)
    if reason := id_fault(written):
        findings.add("id-none", place, f"{written!r} {reason}", at)


def id_fault(text: str) -> str:
    """Return why `text` is no IRI (RFC 3987), such as ``is no IRI``; empty if it is one."""
    scheme = _SCHEME.match(text)
    if scheme is None or len(text) == scheme.end() or _NOT_IN_ADDRESSES.search(text):
        return "is no IRI"
    name = scheme.group().lower()
    if name in ("http:", "https:") and split_address(text) is None:
        return "is no address"
    if name == "tag:" and not (len(text) <= MAX_LENGTH and _TAG_ID.match(text)):
        return "is no tag: it should be tag:HOST,YYYY-MM-DD:NAME"
    if name == "urn:" and not _URN.match(text):
        return "is no urn: it should be urn:NAMESPACE:NAME"
    if text[:9].lower() == "urn:uuid:" and not _UUID.match(text):
        return "is no UUID"
    return ""


def check_language(findings: Findings, place: Place, text: str, at: str = "") -> None:
    """Add a problem if `text` is no language tag (BCP 47)."""
    good = "_" not in text and (language_tag(text) is not None or _GRANDFATHERED.match(text))
    if not good:
        findings.add("xml-language", place, f"{text!r} is no language tag", at)


def check_media_type(findings: Findings, place: Place, text: str, at: str = "@type") -> bool:
    """Tell whether `text` is a media type (RFC 6838 section 4.2), and add a problem if it is not."""
    if _MEDIA_TYPE.match(text):
        return True
    findings.add("media-type", place, f"{text!r} is no media type", at)
    return False


def check_number(
    findings: Findings, place: Place, text: str, at: str = "", *, least: int = 0, most: int | None = None
) -> int | None:
    """Return the whole number that `text` names, or add a problem and return None.

    Args:
        findings, place, at: where it is.
        text: the text.
        least, most: the limits of the specification.
    """
    if len(text) < 20 and text.isascii() and text.isdecimal():
        number = int(text)
        if number >= least and (most is None or number <= most):
            return number
    limits = f"{least} or more" if most is None else f"{least} to {most}"
    findings.add("number", place, f"{text!r} is no whole number ({limits})", at)
    return None


def is_mail_address(text: str) -> bool:
    """Tell whether `text` is an address of e-mail and nothing else (RFC 5322 section 3.4.1)."""
    return len(text) <= MAX_LENGTH and _MAIL.match(text) is not None
