"""How large a document is, and how the server calls it."""

from __future__ import annotations

from feeds.audit.validate.facts import Findings, Spot

LARGE = 250_000
"""A feed with more bytes than this costs its readers more than they like."""

HUGE = 2_000_000
"""Some readers refuse a feed with more bytes than this."""


def check_size(findings: Findings) -> None:
    """Add a problem if a feed is larger than readers like."""
    length = len(findings.document.body)
    rule = "size-huge" if length > HUGE else "size-large" if length > LARGE else ""
    if rule:
        findings.add(rule, Spot(), f"the feed has {length:,} bytes")


def check_content_type(findings: Findings, expected: tuple[str, ...]) -> None:
    """Add a problem if the server sends another media type than the `expected` ones, or no charset.

    XML may lack its own media type, and JSON needs no charset (RFC 8259, 8.1).
    """
    content_type = findings.document.media_type
    if content_type is None:
        return
    media_type = content_type.partition(";")[0].strip().lower()
    advice = f"send Content-Type: {expected[0]}; charset=utf-8"
    if media_type in ("application/xml", "text/xml") and expected[0].endswith("+xml"):
        findings.add("server-xml-type", Spot(), f"the server calls it {media_type}", advice=advice)
    elif media_type not in expected:
        findings.add("server-media-type", Spot(), f"the server calls it {content_type or 'nothing'}", advice=advice)
    elif "charset=" not in content_type.lower() and not media_type.endswith("json"):
        findings.add("server-charset", Spot(), f"the server names no charset in {content_type}")
