"""The fingerprint of the code that made a catalogue."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from feeds.pipeline import fingerprint
from tests.builders import write_corpus

DECIDE_NOTHING = {"click", "six", "typing_extensions"}
"""Distributions that a build loads and that decide nothing in a document."""


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    fingerprint.code_fingerprint.cache_clear()
    yield
    fingerprint.code_fingerprint.cache_clear()


def test_the_names_of_folders_tell_what_their_metadata_tells() -> None:
    found = fingerprint._versions_of_folders()
    for name in fingerprint.LIBRARIES:
        assert found.get(name, "") == fingerprint._version(name)


def test_another_version_is_another_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = [fingerprint.code_fingerprint()]
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", *sys.path])
    for name in ("LXML-99.1.dist-info", "other-1.0.dist-info"):
        (tmp_path / name).mkdir()
        fingerprint.code_fingerprint.cache_clear()
        marks.append(fingerprint.code_fingerprint())
    assert marks[0] != marks[1] == marks[2]


def test_what_has_no_folder_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = dict.fromkeys(fingerprint.LIBRARIES, "1.0")
    monkeypatch.setattr(fingerprint, "_versions_of_folders", dict)
    monkeypatch.setattr(metadata, "version", lambda name: versions[name])
    before = fingerprint.code_fingerprint()
    versions["lxml"] = "2.0"
    fingerprint.code_fingerprint.cache_clear()
    assert fingerprint.code_fingerprint() != before


def test_a_library_need_not_be_there() -> None:
    assert fingerprint._version("no-such-library") == ""


def test_every_library_that_a_build_loads_is_known(tmp_path: Path) -> None:
    text = "---\ntitle: Ünïcode\ndate: 1 May 2022 10:00 EST\ntopics: [ÄI]\nwebUrl: https://bücher.example/\n---\n[a](https://b.example/)"
    write_corpus(tmp_path / "c", {"a.md": text, "b.txt": "A\n2022-05-01\n\nB"})
    code = "import sys, json; had = set(sys.modules); from feeds.cli.main import main;"
    code += (
        "main(['build', 'c', '--jobs', '1'], standalone_mode=False); print(json.dumps(sorted(set(sys.modules) - had)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    distributions = metadata.packages_distributions()
    top_level = {name.partition(".")[0] for name in json.loads(done.stdout)} - set(sys.stdlib_module_names) - {"feeds"}
    loaded = {name.lower().replace("-", "_") for module in top_level for name in distributions.get(module, ())}
    assert {"lxml", "markupsafe", "mdurl"} <= loaded
    assert loaded - DECIDE_NOTHING <= set(fingerprint.LIBRARIES)


def test_only_code_that_decides_documents_counts() -> None:
    package = Path(fingerprint.__file__).parent.parent
    counted = {path.relative_to(package).parts[0] for path in fingerprint._files()}
    assert counted == {"model.py", "rules", "corpus", "memory", "catalogue", "render", "pipeline"}
    assert package / "render" / "templates" / "feed.html" in set(fingerprint._files())


def test_another_template_is_another_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint.code_fingerprint()
    files = list(fingerprint._files())
    (tmp_path / "feed.html").write_text("another")
    monkeypatch.setattr(fingerprint, "_files", lambda: [*files, tmp_path / "feed.html"])
    fingerprint.code_fingerprint.cache_clear()
    assert fingerprint.code_fingerprint() != before
