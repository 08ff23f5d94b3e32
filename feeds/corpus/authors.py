"""The authors of a record: names, lists of names, and records with name, web address and e-mail address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from feeds.corpus.excerpts import strip_tags
from feeds.corpus.fields import Fields, as_text
from feeds.model import Author
from feeds.rules import urls

_NAME_KEYS = ("name", "title", "displayname", "fullname")
_URL_KEYS = ("url", "link", "website", "homepage", "uri", "web")
_EMAIL_KEYS = ("email", "mail")
_WITH_EMAIL = re.compile(r"(?P<name>[^<>]+?)\s*<(?P<email>[^<>\s]+@[^<>\s]+)>")  # RFC 5322 section 3.4
_WITH_NAME = re.compile(r"(?P<email>[^()\s]+@[^()\s]+)\s*\((?P<name>[^()]+)\)")  # as RSS 2.0 has it
_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\Z")


def read_authors(fields: Fields) -> tuple[Author, ...]:
    """Return the authors of a record, in their order, each name once.

    A text is one name, or several between semicolons. Commas divide the names in ``authors``, and in ``author`` if all
    parts have two words: "Ann Lee, Bo Chen" are two persons, "Lee, Ann" is one.
    """
    authors: dict[str, Author] = {}
    for name, value in fields.find_all("authors"):
        for item in value if isinstance(value, list) else [value]:
            for author in _read_item(fields, name, item):
                known = authors.get(author.name)
                if known is None or (known.url or known.email) is None:
                    authors[author.name] = author
    return tuple(authors.values())


def _read_item(fields: Fields, name: str, item: Any) -> Iterator[Author]:
    if isinstance(item, dict):
        author = _read_record(fields.inner(item, name))
        if author is None:
            fields.warn(name, "an author in it has no name", "write name: and the name")
        else:
            yield author
        return
    text = as_text(item)
    if text is None:
        fields.warn(name, "an author in it is no text", "write a name, a list of names, or records with name:")
        return
    for part in _divide(strip_tags(text), divide_always=name.lower().endswith("s")):
        author = _read_text(fields, name, part)
        if author is not None:
            yield author


def _divide(text: str, *, divide_always: bool) -> list[str]:
    """Return the names in a text."""
    parts = text.split(";")
    if len(parts) == 1:
        by_commas = text.split(",")
        if divide_always or all(len(part.split()) > 1 for part in by_commas):
            parts = by_commas
    return parts


def _read_text(fields: Fields, name: str, text: str) -> Author | None:
    clean = fields.clean(name, text)
    match = _WITH_EMAIL.fullmatch(clean) or _WITH_NAME.fullmatch(clean)
    if match is not None:
        return Author(match["name"].strip("\"' "), None, match["email"])
    if _EMAIL.match(clean):
        return Author(clean.partition("@")[0], None, clean)
    return Author(clean) if clean else None


def _read_record(record: Fields) -> Author | None:
    name = strip_tags(_first_text(record, _NAME_KEYS)) or " ".join(
        filter(None, (_first_text(record, ("given", "firstname")), _first_text(record, ("family", "lastname"))))
    )
    email = _first_text(record, _EMAIL_KEYS).removeprefix("mailto:") or None
    if email is not None and not _EMAIL.match(email):
        record.warn("email", "it is no e-mail address", "write one such as name@example.org")
        email = None
    url = None
    for key in _URL_KEYS:
        written = record.values.get(key)
        if isinstance(written, str) and written:
            url = urls.absolute_url(written)
            if url is None:
                record.warn(key, "it is no http: or https: address", "write the whole address, or leave the field out")
            break
    if not name and email is not None:
        name = email.partition("@")[0]
    return Author(name, url, email) if name else None


def _first_text(record: Fields, keys: tuple[str, ...]) -> str:
    return next((text for key in keys if record.values.get(key) is not None and (text := record.text(key))), "")
