"""The folders of the tests: they mirror the rooms of the package, and a test module is no library for others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.paths import PACKAGE, TESTS

ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

OTHER_FOLDERS = {
    "bench",  # the programs that measure, in bench/
    "browser",  # the pages in a real browser: these tests run by `make test-browser` only
    "live",  # servers in processes of their own: these tests need the whole package, and other programs
}

ABOUT_ALL_ROOMS = {"test_docs.py", "test_layers.py", "test_layout.py", "test_packaging.py", "test_public_api.py"}

SOURCES = sorted(path for path in TESTS.rglob("*.py") if not path.is_relative_to(TESTS / "corpus" / "articles"))

PRIVATE = re.compile(r"_[A-Za-z]\w*")
TEST_MODULE = re.compile(r"from tests[\w.]* import test_|\btests[\w.]*\.test_\w")
"""An import of a test module, also in the text of a program that a test runs."""


def defined_names(path: Path) -> Iterator[str]:
    """Yield the names that a file defines: functions, classes, variables, attributes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def used_names(path: Path) -> Iterator[str]:
    """Yield the names that a file takes from other modules and objects, also as texts (for `monkeypatch`)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ImportFrom(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.Attribute(value=ast.Name(id="self")):
                pass
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                yield name


def private(names: Iterator[str]) -> set[str]:
    return {name for name in names if PRIVATE.fullmatch(name)}


def test_there_is_a_folder_of_tests_for_each_room() -> None:
    folders = {path.parent.name for path in TESTS.glob("*/test_*.py")}
    assert folders == ROOMS | OTHER_FOLDERS
    assert {path.name for path in TESTS.glob("test_*.py")} == ABOUT_ALL_ROOMS


def test_no_file_imports_a_test_module() -> None:
    """A test module that others import can't be renamed or split, and its tests would run where they are imported."""
    imports = {str(path): TEST_MODULE.findall(path.read_text("utf-8")) for path in SOURCES}
    assert {path: lines for path, lines in imports.items() if lines} == {}


def test_private_names_are_used_in_tests_of_their_room_only() -> None:
    private_names: dict[str, set[str]] = {room: set() for room in ROOMS}
    for room in ROOMS:
        for path in (PACKAGE / room).rglob("*.py"):
            private_names[room] |= private(defined_names(path))
    used: dict[str, set[str]] = {}
    for path in SOURCES:
        file = path.relative_to(TESTS)
        own = private_names.get(file.parts[0], set()) | private(defined_names(path))
        used[str(file)] = private(used_names(path)) & (set().union(*private_names.values()) - own)
    assert {file: names for file, names in used.items() if names} == {}
