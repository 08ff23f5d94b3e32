"""Plain text: markup becomes the text that it shows, and the first paragraph of a body becomes its excerpt."""

from __future__ import annotations

import html
import re

from feeds.rules.text import clean_text, hide_credentials, one_line, shorten

LONGEST = 500
"""The number of characters of an excerpt that is derived from the body."""

_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|img|li"
    "|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
)
_INLINES = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup"
    "|tt|u|var|wbr"
)
# An attribute has a value: "a<b and c>d" has no tag in it.
_ATTRIBUTE = r"""\s++[A-Za-z_:][\w:.-]*+\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>=`]++)"""
_TAG = re.compile(rf"<(/?)(?:({_BLOCKS})|({_INLINES}))((?:{_ATTRIBUTE})*+)\s*+/?>", re.IGNORECASE)
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_OPENING, _CLOSING, _NO_START = "`'\"(“‘", "`'\")”’", ".,;:!?)-/`”’"
_VOID = ("br", "hr", "img", "wbr")
_COMMENT = re.compile(r"<!--(?:(?!--).)*+-->", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,8}|[A-Za-z][A-Za-z0-9]{1,40});")

_CANONICAL_TAG = re.compile(r'<(/?)([a-z][a-z0-9-]*)(?:[^"<>]|"[^"]*")*+>')
_PARAGRAPH = re.compile(r'<(/?)(p|figure)(?:\s(?:[^"<>]|"[^"]*")*+)?>')
_FOOTNOTE = re.compile(r'<sup[^<>]*><a [^<>]*href="#[^<>]*>[^<>]*</a></sup>')
_LINK = re.compile(r"<a[ >].*?</a>", re.DOTALL)
_CAPTION = re.compile(r"<(em|i|small|sub)[ >].*?</\1>", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{(?:(?!\}\}).)*+\}\}|\{%(?:(?!%\}).)*+%\}", re.DOTALL)
_WORD = re.compile(r"\w")


def strip_tags(text: str) -> str:
    """Return a title, an excerpt, a name or an alternative text as the plain text that it shows.

    Markup is taken off and character references are decoded. What only looks like a tag is text: ``Vec<T>``,
    "the <template> element", and "the <p> tag", where no word touches it.
    """
    if "<" in text:
        text = _without_tags(_COMMENT.sub(" ", text))
    if "&" in text:
        text = clean_text(_REFERENCE.sub(lambda match: html.unescape(match[0]), text))
    elif text.isascii() and "://" not in text:
        return one_line(text) if "  " in text else text.strip()
    return one_line(hide_credentials(text))


def first_paragraph(markup: str) -> str:
    """Return the start of sanitised `markup` as plain text: its first paragraph that has a text of its own.

    A list of links, a template tag such as ``{{ x }}`` and the caption of a picture are no such text.
    """
    for paragraph in _paragraphs(markup):
        text = _own_text(paragraph)
        if text:
            return shorten(text, LONGEST)
    return ""


def all_paragraphs(markup: str) -> str:
    """Return the paragraphs of sanitised `markup` that have a text of their own, as plain text."""
    return shorten(" ".join(filter(None, map(_own_text, _paragraphs(markup)))), LONGEST)


def _paragraphs(markup: str) -> list[str]:
    """Return the content of the paragraphs in `markup` that are not in a figure."""
    paragraphs, start, figures = [], None, 0
    for tag in _PARAGRAPH.finditer(markup):
        if tag[2] == "figure":
            figures = max(0, figures + (-1 if tag[1] else 1))
        elif not tag[1]:
            start = tag.end()
        elif start is not None:
            if not figures:
                paragraphs.append(markup[start : tag.start()])
            start = None
    return paragraphs


def _own_text(paragraph: str) -> str:
    """Return the text of a paragraph, or an empty text if it consists of links, or of a picture and its caption."""
    paragraph = _FOOTNOTE.sub("", paragraph)
    text = one_line(_TEMPLATE.sub(" ", _text(paragraph)))
    if not text:
        return ""
    if "<a" in paragraph and not _WORD.search(_text(_LINK.sub("", paragraph))):
        return ""
    if "<img" in paragraph and not _WORD.search(_text(_CAPTION.sub("", paragraph))):
        return ""
    return text if _WORD.search(text) else ""


def _text(markup: str) -> str:
    """Return the text of sanitised `markup`."""
    return html.unescape(_CANONICAL_TAG.sub(lambda tag: "\n" if tag[2] in ("br", "img", "hr") else "", markup))


def _without_tags(text: str) -> str:
    """Return `text` without the tags in it that mark up text."""
    tags = list(_TAG.finditer(text))
    if not tags:
        return text
    marks = _marks(text, tags)
    parts: list[str] = []
    end = 0
    for tag, is_mark in zip(tags, marks, strict=True):
        if is_mark:
            parts += (text[end : tag.start()], _replacement(tag))
            end = tag.end()
    return "".join([*parts, text[end:]])


def _marks(text: str, tags: list[re.Match[str]]) -> list[bool]:
    """Tell which of `tags` mark up text: void elements, pairs, and single ones that have attributes or touch a word."""
    marks = []
    open_tags: dict[str, list[int]] = {}
    is_whole = tags[0][2] and not text[: tags[0].start()].strip() and tags[-1][1] and not text[tags[-1].end() :].strip()
    for index, tag in enumerate(tags):
        name = (tag[2] or tag[3]).lower()
        marks.append(name in _VOID or bool(tag[4]) or _touches(text, tag))
        if not tag[1]:
            open_tags.setdefault(name, []).append(index)
        elif open_tags.get(name):
            start = open_tags[name].pop()
            marks[start] = marks[index] = bool(marks[start] or marks[index] or is_whole)
    return marks


def _touches(text: str, tag: re.Match[str]) -> bool:
    """Tell whether a tag stands at a word as markup does: a start tag before it, an end tag after it."""
    before, after = text[max(0, tag.start() - 1) : tag.start()], text[tag.end() : tag.end() + 1]
    if before in tuple(_OPENING) and after in tuple(_CLOSING):
        return False  # a tag in quotes or brackets is talked about
    if tag[1]:
        return bool(before.strip())
    return bool(after.strip()) and after not in tuple(_NO_START) and not before.isalnum()


def _replacement(tag: re.Match[str]) -> str:
    """Return what stands in the place of a tag: the name of a picture, a space for a block, or nothing."""
    if (tag[2] or "").lower() == "img" and (alt := _ALT.search(tag[4])):
        return f" {alt[1] or alt[2] or alt[3] or ''} "
    return " " if tag[2] else ""
