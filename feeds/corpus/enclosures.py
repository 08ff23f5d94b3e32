"""The files that belong to an article, and the language of the article."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from feeds.corpus import episodes
from feeds.corpus.field_names import bare_name
from feeds.corpus.fields import Fields, as_flag, as_text
from feeds.corpus.loose_records import LooseRecord, Value, file_address
from feeds.model import Enclosure
from feeds.rules.languages import language_tag

MEDIA_TYPES = {
    "aac": "audio/aac",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "m4a": "audio/x-m4a",
    "m4v": "video/x-m4v",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "wav": "audio/wav",
    "webm": "video/webm",
}
"""Extension → media type; that of Apple Podcasts if it has one. The table of the system differs between machines."""

FILES = (
    *("enclosure", "enclosures", "attachments"),
    *("audio", "video", "podcast"),
    *("audiofile", "podcasturl", "podcastfile"),
)
"""The fields that name files, in the order in which the files are listed."""

_MAYBE_FLAGS = frozenset({"audio", "video", "podcast"})
"""The fields that may only say that there is something to hear or to see."""

_ADDRESS = ("url", "href", "src", "file", "podcasturl", "podcastfile", "audiofile", "audio", "video")
_TYPE = ("mimetype", "mediatype", "type")
_LENGTH = ("length", "sizeinbytes", "size", "bytes", "podcastbytes", "audiosize")
_DURATION = ("duration", "durationinseconds", "podcastduration", "itunesduration")

_BESIDE = ("podcastbytes", "audiosize", "bytes")
"""The names of a file's size that may stand beside its address, and not in one record with it."""

LANGUAGE = ("language", "lang", "locale")
"""The fields that may name the language."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")  # RFC 6838 section 4.2
_UNIT = re.compile(r"\s*(?:b|bytes?|octets?)\Z", re.IGNORECASE)
_WHOLE = re.compile(r"\+?[0-9]+(?:_[0-9]+)*")
# One group of three behind a dot may be a fraction of something larger.
_GROUPED = re.compile(
    "[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:\\.[0-9]{3}){2,}|(?:['\u2019][0-9]{3})+|(?:[ \u00a0\u202f][0-9]{3})+)"
)
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,5}):([0-9]{1,2})(?:\.[0-9]+)?")
_ISO_DURATION = re.compile(
    r"P(?=T?[0-9])(?:([0-9]{1,3})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,4})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})(?:[.,][0-9]+)?S)?)?",
    re.IGNORECASE,
)
_LONGEST = 10**7
_MOST_DIGITS = 15

_ADDRESS_ADVICE = "write the whole address of the file"
_TYPE_ADVICE = "write its type, such as audio/mpeg"


class _File(NamedTuple):
    """An enclosure, and its address as it stands in the front matter."""

    enclosure: Enclosure
    address: Value


def read_enclosures(fields: Fields, base: str | None) -> tuple[Enclosure, ...]:
    """Return the files that a record names. An address that is there twice is one file, with the facts of both.

    Args:
        fields: the record. A value that can't be used becomes a problem.
        base: the page, to which relative addresses are relative; None if there is none.
    """
    record = LooseRecord.of(fields)
    files: dict[str, _File] = {}
    for value in record.values(FILES):
        for file in _files_in(value, base):
            known = files.setdefault(file.enclosure.url, file)
            files[file.enclosure.url] = known._replace(enclosure=_joined(known.enclosure, file.enclosure))
    if files:
        _add_facts_beside(record, files)
    for enclosure, address in files.values():
        if not enclosure.media_type:  # which RSS 2.0 and JSON Feed 1.1 require
            address.warn("the file has no known type, so only Atom and the pages link to it", _TYPE_ADVICE)
    return tuple(file.enclosure for file in files.values())


def _files_in(value: Value, base: str | None) -> Iterator[_File]:
    """Yield the files in a value: an address, a record, or a list of them."""
    items = [value]
    if isinstance(value.value, list):
        items = [value._replace(value=written, item=number) for number, written in enumerate(value.value)]
    for item in items:
        if bare_name(item.name) in _MAYBE_FLAGS and as_flag(item.value) is not None:
            continue
        file = _file_of_record(item, base) if isinstance(item.value, dict) else _file_at(item, base)
        if file is not None:
            yield file


def _file_of_record(value: Value, base: str | None) -> _File | None:
    """Return the file in a value that is a record; None if it has no usable address."""
    record = LooseRecord.inside(value)
    address = record.find(_ADDRESS)
    if address is None:
        if bare_name(value.name) != "podcast":  # which may have the facts of an episode, and no file
            value.warn("it has no address and is left out", "add a line url:")
        return None
    file = _file_at(address, base)
    if file is None:
        return None
    url, by_name, *_ = file.enclosure
    return _File(Enclosure(url, _written_type(record) or by_name, _length(record, _LENGTH), _duration(record)), address)


def _file_at(address: Value, base: str | None) -> _File | None:
    """Return the file at an address, with the type that its name has; None if it is no address."""
    url = file_address(address.value, base)
    if url is None:
        address.warn("it is no address of a file and is left out", _ADDRESS_ADVICE)
        return None
    _, dot, extension = urlsplit(url).path.rpartition("/")[2].rpartition(".")
    return _File(Enclosure(url, MEDIA_TYPES.get(extension.lower(), "") if dot else ""), address)


def _add_facts_beside(record: LooseRecord, files: dict[str, _File]) -> None:
    """Add size and duration that stand beside an address to the first file that can be played and lacks them."""
    playable = [url for url, file in files.items() if file.enclosure.media_type.startswith(("audio/", "video/"))]
    # A record with an address of its own has the facts of that file only.
    beside = [inner for inner in record.inner(("itunes", "podcast")) if inner.find(_ADDRESS) is None]
    for holder in (record, *beside):
        _give_to_first(files, playable or [*files], Enclosure("", length=_length(holder, _BESIDE)))
        _give_to_first(files, playable or [*files], Enclosure("", duration=_duration(holder)))


def _give_to_first(files: dict[str, _File], candidates: list[str], facts: Enclosure) -> None:
    """Add facts to the first of the candidates, addresses in `files`, that lacks them."""
    for url in candidates:
        joined = _joined(files[url].enclosure, facts)
        if joined != files[url].enclosure:
            files[url] = files[url]._replace(enclosure=joined)
            return


def _joined(one: Enclosure, other: Enclosure) -> Enclosure:
    """Return the facts of two enclosures with one address; `other` fills the gaps of `one`."""
    return Enclosure(
        one.url,
        one.media_type or other.media_type,
        other.length if one.length is None else one.length,
        other.duration if one.duration is None else one.duration,
    )


def _written_type(record: LooseRecord) -> str:
    """Return the media type that a record names, without its parameters; empty if it names none."""
    value = record.find(_TYPE)
    if value is None:
        return ""
    media_type = value.text.partition(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(media_type):
        return media_type
    if media_type not in episodes.KINDS:
        value.warn("it is no media type and is left out", _TYPE_ADVICE)
    return ""


def _length(record: LooseRecord, names: tuple[str, ...]) -> int | None:
    """Return the size of a file in bytes; None if the record does not say it exactly."""
    reason = "it is no exact number of bytes and is left out"
    return _parsed(record.find(names), parse_length, reason, "write digits, such as 24986239")


def _duration(record: LooseRecord) -> int | None:
    """Return a playing time in seconds, or None."""
    reason = "it is no duration and is left out"
    return _parsed(record.find(_DURATION), parse_duration, reason, "write seconds, 1:02:03 or PT1H2M3S")


def _parsed(value: Value | None, parse: Callable[[str], int | None], reason: str, advice: str) -> int | None:
    """Return a value as a number, or None; 0 stands for an unknown one. A value that is no number is a problem."""
    if value is None:
        return None
    number = parse(value.text)
    if number is None:
        value.warn(reason, advice)
    return number or None


def parse_length(text: str) -> int | None:
    """Return a number of bytes, or None if `text` is no exact one.

    >>> parse_length("24 986 239"), parse_length("512 bytes"), parse_length("12.3 MB")
    (24986239, 512, None)
    """
    digits = _UNIT.sub("", text.strip())
    if not (_WHOLE.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        return None
    digits = re.sub("[^0-9]", "", digits)
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def parse_duration(text: str) -> int | None:
    """Return a duration in whole seconds, or None if `text` is none.

    The forms are seconds, ``mm:ss`` and ``hh:mm:ss``, which Apple Podcasts knows, and the durations of ISO 8601 that
    need no calendar.

    >>> parse_duration("3723"), parse_duration("1:02:03"), parse_duration("PT1H2M3S"), parse_duration("1:75")
    (3723, 3723, 3723, None)
    """
    seconds: float
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        if seconds >= 60 or (clock[1] and minutes >= 60):
            return None
        seconds += 60 * (minutes + 60 * hours)
    elif iso := _ISO_DURATION.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        seconds += 60 * (minutes + 60 * (hours + 24 * days))
    else:
        try:
            seconds = float(text)
        except ValueError:
            return None
    return int(seconds) if 0 <= seconds < _LONGEST else None


def read_language(fields: Fields) -> str:
    """Return the language of a record as a tag (BCP 47); empty for that of the site."""
    for name in LANGUAGE:
        value: Any = fields.values.get(name)
        if value is None or value == "":
            continue
        tag = language_tag(as_text(value) or "")
        if tag is not None:
            return tag
        fields.warn(name, "it is no tag of a language and is left out", "write one such as en or pt-BR")
    return ""
