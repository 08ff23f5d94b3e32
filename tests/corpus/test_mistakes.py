"""Mistakes in front matter: the line that an editor shows, and advice that someone can follow who knows no YAML."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.corpus import front_matter
from feeds.corpus.article import parse_article
from feeds.corpus.front_matter import FrontMatterError, split_front_matter
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Severity

COLON = "put the value in quotes: it contains a colon"
QUOTE = "close the quote at the end of the value"
BEHIND = "text stands after the closing quote: put the whole value in quotes of the other kind"
TAB = "begin the line with spaces: there is a tab"
LINE_UP = "begin the line where the fields above it begin, with the same number of spaces"
TOO_FAR = "begin the line where the fields above it begin, or put the whole text in quotes"
NO_COLON = "write name: value, with a colon and a space between them"
HYPHEN = "put the value in quotes: it starts with a hyphen; or begin the list in the next line"


def starts(first: str) -> str:
    return f"put the value in quotes: it starts with {first}"


def unclosed(opening: str, closing: str) -> str:
    return f"close the bracket with {closing}, or {starts(opening)}"


YAML = [
    # a colon in a value
    ("title: Azure: the cloud\ndate: 2024-01-02", 2, COLON),
    ("date: 2024-01-02\ntitle: Part 1: the beginning", 3, COLON),
    ("date: 2024-01-02\ntitle: Note: 5:30 is early: really", 3, COLON),
    ("related:\n- title: One: two\n  webUrl: https://a.example/", 3, COLON),
    ("title: x\nprovider:\n  name: The Daily: News\n", 4, COLON),
    ("\n\ntitle: É\u2028a: b: c\ndate: x", 4, COLON),
    # first characters
    ("title: @azure is a cloud\ndate: x", 2, starts("@")),
    ("title: x\ntags: [a, @b]", 3, starts("@")),
    ("title: %d things", 2, starts("%")),
    ("date: x\ntitle: `code` in a title", 3, starts("`")),
    ("title: *bold* words", 2, starts("*")),
    ("title: *bold", 2, starts("*")),
    ("title: & more", 2, starts("&")),
    ("title: x\nexcerpt: &more and more", 3, starts("&")),
    ("title: !important", 2, starts("!")),
    ("title: ! important\nb: !x y", 3, starts("!")),
    ("title: > quoted", 2, starts(">")),
    ("title: |x| and |y|", 2, starts("|")),
    ("title: ? why", 2, starts("?")),
    ("title: , and", 2, starts(",")),
    ("title: ] and", 2, starts("]")),
    ("a: b\ntitle: - and", 3, HYPHEN),
    # brackets
    ("date: x\ntags: [a, b\ntitle: c", 3, unclosed("[", "]")),
    ("tags: [a, b", 2, unclosed("[", "]")),
    ("provider: {name: a\ntitle: c", 2, unclosed("{", "}")),
    ("title: [Draft] Azure", 2, starts("[")),
    ("title: {{ page.title }}", 2, starts("{")),
    ("title: {a} b", 2, starts("{")),
    ("tags: [a: b: c]", 2, "put the values between [ and ] in quotes"),
    # quotes
    ('title: "Azure\ndate: x', 2, QUOTE),
    ("a: b\ntitle: 'Azure\ndate: x", 3, QUOTE),
    ('title: "Azure\ndate: x\nexcerpt: "text"\ntopics: y', 2, QUOTE),
    ('a: "two\n  lines"\ntitle: "Azure\ndate: x', 4, QUOTE),
    ('title: "Azure" the cloud', 2, BEHIND),
    ("title: 'It's here'\ndate: x", 2, BEHIND),
    ('a: "two\n  \'lines"\ntitle: Azure: cloud', 4, COLON),
    ('a: "b"\ntitle: "Azure": the cloud "too"', 3, COLON),
    ('title: "C:\\Windows"', 2, "write a backslash twice, or put the text in single quotes"),
    # tabs and other indentation
    ("provider:\n\tname: a", 3, TAB),
    ("\ttitle: a", 2, TAB),
    ("title: a\n \tdate: b", 3, TAB),
    ("title: a\ntags:\n\t- b", 4, TAB),
    ("title: a\n  date: b", 3, TOO_FAR),
    ("  title: a\ndate: b", 3, LINE_UP),
    ("tags:\n  - a\n - b", 4, LINE_UP),
    ("related:\n  - title: a\n   webUrl: b", 4, LINE_UP),
    # no colon, or no space
    ("title\ndate: b", 2, NO_COLON),
    ("title: a\ndate:2024-01-02\ntags: b", 3, NO_COLON),
    ("title = a\ndate: b", 2, NO_COLON),
    ("title:a", 1, NO_COLON),
]

OTHER = [
    ('+++\ntitle = Azure\n+++', 2, "put the value in quotes"),
    ('+++\na = 1\ntitle = "Azure\ndate = 1\n+++', 3, "close the quote at the end of the value"),
    ('+++\ntitle: "Azure"\n+++', 2, "write name = value, a text in quotes"),
    ('+++\na = 1\na = 2\n+++', 3, "the field is there twice: delete one of them"),
    ('+++\n[a]\n[a]\n+++', 3, "the section is there twice: delete one of them"),
    ('+++\ntitle = "a" b\n+++', 2, "let nothing stand after the value; put a text in quotes"),
    ('+++\ntags = ["a"\n\n+++', 2, "close the list with ], and put a comma between its values"),
    ('+++\ndate = 2024-1-5\n+++', 2, "let nothing stand after the value; put a text in quotes"),
    ('{\n"title": "a"\n"date": "b"}', 3, "put a comma after the value before this place, or close the braces with }"),
    ('{\n"title": "a",\n"b" "c"}', 3, "put a colon between the name and the value"),
    ('{\n"title": "a\n"}', 2, "close the quote in the same line; a line break in a text is written \\n"),
    ('{\n"title": Azure}', 2, "put the value in double quotes"),
    ('{\n"a": 1,\ntitle: "b"}', 3, "put the name in double quotes; after the last field there is no comma"),
    ('{\n"a": "C:\\Windows"}', 2, "write a backslash twice"),
    ("---\ntitle: a\n", 1, "write --- in a line of its own after the last field"),
]  # fmt: skip


@pytest.mark.parametrize(("matter", "line", "advice"), YAML)
def test_advice_for_yaml(matter: str, line: int, advice: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(f"---\n{matter}\n---\nBody\n")
    assert (caught.value.line, caught.value.advice) == (line, advice)


@pytest.mark.parametrize(("matter", "line", "advice"), YAML)
def test_pyyaml_without_libyaml_gives_the_same_advice(
    matter: str, line: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = front_matter._TextLoader.yaml_implicit_resolvers
        twice: list[int] = []  # noqa: RUF012

    monkeypatch.setattr(front_matter, "_TextLoader", Loader)
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(f"---\n{matter}\n---\nBody\n")
    assert (caught.value.line, caught.value.advice) == (line, advice)


@pytest.mark.parametrize(("text", "line", "advice"), OTHER)
def test_advice_for_other_formats(text: str, line: int, advice: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(text)
    assert (caught.value.line, caught.value.advice) == (line, advice)


@pytest.mark.parametrize(
    "matter",
    [
        "title: a &b c, &d e - &f g\nexcerpt: |\n  - &a b",
        "title: \"x, &y z\"\nb: '- &a b'",
        "a: &x one\nb: *x",
        "title: &x\n  a: b",
        "title: R&D in 1:1 [draft] {x} it's @home `x` *y*",
        "title: https://a.example/?a=b&c=d",
        "title: 'it''s: here'",
        "title: a\u2028b\ndate: x\u0085y",
    ],
)
def test_what_only_looks_like_a_mistake_is_none(matter: str) -> None:
    assert split_front_matter(f"---\n{matter}\n---\n").values is not None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: a\ndate: 2024-01-02\ntitle: b\n---\n", 4),
        ("---\ntitle: a\ndate: 2024-01-02\nprovider:\n  name: x\n  name: y\n---\n", 6),
        ("---\ndate: 2024-01-02\ntitle: a\nrelated:\n- title: x\n  url: https://a.example/\n  title: y\n---\n", 7),
        ('{"title": "a",\n"date": "2024-01-02",\n"title": "b"}\n', 3),
        ('{"title": "a", "date": "2024-01-02",\n"provider": {"name": "x",\n"name": "y"}}\n', 3),
    ],
)
def test_a_field_that_is_there_twice_is_a_warning(text: str, line: int) -> None:
    parsed = parse_article("a.md", text.encode(), ReadSettings())
    assert parsed.article is not None
    (problem,) = parsed.problems
    assert (problem.line, problem.severity) == (line, Severity.WARNING)
    assert problem.reason == "the field is there twice, and only this one counts"


BREAKS = st.sampled_from(["\n", "\r\n", "\r"])
FILLINGS = st.lists(
    st.sampled_from(["a: é", "b: x\u2028y", "c: x\u0085y", "d: 'x\u2029y'", "", "# \u2028"]), max_size=8
)
WRONG = st.sampled_from(
    ["title: a: b", "title: @a", 'title: "a', "title: [a", "title: &a b", "title: *a", "title: !a", "title: 'a' b"]
)


def numbered(lines: list[str]) -> list[str]:
    """Return `lines` with names that differ."""
    return [f"{index}{line}" if line and line[0].isalpha() else line for index, line in enumerate(lines)]


@settings(max_examples=200)
@given(before=FILLINGS, after=FILLINGS, wrong=WRONG, line_break=BREAKS)
def test_the_line_is_that_of_an_editor(before: list[str], after: list[str], wrong: str, line_break: str) -> None:
    lines = ["---", *numbered(before), wrong, *numbered(after), "---", "Body"]
    parsed = parse_article("a.md", line_break.join(lines).encode(), ReadSettings())
    assert [problem.line for problem in parsed.problems] == [len(before) + 2]


@given(before=FILLINGS, line_break=BREAKS)
def test_the_line_of_a_field_is_that_of_an_editor(before: list[str], line_break: str) -> None:
    lines = ["---", "title: A", "date: 2024-01-02", *numbered(before), "quality: high", "---", "Body"]
    parsed = parse_article("a.md", line_break.join(lines).encode(), ReadSettings())
    assert [problem.line for problem in parsed.problems] == [len(before) + 4]


@given(before=FILLINGS, line_break=BREAKS)
def test_the_line_of_a_byte_that_is_not_utf_8_is_that_of_an_editor(before: list[str], line_break: str) -> None:
    data = line_break.join([*before, ""]).encode() + b"\xff"
    (problem,) = parse_article("a.txt", data, ReadSettings()).problems
    assert problem.line == len(before) + 1


SOME = st.text("ab:-#'\"[]{},&*!|>%@`?\n\t \\\u2028", max_size=40)


@settings(max_examples=500)
@given(SOME, st.sampled_from(["---\n{}\n---\n", "+++\n{}\n+++\n", '{{"a": {}}}']))
def test_any_mistake_has_a_line_of_the_file_and_advice(text: str, form: str) -> None:
    whole = form.format(text)
    caught = None
    try:
        split_front_matter(whole)
    except FrontMatterError as error:
        caught = error
    assert caught is None or (1 <= caught.line <= whole.count("\n") + 1 and caught.advice)
