"""The one-way street: what each room never imports, seen in a fresh process for each module."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import article, link, write_corpus

PACKAGE = Path(__file__).parent.parent / "feeds"

THIRD_PARTY = {"feedgen", "lxml", "yaml", "frontmatter", "flask", "werkzeug", "jinja2", "dateutil", "click", "granian"}
THIRD_PARTY |= {"prometheus_client"}
HEAVY = THIRD_PARTY - {"click"} | {"anyascii", "idna", "markdown_it", "nh3", "rich", "watchfiles"}
"""What takes long to load: a command that has no need of it must not wait for it."""

ROOMS = {
    "corpus",
    "catalogue",
    "render",
    "objects",
    "snapshot",
    "export",
    "documents",
    "difference",
    "publish",
    "validate",
}
ROOMS |= {"web", "serve", "watching", "cli", "explain", "printing", "outside", "pollers"}
BELOW = {"catalogue", "objects", "render", "snapshot"}

NEVER = {
    "model": THIRD_PARTY | ROOMS | {"config", "errors", "anyascii", "nh3"},
    "errors": THIRD_PARTY | ROOMS | {"model", "config"},
    "address": THIRD_PARTY | ROOMS | {"config"},
    "slug": THIRD_PARTY | ROOMS | {"config"},
    "entries": THIRD_PARTY | ROOMS | {"config"},
    "fingerprint": THIRD_PARTY | ROOMS | {"config", "importlib.metadata"},
    "codings": THIRD_PARTY | ROOMS | {"config", "brotli", "zstandard"},
    "files": THIRD_PARTY | ROOMS | {"config"},
    "spool": THIRD_PARTY | ROOMS | {"config", "model"},
    "places": THIRD_PARTY | ROOMS | {"config"},
    "ledger": THIRD_PARTY | ROOMS | {"config"},
    "outcome": THIRD_PARTY | ROOMS | {"config"},
    "logfile": THIRD_PARTY | ROOMS | {"config", "logging"},
    "config": THIRD_PARTY | ROOMS,
    "state": THIRD_PARTY | ROOMS,
    "progress": THIRD_PARTY | ROOMS | {"rich"},
    "parallel": THIRD_PARTY | ROOMS | {"config", "model"},
    "corpus": ROOMS - {"corpus"} | {"config", "flask", "click", "feedgen", "jinja2"},
    "catalogue": ROOMS - {"catalogue"} | THIRD_PARTY,
    "render": ROOMS - {"render"} | {"flask", "yaml", "frontmatter", "click", "sqlite3"},
    "objects": ROOMS - {"objects"} | THIRD_PARTY | {"config"},
    "snapshot": ROOMS - {"objects", "snapshot"} | THIRD_PARTY | {"config"},
    "export": ROOMS - {"objects", "snapshot", "export"} | THIRD_PARTY | {"config"},
    "explain": ROOMS - {"catalogue", "explain"} | THIRD_PARTY,
    "documents": ROOMS - {"documents"} - BELOW | {"flask", "click", "yaml", "frontmatter"},
    "difference": ROOMS - {"difference"} - BELOW | {"flask", "click", "yaml", "frontmatter"},
    "validate": ROOMS - {"validate"} | THIRD_PARTY - {"lxml"} | {"config"},
    "pollers": ROOMS - {"pollers"} | THIRD_PARTY | {"config"},
    "publish": HEAVY | {"web", "serve", "cli", "explain", "click", "render", "multiprocessing"},
    "web": ROOMS - {"objects", "snapshot", "web"}
    | {"feedgen", "lxml", "yaml", "frontmatter", "nh3", "sqlite3", "prometheus_client"},
    "serve": {"web", "cli", "flask", "click"},
    "watching": {"web", "serve", "cli", "flask", "click", "granian", "watchfiles"},
    "outside": HEAVY | ROOMS - {"outside"},
    "options": HEAVY | ROOMS | {"config"},
    "printing": HEAVY | {"web", "serve", "cli", "click"},
    "cli": HEAVY | {"web", "serve", "render", "multiprocessing"},
}
"""Room → what importing any module of it never brings along."""

MODULES = sorted(
    ".".join(["feeds", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("module", [module for module in MODULES if module != "feeds"])
def test_a_room_never_imports(module: str) -> None:
    code = f"import sys, json; sys.path.pop(0); import {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    seen = {name.partition(".")[0] for name in loaded} | {room_of(name) for name in loaded if name.startswith("feeds.")}
    assert not seen & NEVER[room_of(module)]


def test_every_room_has_a_rule() -> None:
    assert {room_of(module) for module in MODULES if module != "feeds"} == set(NEVER)


def test_a_build_without_news_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", {"a.md": article("Ünïcode", topics=["AI"], related=[link("https://b.example/")])})
    code = "import sys, json; sys.path.pop(0); had = set(sys.modules);"  # which on some systems is more than Python's
    code += "from feeds.cli import main; main(['build', 'c'], standalone_mode=False);"
    code += "print(json.dumps(sorted(set(sys.modules) - had)))"
    for number in range(3):  # the second one may have to look again at a file that had just changed
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
        loaded = set(json.loads(done.stdout))
        third_party = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
        assert number > 0 or HEAVY & third_party
    assert {name for name in third_party if not name.startswith("_")} == {"feeds", "click"}
    assert not loaded & {"multiprocessing", "concurrent.futures", "importlib.metadata", "email", "asyncio", "logging"}


def test_no_module_is_two() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
