"""The public interface: the names that the package exports, and the examples of docs/library.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import feeds
from tests.builders import article, write_corpus
from tests.paths import PACKAGE, PROJECT

PUBLIC = ["FeedsError", "Report", "Site", "__version__", "build", "create_app", "load_site"]


def test_the_exported_names() -> None:
    assert sorted(feeds.__all__) == PUBLIC
    assert dir(feeds) == PUBLIC
    for name in PUBLIC:
        assert getattr(feeds, name) is not None


def test_no_room_hides_a_public_name() -> None:
    """Importing a submodule sets an attribute of the package: it would replace a function of the same name."""
    assert not {path.stem for path in PACKAGE.iterdir()} & set(PUBLIC)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        _ = feeds.biuld  # type: ignore[attr-defined]


def test_the_import_loads_nothing() -> None:
    code = "import sys; import feeds; print([name for name in sys.modules if name.startswith('feeds.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_examples_of_the_documentation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_corpus(tmp_path / "articles", {"a.md": article("A", topics=["AI"]), "b.md": "---\ntitle: B\n---\n"})
    page = (PROJECT / "docs" / "library.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    names: dict[str, object] = {}
    for example in examples:
        exec(example, names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "1 articles, 1 entries in 3 feeds"
    assert printed[1].startswith("b.md:1: error: it has no date")
    assert printed[2].startswith('200 "')


def test_every_public_name_is_documented() -> None:
    page = (PROJECT / "docs" / "library.md").read_text("utf-8")
    assert [name for name in PUBLIC if f"`feeds.{name}" not in page] == []
