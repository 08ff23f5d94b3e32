"""The fields of one link record: their names, and the types of their values.

One rule applies to all: a value that can't be used is a problem with file, line and field, and the record goes on
without it. :mod:`feeds.corpus.article` decides which missing field loses an article.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from feeds.corpus import dates
from feeds.corpus.dates import DateValue
from feeds.corpus.excerpts import strip_tags
from feeds.corpus.field_names import plain_name, shape_of
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Image, Provider, Severity
from feeds.rules import urls
from feeds.rules.text import clean_text, first_of_windows_1252, one_line

_IMAGE_FIELDS = frozenset({"url", "width", "height", "isCached"})
"""The fields of a plain image, in this spelling."""

FieldPath = tuple[str | int, ...]
ReportProblem = Callable[[FieldPath, str, str, Severity], None]

_MAX_NUMBER = 1e15
_MOST_PIXELS = 100_000
_TRUE = frozenset({"true", "yes", "on", "1", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "n", ""})


class Fields:
    """The values of one record, by the names of the fields.

    Args:
        values: the values in the front matter; the letter case of names makes no difference.
        where: the place of the record in the front matter: ``()``, or ``("related", 3)``.
        report: is called with every problem: place, reason, advice and severity.

    Attributes:
        raw: the values by the names of the fields as they are written.
        shape: what the names say about the record.
        values: the values by the names of :attr:`Shape.names`.
    """

    __slots__ = ("_report", "_sources", "_where", "raw", "shape", "values")

    def __init__(self, values: Mapping[Any, Any], where: FieldPath, report: ReportProblem) -> None:
        self.raw = values
        self.shape = shape_of(tuple(values))
        # Of two names of one field, the last one counts.
        self.values = values if self.shape.is_plain else dict(zip(self.shape.names, values.values(), strict=True))
        self._sources = self.shape.sources
        self._where = where
        self._report = report

    def inner(self, values: Mapping[Any, Any], *where: str | int) -> Fields:
        """Return a record inside of this one, at the place `where`."""
        return Fields(values, (*self._where, *where), self._report)

    def warn(self, name: str, reason: str, advice: str) -> None:
        """Report a problem with the value of field `name`, which is left out."""
        self._report((*self._where, name), reason, advice, Severity.WARNING)

    def warn_at(self, place: FieldPath, reason: str, advice: str) -> None:
        """Report a problem with a value inside of the record, at a place such as ``("params", "draft")``."""
        self._report((*self._where, *place), reason, advice, Severity.WARNING)

    def find(self, field: str) -> tuple[str, Any]:
        """Return the name under which `field` has a value, and the value; or `field` and None.

        Args:
            field: its name: a key of :data:`FIELD_NAMES`, or another one in lower case.
        """
        for written, name, inside in self._sources.get(field, ()):
            value = self.values[name] if not inside else _value_inside(self.values[name], inside)
            if value or _has_value(value):
                return written, value
        return field, None

    def find_all(self, field: str) -> list[tuple[str, Any]]:
        """Return all names under which `field` has a value, with the values; its own name comes first."""
        all_found = []
        for written, name, inside in self._sources.get(field, ()):
            value = self.values[name] if not inside else _value_inside(self.values[name], inside)
            if _has_value(value):
                all_found.append((written, value))
        return all_found

    def report_rivals(self) -> None:
        """Report the fields that have different values under two names: only the first one is used."""
        for field in _SINGLE:
            (name, value), *others = self.find_all(field) or [("", None)]
            for other, rival in others:
                if rival != value and not isinstance(rival, dict):
                    reason = f"it is not used, because {name} is there"
                    self._report((*self._where, other), reason, "leave one of them out", Severity.NOTICE)

    def text(self, field: str) -> str:
        """Return `field` as plain text in one line, or empty."""
        name, value = self.find(field)
        if value is None:
            return ""
        text = value if type(value) is str else as_text(value)
        if text is None:
            self.warn(name, "it should be one text", "write it in one line, or in quotes")
            return ""
        return self.clean(name, text)

    def clean(self, name: str, text: str) -> str:
        """Return `text` in one line, without characters that XML forbids."""
        if "  " not in text and text.isprintable():  # most texts; no white space is printable but the space
            return text.strip()
        clean = clean_text(text)
        if clean != text:
            foreign = first_of_windows_1252(text)
            if foreign is not None:
                reason = f"U+{ord(foreign.group()):04X} and its like are read as the characters of Windows-1252"
                self.warn(name, reason, "write the characters themselves")
            else:
                self.warn(name, "a control character in it is dropped: no XML feed can carry it", "delete it")
        return one_line(clean)

    def number(self, field: str) -> float | None:
        """Return `field` as a number, whole where it is whole, or None."""
        name, value = self.find(field)
        if value is None:
            return None
        if type(value) is int and -_MAX_NUMBER <= value <= _MAX_NUMBER:
            return value
        try:
            number = _to_float(as_text(value) or "")
            if abs(number) > _MAX_NUMBER:
                raise ValueError("too large")
            return int(number) if number == int(number) else number
        except (ValueError, OverflowError):
            self.warn(name, "it is not a number", "write digits, or leave the field out")
            return None

    def date(self, field: str, settings: ReadSettings) -> tuple[str, Any, DateValue | None]:
        """Return the name under which `field` has a value, the value, and its date; None if it is not a date."""
        name, value = self.find(field)
        date = dates.parse_date(value, settings.zone, settings.date_order) if value is not None else None
        if date is not None and date.doubt:
            self.warn(name, date.doubt, date.advice)
        return name, value, date

    def link(self, field: str) -> str | None:
        """Return `field` as an absolute http(s) address, or None."""
        name, value = self.find(field)
        if value is None:
            return None
        url = urls.absolute_url(value) if isinstance(value, str) else None
        if url is None:
            self.warn(name, "it is no http: or https: address", "write the whole address, or leave the field out")
        return url

    def names(self, field: str) -> tuple[str, ...]:
        """Return `field` as a list of names, from all its names; a text is split at commas."""
        names: dict[str, None] = {}  # a dictionary keeps the order and drops duplicates
        for name, value in self.find_all(field):
            parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
            for part in parts:
                text = as_text(part)
                if text is None:
                    self.warn(name, "a name in it is no text", "write a list of names")
                elif clean := self.clean(name, text):
                    names[clean] = None
        return tuple(names)

    def provider(self) -> Provider | None:
        """Return the publisher of the page, as far as the record names it: a name in plain text, a domain, or both."""
        name, value = self.find("provider")
        if isinstance(value, dict):
            given_name, given_domain = value.get("name"), value.get("domain")
            if len(value) == 2 and type(given_name) is str and type(given_domain) is str:
                plain = _plain_provider(given_name, given_domain)
                if plain is not None:
                    return plain
            inner = self.inner(value, name)
            written = inner.text("domain")
            provider = Provider(inner.text("name"), urls.domain_of(written))
            if written and not provider.domain:
                inner.warn("domain", "it is no domain", "write a host such as example.org")
        else:
            provider = Provider(", ".join(self.names("provider")), "")
        return Provider(strip_tags(provider.name), provider.domain) if provider.name or provider.domain else None

    def image(self, base: str | None) -> Image | None:
        """Return the first image with a usable address.

        Args:
            base: the page, to which a relative address is relative. Without one the address stays relative: the page
                that the article gets is not known here.
        """
        for name, value in self.find_all("images"):
            for item in value if isinstance(value, list) else [value]:
                image = _plain_image(item) or self._one_image(item, base, name)
                if image is not None:
                    return image
        return None

    def _one_image(self, value: Any, base: str | None, name: str) -> Image | None:
        inner = self.inner(value if isinstance(value, dict) else {"url": value}, name)
        written: Any = ""
        for key in ("url", "image", "src", "path", "file"):
            if isinstance(address := inner.values.get(key), str):
                written = address.strip()
                break
        if not written:
            return None
        url = resolve_address(written, base)
        if url is None:
            self.warn(name, "an image in it has no http: or https: address", "write the image's whole address")
            return None
        return Image(url, _pixels(inner.number("width")), _pixels(inner.number("height")))


_SINGLE = ("excerpt", "webUrl", "publishedDateTime", "updatedDateTime")
"""The fields that have one value, and several names."""

_NO_PAGE = "https://site.invalid/"  # RFC 6761 section 6.4


def resolve_address(written: str, base: str | None) -> str | None:
    """Return an address relative to `base`; without a base, a relative one stays relative. None if it can't be used."""
    try:
        if base is not None:
            return urls.absolute_url(urljoin(base, written))
        is_relative = not urlsplit(written).scheme and not written.startswith("//")
    except ValueError:
        return None
    if not is_relative:
        return urls.absolute_url(written if written[:2] != "//" else f"https:{written}")
    path = urls.absolute_url(_NO_PAGE + written.lstrip("/"))
    root = "/" if written.startswith("/") else ""
    return root + path.removeprefix(_NO_PAGE) if path is not None else None


def _value_inside(value: Any, names: tuple[str, ...]) -> Any:
    """Return the value in a record, in a record in it, and so on; None if there is none."""
    for name in names:
        inner = value if isinstance(value, dict) else {}
        value = next((inner[key] for key in inner if plain_name(key) == name), None)
    return value


def _has_value(value: object) -> bool:
    """Tell whether `value` is one; 0 and False are values."""
    return value is not None and value != "" and value != []


@lru_cache(maxsize=4096)  # a corpus has few providers and names them often
def _plain_provider(name: str, domain: str) -> Provider | None:
    """Return the provider if there is no problem with name and domain, else None."""
    written = one_line(domain)
    provider = Provider(one_line(name), urls.domain_of(written))
    is_clean = clean_text(name) == name and clean_text(domain) == domain
    is_plain = is_clean and provider.name and (provider.domain or not written)
    return Provider(strip_tags(provider.name), provider.domain) if is_plain else None


def _plain_image(value: Any) -> Image | None:
    """Return the image if there is no problem with it, else None."""
    if type(value) is not dict or not value.keys() <= _IMAGE_FIELDS:
        return None
    url, width, height = value.get("url"), value.get("width"), value.get("height")
    if type(url) is not str or type(width) is not int or type(height) is not int:
        return None
    has_size = 1 <= width <= _MOST_PIXELS and 1 <= height <= _MOST_PIXELS
    return Image(url, width, height) if has_size and urls.absolute_url(url) == url else None


def _pixels(size: float | None) -> int | None:
    return int(size) if size is not None and 1 <= size <= _MOST_PIXELS else None


def as_flag(value: Any) -> bool | None:
    """Return `value` as a boolean; None if it is neither yes nor no."""
    if value is True or value is False:
        return value
    text = (as_text(value) or "?").strip().lower() if value != "" else ""
    return True if text in _TRUE else False if text in _FALSE else None


def _to_float(text: str) -> float:
    """Return `text` as a number, also in the forms of TOML (0x1F, 1_000); raise ValueError if it is none."""
    try:
        return float(text)
    except ValueError:
        return float(int(text, 0))


def as_text(value: Any) -> str | None:
    """Return a text, number or boolean as the text that it would be in YAML, or None for other values."""
    if type(value) is str:
        return value
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return None
