"""The scan of a corpus folder: which files are articles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feeds.corpus.scan import SourceFile, reason_passed_over, scan_corpus
from feeds.errors import CorpusError
from feeds.rules.file_patterns import NO_PATTERNS, FilePatterns, PassedOver, Reason, count_passed_over
from feeds.rules.site_layout import OUTPUT_LIST
from tests.builders import write_corpus


def found(corpus: Path, patterns: FilePatterns = NO_PATTERNS) -> dict[str, SourceFile]:
    return {each.path: each for each in scan_corpus(corpus, None, patterns) if isinstance(each, SourceFile)}


def test_articles_in_any_depth_and_nothing_else(tmp_path: Path) -> None:
    names = ["a.md", "b.MARKDOWN", "c/d/e.txt", "c/f.html", "README.md", "c/README.md", "g.rst", ".h.md", "_i.md"]
    corpus = write_corpus(tmp_path, dict.fromkeys([*names, ".git/j.md", "_drafts/k.md", "feeds.toml"], "x"))
    assert sorted(found(corpus)) == ["a.md", "b.MARKDOWN", "c/README.md", "c/d/e.txt", "c/f.html"]


def test_our_own_static_tree_is_skipped(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, {"a.md": "x", "public/index.html": "x", f"public/{OUTPUT_LIST}": "{}"})
    assert list(found(corpus)) == ["a.md"]


def test_a_file_that_can_not_be_an_article_is_a_problem(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"folder.md/inside.md": "x", "plain.md": "x"})
    outside = write_corpus(tmp_path / "outside", {"secret.md": "x"})
    os.mkfifo(corpus / "pipe.md")
    (corpus / "out.md").symlink_to(outside / "secret.md")
    (corpus / "nowhere.md").symlink_to(corpus / "missing.md")
    (corpus / "loop.md").symlink_to(corpus / "loop.md")
    (corpus / "elsewhere").symlink_to(outside)
    os.close(os.open(os.fsencode(corpus) + b"/caf\xe9.md", os.O_CREAT))
    problems = {path: each.problem.reason for path, each in found(corpus).items() if each.problem is not None}
    assert sorted(problems) == [
        "caf�.md (636166e92e6d64)",
        "elsewhere",
        "folder.md",
        "loop.md",
        "nowhere.md",
        "out.md",
        "pipe.md",
    ]
    assert problems["out.md"] == "it is a link that leads out of the corpus"
    assert problems["caf�.md (636166e92e6d64)"] == "the file's name is not UTF-8"
    assert {"folder.md/inside.md", "plain.md"} < set(found(corpus))


def test_links_inside_the_corpus(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, {"a.md": "x", "sub/b.md": "x"})
    (corpus / "c.md").symlink_to("a.md")
    (corpus / "again").symlink_to("sub")
    (corpus / "sub" / "up").symlink_to("..")
    assert sorted(found(corpus)) == ["a.md", "c.md", "sub/b.md"]


def test_the_files_that_are_passed_over_are_those_with_a_reason(tmp_path: Path) -> None:
    names = ["a.md", "README.md", "readme.MD", "b/README.md", "b/c.rst", "_b/e.md", "b/.h/i.md", "b/_k.md", ".l.md"]
    names += ["folder.md/j.md", "tree/k.md", "tree/l/m.md", f"tree/{OUTPUT_LIST}", "feeds.toml", "b/d.HTML"]
    corpus = write_corpus(tmp_path, dict.fromkeys(names, "x"))
    (corpus / "link").symlink_to("b")
    (corpus / "link.md").symlink_to("a.md")
    names += ["link/README.md", "link/d.HTML", "link.md"]
    assert {name for name in names if reason_passed_over(corpus, name) is None} == found(corpus).keys() - {"folder.md"}
    passed = {each.path: each.reason for each in scan_corpus(corpus) if isinstance(each, PassedOver)}
    assert passed == {
        "README.md": Reason.README,
        "_b": Reason.HIDDEN,
        ".l.md": Reason.HIDDEN,
        "b/.h": Reason.HIDDEN,
        "b/_k.md": Reason.HIDDEN,
        "b/c.rst": Reason.ENDING,
        "feeds.toml": Reason.ENDING,
        "link": Reason.LINK,
        "readme.MD": Reason.README,
        "tree/": Reason.STATIC_TREE,
    }


def test_a_scan_of_some_paths_equals_a_full_scan_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.corpus.scan.SETTLED_NS", 0)  # else stamps appear while a slow machine looks
    names = [
        "a.md",
        "README.md",
        "b/README.md",
        "b/c/d.md",
        "b/c.md",
        "b/c-d.md",
        "_b/e.md",
        "b/.h/i.md",
        "folder.md/j.md",
    ]
    names += ["tree/k.md", "tree/l/m.md", f"tree/{OUTPUT_LIST}", "no.rst", "feeds.toml"]
    corpus = write_corpus(tmp_path / "corpus", dict.fromkeys(names, "x"))
    outside = write_corpus(tmp_path / "outside", {"secret.md": "x"})
    os.mkfifo(corpus / "pipe.md")
    (corpus / "b" / "out.md").symlink_to(outside / "secret.md")
    (corpus / "elsewhere").symlink_to(outside)
    (corpus / "again").symlink_to("b")
    (corpus / "b" / "same.md").symlink_to("../a.md")
    (corpus / "nowhere.md").symlink_to("missing.md")
    os.close(os.open(os.fsencode(corpus) + b"/b/caf\xe9.md", os.O_CREAT))
    everything = list(scan_corpus(corpus))
    assert len(everything) == 20
    paths = sorted(str(path.relative_to(corpus)) for path in corpus.rglob("*"))
    paths += ["again/c.md", "elsewhere/secret.md", "gone.md", "b/gone/e.md", "a.md/b.md"]
    for path in paths:
        there = [each for each in everything if each.path == path or each.path.startswith(f"{path}/")]
        found = list(scan_corpus(corpus, [path]))
        assert found == there or ("\udce9" in path and len(found) == 1), path
    assert sorted(each.path for each in scan_corpus(corpus, ["b", "a.md", "b/c/d.md", "b/c", "a.md"])) == sorted(
        each.path for each in everything if each.path.startswith(("a.md", "b/"))
    )


def test_a_folder_that_can_not_be_read_removes_no_article(tmp_path: Path) -> None:
    for only in (None, ["a.md"]):
        with pytest.raises(CorpusError, match="nothing is published"):
            list(scan_corpus(tmp_path / "missing", only))


def test_a_stamp_shows_a_change_and_is_not_trusted_while_it_is_young(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, {"a.md": "x"})
    assert found(corpus)["a.md"].stamp == "", "a file that changed this moment may change again within one tick"
    path = corpus / "a.md"
    stamps = set()
    for content, mtime in (("one", 1_000_000_000), ("two", 1_000_000_000)):
        path.write_text(content)
        os.utime(path, (mtime, mtime))
        stamps.add(path.stat().st_ctime_ns)
    assert len(stamps) == 2, "same size and times: the inode's own time tells"


def test_patterns_say_which_files_are_articles(tmp_path: Path) -> None:
    names = ["a.md", "posts/b.md", "posts/c/d.md", "posts/drafts/e.md", "_posts/f.md", "_drafts/g.md", ".h/i.md"]
    corpus = write_corpus(tmp_path, dict.fromkeys([*names, "posts/j.png", "node_modules/k/README.md"], "x"))
    for articles, exclude, expected in (
        ([], ["node_modules/", "drafts"], ["a.md", "posts/b.md", "posts/c/d.md"]),
        (["posts/**"], [], ["posts/b.md", "posts/c/d.md", "posts/drafts/e.md"]),
        (["/posts/*.md", "/a.md"], [], ["a.md", "posts/b.md"]),
        (["posts", "!posts/c/*"], ["drafts/"], ["posts/b.md"]),
        (["**"], ["node_modules"], ["a.md", "posts/b.md", "posts/c/d.md", "posts/drafts/e.md"]),
        (["_posts/**"], [], ["_posts/f.md"]),
        (["**", "_posts/**"], ["node_modules", "posts/c/"], ["_posts/f.md", "a.md", "posts/b.md", "posts/drafts/e.md"]),
        (["**", "!_drafts/"], ["node_modules"], ["a.md", "posts/b.md", "posts/c/d.md", "posts/drafts/e.md"]),
        (["_posts", "/posts/b.md"], ["*.md", "!b.md"], ["posts/b.md"]),
    ):
        patterns = FilePatterns(articles, exclude)
        assert sorted(found(corpus, patterns)) == sorted(expected), (articles, exclude)
        for path in names:
            assert (reason_passed_over(corpus, path, patterns) is None) == (path in expected), (path, articles, exclude)
            alone = [each.path for each in scan_corpus(corpus, [path], patterns) if isinstance(each, SourceFile)]
            assert alone == [path] * (path in expected), (path, articles, exclude)


def test_what_is_passed_over_is_counted_by_reason(tmp_path: Path) -> None:
    names = ["a.md", "b.PNG", "c.png", "d.rst", "Makefile", "_e.md", "drafts/f.md", "drafts/g.md"]
    corpus = write_corpus(tmp_path, dict.fromkeys(names, "x"))
    scanned = scan_corpus(corpus, None, FilePatterns(exclude=["drafts/"]))
    counts = count_passed_over(each for each in scanned if isinstance(each, PassedOver))
    assert counts == [
        (Reason.ENDING, 4, (".png", ".rst")),
        (Reason.EXCLUDED, 2, ()),
        (Reason.HIDDEN, 1, ()),
    ]
