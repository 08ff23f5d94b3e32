"""Scalars of YAML, TOML and JSON: where a field is a text they stay as they are written, and a number is one."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.corpus import front_matter
from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Mention, Visibility

TOML_SCALARS = [
    "1.10", "3.10", "1e3", "1E+3", "-0.0", "+5", "0", "0x10", "0xdead_BEEF", "0o17", "0b101", "1_000", "1_0.0_1",
    "1984", "12345678901234567890123", "0.1234567890123456789", "inf", "2024-01-05", "2024-01-05T10:00:00Z",
    "2024-01-05 10:00:00", "2024-01-05t10:00:00.50+02:00", "10:00:00", "10:00:00.5",
]  # fmt: skip
JSON_SCALARS = ["1.10", "3.10", "1e3", "-0.0", "12345678901234567890123", "0.1234567890123456789", "NaN", "1" * 5000]
FORMS = {
    "yaml": "---\ntitle: {}\ndate: 2024-01-05\ntags: [{}, b]\n---\n",
    "toml": '+++\ntitle = {}\ndate = "2024-01-05"\ntags = [{}, "b"] # 1.10\n+++\n',
    "json": '{{"title": {}, "date": "2024-01-05", "tags": [{}, "b"]}}\n',
}


def read(text: str) -> Mention:
    parsed = parse_article("a.md", text.encode(), ReadSettings())
    assert parsed.article is not None, parsed.problems
    assert not parsed.problems
    return parsed.article.own


@pytest.mark.parametrize("written", TOML_SCALARS)
@pytest.mark.parametrize("form", ["yaml", "toml"])
def test_a_text_stays_as_it_is_written(form: str, written: str) -> None:
    own = read(FORMS[form].format(written, written))
    assert (own.title, own.topics) == (written, (written, "b"))


@pytest.mark.parametrize("written", JSON_SCALARS)
def test_a_text_in_json_stays_as_it_is_written(written: str) -> None:
    own = read(FORMS["json"].format(written, written))
    assert (own.title, own.topics) == (written, (written, "b"))


@pytest.mark.parametrize(
    ("written", "number"),
    [("51", 51), ("1.10", 1.1), ("1e3", 1000), ("-1", -1), ("0x10", 16), ("0b11", 3), ("1_000", 1000), ("0o17", 15)],
)
def test_a_number_is_one(written: str, number: float) -> None:
    forms = [f"---\ntitle: a\ndate: 2024\nquality: {written}\n---\n"]
    forms += [f'+++\ntitle = "a"\ndate = "2024"\nquality = {written}\n+++\n']
    if written[-2:].isdigit() and not written.startswith("0") and "_" not in written:
        forms += [f'{{"title": "a", "date": "2024", "quality": {written}}}']
    found = [read(form).quality for form in forms]
    assert found == [number] * len(forms)
    assert {type(each) for each in found} == {type(number)}


@pytest.mark.parametrize("written", ["inf", "nan", "1e999", "1e16", "2024-01-05"])
def test_what_is_no_number_is_a_problem(written: str) -> None:
    parsed = parse_article(
        "a.md", f'+++\ntitle = "a"\ndate = 2024-01-05\nheat = {written}\n+++\n'.encode(), ReadSettings()
    )
    (problem,) = parsed.problems
    assert (problem.line, problem.field, problem.reason) == (4, "heat", "it is not a number")


def test_dates_flags_and_sizes_of_other_formats() -> None:
    toml = read(
        '+++\ntitle = "a"\ndate = 2024-01-05T10:00:00+02:00\nlastmod = 2024-01-06\n'
        "published = 2024-01-05\ndraft = false\n"
        '[images]\nurl = "https://a.example/1.png"\nwidth = 640\nheight = 480\n+++\n'
    )
    assert (toml.published.isoformat(), str(toml.updated)) == ("2024-01-05T08:00:00+00:00", "2024-01-06 00:00:00+00:00")
    assert toml.visibility is Visibility.PUBLIC
    assert toml.image is not None
    assert toml.image[1:] == (640, 480)
    written = {"title": "a", "date": "2024", "draft": 1, "image": {"url": "https://a.example/1.png", "width": 640}}
    of_json = read(json.dumps(written))
    assert of_json.image is not None
    assert (of_json.visibility, of_json.image.width) == (Visibility.UNPUBLISHED, 640)


def test_a_date_of_toml_that_does_not_exist_is_a_problem_of_its_field() -> None:
    parsed = parse_article("a.md", b'+++\ntitle = "a"\ndate = 2024-02-30\n+++\n', ReadSettings())
    (problem,) = parsed.problems
    assert (problem.line, problem.field) == (3, "date")
    assert problem.reason == "it is no usable date: there is no such day"


def as_text(value: Any) -> Any:
    """Return `value` with numbers, dates and times as texts of their values, not of their form."""
    if isinstance(value, dict):
        return {name: as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return str(value) if not isinstance(value, bool) else value


KEYS = st.sampled_from(["a", "b", "1", "2024-01-05", '"1.10"', "'x = 1'", "c.d"])
VALUES = st.recursive(
    st.sampled_from(
        [
            "1",
            "-17",
            "99",
            "2024-01-05",
            "true",
            '"1.10"',
            "'= 1'",
            '"= 1 \\" # 2"',
            '"""\nx = 1\n"y" = 2"""',
            "'''\n[1, 2]\n'''",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]")
        | st.lists(inner, max_size=3).map(lambda each: "[\n" + "".join(f" {one}, # 1\n" for one in each) + "]")
        | inner.map(lambda each: f"{{ x = {each} }}")
    ),
    max_leaves=6,
)
LINES = st.dictionaries(KEYS, VALUES, max_size=5).map(
    lambda each: [f"{key} = {value} # = 5" for key, value in each.items()]
)


@given(LINES, LINES)
def test_quoting_changes_nothing_but_the_type(first: list[str], second: list[str]) -> None:
    text = "\n".join([*first, "[table] # 1", *second, "[[list]]", "x = 1"])
    expected = tomllib.loads(text)
    quoted = front_matter._TOML_SCALAR.sub(front_matter._as_text, text)
    assert as_text(tomllib.loads(quoted)) == as_text(expected)
    assert quoted.count("\n") == text.count("\n")
