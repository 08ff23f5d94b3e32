"""The table of all rules of `feeds validate`. docs/validate.md is made from it."""

from __future__ import annotations

from feeds.audit.validate.rule import Rule
from feeds.audit.validate.table import atom, extensions, json_feed, rss, server, site, text, values, xml

SECTIONS: dict[str, tuple[Rule, ...]] = {
    "XML": xml.RULES,
    "Texts and HTML": text.RULES,
    "Dates, addresses and other values": values.RULES,
    "Atom": atom.RULES,
    "RSS": rss.RULES,
    "Extensions of RSS and Atom, podcasts": extensions.RULES,
    "JSON Feed": json_feed.RULES,
    "Lists of feeds, pages, and documents together": site.RULES,
    "Servers": server.RULES,
}
"""Heading → the rules below it."""

RULES: dict[str, Rule] = {rule.id: rule for rules in SECTIONS.values() for rule in rules}
"""Id → the rule."""
