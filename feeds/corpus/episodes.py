"""The facts of an episode of a podcast, by the names of the elements of Apple Podcasts."""

from __future__ import annotations

import re

from feeds.corpus.fields import Fields, as_flag
from feeds.corpus.loose_records import LooseRecord, Value, file_address
from feeds.model import Episode

KINDS = frozenset({"full", "trailer", "bonus"})
"""The values of ``itunes:episodeType``."""

_NUMBER = ("episode", "episodenumber", "itunesepisode")
_SEASON = ("season", "itunesseason")
_KIND = ("episodetype", "itunesepisodetype")
_EXPLICIT = ("explicit", "itunesexplicit")
_IMAGE = ("episodeimage", "itunesimage")
_RECORDS = ("itunes", "podcast", "episode")
"""The fields that may hold a record with the facts of the episode."""

FACTS = (*_NUMBER, *_SEASON, *_KIND, *_EXPLICIT, *_IMAGE, *_RECORDS)
"""All fields that may have facts of an episode."""

_WHOLE = re.compile(r"\+?[0-9]+(?:_[0-9]+)*")
_HIGHEST = 10**6


def read_episode(fields: Fields, base: str | None) -> Episode | None:
    """Return the facts of an episode, or None if the record has none.

    Args:
        fields: the record. A value that can't be used becomes a problem.
        base: the page, to which the address of a picture is relative; None if there is none.
    """
    record = LooseRecord.of(fields)
    inner = record.inner(_RECORDS)

    def find(names: tuple[str, ...], *inside: str) -> Value | None:
        """Return the first value with one of these names; `inside` are other names that it has in an inner record."""
        for holder, known in ((record, names), *((each, names + inside) for each in inner)):
            for value in holder.values(known):
                # ``episode`` is a number, or a record with the number in it
                if holder is not record or known is not _NUMBER or not isinstance(value.value, dict):
                    return value
        return None

    found = Episode(
        _number(find(_NUMBER, "number")),
        _number(find(_SEASON)),
        _kind(find(_KIND) or _type_of_episode(inner)),
        _explicit(find(_EXPLICIT)),
        _image(find(_IMAGE, "image"), base),
    )
    return found if found != Episode() else None


def _type_of_episode(inner: list[LooseRecord]) -> Value | None:
    """Return the ``type`` in an inner record if it is that of an episode: it may be the media type of a file."""
    types = (value for record in inner for value in record.values(("type",)))
    return next((value for value in types if value.text.lower() in KINDS), None)


def _number(value: Value | None) -> int | None:
    """Return the number of an episode or a season. Apple Podcasts numbers from 1."""
    if value is None:
        return None
    text = value.text
    number = int(text) if _WHOLE.fullmatch(text) and len(text) <= len(str(_HIGHEST)) else 0
    if not 1 <= number <= _HIGHEST:
        value.warn("it is no whole number from 1 and is left out", "write digits")
        return None
    return number


def _kind(value: Value | None) -> str:
    if value is None:
        return ""
    if value.text.lower() not in KINDS:
        value.warn("it is no kind of episode and is left out", "write full, trailer or bonus")
        return ""
    return value.text.lower()


def _explicit(value: Value | None) -> bool | None:
    """Return whether an episode is for adults only. Apple Podcasts used to write it as explicit and clean."""
    if value is None:
        return None
    explicit = {"clean": False, "explicit": True}.get(value.text.lower(), as_flag(value.value))
    if explicit is None:
        value.warn("it is neither yes nor no and is left out", "write true or false")
    return explicit


def _image(value: Value | None, base: str | None) -> str | None:
    """Return the address of the picture of an episode, which stands in a text or in a record."""
    if value is None:
        return None
    written = value.value
    if isinstance(written, dict):
        found = LooseRecord.inside(value).find(("url", "href", "src"))
        written = found.value if found is not None else None
    url = file_address(written, base)
    if url is None:
        value.warn("it is no address of a picture and is left out", "write the picture's whole address")
    return url
