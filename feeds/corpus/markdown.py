"""Markdown: CommonMark with tables, strikethrough, footnotes, definition lists, task lists and ids of headings."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

DEEPEST = 40
"""The number of blocks inside of each other: markdown-it drops what is deeper.

Its default for CommonMark is 20. A larger number costs time in a line of brackets that do not close.
"""

_COMMENT = re.compile(r"<!--(?:>|->)|<!\[(?:if\b[^\]\n]{0,200}|endif)\]-{0,2}>")
_HEADING_ID = re.compile(r"(?:^|[ \t]+)\{:?[ \t]*#([^\s{}#\"'<>&]{1,200})(?:[ \t][^{}]*)?\}[ \t]*\Z")


def render_markdown(text: str) -> str:
    """Return Markdown as HTML, which is not sanitised. HTML comments are left out."""
    env: dict[str, Any] = {}
    parser = _parser()
    tokens = parser.parse(text, env)
    rendered: str = parser.renderer.render(tokens, parser.options, env)
    return rendered.replace("<p></p>\n", "") if "comments" in env else rendered


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # slow to load, and only a corpus with Markdown needs it
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.tasklists import tasklists_plugin

    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin).use(tasklists_plugin)
    parser.disable("footnote_inline")  # "^[a-z]" is a regular expression more often than a footnote
    parser.core.ruler.before("footnote_tail", "all_footnotes", _keep_all_footnotes)
    parser.core.ruler.after("inline", "heading_ids", _take_heading_ids)
    parser.core.ruler.before("text_join", "references", _decode_references)
    parser.inline.ruler.before("html_inline", "comment", _skip_comment)
    return parser


def _skip_comment(state: StateInline, silent: bool) -> bool:
    """Pass over an HTML comment, also one that CommonMark does not take for one, and over a condition of a browser."""
    start = state.pos
    if not state.src.startswith("<!", start):
        return False
    match = _COMMENT.match(state.src, start)
    if match:
        end = match.end()
    elif state.src.startswith("<!--", start) and state.env.get("no comment in") is not state.src:
        end = state.src.find("-->", start) + len("-->")
        if end < len("-->"):
            state.env["no comment in"] = state.src  # the next "<!--" need not search to the end again
            return False
    else:
        return False
    if end > state.posMax:
        return False
    if not silent:
        state.env["comments"] = True
    state.pos = end
    return True


def _take_heading_ids(state: StateCore) -> None:
    """Give a heading the id at its end: ``## Title {#id}``, as Hugo, Pandoc and kramdown have it.

    The plugin ``attrs`` has no such rule, and its rule for blocks would drop a line such as ``{% include x %}``.
    """
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if opening.type != "heading_open" or not inline.children or inline.children[-1].type != "text":
            continue
        last = inline.children[-1]
        if match := _HEADING_ID.search(last.content):
            last.content = last.content[: match.start()]
            opening.attrSet("id", match[1])


def _decode_references(state: StateCore) -> None:
    """Decode references to control characters as HTML does (``&#146;`` is "’"); CommonMark makes U+FFFD of them."""
    for block in state.tokens:
        for token in block.children or ():
            if token.type == "text_special" and token.info == "entity" and token.content == "\ufffd":
                token.content = html.unescape(token.markup) or "\ufffd"


def _keep_all_footnotes(state: StateCore) -> None:
    """Make all footnotes part of the text: those that no text refers to, two with one label, and one inside another."""
    notes = state.env.get("footnotes")
    if not notes:
        return
    references, numbers = notes.setdefault("refs", {}), notes.setdefault("list", {})
    labels: set[str] = set()
    footnotes: list[Token] = []
    inside: list[list[Token]] = [[]]  # the text, and the footnotes that are open
    for token in state.tokens:
        if token.type == "footnote_reference_open":
            _number(token, labels, references, numbers)
            inside.append([])
        inside[-1].append(token)
        if token.type == "footnote_reference_close":
            footnotes += inside.pop()
    state.tokens = inside[0] + footnotes


def _number(token: Token, labels: set[str], references: dict[str, int], numbers: dict[int, Any]) -> None:
    """Enter the footnote that `token` opens into the list, if it is not there; a second one gets a new label."""
    label = token.meta["label"]
    if label in labels:
        label = token.meta["label"] = f"{label} {len(labels)}"  # no label that is written has a space in it
        references[f":{label}"] = -1
    labels.add(label)
    if references.get(f":{label}", -1) < 0:
        references[f":{label}"] = len(numbers)
        numbers[len(numbers)] = {"label": label, "count": 0}
