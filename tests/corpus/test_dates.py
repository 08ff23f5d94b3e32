"""Dates as people write them.

The right values in this file are the project's own: no library is asked for them.
"""

from __future__ import annotations

import locale
import time
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.corpus import date_words, dates

LISBON = ZoneInfo("Europe/Lisbon")
TWO_WAYS = "the day and the month could be meant the other way round"
OTHER_DAY = "it is another day of the week"

DAYS = {
    # ISO 8601: calendar dates, week dates, ordinal dates
    "2024-04-03": "2024-04-03", "20240403": "2024-04-03", "2024-02-29": "2024-02-29", " 2024-04-03 ": "2024-04-03",
    "2024-W05-3": "2024-01-31", "2024W053": "2024-01-31", "2024-w05-3": "2024-01-31", "2020-W53-5": "2021-01-01",
    "2024-123": "2024-05-02", "2024-366": "2024-12-31", "2023-001": "2023-01-01",
    # less than a day
    "2024": "2024-01-01", "2024-05": "2024-05-01", "2024/05": "2024-05-01", "05/2024": "2024-05-01",
    "May 2024": "2024-05-01", "2024 May": "2024-05-01", "Sept. 2024": "2024-09-01", "März 2024": "2024-03-01",
    # dots: day, month, year; or the year first
    "03.04.2024": "2024-04-03", "3.4.2024": "2024-04-03", "13.04.2024": "2024-04-13", "13. 4. 2024": "2024-04-13",
    "2024.04.03": "2024-04-03", "2024. 4. 3.": "2024-04-03", "Mi. 03.04.2024": "2024-04-03",
    "03.04.2024.": "2024-04-03",
    "24.04.24": "2024-04-24", "03.04.99": "1999-04-03", "31.12.50": "1950-12-31",
    # other figures that can be read in one way only
    "2024/04/03": "2024-04-03", "2024-4-3": "2024-04-03", "2024 04 03": "2024-04-03", "2024 - 04 - 03": "2024-04-03",
    "13/02/2024": "2024-02-13", "02/13/2024": "2024-02-13", "13-02-2024": "2024-02-13", "05/05/2024": "2024-05-05",
    "5/26/2022": "2022-05-26", "26/5/2022": "2022-05-26", "Fri 05/07/2024": "2024-07-05",
    "Tue 05/07/2024": "2024-05-07",
    "01/13/24": "2024-01-13", "mar 05/03/2024": "2024-03-05", "segunda-feira, 08/07/2024": "2024-07-08",
    # English
    "May 26, 2022": "2022-05-26", "May 26 2022": "2022-05-26", "26 May 2022": "2022-05-26", "26-May-2022": "2022-05-26",
    "Thursday, May 26th, 2022": "2022-05-26", "the 26th of May, 2022": "2022-05-26", "2022 May 26": "2022-05-26",
    "2022-May-26": "2022-05-26", "MAY 1ST 2022": "2022-05-01", "Sep. 2nd, 2024": "2024-09-02",
    "26May2022": "2022-05-26",
    "26 May 22": "2022-05-26", "5-Jul-99": "1999-07-05", "Tues, 3 Sept 2024": "2024-09-03", "mar 5, 2024": "2024-03-05",
    # German, Dutch
    "5. Mai 2024": "2024-05-05", "Freitag, 5. Juli 2024": "2024-07-05", "Fr., 5. Jul. 2024": "2024-07-05",
    "Dienstag, den 3. Dezember 2024": "2024-12-03", "1. Ma\u0308rz 2024": "2024-03-01", "1. Jänner 2024": "2024-01-01",
    "do 4 jul 2024": "2024-07-04", "Do., 4. Okt. 2018": "2018-10-04", "5 mrt 2024": "2024-03-05",
    "5 mei 2024": "2024-05-05",
    "dinsdag 2 januari 2024": "2024-01-02", "1ste februari 2024": "2024-02-01", "4 augustus 2024": "2024-08-04",
    # French, Italian
    "1er janvier 2024": "2024-01-01", "le 14 juillet 2024": "2024-07-14", "mardi 5 mars 2024": "2024-03-05",
    "mar. 5 mars 2024": "2024-03-05", "3 févr. 2024": "2024-02-03", "15 aout 2024": "2024-08-15",
    "15 août 2024": "2024-08-15",
    "jeu. 5 déc. 2024": "2024-12-05", "mar 5 mar 2024": "2024-03-05", "5 maggio 2024": "2024-05-05",
    "7 gen 2024": "2024-01-07",
    "1º giugno 2024": "2024-06-01", "lunedì 8 luglio 2024": "2024-07-08", "2 set. 2024": "2024-09-02",
    # Spanish, Portuguese
    "2 de mayo de 2024": "2024-05-02", "martes, 5 de marzo de 2024": "2024-03-05", "sáb 6 jul 2024": "2024-07-06",
    "1 de setiembre de 2024": "2024-09-01", "2 ene. 2024": "2024-01-02", "2 de diciembre del 2024": "2024-12-02",
    "sábado, 6 de julho de 2024": "2024-07-06", "segunda-feira, 8 de julho de 2024": "2024-07-08",
    "1º de maio de 2024": "2024-05-01", "3 fev. 2024": "2024-02-03", "3 out 2024": "2024-10-03",
    "1 de março de 2024": "2024-03-01",
}  # fmt: skip

MOMENTS = {
    # ISO 8601 and RFC 3339
    "2024-07-05T10:11:00Z": "2024-07-05T10:11:00", "2024-07-05T10:11Z": "2024-07-05T10:11:00",
    "2024-07-05t10:11:00z": "2024-07-05T10:11:00", "2024-07-05 10:11:00.999+02:00": "2024-07-05T08:11:00",
    "2024-07-05T10:11:00,5Z": "2024-07-05T10:11:00", "2024-07-05T10:11:00.123456789Z": "2024-07-05T10:11:00",
    "20240705T101100Z": "2024-07-05T10:11:00", "20240705T1011+0200": "2024-07-05T08:11:00",
    "2024-07-05T10Z": "2024-07-05T10:00:00",
    "2024-07-05T10:11+02": "2024-07-05T08:11:00", "2024-07-05T10:11:00\u22122:00": "2024-07-05T12:11:00",
    "2016-12-31T23:59:60Z": "2017-01-01T00:00:00", "1990-12-31T15:59:60-08:00": "1991-01-01T00:00:00",
    "2024-07-05T24:00:00Z": "2024-07-06T00:00:00", "2023-12-31T24:00Z": "2024-01-01T00:00:00",
    "2024-W05-3T10:00Z": "2024-01-31T10:00:00", "2024-123T10:00+02:00": "2024-05-02T08:00:00",
    "2024-07-05T10:00+14:00": "2024-07-04T20:00:00", "2024-07-05T10:00-14:00": "2024-07-06T00:00:00",
    "2024-07-05T10:00+05:45": "2024-07-05T04:15:00", "2024-07-05T10:00-00:00": "2024-07-05T10:00:00",
    # other tools: Jekyll, Go, mail, JavaScript, date(1), ctime, social networks
    "2026-07-16 05:08:11 +0000": "2026-07-16T05:08:11", "2026-07-16 05:08:11 -0700": "2026-07-16T12:08:11",
    "2026-07-16 05:08:11 +0000 UTC": "2026-07-16T05:08:11", "2026-07-16 05:08:11 +0200 CEST": "2026-07-16T03:08:11",
    "Thu, 26 May 2022 10:00:00 GMT": "2022-05-26T10:00:00", "Thu, 26 May 22 10:00 EST": "2022-05-26T15:00:00",
    "26 May 2022 10:00:00 +0200 (CEST)": "2022-05-26T08:00:00",
    "26 May 2022 10:00 UT (noon, nearly)": "2022-05-26T10:00:00",
    "Fri, 05 Jul 2024 10:11:00 GMT+0200": "2024-07-05T08:11:00", "2024-07-05 10:11 UTC+02:00": "2024-07-05T08:11:00",
    "Fri Jul 05 2024 10:11:00 GMT+0200 (Central European Summer Time)": "2024-07-05T08:11:00",
    "2024-07-05 10:11 GMT+2": "2024-07-05T08:11:00", "2024-07-05 10:11 GMT-2": "2024-07-05T12:11:00",
    "2024-07-05 10:11 UTC-0330": "2024-07-05T13:41:00", "2024-07-05 10:11 GMT +5:30": "2024-07-05T04:41:00",
    "2024-07-05 10:11 utc+0": "2024-07-05T10:11:00", "2024-07-05 10:11 PDT": "2024-07-05T17:11:00",
    "Fri Jul  5 10:11:00 UTC 2024": "2024-07-05T10:11:00", "Fri Jul 05 10:11:00 +0200 2024": "2024-07-05T08:11:00",
    "10:11 AM UTC - 5 Jul 2024": "2024-07-05T10:11:00",
    # without a zone: that of the site, which is Lisbon here
    "2024-07-05 10:11": "2024-07-05T09:11:00", "2024-01-05T10:11:00": "2024-01-05T10:11:00",
    "5 Jul 2024 10:11": "2024-07-05T09:11:00", "10:11 5 Jul 2024": "2024-07-05T09:11:00",
    "10:11 -5 Jul 2024": "2024-07-05T09:11:00",
    "03.04.2024 10:30": "2024-04-03T09:30:00", "03.04.2024, 10:30 Uhr": "2024-04-03T09:30:00",
    "3.4.2024 um 10.30 Uhr": "2024-04-03T09:30:00",
    "Thursday, May 26th, 2022 at 3:52pm": "2022-05-26T14:52:00", "5/26/2022 12:05 AM": "2022-05-25T23:05:00",
    "5/26/2022 12:05 p.m.": "2022-05-26T11:05:00", "May 26, 2022 3 pm": "2022-05-26T14:00:00",
    "2024-01-05 24:00": "2024-01-06T00:00:00",
    "samedi 6 juillet 2024 à 15h30": "2024-07-06T14:30:00", "6 de julho de 2024 às 15h": "2024-07-06T14:00:00",
    "1 dicembre 2024 alle ore 10:00": "2024-12-01T10:00:00", "4 juli 2024 om 10:00 uur": "2024-07-04T09:00:00",
}  # fmt: skip

DOUBTS = {
    "01/02/2024": ("2024-01-02", TWO_WAYS), "1-2-2024": ("2024-01-02", TWO_WAYS),
    "12/11/2024": ("2024-12-11", TWO_WAYS),
    "04/03/2024 10:00": ("2024-04-03", TWO_WAYS), "Mon 01/02/2024": ("2024-01-02", TWO_WAYS),
    "Mon, 26 May 2022": ("2022-05-26", OTHER_DAY), "lundi 6 juillet 2024": ("2024-07-06", OTHER_DAY),
    "Mo 03.04.2024": ("2024-04-03", OTHER_DAY),
}  # fmt: skip

NO_DATES = [
    # no year
    "", "soon", "10:30", "Monday", "May 26", "26 May 10:30", "26. Mai", "5", "13/02", "--05-26", "26 May at 3pm",
    "Mon May 26",
    # no such day or time
    "2022-02-30", "2022-13-01", "20240230", "04.13.2024", "2024/13/02", "31/04/2024", "0000-00-00", "30 Feb 2024",
    "2023-366",
    "2024-000", "2024-W54-1", "2024-W05-8", "2024-W00-1", "2024-13", "13/2024", "2024-07-05T25:00", "2024-07-05T24:01",
    "2024-07-05T24:00:01Z", "2024-07-05T10:60", "2024-07-05T10:11:61Z", "5 Jul 2024 13:00 PM", "5 Jul 2024 0:30 pm",
    # zones: contradictions, too far from UTC, unknown
    "2018-06-03T06:38:25Z-0700", "2018-06-03T06:38:25Z+0200", "2018-06-03 06:38 Z +02:00", "2018-06-03 06:38 EST-0500",
    "2018-06-03 06:38 +0200 UTC", "2018-06-03T06:38+14:01", "2018-06-03T06:38-15:00", "2018-06-03T06:38+99:00",
    "2018-06-03 06:38 GMT+15", "2018-06-03T06:38+02:60", "2018-06-03T06:38+2360", "26 May 2022 10:00 IST",
    "26 May 2022 10:00 CEST",
    "26 May 2022 10:00 EST5EDT", "26 May 2022 10:00 Europe/Lisbon", "9999-12-31T23:59:59-10:00", "9999-12-31T24:00Z",
    "0001-01-01T00:00+14:00", "26 May 2022 10:00 (CEST)",
    # two digits that may be a year or a day
    "03.04.24", "13.04.24", "01/02/24", "24-04-03", "31/12/24", "May 26, 22", "26/5/022",
    # not in the grammar, although something could be guessed
    "2024123", "202405", "2024-W05", "20240705101100", "1653580320", "5,400", "5.7", "2024.5", "2024-07-05-10:11",
    "2024-07-05T10:11.5",
    "2024-07-05T10,5", "-2024-07-05", "+2024-07-05", "2024-07/05", "01.02/2024", "01 02 2024", "2024-05-2024",
    "5-7 May 2024",
    "5 May - 7 June 2024", "May 5 or 6, 2024", "26 May 2022 at noon", "2024-07-05 10:00 11:00",
    "2024-07-05 10:00 - 11:00",
    "May 2024 10:00", "2024 10:00", "Mon Tue 5 Jul 2024", "5 Jul 2024 (draft)", "26 maj 2024", "26 мая 2024",
    "2024年7月5日",
    "٢٠٢٤-٠٧-٠٥", "２０２４-07-05", "5 May ²⁰²⁴", "26 May 2022 2023", "0999-01-01", "May 26, 999", "x" * 1000,
    "2024-07-05" + " " * 200 + "x",
    "\x00", "\ud800", "2024-07-05\n10:00 Kyndryl", "12th 2024", "1..2..2024", "'24", "Infinity", "nan",
]  # fmt: skip


def read(text: object, order: str = "", zone: ZoneInfo = LISBON) -> dates.DateValue | None:
    return dates.parse_date(text, zone, order)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_the_table_is_long() -> None:
    assert len(DAYS) + len(MOMENTS) + len(DOUBTS) + len(NO_DATES) > 250


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_a_day(text: str, day: str) -> None:
    assert dates.parse_date(text, UTC) == dates.DateValue(at(day), has_time=False)


@pytest.mark.parametrize(("text", "moment"), MOMENTS.items())
def test_a_time(text: str, moment: str) -> None:
    assert read(text) == dates.DateValue(at(moment), has_time=True)


@pytest.mark.parametrize(("text", "day", "doubt"), [(text, *values) for text, values in DOUBTS.items()])
def test_a_doubt(text: str, day: str, doubt: str) -> None:
    found = dates.parse_date(text, UTC)
    assert found is not None
    assert (found.moment.date().isoformat(), found.doubt) == (day, doubt)
    assert found.advice


@pytest.mark.parametrize("text", NO_DATES)
def test_no_date(text: str) -> None:
    assert dates.parse_date(text, UTC) is None
    assert dates.parse_date_line(text, UTC) is None
    assert dates.why_no_date(text, UTC).startswith("it is no usable date")


@pytest.mark.parametrize("value", [None, 12, 2024, True, ["2022-05-26"], {}, 1653580320.5, b"2022-05-26"])
def test_other_values_are_no_dates(value: object) -> None:
    assert read(value) is None
    assert dates.why_no_date(value, UTC) == "it is no usable date"


def test_values_of_python() -> None:
    assert read(date(2022, 5, 26)) == dates.DateValue(at("2022-05-25T23:00"), has_time=False)
    assert read(datetime(2022, 5, 26, 12)) == dates.DateValue(at("2022-05-26T11:00"), has_time=True)
    assert read(datetime(2022, 5, 26, 12, tzinfo=timezone(timedelta(hours=15)))) is None


def test_a_day_begins_in_the_zone_of_the_site() -> None:
    assert read("2022-05-26") == dates.DateValue(at("2022-05-25T23:00"), has_time=False)
    assert read("26. Mai 2022") == read("2022-05-26")


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("01/02/2024", "mdy", "2024-01-02"),
        ("01/02/2024", "dmy", "2024-02-01"),
        ("01-02-2024", "dmy", "2024-02-01"),
        ("01/02/2024", "ymd", "2024-01-02"),
        ("13/02/2024", "mdy", "2024-02-13"),
        ("02/13/2024", "dmy", "2024-02-13"),
        ("01.02.2024", "mdy", "2024-02-01"),
        ("2024/01/02", "dmy", "2024-01-02"),
        ("01/02/24", "dmy", "2024-02-01"),
        ("01/02/24", "mdy", "2024-01-02"),
        ("01/02/24", "ymd", "2001-02-24"),
        ("03.04.24", "dmy", "2024-04-03"),
        ("03.04.24", "mdy", "2024-04-03"),
        ("03.04.24", "ymd", "2003-04-24"),
        ("22 May 26", "ymd", "2022-05-26"),
        ("22 May 26", "dmy", "2026-05-22"),
    ],
)
def test_the_setting_decides_and_leaves_no_doubt(text: str, order: str, day: str) -> None:
    assert dates.parse_date(text, UTC, order) == dates.DateValue(at(day), has_time=False)


def test_a_day_of_the_week_decides_nothing_against_the_setting() -> None:
    found = dates.parse_date("Fri 05/07/2024", UTC, "mdy")
    assert found is not None
    assert (found.moment, found.doubt) == (at("2024-05-07"), OTHER_DAY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("soon", "a word in it is no month, weekday or time zone that we know"),
        ("26 May 2022 10:00 CEST", "a word in it is no month, weekday or time zone that we know"),
        ("26 May", "it names no year of four digits"),
        ("13/02", "it names no year"),
        ("01/02/24", "its year has two digits and can be read as the day"),
        ("2024-02-30", "there is no such day"),
        ("2024-07-05T10:60", "there is no such time"),
        ("2024-07-05T10:00+15:00", "there is no such time zone"),
        ("2024-07-05T10:00Z+0200", "it names two time zones"),
        ("May 2024 10:00", "it has a time, but no day"),
        ("x" * 200, "it is too long"),
        ("0999-01-01", "no feed can carry its year"),
    ],
)
def test_the_reason_is_named_and_nothing_quoted(text: str, reason: str) -> None:
    assert dates.why_no_date(text, UTC) == f"it is no usable date: {reason}"


def test_a_usable_date_has_no_reason_against_it() -> None:
    assert dates.why_no_date("2024-01-02", UTC) == ""


@pytest.mark.parametrize(
    ("line", "is_date"),
    [
        ("May 26, 2022", True),
        ("2022-05-26", True),
        ("le 26 mai 2022", True),
        ("26.05.2022 10:00", True),
        ("May 2022", False),
        ("2022", False),
        ("March 12, 2026 Kyndryl has launched a platform", False),
        ("By our correspondent", False),
        ("5,400", False),
        ("May 26", False),
    ],
)
def test_a_line_that_as_a_whole_is_a_date(line: str, is_date: bool) -> None:
    assert (dates.parse_date_line(line, UTC) is not None) == is_date


def test_the_names_of_a_language_are_no_other_ones_in_the_next() -> None:
    rows = [*date_words._MONTH_ROWS.split("\n"), *date_words._WEEKDAY_ROWS.split("\n")]
    words = [word for row in rows for word in row.split()]
    assert {word for word in words if words.count(word) > 1} == {"mar"}
    assert sorted(set(date_words.MONTHS.values())) == list(range(1, 13))
    assert sorted(set(date_words.WEEKDAYS.values())) == list(range(7))


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_iso_dates_come_out_as_they_went_in(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=0)
    assert dates.parse_date(there.isoformat(), UTC) == dates.DateValue(there.astimezone(UTC), has_time=True)


@given(st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)), st.sampled_from(["", "Z", "+02:00", "-13:59"]))
def test_the_short_way_for_iso_dates_gives_the_result_of_the_grammar(moment: datetime, zone: str) -> None:
    text = moment.isoformat() + zone
    assert dates._ISO.fullmatch(text)
    assert dates.parse_date(text, UTC) == dates.parse_date(text.replace("T", "t"), UTC)
    assert dates.parse_date(text[:10], UTC) == dates.parse_date(f"{text[:10]}.", UTC)


PIECES = st.sampled_from(
    [
        *"0123456789 -/.,:+'TtZzWwhº()",
        "2024",
        "05",
        "12",
        "31",
        "may ",
        "mar ",
        "Mon ",
        "de ",
        "10:11",
        " GMT",
        "+0200",
        " am",
    ]
)
TEXTS = st.text() | st.lists(PIECES, max_size=14).map("".join) | st.sampled_from([*DAYS, *MOMENTS, *DOUBTS, *NO_DATES])


@given(TEXTS, st.sampled_from(dates.DATE_ORDERS))
@example("²", "")
@example("1" * 5000, "")
@example("2024-07-05T10:11+", "dmy")
def test_no_text_raises(text: str, order: str) -> None:
    found = dates.parse_date(text, LISBON, order)
    assert (found is None) == bool(dates.why_no_date(text, LISBON, order))
    if found is not None:
        assert found.moment.tzinfo is UTC
        assert not found.moment.microsecond
        assert bool(found.doubt) == bool(found.advice)
        assert any(character.isdigit() for character in text)
    line = dates.parse_date_line(text, LISBON, order)
    assert line in (None, found)


WITHOUT_YEAR = st.lists(
    st.sampled_from(
        ["26 ", "5. ", "12th ", "May ", "März ", "Mon, ", "mar ", "de ", "10:11 ", "23:59:60 ", "3pm ", "15h30 ",
         "GMT ", "Z ",
         "+02:00 ", "GMT+2 ", "-05-26", "T10:11Z "]
    ),
    max_size=7,
).filter(lambda parts: sum(part in ("26 ", "5. ", "12th ", "-05-26") for part in parts) < 2)  # fmt: skip


@given(WITHOUT_YEAR.map("".join), st.sampled_from(dates.DATE_ORDERS))
def test_a_text_without_a_year_is_no_date(text: str, order: str) -> None:
    assert dates.parse_date(text, UTC, order) is None


def results() -> list[dates.DateValue | None]:
    return [read(text, order) for text in [*DAYS, *MOMENTS, *DOUBTS, *NO_DATES] for order in dates.DATE_ORDERS]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "EST5EDT", "CEST-2"])
def test_the_machine_s_own_zone_means_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = results()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert results() == before
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_clock_and_the_locale_mean_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = results()
    then = time.struct_time((2101, 3, 4, 5, 6, 7, 4, 63, 0))
    monkeypatch.setattr(time, "time", lambda: 4_138_000_000.0)
    monkeypatch.setattr(time, "localtime", lambda *_: then)
    monkeypatch.setattr(time, "gmtime", lambda *_: then)
    known = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("C", "C.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:  # not every machine has it
                continue
            assert results() == before
    finally:
        locale.setlocale(locale.LC_ALL, known)
