"""Mentions → entries: which mentions are the same page, and which one represents the entry."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Image, Mention, Provider
from feeds.rules import entries, grouping
from feeds.rules.entries import EntrySettings
from tests.builders import HOME, make_mention, moment


def grouped(*mentions: Mention) -> int:
    """Return how many entries `mentions` make."""
    return len(grouping.group_mentions((number, grouping.merge_keys(each)) for number, each in enumerate(mentions)))


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


def divided(*mentions: Mention) -> list[list[int]]:
    """Return the entries that connected mentions make, each as the sorted indexes of its mentions."""
    assert grouped(*mentions) == 1
    return [sorted(part) for part in grouping.divide(mentions)]


def own(url: str | None, path: str, **given: Any) -> Mention:
    return make_mention(url, path=path, **given)


def related(url: str, path: str = "r.md", **given: Any) -> Mention:
    return make_mention(url, path=path, position=1, **given)


class TestDivide:
    """Titles, queries, fragments and other addresses connect links with pages, and never two articles."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(own(f"{PAGE}#one", "a.md"), own(f"{PAGE}#two", "b.md", title="B"), id="fragments"),
            pytest.param(own(PAGE, "a.md"), own(f"{PAGE}#two", "b.md", title="B"), id="a fragment and none"),
            pytest.param(own(f"{PAGE}?p=1", "a.md"), own(f"{PAGE}?p=2", "b.md"), id="queries, one title"),
            pytest.param(own(PAGE, "a.md"), own("https://a.example/PAGE", "b.md"), id="letter case, one title"),
            pytest.param(own(PAGE, "a.md"), own("https://b.example/", "b.md", original_url=PAGE), id="its original"),
            pytest.param(own(PAGE, "a.md"), own("https://b.example/", "b.md", amp_url=PAGE), id="its AMP page"),
        ],
    )
    def test_two_articles_are_two_entries(self, one: Mention, other: Mention) -> None:
        assert sorted(divided(one, other)) == [[0], [1]]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(own(PAGE, "a.md"), own("http://www.a.example/page/?utm_source=x", "b.md"), id="one address"),
            pytest.param(own(f"{PAGE}#x", "a.md"), own(f"{PAGE}#x", "b.md", title="B"), id="one fragment"),
            pytest.param(
                own(PAGE, "a.md", explicit_id="tag:a,2026:1"),
                own("https://b.example/", "b.md", explicit_id="tag:a,2026:1"),
                id="one id",
            ),
            pytest.param(own(PAGE, "a.md"), own("https://b.example/", "b.md", explicit_id=PAGE), id="an address as id"),
            pytest.param(
                own(None, "a.md", explicit_id="tag:a,2026:1"),
                own(None, "b.md", explicit_id="tag:a,2026:1"),
                id="no page",
            ),
        ],
    )
    def test_two_articles_with_one_address_or_id_are_one_entry(self, one: Mention, other: Mention) -> None:
        assert divided(one, other) == [[0, 1]]

    def test_a_link_belongs_to_the_article_with_its_whole_address(self) -> None:
        articles = own(f"{PAGE}#one", "a.md"), own(f"{PAGE}#two", "b.md", published=moment("2020-01-01"))
        links = related(f"{PAGE}#one"), related(f"{PAGE}#two"), related(f"{PAGE}#else"), related(PAGE)
        assert divided(*articles, *links) == [[1, 3, 4, 5], [0, 2]], "else it belongs to the older article"

    def test_a_link_that_connects_two_articles_belongs_to_the_older_one(self) -> None:
        articles = own(PAGE, "a.md"), own("https://b.example/", "b.md", published=moment("2020-01-01"))
        assert divided(*articles, related("https://c.example/", amp_url=PAGE, original_url="https://b.example/")) == [
            [1, 2],
            [0],
        ]

    def test_links_that_only_other_links_connect_follow_them(self) -> None:
        articles = own(PAGE, "a.md", published=moment("2020-01-01")), own(f"{PAGE}?p=2", "b.md")
        links = (
            related(f"{PAGE}?p=2", amp_url="https://amp.example/2", title="Other"),
            related("https://amp.example/2", title="A", original_url="https://c.example/"),
            related("https://c.example/", title="B"),
        )
        assert divided(*articles, *links) == [[0], [1, 2, 3, 4]]

    def test_the_address_of_an_article_keeps_its_fragment(self) -> None:
        entry = entries.merge([own(f"{PAGE}?utm_source=x#part", "a.md"), related(PAGE)], EntrySettings(HOME))
        assert (entry.id, entry.url) == (f"{PAGE}#part", f"{PAGE}#part")
        entry = entries.merge([related(f"{PAGE}#part")], EntrySettings(HOME))
        assert (entry.id, entry.url) == (PAGE, PAGE)

    @given(st.permutations(range(7)))
    def test_the_order_of_reading_makes_no_difference(self, order: list[int]) -> None:
        mentions = [
            own(f"{PAGE}#one", "a.md"),
            own(f"{PAGE}#two", "b.md"),
            own(PAGE, "c.md", published=moment("2021-01-01")),
            related(f"{PAGE}#two", "d.md"),
            related(PAGE, "e.md", amp_url="https://amp.example/"),
            related("https://amp.example/", "f.md", title="F"),
            related("https://amp.example/", "g.md", title="G", original_url=f"{PAGE}#one"),
        ]
        expected = [sorted(mentions[index].path for index in part) for part in grouping.divide(mentions)]
        shuffled = [mentions[index] for index in order]
        assert [sorted(shuffled[index].path for index in part) for part in grouping.divide(shuffled)] == expected


def test_mentions_meet_through_others() -> None:
    chain = [
        make_mention(f"https://a.example/{n}", title=str(n), amp_url=f"https://a.example/{n + 1}") for n in range(9)
    ]
    for _ in range(5):
        random.Random(1).shuffle(chain)
        assert grouped(*chain) == 1


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=12))
def test_groups_are_the_connected_components(keys: list[list[str]]) -> None:
    groups = grouping.group_mentions(enumerate(keys))
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
        entry = entries.merge([related, own], EntrySettings(HOME))
        assert (entry.title, entry.id, entry.published, entry.own) == ("Own", PAGE, moment("2022-05-27"), True)

    def test_the_earliest_then_the_shortest_then_the_first(self) -> None:
        late = make_mention("https://a.example/a", position=1, published=moment("2022-05-27"))
        longer = make_mention("https://a.example/page?b", position=1)
        last = make_mention("https://a.example/pagf", position=1)
        first = make_mention("https://a.example/page", position=1)
        for order in permutations([late, longer, last, first]):
            assert entries.merge(order, EntrySettings(HOME)).id == "https://a.example/page"

    def test_the_id_is_the_address_less_what_never_names_a_page(self) -> None:
        entry = entries.merge([related("http://www.a.example/x/?utm_source=n&id=1#top")], EntrySettings(HOME))
        assert entry.id == entry.url == "http://www.a.example/x/?id=1"

    def test_an_explicit_id_is_the_id(self) -> None:
        entry = entries.merge([make_mention(PAGE, explicit_id="tag:a.example,2026:1")], EntrySettings(HOME))
        assert (entry.id, entry.url) == ("tag:a.example,2026:1", PAGE)

    def test_the_id_of_an_article_without_a_page_is_no_address_of_ours(self) -> None:
        one = entries.merge([make_mention(None)], EntrySettings(HOME), page_url="https://example.org/articles/a-page/")
        other = entries.merge(
            [make_mention(None)], EntrySettings(HOME), page_url="https://moved.example/articles/a-page/"
        )
        assert one.id == other.id
        assert one.id.startswith("urn:uuid:")
        assert entries.merge([make_mention(None, path="b.md")], EntrySettings(HOME)).id != one.id


def test_what_is_missing_comes_from_the_next_that_has_it() -> None:
    top = make_mention(PAGE, quality=0)
    second = make_mention(PAGE, position=1, excerpt="Second", quality=5, published=moment("2022-05-27"))
    third = make_mention(
        PAGE, position=1, excerpt="Third", image=Image("https://a.example/i.png"), published=moment("2022-05-28")
    )
    entry = entries.merge([third, second, top], EntrySettings(HOME))
    assert (entry.summary, entry.image, entry.quality) == ("Second", Image("https://a.example/i.png"), 0)


def test_updated_is_the_latest_and_never_before_published() -> None:
    mentions = [make_mention(PAGE, updated=moment(day)) for day in ("2022-05-28", "2022-05-30", "2022-05-29")]
    assert entries.merge(mentions, EntrySettings(HOME)).updated == moment("2022-05-30")
    assert entries.merge([make_mention(PAGE, updated=moment("2022-01-01"))], EntrySettings(HOME)).updated == moment(
        "2022-05-26"
    )


def test_topics_are_those_of_every_article_that_mentions_it() -> None:
    mentions = [make_mention(PAGE, topics=("AI", "Cloud")), make_mention(PAGE, position=2, topics=("ai", "Chips"))]
    assert entries.merge(mentions, EntrySettings(HOME)).topics == ("AI", "Chips", "Cloud")


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
    assert entries.merge([make_mention(url, provider=said)], EntrySettings(HOME)).provider == expected


@given(st.permutations(range(6)))
def test_an_entry_does_not_depend_on_the_order_of_reading(order: list[int]) -> None:
    mentions = [
        make_mention(
            PAGE, path=f"{n % 2}.md", position=n, title=f"T{n}", excerpt=f"E{n}", topics=(f"t{n % 3}", f"T{n % 3}")
        )
        for n in range(6)
    ]
    assert entries.merge([mentions[n] for n in order], EntrySettings(HOME)) == entries.merge(
        mentions, EntrySettings(HOME)
    )
