"""The HTML content of an entry: its image, its text and its related pages."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import nh3

from feeds.model import Entry, Image, Provider
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


_SCHEMES = {"http", "https"}


@lru_cache(maxsize=1)  # an entry is rendered in all formats before the next one
def content_html(entry: Entry) -> str:
    """Return the HTML that a reader shows for `entry`. All its addresses are absolute."""
    parts = [_image(entry.image)] if entry.image is not None else []
    if entry.content:
        parts.append(resolve_links(entry.content, entry.url))
    elif entry.summary:
        parts.append(f"<p>{escape(entry.summary, quote=False)}</p>")
    if entry.related:
        parts.append("<p>Related:</p>")
        links = (
            f'<li><a href="{escape(link.url)}">{escape(link.title, quote=False)}</a></li>' for link in entry.related
        )
        parts.append(f"<ul>{''.join(links)}</ul>")
    if not parts:  # RFC 4287 section 4.1.2 and JSON Feed require some text
        parts.append(f'<p><a href="{escape(entry.url)}">{escape(entry.title, quote=False)}</a></p>')
    return "\n".join(parts)


def resolve_links(markup: str, base: str) -> str:
    """Return sanitised `markup` with relative addresses resolved against `base`, the entry's page."""
    try:
        return nh3.clean(markup, url_schemes=_SCHEMES, link_rel=None, url_relative=("rewrite_with_base", base))
    except ValueError:  # a host that browsers refuse as well, such as 256.256.256.256
        return nh3.clean(markup, url_schemes=_SCHEMES, link_rel=None, url_relative="deny")


def provider_address(provider: Provider, address: str) -> str:
    """Return the address of `provider`: its domain, or the site's own `address` for the site itself."""
    return address if provider.domain == domain_of(address) else f"https://{provider.domain}/"


def image_type(image: Image) -> str | None:
    """Return the media type by the extension in the image's address, or None if it has none that is known."""
    name = image.url.partition("?")[0].rpartition("/")[2]
    return IMAGE_TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None


def _image(image: Image) -> str:
    size = "".join(f' {name}="{value}"' for name, value in (("width", image.width), ("height", image.height)) if value)
    return f'<p><img src="{escape(image.url)}"{size} alt=""></p>'
