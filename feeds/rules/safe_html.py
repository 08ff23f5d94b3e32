"""The HTML that a feed may carry beyond the tables of nh3, for the corpus and for the renderer."""

from __future__ import annotations

import re

from feeds.rules import urls

# fmt: off
MATH_TAGS = frozenset({
    "maction", "math", "menclose", "merror", "mfenced", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded",
    "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable",
    "mtd", "mtext", "mtr", "munder", "munderover", "none", "semantics",
})
"""The elements of MathML Core, and three of MathML 3 that carry signs of their own. Annotations are not among them."""

_OF_ONE_TAG = {
    "math": {"alttext", "display"},
    "menclose": {"notation"},
    "mfenced": {"close", "open", "separators"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {
        "fence", "form", "largeop", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "separator", "stretchy",
        "symmetric",
    },
    "mover": {"accent"},
    "mpadded": {"depth", "height", "lspace", "voffset", "width"},
    "mspace": {"depth", "height", "width"},
    "mtd": {"columnspan", "rowspan"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}
_MATH_ANYWHERE = {"dir", "displaystyle", "mathbackground", "mathcolor", "mathsize", "scriptlevel"}
# fmt: on

MATH_ATTRIBUTES = {tag: _MATH_ANYWHERE | _OF_ONE_TAG.get(tag, set()) for tag in MATH_TAGS}
"""Element → its attributes."""

ANYWHERE = frozenset({"id"})
"""The attributes of all elements: a footnote, or a line in a table of contents, leads to an id."""

WITHOUT_CONTENT = frozenset({"annotation", "annotation-xml", "script", "style"})
"""The elements that go together with their content: it is no text for people."""

SCHEMES = frozenset({"http", "https", "data"})
"""The schemes of addresses. :func:`keep_attribute` lets ``data:`` pass in the address of a picture only."""

_ADDRESSES = frozenset({"href", "src", "cite"})
_DATA = re.compile(r"[\x00-\x20]*d[\t\n\r]*a[\t\n\r]*t[\t\n\r]*a[\t\n\r]*:", re.IGNORECASE)
_DATA_PICTURE = re.compile(r"data:image/(?:avif|gif|jpe?g|png|webp);base64,[A-Za-z0-9+/\s]+={0,2}\s*\Z", re.IGNORECASE)
_IMG = re.compile(r'<img((?:\s+[^\s"=<>]+="[^"]*")*)\s*>')
_SRC, _ALT = re.compile(r'\ssrc="'), re.compile(r'\salt="([^"]*)"')


def keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute as a feed may carry it, or None to drop the attribute.

    A feed is public, so an address has no user name and no password. A ``data:`` address is that of a picture in one
    of five formats that run no scripts.
    """
    if attribute not in _ADDRESSES:
        return value
    if attribute == "src" and not value.strip():
        return None
    if _DATA.match(value):
        return value if tag == "img" and attribute == "src" and is_data_picture(value) else None
    if "@" not in value:
        return value
    return urls.absolute_url(f"https:{value}" if value.startswith("//") else value)


def is_data_picture(address: str) -> bool:
    """Tell whether `address` is a whole picture that a feed may carry."""
    return _DATA_PICTURE.match(address) is not None


def name_bare_pictures(markup: str) -> str:
    """Return `markup`, which nh3 has written, with the alt text in the place of a picture without an address."""
    if "<img" not in markup:
        return markup
    return _IMG.sub(_picture_or_name, markup)


def _picture_or_name(picture: re.Match[str]) -> str:
    if _SRC.search(picture[1]):
        return picture[0]
    name = _ALT.search(picture[1])
    return name[1] if name else ""
