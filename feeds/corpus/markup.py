"""Bodies → sanitised HTML, and HTML → the plain text of its first paragraph."""

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
    """Return `body` as HTML that is safe to publish; empty for a blank one.

    Args:
        body: the text after the front matter.
        suffix: the file's suffix, which says what the text is: Markdown, HTML, or plain text.

    Relative addresses stay relative: what they are relative to, only the renderer knows.
    """
    if not body.strip():
        return ""
    if suffix in (".md", ".markdown"):
        body = _markdown().render(body)
    elif suffix == ".txt":
        body = "".join(f"<p>{_lines(part)}</p>\n" for part in _BLANK_LINES.split(body.strip()))
    return sanitise(body)


def sanitise(markup: str) -> str:
    """Return `markup` without scripts, event handlers, frames, forms, credentials, and links other than http(s)."""
    safe = nh3.clean(markup, url_schemes={"http", "https"}, link_rel=None, attribute_filter=_without_credentials)
    return clean_text(safe).strip()  # nh3 has resolved character references, such as &#1;


def strip_tags(text: str) -> str:
    """Return `text` without the tags that some tools write into an excerpt; a lone "<" is no tag."""
    if not _TAGS.search(text):
        return text
    return " ".join(html.unescape(nh3.clean(text, tags=set())).split())


def first_paragraph(markup: str) -> str:
    """Return the text of the first paragraph in `markup` that has any, white space folded; or empty."""
    for match in _PARAGRAPH.finditer(markup):
        text = " ".join(html.unescape(nh3.clean(match.group(1), tags=set())).split())
        if text:
            return text
    return ""


def _without_credentials(_tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute, None to drop it; a feed is public, and so is every address in it."""
    if attribute not in ("href", "src", "cite") or "@" not in value:
        return value
    return urls.absolute_url(f"https:{value}" if value.startswith("//") else value)


def _lines(paragraph: str) -> str:
    return "<br>\n".join(html.escape(line.strip(), quote=False) for line in paragraph.splitlines())


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # only a corpus with Markdown in it pays for loading it

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])
