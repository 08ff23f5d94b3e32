"""Markup: bodies become sanitised HTML, and HTML becomes plain text."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING

import nh3

from feeds.rules import urls
from feeds.rules.text import clean_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_TAGS = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|h[1-6]|i|img|li|ol|p|span|strong|u|ul)\b[^<>]*>", re.IGNORECASE
)
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def to_html(body: str, suffix: str) -> str:
    """Return `body` as HTML that is safe to publish; empty for a blank body.

    Relative addresses stay relative: only the renderer knows the address of the page.

    Args:
        body: the text after the front matter.
        suffix: the suffix of the file, which tells the format: Markdown, HTML or plain text.
    """
    if not body.strip():
        return ""
    if suffix in (".md", ".markdown"):
        body = _markdown().render(body)
    elif suffix == ".txt":
        body = "".join(f"<p>{_break_lines(part)}</p>\n" for part in _BLANK_LINES.split(body.strip()))
    return sanitise(body)


def sanitise(markup: str) -> str:
    """Return `markup` without scripts, event handlers, frames, forms, credentials, and links that are not http(s)."""
    safe = nh3.clean(markup, url_schemes={"http", "https"}, link_rel=None, attribute_filter=_without_credentials)
    return clean_text(safe).strip()  # nh3 has decoded character references such as &#1;


def strip_tags(text: str) -> str:
    """Return `text` without the tags that some tools write into an excerpt; a single "<" is not a tag."""
    if not _TAGS.search(text):
        return text
    return " ".join(html.unescape(nh3.clean(text, tags=set())).split())


def first_paragraph(markup: str) -> str:
    """Return the text of the first paragraph in `markup` that has text, in one line; or an empty text."""
    for match in _PARAGRAPH.finditer(markup):
        text = " ".join(html.unescape(nh3.clean(match.group(1), tags=set())).split())
        if text:
            return text
    return ""


def _without_credentials(_tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute without credentials in an address, or None to drop it: a feed is public."""
    if attribute not in ("href", "src", "cite") or "@" not in value:
        return value
    return urls.absolute_url(f"https:{value}" if value.startswith("//") else value)


def _break_lines(paragraph: str) -> str:
    return "<br>\n".join(html.escape(line.strip(), quote=False) for line in paragraph.splitlines())


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # slow to load, and only a corpus with Markdown needs it

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])
