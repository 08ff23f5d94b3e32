"""What dates, addresses and texts in a feed may be: the rules that all formats share."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urljoin, urlsplit

from feeds.audit.validate.facts import Findings
from feeds.rules.text import first_forbidden

LARGE = 250_000
"""From how many bytes on a feed costs its readers more than they like."""

HUGE = 2_000_000
"""From how many bytes on some readers refuse a feed."""

NO_DATES = (date(1, 1, 1), date(1970, 1, 1))
"""What a date that was not there looks like."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_RFC_822 = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s+)?\d{1,2}\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+(\d{4}|\d\d)"
    r"\s+\d\d:\d\d(:\d\d)?\s+([+-]\d{4}|GMT|UT|Z|[ECMP][SD]T)\Z",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos|nbsp|mdash|ndash|rsquo|lsquo|hellip);")
_TWICE = re.compile(r"&amp;(#\d+|#x[0-9a-fA-F]+|lt|gt|quot|apos|nbsp|mdash|ndash|rsquo|lsquo|hellip);")
_MARKUP = re.compile(r"<(b|i|em|strong|a|p|br|span|div|img|u|sup|sub|code)(\s[^<>]*)?/?>", re.IGNORECASE)
_RELATIVE = re.compile(r"""<(?:a|img|iframe|video|audio|source)\s[^<>]*?(?:href|src)=["'](?![a-z][a-z0-9+.-]*:|#)""")
_SCRIPT = re.compile(r"<(script|iframe|object|embed|form)[\s>]", re.IGNORECASE)


def size(sheet: Findings, what: str) -> None:
    """Note a document that is larger than readers like."""
    length = len(sheet.document.body)
    advice = "show fewer entries, or shorter ones (limit, max_bytes)"
    if length > HUGE:
        sheet.error(1, "", f"{what} has {length:,} bytes; some readers refuse that", advice)
    elif length > LARGE:
        sheet.warning(1, "", f"{what} has {length:,} bytes, which every reader fetches whenever it changes", advice)


def media_type(sheet: Findings, expected: tuple[str, ...]) -> None:
    """Note a document that the server calls something else than it is."""
    said = sheet.document.media_type
    if said is None:
        return
    plain = said.partition(";")[0].strip().lower()
    if plain in ("application/xml", "text/xml") and expected[0].endswith("+xml"):
        advice = f"send {expected[0]}; charset=utf-8, by which programs know what to do with it"
        sheet.warning(1, "", f"the server calls it {plain}", advice)
    elif plain not in expected:
        sheet.error(
            1, "", f"the server calls it {said or 'nothing'}", f"send Content-Type: {expected[0]}; charset=utf-8"
        )
    elif "charset=" not in said.lower() and not plain.endswith("json"):
        sheet.warning(1, "", f"the server names no charset in {said}", f"send {plain}; charset=utf-8")


def atom_date(sheet: Findings, line: int, where: str, text: str) -> datetime | None:
    """Return the date that `text` is (RFC 3339, as RFC 4287 section 3.3 and JSON Feed want it), or note why not."""
    if _RFC_3339.match(text):
        try:
            return _plausible(sheet, line, where, datetime.fromisoformat(text))
        except ValueError:
            pass
    sheet.error(line, where, f"{text!r} is no date", "write 2022-05-26T15:52:00Z (RFC 3339)")
    return None


def rss_date(sheet: Findings, line: int, where: str, text: str) -> datetime | None:
    """Return the date that `text` is (RFC 822, with a year of four digits), or note why not."""
    found = _RFC_822.match(text)
    if found is not None:
        if len(found.group(4)) == 2:
            sheet.warning(line, where, f"{text!r} leaves the century to the reader", "write the year with four digits")
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            pass
        else:
            if text[3:4] == "," and DAYS[moment.weekday()] != text[:3].capitalize():
                sheet.warning(line, where, f"{text!r} was no {text[:3]}", "write the day of the week of that date")
            return _plausible(sheet, line, where, moment)
    sheet.error(line, where, f"{text!r} is no date", "write Thu, 26 May 2022 15:52:00 +0000 (RFC 822)")
    return None


def link(sheet: Findings, line: int, where: str, text: str) -> bool:
    """Tell whether `text` is an absolute address that a reader can open, and note it if not."""
    found = parts(text)
    good = found is not None and found.scheme in ("http", "https") and not re.search(r"[\s<>\"{}|\\^`]", text)
    if not good or found is None or not found.hostname:
        sheet.error(line, where, f"{text!r} is no absolute http(s) address", "write all of it, https://… first")
        return False
    return True


def parts(address: str, base: str = "") -> SplitResult | None:
    """Return `address`, relative to `base`, in its parts; None where it is none (``http://[``)."""
    try:
        found = urlsplit(urljoin(base, address))
        return found if found.hostname is not None or found.netloc == "" else None
    except ValueError:
        return None


def identifier(sheet: Findings, line: int, where: str, text: str) -> None:
    """Note an id that is no absolute IRI (RFC 4287 section 4.2.6)."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z", text):
        sheet.error(line, where, f"{text!r} is no IRI", "use an address, a tag: or a urn:uuid:, and never change it")


def plain(sheet: Findings, line: int, where: str, text: str, *, markup_is_text: bool = False) -> None:
    """Note what a plain text shows as gibberish: entities escaped twice, markup, control characters.

    Args:
        sheet, line, where: the place.
        text: as a reader gets it, unescaped once.
        markup_is_text: the format says that it is plain: a tag in it is meant.
    """
    if not text.strip():
        sheet.warning(line, where, "it is empty", "say something, or leave it out")
    if found := _ENTITY.search(text):
        reason = f"readers show {found.group()} as it stands: it seems to be escaped twice"
        sheet.warning(line, where, reason, "escape it once, unless you mean it so")
    if not markup_is_text and (found := _MARKUP.search(text)):
        sheet.warning(line, where, f"some readers show {found.group()} as it stands, others obey it", "use plain text")
    if first_forbidden(text):
        sheet.error(line, where, "it has a control character", "take it out: it is invisible, and XML forbids it")


def markup(sheet: Findings, line: int, where: str, html: str) -> None:
    """Note what is wrong with the HTML of an entry, once unescaped."""
    if _RELATIVE.search(html):
        sheet.warning(line, where, "it has a relative address, which leads nowhere in a reader", "make it absolute")
    if found := _SCRIPT.search(html):
        sheet.warning(line, where, f"it has {found.group().rstrip('> ')}>, which readers take out", "leave it out")
    if found := _TWICE.search(html):
        shown = found.group().replace("&amp;", "&")
        sheet.warning(line, where, f"readers show {shown} as it stands: it is escaped twice", "escape it once")


def _plausible(sheet: Findings, line: int, where: str, moment: datetime) -> datetime:
    if moment.date() in NO_DATES:
        sheet.warning(line, where, f"{moment.date()} is what a missing date looks like", "give the real date")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
