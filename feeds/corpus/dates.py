"""Dates as people write them, converted to aware datetimes in UTC.

ISO 8601 (RFC 3339) is tried first, then dateutil. The clock, the locale and the time zone of the machine never
complete a date: it must contain its year.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?\Z")
_DIGITS = re.compile(r"\d+\Z")
_MAX_LENGTH = 64
_FIRST_YEAR = 1000  # RFC 822 dates have four digits; and "5,400" is no date in the year 400

# dateutil fills in the fields that a text lacks. Two defaults that differ in year, month and day show which they are.
_DEFAULTS = (datetime(1904, 1, 1), datetime(1908, 2, 2))

_ZONES = {  # RFC 822 section 5.1; other abbreviations are ambiguous
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


def parse_date(value: object, zone: tzinfo) -> datetime | None:
    """Return `value` as an aware datetime in UTC and in whole seconds, or None if it is not a usable date.

    A text without a year is not a date. A text without a month or a day means the first one.

    Args:
        value: a text, or a date or datetime (from TOML).
        zone: the time zone of a time without one.
    """
    try:
        match value:
            case str():
                return _parse_text(value.strip(), zone)
            case datetime():
                return _in_utc(value, zone)
            case date():
                return _in_utc(datetime.combine(value, time()), zone)
            case _:
                return None
    except (ValueError, OverflowError):  # dateutil's ParserError is a ValueError
        return None


def parse_date_line(line: str, zone: tzinfo) -> datetime | None:
    """Return the date if the whole `line` of a plain text is one, with year, month and day; else None."""
    if not any(character.isdigit() for character in line) or not _names_a_day(line.strip()):
        return None
    return parse_date(line, zone)


def _parse_text(text: str, zone: tzinfo) -> datetime | None:
    if _ISO.match(text):
        try:
            return _in_utc(datetime.fromisoformat(text), zone)
        except ValueError:  # such as "2026-07-16 05:08:11 +0000", with a space before the zone
            pass
    first, second = _parse_with_defaults(text)
    if first.year != second.year:
        return None
    return _in_utc(first, zone)


def _names_a_day(text: str) -> bool:
    try:
        first, second = _parse_with_defaults(text)
    except (ValueError, OverflowError):
        return False
    return first.date() == second.date()


def _parse_with_defaults(text: str) -> tuple[datetime, datetime]:
    """Return the results of dateutil for `text` with the two defaults; raise ValueError if there are none."""
    from dateutil import parser  # slow to load, and most dates are ISO 8601

    if len(text) > _MAX_LENGTH or (_DIGITS.match(text) and len(text) not in (4, 8)):
        raise ValueError("not a date")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a date of which dateutil is not sure is not usable
        try:
            first, second = (parser.parse(text, default=default, tzinfos=_zone) for default in _DEFAULTS)
        except Warning as doubt:
            raise ValueError(str(doubt)) from doubt
    return first, second


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """Return the time zone that a text names. Without it, dateutil would compare with the zone of the machine."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    raise ValueError(f"unknown zone {name}")


def _in_utc(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is not UTC or moment.microsecond:
        moment = moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC).replace(microsecond=0)
    if moment.year < _FIRST_YEAR:
        raise ValueError("a year that no feed can carry")
    return moment
