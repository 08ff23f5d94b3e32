"""Settings: their sources, the order of the sources, and values that are refused."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest

from feeds.errors import ConfigError
from feeds.settings import loader, site
from feeds.settings.site import Site
from feeds.settings.state_folder import OWNER_FILE


def load(*words: str | None, **given: Any) -> Site:
    return loader.load_site(*words, environ={}, **given)


def test_defaults(tmp_path: Path) -> None:
    site = load()
    assert site.corpus_path == tmp_path / "seeds"
    assert site.output_path == tmp_path / "public"
    assert site.state_path == tmp_path / ".feeds"
    assert site.address == "http://127.0.0.1:8000/"
    assert not site.include_unpublished


def test_the_command_line_before_the_environment_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('title = "file"\nlanguage = "fr"\nlimit = 7\n')
    environ = {"FEEDS_TITLE": "environment", "FEEDS_LANGUAGE": "de", "FEEDS_INCLUDE_UNPUBLISHED": "yes"}
    site = loader.load_site(environ=environ, title="given")
    assert (site.title, site.language, site.limit, site.include_unpublished) == ("given", "de", 7, True)


def test_the_feeds_toml_of_the_corpus_before_the_one_here(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "feeds.toml").write_text('title = "here"')
    assert load("corpus").title == "here"
    (tmp_path / "corpus" / "feeds.toml").write_text('title = "there"')
    assert load("corpus").title == "there"
    assert load("corpus").state_path == tmp_path / "corpus" / ".feeds"
    assert load("corpus").output_path == tmp_path / "public"
    assert load("corpus", "feeds.toml").title == "here"


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "feeds.toml").write_text('corpus = "articles"\noutput = "out"\nstate = "st"\n')
    site = load(None, "site/feeds.toml")
    assert [site.corpus_path, site.output_path, site.state_path] == [
        tmp_path / "site" / name for name in ("articles", "out", "st")
    ]
    assert load(None, "site/feeds.toml", output="elsewhere").output_path == tmp_path / "elsewhere"
    assert load(None, "site/feeds.toml", output="").output_path is None


def test_two_corpora_never_share_a_state(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('corpus = "one"\n')
    assert load().state_path == load("one").state_path == tmp_path / ".feeds"
    assert load("two").state_path.parent == tmp_path / ".feeds" / "others"


def test_without_a_file_the_first_corpus_has_the_state(tmp_path: Path) -> None:
    (tmp_path / ".feeds").mkdir()
    (tmp_path / ".feeds" / OWNER_FILE).write_text("one\n")
    assert load("one").state_path == tmp_path / ".feeds"
    assert load("two").state_path.parent == tmp_path / ".feeds" / "others"
    (tmp_path / ".feeds" / OWNER_FILE).write_bytes(b"\xff\xfe\x00")
    assert load("one").state_path == tmp_path / ".feeds"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("limt = 3", "unknown setting 'limt'; did you mean limit?", id="unknown"),
        pytest.param("zzz = 3", "unknown setting 'zzz'; known are corpus, ", id="unknown, far from any"),
        pytest.param('limit = "3"', "limit should be a whole number, not '3'", id="type"),
        pytest.param("limit = true", "limit should be a whole number", id="a boolean is no number"),
        pytest.param("limit = 0", "limit should be 1 or more", id="range"),
        pytest.param('base_url = "example.org"', "base_url should be an address", id="base_url without scheme"),
        pytest.param('base_url = "https://e.example/?a"', "base_url should be an address", id="base_url with query"),
        pytest.param('timezone = "Mars/Olympus"', "unknown timezone", id="zone"),
        pytest.param('timezone = "../../etc/passwd"', "unknown timezone", id="zone that is a path"),
        pytest.param('date_order = "DMY"', "date_order should be dmy, mdy or ymd", id="order of dates"),
        pytest.param('title = " "', "title should not be empty", id="empty title"),
        pytest.param('title = "a\\u0007"', "control characters", id="control character"),
        pytest.param("title = ", "not valid TOML", id="TOML"),
        pytest.param('language = "english!"', "language should be a tag", id="language"),
        pytest.param('[site]\ntitle = "x"', "settings stand without sections", id="section"),
        pytest.param('icon = "i.png"', "icon should be an address", id="icon"),
        pytest.param('hub = "hub.example"', "hub should be an address", id="hub"),
        pytest.param('corpus = "a\\u0000"', "corpus should be a path", id="path"),
        pytest.param("longest_ttl = 3", "shortest_ttl should be 1 or more", id="ttl"),
        pytest.param('podcast_image = "i.png"', "podcast_image should be an address", id="podcast_image"),
        pytest.param('podcast_type = "daily"', "podcast_type should be episodic or serial", id="podcast_type"),
        pytest.param('podcast_category = "A > B > C"', "podcast_category should be", id="category in a category"),
        pytest.param('podcast_category = "A > "', "podcast_category should be", id="half a category"),
        pytest.param("podcast_category = 'A\"'", "podcast_category should be", id="category with a quote"),
        pytest.param('podcast_email = "me"', "podcast_email should be an address", id="podcast_email"),
        pytest.param('podcast_author = "a\\u0007"', "control characters", id="podcast_author"),
        pytest.param("cache_bytes = -1", "cache_bytes should be 0 or more", id="negative"),
    ],
)
def test_a_bad_file_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load()
    assert message in str(caught.value)
    assert "feeds.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelled_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="FEEDS_TITEL: unknown variable; did you mean FEEDS_TITLE"):
        loader.load_site(environ={"FEEDS_TITEL": "x"})
    loader.load_site(environ={"FEEDS_OF_ANOTHER_PROGRAM": "x"})


def test_a_feeds_toml_that_names_no_corpus_moves_no_state(tmp_path: Path) -> None:
    (tmp_path / ".feeds").mkdir()
    (tmp_path / ".feeds" / OWNER_FILE).write_text("art\n")
    (tmp_path / "feeds.toml").write_text(loader.settings_template())
    assert load("art").state_path == tmp_path / ".feeds"


def test_a_bad_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FEEDS_LIMIT: it should be a whole number"):
        loader.load_site(environ={"FEEDS_LIMIT": "many"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="feeds init"):
        load(None, "missing.toml")


def test_another_process_gets_the_same_site(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('title = "x"\ninclude_unpublished = true\n')
    site = load(limit=3, include_topics=("a, b",), renamed=(("a,b", "c"),))
    assert pickle.loads(pickle.dumps(site)) == site


def test_what_changes_no_byte_makes_nothing_anew() -> None:
    assert load(cache_bytes=0).fingerprint == load().fingerprint
    assert load(limit=3).fingerprint != load().fingerprint


def test_the_template_is_valid_and_complete() -> None:
    text = loader.settings_template()
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line or "# [" in line)
    assert list(tomllib.loads(uncommented)) == [each.name for each in site.all_settings()]
    assert tomllib.loads(text) == {}


@pytest.mark.parametrize("text", ["limit = " + "9" * 5_000, "limit = " + "[" * 10_000])
def test_a_file_that_the_parser_gives_up_on(text: str, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(text)
    with pytest.raises(ConfigError, match="not valid TOML"):
        loader.load_site(environ={})
