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


def check_json_feed(findings: Findings) -> Facts | None:
    """Add the problems of a JSON Feed and return its facts; None where it can't be read."""
    common.check_media_type(findings, JSON_FEED_TYPES)
    common.check_size(findings)
    try:
        feed = json.loads(findings.document.body)
    except json.JSONDecodeError as error:
        findings.error(error.lineno, "", f"it is no JSON: {error.msg}", "no reader can read any of it; mend it")
        return None
    except (ValueError, RecursionError):  # bytes that are no UTF-8, numbers of thousands of digits
        findings.error(1, "", "it is no JSON that can be read", "write UTF-8, and don't nest deeply")
        return None
    if not isinstance(feed, dict):
        findings.error(1, "", "it is no object", "a JSON Feed is one")
        return None
    facts = Facts(findings.document.address, "json")
    if feed.get("version") not in _VERSIONS:
        findings.error(1, "version", f"{feed.get('version')!r} is none of JSON Feed", f"write {_VERSIONS[1]}")
    facts.title = _check_text_member(findings, feed, "title", "title", required=True)
    facts.self_link = _check_address_member(findings, feed, "feed_url", "feed_url")
    _check_address_member(findings, feed, "home_page_url", "home_page_url")
    for name in ("icon", "favicon", "next_url"):
        _check_address_member(findings, feed, name, name)
    _check_author(findings, feed, "")
    if not facts.self_link:
        findings.warning(1, "feed_url", "it does not say its own address", "add feed_url: it also identifies the feed")
    items = feed.get("items")
    if not isinstance(items, list):
        findings.error(1, "items", "there is no list of items", "add one, empty if need be")
        return facts
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            findings.error(1, f"items[{number}]", "it is no object", "an item is one")
            continue
        audited = _check_json_item(findings, item, f"items[{number}]")
        if audited.id and first.setdefault(audited.id, number) != number:
            reason = f"items[{first[audited.id]}] has it too"
            findings.error(1, f"items[{number}].id", reason, "give each item an id of its own")
        facts.items.append(audited)
    return facts


def _check_author(findings: Findings, value: dict[str, Any], at: str) -> None:
    """Add a problem for the member ``author`` of JSON Feed 1 in a feed or an item."""
    if "author" in value and "authors" not in value:
        findings.warning(1, f"{at}author", "JSON Feed 1.1 has authors, a list", "use that")


def _check_json_item(findings: Findings, item: dict[str, Any], where: str) -> AuditedItem:
    """Add the problems of an item, which stands at `where` (``items[2]``), and return it."""
    identity = item.get("id")
    if isinstance(identity, int):
        findings.warning(1, f"{where}.id", "it is a number", "write it in quotes: an id is a text")
    elif not isinstance(identity, str) or not identity:
        findings.error(1, f"{where}.id", "there is none, or it is no text", "give each item an id, and never change it")
        identity = ""
    for name in _TEXTS:
        _check_text_member(findings, item, name, f"{where}.{name}")
    for name in _ADDRESSES:
        _check_address_member(findings, item, name, f"{where}.{name}")
    html = item.get("content_html")
    if isinstance(html, str):
        common.check_html(findings, 1, f"{where}.content_html", html)
    elif not isinstance(item.get("content_text"), str):
        findings.error(
            1, where, "it has neither content_html nor content_text", "add one of them, the summary if need be"
        )
    dates = {}
    for name in ("date_published", "date_modified"):
        if name in item:
            dates[name] = common.parse_rfc3339_date(findings, 1, f"{where}.{name}", str(item[name]))
    published, modified = dates.get("date_published"), dates.get("date_modified")
    if published is not None and modified is not None and modified < published:
        findings.warning(
            1, f"{where}.date_modified", "it is before date_published", "no entry changes before it is there"
        )
    tags = item.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        findings.error(1, f"{where}.tags", "it is no list of texts", 'write ["one", "two"]')
    _check_author(findings, item, f"{where}.")
    url = item.get("url")
    return AuditedItem(str(identity), url if isinstance(url, str) else "", 1)


def _check_text_member(
    findings: Findings, holder: dict[str, Any], name: str, where: str, *, required: bool = False
) -> str:
    """Return the text of a member, empty where it has none, and add its problems."""
    value = holder.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        findings.error(1, where, "it is missing, or no text", "write a text in quotes")
        return ""
    common.check_plain_text(findings, 1, where, value, markup_is_text=True)
    return value


def _check_address_member(findings: Findings, holder: dict[str, Any], name: str, where: str) -> str:
    """Return the address in a member, empty where it has none, and add its problems."""
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        findings.error(1, where, "it is no text", "write the address in quotes")
        return ""
    common.check_address(findings, 1, where, value)
    return value
