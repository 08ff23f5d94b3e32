"""The HTML content of an entry: its image, its text and its related pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape, unescape

import nh3

from feeds.model import Author, Entry, Image, Link, Provider
from feeds.render.templating import lang_attributes
from feeds.render.wording import Wording
from feeds.rules import safe_html
from feeds.rules.languages import is_right_to_left
from feeds.rules.pictures import picture_key
from feeds.rules.urls import domain_of

IMAGE_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
"""Extension → media type. The table of the system differs from machine to machine."""

_ATTRIBUTES = {**nh3.ALLOWED_ATTRIBUTES, "*": safe_html.ANYWHERE}
_TAGS_WITH_MATH = nh3.ALLOWED_TAGS | safe_html.MATH_TAGS
_ATTRIBUTES_WITH_MATH = {**_ATTRIBUTES, **safe_html.MATH_ATTRIBUTES}
_RELATIVE = re.compile(r'(?:href|src)(?!="https?://)', re.IGNORECASE)
"""The sign of a text that may have relative addresses: one of their attributes without an absolute one behind it."""

_IMG_SRC = re.compile(r'<img [^<>]*?\bsrc="([^"]*)"')


def feed_html(entry: Entry, say: Wording) -> str:
    """Return the HTML that a reader shows for `entry`: all of it, or, if the text is too long, the excerpt and a link.

    This depends on entry and language alone, so that no reader sees a text replaced by another for the sake of its
    neighbours.
    """
    if not entry.is_short:
        return content_html(entry, say)
    words = escape(say("whole_text"), quote=False)
    link = f'<p><a href="{escape(entry.url)}">{words}</a></p>'
    summary = f"<p>{escape(entry.summary, quote=False)}</p>\n" if entry.summary else ""
    return content_html(replace(entry, content=f"{summary}{link}"), say)


def content_html(entry: Entry, say: Wording, around: str = "") -> str:
    """Return the whole HTML of `entry`. All its addresses are absolute.

    Args:
        entry: the entry.
        say: the words of the site.
        around: the language of the page that shows the text; empty for a reader, which knows none.
    """
    content = resolve_links(entry.content, entry.url) if entry.content else ""
    parts = [_image(entry.image)] if entry.image is not None and not _shows(content, entry.image) else []
    if content:
        parts.append(_with_direction(content, entry.language))
    elif entry.summary and not entry.content:
        parts.append(_with_direction(f"<p>{escape(entry.summary, quote=False)}</p>", entry.language))
    if entry.related:
        parts.append(_related(entry.related, say, around))
    if not parts:  # RFC 4287 section 4.1.2 and JSON Feed require some text
        link = f'<p><a href="{escape(entry.url)}">{escape(entry.title, quote=False)}</a></p>'
        parts.append(_with_direction(link, entry.language))
    return "\n".join(parts)


def _related(related: Sequence[Link], say: Wording, around: str) -> str:
    """Return the list of related pages, in the language of the site. The arguments are as in :func:`content_html`."""
    links = (f'<li><a href="{escape(link.url)}">{escape(link.title, quote=False)}</a></li>' for link in related)
    words = escape(say("related_links"), quote=False)
    markup = f"<p>{words}</p>\n<ul>{''.join(links)}</ul>"
    if around:
        attributes = lang_attributes(say.language, around)
        return f"<div{attributes}>{markup}</div>" if attributes else markup
    return _with_direction(markup, say.language)


def _with_direction(markup: str, language: str) -> str:
    """Return the HTML of a text, with its direction if it runs from right to left.

    Readers show an entry apart from its feed, and nothing else tells them the direction. The headings and links that we
    add to the text may be in another language.
    """
    return f'<div dir="rtl" lang="{escape(language)}">{markup}</div>' if is_right_to_left(language) else markup


def resolve_links(markup: str, base: str) -> str:
    """Return sanitised `markup` with relative addresses resolved against `base`, the entry's page.

    Everything that the corpus lets pass stays.
    """
    has_math, has_data = "<math" in markup, "data:" in markup
    try:
        cleaner = _cleaner(base if _RELATIVE.search(markup) else None, has_math=has_math, has_data=has_data)
    except ValueError:  # a host that browsers refuse as well, such as 256.256.256.256
        cleaner = _cleaner(None, has_math=has_math, has_data=has_data)
    return safe_html.name_bare_pictures(cleaner.clean(markup))


def authors_of(entry: Entry, address: str) -> tuple[Author, ...]:
    """Return the authors of `entry`: the persons that it names, or the provider of a page of another site.

    An article of the site (`address`) without an author has none: the feed names the site (RFC 4287 section 4.2.1).
    """
    if entry.authors:
        return entry.authors
    if entry.provider.domain == domain_of(address) or not entry.provider.name:
        return ()
    return (Author(entry.provider.name, provider_address(entry.provider, address)),)


def provider_address(provider: Provider, address: str) -> str:
    """Return the address of `provider`: its domain, or the site's own `address` for the site itself."""
    return address if provider.domain == domain_of(address) else f"https://{provider.domain}/"


def image_type(image: Image) -> str | None:
    """Return the media type by the extension in the image's address, or None if it has none that is known."""
    name = image.url.partition("?")[0].rpartition("/")[2]
    return IMAGE_TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None


@lru_cache(maxsize=8)  # a cleaner without a base is for many entries, and to make one takes as long as to clean a text
def _cleaner(base: str | None, *, has_math: bool, has_data: bool) -> nh3.Cleaner:
    """Return the cleaner for a text.

    Args:
        base: the address against which relative addresses are resolved; None to drop them.
        has_math: whether the text may have mathematics, whose tables are large.
        has_data: whether the text may have ``data:`` addresses, which are tested one by one.

    Raises:
        ValueError: `base` is not valid.
    """
    return nh3.Cleaner(
        tags=_TAGS_WITH_MATH if has_math else None,
        attributes=_ATTRIBUTES_WITH_MATH if has_math else _ATTRIBUTES,
        attribute_filter=safe_html.keep_attribute if has_data else None,
        link_rel=None,
        url_schemes=safe_html.SCHEMES if has_data else safe_html.SCHEMES - {"data"},
        url_relative="deny" if base is None else ("rewrite_with_base", base),
    )


def _shows(content: str, image: Image) -> bool:
    """Tell whether the picture stands in `content`, in whatever size."""
    if "<img" not in content:
        return False
    key = picture_key(image.url)
    return any(picture_key(unescape(address)) == key for address in _IMG_SRC.findall(content))


def _image(image: Image) -> str:
    size = "".join(f' {name}="{value}"' for name, value in (("width", image.width), ("height", image.height)) if value)
    return f'<p><img src="{escape(image.url)}"{size} alt=""></p>'
