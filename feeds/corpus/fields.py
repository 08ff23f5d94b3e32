"""The fields of one link record: the names people give them, and the shapes they write them in.

One rule for all: a value that can't be used is a problem that names file, line and field, and the record
goes on without it. Which missing field loses an article is decided in :mod:`feeds.corpus.article`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from feeds.corpus import dates
from feeds.model import Image, Provider, Severity
from feeds.rules import urls
from feeds.rules.text import clean_text, one_line

FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "publishedDateTime": ("date", "pubDate", "created"),
    "updatedDateTime": ("lastmod", "updated", "modified"),
    "excerpt": ("description", "summary"),
    "webUrl": ("link", "canonical_url", "url"),
    "topics": ("tags", "topic"),
    "category": ("categories",),
    "provider": ("author",),
    "images": ("image", "cover"),
}
"""Field → the names that other tools use for the same thing, in the order in which they are asked."""

_OTHER_NAMES = frozenset(name.lower() for names in FIELD_NAMES.values() for name in names)
_SPELLED = {name.lower(): name for name in (*FIELD_NAMES, "originalUrl", "ampWebUrl")}
"""Name in lower case → the name by which a field is asked for, where that is another."""

_IMAGE = frozenset({"url", "width", "height", "isCached"})
"""What an ordinary image has, in this spelling."""

FieldPath = tuple[str | int, ...]
ReportProblem = Callable[[FieldPath, str, str, Severity], None]

_LARGEST = 1e15
_TRUE = frozenset({"true", "yes", "on", "1", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "n", ""})


class Fields:
    """One record's values, asked for by the main name of a field.

    Args:
        values: as the front matter has them; names are taken in any letter case.
        where: the record's own place in the front matter: ``()``, or ``("related", 3)``.
        report: is called with every problem: place, reason, advice, severity.
        clean: whether no value has a character that XML forbids, as is known of most files as a whole.
    """

    def __init__(
        self, values: Mapping[Any, Any], where: FieldPath, report: ReportProblem, *, clean: bool = False
    ) -> None:
        names, self._has_others = _spelled(tuple(values))
        self._values = dict(zip(names, values.values(), strict=True))
        self._where = where
        self._report = report
        self._is_clean = clean

    def inner(self, values: Mapping[Any, Any], *where: str | int) -> Fields:
        """Return a record inside of this one, which stands at `where` in it."""
        return Fields(values, (*self._where, *where), self._report, clean=self._is_clean)

    def warn(self, name: str, reason: str, advice: str) -> None:
        """Report that the value of field `name` is left out."""
        self._report((*self._where, name), reason, advice, Severity.WARNING)

    def find(self, field: str) -> tuple[str, Any]:
        """Return the name under which `field` has a value here, and the value; or its main name and None.

        Args:
            field: its main name: one of :data:`_SPELLED`, or in lower case.
        """
        value = self._values.get(field)
        if value or _is_there(value):
            return field, value
        if self._has_others:
            for name in FIELD_NAMES.get(field, ()):
                value = self._values.get(_lower(name))
                if _is_there(value):
                    return name, value
        return field, None

    def text(self, field: str) -> str:
        """Return `field` as plain text in one line, or empty."""
        name, value = self.find(field)
        if value is None:
            return ""
        text = value if type(value) is str else _scalar(value)
        if text is None:
            self.warn(name, "it should be one text", "write it in one line, or in quotes")
            return ""
        return one_line(text) if self._is_clean else self._clean(name, text)

    def _clean(self, name: str, text: str) -> str:
        """Return `text` in one line, less what no XML feed can carry."""
        clean = text if self._is_clean else clean_text(text)
        if clean != text:
            self.warn(name, "a control character in it is dropped: no XML feed can carry it", "delete it")
        return one_line(clean)

    def number(self, field: str) -> float | None:
        """Return `field` as a number, whole where it is whole, or None."""
        name, value = self.find(field)
        if value is None:
            return None
        if type(value) is int and -_LARGEST <= value <= _LARGEST:
            return value
        try:
            number = float(_scalar(value) or "")
            if abs(number) > _LARGEST:
                raise ValueError("too large")
            return int(number) if number == int(number) else number
        except (ValueError, OverflowError):
            self.warn(name, "it is not a number", "write digits, or leave the field out")
            return None

    def flag(
        self, field: str, *, default: bool, unclear: bool, or_else: Callable[[Any], bool] = lambda _: False
    ) -> bool:
        """Return `field` as yes or no.

        Args:
            field: its name, in lower case.
            default: what it is where it isn't there.
            unclear: what it is taken for where it is neither, which is a problem.
            or_else: what else is a yes (`published` is a date to some tools).
        """
        value = self._values.get(field)
        if value is None:
            return default
        if value is True or value is False:
            return value
        said = (_scalar(value) or "?").strip().lower()
        if said in _TRUE or or_else(value):
            return True
        if said in _FALSE:
            return False
        self.warn(field, "it is neither yes nor no; the article is held back", "write true or false")
        return unclear

    def date(self, field: str, zone: tzinfo) -> tuple[str, datetime | None]:
        """Return the name under which `field` has a value, and the value as a date: None where it is no date."""
        name, value = self.find(field)
        return name, dates.parse_date(value, zone) if value is not None else None

    def link(self, field: str) -> str | None:
        """Return `field` as an absolute http(s) address, or None."""
        name, value = self.find(field)
        if value is None:
            return None
        found = urls.absolute_url(value) if isinstance(value, str) else None
        if found is None:
            self.warn(name, "it is no http: or https: address", "write the whole address, or leave the field out")
        return found

    def names(self, field: str) -> tuple[str, ...]:
        """Return `field` as a list of names; one text serves where a list is meant, split at commas."""
        name, value = self.find(field)
        if value is None:
            return ()
        parts = value if isinstance(value, list) else [value]
        if isinstance(value, str):
            parts = value.split(",")
        if self._is_clean and all(type(part) is str for part in parts):
            return _plain_names(tuple(parts))
        found: dict[str, None] = {}
        for part in parts:
            text = _scalar(part)
            if text is None:
                self.warn(name, "a name in it is no text", "write a list of names")
            elif name_found := self._clean(name, text):
                found[name_found] = None
        return tuple(found)

    def provider(self) -> Provider | None:
        """Return who published the page, as far as the record says: a name, a domain, or both."""
        name, value = self.find("provider")
        if isinstance(value, dict):
            said_name, said_domain = value.get("name"), value.get("domain")
            if len(value) == 2 and type(said_name) is str and type(said_domain) is str:
                plain = _plain_provider(said_name, said_domain)
                if plain is not None:
                    return plain
            inner = self.inner(value, name)
            said = inner.text("domain")
            found = Provider(inner.text("name"), urls.domain_of(said))
            if said and not found.domain:
                inner.warn("domain", "it is no domain", "write a host such as example.org")
        else:
            found = Provider(", ".join(self.names("provider")), "")
        return found if found.name or found.domain else None

    def image(self, base: str | None) -> Image | None:
        """Return the first image that has a usable address; a relative one is taken from `base`, the page."""
        name, value = self.find("images")
        if value is None:
            return None
        for each in value if isinstance(value, list) else [value]:
            found = _plain_image(each) or self._one_image(each, base, name)
            if found is not None:
                return found
        return None

    def _one_image(self, value: Any, base: str | None, name: str) -> Image | None:
        inner = self.inner(value if isinstance(value, dict) else {"url": value}, name)
        written: Any = ""
        for key in ("url", "image", "src"):
            if isinstance(said := inner.find(key)[1], str):
                written = said
                break
        try:
            relative = base is not None and written and not written.startswith(("http://", "https://"))
            found = urls.absolute_url(urljoin(base or "", written) if relative else written)
        except ValueError:
            found = None
        if found is None:
            self.warn(name, "an image in it has no http: or https: address", "write the image's whole address")
            return None
        return Image(found, _pixels(inner.number("width")), _pixels(inner.number("height")))


@lru_cache(maxsize=1024)
def _lower(name: object) -> str:
    return str(name).lower()


@lru_cache(maxsize=1024)
def _spelled(names: tuple[object, ...]) -> tuple[tuple[str, ...], bool]:
    """Return the names of a record's fields as they are asked for, and whether some are :data:`FIELD_NAMES` of other tools.

    A main name is spelled as in :data:`FIELD_NAMES`, any other in lower case. Most records have the same ones in the same
    order.
    """
    lower = tuple(map(_lower, names))
    return tuple(_SPELLED.get(name, name) for name in lower), not _OTHER_NAMES.isdisjoint(lower)


def _is_there(value: object) -> bool:
    """Tell whether a field has a value; 0 and no are some."""
    return value is not None and value != "" and value != []


@lru_cache(maxsize=4096)  # a corpus has few providers, each of them many times
def _plain_provider(name: str, domain: str) -> Provider | None:
    """Return the provider with a name and a domain that need no word about them, or None."""
    said = one_line(domain)
    found = Provider(one_line(name), urls.domain_of(said))
    is_clean = clean_text(name) == name and clean_text(domain) == domain
    return found if is_clean and found.name and (found.domain or not said) else None


@lru_cache(maxsize=4096)
def _plain_names(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return clean texts as names: each in one line and once, and no empty ones."""
    return tuple(dict.fromkeys(filter(None, map(one_line, parts))))


def _plain_image(value: Any) -> Image | None:
    """Return the image that needs no word about it, as most are, or None."""
    if type(value) is not dict or not value.keys() <= _IMAGE:
        return None
    url, width, height = value.get("url"), value.get("width"), value.get("height")
    if type(url) is not str or type(width) is not int or type(height) is not int or urls.absolute_url(url) != url:
        return None
    return Image(url, _pixels(width), _pixels(height)) if max(abs(width), abs(height)) <= _LARGEST else None


def _pixels(size: float | None) -> int | None:
    return int(size) if size is not None and 1 <= size <= 100_000 else None


def _scalar(value: Any) -> str | None:
    """Return a text, number, boolean or date (TOML and JSON have these) as the text it would be in YAML."""
    if type(value) is str:
        return value
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | datetime():
            return str(value)
        case _:
            return str(value) if hasattr(value, "isoformat") else None
