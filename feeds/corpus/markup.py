"""Markup: bodies become sanitised HTML, and HTML becomes plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from types import MappingProxyType

import nh3

from feeds.corpus import embeds
from feeds.corpus.excerpts import all_paragraphs, first_paragraph, strip_tags
from feeds.corpus.markdown import render_markdown
from feeds.rules import safe_html
from feeds.rules.text import clean_text, hide_credentials, name_key

__all__ = ["all_paragraphs", "first_paragraph", "sanitise", "strip_tags", "to_html", "without_title"]

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_SPECIAL = re.compile(
    r"<(?:applet|audio|button|canvas|datalist|embed|form|iframe|input|mjx-|no(?:embed|frames|script)|object|picture"
    r"|script|select|source|svg|template|textarea|title|video)|katex-html|srcset|data-(?:lazy-)?src|data-original",
    re.IGNORECASE,
)
"""The sign of a body that needs more than the sanitiser."""

# fmt: off
_SPECIAL_TAGS = frozenset({
    "applet", "audio", "button", "canvas", "datalist", "embed", "form", "iframe", "input", "mjx-container",
    "noembed", "noframes", "noscript", "object", "option", "param", "picture", "script", "select", "source", "svg",
    "template", "textarea", "title", "video",
})
_SPECIAL_ATTRIBUTES = frozenset({
    "alt", "aria-hidden", "aria-label", "checked", "class", "data", "data-lazy-src", "data-lazy-srcset",
    "data-original", "data-src", "data-srcset", "height", "id", "name", "poster", "src", "srcset", "title", "type",
    "value", "width",
})

_MATH = (
    "annotation|annotation-xml|m(?:action|enclose|error|fenced|frac|i|multiscripts|n|o|over|padded|phantom|prescripts"
    "|root|row|s|space|sqrt|style|sub|subsup|sup|table|td|text|tr|under|underover)|none|semantics"
)
_DRAWING = (
    "animate(?:motion|transform)?|circle|clippath|defs|desc|ellipse|fe[a-z]{3,20}|filter|foreignobject|g|line"
    "|lineargradient|marker|mask|metadata|mpath|path|pattern|polygon|polyline|radialgradient|rect|set|stop|switch"
    "|symbol|text|textpath|tspan|use|view"
)
# fmt: on
_STRAY = re.compile(rf"<(?:{_MATH}|{_DRAWING})(?![\w:-])", re.IGNORECASE)
_FOREIGN_TAG = re.compile(rf"<(/?)(?:(math|svg)|({_MATH})|{_DRAWING})(?![\w:-])[^<>]*>", re.IGNORECASE)
_TITLE = re.compile(
    r"(\s*(?:<(?:article|div|header)(?: id=\"[^\"]*\")?>\s*)*)<h([1-6])(?: id=\"[^\"]*\")?>(.*?)</h\2>\s*", re.DOTALL
)

_NOTHING: Mapping[str, int] = MappingProxyType({})

_TAGS = nh3.ALLOWED_TAGS | safe_html.MATH_TAGS
_ATTRIBUTES = {**nh3.ALLOWED_ATTRIBUTES, **safe_html.MATH_ATTRIBUTES}
_SANITISER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=safe_html.WITHOUT_CONTENT,
    attributes={**_ATTRIBUTES, "*": safe_html.ANYWHERE},
    attribute_filter=safe_html.keep_attribute,
    link_rel=None,
    url_schemes=safe_html.SCHEMES,
)
_PARSER = nh3.Cleaner(
    tags=_TAGS | _SPECIAL_TAGS,
    clean_content_tags={"annotation", "annotation-xml", "style"},
    attributes={**_ATTRIBUTES, "*": _SPECIAL_ATTRIBUTES},
    link_rel=None,
    url_schemes=safe_html.SCHEMES,
)
"""The parser in front of :mod:`feeds.corpus.embeds`: the elements that the sanitiser drops stand in its result."""


def to_html(body: str, suffix: str) -> tuple[str, Mapping[str, int]]:
    """Return `body` as HTML that is safe to publish, and what is left out of it.

    Relative addresses stay relative: only the renderer knows the address of the page.

    Args:
        body: the text after the front matter.
        suffix: the suffix of the file, which tells the format: Markdown, HTML or plain text.

    Returns:
        the HTML, empty for a blank body; and the number of elements that are left out, by name.
    """
    if not body.strip():
        return "", _NOTHING
    if suffix in (".md", ".markdown"):
        body = render_markdown(body)
    elif suffix == ".txt":
        body = "".join(f"<p>{_break_lines(part)}</p>\n" for part in _BLANK_LINES.split(body.strip()))
    lost = _NOTHING
    if _STRAY.search(body):
        body = _without_stray_tags(body)
    if _SPECIAL.search(body):
        body, lost = embeds.rewrite(_PARSER.clean(body), _PARSER.clean)
        return embeds.without_empty_paragraphs(sanitise(body)).strip(), lost
    return sanitise(body), lost


def sanitise(markup: str) -> str:
    """Return `markup` without scripts, event handlers, frames, forms, credentials, and links that are not http(s)."""
    safe = safe_html.name_bare_pictures(_SANITISER.clean(markup))
    return hide_credentials(clean_text(safe)).strip()  # nh3 has decoded character references such as &#1;


def without_title(markup: str, title: str) -> str:
    """Return sanitised `markup` without a heading at its start that repeats the title of the article."""
    heading = _TITLE.match(markup)
    if heading is None or name_key(strip_tags(heading[3])) != name_key(title):
        return markup
    return f"{heading[1]}{markup[heading.end() :]}".strip()


def _without_stray_tags(body: str) -> str:
    """Return `body` without tags of SVG and MathML outside of ``svg`` and ``math``.

    The sanitiser drops such an element with all that follows in it, though browsers show its text.
    """
    depths = {"math": 0, "svg": 0}

    def keep(tag: re.Match[str]) -> str:
        root = tag[2] and tag[2].lower()
        if root:
            depths[root] = max(0, depths[root] + (-1 if tag[1] else 1))
        return tag[0] if root or depths["math" if tag[3] else "svg"] else ""

    return _FOREIGN_TAG.sub(keep, body)


def _break_lines(paragraph: str) -> str:
    return "<br>\n".join(html.escape(line.strip(), quote=False) for line in paragraph.splitlines())
