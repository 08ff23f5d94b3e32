"""Checks of settings that need more than the type of one value."""

from __future__ import annotations

import re

from feeds.errors import ConfigError
from feeds.model import Kind
from feeds.rules import urls
from feeds.rules.text import first_forbidden
from feeds.settings.site import Site

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")  # BCP 47, as far as XML Schema's type language checks it

_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[A-Za-z0-9-]+\Z")


def check_site(site: Site) -> Site:
    """Return `site` unchanged if every value can be used.

    Raises:
        ConfigError: a value can't be used.
    """
    where = site.source or "settings"
    if site.base_url and (urls.absolute_url(site.base_url) != site.base_url or set("?#") & set(site.base_url)):
        raise ConfigError("base_url should be an address such as https://example.org/feeds/", where)
    if not _LANGUAGE.match(site.language):
        raise ConfigError("language should be a tag such as en or pt-BR", where)
    if site.date_order not in ("", "dmy", "mdy", "ymd"):
        raise ConfigError("date_order should be dmy, mdy or ymd (the order of day, month and year)", where)
    for name in ("limit", "max_bytes"):
        if getattr(site, name) < 1 or any(getattr(site, f"{kind}_{name}", 0) < 0 for kind in Kind):
            raise ConfigError(f"{name} should be 1 or more", where)
    if site.entry_max_bytes < 1:
        raise ConfigError("entry_max_bytes should be 1 or more", where)
    if any(not domain for kind, domain in site.selection.include | site.selection.exclude):
        raise ConfigError("include_… and exclude_… should be lists of names, and of domains for providers", where)
    if site.duplicates not in ("warn", "merge"):
        raise ConfigError('duplicates should be "warn" or "merge"', where)
    if site.trusted_proxies < 0:
        raise ConfigError("trusted_proxies should be 0 or more", where)
    if not 1 <= site.shortest_ttl <= site.longest_ttl:
        raise ConfigError("shortest_ttl should be 1 or more, and longest_ttl no less", where)
    if site.farewell_after < 0:
        raise ConfigError("farewell_after should be 0 or more", where)
    if not 0 <= site.max_loss <= 100:
        raise ConfigError("max_loss should be from 0 to 100 (percent)", where)
    if site.cache_bytes < 0:
        raise ConfigError("cache_bytes should be 0 or more", where)
    for name in ("icon", "logo", "hub", "podcast_image"):
        url = getattr(site, name)
        if url and urls.absolute_url(url) != url:
            raise ConfigError(f"{name} should be an address such as https://example.org/{name}", where)
    if not site.title.strip():
        raise ConfigError("title should not be empty", where)
    if any(first_forbidden(text) for text in (site.title, site.description, site.language, site.rights)):
        raise ConfigError("title, description, language and rights should have no control characters", where)
    _check_podcast(site, where)
    _ = site.moves, site.look  # raise ConfigError themselves
    try:
        _ = site.file_patterns
    except ValueError as error:
        raise ConfigError(f"articles and exclude should be patterns as in .gitignore ({error})", where) from error
    try:
        _ = site.zone
    except (ValueError, OSError, KeyError) as error:  # an unknown zone is a KeyError, a path a ValueError
        raise ConfigError(f"unknown timezone {site.timezone!r}; write one such as Europe/Lisbon", where) from error
    return site


def _check_podcast(site: Site, where: object) -> None:
    """Raise ConfigError if a setting of the podcast can't be used."""
    if site.podcast_type not in ("", "episodic", "serial"):
        raise ConfigError("podcast_type should be episodic or serial", where)
    if len(site.podcast_categories) > 2 or not all(site.podcast_categories) or '"' in site.podcast_category:
        example = "Technology or Society & Culture > Documentary"
        raise ConfigError(f"podcast_category should be a category of Apple Podcasts such as {example}", where)
    if site.podcast_email and not _EMAIL.match(site.podcast_email):
        raise ConfigError("podcast_email should be an address such as me@example.org", where)
    if any(first_forbidden(text) for text in (site.podcast_author, site.podcast_category)):
        raise ConfigError("podcast_author and podcast_category should have no control characters", where)
