"""Characters: those of Windows-1252 are decoded, and the next line is one of them only in their company."""

from __future__ import annotations

import sys

import pytest

from feeds.rules.text import clean_text, decode_windows_1252, first_forbidden, hide_credentials


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("it\x92s \x93so\x94\x85", "it’s “so”…"),
        ("one\x85two", "one\x85two"),
        ("\x80 \x99 \x96", "€ ™ –"),
        ("plain é", "plain é"),
    ],
)
def test_windows_1252(written: str, right: str) -> None:
    assert decode_windows_1252(written) == right
    assert clean_text(written) == right


def test_a_place_without_a_character_is_dropped() -> None:
    assert clean_text("a\x81\x8d\x92\x07b") == "a’b"


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("HTTPS://u:p@h.example/a@b", "HTTPS://h.example/a@b"),
        ("https://u:p@w@h.example", "https://h.example"),
        ("mailto:a@b.example https://h.example/?q=a@b", "mailto:a@b.example https://h.example/?q=a@b"),
    ],
)
def test_credentials(written: str, right: str) -> None:
    assert hide_credentials(written) == right


def test_a_printable_text_has_no_forbidden_character_and_no_white_space_but_spaces() -> None:
    printable = [character for character in map(chr, range(sys.maxunicode + 1)) if character.isprintable()]
    assert [character for character in printable if first_forbidden(character)] == []
    assert [character for character in printable if character.isspace()] == [" "]
    assert decode_windows_1252("".join(printable)) == "".join(printable)


def test_what_is_forbidden_is_what_xml_does_not_allow_and_what_it_discourages() -> None:
    ranges = [(0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF)]  # XML 1.0, section 2.2: Char
    allowed = {0x9, 0xA, 0xD, *(code for first, last in ranges for code in range(first, last + 1))}
    allowed -= {*range(0x7F, 0x85), *range(0x86, 0xA0)}  # the note below it
    found = {code for code in range(sys.maxunicode + 1) if first_forbidden(chr(code)) is None}
    assert found == allowed


def test_a_text_that_is_not_printable_is_cleaned() -> None:
    assert clean_text("a\ufffeb\x7fc\u00a0d\te") == "abc\u00a0d\te"
