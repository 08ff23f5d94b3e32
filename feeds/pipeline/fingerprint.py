"""What this code is: a catalogue that was made by another is not used."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from pathlib import Path

_LIBRARIES = (
    "anyascii",
    "feedgen",
    "idna",
    "jinja2",
    "lxml",
    "markdown_it_py",
    "nh3",
    "python_dateutil",
    "python_frontmatter",
    "pyyaml",
    "tzdata",
    "yaml_rs",
)
"""The distributions that decide bytes; yaml_rs need not be there."""


@functools.cache
def code_fingerprint() -> str:
    """Return what identifies this code, and the libraries that decide bytes."""
    mark = hashlib.sha256(sys.version.encode())
    here = Path(__file__).parent
    for file in sorted(here.rglob("*")):
        if file.suffix in (".py", ".html", ".css"):
            mark.update(file.read_bytes())
    named = _installed()
    for library in _LIBRARIES:
        mark.update(f"{library} {named.get(library) or _version(library)}\n".encode())
    return mark.hexdigest()


def _installed() -> dict[str, str]:
    """Return the versions of the distributions that are installed, by name, as far as folders' names tell them.

    That is a hundredth of the work of :mod:`importlib.metadata`, which parses what is in each folder.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:  # an archive, or not there
            continue
        for name in names:
            if name.endswith(".dist-info"):  # by the specification, {name}-{version}, with no other hyphen
                library, _, version = name.removesuffix(".dist-info").partition("-")
                found.setdefault(library.lower().replace(".", "_"), version)
    return found


def _version(library: str) -> str:
    """Return the version of a distribution wherever it is installed; empty where it is not."""
    from importlib import metadata

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
