"""Characters that a terminal obeys, or that turn text around, are never printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from feeds.cli.main import main
from feeds.rules.text import printable
from tests.builders import article, write_corpus

RED, TURNED = "\x1b[31m", "\u202e"
TITLE = f"Bank{TURNED}knab \u2066é\u200dü"
SHOWN = "Bank\\u202eknab \\u2066é\u200dü"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 中文 👩\u200d💻 a\u00a0b\u3000c", "plain ü 中文 👩\u200d💻 a\u00a0b\u3000c"),
        ("a\nb\tc\x1bd\x7fe\x9bf\x00", "a\\nb\\tc\\x1bd\\x7fe\\x9bf\\x00"),
        ("\u202a\u2069\u200f\u061c\u2028\udcff", "\\u202a\\u2069\\u200f\\u061c\\u2028\\udcff"),
    ],
)
def test_what_a_terminal_obeys_is_escaped_and_all_else_stays(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(printable(text)) == shown


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = write_corpus(tmp_path / "corpus", {"a.md": article("First", url="https://first.example/")})
    assert CliRunner().invoke(main, ["build", "corpus"]).exit_code == 0
    bad = f"{RED}{TURNED}\n::error::x"
    files = {
        f"{bad}1.md": article(TITLE, topics=[f"T{TURNED}x"], id=f"tag:e,2026:{TURNED}1"),
        f"{bad}2.md": article("Draft", url="https://d.example/", draft=True),
        f"{bad}3.md": article("Warned", url="https://w.example/", quality="high"),
    }
    return write_corpus(folder, files)


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--profile"],
        ["check"],
        ["check", "--all"],
        ["check", "--format", "github"],
        ["list"],
        ["list", "--entries"],
        ["show", "https://a.example/page"],
        ["show", f"{RED}{TURNED}\n::error::x2.md"],
        ["show", f"{RED}{TURNED}\n::error::x3.md"],
        ["show", f"{RED}{TURNED}"],
        ["diff"],
    ],
)
def test_no_command_prints_them(words: list[str], corpus: Path) -> None:
    done = CliRunner().invoke(main, [*words, str(corpus)])
    assert not {"\x1b", TURNED, "\u2066"} & set(done.output)
    assert "\n::error" not in done.output
    assert "\\u202e" in done.output


def test_titles_keep_their_letters(corpus: Path) -> None:
    assert SHOWN in CliRunner().invoke(main, ["list", "corpus", "--entries"]).stdout
