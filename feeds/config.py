"""Settings: feeds.toml, then the environment, then the command line → one frozen :class:`Site`.

Each setting is one field of `Site`: its name, type, default and help text stand in one place, and
``feeds init``, the environment variables (``FEEDS_TITLE`` for ``title``) and the checks are made from it.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from feeds import address
from feeds.errors import ConfigError
from feeds.model import Kind, Provider, Selection, forbidden, name_key
from feeds.places import STANDARD_OUTPUT, absolute, own_state

FILE_NAME = "feeds.toml"
_ENVIRONMENT = "FEEDS_"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")  # BCP 47, as far as XML Schema's language goes
_NAMES = "tuple[str, ...]"
_PAIRS = "tuple[tuple[str, str], ...]"
_PATHS = ("corpus", "output", "state", "access_log")
_FALSE = ("", "0", "false", "no", "off")
_TRUE = ("1", "true", "yes", "on")


def _setting(default: Any, help_text: str) -> Any:
    return dataclasses.field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Site:
    """Everything that a build and a server need to know besides the corpus.

    The attributes are the settings; each says itself what it is for. :func:`load` has made every path in
    them absolute, and `source` is the feeds.toml that was read, if one was.
    """

    source: Path | None = None
    corpus: str = _setting("seeds", "the folder of article files, relative to this file")
    output: str = _setting("public", 'where `feeds build` writes static files; "" writes none')
    precompress: bool = _setting(False, "also write each static file compressed, beside it (.gz, .br, .zst)")
    state: str = _setting(".feeds", "where catalogue, snapshots and ledger live, relative to this file")
    base_url: str = _setting("", "the address under which the site is reached; set it before you publish")
    title: str = _setting("Feeds", "what the site is called; the name of the feed of everything")
    description: str = _setting("", "what the site is about, in a sentence")
    language: str = _setting("en", "the language of the articles (BCP 47, such as en or pt-BR)")
    timezone: str = _setting("UTC", "the zone of dates that name none (such as Europe/Lisbon)")
    include_unpublished: bool = _setting(False, "publish articles marked published: false or draft: true as well")
    limit: int = _setting(50, "how many entries a feed shows, the newest")
    topic_limit: int = _setting(0, "the same for the feed of a topic; 0 is as limit")
    provider_limit: int = _setting(0, "the same for the feed of a provider; 0 is as limit")
    category_limit: int = _setting(0, "the same for the feed of a category; 0 is as limit")
    max_bytes: int = _setting(250_000, "how large a feed's document may be before it shows fewer entries")
    topic_max_bytes: int = _setting(0, "the same for the feed of a topic; 0 is as max_bytes")
    provider_max_bytes: int = _setting(0, "the same for the feed of a provider; 0 is as max_bytes")
    category_max_bytes: int = _setting(0, "the same for the feed of a category; 0 is as max_bytes")
    related: bool = _setting(True, "make entries of the pages that articles call related")
    min_quality: int = _setting(0, "leave out entries whose quality is lower; those without one stay")
    include_topics: tuple[str, ...] = _setting((), "publish only what has one of these topics, or another include_…")
    include_providers: tuple[str, ...] = _setting((), "publish only what is from one of these domains, or another …")
    include_categories: tuple[str, ...] = _setting((), "publish only what is in one of these categories, or another …")
    exclude_topics: tuple[str, ...] = _setting((), "leave out what has one of these topics, and their feeds")
    exclude_providers: tuple[str, ...] = _setting((), "leave out what is from one of these domains, and their feeds")
    exclude_categories: tuple[str, ...] = _setting((), "leave out what is in one of these categories, and their feeds")
    archives: bool = _setting(False, "keep all entries in archives by month, which the Atom feeds link to (RFC 5005)")
    rights: str = _setting("", "the copyright notice of the feeds")
    icon: str = _setting("", "the address of a small square picture for the feeds")
    logo: str = _setting("", "the address of a larger picture, twice as wide as high")
    hub: str = _setting("", "the address of a WebSub hub that hears of each change from you")
    shortest_ttl: int = _setting(15, "how many minutes a reader of a busy feed should wait before it asks again")
    longest_ttl: int = _setting(1440, "how many minutes a reader of a silent feed should wait")
    cache_bytes: int = _setting(64_000_000, "how many bytes a worker of the server keeps in memory to send them again")
    access_log: str = _setting("", "where the server logs requests (Combined Log Format); - is standard output")
    trusted_proxies: int = _setting(0, "how many proxies before the server say who asks, in X-Forwarded-For")
    renamed: tuple[tuple[str, str], ...] = _setting(
        (), "old → new addresses of feeds that have been renamed; a section, the last in the file"
    )

    @property
    def corpus_path(self) -> Path:
        """The corpus."""
        return Path(self.corpus)

    @property
    def output_path(self) -> Path | None:
        """The static tree, or None where none is written."""
        return Path(self.output) if self.output else None

    @property
    def state_path(self) -> Path:
        """The state folder."""
        return Path(self.state)

    @cached_property
    def address(self) -> str:
        """`base_url` with a trailing slash: what every address of the site starts with."""
        return (self.base_url or "http://127.0.0.1:8000").rstrip("/") + "/"

    @cached_property
    def home(self) -> Provider:
        """The site as a provider: of articles that name none and have no page of their own."""
        return Provider(self.title, address.domain(self.address))

    @cached_property
    def zone(self) -> ZoneInfo:
        """`timezone` as a time zone."""
        return ZoneInfo(self.timezone)

    def limit_of(self, kind: Kind) -> int:
        """How many entries a feed of this kind shows."""
        return self._of_kind(kind, "limit")

    def max_bytes_of(self, kind: Kind) -> int:
        """How large the documents of a feed of this kind may be."""
        return self._of_kind(kind, "max_bytes")

    def _of_kind(self, kind: Kind, setting: str) -> int:
        return int(getattr(self, f"{kind.value}_{setting}", 0) or getattr(self, setting))

    @cached_property
    def moves(self) -> dict[str, str]:
        """`renamed` as folders, old to new; one that was renamed twice leads to its last address.

        Raises:
            ConfigError: an address is none of a feed's, or two lead to each other.
        """
        where = self.source or "settings"
        named = {_folder(old, where): _folder(new, where) for old, new in self.renamed}
        moves = {}
        for old in named:
            new, passed = named[old], {old}
            while new in named and new not in passed:
                passed.add(new)
                new = named[new]
            if new in passed:
                raise ConfigError(f"[renamed] {old} leads back to itself", where)
            moves[old] = new
        return moves

    @cached_property
    def selection(self) -> Selection:
        """Which entries are published at all."""
        return Selection(
            related=self.related,
            min_quality=self.min_quality,
            include=_keys(self.include_topics, self.include_providers, self.include_categories),
            exclude=_keys(self.exclude_topics, self.exclude_providers, self.exclude_categories),
        )

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any setting does that can change a byte of what is published."""
        serving = {"cache_bytes", "access_log", "trusted_proxies"}
        elsewhere = {"source", "corpus", "output", "precompress", "state", "base_url", *serving}
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return json.dumps([self.address, {name: value for name, value in values.items() if name not in elsewhere}])


def settings() -> list[dataclasses.Field[Any]]:
    """Return the settings, in the order of `Site`: name, type, default, and help in ``metadata``."""
    return [each for each in dataclasses.fields(Site) if "help" in each.metadata]


def load(
    corpus: str | None = None,
    config: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    **given: Any,
) -> Site:
    """Return the site: `given` before the environment before feeds.toml before the defaults.

    Args:
        corpus: the corpus folder, relative to the current one; None for the setting.
        config: the path of a feeds.toml; None for the one in the corpus, or else in the current folder.
        environ: the environment, ``FEEDS_CONFIG`` and a variable for each setting; the process's own if None.
        given: settings by name; None stands for "not given".

    Raises:
        ConfigError: the file can't be read, or a setting is unknown or has an impossible value.
    """
    environ = os.environ if environ is None else environ
    asked = _read_environment(environ) | {name: value for name, value in given.items() if value is not None}
    if corpus is not None:
        asked["corpus"] = corpus
    source = _find_file(asked.get("corpus"), config or environ.get("FEEDS_CONFIG"))
    said = _read_file(source) if source is not None else {}
    root = source.parent if source is not None else Path.cwd()
    # A path in feeds.toml is relative to that file; one from the environment or the command line, and the
    # default of `output`, to the folder that the user stands in.
    paths = {name: absolute(Path.cwd(), asked[name]) for name in _PATHS if asked.get(name)}
    paths = {name: absolute(root, said[name]) for name in _PATHS if said.get(name) and name not in asked} | paths
    if asked.get("access_log", said.get("access_log")) == STANDARD_OUTPUT:
        paths["access_log"] = STANDARD_OUTPUT
    home = absolute(root, said["corpus"]) if "corpus" in said else None
    if home is None and _stands_in(source, asked.get("corpus")):
        home = str(root)
    paths.setdefault("corpus", home or absolute(root, "seeds"))
    paths.setdefault("state", own_state(root, paths["corpus"], home))
    if "output" not in asked and "output" not in said:
        paths["output"] = absolute(Path.cwd(), "public")
    return _checked(Site(source=source, **(said | asked | paths)))


def _stands_in(source: Path | None, corpus: str | None) -> bool:
    """Tell whether the feeds.toml `source` stands in the corpus itself."""
    return source is not None and source.parent == Path(corpus or "seeds").resolve()


def environment(site: Site) -> dict[str, str]:
    """Return the environment variables with which :func:`load` returns `site` in another process."""
    values = {each.name: getattr(site, each.name) for each in settings()}
    said = {f"{_ENVIRONMENT}{name.upper()}": _as_text(value) for name, value in values.items()}
    return said | ({"FEEDS_CONFIG": str(site.source)} if site.source is not None else {})


def template() -> str:
    """Return a feeds.toml in which every setting is explained and commented out."""
    lines = ["# Settings of this site. A line without # is in force; the value shown is the default.", ""]
    for each in settings():
        lines += [f"# {each.metadata['help']}"]
        if each.type == _PAIRS:
            lines += [f"# [{each.name}]", '# "topics/old" = "topics/new"', ""]
        else:
            lines += [f"# {each.name} = {json.dumps(each.default)}", ""]
    return "\n".join(lines)


def _find_file(corpus: str | None, config: str | None) -> Path | None:
    if config is not None:
        if not Path(config).is_file():
            raise ConfigError("no such file; `feeds init` writes one", config)
        return Path(config).resolve()
    places = [Path(corpus), Path()] if corpus is not None else [Path(), Path("seeds")]
    found = next((place / FILE_NAME for place in places if (place / FILE_NAME).is_file()), None)
    return found.resolve() if found is not None else None


def _read_file(source: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(source.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"it can't be read ({error.strerror})", source) from error
    except UnicodeDecodeError as error:
        raise ConfigError("it is not UTF-8; save it as UTF-8", source) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"it is not valid TOML: {error}", source) from error
    known = {each.name: each.type for each in settings()}
    for name, value in list(values.items()):
        if name not in known:
            hint = "; settings stand without sections" if isinstance(value, dict) else _nearest(name, known)
            raise ConfigError(f"unknown setting {name!r}{hint}", source)
        if known[name] == _NAMES and isinstance(value, list) and all(isinstance(each, str) for each in value):
            values[name] = tuple(value)
        elif known[name] == _PAIRS and isinstance(value, dict) and all(isinstance(to, str) for to in value.values()):
            values[name] = tuple(sorted(value.items()))
        elif type(value).__name__ != known[name]:
            raise ConfigError(f"{name} should be {_article(known[name])}, not {value!r}", source)
        elif name in _PATHS and "\0" in value:
            raise ConfigError(f"{name} should be a path, and {value!r} can be none", source)
    return values


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    variables = {f"{_ENVIRONMENT}{name}": name for name in ("CONFIG", *(each.name.upper() for each in settings()))}
    for name in environ:
        if not name.startswith(_ENVIRONMENT) or name in variables:
            continue
        if near := difflib.get_close_matches(name, variables, n=1, cutoff=0.8):
            raise ConfigError(f"unknown variable; did you mean {near[0]}?", name)
    for each in settings():
        variable = _ENVIRONMENT + each.name.upper()
        text = environ.get(variable)
        if text is None:
            continue
        if each.type == "bool" and text.lower() in _TRUE + _FALSE:
            values[each.name] = text.lower() in _TRUE
        elif each.type == "int" and text.isdecimal():
            values[each.name] = int(text)
        elif each.type == "str":
            values[each.name] = text
        elif each.type == _NAMES:
            values[each.name] = _split(text)
        elif each.type == _PAIRS and all("=" in part for part in _split(text)):
            pairs = (part.partition("=") for part in _split(text))
            values[each.name] = tuple(sorted((old.strip(), new.strip()) for old, _, new in pairs))
        else:
            raise ConfigError(f"it should be {_article(each.type)}, not {text!r}", variable)
    return values


def _checked(site: Site) -> Site:
    """Return `site` if every value in it can be used."""
    where = site.source or "settings"
    if site.base_url and (address.link(site.base_url) != site.base_url or set("?#") & set(site.base_url)):
        raise ConfigError("base_url should be an address such as https://example.org/feeds/", where)
    if not _LANGUAGE.match(site.language):
        raise ConfigError("language should be a tag such as en or pt-BR", where)
    for name in ("limit", "max_bytes"):
        if getattr(site, name) < 1 or any(getattr(site, f"{kind}_{name}", 0) < 0 for kind in Kind):
            raise ConfigError(f"{name} should be 1 or more", where)
    if any(not domain for kind, domain in site.selection.include | site.selection.exclude):
        raise ConfigError("include_… and exclude_… should be lists of names, and of domains for providers", where)
    if site.trusted_proxies < 0:
        raise ConfigError("trusted_proxies should be 0 or more", where)
    if not 1 <= site.shortest_ttl <= site.longest_ttl:
        raise ConfigError("shortest_ttl should be 1 or more, and longest_ttl no less", where)
    if site.cache_bytes < 0:
        raise ConfigError("cache_bytes should be 0 or more", where)
    for name in ("icon", "logo", "hub"):
        said = getattr(site, name)
        if said and address.link(said) != said:
            raise ConfigError(f"{name} should be an address such as https://example.org/{name}", where)
    if not site.title.strip():
        raise ConfigError("title should not be empty", where)
    if any(forbidden(text) for text in (site.title, site.description, site.language, site.rights)):
        raise ConfigError("title, description, language and rights should have no control characters", where)
    _ = site.moves
    try:
        _ = site.zone
    except (ValueError, OSError, KeyError) as error:  # no such zone is a KeyError, a path a ValueError
        raise ConfigError(f"unknown timezone {site.timezone!r}; write one such as Europe/Lisbon", where) from error
    return site


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


def _article(type_name: object) -> str:
    kinds = {
        "str": "a text in quotes",
        "bool": "true or false",
        "int": "a whole number",
        _NAMES: "a list of names",
        _PAIRS: "old = new, in a section of its own",
    }
    return kinds[str(type_name)]


def _as_text(value: Any) -> str:
    """Return the value of a setting as an environment variable has it."""
    if not isinstance(value, tuple):
        return str(value)
    return ", ".join(each if isinstance(each, str) else "=".join(each) for each in value)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _folder(named: str, where: object) -> str:
    """Return the folder of the feed that is `named` in ``[renamed]``: ``topics/<slug>``, or ``<slug>`` of a topic.

    Raises:
        ConfigError: it is the address of no feed.
    """
    kinds, _, slug = named.strip("/").rpartition("/")
    kinds, slug = kinds or Kind.TOPIC.folder, unquote(slug)
    impossible = slug in ("", ".", "..") or set("/\\") & set(slug) or forbidden(slug) or len(slug.encode()) > 200
    if impossible or kinds not in {each.folder for each in Kind if each.folder}:
        raise ConfigError(f"[renamed] should have addresses such as topics/ai, not {named!r}", where)
    return f"{kinds}/{slug}/"


def _keys(topics: Sequence[str], providers: Sequence[str], categories: Sequence[str]) -> frozenset[tuple[Kind, str]]:
    """Return what names of topics, domains and names of categories stand for: kind and key of their feeds."""
    return frozenset(
        [(Kind.TOPIC, name_key(name)) for name in topics]
        + [(Kind.PROVIDER, address.domain(name)) for name in providers]
        + [(Kind.CATEGORY, name_key(name)) for name in categories]
    )
