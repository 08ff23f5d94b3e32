"""The fingerprint of the code: a catalogue that other code has filled is not used."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = (
    "model.py",
    "rules",
    "corpus",
    "memory",
    "catalogue",
    "render",
    "pipeline/assemble.py",
    "pipeline/months.py",
    "pipeline/titles.py",
)
"""The parts of the package that decide what is in the catalogue and in a document.

The others do not: settings take part through the values that follow from them (:attr:`feeds.settings.site.Site.
fingerprint`), so that another help text has no corpus read again.
"""

LIBRARIES = (
    "anyascii",
    "babel",
    "feedgen",
    "idna",
    "jinja2",
    "lxml",
    "markdown_it_py",
    "markupsafe",
    "mdit_py_plugins",
    "mdurl",
    "msgspec",
    "nh3",
    "python_dateutil",
    "python_frontmatter",
    "pyyaml",
    "tzdata",
    "yaml_rs",
)
"""The distributions that decide what is in a document. yaml_rs is optional."""


@functools.cache
def code_fingerprint() -> str:
    """Return a digest of the code and the versions of the libraries that decide what is in a document."""
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(_files()):
        digest.update(file.read_bytes())
    versions = _versions_of_folders()
    for library in LIBRARIES:
        digest.update(f"{library} {versions.get(library) or _version(library)}\n".encode())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    """Yield the source files and templates of :data:`ROOMS`."""
    package = Path(__file__).parent.parent
    for room in ROOMS:
        path = package / room
        files = path.rglob("*") if path.is_dir() else (path,)
        yield from (file for file in files if file.suffix in (".py", ".html", ".css", ".js", ".svg", ".toml"))


def _versions_of_folders() -> dict[str, str]:
    """Return the versions of installed distributions by name, as the names of their folders tell them.

    This takes a hundredth of the time of :mod:`importlib.metadata`, which parses the files in the folders.
    """
    versions: dict[str, str] = {}
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:  # an archive, or a folder that is not there
            continue
        for name in names:
            if name.endswith(".dist-info"):  # {name}-{version}.dist-info, with no hyphen inside of the name
                library, _, version = name.removesuffix(".dist-info").partition("-")
                versions.setdefault(library.lower().replace(".", "_"), version)
    return versions


def _version(library: str) -> str:
    """Return the version of a distribution that no folder names; empty if it is not installed."""
    from importlib import metadata

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
