"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import Any

from feeds.audit.validate import common
from feeds.audit.validate.facts import AuditedItem, Facts, Findings

JSON_FEED_TYPES = ("application/feed+json", "application/json")

_VERSIONS = ("https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1")
_TEXTS = ("title", "summary", "language")
_ADDRESSES = ("url", "external_url", "image", "banner_image")


def check_json_feed(sheet: Findings) -> Facts | None:
    """Note the problems of a JSON Feed and return its facts; None where it can't be read."""
    common.media_type(sheet, JSON_FEED_TYPES)
    common.size(sheet, "the feed")
    try:
        feed = json.loads(sheet.document.body)
    except json.JSONDecodeError as error:
        sheet.error(error.lineno, "", f"it is no JSON: {error.msg}", "no reader can read any of it; mend it")
        return None
    except (ValueError, RecursionError):  # bytes that are no text, numbers of thousands of digits
        sheet.error(1, "", "it is no JSON that can be read", "write UTF-8, and don't nest deeply")
        return None
    if not isinstance(feed, dict):
        sheet.error(1, "", "it is no object", "a JSON Feed is one")
        return None
    facts = Facts(sheet.document.address, "json")
    if feed.get("version") not in _VERSIONS:
        sheet.error(1, "version", f"{feed.get('version')!r} is none of JSON Feed", f"write {_VERSIONS[1]}")
    facts.title = _text(sheet, feed, "title", "title", required=True)
    facts.itself = _address(sheet, feed, "feed_url", "feed_url")
    _address(sheet, feed, "home_page_url", "home_page_url")
    for name in ("icon", "favicon", "next_url"):
        _address(sheet, feed, name, name)
    if not facts.itself:
        sheet.warning(1, "feed_url", "it does not say its own address", "add feed_url: it also identifies the feed")
    items = feed.get("items")
    if not isinstance(items, list):
        sheet.error(1, "items", "there is no list of items", "add one, empty if need be")
        return facts
    seen: dict[str, int] = {}
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            sheet.error(1, f"items[{number}]", "it is no object", "an item is one")
            continue
        found = _item(sheet, item, f"items[{number}]")
        if found.id and seen.setdefault(found.id, number) != number:
            reason = f"items[{seen[found.id]}] has it too"
            sheet.error(1, f"items[{number}].id", reason, "give each item an id of its own")
        facts.items.append(found)
    return facts


def _item(sheet: Findings, item: dict[str, Any], where: str) -> AuditedItem:
    identity = item.get("id")
    if isinstance(identity, int):
        sheet.warning(1, f"{where}.id", "it is a number", "write it in quotes: an id is a text")
    elif not isinstance(identity, str) or not identity:
        sheet.error(1, f"{where}.id", "there is none, or it is no text", "give each item an id, and never change it")
        identity = ""
    for name in _TEXTS:
        _text(sheet, item, name, f"{where}.{name}")
    for name in _ADDRESSES:
        _address(sheet, item, name, f"{where}.{name}")
    html = item.get("content_html")
    if isinstance(html, str):
        common.markup(sheet, 1, f"{where}.content_html", html)
    elif not isinstance(item.get("content_text"), str):
        sheet.error(1, where, "it has neither content_html nor content_text", "add one of them, the summary if need be")
    dates = {}
    for name in ("date_published", "date_modified"):
        if name in item:
            dates[name] = common.atom_date(sheet, 1, f"{where}.{name}", str(item[name]))
    published, modified = dates.get("date_published"), dates.get("date_modified")
    if published is not None and modified is not None and modified < published:
        sheet.warning(1, f"{where}.date_modified", "it is before date_published", "no entry changes before it is there")
    tags = item.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        sheet.error(1, f"{where}.tags", "it is no list of texts", 'write ["one", "two"]')
    if "author" in item and "authors" not in item:
        sheet.warning(1, f"{where}.author", "JSON Feed 1.1 has authors, a list", "use that")
    url = item.get("url")
    return AuditedItem(str(identity), url if isinstance(url, str) else "", 1)


def _text(sheet: Findings, holder: dict[str, Any], name: str, where: str, *, required: bool = False) -> str:
    value = holder.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        sheet.error(1, where, "it is missing, or no text", "write a text in quotes")
        return ""
    common.plain(sheet, 1, where, value, markup_is_text=True)
    return value


def _address(sheet: Findings, holder: dict[str, Any], name: str, where: str) -> str:
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        sheet.error(1, where, "it is no text", "write the address in quotes")
        return ""
    common.link(sheet, 1, where, value)
    return value
