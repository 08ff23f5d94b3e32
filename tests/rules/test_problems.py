"""Problems of one kind are one group, with the first of them and the count of all."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Problem, Severity
from feeds.rules.problems import EXAMPLES, KnownProblems, ProblemGroup, group_problems, merged_reason, problem_lines

PROBLEMS = st.lists(
    st.builds(
        Problem,
        path=st.sampled_from(["a.md", "b.md", "b/c.md", "é.md"]),
        line=st.integers(1, 4),
        field=st.sampled_from(["", "title", "related[1].title", "related[2].title", "related[12]", "related"]),
        reason=st.sampled_from(["it is wrong", "it is missing"]),
        advice=st.sampled_from(["write it", "delete it"]),
        severity=st.sampled_from(Severity),
    ),
    max_size=40,
)


def problem(path: str, line: int = 1, field: str = "", **given: str) -> Problem:
    return Problem(path, line, field, given.get("reason", "r"), given.get("advice", "a"), Severity.WARNING)


def kind(each: Problem | ProblemGroup) -> tuple[str, str, str, str]:
    field = each.field
    for position in ("[1]", "[2]", "[12]"):
        field = field.replace(position, "")
    return each.severity, field, each.reason, each.advice


def place(each: Problem) -> tuple[str, int, str]:
    return each.path, each.line, each.field


def test_positions_in_lists_make_no_difference() -> None:
    problems = [problem("a.md", 7, "related[3].title"), problem("a.md", 9, "related[12].title")]
    (group,) = group_problems(problems)
    assert (group.field, group.first, group.count) == ("related.title", tuple(problems), 2)


@pytest.mark.parametrize(
    "other",
    [
        problem("a.md", reason="x"),
        problem("a.md", advice="x"),
        problem("a.md", field="title"),
        Problem("a.md", 1, "", "r", "a", Severity.ERROR),
    ],
)
def test_another_kind_is_another_group(other: Problem) -> None:
    assert len(group_problems([problem("a.md"), other])) == 2


def test_groups_are_in_the_order_of_their_first_problem() -> None:
    problems = [problem("c.md", reason="x"), problem("b.md", 2, reason="y"), problem("b.md", 1, reason="z")]
    problems += [problem("a.md", reason="x")]
    assert [(group.reason, group.count) for group in group_problems(problems)] == [("x", 2), ("z", 1), ("y", 1)]


def test_only_the_first_are_kept() -> None:
    problems = [problem(f"{number:02}.md") for number in range(99, -1, -1)]
    (group,) = group_problems(problems, limit=3)
    assert ([each.path for each in group.first], group.count) == (["00.md", "01.md", "02.md"], 100)


def test_a_limit_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="limit should be 1 or more"):
        group_problems([], limit=0)


@given(PROBLEMS, st.integers(1, 12))
def test_grouping_is_sorting(problems: list[Problem], limit: int) -> None:
    ordered = sorted(problems, key=place)
    groups = group_problems(iter(problems), limit)
    assert [kind(group) for group in groups] == list(dict.fromkeys(map(kind, ordered))) or not_by_place(groups)
    for group in groups:
        same = [each for each in ordered if kind(each) == kind(group)]
        assert group.count == len(same)
        assert group.first == tuple(same[:limit])


def not_by_place(groups: list[ProblemGroup]) -> bool:
    """Tell whether the first problems of two groups are at one place, so that their order is that of their arrival."""
    places = [place(group.first[0]) for group in groups]
    return places == sorted(places) and len(set(places)) < len(places)


def test_many_problems_need_no_more_memory_than_a_thousand() -> None:
    def made(count: int) -> Iterator[Problem]:
        for number in range(count):
            yield problem(f"{-number % 100_003:06}.md", reason=f"kind {number % 7}")

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            groups = group_problems(made(count))
            assert sum(group.count for group in groups) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is loaded and cached once does not count
    assert peak(50_000) < 2 * peak(1_000)


def test_ten_of_a_kind_are_shown_and_the_others_are_counted() -> None:
    same = [problem(f"{number:04}.md") for number in range(1_244)]
    lines = list(problem_lines([*same, problem("z.md", reason="x")]))
    assert lines == [
        *map(str, same[:EXAMPLES]),
        "… and 1,234 more of this kind; `feeds check --all` lists all",
        "z.md:1: warning: x; a",
    ]
    assert list(problem_lines(same[:EXAMPLES])) == [str(each) for each in same[:EXAMPLES]]


def test_articles_that_are_one_entry_with_others_are_one_kind() -> None:
    problems = [problem(f"{number}.md", reason=merged_reason(f"the {number}\nth.md")) for number in range(12)]
    (group,) = group_problems(problems)
    assert (group.count, group.first[0].reason) == (12, problems[0].reason)
    assert "0" not in group.reason


def test_a_known_problem_is_not_yielded_until_it_has_been_away() -> None:
    one, two, three = (problem(f"{number}.md") for number in range(3))
    known = KnownProblems([two, one])
    assert list(known.replace([one, two, three])) == [three]
    assert list(known.replace([three, one])) == []
    assert list(known.replace([one, two])) == [two]
