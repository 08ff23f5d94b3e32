"""The JSON that commands print, in one vocabulary for all of them (:mod:`feeds.cli.json_fields`).

A time is a text in the form of RFC 3339, in UTC. What is unknown is null; no field is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feeds.cli.json_fields import EXTENT
from feeds.cli.spool import JsonObject, Streamed
from feeds.model import Counts, HeldBack, Problem, Severity
from feeds.rules.file_patterns import PassedOverCount
from feeds.rules.times import rfc3339
from feeds.settings.site import Site

if TYPE_CHECKING:  # a command loads the rooms that it needs itself
    from feeds.pipeline.diff import EntryDifference, FeedDifference, SiteDifference
    from feeds.pipeline.explain import CheckResult, ListedEntry
    from feeds.pipeline.publish import Report
    from feeds.system.progress import Stage


def build_output(report: Report, site: Site) -> JsonObject:
    """Return the output of `feeds build`."""
    return {
        "generation": report.generation,
        "base_url": site.address,
        "counts": {
            **_file_counts(report.counts, report.severities),
            "entries": report.entries,
            "short_entries": report.reductions.short_entries,
            "feeds": report.feeds,
            "cut_feeds": report.reductions.cut_feeds,
            "documents": report.documents,
            "changed": report.changed,
            "written": report.written,
        },
        "problems": problem_objects(report.problems),
        "held_back": _held_back(report.held_back),
        "passed_over": _passed_over(report.passed_over),
        "notes": list(report.notes),
        "seconds": _seconds(report.stages),
    }


def check_output(result: CheckResult, files: Iterable[Mapping[str, Any]]) -> JsonObject:
    """Return the output of `feeds check`.

    Args:
        result: the result.
        files: the files to list (:func:`feeds.pipeline.explain.list_files`).
    """
    return {
        "counts": _file_counts(result.counts, result.severities),
        "problems": problem_objects(result.problems),
        "held_back": _held_back(result.held_back),
        "passed_over": _passed_over(result.passed_over),
        "files": Streamed({**file, "due": time_text(file["due"])} for file in files),
        "notes": list(result.notes),
    }


def list_output(feeds: Sequence[Mapping[str, Any]], entries: Iterable[ListedEntry]) -> JsonObject:
    """Return the output of `feeds list`.

    Args:
        feeds: the rows of :func:`feeds.pipeline.explain.list_feeds`.
        entries: the entries to list.
    """
    names = ("kind", "name", "slug", "address", "newest", "updated")
    return {
        "counts": {"feeds": len(feeds)},
        "feeds": [{**_items(feed, names), "counts": _items(feed, EXTENT.split())} for feed in feeds],
        "entries": Streamed(map(_listed, entries)),
    }


def _listed(entry: ListedEntry) -> JsonObject:
    return {
        "published": time_text(entry.published),
        "provider": dataclasses.asdict(entry.provider),
        "title": entry.title,
        "id": entry.uri,
        "address": entry.url,
    }


def show_output(file: Mapping[str, Any] | None, entry: Mapping[str, Any] | None) -> JsonObject:
    """Return the output of `feeds show`.

    Args:
        file: the explanation of :func:`feeds.pipeline.explain.explain_file`, or None.
        entry: the explanation of :func:`feeds.pipeline.explain.explain_entry`, or None.
    """
    return {
        "file": _file(file) if file is not None else None,
        "entry": _entry(entry) if entry is not None else None,
    }


def _file(file: Mapping[str, Any]) -> JsonObject:
    return {
        **_items(file, ("path", "state", "mark")),
        "due": time_text(file["due"]),
        **_items(file, ("reason", "speaker")),
        "problems": problem_objects(file["problems"]),
    }


def _entry(entry: Mapping[str, Any]) -> JsonObject:
    image = entry["image"]
    return {
        **_items(entry, ("id", "computed_id")),
        **_addresses(entry),
        **_items(entry, ("title", "published", "updated", "summary", "role", "selected", "excerpt_only", "page")),
        "provider": entry["provider"],
        "authors": [{"name": author.name, "address": author.url} for author in entry["authors"]],
        **_items(entry, ("topics", "categories", "quality", "type", "heat")),
        "image": {"address": image.url, "width": image.width, "height": image.height} if image is not None else None,
        "related": [{**_items(link, ("id", "title")), "address": link["url"]} for link in entry["related"]],
        "mentions": [
            {
                **_items(mention, ("path", "role", "position", "representative", "title", "published", "updated")),
                **_addresses(mention),
            }
            for mention in entry["mentions"]
        ],
        "feeds": [
            {**_items(feed, ("kind", "name", "address", "because")), "counts": _items(feed["extent"], EXTENT.split())}
            for feed in entry["feeds"]
        ],
    }


def diff_output(difference: SiteDifference, site: Site) -> JsonObject:
    """Return the output of `feeds diff`."""
    return {
        "counts": {"feeds": len(difference.feeds), "changed": difference.documents},
        "feeds": [_feed_difference(feed, site) for feed in difference.feeds],
        "kept_ids": list(difference.kept),
        "replaced_ids": [{"id": replaced.new, "old_id": replaced.old} for replaced in difference.reidentified],
        "doubts": [attributes(doubt, ("id", "title", "old_id")) for doubt in difference.doubts],
        "moved_from": difference.moved_from,
        "is_first": difference.is_first,
    }


def _file_counts(counts: Counts, severities: Mapping[Severity, int]) -> JsonObject:
    names = ("files", "published", "unpublished", "future", "expired")
    return {
        **attributes(counts, names),
        "lost": counts.problems,
        "warnings": severities[Severity.WARNING],
        "notices": severities[Severity.NOTICE],
    }


def problem_objects(problems: Collection[Problem]) -> Streamed:
    """Return problems as objects."""
    return Streamed(map(dataclasses.asdict, problems))


def _passed_over(counts: Sequence[PassedOverCount]) -> list[JsonObject]:
    return [
        {"reason": it.reason.text, "endings": list(it.endings), "counts": {"passed_over": it.files}} for it in counts
    ]


def _held_back(articles: Collection[HeldBack]) -> Streamed:
    names = ("path", "state", "mark")
    objects = ({**attributes(article, names), "due": time_text(article.due)} for article in articles)
    return Streamed(objects)


def _seconds(stages: Sequence[Stage]) -> JsonObject:
    seconds = {stage.name: round(stage.seconds, 4) for stage in stages}
    return {**seconds, "total": round(sum(stage.seconds for stage in stages), 4)}


def _feed_difference(feed: FeedDifference, site: Site) -> JsonObject:
    changes = {
        "new": feed.new,
        "changed": feed.changed,
        "recognised": feed.recognised,
        "reidentified": feed.reidentified,
        "removed": feed.removed,
    }
    return {
        "address": site.address + feed.folder,
        "title": feed.title,
        "change": feed.fate,
        "counts": {"pushed_out": feed.pushed_out},
        "entries": [_entry_difference(entry, change) for change, entries in changes.items() for entry in entries],
    }


def _entry_difference(entry: EntryDifference, change: str) -> JsonObject:
    return {"id": entry.id, "title": entry.title, "change": change, "old_id": entry.old_id, "fields": entry.fields}


def _addresses(page: Mapping[str, Any]) -> JsonObject:
    """Return the addresses of an entry or a mention."""
    return {"address": page["url"], "original_address": page["original_url"], "amp_address": page["amp_url"]}


def _items(values: Mapping[str, Any], names: Iterable[str]) -> JsonObject:
    return {name: values[name] for name in names}


def attributes(value: object, names: Iterable[str]) -> JsonObject:
    """Return these attributes of `value`."""
    return {name: getattr(value, name) for name in names}


def time_text(moment: datetime | None) -> str | None:
    """Return a time as text, or None for None."""
    return rfc3339(moment) if moment is not None else None
