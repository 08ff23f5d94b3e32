"""Makers of test material: mentions, entries, feeds, article files, sites. Every argument has a default."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feeds.memory.sources import folder_source
from feeds.model import Entry, Feed, Kind, Mention, Provider
from feeds.render.head import FeedHead
from feeds.rules.site_layout import MEMORY_FOLDER, OUTPUT_LIST, is_memory
from feeds.settings import loader
from feeds.settings.site import Site

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The time at which tests build, unless they say otherwise."""

HOME = Provider("Test Site", "example.org")


def moment(text: str) -> datetime:
    """Return a time from ``2022-05-26`` or ``2022-05-26T15:52``, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_mention(url: str | None = "https://a.example/page", **given: Any) -> Mention:
    values: dict[str, Any] = {
        "path": "a.md",
        "position": 0,
        "title": "A page",
        "published": moment("2022-05-26"),
    }
    return Mention(url=url, **(values | given))


def make_entry(url: str = "https://a.example/page", **given: Any) -> Entry:
    values: dict[str, Any] = {
        "id": url,
        "title": "A page",
        "published": moment("2022-05-26"),
        "updated": moment("2022-05-26"),
        "provider": Provider("A", "a.example"),
    }
    return Entry(url=url, **(values | given))


def make_feed(kind: Kind = Kind.TOPIC, name: str = "AI", **given: Any) -> Feed:
    values: dict[str, Any] = {
        "key": name.casefold(),
        "slug": name.casefold(),
        "count": 1,
        "updated": moment("2022-05-27"),
        "newest": moment("2022-05-26"),
        "ttl": 60,
    }
    return Feed(kind=kind, name=name, **(values | given))


def make_head(feed: Feed | None = None, **given: Any) -> FeedHead:
    values: dict[str, Any] = {"base_url": "https://example.org/", "title": "Test Site"}
    return FeedHead(feed or make_feed(), Site(**(values | given)))


def article(
    title: str = "A page",
    date: str = "2022-05-26T15:52:00Z",
    *,
    url: str | None = "https://a.example/page",
    related: Sequence[Mapping[str, Any]] = (),
    body: str = "",
    **fields: Any,
) -> str:
    """Return the text of an article file; JSON is YAML, so every value is written as JSON."""
    values = {"title": title, "publishedDateTime": date, **({"webUrl": url} if url else {}), **fields}
    if related:
        values["related"] = list(related)
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join(["---", *lines, "---", body, ""])


def link(url: str, title: str = "A related page", date: str = "2022-05-25T10:00:00Z", **fields: Any) -> dict[str, Any]:
    """Return a link record for ``related``."""
    return {"title": title, "publishedDateTime": date, "webUrl": url, **fields}


def write_corpus(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files` (path → content) below `folder` and return it."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def make_site(corpus: Path, work: Path, **given: Any) -> Site:
    """Return the settings of a site with `corpus`, whose state and output are in the folder `work`."""
    values: dict[str, Any] = {
        "base_url": "https://example.org/",
        "title": "Test Site",
        "state": str(work / "state"),
        "output": str(work / "public"),
    }
    return loader.load_site(str(corpus), environ={}, **(values | given))


def delete_catalogue(state: Path) -> None:
    """Delete the catalogue of a state folder, which the next build makes again; the memory stays in the snapshot."""
    for path in state.glob("catalogue*"):
        path.unlink()


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder` by path, without the memory: it depends on earlier builds."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    if OUTPUT_LIST in files:
        listed = json.loads(files[OUTPUT_LIST])
        listed = {path: digest for path, digest in listed.items() if not is_memory(path)}
        files[OUTPUT_LIST] = json.dumps(listed).encode()
    return {path: body for path, body in files.items() if not is_memory(path)}


def memory_files(public: Path) -> dict[str, bytes]:
    """Return the files of the memory in a static tree, by name."""
    return {path.name: path.read_bytes() for path in sorted((public / MEMORY_FOLDER).iterdir())}


def remembered(public: Path, family: str) -> list[list[Any]]:
    """Return the records of a family of the memory in a static tree, without their digests."""
    source = folder_source(public)
    assert source is not None
    return sorted((list(record[1:]) for record in source.records_of(family)), key=repr)
