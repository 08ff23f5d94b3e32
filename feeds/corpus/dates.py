"""Dates as people write them, converted to aware datetimes in UTC.

A date is read by a grammar: a time of day with its zone, then the day in ISO 8601, in figures, or with the name of a
month. A text that the grammar does not know is no date. Nothing is guessed: the clock, the locale and the time zone of
the machine never complete a date, and a date must contain its year.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

from feeds.corpus.date_words import FILLERS, MONTHS, ORDINAL_ENDINGS, WEEKDAYS

ADVICE = "write a date such as 2026-05-26T15:52:00Z"
DATE_ORDERS = ("", "dmy", "mdy", "ymd")
"""The values of the setting ``date_order``: the order of day, month and year in figures; empty is not known."""

_MAX_LENGTH = 100  # a date of JavaScript has the name of its zone in full behind it
_FIRST_YEAR = 1000  # RFC 822 dates have four digits; and "5,400" is no date in the year 400
_MAX_OFFSET = 14 * 60  # minutes; Kiribati is the zone that is furthest from UTC
_CENTURY_FROM = 50  # RFC 5322 section 4.3: two digits below 50 are of the century from 2000, others of the one before

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)?)?", re.ASCII
)
_ISO_DAY = 10  # the length of 2026-05-26
_OTHER_ISO = re.compile(
    r"(?:\d{4}-W\d\d-\d|\d{4}W\d{3}|\d{4}-\d{3}|\d{8})(?P<time>T[\d:.,]+(?:Z|[+-][\d:]+)?)?", re.ASCII
)
"""The other forms of ISO 8601: week dates, ordinal dates and the basic format."""


_ZONES = {  # RFC 822 section 5.1; other abbreviations are ambiguous
    "ut": 0, "utc": 0, "gmt": 0, "z": 0,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip

_OTHER_CLOCKS = tuple(
    (re.compile(pattern, re.ASCII), clock)
    for pattern, clock in (
        (r"(?<=\d)t(\d\d)(?=z|[+-]|$)", r" \1:00"),
        (r"(?<=\d)t(?=\d)", " "),
        (r"(?<![\d:.,])(\d\d?) ?h ?(\d\d)(?!\w)", r"\1:\2"),  # 15h52
        (r"(?<![\d:.,])(\d\d?) ?h(?!\w)", r"\1:00"),
        (r"(?<![\d:.,])(\d\d?)\.(\d\d)(?= ?uhr\b)", r"\1:\2"),  # 15.52 Uhr
        (r"(?<![\d:.,])(\d\d?)(?= ?(?:uhr|[ap]\.?m)\b)", r"\1:00"),
    )
)
"""Times of day in forms of their own, and what replaces them."""

_TIME = re.compile(
    r"(?<![\d:.+-])(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\b\.?)?"
    rf"(?: ?(?P<zone>{'|'.join(sorted(_ZONES, key=len, reverse=True))})(?![a-z]))?"
    # An offset of hours alone stands at the end: in "10:11 -5 Jul 2024", the 5 is the day.
    r"(?: ?(?P<offset>[+-](?:\d\d:?\d\d|\d:\d\d|\d\d?(?= ?(?:\(|[a-z]{3,5}$|$))))"
    r"(?: (?P<also>[a-z]{3,5})$)?)?"
    r"(?(zone) ?(?:\([^()]*\))?|(?(offset) ?(?:\([^()]*\))?))"
    r"(?![\w:+]|[.,]\d)",
    re.ASCII,
)
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|.")
_AROUND_MARK = re.compile(r" *([-/.,]) *")
_FIGURES = re.compile(r"[dY]([-/. ])d\1[dY]")
_NAMED = re.compile(r"[mdY ,./'-]+")


class DateValue(NamedTuple):
    """A date that was read.

    Attributes:
        moment: the time in UTC, in whole seconds.
        has_time: False if the text names only a day, or less.
        doubt: why the date may be another one than was meant, as a sentence for a warning; or empty.
        advice: what to do against the doubt; or empty.
    """

    moment: datetime
    has_time: bool
    doubt: str = ""
    advice: str = ""


class _DateError(ValueError):
    """The text is no date. The message is empty, or says why."""


class _Day(NamedTuple):
    """A day that was read; `is_whole` is False if its text names only a year, or a year and a month."""

    date: date
    is_whole: bool = True
    doubt: str = ""
    advice: str = ""


def parse_date(value: object, zone: tzinfo, date_order: str = "") -> DateValue | None:
    """Return `value` as a date, or None if it is not a usable date.

    A text without a year is not a date. A text without a month or a day means the first one.

    Args:
        value: a text, or a date or datetime.
        zone: the time zone of a time without one.
        date_order: one of :data:`DATE_ORDERS`, for figures that can be read in two ways.
    """
    try:
        return _read(value, zone, date_order)[0]
    except _DateError:
        return None


def parse_date_line(line: str, zone: tzinfo, date_order: str = "") -> DateValue | None:
    """Return the date if the whole `line` of a plain text is one, with year, month and day; else None."""
    if not any(character.isdigit() for character in line):
        return None
    try:
        found, is_whole = _read(line, zone, date_order)
    except _DateError:
        return None
    return found if is_whole else None


def why_no_date(value: object, zone: tzinfo, date_order: str = "") -> str:
    """Return why :func:`parse_date` returns None, as a sentence that quotes nothing of `value`."""
    try:
        _read(value, zone, date_order)
    except _DateError as error:
        return f"it is no usable date: {error}" if str(error) else "it is no usable date"
    return ""


def _read(value: object, zone: tzinfo, order: str) -> tuple[DateValue, bool]:
    """Return the date, and whether it names a whole day; raise _DateError for what is no date."""
    try:
        match value:
            case str():
                return _read_text(value.strip(), zone, order)
            case datetime():
                return DateValue(_in_utc(value, zone), True), True
            case date():
                return DateValue(_in_utc(datetime.combine(value, time()), zone), False), True
            case _:
                raise _DateError
    except _DateError:
        raise
    except (ValueError, OverflowError) as error:
        raise _DateError("there is no such day or time") from error


def _read_text(text: str, zone: tzinfo, order: str) -> tuple[DateValue, bool]:
    if _ISO.fullmatch(text):  # nearly every date, several times as fast as the grammar, and with the same result
        try:
            return DateValue(_in_utc(datetime.fromisoformat(text), zone), len(text) > _ISO_DAY), True
        except ValueError:  # 24:00 and the second 60 are in ISO 8601, and not in every version of Python
            pass
    if len(text) > _MAX_LENGTH:
        raise _DateError("it is too long")
    if other := _OTHER_ISO.fullmatch(text.upper()):
        from dateutil.parser import isoparse  # slow to load, and few dates have such a form

        return DateValue(_in_utc(isoparse(text.upper()), zone), other["time"] is not None), True
    text = _fold(text)
    for pattern, clock in _OTHER_CLOCKS:
        text = pattern.sub(clock, text)
    found = _TIME.search(text)
    if found is None:
        day = _read_day(text, order)
        moment = datetime.combine(day.date, time())
    else:
        day = _read_day(f"{text[: found.start()]} {text[found.end() :]}", order)
        if not day.is_whole:
            raise _DateError("it has a time, but no day")
        moment = datetime.combine(day.date, time(), _zone(found)) + _time_of_day(found)
    return DateValue(_in_utc(moment, zone), found is not None, day.doubt, day.advice), day.is_whole


def _fold(text: str) -> str:
    """Return `text` in small letters without accents, with single spaces and plain hyphens."""
    if any(character.isnumeric() and not character.isascii() for character in text):
        raise _DateError("its digits are not 0 to 9")
    plain = unicodedata.normalize("NFKD", text).translate({0x2010: "-", 0x2212: "-"})
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).lower().split())


def _time_of_day(found: re.Match[str]) -> timedelta:
    """Return the time since midnight. ISO 8601 has 24:00, and RFC 3339 section 5.7 the leap second 60."""
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise _DateError("there is no such time")
        hour = hour % 12 + 12 * (found["half"] == "p")
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise _DateError("there is no such time")
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _zone(found: re.Match[str]) -> tzinfo | None:
    """Return the time zone that a time names, or None. An offset is ahead of UTC if it has a plus, also behind GMT."""
    name, offset, also = found["zone"], found["offset"], found["also"]
    if not offset:
        return timezone(timedelta(hours=_ZONES[name])) if name else None
    if name not in (None, "gmt", "utc", "ut"):
        raise _DateError("it names two time zones")
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    total = hours * 60 + minutes
    if minutes > 59 or total > _MAX_OFFSET:
        raise _DateError("there is no such time zone")
    total = -total if offset[0] == "-" else total
    if also in _ZONES and _ZONES[also] * 60 != total:
        raise _DateError("it names two time zones")
    return timezone(timedelta(minutes=total))


def _read_day(text: str, order: str) -> _Day:
    """Return the day that `text` names, which has no time of day in it."""
    text = text.strip(" ,.").removeprefix("- ").removesuffix(" -")
    shape, numbers, month, weekday = _sort_tokens(text)
    day = _with_month(shape, numbers, month, order) if month else _in_figures(shape, numbers, order, weekday)
    if weekday is not None and day.is_whole and day.date.weekday() != weekday and not day.doubt:
        return day._replace(doubt="it is another day of the week", advice="correct the date, or its day of the week")
    return day


def _sort_tokens(text: str) -> tuple[str, list[str], int, int | None]:
    """Return the shape of `text`, its numbers, its month or 0, and its day of the week from Monday or None.

    In the shape, "Y" is a number of four digits, "d" one of two or one, "?" another one, and "m" the name of a month.
    Days of the week and small words are not in it.
    """
    tokens = _TOKEN.findall(text.replace("-feira", ""))  # days of the week in Portuguese: segunda-feira, segunda
    numbers = [token for token in tokens if token.isdecimal()]
    # "mar" is March in Spanish, Italian and Portuguese, and Tuesday in front of another month or of three numbers.
    is_tuesday = len(numbers) > 2 or sum(token in MONTHS for token in tokens) > 1
    shape, month, before = "", 0, ""
    weekday: int | None = None
    for token in tokens:
        if token.isdecimal():
            shape += "Y" if len(token) == 4 else "d" if len(token) < 3 else "?"
        elif not token.isalpha():
            shape += token
        elif token in MONTHS and not (is_tuesday and token in WEEKDAYS):
            if month:
                raise _DateError("it names two months")
            month = MONTHS[token]
            shape += "m"
        elif token in WEEKDAYS:
            if weekday is not None:
                raise _DateError("it names two days of the week")
            weekday, is_tuesday = WEEKDAYS[token], False
        elif token not in FILLERS and not (before.isdecimal() and token in ORDINAL_ENDINGS):
            raise _DateError("a word in it is no month, weekday or time zone that we know")
        before = token
    return " ".join(_AROUND_MARK.sub(r"\1", shape).strip(" ,.").split()), numbers, month, weekday


def _with_month(shape: str, numbers: list[str], month: int, order: str) -> _Day:
    """Return the day of a text with the name of a month: the year has four digits, so it can stand anywhere."""
    kinds = "".join(kind for kind in shape if kind.isalpha() or kind == "?")
    if not _NAMED.fullmatch(shape):
        raise _DateError
    if kinds == "dmd" and len(numbers[1]) == 2:  # RFC 822 section 5.1 has years of two digits, after the month
        day, year = reversed(numbers) if order == "ymd" else numbers
        return _Day(date(_full_year(year), month, int(day)))
    if kinds.count("Y") != 1 or len(kinds) > 3 or len(numbers) != len(kinds) - 1:
        raise _DateError("it names no year of four digits" if "Y" not in kinds else "")
    year = next(number for number in numbers if len(number) == 4)
    days = [int(number) for number in numbers if len(number) < 4]
    return _Day(date(int(year), month, *(days or [1])), is_whole=bool(days))


def _in_figures(shape: str, numbers: list[str], order: str, weekday: int | None) -> _Day:
    """Return the day of a text without the name of a month."""
    if shape == "?" and len(numbers[0]) == 8:
        return _Day(date(int(numbers[0][:4]), int(numbers[0][4:6]), int(numbers[0][6:])))
    if shape in ("Y", "Y-d", "Y/d"):
        return _Day(date(*(int(number) for number in [*numbers, "1", "1"][:3])), is_whole=False)
    if shape in ("d/Y", "d-Y"):
        return _Day(date(int(numbers[1]), int(numbers[0]), 1), is_whole=False)
    found = _FIGURES.fullmatch(shape)
    if found is None or (found[1] == " " and shape[0] != "Y"):
        raise _DateError("it names no year" if "Y" not in shape and "?" not in shape else "")
    orders = ["ymd"] if shape[0] == "Y" else ["dmy"] if found[1] == "." else ["mdy", "dmy"]
    if "Y" not in shape:
        orders.append("ymd")
    return _choose(_readings(orders, numbers), order, weekday, has_year="Y" in shape)


def _readings(orders: list[str], numbers: list[str]) -> dict[str, date]:
    """Return the days that `numbers` name in these orders of day, month and year; raise _DateError if there is none."""
    readings = {}
    for order in orders:
        part = dict(zip(order, numbers, strict=True))
        year = int(part["y"]) if len(part["y"]) == 4 else _full_year(part["y"]) if len(part["y"]) == 2 else 0
        try:
            readings[order] = date(year, int(part["m"]), int(part["d"]))
        except ValueError:
            continue
    if not readings:
        raise _DateError("there is no such day")
    return readings


def _choose(readings: dict[str, date], order: str, weekday: int | None, *, has_year: bool) -> _Day:
    """Return the day that is meant: the only one, else that of the setting `order`, else the month comes first."""
    if not order and weekday is not None:
        readings = {name: day for name, day in readings.items() if day.weekday() == weekday} or readings
    if len(set(readings.values())) == 1:
        return _Day(next(iter(readings.values())))
    # Between dots the day comes before the month in any country, and "ymd" has the month before the day.
    order = order if order in readings or not order else "mdy" if "mdy" in readings else "dmy"
    if order:
        return _Day(readings[order])
    if not has_year:
        raise _DateError("its year has two digits and can be read as the day")
    doubt = "the day and the month could be meant the other way round"
    return _Day(readings["mdy"], doubt=doubt, advice="write it as 2026-05-26, or set date_order in feeds.toml")


def _full_year(digits: str) -> int:
    return int(digits) + (2000 if int(digits) < _CENTURY_FROM else 1900)


def _in_utc(moment: datetime, zone: tzinfo) -> datetime:
    if moment.tzinfo is not UTC or moment.microsecond:
        moment = moment.replace(tzinfo=moment.tzinfo or zone)
        if abs(moment.utcoffset() or timedelta()) > timedelta(minutes=_MAX_OFFSET):
            raise _DateError("there is no such time zone")
        moment = moment.astimezone(UTC).replace(microsecond=0)
    if moment.year < _FIRST_YEAR:
        raise _DateError("no feed can carry its year")
    return moment
