"""Settings: feeds.toml, then the environment, then the command line → one frozen :class:`feeds.settings.site.Site`.

Each setting is one field of `Site`: its name, type, default and help text stand in one place, and
``feeds init``, the environment variables (``FEEDS_TITLE`` for ``title``) and the checks are made from it.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feeds.errors import ConfigError
from feeds.model import Kind
from feeds.rules import urls
from feeds.rules.text import first_forbidden
from feeds.settings.converters import PAIRS
from feeds.settings.site import Site, all_settings
from feeds.settings.state_folder import STANDARD_OUTPUT, absolute_path, default_state

SETTINGS_FILE = "feeds.toml"
_ENVIRONMENT = "FEEDS_"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")  # BCP 47, as far as XML Schema's language goes
_PATHS = ("corpus", "output", "state", "access_log")


def load_site(
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
    paths = {name: absolute_path(Path.cwd(), asked[name]) for name in _PATHS if asked.get(name)}
    paths = {name: absolute_path(root, said[name]) for name in _PATHS if said.get(name) and name not in asked} | paths
    if asked.get("access_log", said.get("access_log")) == STANDARD_OUTPUT:
        paths["access_log"] = STANDARD_OUTPUT
    home = absolute_path(root, said["corpus"]) if "corpus" in said else None
    if home is None and _stands_in(source, asked.get("corpus")):
        home = str(root)
    paths.setdefault("corpus", home or absolute_path(root, "seeds"))
    paths.setdefault("state", default_state(root, paths["corpus"], home))
    if "output" not in asked and "output" not in said:
        paths["output"] = absolute_path(Path.cwd(), "public")
    return _checked(Site(source=source, **(said | asked | paths)))


def _stands_in(source: Path | None, corpus: str | None) -> bool:
    """Tell whether the feeds.toml `source` stands in the corpus itself."""
    return source is not None and source.parent == Path(corpus or "seeds").resolve()


def settings_template() -> str:
    """Return a feeds.toml in which every setting is explained and commented out."""
    lines = ["# Settings of this site. A line without # is in force; the value shown is the default.", ""]
    for setting in all_settings():
        lines += [f"# {setting.help}"]
        if setting.converter is PAIRS:
            lines += [f"# [{setting.name}]", '# "topics/old" = "topics/new"', ""]
        else:
            lines += [f"# {setting.name} = {json.dumps(setting.default)}", ""]
    return "\n".join(lines)


def _find_file(corpus: str | None, config: str | None) -> Path | None:
    if config is not None:
        if not Path(config).is_file():
            raise ConfigError("no such file; `feeds init` writes one", config)
        return Path(config).resolve()
    places = [Path(corpus), Path()] if corpus is not None else [Path(), Path("seeds")]
    found = next((place / SETTINGS_FILE for place in places if (place / SETTINGS_FILE).is_file()), None)
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
    converters = {setting.name: setting.converter for setting in all_settings()}
    for name, value in values.items():
        if name not in converters:
            hint = "; settings stand without sections" if isinstance(value, dict) else _nearest(name, converters)
            raise ConfigError(f"unknown setting {name!r}{hint}", source)
        try:
            values[name] = converters[name].from_toml(value)
        except ValueError as error:
            reason = f"{name} should be {converters[name].description}, not {value!r}"
            raise ConfigError(reason, source) from error
        if name in _PATHS and "\0" in value:
            raise ConfigError(f"{name} should be a path, and {value!r} can be none", source)
    return values


def _read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    variables = {f"{_ENVIRONMENT}{name}": name for name in ("CONFIG", *(each.name.upper() for each in all_settings()))}
    for name in environ:
        if not name.startswith(_ENVIRONMENT) or name in variables:
            continue
        if near := difflib.get_close_matches(name, variables, n=1, cutoff=0.8):
            raise ConfigError(f"unknown variable; did you mean {near[0]}?", name)
    for each in all_settings():
        variable = _ENVIRONMENT + each.name.upper()
        text = environ.get(variable)
        if text is None:
            continue
        try:
            values[each.name] = each.converter.from_text(text)
        except ValueError as error:
            raise ConfigError(f"it should be {each.converter.description}, not {text!r}", variable) from error
    return values


def _checked(site: Site) -> Site:
    """Return `site` if every value in it can be used."""
    where = site.source or "settings"
    if site.base_url and (urls.absolute_url(site.base_url) != site.base_url or set("?#") & set(site.base_url)):
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
        if said and urls.absolute_url(said) != said:
            raise ConfigError(f"{name} should be an address such as https://example.org/{name}", where)
    if not site.title.strip():
        raise ConfigError("title should not be empty", where)
    if any(first_forbidden(text) for text in (site.title, site.description, site.language, site.rights)):
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
