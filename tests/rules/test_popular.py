"""The summary of a popular page shows what all its mentions show, and says when it does not know."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Author, Enclosure, Entry, Episode, Image, Mention, Provider
from feeds.rules.entries import EntrySettings, merge
from feeds.rules.popular import NumberedMention, PageSummary
from feeds.rules.times import from_seconds

NOW = from_seconds(50)
SETTINGS = EntrySettings(Provider("Site", "site.example"), max_bytes=3)
MOMENTS = st.integers(0, 99).map(from_seconds)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "published": MOMENTS,
    "updated": st.none() | MOMENTS,
    "title": st.sampled_from(["A", "B"]),
    "excerpt": st.sampled_from(["", "e", "f"]),
    "url": st.sampled_from(["https://a.example/", "https://a.example/?utm_source=x"]),
    "original_url": st.sampled_from([None, "https://a.example/", "https://b.example/"]),
    "amp_url": st.sampled_from([None, "https://a.example/amp"]),
    "explicit_id": st.sampled_from([None, "tag:a.example,2026:1"]),
    "provider": st.sampled_from([None, Provider("P", "p.example")]),
    "topics": st.lists(st.sampled_from(["AI", "ai", "Ai", "C"]), max_size=2, unique=True).map(tuple),
    "categories": st.lists(st.sampled_from(["News", "news"]), max_size=2, unique=True).map(tuple),
    "type": st.sampled_from(["", "t"]),
    "quality": st.sampled_from([None, 0, 1]),
    "heat": st.sampled_from([None, 0, 1]),
    "image": st.sampled_from([None, Image("https://a.example/i.png")]),
    "content": st.sampled_from(["", "c", "long"]),
    "has_time": st.booleans(),
    "authors": st.sampled_from([(), (Author("Ann"),)]),
    "language": st.sampled_from(["", "de"]),
    "enclosures": st.sampled_from([(), (Enclosure("https://a.example/a.mp3"),)]),
    "episode": st.sampled_from([None, Episode(1)]),
}
LINKS = st.fixed_dictionaries(VALUES)


def numbered(number: int, values: dict[str, Any], position: int = 1) -> NumberedMention:
    return NumberedMention(number, (number % 3,), Mention(f"{number}.md", position, **values))


def as_seen(mention: Mention) -> Mention:
    """Return a mention as merging sees it now: a change in the future does not count yet."""
    return mention._replace(updated=None) if mention.updated is not None and mention.updated > NOW else mention


def of_summary(summary: PageSummary) -> Entry:
    mentions = [as_seen(it.mention) for it in summary.deciding]
    return merge(mentions, SETTINGS, names=summary.names())


def of_all(mentions: list[NumberedMention]) -> Entry:
    return merge([as_seen(it.mention) for it in mentions], SETTINGS)


def test_every_field_of_a_mention_is_tried() -> None:
    decided_elsewhere = {"path", "position", "visibility", "mark", "embargo", "expires", "signs"}
    assert {*Mention._fields} - decided_elsewhere == {*VALUES}


@given(st.lists(LINKS, min_size=1, max_size=8), st.booleans(), st.integers(1, 4))
def test_the_deciding_mentions_show_what_all_show(links: list[dict[str, Any]], has_article: bool, step: int) -> None:
    mentions = [numbered(number, values, int(number > 0 or not has_article)) for number, values in enumerate(links)]
    summary = PageSummary()
    for start in range(0, len(mentions), step):
        summary.add(mentions[start : start + step], NOW)
    assert of_summary(summary) == of_all(mentions)
    assert summary.size == len(mentions)
    assert len(summary.deciding) <= len(fields(Entry))


@given(
    st.lists(LINKS, min_size=2, max_size=8),
    st.booleans(),
    st.sets(st.integers(0, 7), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 9), LINKS), max_size=3, unique_by=lambda pair: pair[0]),
)
def test_after_a_change_it_is_right_or_says_so(
    links: list[dict[str, Any]], has_article: bool, gone: set[int], new: list[tuple[int, dict[str, Any]]]
) -> None:
    before = {
        number: numbered(number, values, int(number > 0 or not has_article)) for number, values in enumerate(links)
    }
    removed = [before[number] for number in gone if number in before]
    kept = {number: it for number, it in before.items() if number not in gone}
    added = {
        number: numbered(number, values, int(number > 0 or not has_article))
        for number, values in new
        if number not in kept
    }
    after = [*kept.values(), *added.values()]
    summary = PageSummary()
    summary.add(before.values(), NOW)
    deciding, facts = summary.deciding, summary.facts()
    summary.remove(removed)
    summary.add(added.values(), NOW)
    assert summary.size == len(after)
    if not summary.is_decided(deciding, NOW):
        return
    assert of_summary(summary) == of_all(after)
    outlines = [page.outline(SETTINGS.home, None, NOW) for page in (summary, _summary_of(list(before.values())))]
    if outlines[0] == outlines[1] and facts == summary.facts():
        assert of_summary(summary) == of_all(list(before.values())), "what shows no difference is not rendered again"


def _summary_of(mentions: list[NumberedMention]) -> PageSummary:
    summary = PageSummary()
    summary.add(mentions, NOW)
    return summary


@given(st.lists(LINKS, min_size=3, max_size=8))
def test_a_mention_that_decides_nothing_can_go(links: list[dict[str, Any]]) -> None:
    """Else every edit beside a popular page would have all its mentions read."""
    mentions = [numbered(number, values) for number, values in enumerate(links)]
    summary = _summary_of(mentions)
    needless = [it for it in mentions if it not in summary.deciding]
    deciding = summary.deciding
    summary.remove(needless)
    assert summary.is_decided(deciding, NOW)
