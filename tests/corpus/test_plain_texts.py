"""Texts without front matter: title and date are said once, and no other word is lost."""

from __future__ import annotations

import pytest

from feeds.corpus.article import parse_article
from feeds.corpus.read_settings import ReadSettings
from feeds.model import Mention

TXT = [
    ("The title\n\nMay 26, 2022\n\nThe first.\n", "<p>The first.</p>", "The first."),
    (
        "\n\nThe title\n26.05.2022\nThe first,\nin two lines.\n\nThe second.",
        "<p>The first,<br>\nin two lines.</p>\n<p>The second.</p>",
        "The first, in two lines.",
    ),
    ("The title\n=========\n\n2022-05-26\n----------\n\nThe first.", "<p>The first.</p>", "The first."),
    ("The title\n\nBy A. Writer\n\n26. Mai 2022\n\nThe first.", "<p>By A. Writer</p>\n<p>The first.</p>", "The first."),
    ("The title\n2022-05-26\n\nMay 27, 2022\n\nThe title", "<p>May 27, 2022</p>\n<p>The title</p>", "May 27, 2022"),
    ("The title\n\nMay 26, 2022\n", "", ""),
    (
        "The title\u2028in one line\n\nMay 26, 2022\n\nThe first\u2028line.",
        "<p>The first<br>\nline.</p>",
        "The first line.",
    ),
    ("The title\r\rMay 26, 2022\r\rThe first.", "<p>The first.</p>", "The first."),
]  # fmt: skip
MARKDOWN = [
    ("# The title #\n\n2022-05-26\n\nThe *first*.", "<p>The <em>first</em>.</p>", "The first."),
    (
        "The title\n---\n\n2022-05-26\n\nThe first.\n\n---\n\nThe second.",
        "<p>The first.</p>\n<hr>\n<p>The second.</p>",
        "The first.",
    ),
    (
        "## The title\n\n*By* A. Writer\n2022-05-26\n\n- one",
        "<p><em>By</em> A. Writer</p>\n<ul>\n<li>one</li>\n</ul>",
        "",
    ),
    ("# The title\n\nBy A.\n2022-05-26\n---\nThe first.", "<p>By A.</p>\n<p>The first.</p>", "The first."),
    ("# The title\n\n2022-05-26\n\n    code\n\ntext", "<pre><code>code\n</code></pre>\n<p>text</p>", "text"),
]  # fmt: skip


def read(name: str, text: str) -> Mention:
    parsed = parse_article(name, text.encode(), ReadSettings())
    assert parsed.article is not None, parsed.problems
    assert not parsed.problems
    return parsed.article.own


@pytest.mark.parametrize(
    ("name", "text", "content", "excerpt"),
    [("a.txt", *case) for case in TXT] + [("a.md", *case) for case in MARKDOWN],
)
def test_title_and_date_are_no_content(name: str, text: str, content: str, excerpt: str) -> None:
    own = read(name, text)
    assert own.published.date().isoformat() == "2022-05-26"
    assert own.title.startswith("The title")
    assert (own.content, own.excerpt) == (content, excerpt)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("2022-05-26-a.txt", "The title\n\nThe first.\n"),
        ("2022-05-26-a.md", "# The title\n\nThe first.\n"),
        ("2022-05-26-a.md", "The title\n=========\nThe first.\n"),
        ("2022-05-26-a.md", "The title\nThe first.\n"),
    ],
)
def test_the_date_may_be_in_the_name(name: str, text: str) -> None:
    own = read(name, text)
    assert (own.title, own.content, own.excerpt) == ("The title", "<p>The first.</p>", "The first.")


def test_a_doubt_has_the_line_of_an_editor() -> None:
    parsed = parse_article("a.txt", "A\u2028b\r\n\r\nBy C\r\n01/02/2024\r\n\r\nText".encode(), ReadSettings())
    (problem,) = parsed.problems
    assert problem.line == 4
