"""Articles that are recognised, and those that must not be: migrations of which the truth is known."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.pipeline import publish
from tests.builders import NOW, article, make_site, remembered, write_corpus
from tests.paths import RAM_FOLDER

FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Truth:
    """An article of a publisher, who knows which one it is, whatever its file and its fields are.

    Attributes:
        number: which one it is; its topic, which no rule of recognition looks at.
        folder, slug: its file.
        has_date: whether the name of its file begins with its date.
        page: its web page, or None.
    """

    number: int
    folder: str
    slug: str
    title: str
    day: date
    text: str
    has_date: bool
    page: str | None

    @property
    def path(self) -> str:
        prefix = f"{self.day.isoformat()}-" if self.has_date else ""
        return f"{self.folder}/{prefix}{self.slug}.md"

    def content(self) -> str:
        return article(
            self.title, self.day.isoformat(), url=self.page, body=self.text, topics=[f"number {self.number}"]
        )


def own_text(number: int) -> str:
    return " ".join(f"Sentence {place} of article {number} is in no other." for place in range(8))


RECURRING = ("Weekly links", "Notes", "Open thread")
TEXTS = ("", "Short.", "The same words stand in every issue, with all that was there before. " * 5)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Truth]]:
    """Return corpora, build after build. Whatever recurs is there twice from the first one on."""
    numbers = count(1)
    folders = count(1)  # no file takes the place of another article's file: its path would say that it is the same one

    def days() -> date:
        return FIRST_DAY + timedelta(days=draw(st.integers(0, 4)))

    def new(**given: object) -> Truth:
        number = next(numbers)
        has_own = draw(st.booleans())
        truth = Truth(
            number,
            f"folder {next(folders)}",
            draw(st.sampled_from([f"article-{'abcdefghij'[number % 10] * 3}-{number}", "weekly-links", "notes"])),
            draw(st.sampled_from([f"Title of {number}", *RECURRING])),
            days(),
            own_text(number) if has_own else draw(st.sampled_from(TEXTS)),
            draw(st.booleans()),
            draw(st.sampled_from([None, f"https://a.example/{number}/"])),
        )
        return replace(truth, **given)  # type: ignore[arg-type]

    def changed(truth: Truth) -> Truth:
        number = truth.number
        version = draw(st.integers(2, 9))
        changes = {
            "folder": f"folder {next(folders)}",
            "slug": f"{truth.slug}-{number}-v{version}",
            "title": f"{truth.title} {number}, {version}",
            "day": days(),
            "text": f"{own_text(number)} {version}",
            "has_date": not truth.has_date,
            "page": f"https://b.example/{number}/{version}",
        }
        names = draw(st.sets(st.sampled_from(sorted(changes)), min_size=1))
        return replace(truth, **{name: changes[name] for name in names})  # type: ignore[arg-type]

    corpus = [new(title=title, slug=slug) for title in RECURRING for slug in ("weekly-links", "notes")]
    corpus += [new(text=text) for text in TEXTS for _ in range(2)]
    history = [corpus]
    away: list[Truth] = []
    for _ in range(draw(st.integers(1, 3))):
        after: list[Truth] = []
        for truth in corpus:
            fate = draw(st.sampled_from(["stays"] * 6 + ["changes"] * 3 + ["goes"]))
            if fate == "goes":
                away.append(truth)
            else:
                after.append(changed(truth) if fate == "changes" else truth)
        if draw(st.booleans()) and away:
            after.append(changed(away.pop()))
        after += [new() for _ in range(draw(st.integers(0, 3)))]
        if draw(st.booleans()):  # a folder that keeps the last ones
            after = sorted(after, key=lambda it: (it.day, it.number))[-8:]
        corpus = after
        history.append(corpus)
    return [corpus for corpus in history if corpus]


def build_all(history: Sequence[Sequence[Truth]], folder: Path, *, keeps_state: bool) -> list[dict[str, int]]:
    """Build every corpus; return, for each of them, the ids with the number of the article that has it."""
    results = []
    for turn, corpus in enumerate(history):
        shutil.rmtree(folder / "corpus", ignore_errors=True)
        if not keeps_state:
            shutil.rmtree(folder / "state", ignore_errors=True)
        write_corpus(folder / "corpus", {truth.path: truth.content() for truth in corpus})
        site = make_site(folder / "corpus", folder, max_loss=100)
        publish.build(site, NOW + timedelta(days=turn))
        items = json.loads((folder / "public" / "feed.json").read_bytes())["items"]
        results.append({item["id"]: int(item["tags"][0].removeprefix("number ")) for item in items})
    return results


@settings(max_examples=60)
@given(history=histories(), keeps_state=st.booleans())
def test_no_article_is_ever_taken_for_another(history: list[list[Truth]], keeps_state: bool) -> None:
    with tempfile.TemporaryDirectory(dir=RAM_FOLDER) as folder:
        owner: dict[str, int] = {}
        for corpus, ids in zip(history, build_all(history, Path(folder), keeps_state=keeps_state), strict=True):
            assert sorted(ids.values()) == sorted(truth.number for truth in corpus), "nothing is lost"
            for uri, number in ids.items():
                assert owner.setdefault(uri, number) == number, f"{uri} was article {owner[uri]} and is {number}"


@settings(max_examples=30)
@given(history=histories())
def test_state_and_a_clean_checkout_give_the_same_ids(history: list[list[Truth]]) -> None:
    with tempfile.TemporaryDirectory(dir=RAM_FOLDER) as folder:
        kept = build_all(history, Path(folder) / "kept", keeps_state=True)
        assert build_all(history, Path(folder) / "clean", keeps_state=False) == kept


OLD = article("The harbour", "2026-05-01", url=None, body=own_text(1), slug="harbour-walk", topics=["number 1"])
OTHER = article("Another", "2026-05-02", url="https://o.example/", topics=["number 0"])


def ids_of(folder: Path, *corpora: dict[str, str], **given: object) -> list[dict[int, str]]:
    """Build corpora, one after the other; return for each the ids of the articles by their numbers."""
    results = []
    for files in corpora:
        shutil.rmtree(folder / "corpus", ignore_errors=True)
        write_corpus(folder / "corpus", {"other.md": OTHER} | files)
        publish.build(make_site(folder / "corpus", folder, **given), NOW)
        items = json.loads((folder / "public" / "feed.json").read_bytes())["items"]
        results.append({int(item["tags"][0].removeprefix("number ")): item["id"] for item in items})
    return results


def is_recognised(folder: Path, *corpora: dict[str, str]) -> bool:
    """Tell whether the article 2 of the last corpus has the id that article 1 has in the first one."""
    first, *_, last = ids_of(folder, {"old.md": OLD}, *corpora)
    return first[1] == last[2]


def new(title: str = "New", day: str = "2026-06-01", **given: object) -> str:
    values = {"url": None, "body": own_text(2), "topics": ["number 2"]} | given
    return article(title, day, **values)  # type: ignore[arg-type]


RECOGNISED = {
    "text and title": new("The  Harbour", body=own_text(1)),
    "text and day": new(day="2026-05-01T23:00:00Z", body=own_text(1)),
    "text and slug": new(slug="harbour-walk", body=own_text(1)),
    "slug and day, and nothing against it": new(
        day="2026-05-01", url="https://a.example/2026/harbour-walk.html", body="Short."
    ),
    "slug, day and title": new("The harbour", "2026-05-01", url="https://a.example/2026/harbour-walk.html"),
    "title and day": new("The harbour", "2026-05-01"),
    "a name of the old file as alias, and the day": new(day="2026-05-01", aliases=["/2026/harbour-walk/"]),
    "the page of the old one as alias, and the title": new("The harbour", redirect_from="/articles/the-harbour/"),
    "an alias and the text": new(body=own_text(1), aliases=["https://b.example/blog/harbour-walk.php"]),
}

NOT_RECOGNISED = {
    "nothing": new(),
    "text alone": new(body=own_text(1)),
    "title alone": new("The harbour"),
    "slug alone": new(slug="harbour-walk"),
    "title and slug": new("The harbour", slug="harbour-walk"),
    "slug and day, with another title and text": new(day="2026-05-01", slug="harbour-walk"),
    "day alone": new(day="2026-05-01"),
    "an alias alone": new(aliases=["/harbour-walk/"]),
}


@pytest.mark.parametrize("name", RECOGNISED)
@pytest.mark.parametrize("builds", [1, 2])
def test_what_is_enough(name: str, builds: int, tmp_path: Path) -> None:
    """It is enough, also if the old article goes in one build and the new one comes in the next."""
    between: list[dict[str, str]] = [{}] * (builds - 1)
    assert is_recognised(tmp_path, *between, {"new.md": RECOGNISED[name]})


@pytest.mark.parametrize("name", NOT_RECOGNISED)
def test_what_is_not_enough(name: str, tmp_path: Path) -> None:
    assert not is_recognised(tmp_path, {"new.md": NOT_RECOGNISED[name]})


def test_an_article_is_recognised_however_long_it_was_away(tmp_path: Path) -> None:
    third = article("A third", "2026-05-03", url="https://t.example/", topics=["number 3"])
    assert is_recognised(tmp_path, {}, {"third.md": third}, {"new.md": RECOGNISED["text and title"]})


def test_nothing_is_recognised_while_the_old_article_stays(tmp_path: Path) -> None:
    copy = {"old.md": OLD, "new.md": RECOGNISED["title and day"]}
    assert not is_recognised(tmp_path, copy)
    held = {"old.md": OLD.replace("title:", "draft: true\ntitle:"), "new.md": RECOGNISED["text and title"]}
    assert not is_recognised(tmp_path / "held back", held), "its file is there, and may be published again"


def test_nothing_is_recognised_where_two_could_be_meant(tmp_path: Path) -> None:
    two = {
        "new.md": RECOGNISED["title and day"],
        "newer.md": new("Newer", "2026-05-01", slug="harbour-walk", topics=["number 3"], body="Short."),
    }
    assert not is_recognised(tmp_path, two)
    files = {
        "old.md": OLD,
        "older.md": article("Oldest", "2026-06-01", url=None, slug="quay-walk", topics=["number 4"]),
    }
    before, after = ids_of(
        tmp_path / "two old", files, {"new.md": new("The harbour", "2026-05-01", aliases=["quay-walk"])}
    )
    assert after[2] == before[1], "an alias alone is not enough for the other one"
    both = {"new.md": new("The harbour", "2026-05-01", slug="x", aliases=["quay-walk"], body=own_text(4))}
    files["older.md"] = article("Old", "2026-05-01", url=None, slug="quay-walk", topics=["number 4"])
    before, after = ids_of(tmp_path / "two sure", files, both)
    assert after[2] not in before.values()


def test_what_was_forgotten_is_not_recognised(tmp_path: Path) -> None:
    first, _ = ids_of(tmp_path, {"old.md": OLD}, {})
    publish.build(make_site(tmp_path / "corpus", tmp_path), NOW, forget=first[1])
    (last,) = ids_of(tmp_path, {"new.md": RECOGNISED["text and title"]})
    assert last[2] != first[1]
    assert all(record[-1] == [] or record[0] is not None for record in remembered(tmp_path / "public", "entries"))


def test_the_page_keeps_its_address(tmp_path: Path) -> None:
    files = {"old.md": OLD}, {"new.md": new("Along the quay", "2026-05-01", body=own_text(1))}
    addresses = []
    for corpus in files:
        ids_of(tmp_path, corpus)
        addresses.append([path.name for path in (tmp_path / "public" / "articles").iterdir()])
    assert addresses == [["the-harbour"]] * 2


def test_diff_says_what_is_recognised_and_what_may_come_again(tmp_path: Path) -> None:
    site = make_site(tmp_path / "corpus", tmp_path)
    write_corpus(tmp_path / "corpus", {"other.md": OTHER})
    assert publish.compare(site, NOW).is_first
    ids_of(tmp_path, {"old.md": OLD})
    shutil.rmtree(tmp_path / "corpus")
    write_corpus(tmp_path / "corpus", {"other.md": OTHER, "new.md": RECOGNISED["text and day"]})
    difference = publish.compare(site, NOW)
    assert [entry.title for feed in difference.feeds[:1] for entry in feed.recognised] == ["New"]
    assert not difference.delivers_again
    assert not difference.is_first
    assert difference.moved_from is None
    write_corpus(tmp_path / "corpus", {"new.md": NOT_RECOGNISED["text alone"]})
    difference = publish.compare(site, NOW)
    (doubt,) = difference.doubts
    assert (doubt.title, doubt.old_id in str(difference.feeds[0].removed)) == ("New", True)
    assert difference.delivers_again
    write_corpus(tmp_path / "corpus", {"new.md": new(body=own_text(1), id=doubt.old_id)})
    assert not publish.compare(site, NOW).delivers_again, "the advice helps"
    moved = make_site(tmp_path / "corpus", tmp_path, base_url="https://moved.example/")
    assert publish.compare(moved, NOW).moved_from == "https://example.org/"
