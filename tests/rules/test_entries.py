"""Mentions → entries: which mentions are the same page, and which one represents the entry."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Image, Mention, Provider
from feeds.rules import entries
from tests.builders import HOME, make_mention, moment


def grouped(*mentions: Mention) -> int:
    """Return how many entries `mentions` make."""
    return len(entries.group_mentions((number, entries.merge_keys(each)) for number, each in enumerate(mentions)))


PAGE = "https://a.example/page"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(make_mention("http://www.a.example/page/?utm_source=x#y"), id="another spelling"),
        pytest.param(make_mention("https://b.example/x", amp_url=PAGE), id="its AMP page"),
        pytest.param(make_mention("https://b.example/x", original_url=PAGE), id="its original"),
        pytest.param(make_mention("https://a.example/PAGE?id=7", title="A page"), id="another query, the same title"),
    ],
)
def test_same_page_same_entry(other: Mention) -> None:
    assert grouped(make_mention(PAGE), other) == 1


def test_another_query_and_another_title_is_another_entry() -> None:
    assert grouped(make_mention(PAGE), make_mention(f"{PAGE}?id=7", title="Another")) == 2


def test_articles_without_a_page_are_entries_by_themselves() -> None:
    assert grouped(make_mention(None), make_mention(None, path="b.md")) == 2


def test_a_page_is_found_by_its_id() -> None:
    assert grouped(make_mention(None, explicit_id="tag:a,2026:1"), make_mention(None, explicit_id="tag:a,2026:1")) == 1
    assert grouped(make_mention(None, explicit_id=PAGE), make_mention(PAGE)) == 1


def test_mentions_meet_through_others() -> None:
    chain = [
        make_mention(f"https://a.example/{n}", title=str(n), amp_url=f"https://a.example/{n + 1}") for n in range(9)
    ]
    for _ in range(5):
        random.Random(1).shuffle(chain)
        assert grouped(*chain) == 1


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=12))
def test_groups_are_the_connected_components(keys: list[list[str]]) -> None:
    groups = entries.group_mentions(enumerate(keys))
    assert sorted(number for group in groups for number in group) == list(range(len(keys)))
    of = {number: place for place, group in enumerate(groups) for number in group}
    for one, names in enumerate(keys):
        for other, other_names in enumerate(keys):
            if set(names) & set(other_names):
                assert of[one] == of[other]
    for group in groups:  # and nothing is joined without a reason
        reached, frontier = {group[0]}, [group[0]]
        while frontier:
            here = frontier.pop()
            near = [each for each in group if each not in reached and set(keys[each]) & set(keys[here])]
            reached.update(near)
            frontier += near
        assert reached == set(group)


class TestRepresentative:
    """Who gives id, address, title and date."""

    def test_the_article_s_own_before_an_earlier_related_one(self) -> None:
        own = make_mention(PAGE, title="Own", published=moment("2022-05-27"))
        related = make_mention(f"{PAGE}?x=1", position=3, title="Related", published=moment("2022-05-26"))
        entry = entries.merge([related, own], HOME)
        assert (entry.title, entry.id, entry.published, entry.own) == ("Own", PAGE, moment("2022-05-27"), True)

    def test_the_earliest_then_the_shortest_then_the_first(self) -> None:
        late = make_mention("https://a.example/a", position=1, published=moment("2022-05-27"))
        longer = make_mention("https://a.example/page?b", position=1)
        last = make_mention("https://a.example/pagf", position=1)
        first = make_mention("https://a.example/page", position=1)
        for order in permutations([late, longer, last, first]):
            assert entries.merge(order, HOME).id == "https://a.example/page"

    def test_the_id_is_the_address_less_what_never_names_a_page(self) -> None:
        entry = entries.merge([make_mention("http://www.a.example/x/?utm_source=n&id=1#top")], HOME)
        assert entry.id == entry.url == "http://www.a.example/x/?id=1"

    def test_an_explicit_id_is_the_id(self) -> None:
        entry = entries.merge([make_mention(PAGE, explicit_id="tag:a.example,2026:1")], HOME)
        assert (entry.id, entry.url) == ("tag:a.example,2026:1", PAGE)

    def test_the_id_of_an_article_without_a_page_is_no_address_of_ours(self) -> None:
        one = entries.merge([make_mention(None)], HOME, page_url="https://example.org/articles/a-page/")
        other = entries.merge([make_mention(None)], HOME, page_url="https://moved.example/articles/a-page/")
        assert one.id == other.id
        assert one.id.startswith("urn:uuid:")
        assert entries.merge([make_mention(None, path="b.md")], HOME).id != one.id


def test_what_is_missing_comes_from_the_next_that_has_it() -> None:
    top = make_mention(PAGE, quality=0)
    second = make_mention(PAGE, position=1, excerpt="Second", quality=5, published=moment("2022-05-27"))
    third = make_mention(
        PAGE, position=1, excerpt="Third", image=Image("https://a.example/i.png"), published=moment("2022-05-28")
    )
    entry = entries.merge([third, second, top], HOME)
    assert (entry.summary, entry.image, entry.quality) == ("Second", Image("https://a.example/i.png"), 0)


def test_updated_is_the_latest_and_never_before_published() -> None:
    mentions = [make_mention(PAGE, updated=moment(day)) for day in ("2022-05-28", "2022-05-30", "2022-05-29")]
    assert entries.merge(mentions, HOME).updated == moment("2022-05-30")
    assert entries.merge([make_mention(PAGE, updated=moment("2022-01-01"))], HOME).updated == moment("2022-05-26")


def test_topics_are_those_of_every_article_that_mentions_it() -> None:
    mentions = [make_mention(PAGE, topics=("AI", "Cloud")), make_mention(PAGE, position=2, topics=("ai", "Chips"))]
    assert entries.merge(mentions, HOME).topics == ("AI", "Chips", "Cloud")


@pytest.mark.parametrize(
    ("said", "url", "expected"),
    [
        pytest.param(Provider("A", "a.example"), PAGE, Provider("A", "a.example"), id="as it says"),
        pytest.param(Provider("", "a.example"), PAGE, Provider("a.example", "a.example"), id="a domain only"),
        pytest.param(Provider("Jo", ""), "https://www.b.example/x", Provider("Jo", "b.example"), id="a name only"),
        pytest.param(None, "https://b.example/x", Provider("b.example", "b.example"), id="the host of its page"),
        pytest.param(None, None, HOME, id="the site itself"),
        pytest.param(Provider("Jo", ""), None, Provider("Jo", HOME.domain), id="an author of the site"),
    ],
)
def test_provider(said: Provider | None, url: str | None, expected: Provider) -> None:
    assert entries.merge([make_mention(url, provider=said)], HOME).provider == expected


@given(st.permutations(range(6)))
def test_an_entry_does_not_depend_on_the_order_of_reading(order: list[int]) -> None:
    mentions = [
        make_mention(
            PAGE, path=f"{n % 2}.md", position=n, title=f"T{n}", excerpt=f"E{n}", topics=(f"t{n % 3}", f"T{n % 3}")
        )
        for n in range(6)
    ]
    assert entries.merge([mentions[n] for n in order], HOME) == entries.merge(mentions, HOME)
