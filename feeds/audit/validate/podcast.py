"""Podcasts: the files of RSS items, and what directories want to know (RSS 2.0; the requirements of Apple Podcasts)."""

from __future__ import annotations

from urllib.parse import urlsplit

from feeds.audit.validate import values
from feeds.audit.validate.extensions import ITUNES
from feeds.audit.validate.facts import Findings
from feeds.audit.validate.tree import Node

_TYPES = {
    ".mp3": ("audio/mpeg", "audio/mp3"),
    ".m4a": ("audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"),
    ".mp4": ("video/mp4", "audio/mp4"),
    ".m4v": ("video/x-m4v", "video/mp4", "video/m4v"),
    ".mov": ("video/quicktime",),
    ".pdf": ("application/pdf",),
}
"""Suffix of a file → the media types with which players play it."""


def check_enclosure(findings: Findings, node: Node) -> None:
    """Add the problems of the file of an item."""
    address, length, kind = (node.attributes.get(name) for name in ("url", "length", "type"))
    if address is not None:
        values.check_address(findings, node, address, "@url", uri=True)
    if length is not None and values.check_number(findings, node, length, "@length") == 0 and _is_played(kind or ""):
        findings.add("podcast-length", node, "0 is the length of no file", "@length")
    if kind is None:
        return
    values.check_media_type(findings, node, kind)
    parts = values.split_address(address or "") or urlsplit("")
    expected = next((types for suffix, types in _TYPES.items() if parts.path.lower().endswith(suffix)), None)
    if expected is not None and kind.partition(";")[0].strip().lower() not in expected:
        findings.add("podcast-type", node, f"{kind!r} is not the type of such a file", "@type")


def _is_played(media_type: str) -> bool:
    return media_type.startswith(("audio/", "video/"))


def check_podcast(findings: Findings, channel: Node, items: list[Node]) -> None:
    """Add the problems of a channel that is a podcast: one that has elements of Apple Podcasts in the channel."""
    for item in items:
        files = [node for node in item.elements if node.local == "enclosure" and node.namespace == item.namespace]
        if len(files) > 1:
            findings.add("podcast-file-repeated", files[1], f"there are {len(files)} files")
    if not any(node.namespace == ITUNES for node in channel.elements):
        return
    if channel.first(f"{{{ITUNES}}}image") is None:
        findings.add("podcast-image", channel, "the podcast has no picture", "itunes:image")
    if channel.first(f"{{{ITUNES}}}explicit") is None:
        findings.add(
            "podcast-explicit", channel, "the podcast does not say whether it is for all ages", "itunes:explicit"
        )
