"""Names of months and days of the week: English, German, French, Spanish, Portuguese, Italian and Dutch.

The words are in small letters and without accents. A row has the names of one month or day in all languages, with
their usual abbreviations. No library of the project has such a table that does not depend on the machine: that of
:mod:`calendar` needs the locales of the system, and dateutil knows English.
"""

from __future__ import annotations

_MONTH_ROWS = """
january jan januar janner janvier janv enero ene janeiro gennaio gen januari
february feb februar feber fevrier fevr fev febrero fevereiro febbraio febbr februari febr
march mar marz maerz mrz mars marzo marco maart mrt
april apr avril avr abril abr aprile
may mai mayo maio maggio mag mei
june jun juni juin junio junho giugno giu
july jul juli juillet juil julio julho luglio lug
august aug aout agosto ago augustus
september sep sept septembre septiembre setiembre set setembro settembre sett
october oct oktober okt octobre octubre outubro out ottobre ott
november nov novembre noviembre novembro
december dec dezember dez decembre diciembre dic dezembro dicembre
"""

_WEEKDAY_ROWS = """
monday mon montag mo lundi lun lunes segunda seg lunedi maandag ma
tuesday tue tues dienstag di mardi mar martes terca ter martedi dinsdag
wednesday wed weds mittwoch mi mercredi mer miercoles mie quarta qua mercoledi woensdag wo
thursday thu thur thurs donnerstag do jeudi jeu jueves jue quinta qui giovedi gio donderdag
friday fri freitag fr vendredi ven viernes vie sexta sex venerdi vrijdag vr
saturday sat samstag sonnabend sa samedi sam sabado sab sabato zaterdag za
sunday sun sonntag so dimanche dim domingo dom domenica zondag zo
"""


def _positions(rows: str) -> dict[str, int]:
    return {word: position for position, row in enumerate(rows.strip().splitlines()) for word in row.split()}


MONTHS = {word: position + 1 for word, position in _positions(_MONTH_ROWS).items()}
"""Name → number of the month."""

WEEKDAYS = _positions(_WEEKDAY_ROWS)
"""Name → day of the week; Monday is 0. "mar" is a month as well."""

FILLERS = frozenset(_positions("of the at on de del den der le el um uhr a as las alle ore om uur"))
"""Words in dates that mean nothing: 2 de mayo de 2024, 10:30 Uhr."""

ORDINAL_ENDINGS = frozenset(_positions("st nd rd th er e te ste de o"))
"""Endings of numbers: 1st, 1er, 2e, 1ste; "º" has become "o"."""
