"""Settings reach other processes, and come from feeds.toml, as they are: any value of any setting."""

from __future__ import annotations

import json
import multiprocessing
import pickle
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feeds.settings import loader
from feeds.settings.converters import FLAG, NAMES, NUMBER, PAIRS, TEXT, Converter
from feeds.settings.site import Setting, Site, all_settings

AWKWARD = st.sampled_from(["a,b", "a=b", 'a"b', "a'b", "a\nb", "a\\b", " a ", "ä\u2028", "[x]", "{}", "#", "\x01", ""])
TEXTS = AWKWARD | st.text(max_size=20)
TOML_TEXTS = TEXTS.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))


def values_of(setting: Setting, texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    strategies: dict[int, st.SearchStrategy[Any]] = {
        id(TEXT): texts,
        id(FLAG): st.booleans(),
        id(NUMBER): st.integers(0, 2**62),
        id(NAMES): st.lists(texts, max_size=3).map(tuple),
        id(PAIRS): st.dictionaries(texts, texts, max_size=3).map(lambda pairs: tuple(sorted(pairs.items()))),
    }
    return strategies[id(setting.converter)]


sites = st.fixed_dictionaries({setting.name: values_of(setting, TEXTS) for setting in all_settings()}).map(
    lambda values: Site(source=None, **values)
)


@given(sites)
def test_a_pickled_site_is_the_same(site: Site) -> None:
    assert pickle.loads(pickle.dumps(site)) == site


def test_what_was_derived_changes_nothing() -> None:
    site = Site(include_topics=("a, b",), renamed=(("topics/a,b", "topics/c"),))
    before = (site.selection, site.moves, site.zone, site.fingerprint, site.home)
    copy = pickle.loads(pickle.dumps(site))
    assert copy == site
    assert (copy.selection, copy.moves, copy.zone, copy.fingerprint, copy.home) == before


def send_back(site: Site, connection: Any) -> None:
    connection.send((site, site.moves, sorted(site.selection.include)))
    connection.close()


def test_a_spawned_process_gets_the_same_site() -> None:
    texts = ("a,b", 'a"b=c', "ä\u2028b", "\udc80")
    site = Site(title=texts[2], state=texts[3], include_topics=texts[:3], renamed=(("topics/a,b", "topics/c=d"),))
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=send_back, args=(site, there))
    process.start()
    there.close()
    answer = here.recv()
    process.join()
    assert answer == (site, site.moves, sorted(site.selection.include))


def as_toml(value: Any) -> str:
    """Return a value as TOML: a JSON string is a basic string, but for the delete character."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_toml(path: Path, values: dict[str, Any]) -> None:
    converters: dict[str, Converter] = {setting.name: setting.converter for setting in all_settings()}
    plain = {name: value for name, value in values.items() if converters[name] is not PAIRS}
    lines = [f"{name} = {as_toml(value)}" for name, value in plain.items()]
    for name in values.keys() - plain.keys():
        lines += [f"[{name}]", *(f"{as_toml(old)} = {as_toml(new)}" for old, new in values[name])]
    path.write_text("\n".join(lines), "utf-8")


@given(st.fixed_dictionaries({setting.name: values_of(setting, TOML_TEXTS) for setting in all_settings()}))
def test_feeds_toml_carries_any_value(tmp_path_factory: Any, values: dict[str, Any]) -> None:
    for name in loader._PATHS:  # a path with a null character is refused
        values[name] = values[name].replace("\0", "")
    path = tmp_path_factory.mktemp("settings") / "feeds.toml"
    write_toml(path, values)
    assert loader._read_file(path) == values


@given(st.data())
def test_the_environment_carries_what_its_text_can(data: st.DataObject) -> None:
    name = st.from_regex(r"[a-zé.#\"']{1,8}", fullmatch=True)
    for setting in all_settings():
        value = data.draw(values_of(setting, name))
        if setting.converter is NAMES:
            text = ", ".join(value)
        elif setting.converter is PAIRS:
            text = ", ".join(f"{old} = {new}" for old, new in value)
        else:
            text = str(value)
        assert setting.converter.from_text(text) == value
