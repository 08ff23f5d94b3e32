"""Records whose fields have many spellings: files, and episodes of podcasts.

Names are compared without letter case, hyphens, underscores and colons: ``audio_file``, ``audioFile`` and
``audio-file`` are one field, and so are ``itunes:episode`` and ``itunes_episode``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from feeds.corpus.fields import FieldPath, Fields, as_text, resolve_address

_SPELLED = {name.lower(): name for name in ("episodeImage", "episodeNumber", "episodeType")}
"""Name in lower case → name, if that has capital letters."""


class Value(NamedTuple):
    """A value, and its place in the front matter.

    Attributes:
        fields: the record that has it.
        name: the name of the field.
        value: the value, or an item of a list that the field has.
        item: the position in the list, from 0; None for the value of the field itself.
    """

    fields: Fields
    name: str
    value: Any
    item: int | None = None

    @property
    def place(self) -> FieldPath:
        """The place of the value, inside of its record."""
        return (self.name,) if self.item is None else (self.name, self.item)

    @property
    def text(self) -> str:
        """The value as a text; empty if it is a list or a record."""
        return (as_text(self.value) or "").strip()

    def warn(self, reason: str, advice: str) -> None:
        """Report a problem with the value."""
        self.fields.warn_at(self.place, reason, advice)


class LooseRecord(NamedTuple):
    """A record.

    Attributes:
        fields: its fields.
        names: plain name → name in `fields`.
    """

    fields: Fields
    names: Mapping[str, str]

    @classmethod
    def of(cls, fields: Fields) -> LooseRecord:
        """Return the record with these fields."""
        return cls(fields, fields.shape.bare)

    @classmethod
    def inside(cls, value: Value) -> LooseRecord:
        """Return the record that is a value."""
        return cls.of(value.fields.inner(value.value, *value.place))

    def values(self, names: Iterable[str]) -> Iterator[Value]:
        """Yield the values under these plain names, in their order."""
        for plain in names:
            if plain in self.names:
                name = self.names[plain]
                value = self.fields.values[name]
                if value is not None and value not in ("", []):
                    yield Value(self.fields, _SPELLED.get(name, name), value)

    def find(self, names: Iterable[str]) -> Value | None:
        """Return the first value under one of these plain names, or None."""
        return next(self.values(names), None)

    def inner(self, names: Iterable[str]) -> list[LooseRecord]:
        """Return the records in the fields with these plain names."""
        return [LooseRecord.inside(value) for value in self.values(names) if isinstance(value.value, dict)]


def file_address(written: Any, base: str | None) -> str | None:
    """Return the address of a file, relative to `base`; without a base, a relative address stays relative.

    A single word is no address: ``podcast: my-show`` is a name, and ``video: x7d9`` the id of a film on some site. The
    result is None then.
    """
    if not isinstance(written, str) or not set("/.") & set(written):
        return None
    return resolve_address(written.strip(), base)
