"""The words of pages and feeds: the texts of the interface, dates and numbers, in the language of the site.

The texts of a language are a table in the folder ``languages``. Dates, numbers and plural forms are those of CLDR.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

from feeds.rules.languages import is_right_to_left
from feeds.rules.pace import Pace

FALLBACK = "en"
"""The language of a site for whose language there is no table."""

_DATES = {"en": "en_001"}
"""Language → its locale, where CLDR takes the usage of one country for that of the language: 29 May 2022 in English."""


class Wording:
    """The words of pages and feeds in one language.

    Args:
        language: a language tag (BCP 47).

    Attributes:
        language: the tag of the words: `language`, unless no table is written in it.
        right_to_left: whether the words run from right to left.
    """

    def __init__(self, language: str) -> None:
        self.language, self._locale = _language_of_words(language)
        self.right_to_left = is_right_to_left(self.language)
        self._texts = _table(self._locale.language)
        self._day = lru_cache(maxsize=16_384)(self._format_day)
        self._month = lru_cache(maxsize=4096)(self._format_month)
        self.number = lru_cache(maxsize=4096)(self._format_number)
        self._counted = lru_cache(maxsize=16_384)(self._format_counted)

    def __call__(self, name: str, n: int | None = None, /, **values: str) -> str:
        """Return a text.

        Args:
            name: its name in the table.
            n: the number that it speaks of, which decides the plural form.
            values: what stands for the other names in braces, in a text without a number.
        """
        return str(self._texts[name]).format(**values) if n is None else self._counted(name, n)

    def day(self, day: date) -> str:
        """Return a date such as "29 May 2022"."""
        return self._day(day.toordinal())

    def month(self, day: date) -> str:
        """Return the month of a date, such as "May 2022"."""
        return self._month(day)

    def short_month(self, day: date) -> str:
        """Return the short name of the month of a date, such as "May"."""
        return format_skeleton("MMM", day, locale=self._locale)

    def year(self, day: date) -> str:
        """Return the year of a date."""
        return format_skeleton("y", day, locale=self._locale)

    def time(self, moment: datetime) -> str:
        """Return the time of day, such as "15:52"."""
        return format_time(moment.time(), "short", locale=self._locale)

    def pace(self, pace: Pace) -> str:
        """Return a pace such as "about 3 a day"."""
        return self(f"pace_{pace.period}", pace.entries)

    def _format_number(self, n: int) -> str:
        """Return a number with separators."""
        return format_decimal(n, locale=self._locale)

    def _format_counted(self, name: str, n: int) -> str:
        """Return a text that speaks of a number."""
        forms = self._texts[name]
        return str(forms.get(self._locale.plural_form(n), forms["other"])).format(n=self.number(n))

    def _format_month(self, day: date) -> str:
        return format_skeleton("yMMMM", day, locale=self._locale)

    def _format_day(self, ordinal: int) -> str:
        return format_date(date.fromordinal(ordinal), "long", locale=self._locale)


@lru_cache(maxsize=16)
def wording_of(language: str) -> Wording:
    """Return the words in the language with this tag."""
    return Wording(language)


def _language_of_words(language: str) -> tuple[str, Locale]:
    """Return tag and locale of the words that stand for a language: its own, or those that its readers have to read.

    Words and dates are never a mixture of two languages. A table in another script than that of the tag is named with
    its script, so that browsers choose the letters of that script: zh-Hans for zh-TW.
    """
    locale = _locale(language)
    if locale is None or not _table(locale.language):
        return FALLBACK, Locale.parse(_DATES[FALLBACK])
    _, script, _ = get_global("likely_subtags")[locale.language].split("_")
    if locale.script in (None, script):
        return language, locale
    return f"{locale.language}-{script}", Locale(locale.language, script=script)


def _locale(language: str) -> Locale | None:
    """Return the locale of a language tag, that of its language if CLDR has no other; None if it has none."""
    tag = _DATES.get(language.casefold(), language)
    parts = tag.replace("_", "-").split("-")
    for size in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:size]), sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return None


@cache
def _table(language: str) -> dict[str, Any]:
    """Return the texts of a language; none if there is no table."""
    source = files("feeds.render").joinpath("languages", f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8")) if source.is_file() else {}
