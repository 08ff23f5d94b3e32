"""The state folder belongs to one corpus: two corpora never share one, and a corpus that moves keeps its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feeds.errors import StateError
from feeds.pipeline import publish
from feeds.settings.state_folder import OWNER_FILE, owner_of
from tests.builders import NOW, article, make_site, tree, write_corpus
from tests.conftest import Run

BUILD = ("--base-url", "https://example.org/")


def test_two_corpora_in_one_state_folder_are_refused(tmp_path: Path) -> None:
    one = make_site(write_corpus(tmp_path / "one", {"a.md": article("Public")}), tmp_path)
    two = make_site(write_corpus(tmp_path / "two", {"b.md": article("Internal", topics=["Secret Merger"])}), tmp_path)
    publish.build(two, NOW)
    before = tree(tmp_path / "public")
    for _ in range(2):
        with pytest.raises(StateError, match=r"belongs to another corpus, .*two: .* set FEEDS_STATE"):
            publish.build(one, NOW)
    assert tree(tmp_path / "public") == before
    publish.build(two, NOW)


@pytest.mark.parametrize("how", ["renamed", "moved with its project", "restored elsewhere"])
def test_a_corpus_that_moves_keeps_its_state(how: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    publish.build(make_site(write_corpus(project / "c", {"a.md": article()}), project), NOW)
    corpus = project / "c"
    if how == "renamed":
        corpus = corpus.rename(project / "d")
    elif how == "moved with its project":
        project = project.rename(tmp_path / "other")
        corpus = project / "c"
    else:  # as in CI: another checkout, with the state of the one before
        (project / "c" / "a.md").unlink()
        (project / "c").rmdir()
        corpus = write_corpus(tmp_path / "checkout", {"a.md": article()})
    assert publish.build(make_site(corpus, project), NOW).changed == 0
    assert owner_of(project / "state") == str(corpus)


def test_the_commands(feeds: Run, tmp_path: Path) -> None:
    """Without feeds.toml the state is in `.feeds`: a folder by another name is the same corpus, another one is not."""
    write_corpus(tmp_path / "one", {"a.md": article()})
    feeds("build", "one", *BUILD)
    (tmp_path / "one").rename(tmp_path / "renamed")
    assert json.loads(feeds("build", "renamed", "--json", *BUILD).stdout)["counts"]["changed"] == 0
    write_corpus(tmp_path / "two", {"b.md": article()})
    feeds("build", "two", "--output", "other", *BUILD)
    assert len(list((tmp_path / ".feeds" / "others").iterdir())) == 1
    assert owner_of(tmp_path / ".feeds") == str(tmp_path / "renamed")
    (tmp_path / "renamed" / "a.md").unlink()
    (tmp_path / "renamed").rmdir()
    feeds("build", "two", "--output", "other", *BUILD)
    assert owner_of(tmp_path / ".feeds") == str(tmp_path / "renamed")  # it is gone, and this is another folder


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"nowhere\n", b"c\n1:2\n", b"c\n\n\n"])
def test_a_damaged_or_old_record_of_the_corpus_is_written_anew(content: bytes, tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)
    good = (tmp_path / "state" / OWNER_FILE).read_bytes()
    (tmp_path / "state" / OWNER_FILE).write_bytes(content)
    publish.build(site, NOW)
    assert (tmp_path / "state" / OWNER_FILE).read_bytes() == good
