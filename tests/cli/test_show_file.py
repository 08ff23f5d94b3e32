"""``feeds show FILE``: what became of a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from feeds.cli.main import main
from feeds.rules.site_layout import OUTPUT_LIST
from tests.builders import article, write_corpus

Show = Callable[..., dict[str, Any]]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "a.md": article(topics=["AI"]),
        "warned.md": article("Warned", url="https://w.example/", quality="high"),
        "draft.md": article("Draft", url="https://d.example/", draft=True),
        "future.md": article("Future", "2090-01-01", url="https://f.example/"),
        "expired.md": article("Expired", url="https://x.example/", expires="2023-01-01"),
        "broken.md": "---\ntitle: x\ndate: never\n---\n",
        "older.md": article("Older", "2022-05-01", url="https://same.example/"),
        "same.md": article("Same", "2022-05-02", url="https://same.example/"),
        "low.md": article("Low", url="https://low.example/", quality=1),
        "README.md": "# The corpus",
        "sub/README.md": article("Readme", url="https://r.example/"),
        "sub/.hidden/a.md": article("Hidden"),
        "sub/_a.md": article("Hidden"),
        "picture.png": b"",
        f"tree/{OUTPUT_LIST}": "{}",
        "tree/a.md": article("Written"),
        os.fsdecode(b"\xff.md"): article("Bytes"),
    }
    return write_corpus(tmp_path / "corpus", files)


@pytest.fixture
def show(corpus: Path) -> Show:
    """Return the file and the entry that `feeds show --json` prints for an argument."""

    def run(wanted: str, *options: str) -> dict[str, Any]:
        done = CliRunner().invoke(main, ["show", wanted, "corpus", "--json", *options])
        assert done.exit_code == 0, done.output
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    return run


def lines(wanted: str) -> list[str]:
    return CliRunner().invoke(main, ["show", wanted, "corpus"]).stdout.splitlines()


@pytest.mark.parametrize("wanted", ["corpus/a.md", "a.md", "./corpus/sub/../a.md"])
def test_a_published_file_is_shown_with_its_entry(wanted: str, show: Show) -> None:
    shown = show(wanted)
    assert shown["file"] == {
        "path": "a.md",
        "state": "published",
        "mark": "",
        "due": None,
        "reason": None,
        "speaker": "a.md",
        "problems": [],
    }
    assert (shown["entry"]["id"], [feed["kind"] for feed in shown["entry"]["feeds"]]) == (
        "https://a.example/page",
        ["all", "provider", "topic"],
    )
    assert lines(wanted)[:3] == ["a.md: published", "A page", "  id         https://a.example/page"]


@pytest.mark.parametrize(
    ("path", "facts", "line"),
    [
        ("draft.md", {"state": "unpublished", "mark": "draft", "due": None}, "draft.md: unpublished (draft)"),
        (
            "future.md",
            {"state": "future", "mark": "", "due": "2090-01-01T00:00:00Z"},
            "future.md: future (from 2090-01-01T00:00:00Z)",
        ),
        (
            "expired.md",
            {"state": "expired", "mark": "", "due": "2023-01-01T00:00:00Z"},
            "expired.md: expired (since 2023-01-01T00:00:00Z)",
        ),
        ("broken.md", {"state": "lost", "mark": "", "due": None}, "broken.md: lost to a problem"),
    ],
)
def test_a_file_that_is_not_published_says_why(path: str, facts: dict[str, Any], line: str, show: Show) -> None:
    shown = show(path)
    assert shown["file"].items() >= facts.items()
    assert (shown["file"]["speaker"], shown["entry"]) == (None, None)
    assert lines(path)[0] == line


def test_the_problems_of_the_file_and_no_others_are_shown(show: Show) -> None:
    for path, field in (("broken.md", "date"), ("warned.md", "quality")):
        (problem,) = show(path)["file"]["problems"]
        assert (problem["path"], problem["field"]) == (path, field)
        assert sum(f"{path}:" in line and f": {field}:" in line for line in lines(path)) == 1


def test_the_file_that_speaks_for_a_common_entry_is_named(show: Show) -> None:
    file = show("same.md")["file"]
    assert (file["state"], file["speaker"]) == ("published", "older.md")
    assert [(each["line"], each["field"]) for each in file["problems"]] == [(4, "webUrl")]
    assert lines("same.md")[1] == "  is one entry with older.md, which gives the entry its title and text"
    file = show("older.md")["file"]
    assert (file["speaker"], file["problems"]) == ("older.md", [])


def test_a_file_that_the_settings_leave_out_is_in_no_feed(show: Show, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text("min_quality = 2\n")
    shown = show("low.md")
    assert (shown["file"]["state"], shown["entry"]["selected"], shown["entry"]["feeds"]) == ("published", False, [])
    assert "  in no feed: the settings leave it out" in lines("low.md")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("corpus/README.md", "README.md at the top of the corpus is no article"),
        ("sub/.hidden/a.md", "its name, or that of a folder above it, starts with . or _"),
        ("sub/_a.md", "its name, or that of a folder above it, starts with . or _"),
        ("picture.png", "its name ends with none of .md, .markdown, .txt, .html"),
        ("tree/a.md", "it is in a static tree that feeds wrote"),
        ("outside.md", "it is outside of the corpus"),
        ("linked/a.md", "it is, or is in, a link to a folder: a file is read at its real path only"),
    ],
)
def test_a_file_that_is_not_read_says_why(path: str, reason: str, show: Show, corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text(article())
    (corpus / "linked").symlink_to("sub")
    write_corpus(corpus, {"sub/a.md": article("Below", url="https://below.example/")})
    shown = show(path)
    assert (shown["file"]["state"], shown["file"]["reason"], shown["entry"]) == ("not_read", reason, None)
    assert lines(path) == [f"{shown['file']['path']}: not read: {reason}"]


def test_a_readme_below_the_top_is_an_article(show: Show) -> None:
    assert show("sub/README.md")["file"]["state"] == "published"


def test_a_name_that_is_not_utf_8_is_lost_and_shown(show: Show) -> None:
    file = show(os.fsdecode(b"corpus/\xff.md"))["file"]
    assert (file["state"], file["path"], len(file["problems"])) == ("lost", "\ufffd.md (ff2e6d64)", 1)


def test_a_file_comes_before_an_entry_and_a_file_of_the_corpus_before_another(
    show: Show, corpus: Path, tmp_path: Path
) -> None:
    write_corpus(corpus, {"w.example": ""})
    assert show("w.example")["file"]["state"] == "not_read"
    assert show("https://w.example/")["file"] is None
    (tmp_path / "draft.md").write_text("other")
    assert show("draft.md")["file"]["state"] == "unpublished"
    done = CliRunner().invoke(main, ["show", "sub", "corpus"])
    assert (done.exit_code, "there is no such file" in done.stderr) == (2, True)
