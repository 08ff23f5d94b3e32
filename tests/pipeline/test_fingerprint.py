"""What identifies the code that made a catalogue."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from feeds.pipeline import fingerprint


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    fingerprint.code_fingerprint.cache_clear()
    yield
    fingerprint.code_fingerprint.cache_clear()


def test_the_names_of_folders_tell_what_their_metadata_tells() -> None:
    found = fingerprint._installed()
    for name in fingerprint._LIBRARIES:
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
    versions = dict.fromkeys(fingerprint._LIBRARIES, "1.0")
    monkeypatch.setattr(fingerprint, "_installed", dict)
    monkeypatch.setattr(metadata, "version", lambda name: versions[name])
    before = fingerprint.code_fingerprint()
    versions["lxml"] = "2.0"
    fingerprint.code_fingerprint.cache_clear()
    assert fingerprint.code_fingerprint() != before


def test_a_library_need_not_be_there() -> None:
    assert fingerprint._version("no-such-library") == ""
