"""Loading of settings: feeds.toml, then the environment, then the command line become one :class:`Site`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feeds.errors import ConfigError
from feeds.rules.urls import is_absolute
from feeds.settings.checks import check_site
from feeds.settings.converters import PAIRS
from feeds.settings.site import Site, all_settings
from feeds.settings.state_folder import STANDARD_OUTPUT, absolute_path, default_state

SETTINGS_FILE = "feeds.toml"

_PREFIX = "FEEDS_"
_PATHS = ("corpus", "output", "state", "previous", "theme", "templates", "access_log")
_DEFAULT_CORPUS, _DEFAULT_OUTPUT = "seeds", "public"


def load_site(
    corpus: str | None = None,
    config: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    **given: Any,
) -> Site:
    """Return the site. An argument wins over the environment, which wins over feeds.toml, which wins over a default.

    Args:
        corpus: the corpus folder, relative to the current folder; None for the setting.
        config: the path of a feeds.toml; None for the one in the corpus, or else in the current folder.
        environ: the environment: ``FEEDS_CONFIG``, and a variable for every setting; None for that of the process.
        given: settings by name; None stands for a setting that is not given.

    Raises:
        ConfigError: the file can't be read, or a setting is unknown or has an impossible value.
    """
    environ = os.environ if environ is None else environ
    overrides = _read_environment(environ) | {name: value for name, value in given.items() if value is not None}
    if corpus is not None:
        overrides["corpus"] = corpus
    source = _find_file(overrides.get("corpus"), config or environ.get("FEEDS_CONFIG"))
    from_file = _read_file(source) if source is not None else {}
    root = source.parent if source is not None else Path.cwd()
    paths = _resolve_paths(root, from_file, overrides)
    own_corpus = absolute_path(root, from_file["corpus"]) if "corpus" in from_file else None
    if own_corpus is None and _is_in_corpus(source, overrides.get("corpus")):
        own_corpus = str(root)
    paths.setdefault("corpus", own_corpus or absolute_path(root, _DEFAULT_CORPUS))
    paths.setdefault("state", default_state(root, paths["corpus"], own_corpus))
    if "output" not in overrides and "output" not in from_file:
        paths["output"] = absolute_path(Path.cwd(), _DEFAULT_OUTPUT)
    return check_site(Site(source=source, **(from_file | overrides | paths)))


def settings_template() -> str:
    """Return a feeds.toml in which every setting is explained and commented out."""
    lines = ["# Settings of this site. A line without # is in force; the value shown is the default.", ""]
    for setting in all_settings():
        lines += [f"# {setting.help}"]
        if setting.converter is PAIRS:
            pairs = setting.default or (("topics/old", "topics/new"),)
            lines += [
                f"# [{setting.name}]",
                *(f"# {json.dumps(name)} = {json.dumps(value)}" for name, value in pairs),
                "",
            ]
        else:
            lines += [f"# {setting.name} = {json.dumps(setting.default)}", ""]
    return "\n".join(lines)


def _resolve_paths(root: Path, from_file: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths among the settings as absolute paths.

    A path in feeds.toml is relative to that file; a path from the environment or an argument is relative to the current
    folder.
    """
    paths = {name: absolute_path(root, from_file[name]) for name in _PATHS if from_file.get(name)}
    paths = {name: path for name, path in paths.items() if name not in overrides}
    paths |= {name: absolute_path(Path.cwd(), overrides[name]) for name in _PATHS if overrides.get(name)}
    for name, is_no_path in (("access_log", STANDARD_OUTPUT.__eq__), ("previous", is_absolute)):
        if is_no_path(value := overrides.get(name, from_file.get(name, ""))):
            paths[name] = value
    return paths


def _is_in_corpus(source: Path | None, corpus: str | None) -> bool:
    """Tell whether the feeds.toml `source` is in the corpus itself."""
    return source is not None and source.parent == Path(corpus or _DEFAULT_CORPUS).resolve()


def _find_file(corpus: str | None, config: str | None) -> Path | None:
    if config is not None:
        if not Path(config).is_file():
            raise ConfigError("no such file; `feeds init` writes one", config)
        return Path(config).resolve()
    folders = [Path(corpus), Path()] if corpus is not None else [Path(), Path(_DEFAULT_CORPUS)]
    paths = (folder / SETTINGS_FILE for folder in folders)
    return next((path.resolve() for path in paths if path.is_file()), None)


def _read_file(source: Path) -> dict[str, Any]:
    import tomllib  # as below: a site without feeds.toml does not need it

    try:
        values = tomllib.loads(source.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"it can't be read ({error.strerror})", source) from error
    except UnicodeDecodeError as error:
        raise ConfigError("it is not UTF-8; save it as UTF-8", source) from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, a number with too many digits, too deep nesting
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
    settings = {_PREFIX + setting.name.upper(): setting for setting in all_settings()}
    known = ["FEEDS_CONFIG", *settings]
    for name in environ:
        if not name.startswith(_PREFIX) or name in known:
            continue
        import difflib

        # A variable that resembles none of ours belongs to another program with this prefix.
        if near := difflib.get_close_matches(name, known, n=1, cutoff=0.8):
            raise ConfigError(f"unknown variable; did you mean {near[0]}?", name)
    for variable, setting in settings.items():
        text = environ.get(variable)
        if text is None:
            continue
        try:
            values[setting.name] = setting.converter.from_text(text)
        except ValueError as error:
            raise ConfigError(f"it should be {setting.converter.description}, not {text!r}", variable) from error
    return values


def _nearest(name: str, known: Mapping[str, object]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
