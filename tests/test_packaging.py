"""The package's metadata: lower bounds against the versions that are tested, imports against requirements."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata

import pytest

from tests.paths import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
RUNTIME = [*PYPROJECT["project"]["dependencies"], *EXTRAS["fast"], *EXTRAS["compress"]]
"""The requirements of users. The extras are among them: their bounds hold for whoever installs them."""


def normalized(name: str) -> str:
    """Return the name of a distribution in the one spelling that stands for all (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    return normalized(re.split(r"[\[<>=]", requirement)[0])


def lower_bound(requirement: str) -> list[int]:
    (version,) = re.findall(r">=([\d.]+)", requirement)
    return comparable(version)


def comparable(version: str) -> list[int]:
    """Return the numbers of a version; 1.0 and 1.0.0 are the same version, so zeros at the end are left out."""
    numbers = [int(number) for number in version.split(".")]
    while numbers[-1] == 0:
        numbers.pop()
    return numbers


def pinned(file_name: str) -> dict[str, str]:
    lines = (PROJECT / file_name).read_text("utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {normalized(name): version for name, version in pins}


LOWEST = pinned("constraints-lowest.txt")


@pytest.mark.parametrize(
    "requirement",
    [
        *RUNTIME,
        *(name for name in EXTRAS["test"] if not name.startswith("feeds[")),
        *PYPROJECT["build-system"]["requires"],
    ],
)
def test_a_lower_bound_is_the_version_that_is_tested(requirement: str) -> None:
    assert lower_bound(requirement) == comparable(LOWEST[name_of(requirement)])


def test_every_requirement_has_an_exact_version() -> None:
    exact = pinned("constraints.txt")
    every = [*RUNTIME, *EXTRAS["test"], *EXTRAS["dev"], *EXTRAS["browser"], *PYPROJECT["build-system"]["requires"]]
    assert {name_of(requirement) for requirement in every} - {"feeds"} <= exact.keys()


def test_every_import_is_a_requirement() -> None:
    """A library that only comes with another one goes when that one drops it."""
    sources = [path.read_text("utf-8") for path in (PROJECT / "feeds").rglob("*.py")]
    imported = {
        module.partition(".")[0]
        for source in sources
        for node in ast.walk(ast.parse(source))
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    foreign = imported - sys.stdlib_module_names - {"feeds", "_typeshed"}
    distributions = metadata.packages_distributions()
    required = {name_of(requirement) for requirement in RUNTIME}
    assert [
        module
        for module in sorted(foreign)
        if module in distributions and required.isdisjoint(map(normalized, distributions[module]))
    ] == []
