"""The look that the publisher adds to the pages: a style sheet and templates."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from feeds.errors import ConfigError
from feeds.pipeline import publish
from feeds.pipeline.watch import corpus_paths
from feeds.settings import loader
from feeds.settings.site import Site
from tests.builders import NOW, article, make_site, tree, write_corpus

FILES = {"a.md": article("A", topics=["AI"]), "own.md": article("Own", url=None)}


def build(folder: Path, files: dict[str, str], **settings: str) -> dict[str, bytes]:
    publish.build(make_site(write_corpus(folder / "corpus", files), folder, **settings), NOW)
    return tree(folder / "public")


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Return the documents that differ, without the list of files."""
    return {path for path in before if before[path] != after.get(path) and path != ".feeds-output.json"}


def test_a_style_sheet_beside_the_articles_is_added_to_ours(tmp_path: Path) -> None:
    before = build(tmp_path, FILES)
    after = build(tmp_path, {"theme.css": "body { color: red }\n"})
    assert changed(before, after) == {"static/style.css"}
    assert after["static/style.css"] == before["static/style.css"] + b"body { color: red }\n"
    (tmp_path / "corpus" / "theme.css").unlink()
    assert build(tmp_path, {}) == before


def test_a_style_sheet_that_the_settings_name_stands_for_the_one_beside_the_articles(tmp_path: Path) -> None:
    (tmp_path / "my.css").write_text("/* mine */", encoding="utf-8")
    after = build(tmp_path, {**FILES, "theme.css": "/* other */"}, theme=str(tmp_path / "my.css"))
    assert after["static/style.css"].endswith(b"/* mine */")
    assert b"other" not in after["static/style.css"]


def templates(folder: Path, **files: str) -> str:
    return str(write_corpus(folder / "templates", {f"{name}.html": text for name, text in files.items()}))


def test_a_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    before = build(tmp_path, FILES)
    mine = templates(tmp_path, byline="<p>by {{ entry.provider.name }}, {{ site.language }}</p>")
    after = build(tmp_path, {}, templates=mine)
    assert b"<p>by a.example, en</p>" in after["topics/ai/index.html"]
    assert {path for path in changed(before, after) if not path.endswith("index.html")} == set()
    write_corpus(tmp_path / "templates", {"byline.html": "<p>edited</p>"})
    assert b"<p>edited</p>" in build(tmp_path, {}, templates=mine)["topics/ai/index.html"]
    shutil.rmtree(tmp_path / "templates")
    assert build(tmp_path, {}) == before


def test_a_template_extends_the_one_that_it_replaces(tmp_path: Path) -> None:
    footer = '{% block footer %}{{ super() }} <a href="{{ up }}imprint">Imprint</a>{% endblock %}'
    base = f'{{% extends "feeds/base.html" %}}{footer}'
    after = build(tmp_path, FILES, templates=templates(tmp_path, base=base))
    pages = {path: body for path, body in after.items() if path.endswith("index.html")}
    assert len(pages) > 5
    for path, body in pages.items():
        assert f'(OPML)</a> <a href="{"../" * path.count("/")}imprint">Imprint</a></footer>'.encode() in body


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("entry", "<article>\n{% if %}", "line 2: Expected an expression, got 'end of statement block'"),
        ("entry", "<article>\n\n{{ nothing }}", "line 3: 'nothing' is undefined"),
        ("feed", "{{ head.feed.name() }}", "line 1: TypeError: 'str' object is not callable"),
        ("home", '{% include "gone.html" %}', "line 1: gone.html"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_mistake_in_a_template(name: str, text: str, reason: str, jobs: int, tmp_path: Path) -> None:
    before = build(tmp_path, FILES)
    mine = templates(tmp_path, **{name: text})
    with pytest.raises(ConfigError) as caught:
        publish.build(make_site(tmp_path / "corpus", tmp_path, templates=mine), NOW, jobs=jobs)
    assert str(caught.value) == f"{mine}/{name}.html: {reason}"
    assert tree(tmp_path / "public") == before, "what was published stays"


@pytest.mark.parametrize("setting", ["theme", "templates"])
def test_a_look_that_is_missing_is_no_look(setting: str, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(f'corpus = "."\n{setting} = "gone"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=str(tmp_path / "gone")):
        loader.load_site(config=str(tmp_path / "feeds.toml"))


def test_a_style_sheet_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "theme.css").write_bytes(b"\xff")
    (tmp_path / "feeds.toml").write_text('corpus = "."\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="it is not UTF-8"):
        loader.load_site(config=str(tmp_path / "feeds.toml"))


def test_a_watch_builds_everything_when_the_look_changes(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    site = Site(corpus=str(corpus), state=str(tmp_path / "s"), theme="", templates=str(tmp_path / "t"))
    assert corpus_paths(site, [f"{corpus}/theme.css"]) is None
    assert corpus_paths(site, [f"{tmp_path}/t/feed.html"]) is None
    assert corpus_paths(site, [f"{corpus}/a.md", f"{corpus}/x/theme.css"]) == frozenset(["a.md", "x/theme.css"])
