"""Embedded things, late pictures and formulas: what a feed can't carry becomes what a feed can carry.

The input is a body that nh3 has parsed and written again with more elements than a feed may carry. All tags in it are
closed and all values are in quotes, so a regular expression reads its tokens as every browser would. The result goes to
nh3 once more: nothing that is written here is trusted.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from feeds.corpus import pictures
from feeds.corpus.html_tokens import RAW_TEXT, VOID, Element, Token, find_ends, is_blank, read_tokens
from feeds.rules.pictures import picture_key
from feeds.rules.text import one_line

Parse = Callable[[str], str]

_NEIGHBOURS = 50  # pictures in a row, among which a noscript may repeat one
_FLOW = ("article", "aside", "blockquote", "center", "details", "div", "figure", "footer", "header")
_PAGES_OF_SCRIPTS = (
    re.compile(r"(https?://gist\.github\.com/[\w.-]+(?:/[\w.-]+?)?)\.js\b", re.ASCII),
    re.compile(r"(https?://gitlab\.com/[\w./-]*snippets/\d+)\.js\b", re.ASCII),
    re.compile(r"(https?://asciinema\.org/a/\w+)\.js\b", re.ASCII),
    re.compile(r"(https?://jsfiddle\.net/[\w./-]+?/)embed/", re.ASCII),
)
_RAW_TAG = re.compile(rf"</?(?:{'|'.join(RAW_TEXT)})\b[^<>]*>?", re.IGNORECASE)
_CDATA = re.compile(r"%?\s*(?:<!\[CDATA\[|\]\]>)")
_EMPTY = re.compile(r"<(p|figure|center)>\s*</\1>\n?")


class _Shown(NamedTuple):
    """A picture that was written since the last word.

    Attributes:
        place: its place in the output.
        key: the key of its address, or empty while the address is unknown.
        is_fallback: whether it comes out of a ``noscript``.
    """

    place: int
    key: str
    is_fallback: bool


def rewrite(markup: str, parse: Parse) -> tuple[str, Counter[str]]:
    """Return `markup` as HTML that says in links, pictures and text what special elements said; and what is lost.

    Args:
        markup: HTML that nh3 has written, with the special elements.
        parse: writes HTML in the same way, for the HTML inside of a ``noscript``.

    Returns:
        the HTML, and the number of elements with a content that it lacks, by name.
    """
    rewriter = _Rewriter(parse)
    rewriter.read(markup)
    return "".join(rewriter.out), +rewriter.lost


def without_empty_paragraphs(markup: str) -> str:
    """Return `markup` without the paragraphs and figures that nothing is left in."""
    return _EMPTY.sub("", _EMPTY.sub("", markup))


class _Rewriter:
    """The state between tokens: the open elements, and the pictures and embedded things since the last word."""

    def __init__(self, parse: Parse) -> None:
        self.parse = parse
        self.out: list[str] = []
        self.lost: Counter[str] = Counter()
        self.open: list[str] = []
        self.shown: list[_Shown] = []
        self.embedded: set[str] = set()
        self.sources: list[dict[str, str]] | None = None
        self.is_fallback = False
        self.is_after_name = False
        self.formulas = 0

    def read(self, markup: str) -> None:
        """Write `markup`, rewritten."""
        tokens = read_tokens(markup)
        ends = find_ends(tokens)
        uncounted = formula = place = 0
        while place < len(tokens):
            token = tokens[place]
            if not token.name:
                self.text(token.source)
            elif token.is_end:
                self.end(token)
            else:
                element = Element(tokens, place, ends[place])
                if place >= uncounted and self.count(element):
                    uncounted = element.end
                if token.has_class("katex-mathml") and any(element.all("math")):
                    formula = element.end
                is_copy = (
                    token.has_class("katex-html") and 0 < formula >= place - 2 and is_blank(tokens, formula, place)
                )
                if is_copy or self.start(token, element):
                    place = element.end
            place += 1

    def text(self, source: str) -> None:
        """Write a text. A word ends the neighbourhood of pictures."""
        if not source.isspace():
            self.shown.clear()
            self.embedded.clear()
        self.out.append(f" {source}" if self.is_after_name and source[:1].isalnum() else source)
        self.is_after_name = False

    def count(self, element: Element) -> bool:
        """Count an element that a feed can't carry, and tell whether it was counted."""
        match element.name:
            case "input":
                counts = element.attributes().get("type", "").lower() not in ("checkbox", "hidden")
            case "canvas" | "template":
                counts = True
            case "svg":  # a hidden one is decoration: its author says so
                counts = element.attributes().get("aria-hidden") != "true"
            case "applet" | "button" | "datalist" | "form" | "select" | "textarea":
                counts = element.has_content()
            case _:
                return False
        self.lost[element.name] += counts
        return counts

    def start(self, token: Token, element: Element) -> bool:
        """Write an element as a whole, or its start tag; return whether it is a whole."""
        rule = _RULES.get(token.name)
        if rule is not None:
            return rule(self, element)
        self.out.append(token.source)
        if token.name not in VOID:
            self.open.append(token.name)
        return False

    def end(self, token: Token) -> None:
        if token.name == "picture":
            if self.sources:
                self.show({}, "")
            self.sources = None
        elif token.name == "mjx-container":
            self.formulas -= 1
        elif self.open and self.open[-1] == token.name:
            self.open.pop()
            self.out.append(token.source)

    def skip(self, _element: Element) -> bool:
        return True

    def pass_through(self, _element: Element) -> bool:
        """Leave out the tags of an element, and keep its content."""
        return False

    def name(self, element: Element) -> bool:
        """Write the name of a drawing that has one."""
        name = html.escape(element.attributes().get("aria-label", ""))
        inside = False
        for token in element.inner():
            inside = not token.is_end if token.name == "title" else inside
            name = name or (token.source if inside and token.has_text() else "")
        if name and element.attributes().get("aria-hidden") != "true":
            self.text(f" {one_line(name)} ")
        return True

    def check_box(self, element: Element) -> bool:
        attributes = element.attributes()
        if attributes.get("type", "").lower() == "checkbox":
            self.text("☑" if "checked" in attributes else "☐")
            self.is_after_name = True
        return True

    def picture(self, element: Element) -> bool:
        if self.sources is None:  # a picture in a picture is part of it
            self.sources = [token.attributes() for token in element.all("source")]
        return False

    def image(self, element: Element) -> bool:
        """Write a picture with the address that it has in the end; without one, its alternative text."""
        self.show(element.attributes(), element.tokens[element.start].source)
        return True

    def show(self, attributes: dict[str, str], source: str) -> None:
        """Write a picture, if it does not stand there already.

        Args:
            attributes: the attributes of the ``img``.
            source: its tag, which is written if its address is right as it is.
        """
        address = pictures.real_address(attributes, self.sources or ())
        self.sources = None if self.sources is None else []
        is_lazy = pictures.is_lazy(attributes)
        if address is None:
            address = pictures.data_address(attributes)
            if address is not None and attributes.get("aria-hidden") == "true":
                return  # a blurred preview, which no reader of a text is meant to notice
        written = source
        if address is None:
            written = html.escape(attributes.get("alt", ""))
        elif address != attributes.get("src"):
            kept = "".join(
                f' {name}="{html.escape(attributes[name])}"'
                for name in ("alt", "width", "height", "align", "id")
                if name in attributes
            )
            written = f'<img src="{html.escape(address)}"{kept}>'
        is_real = address is not None and not pictures.is_placeholder(address)
        key = picture_key(address) if address is not None and is_real else ""
        if not self.stands_already(key, written, is_lazy=is_lazy):
            self.shown = [*self.shown[-_NEIGHBOURS:], _Shown(len(self.out), key, self.is_fallback)]
            self.out.append(written)

    def stands_already(self, key: str, written: str, *, is_lazy: bool) -> bool:
        """Tell whether a picture before the last word is this one; a placeholder becomes the picture of a fallback."""
        if not self.is_fallback and not is_lazy:
            return False
        others = [shown for shown in self.shown if shown.is_fallback != self.is_fallback]
        if key and any(shown.key == key for shown in others):
            return True
        if not self.is_fallback:
            return not key and bool(others)
        for shown in others:
            if not shown.key and key:
                self.out[shown.place] = written
                self.shown[self.shown.index(shown)] = shown._replace(key=key)
                return True
        return False

    def fallback(self, element: Element) -> bool:
        """Write the HTML in a ``noscript``: nothing that reads a feed runs scripts."""
        source = "".join(token.source for token in element.inner())
        self.is_fallback = True
        self.read(self.parse(_RAW_TAG.sub("", source)))
        self.is_fallback = False
        return True

    def script(self, element: Element) -> bool:
        """Write the formula that a script holds, or a link to what it would insert."""
        attributes = element.attributes()
        kind, address = attributes.get("type", "").lower(), pictures.usable_address(attributes.get("src", ""))
        content = "".join(token.source for token in element.inner())
        if kind.startswith(("math/tex", "math/asciimath")):
            self.text(html.escape(_CDATA.sub("", content).strip(), quote=False))
        elif kind.startswith("math/mml"):
            self.read(self.parse(_RAW_TAG.sub("", content)))
        elif address is not None:
            pages = filter(None, (page.match(address) for page in _PAGES_OF_SCRIPTS))
            page = next(pages, None)
            if page is None:
                self.lost["script"] += 1
            else:
                self.link(page[1], f"Embedded: {urlsplit(page[1]).hostname}")
        return True

    def formula(self, element: Element) -> bool:
        """Write the MathML that MathJax has put beside its own elements; without it, the content or the label."""
        if self.formulas == 0:
            places = range(element.start, element.end)
            place = next((place for place in places if element.tokens[place].name == "math"), None)
            if place is not None:
                self.out += _one_element(element.tokens, place)
                return True
            nothing = ("mjx-container", "svg", "title")
            if not any(token.name not in nothing if token.name else token.has_text() for token in element.inner()):
                label = html.escape(element.attributes().get("aria-label", ""))
                self.text(label)
                self.lost["mjx-container"] += not label
                return True
        self.formulas += 1  # a formula inside of this one is part of it
        return False

    def embed(self, element: Element) -> bool:
        """Write a link to a thing that a feed can't carry. It is counted if it has no usable address."""
        attributes = element.attributes()
        if element.name == "iframe" and {attributes.get("width"), attributes.get("height")} <= {"0", "1"}:
            return True  # nothing to see: it counts visits
        address = _address_of(element)
        if address is None:
            self.lost[element.name] += 1
            return True
        picture = next(element.all("img"), None) if element.name == "object" else None
        preview = pictures.real_address(picture.attributes()) if picture is not None else None
        if element.name == "video":
            preview = pictures.usable_address(attributes.get("poster", ""))
        name = one_line(attributes.get("title") or attributes.get("aria-label") or "")
        if attributes.get("type", "").lower().startswith("image/") and preview is None:
            self.show({"src": address, "alt": name}, f'<img src="{html.escape(address)}" alt="{html.escape(name)}">')
        else:
            self.link(address, name or _label(element.name, address), preview)
        return True

    def link(self, address: str, name: str, preview: str | None = None) -> None:
        """Write a link, in a paragraph of its own where paragraphs stand. No link stands in another one."""
        if address in self.embedded and self.is_fallback:
            return
        self.embedded.add(address)
        picture = f'<img src="{html.escape(preview)}" alt=""> ' if preview else ""
        link = f"{picture}{html.escape(name, quote=False)}"
        if "a" not in self.open:
            link = f'<a href="{html.escape(address)}">{link}</a>'
        is_block = not self.open or self.open[-1] in _FLOW
        is_apart = not self.out or not self.out[-1][-1:].isalnum()
        self.out.append(f"<p>{link}</p>" if is_block else link if is_apart and not self.is_after_name else f" {link}")
        self.is_after_name = not is_block


_RULES: dict[str, Callable[[_Rewriter, Element], bool]] = {
    **dict.fromkeys(("audio", "embed", "iframe", "object", "video"), _Rewriter.embed),
    **dict.fromkeys(("noscript", "noframes"), _Rewriter.fallback),
    **dict.fromkeys(
        ("datalist", "noembed", "param", "select", "source", "template", "textarea", "title", "track"), _Rewriter.skip
    ),
    **dict.fromkeys(("applet", "button", "canvas", "form"), _Rewriter.pass_through),
    "img": _Rewriter.image,
    "input": _Rewriter.check_box,
    "mjx-container": _Rewriter.formula,
    "picture": _Rewriter.picture,
    "script": _Rewriter.script,
    "svg": _Rewriter.name,
}
"""Element → what is written for it; the rule returns whether the content is done with."""


def _one_element(tokens: Sequence[Token], start: int) -> list[str]:
    """Return the sources of the tokens from a start tag to its end tag."""
    level, sources = 0, []
    for token in tokens[start:]:
        if token.name and token.name not in VOID:
            level += -1 if token.is_end else 1
        sources.append(token.source)
        if level <= 0:
            break
    return sources


def _address_of(element: Element) -> str | None:
    """Return the address of what an embedding element shows: its own, or that of an element in it."""
    own = ("src", "data", *pictures.LAZY_ATTRIBUTES)
    sources = [element.attributes()]
    if element.name == "object":
        for token in element.all("param", "embed", "source", "iframe"):
            attributes = token.attributes()
            is_address = token.name != "param" or attributes.get("name", "").lower() in ("movie", "src", "url")
            sources.append({"src": attributes.get("value", "") or attributes.get("src", "")} if is_address else {})
    elif element.name in ("audio", "video"):
        sources += [token.attributes() for token in element.all("source")]
    addresses = (pictures.usable_address(source.get(name, "")) for source in sources for name in own)
    return next(filter(None, addresses), None)


def _label(name: str, address: str) -> str:
    """Return the name of a thing that has none: its kind, and its host or its file."""
    parts = urlsplit(address)
    file = unquote(parts.path.rstrip("/").rpartition("/")[2])
    if name in ("audio", "video"):
        return f"{name.capitalize()}: {file or parts.netloc}"
    return f"Embedded: {parts.netloc or file or address}"
