"""Fields that this project does not use: spelling mistakes, and fields of other tools."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from feeds.corpus.field_names import FIELD_NAMES, plain_name
from feeds.corpus.visibility import MARKS

_USED = (
    *("title", "originalUrl", "ampWebUrl", "published", "draft", "id", "type", "quality", "heat", "related", "secured"),
    *FIELD_NAMES,
    *(name for names in FIELD_NAMES.values() for name in names),
)

WELL_KNOWN = """
    allowComments build cascade class collection comments commentable css custom disableComments disqus
    downloads eleventyComputed eleventyNavigation extends extra featured featuredPost fmContentType footer gallery
    geometry graph hero hideTableOfContents icon indexing js jsonLd katex keywords label layout license linkTitle links
    location markup mastodon math mathjax menu menus mermaid meta metadata metaTitle mood nav navOrder navigation next
    nocomments noindex ordering outputs pageClass pageid pagefind pagination parent params part password path pin pinned
    postId previous priority readingTime readTime redirectTo resources robots sectionid seo seoTitle series
    seriesOrder share shortTitle showDate showReadingTime showToc sidebar sidebarLabel sidebarPosition sitemap
    socialImageAlt sort sortBy sticky style styles subject subtitleAlt taxonomies template templateEngineOverride theme
    toc tocDepth translationKey translations twitter typora uuid version views weight widget wordCount wpId
"""
"""Fields of other tools that mean nothing for a feed, or that this project does not know how to use."""

_SHORTEST = 4
"""Names with fewer letters are near to too many others."""


@lru_cache(maxsize=4096)  # most records of a corpus have the same fields
def near_misses(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the names that are one letter away from a field of this project, with the name of that field."""
    suggestions = []
    for name in names:
        plain = plain_name(name)
        if len(plain) < _SHORTEST or plain in _KNOWN:
            continue
        suggestion = next((used for used in _USED if _is_one_edit(plain, plain_name(used))), None)
        if suggestion is not None:
            suggestions.append((name, suggestion))
    return tuple(suggestions)


@lru_cache(maxsize=4096)
def unused_fields(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the well-known fields among the names of a record that are not used, in lower case."""
    return tuple(sorted({name.lower() for name in names if plain_name(name) in _UNUSED}))


def _is_one_edit(one: str, other: str) -> bool:
    """Tell whether two texts differ by one letter: inserted, left out, replaced, or exchanged with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = _common_start(one, other)
    rest, rest_of_other = one[start:], other[start:]
    if len(one) != len(other):
        longer, shorter = sorted((rest, rest_of_other), key=len, reverse=True)
        return longer[1:] == shorter
    is_exchange = rest[:2] == rest_of_other[1::-1] and rest[2:] == rest_of_other[2:]
    return rest[1:] == rest_of_other[1:] or is_exchange


def _common_start(one: str, other: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _plain_names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(plain_name, names))


_MARK_NAMES = [name for names in MARKS.values() for name in names.split()]
_UNUSED = _plain_names(WELL_KNOWN.split()) - _plain_names((*_USED, *_MARK_NAMES))
_KNOWN = _UNUSED | _plain_names((*_USED, *_MARK_NAMES))
