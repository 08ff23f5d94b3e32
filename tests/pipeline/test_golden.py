"""Whole outputs: each folder in tests/pipeline/golden has a corpus (``in``) and the tree that it becomes (``out``).

One that has the ledger of an earlier version as well is built with that. ``make golden`` writes the trees anew; read
the difference before you commit it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from feeds.catalogue.earlier_state import LEDGER_FILE
from feeds.pipeline import publish
from feeds.rules.site_layout import OUTPUT_LIST
from tests.builders import NOW, make_site, tree, write_corpus

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_golden(name: str, tmp_path: Path) -> None:
    case = FOLDER / name
    shutil.copytree(case / "in", tmp_path / "in")
    if (case / LEDGER_FILE).exists():
        write_corpus(tmp_path / "state", {LEDGER_FILE: (case / LEDGER_FILE).read_bytes()})
    publish.build(make_site(tmp_path / "in", tmp_path, description="What the tests publish."), NOW)
    found = tree(tmp_path / "public")
    del found[OUTPUT_LIST], found["static/style.css"]
    if os.environ.get("GOLDEN") == "write":
        shutil.rmtree(case / "out", ignore_errors=True)
        for path, body in found.items():
            (case / "out" / path).parent.mkdir(parents=True, exist_ok=True)
            (case / "out" / path).write_bytes(body)
    expected = tree(case / "out")
    assert sorted(found) == sorted(expected)
    for path, body in found.items():
        assert body.decode() == expected[path].decode(), path
