"""RSS 2.0 (specification of the RSS Advisory Board): this module writes items, feedgen the channel around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from feeds.model import Enclosure, Entry, Episode
from feeds.render.compose import ComposedFeed
from feeds.render.content import authors_of, image_type
from feeds.render.escape import escape_attribute, escape_text
from feeds.render.head import FeedHead
from feeds.render.texts import texts_of
from feeds.rules.site_layout import RSS
from feeds.rules.times import rfc822
from feeds.settings.site import Site

_ITEM_END = b"</item>"
_TAIL = b"</channel></rss>"


def render_entry(entry: Entry, site: Site) -> bytes:
    """Return `entry` as one ``<item>``, byte for byte as feedgen would write it, and with the time of its last change.

    The root of the document declares the prefixes.
    """
    texts = texts_of(entry, site.language)
    permalink = "true" if entry.id == entry.url else "false"
    link = texts.xml_id if entry.id == entry.url else escape_text(entry.url)
    # Without an excerpt, the whole text is the description.
    html = f"<content:encoded>{texts.xml_html}</content:encoded>" if entry.summary else ""
    file = _main_file(entry)
    # RSS has no element for this time; some readers show an item anew by that of Atom.
    updated = f"<atom:updated>{texts.updated}</atom:updated>" if entry.updated != entry.published else ""
    creators = [f"<dc:creator>{escape_text(author.name)}</dc:creator>" for author in authors_of(entry, site.address)]
    language = f"<dc:language>{escape_text(entry.language)}</dc:language>" if entry.language else ""
    return (
        f"<item><title>{texts.xml_title}</title><link>{link}</link>"
        f"<description>{texts.xml_summary or texts.xml_html}</description>{html}"
        f'<guid isPermaLink="{permalink}">{texts.xml_id}</guid>'
        f"{_categories(entry.topics, site.address)}{_enclosure(file)}"
        f"<pubDate>{rfc822(entry.published)}</pubDate>{updated}"
        f"{''.join(creators)}{language}{_media(entry)}{''.join(_itunes(entry, file))}</item>"
    ).encode()


@lru_cache(maxsize=4096)  # many entries have the same topics
def _categories(topics: tuple[str, ...], address: str) -> str:
    """Return the topics of an item."""
    domain = escape_attribute(f"{address}topics/")
    return "".join(f'<category domain="{domain}">{escape_text(topic)}</category>' for topic in topics)


def _main_file(entry: Entry) -> Enclosure | None:
    """Return the first file to hear or to see, else the first file; None if no file has a type.

    RSS 2.0 leaves open how many enclosures an item may have. Some readers show only the first of several, others only
    the last one, so the Best Practices Profile of the RSS Advisory Board advises one. Atom and JSON Feed have them all.
    """
    typed = [file for file in entry.enclosures if file.media_type]
    playable = (file for file in typed if file.media_type.startswith(("audio/", "video/")))
    return next(playable, typed[0] if typed else None)


def _enclosure(file: Enclosure | None) -> str:
    """Return the file of an item. All three attributes are required; 0 is the advised length of unknown ones."""
    if file is None:
        return ""
    length, media_type = file.length or 0, escape_attribute(file.media_type)
    return f'<enclosure url="{escape_attribute(file.url)}" length="{length}" type="{media_type}"/>'


def _itunes(entry: Entry, file: Enclosure | None) -> Iterator[str]:
    """Yield the elements of Apple Podcasts, in the order of feedgen."""
    episode = entry.episode or Episode()
    if episode.image:
        yield f'<itunes:image href="{escape_attribute(episode.image)}"/>'
    # As Apple requires it today; feedgen writes the older words "yes" and "no".
    explicit = "" if episode.explicit is None else "true" if episode.explicit else "false"
    duration = file.duration if file is not None else None
    facts = (
        ("duration", duration),
        ("explicit", explicit),
        ("season", episode.season),
        ("episode", episode.number),
        ("episodeType", episode.kind),
    )
    for name, value in facts:
        if value:
            yield f"<itunes:{name}>{value}</itunes:{name}>"


def _has_itunes(item: bytes) -> bool:
    """Tell whether an item has elements of Apple Podcasts: they are its last ones. In a text, the "<" is escaped."""
    last = item.rfind(b"<", 0, -len(_ITEM_END))
    return item.startswith((b"<itunes:", b"</itunes:"), last)


def _media(entry: Entry) -> str:
    """Return the image (Media RSS, ``media:content``)."""
    if entry.image is None:
        return ""
    facts = (
        ("type", image_type(entry.image)),
        ("medium", "image"),
        ("height", entry.image.height),
        ("width", entry.image.width),
    )
    attributes = "".join(f' {name}="{value}"' for name, value in facts if value)
    return f'<media:content url="{escape_attribute(entry.image.url)}"{attributes}/>'


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the document of `head` and the fragments of its entries."""
    has_episodes = any(map(_has_itunes, fragments))  # only then the root declares the prefix
    empty: bytes = ComposedFeed(head, RSS.file_name, RSS.media_type, has_episodes=has_episodes).rss_str()
    start = empty.removesuffix(_TAIL)
    return b"".join([start, *fragments, _TAIL])
