"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import Any

from feeds.audit.validate import size, texts, values
from feeds.audit.validate.facts import AuditedItem, Facts, Findings, Spot
from feeds.audit.validate.json_tree import JsonPlace, JsonText, load_json

JSON_FEED_TYPES = ("application/feed+json", "application/json")

_VERSION_1, _VERSION_1_1 = "https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"

Members = dict[str, type | tuple[type, ...]]

_FEED: Members = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "user_comment": str,
    "next_url": str,
    "icon": str,
    "favicon": str,
    "author": dict,
    "authors": list,
    "language": str,
    "expired": bool,
    "hubs": list,
    "items": list,
}
_ITEM: Members = {
    "id": (str, int, float),
    "url": str,
    "external_url": str,
    "title": str,
    "content_html": str,
    "content_text": str,
    "summary": str,
    "image": str,
    "banner_image": str,
    "date_published": str,
    "date_modified": str,
    "author": dict,
    "authors": list,
    "tags": list,
    "language": str,
    "attachments": list,
}
_AUTHOR: Members = {"name": str, "url": str, "avatar": str}
_ATTACHMENT: Members = {
    "url": str,
    "mime_type": str,
    "title": str,
    "size_in_bytes": (int, float),
    "duration_in_seconds": (int, float),
}
_HUB: Members = {"type": str, "url": str}
_ADDRESSES = (
    *("home_page_url", "feed_url", "next_url", "icon", "favicon", "url", "external_url", "image", "banner_image"),
    "avatar",
)
_NAMES: dict[type, str] = {str: "text", dict: "object", list: "list", bool: "true or false", int: "number"}


def check_json_feed(findings: Findings) -> Facts | None:
    """Add the problems of a JSON Feed and return its facts; None where it can't be read."""
    size.check_content_type(findings, JSON_FEED_TYPES)
    size.check_size(findings)
    opened = _open(findings)
    if opened is None:
        return None
    feed, here = opened
    facts = Facts(findings.document.address, "json")
    _check_members(findings, feed, here, _FEED, ("title", "items"))
    _check_version(findings, feed, here)
    if isinstance(title := feed.get("title"), str):
        facts.title = title
        texts.check_plain_text(findings, here / "title", title, markup_is_text=True)
    if isinstance(page := feed.get("home_page_url"), str):
        facts.pages.append(page)
    if isinstance(address := feed.get("feed_url"), str):
        facts.self_link = address
    if isinstance(next_page := feed.get("next_url"), str):
        facts.next_page = next_page
        facts.links.append((next_page, Spot.of(here / "next_url")))
    if not facts.self_link:
        findings.add("json-self", here, "it does not say its own address", "feed_url")
    _check_people(findings, feed, here)
    for number, hub in enumerate(_list(feed, "hubs")):
        _check_object(findings, hub, here / "hubs" / number, _HUB, ("type", "url"))
    first: dict[str, int] = {}
    for number, item in enumerate(_list(feed, "items")):
        place = here / "items" / number
        if not isinstance(item, dict):
            findings.add("json-member-type", place, "it is no object")
            continue
        audited = _check_item(findings, item, place)
        if audited.id and first.setdefault(audited.id, number) != number:
            findings.add("json-id-repeated", place / "id", f"items[{first[audited.id]}] has it too")
        facts.items.append(audited)
    return facts


def _open(findings: Findings) -> tuple[dict[str, Any], JsonPlace] | None:
    """Return the object of a document and its place, or add the problem that it has none."""
    try:
        text = findings.document.body.decode("utf-8-sig")
        feed, twice = load_json(text)
    except json.JSONDecodeError as error:
        findings.add("json-syntax", Spot(error.lineno, error.colno), f"it is no JSON: {error.msg}")
        return None
    except (ValueError, RecursionError):  # bytes that are no UTF-8, numbers of thousands of digits
        findings.add("json-syntax", Spot(), "it is no JSON that can be read")
        return None
    here = JsonPlace(JsonText(text))
    if not isinstance(feed, dict):
        findings.add("json-root", here, "it is no object")
        return None
    for name in dict.fromkeys(twice):
        findings.add("json-member-repeated", here, f"an object has the member {name!r} twice")
    return feed, here


def _check_version(findings: Findings, feed: dict[str, Any], here: JsonPlace) -> None:
    version = feed.get("version")
    if version not in (_VERSION_1, _VERSION_1_1):
        findings.add("json-version", here / "version", f"{version!r} is no version of JSON Feed")
    elif version == _VERSION_1 and ("authors" in feed or "language" in feed):
        findings.add("json-version-old", here / "version", "it is version 1, and has members of version 1.1")


def _check_members(
    findings: Findings, holder: dict[str, Any], here: JsonPlace, members: Members, required: tuple[str, ...] = ()
) -> None:
    """Add the problems of the names and types of members, of addresses and of characters in texts."""
    for name in required:
        if holder.get(name) is None:
            findings.add("json-member-missing", here, "it is missing", name)
    for name, value in holder.items():
        place, expected = here / name, members.get(name)
        if expected is None:
            if not name.startswith("_"):
                right = next(
                    (known for known in members if known.replace("_", "") == name.replace("_", "").lower()), ""
                )
                reason = "JSON Feed has no member of this name here"
                findings.add("json-member-unknown", place, reason, advice=f"write {right}" if right else "")
        elif value is not None and (
            not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool)
        ):
            kind = expected if isinstance(expected, type) else str if str in expected else int
            findings.add("json-member-type", place, f"it is no {_NAMES[kind]}")
        elif isinstance(value, str):
            texts.check_characters(findings, place, value)
            if name in _ADDRESSES and not value.startswith("data:"):
                values.check_address(findings, place, value)
            elif name == "language":
                values.check_language(findings, place, value)


def _check_object(
    findings: Findings, value: object, here: JsonPlace, members: Members, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one, and add its problems."""
    if not isinstance(value, dict):
        findings.add("json-member-type", here, "it is no object")
        return {}
    _check_members(findings, value, here, members, required)
    return value


def _check_people(findings: Findings, holder: dict[str, Any], here: JsonPlace) -> None:
    """Add the problems of the authors of a feed or an item."""
    if "author" in holder and "authors" not in holder:
        findings.add("json-author-old", here / "author", "JSON Feed 1.1 has authors, a list")
    people = [(here / "authors" / number, person) for number, person in enumerate(_list(holder, "authors"))]
    if isinstance(holder.get("author"), dict):
        people.append((here / "author", holder["author"]))
    for place, person in people:
        if not any(_check_object(findings, person, place, _AUTHOR).get(name) for name in _AUTHOR):
            findings.add("json-author-empty", place, "it has neither name nor url nor avatar")


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _check_item(findings: Findings, item: dict[str, Any], here: JsonPlace) -> AuditedItem:
    """Add the problems of an item and return it."""
    _check_members(findings, item, here, _ITEM, ("id",))
    identity = item.get("id")
    if isinstance(identity, int | float) and not isinstance(identity, bool):
        findings.add("json-id-number", here / "id", "it is a number")
    elif identity == "":
        findings.add("json-member-missing", here / "id", "it is empty")
    for name in ("title", "summary"):
        if isinstance(text := item.get(name), str):
            texts.check_plain_text(findings, here / name, text, markup_is_text=True)
    html = item.get("content_html")
    if isinstance(html, str):
        texts.check_html(findings, here / "content_html", html)
    elif not isinstance(item.get("content_text"), str):
        findings.add("json-content-missing", here, "it has neither content_html nor content_text")
    dates = {
        name: values.rfc3339_date(findings, here / name, item[name])
        for name in ("date_published", "date_modified")
        if isinstance(item.get(name), str)
    }
    values.check_order(findings, here / "date_modified", dates.get("date_published"), dates.get("date_modified"))
    for number, tag in enumerate(_list(item, "tags")):
        if not isinstance(tag, str):
            findings.add("json-member-type", here / "tags" / number, "it is no text")
    _check_people(findings, item, here)
    for number, file in enumerate(_list(item, "attachments")):
        _check_attachment(findings, file, here / "attachments" / number)
    url = item.get("url")
    return AuditedItem("" if identity is None else str(identity), url if isinstance(url, str) else "", Spot.of(here))


def _check_attachment(findings: Findings, value: object, here: JsonPlace) -> None:
    file = _check_object(findings, value, here, _ATTACHMENT, ("url", "mime_type"))
    if isinstance(kind := file.get("mime_type"), str):
        values.check_media_type(findings, here / "mime_type", kind, "")
    for name in ("size_in_bytes", "duration_in_seconds"):
        number = file.get(name)
        if isinstance(number, int | float) and not isinstance(number, bool) and number < 0:
            findings.add("number", here / name, f"{number} is less than nothing")
