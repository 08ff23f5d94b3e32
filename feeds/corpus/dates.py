"""Dates as people write them → aware datetimes in UTC.

ISO 8601 (RFC 3339) first; then dateutil for the rest. The machine's clock, locale and time zone never fill
in what a text leaves out: a date must name its year itself.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?\Z")
_DIGITS = re.compile(r"\d+\Z")
_LONGEST = 64
_FIRST_YEAR = 1000  # RFC 822 dates have four digits; and "5,400" is no date in the year 400

# Two defaults that differ in year, month and day: what a text does not say itself comes out different.
_DEFAULTS = (datetime(1904, 1, 1), datetime(1908, 2, 2))

_ZONES = {  # RFC 822 section 5.1; other abbreviations mean different zones to different people
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


def parse_date(value: object, zone: tzinfo) -> datetime | None:
    """Return `value` as an aware datetime in UTC, in whole seconds, or None where it is no usable date.

    Args:
        value: a text, or a date or datetime (from TOML).
        zone: what a time without a zone is in.

    A text without a year is no date; without a month or a day, the first of them is meant.
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
    """Return the date that `line` of a plain text is as a whole, or None: it must name year, month and day."""
    if not any(character.isdigit() for character in line) or not _names_a_day(line.strip()):
        return None
    return parse_date(line, zone)


def _parse_text(text: str, zone: tzinfo) -> datetime | None:
    if _ISO.match(text):
        try:
            return _in_utc(datetime.fromisoformat(text), zone)
        except ValueError:  # such as "2026-07-16 05:08:11 +0000", with a space before the zone
            pass
    first, second = _twice(text)
    if first.year != second.year:
        return None
    return _in_utc(first, zone)


def _names_a_day(text: str) -> bool:
    try:
        first, second = _twice(text)
    except (ValueError, OverflowError):
        return False
    return first.date() == second.date()


def _twice(text: str) -> tuple[datetime, datetime]:
    """Return `text` as dateutil reads it with each of the two defaults; ValueError where it can't."""
    from dateutil import parser  # most dates are ISO 8601, and do without

    if len(text) > _LONGEST or (_DIGITS.match(text) and len(text) not in (4, 8)):
        raise ValueError("not a date")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what dateutil is unsure of is not a usable date
        try:
            first, second = (parser.parse(text, default=each, tzinfos=_zone) for each in _DEFAULTS)
        except Warning as doubt:
            raise ValueError(str(doubt)) from doubt
    return first, second


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """Return the zone that a text names; without this, dateutil would ask the machine what its zone is called."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    raise ValueError(f"unknown zone {name}")


def _in_utc(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is not UTC or moment.microsecond:  # else it is what is wanted
        moment = moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC).replace(microsecond=0)
    if moment.year < _FIRST_YEAR:
        raise ValueError("a year that no feed can carry")
    return moment
