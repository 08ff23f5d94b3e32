"""The fast YAML reader gives the values of PyYAML, or leaves a text to PyYAML."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from frontmatter.default_handlers import YAMLHandler
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import corpus as made_up
from feeds.corpus import fast_yaml, front_matter
from feeds.corpus.fields import as_text
from tests.paths import ARTICLES, SEEDS

MATTER = re.compile(r"---\s*\n(.*?)\n---", re.DOTALL)
FILES = [*SEEDS.glob("*.md"), *ARTICLES.rglob("*.md")]
FOUND = [
    match.group(1)
    for path in FILES
    if (match := MATTER.match(path.read_bytes().decode("utf-8", "replace"))) is not None
]
ORDINARY = [made_up.article(number)[4:-5] for number in range(3)]


def as_texts(value: Any) -> Any:
    """Return `value` with every scalar as the fields will see it."""
    if isinstance(value, dict):
        return {name: as_texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_texts(each) for each in value]
    return as_text(value)


def agrees(text: str) -> bool:
    """Tell whether `text` was read quickly; fail where that gives another outcome than PyYAML."""
    values = fast_yaml.load_plain_yaml(text)
    if values is None:
        return False
    expected = as_texts(yaml.load(text, Loader=front_matter._TextLoader))
    found = as_texts(values)
    numbers = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?\Z|(true|false)\Z", re.IGNORECASE)

    def same(one: Any, other: Any) -> bool:
        if isinstance(one, dict):
            return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
        if isinstance(one, list):
            return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
        if one != other and one and other and numbers.match(one) and numbers.match(other):
            return one.lower() == other.lower() or float(one) == float(other)
        return bool(one == other)

    assert same(found, expected), text
    return True


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(["-", "--", "---", "\n", "\n---", "\n----", " ", "x", "\t", "a: b", "\r"]), max_size=9))
def test_front_matter_is_split_as_python_frontmatter_does(parts: list[str]) -> None:
    text = "".join(["---", *parts])
    if not YAMLHandler().detect(text):
        return
    try:
        expected = tuple(YAMLHandler().split(text))
    except ValueError:
        with pytest.raises(ValueError, match="not closed"):
            front_matter.YamlFrontMatter().split(text)
    else:
        assert front_matter.YamlFrontMatter().split(text) == expected


@pytest.mark.parametrize("text", FOUND)
def test_real_front_matter(text: str) -> None:
    agrees(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_front_matter_is_read_fast(text: str) -> None:
    assert agrees(text)


def test_most_of_the_sample_is_read_fast() -> None:
    assert sum(map(agrees, FOUND)) > len(FOUND) / 2


@pytest.mark.parametrize(
    "text",
    [
        "title: 1984",
        "title: 1.10",
        "title: true",
        "tags: [1, two]",
        "tags: [a, ?b]",
        "tags: [a, :b]",
        "tags: [a, b:]",
        "a: {b\nc: d}",
        "a: [b, {c: d}]",
        "a: &x 1\nb: *x",
        "<<: {a: b}",
        "a: !!str 1",
        "a: |\n  b",
        "a: >\n  b",
        "a: 'b",
        "a: b: c",
        "a: @b",
        "a: `b`",
        "a: %b",
        "a:\tb",
        "1: a",
        "related:\n- title: 1984",
        "provider:\n  name: 1984",
        "tags:\n- - 1984",
        "- a",
        "a",
        "",
        "quality: 0x1F",
        "heat: [1, 0x1F]",
        "heat: [0x1F]",
        "quality: # of ten\n  0x1F",
        "quality:\n  -0b1",
        "a: 1\na: 2",
        "a: \u2028b",
        "a: b\x07",
        "%YAML 1.1\n---\na: b",
        "a: b\n...\nc: d",
    ],
)
def test_unusual_yaml_is_left_to_pyyaml(text: str) -> None:
    assert fast_yaml.load_plain_yaml(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "quality: 51\nheat: -1\npublished: false",
        "quality: 012\nheat: 1.50",
        "title: yes\ntags: [no, on]",
        "title: a # comment\nb: 'it''s'\nc: \"\\u00e9\\n\"",
        'a:\nb: ~\nc: null\nd: Null\ne: ""',
        "tags: [AI, C++, 'a, b']\nprovider: {name: A B, domain: a.example}\nimages: []",
        "title: many words\n  over two lines\nb: c",
        "related:\n- title: a\n  url: b\n-   title: c\n    url: d",
        "date: 2022-05-26 15:52\nother: 2022-05-26T15:52:00Z",
        "a: caf\u00e9 \U0001f600\nb: c#d\ne: f:g",
    ],
)
def test_usual_yaml_is_read_fast(text: str) -> None:
    assert agrees(text)


CHARACTERS = [*":-#'\"[]{},&*!|>%@`?\n ~=.01x<\\", ""]


@settings(max_examples=400)
@given(
    st.sampled_from([*FOUND, *(text[:1500].rpartition("\n")[0] for text in ORDINARY)]),
    st.lists(st.tuples(st.integers(0, 1500), st.sampled_from(CHARACTERS)), max_size=4),
)
def test_mistakes_have_the_same_message(text: str, edits: list[tuple[int, str]]) -> None:
    for place, character in edits:
        at = place % (len(text) + 1)
        text = text[:at] + (character or "") + text[at + (not character) :]
    agrees(text)


@given(st.text("!&*?|>@`%[]{},:- \n0xob+./'\"aé\u2003", max_size=20))
def test_every_unusual_start_is_checked(text: str) -> None:
    left = text.encode().translate(None, fast_yaml._IRRELEVANT)
    assert fast_yaml._PERHAPS_FIRST.search(left) or not fast_yaml._starts_unusually(text)
