"""The commands: output, output streams, and exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from feeds.cli import exit_codes
from feeds.cli.main import all_commands, main
from feeds.corpus.article import parse_article
from feeds.errors import FeedsError
from feeds.model import Parsed, Problem, Severity
from tests.builders import article, link, write_corpus
from tests.conftest import Run

RELATED = link("https://b.example/page", "A related page")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    files = {
        "a.md": article(topics=["AI"], related=[RELATED]),
        "draft.md": article("Draft", url="https://c.example/", draft=True),
        "broken.md": "---\ntitle: x\ndate: never\n---\n",
    }
    return write_corpus(tmp_path / "corpus", files)


def test_build_prints_counts_for_people_and_json_for_scripts(feeds: Run, corpus: Path, tmp_path: Path) -> None:
    done = feeds("build", "corpus", "--output", "out", "--json")
    report = json.loads(done.stdout)
    of_files = {"files": 3, "published": 1, "unpublished": 1, "future": 0, "expired": 0, "lost": 1}
    of_files |= {"warnings": 0, "notices": 0}
    of_site = {
        "entries": 2,
        "short_entries": 0,
        "feeds": 4,
        "cut_feeds": 0,
        "documents": 25,
        "changed": 25,
        "written": 25,
    }
    assert report["counts"] == of_files | of_site
    assert " ".join(report["seconds"]) == "start state scan read record merge render publish write report tidy total"
    assert "3 files: 1 published, 1 unpublished, 0 in the future, 0 expired, 1 lost to problems" in done.stderr
    assert "--include-unpublished" in done.stderr
    assert "broken.md:3: error: date: it is no usable date" in done.stderr
    assert "set base_url" in done.stderr
    assert (tmp_path / "out" / "topics" / "ai" / "feed.atom").exists()


def test_build_without_output(feeds: Run, corpus: Path, tmp_path: Path) -> None:
    feeds("build", "corpus", "--output", "")
    assert not (tmp_path / "public").exists()
    feeds("build", "corpus")
    assert (tmp_path / "public" / "index.html").exists()


def test_strict(feeds: Run, corpus: Path) -> None:
    feeds("build", "corpus", "--strict", code=1)
    (corpus / "broken.md").unlink()
    feeds("build", "corpus", "--strict")
    write_corpus(corpus, {"warning.md": article(url="https://w.example/", quality="high")})
    feeds("build", "corpus")
    feeds("build", "corpus", "--strict", code=1)


@pytest.fixture
def _with_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the reader of articles give every article a notice."""

    def parse_with_notice(path: str, *more: Any) -> Parsed:
        parsed = parse_article(path, *more)
        notice = Problem(path, 1, "", "it could be shorter", "shorten it", Severity.NOTICE)
        return replace(parsed, problems=(*parsed.problems, notice))

    monkeypatch.setattr("feeds.corpus.read_files.parse_article", parse_with_notice)


@pytest.mark.usefixtures("_with_notices")
def test_a_notice_is_printed_and_counted_and_is_no_failure(corpus: Path) -> None:
    (corpus / "broken.md").unlink()
    done = CliRunner().invoke(main, ["build", "corpus", "--strict", "--json"])
    report = json.loads(done.stdout)
    assert (done.exit_code, report["counts"]["warnings"], report["counts"]["notices"]) == (0, 0, 2)
    assert "a.md:1: notice: it could be shorter; shorten it\n" in done.stderr
    done = CliRunner().invoke(main, ["check", "corpus", "--format", "github"])
    assert done.stdout.startswith("::notice file=corpus/a.md,line=1::it could be shorter")
    write_corpus(corpus, {"warning.md": article(url="https://w.example/", quality="high")})
    assert CliRunner().invoke(main, ["build", "corpus", "--strict"]).exit_code == 1


def test_check(feeds: Run, corpus: Path) -> None:
    done = feeds("check", "corpus", code=1)
    reason = "it is no usable date: a word in it is no month, weekday or time zone that we know"
    assert done.stdout == f"broken.md:3: error: date: {reason}; write a date such as 2026-05-26T15:52:00Z\n"
    report = json.loads(feeds("check", "corpus", "--format", "json", code=1).stdout)
    assert (report["counts"]["lost"], report["problems"][0]["line"]) == (1, 3)
    done = feeds("check", "corpus", "--format", "github", code=1)
    assert done.stdout.startswith("::error file=corpus/broken.md,line=3::date: it is no usable date")
    (corpus / "broken.md").unlink()
    assert feeds("check", "corpus").stdout == ""


def test_check_says_of_every_file_what_it_was_taken_for(feeds: Run, corpus: Path) -> None:
    more = {
        "broken.md": "---\ndate: 2024-01-02\n---\n",
        "future.md": article("Later", "2090-01-01"),
        "_drafts/a.md": "x",
        "b.RST": "x",
        "d/e.md": "x",
        "theme.css": "",
    }
    write_corpus(corpus, more | {"feeds.toml": 'exclude = ["d/"]\n'})
    done = feeds("check", "corpus", "--files", code=1)
    assert done.stdout.splitlines() == [
        ".feeds: not read: its name, or that of a folder above it, starts with . or _",
        "_drafts: not read: its name, or that of a folder above it, starts with . or _",
        "a.md: published",
        "b.RST: not read: its name ends with none of .md, .markdown, .txt, .html",
        "broken.md: lost to a problem: it has no title",
        "draft.md: unpublished (draft)",
        "feeds.toml: not read: its name ends with none of .md, .markdown, .txt, .html",
        "future.md: future (from 2090-01-01T00:00:00Z)",
        "theme.css: not read: its name ends with none of .md, .markdown, .txt, .html",
        "d/e.md: not read: a pattern in the setting exclude matches it",
    ]
    reasons = [
        "1 × its name ends with none of .md, .markdown, .txt, .html (.rst)",
        "1 × a pattern in the setting exclude matches it",
        "1 × its name, or that of a folder above it, starts with . or _",
    ]
    passed = f"3 passed over (feeds check --files names them): {'; '.join(reasons)}"
    assert passed in done.stderr.splitlines()
    assert passed in feeds("build", "corpus").stderr.splitlines()
    files = json.loads(feeds("check", "corpus", "--files", "--format", "json", code=1).stdout)["files"]
    assert [file["path"] for file in files] == [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert json.loads(feeds("check", "corpus", "--format", "json", code=1).stdout)["files"] == []
    feeds("check", "corpus", "--files", "--format", "github", code=2)


def test_patterns_that_can_not_be_understood_are_refused(feeds: Run, corpus: Path) -> None:
    write_corpus(corpus, {"feeds.toml": 'articles = ["a***/!", "!"]\n'})
    assert "articles and exclude should be patterns" in feeds("check", "corpus", code=2).stderr


def test_check_names_articles_that_are_held_back_and_articles_that_are_one_entry(feeds: Run, corpus: Path) -> None:
    write_corpus(
        corpus,
        {
            "broken.md": article("Later", "2090-01-01", url="https://l.example/"),
            "one.md": article("One", url="https://one.example/", id="tag:e,2026:1"),
            "two.md": article("Two", url="https://two.example/", id="tag:e,2026:1"),
        },
    )
    done = feeds("check", "corpus")
    assert "draft.md: unpublished (draft)\n" in done.stderr
    assert "broken.md: future (from 2090-01-01T00:00:00Z)\n" in done.stderr
    assert done.stdout == (
        "two.md:5: warning: id: it is the same as in one.md, which is older: the two are one entry, with its title and"
        ' text; write another id, or set duplicates = "merge"\n'
    )
    report = json.loads(feeds("build", "corpus", "--json").stdout)
    assert report["held_back"] == [
        {"path": "broken.md", "state": "future", "mark": "", "due": "2090-01-01T00:00:00Z"},
        {"path": "draft.md", "state": "unpublished", "mark": "draft", "due": None},
    ]


def test_ten_of_a_kind_are_printed_and_the_number_of_the_others(feeds: Run, corpus: Path) -> None:
    (corpus / "broken.md").unlink()
    many = {f"{n:02}.md": article(url=f"https://w.example/{n}", quality="high") for n in range(13)}
    drafts = {f"d{n:02}.md": article(url=f"https://d.example/{n}", draft=True) for n in range(1_010)}
    write_corpus(corpus, {**many, **drafts})
    more = "… and 3 more of this kind; `feeds check --all` lists all"
    built = feeds("build", "corpus").stderr.splitlines()
    checked = feeds("check", "corpus")
    for lines in (built, checked.stdout.splitlines()):
        assert [line[:5] for line in lines if "warning" in line] == [f"{n:02}.md" for n in range(10)]
        assert lines[[line[:5] for line in lines].index("09.md") + 1] == more
    held_back = [line for line in checked.stderr.splitlines() if "unpublished (draft)" in line]
    assert len(held_back) == 10
    assert "… and 1,001 more of state unpublished; `feeds check --all` lists all\n" in checked.stderr
    checked = feeds("check", "corpus", "--all")
    assert len(checked.stdout.splitlines()) == 13
    assert checked.stderr.count("unpublished (draft)") == 1_011
    assert "…" not in checked.stdout + checked.stderr
    assert feeds("check", "corpus", "--format", "github").stdout.count("::warning") == 13
    report = json.loads(feeds("check", "corpus", "--format", "json").stdout)
    assert (len(report["problems"]), len(report["held_back"])) == (13, 1_011)


def test_a_file_name_can_not_forge_an_annotation(feeds: Run, corpus: Path) -> None:
    write_corpus(corpus, {"x\n::error file=secret::pwn.md": "---\n---\n"})
    assert "\n::error file=secret" not in feeds("check", "corpus", "--format", "github", code=1).stdout
    assert "\n::error" not in feeds("check", "corpus", code=1).stdout


def test_names_that_share_a_slug_are_reported(feeds: Run, corpus: Path) -> None:
    write_corpus(corpus, {"broken.md": article(url="https://c.example/x", topics=["etc", "../../etc"])})
    assert "'etc' wants the address of an older one" in feeds("check", "corpus").stderr


def test_list(feeds: Run, corpus: Path) -> None:
    rows = json.loads(feeds("list", "corpus", "--json").stdout)["feeds"]
    assert [(row["kind"], row["name"], row["counts"]["entries"]) for row in rows] == [
        ("all", "Feeds", 2),
        ("topic", "AI", 2),
        ("provider", "a.example", 1),
        ("provider", "b.example", 1),
    ]
    assert rows[1]["address"] == "http://127.0.0.1:8000/topics/ai/"
    assert rows[1]["newest"] == "2022-05-26T15:52:00Z"
    assert json.loads(feeds("list", "corpus", "--json", "--include-unpublished").stdout)["counts"]["feeds"] == 5
    assert "topic          2 2022-05-26  AI  http://127.0.0.1:8000/topics/ai/" in feeds("list", "corpus").stdout


@pytest.mark.parametrize(
    "wanted", ["https://b.example/page", "http://www.b.example/page/?utm_source=x", "b.example/page"]
)
def test_show(wanted: str, feeds: Run, corpus: Path) -> None:
    shown = json.loads(feeds("show", wanted, "corpus", "--json").stdout)
    entry = shown["entry"]
    assert shown["file"] is None
    assert (entry["id"], entry["role"], entry["topics"]) == ("https://b.example/page", "related", ["AI"])
    assert [(each["path"], each["role"], each["position"]) for each in entry["mentions"]] == [("a.md", "related", 1)]
    assert [(each["kind"], each["because"]) for each in entry["feeds"]] == [
        ("all", "every entry is"),
        ("provider", "b.example published it"),
        ("topic", "of a.md"),
    ]
    assert entry["related"] == [
        {"id": "https://a.example/page", "title": "A page", "address": "https://a.example/page"}
    ]
    assert "a.md as related" in feeds("show", wanted, "corpus").stdout


def test_show_what_is_not_there(feeds: Run, corpus: Path) -> None:
    assert (
        "no entry has this id or address, and there is no such file"
        in feeds("show", "https://nowhere.example/", "corpus", code=2).stderr
    )
    feeds("show", "\udcff", "corpus", code=2)


def test_init(feeds: Run, tmp_path: Path) -> None:
    feeds("init")
    assert "# base_url" in (tmp_path / "feeds.toml").read_text()
    assert "it is there already" in feeds("init", code=2).stderr


@pytest.mark.parametrize(
    ("ignored", "named"), [(None, ".feeds/ public/"), ("node_modules\npublic/\n", ".feeds/"), ("public/ .feeds/", "")]
)
def test_init_names_lines_for_gitignore(ignored: str | None, named: str, feeds: Run, tmp_path: Path) -> None:
    assert ".gitignore" not in feeds("init").stderr
    (tmp_path / "feeds.toml").unlink()
    (tmp_path / ".git").mkdir()
    if ignored is not None:
        (tmp_path / ".gitignore").write_text(ignored)
    (line, *more) = [line for line in feeds("init").stderr.splitlines() if ".gitignore" in line] or [""]
    assert not more
    assert line.endswith(named)
    assert bool(line) == bool(named)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["build", "nowhere"], 2, "the corpus does not exist"),
        (["build", "corpus/a.md"], 2, "the corpus is no folder"),
        (["build", "empty"], 1, "no article files"),
        (["build", "corpus", "--output", "corpus"], 2, "the output can't be the corpus"),
        (["build", "corpus", "--output", "corpus/a.md"], 1, "can't be written"),
        (["build", "corpus", "--base-url", "example.org"], 2, "base_url should be an address"),
        (["build", "corpus", "--config", "nowhere.toml"], 2, "no such file"),
        (["build", "corpus", "--frobnicate"], 2, "No such option"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_mistakes_are_one_clear_line(
    words: list[str], code: int, message: str, feeds: Run, corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = feeds(*words, code=code)
    assert message in done.stderr
    assert done.stdout == ""


COMMANDS = ["init", "build", "serve", "check", "list", "show", "diff", "forget", "validate", "pollers"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, feeds: Run) -> None:
    assert f"Example: feeds {command}" in feeds(command, "--help").stdout


def test_every_argument_and_option_is_explained() -> None:
    for command in all_commands().values():
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{command.name} {parameter.name}"


def test_every_summary_is_one_whole_line_of_80_columns(feeds: Run) -> None:
    shown = feeds("--help", COLUMNS="80").stdout
    lines = shown[shown.index("Commands:") :].splitlines()[1:]
    assert [line.split()[0] for line in lines] == COMMANDS
    assert all(line.endswith(".") and not line.endswith("..") and len(line) <= 80 for line in lines)


def test_every_exit_code_is_in_the_table() -> None:
    codes = {FeedsError.exit_code, *(kind.exit_code for kind in FeedsError.__subclasses__())}
    assert codes | {exit_codes.DONE} == set(exit_codes.EXIT_CODES)
    assert set(exit_codes.FINDINGS) <= set(all_commands())


def test_two_corpora_from_one_folder_keep_apart(feeds: Run, corpus: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "second", {"a.md": article("Second")})
    feeds("build", "corpus", "--output", "one")
    feeds("build", "second", "--output", "two")
    before = (tmp_path / "one" / "feed.atom").read_bytes()
    assert json.loads(feeds("build", "corpus", "--output", "one", "--json").stdout)["counts"]["changed"] == 0
    assert (tmp_path / "one" / "feed.atom").read_bytes() == before
