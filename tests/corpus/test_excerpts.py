"""Plain text: markup goes, what looks like markup stays, and references are decoded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.corpus.excerpts import LONGEST, strip_tags
from feeds.rules.text import shorten


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("It&#8217;s here [&hellip;]", "It’s here […]"),
        ("Fish &amp; chips", "Fish & chips"),
        ("&lt;b&gt; is bold &#146; &#x85;", "<b> is bold ’ …"),
        ("AT&T &copy=1 ?a&lt=2 &nosuch;", "AT&T &copy=1 ?a&lt=2 &nosuch;"),
        ("&amp;lt;", "&lt;"),
        ("<em>Rust</em>: Vec<T>, Box<dyn Error>, List<b> x", "Rust: Vec<T>, Box<dyn Error>, List<b> x"),
        (
            "<b>New:</b> the <template> element, <style> and <script>",
            "New: the <template> element, <style> and <script>",
        ),
        ("the <p> element, `<b>` and (<i>)", "the <p> element, `<b>` and (<i>)"),
        ("text between <b> and </b> is bold", "text between <b> and </b> is bold"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("a < b > c <- d", "a < b > c <- d"),
        ("<p>One.</p><p>Two<br>three.</p>", "One. Two three."),
        ("<p> One. </p> <p> Two. </p>", "One. Two."),
        ("<p>Cut <strong>off", "Cut off"),
        ('<a href="/x">L</a>ink, x<sup>2</sup>', "Link, x2"),
        ('<img src="a.png" alt="A cat"> sleeps', "A cat sleeps"),
        ('<em>"Hi"</em> <!-- secret --> there', '"Hi" there'),
        ("see https://u:pw@h.example/x and ftp://me@h.example", "see https://h.example/x and ftp://h.example"),
        ("https://medium.example/@me me@h.example", "https://medium.example/@me me@h.example"),
    ],
)
def test_strip_tags(written: str, right: str) -> None:
    assert strip_tags(written) == right


@given(st.lists(st.sampled_from(["word", "Vec<T>", "a < b", "x>y", "<T>", "dyn", "<script>", "R&D"]), min_size=1))
def test_text_without_markup_stays(words: list[str]) -> None:
    assert strip_tags(" ".join(words)) == " ".join(words)


@pytest.mark.parametrize(
    "piece", ["<b ", '<b a="', "<p>", "</p>", "<b></b>", "<!--", "&", "://@", "<b a=b ", "&#1", "<b a", "<p> "]
)
def test_garbage_takes_no_time(piece: str) -> None:
    start = time.process_time()
    strip_tags(piece * 30_000)
    assert time.process_time() - start < 2


@given(st.text(st.sampled_from("ab ,;é字"), max_size=1200).map(lambda text: " ".join(text.split())))
def test_shorten(text: str) -> None:
    short = shorten(text, LONGEST)
    assert len(short) <= LONGEST
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
