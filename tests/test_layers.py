"""The rooms of the package: how many there are, which of them a room may import, and what each takes to load."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import article, link, write_corpus
from tests.paths import PACKAGE, SEEDS

MOST_ROOMS = 14

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "rules": set(),
    "system": set(),
    "settings": {"rules", "system"},
    "corpus": {"rules", "system"},
    "memory": {"rules", "system"},
    "catalogue": {"memory", "settings", "rules"},
    "render": {"rules", "settings"},
    "store": {"settings", "system", "rules"},
    "web": {"store", "settings", "rules", "system"},
    "audit": {"rules", "system"},
    "pipeline": {"corpus", "catalogue", "memory", "render", "store", "settings", "rules", "system"},
    "cli": {"pipeline", "web", "audit", "store", "settings", "rules", "system"},
}
"""Room → the rooms that it may import, besides `model` and `errors`, which every room but these two may import."""

THIRD_PARTY = {"feedgen", "lxml", "yaml", "frontmatter", "flask", "werkzeug", "jinja2", "dateutil", "click", "granian"}
THIRD_PARTY |= {"prometheus_client"}
HEAVY = THIRD_PARTY - {"click"} | {"anyascii", "idna", "markdown_it", "nh3", "rich", "watchfiles"}
"""Libraries that take long to load: a command that does not need them must not wait for them."""

PURE = THIRD_PARTY | {"sqlite3", "anyascii", "idna", "nh3", "rich", "multiprocessing"}

NEVER_LOADS: dict[str, set[str]] = {
    "errors": PURE,
    "model": PURE,
    "rules": PURE,
    "system": PURE | {"brotli", "zstandard"},
    "settings": PURE,
    "corpus": {"flask", "click", "feedgen", "jinja2", "sqlite3"},
    "memory": PURE,
    "catalogue": THIRD_PARTY,
    "render": {"flask", "yaml", "frontmatter", "click", "sqlite3"},
    "store": THIRD_PARTY | {"sqlite3"},
    "web": {"feedgen", "lxml", "yaml", "frontmatter", "nh3", "sqlite3", "prometheus_client"},
    "audit": THIRD_PARTY - {"lxml"} | {"sqlite3"},
    "pipeline": {"flask", "click", "granian", "yaml", "frontmatter", "watchfiles"},
    "cli": HEAVY | {"multiprocessing"},
}
"""Room → libraries that importing any of its modules never loads."""

NEVER_LOADS_AT_MODULE: dict[str, set[str]] = {
    "feeds.pipeline.fingerprint": {"importlib.metadata"},
    "feeds.pipeline.publish": HEAVY | {"multiprocessing"},
    "feeds.web.access_log": {"logging"},
    "feeds.web.server": {"flask", "granian"},
}
"""Module → libraries that it never loads, besides those of its room."""

MODULES = sorted(
    ".".join(["feeds", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[str]:
    """Yield the modules of the package that a file imports, in functions as well."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        yield from (name for name in names if name.startswith("feeds.") and name != "feeds.__version__")


def test_there_are_few_rooms() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    rooms -= {"__init__", "__main__"}
    assert rooms == set(MAY_IMPORT)
    assert len(rooms) <= MOST_ROOMS


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    everybody = {"model", "errors"} if room not in ("model", "errors") else set()
    folder = PACKAGE / room
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]:
        imported = {room_of(name) for name in imports(path)} - {room}
        assert imported <= MAY_IMPORT[room] | everybody, path


def test_no_two_rooms_import_each_other() -> None:
    below: set[str] = {"model", "errors"}
    rest = {room: rooms for room, rooms in MAY_IMPORT.items() if room not in below}
    while rest:
        free = {room for room, rooms in rest.items() if rooms <= below}
        assert free, f"a cycle among {sorted(rest)}"
        below |= free
        rest = {room: rooms for room, rooms in rest.items() if room not in free}


@pytest.mark.parametrize("module", [module for module in MODULES if module != "feeds"])
def test_what_a_module_never_loads(module: str) -> None:
    code = f"import sys, json; sys.path.pop(0); had = set(sys.modules); import {module};"  # some systems load more
    code += "print(json.dumps(sorted(set(sys.modules) - had)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    seen = {name.partition(".")[0] for name in loaded} | loaded
    assert not seen & (NEVER_LOADS[room_of(module)] | NEVER_LOADS_AT_MODULE.get(module, set()))


def test_a_build_without_news_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", {"a.md": article("Ünïcode", topics=["AI"], related=[link("https://b.example/")])})
    code = "import sys, json; sys.path.pop(0); had = set(sys.modules);"  # which on some systems is more than Python's
    code += "from feeds.cli.main import main; main(['build', 'c'], standalone_mode=False);"
    code += "print(json.dumps(sorted(set(sys.modules) - had)))"
    for number in range(3):  # the second one may have to look again at a file that had just changed
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
        loaded = set(json.loads(done.stdout))
        third_party = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
        assert number > 0 or HEAVY & third_party
    assert {name for name in third_party if not name.startswith("_")} == {"feeds", "click"}
    assert not loaded & {"multiprocessing", "concurrent.futures", "importlib.metadata", "email", "asyncio", "logging"}
    assert not loaded & {"tempfile", "shutil", "difflib", "tomllib", "ctypes"}
    assert not loaded & {f"feeds.cli.{name}" for name in ("audit", "inspect", "json_output", "spool")}


def test_a_first_build_of_a_small_site_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds", ignore=shutil.ignore_patterns(".feeds"))
    code = "import sys, json; sys.path.pop(0); had = set(sys.modules);"
    code += "from feeds.cli.main import main; main(['build', 'seeds', '--output', 'out'], standalone_mode=False);"
    code += "print(json.dumps(sorted(set(sys.modules) - had)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "feeds.render.atom" in loaded
    assert not loaded & {"multiprocessing", "concurrent.futures", "importlib.metadata", "asyncio", "logging"}
    assert not loaded & {"difflib", "subprocess", "statistics", "http.server", "xml.etree.ElementTree"}
    assert not loaded & {
        "anyascii",
        "idna",
        "markdown_it",
        "rich",
        "watchfiles",
        "flask",
        "granian",
        "prometheus_client",
    }
    assert not loaded & {f"feeds.cli.{name}" for name in ("audit", "inspect", "json_output", "spool")}
    assert not loaded & {f"feeds.pipeline.{name}" for name in ("diff", "explain", "watch")}
    assert {room_of(name) for name in loaded if name.startswith("feeds.")}.isdisjoint({"web", "audit"})


def test_no_module_is_two() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
