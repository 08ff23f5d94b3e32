"""What publishers change, and whether subscribers get anything twice: the table in ``docs/memory.md``.

Each change is made in three places: where all state is kept; in a clean checkout with the output folder alone; and in
one with nothing but the address of the published site.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.replay import publish_copies
from feeds.pipeline import publish
from tests.builders import NOW, article, link, make_site
from tests.paths import PROJECT

Files = dict[str, str]
Edit = Callable[[Files], Files]


def prose(word: str) -> str:
    """Return a text that is long enough to be a sign, and that no other article has."""
    return " ".join(f"{word.capitalize()} number {count} is told about here." for count in range(9))


def post(name: str, date: str = "2026-05-01", **given: Any) -> str:
    values: dict[str, Any] = {"title": f"All about {name}", "url": None, "topics": [name[0]], "body": prose(name)}
    values |= given
    return article(date=date, **values)


def page(name: str, date: str = "2026-05-01", **given: Any) -> str:
    return post(name, date, **({"url": f"http://www.a.example/2026/05/{name}.html/"} | given))


FILES: Files = {
    "2026-05-01-apples.md": post("apples"),
    "2026-05-02-bees.md": post(
        "bees", "2026-05-02", topics=["b", "More"], provider={"name": "B", "domain": "b.example"}
    ),
    "deer.md": page("deer", "2026-05-04"),
    "eagles.md": page("eagles", "2026-05-05T10:00:00Z", related=[link("https://r.example/related", "Related")]),
    "foxes.md": post("foxes", "2026-05-06", body="Short."),
}
"""Two articles without a page, two with one, of which one has a related page, and one with a short text."""


def replacing(*pairs: tuple[str, str]) -> Edit:
    """Return an edit that replaces patterns in all files."""

    def edit(files: Files) -> Files:
        for pattern, text in pairs:
            files = {path: re.sub(pattern, text, content) for path, content in files.items()}
        return files

    return edit


def moving(pattern: str, name: str) -> Edit:
    """Return an edit that gives files other names."""
    return lambda files: {re.sub(pattern, name, path): content for path, content in files.items()}


def putting(**given: str | None) -> Edit:
    """Return an edit that writes and deletes files: their names without ``.md``."""

    def edit(files: Files) -> Files:
        changed = files | {f"{name}.md": text for name, text in given.items() if text is not None}
        return {path: text for path, text in changed.items() if given.get(path.removesuffix(".md"), "") is not None}

    return edit


def both(*edits: Edit) -> Edit:
    return lambda files: functools.reduce(lambda some, edit: edit(some), edits, files)


def same(files: Files) -> Files:
    return files


class Change(NamedTuple):
    """A change.

    Attributes:
        edits: the corpus of each build after the first one.
        settings: the settings of all builds after the first one.
        new: how many articles are really new.
        again: how many items are delivered again although they are not new.
        hours: the time between two builds.
        loses: what is deleted after the first build, whatever the place.
        why: why items are delivered again.
    """

    edits: tuple[Edit, ...] = (same,)
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed
    new: int = 0
    again: int = 0
    hours: int = 24
    loses: tuple[str, ...] = ()
    why: str = ""


ANOTHER_TOOL = both(
    moving(r"(?:\d{4}-\d\d-\d\d-)?(\w+)\.md", r"content/\1-post/index.md"),
    replacing((r"(publishedDateTime: \"2026-05-0\d)[^\"]*", r"\1T08:15:00Z")),
)

CHANGES: dict[str, Change] = {
    "other domain of the articles": Change((replacing((r"www\.a\.example", "b.example")),)),
    "https": Change((replacing((r"http://www", "https://www")),)),
    "without www": Change((replacing((r"www\.", "")),)),
    "without a slash at the end": Change((replacing((r"\.html/", ".html")),)),
    "without .html": Change((replacing((r"\.html/", "")),)),
    "flat addresses instead of dated ones": Change((replacing((r"/2026/05/", "/")),)),
    "all of these at once": Change(
        (replacing((r"http://www\.a\.example/2026/05/(\w+)\.html/", r"https://b.example/\1")),)
    ),
    "folder moved": Change((moving("^", "posts/"),)),
    "files renamed": Change((moving(r"(\w+)\.md", r"\1-renamed.md"),)),
    "other tool: all names and times of day": Change((ANOTHER_TOOL,)),
    "other tool, with other addresses": Change((both(ANOTHER_TOOL, replacing((r"http://www\.a", "https://new"))),)),
    "times added to dates": Change((replacing((r"(Time: \"2026-05-0\d)\"", r'\1T09:30:00Z"')),)),
    "times left out of dates": Change((replacing((r"T10:00:00Z", "")),)),
    "other time zone": Change(settings={"timezone": "America/New_York"}),
    "other topics": Change((replacing((r"topics: .*", 'topics: ["Other"]')),)),
    "topic split in two": Change((replacing((r'topics: \["b", ', 'topics: ["b one", "b two", ')),)),
    "topic renamed": Change(
        (replacing((r'"More"', '"Much more"')),), {"renamed": (("topics/more", "topics/much-more"),)}
    ),
    "provider renamed": Change((replacing((r'"B"', '"Bee Company"')),)),
    "provider with another domain": Change((replacing((r"b\.example", "bees.example")),)),
    "title corrected": Change((replacing(("All about", "Everything about")),)),
    "title corrected and file renamed": Change(
        (both(replacing(("All about", "Everything about")), moving(r"(\w+)\.md", r"\1-x.md")),),
        again=1,
        why="the text is short, so that the day is all that stays",
    ),
    "title corrected, file renamed, old name in aliases": Change(
        (
            lambda files: {
                path.replace(".md", "-x.md"): re.sub(
                    'title: "All about (.*)"', rf'title: "On \1"\naliases: ["/{path[:-3]}/"]', text
                )
                for path, text in files.items()
            },
        )
    ),
    "dated anew": Change((replacing((r"(published.*)2026-05", r"\g<1>2026-04")),)),
    "dated anew and renamed": Change(
        (both(replacing((r"(published.*)2026-05", r"\g<1>2026-04")), moving("2026-05", "2026-04")),)
    ),
    "dated anew, with a corrected title": Change(
        (replacing((r"(published.*)2026-05", r"\g<1>2026-04"), ("All about", "On")),),
        again=1,
        why="the text is short, so that the name of the file is all that stays",
    ),
    "dated anew, renamed, with a corrected title": Change(
        (
            both(
                replacing((r"(published.*)2026-05", r"\g<1>2026-04"), ("All about", "On")),
                moving(r"(\w+)\.md", r"\1-x.md"),
            ),
        ),
        again=3,
        why="the text is all that stays, or nothing",
    ),
    "text corrected": Change((replacing(("number 3", "number three")),)),
    "text corrected and file renamed": Change(
        (both(replacing(("number 3", "number three")), moving(r"(\w+)\.md", r"\1-x.md")),)
    ),
    "held back for a day": Change((replacing(("title: ", "draft: true\ntitle: ")), replacing(("draft: true\n", "")))),
    "deleted for a day": Change((lambda files: {"foxes.md": files["foxes.md"]}, lambda files: FILES)),
    "deleted for a year": Change((lambda files: {"foxes.md": files["foxes.md"]}, lambda files: FILES), hours=8760),
    "deleted in one build, renamed in the next": Change(
        (lambda files: {"foxes.md": files["foxes.md"]}, lambda files: both(moving("^", "posts/new-"))(FILES))
    ),
    "broken for a day": Change(
        (replacing(("title: ", "titel: ")), replacing(("titel: ", "title: "))), {"max_loss": 100}
    ),
    "article split in two": Change(
        (
            putting(
                **{
                    "deer": None,
                    "deer-one": page("deer", body="One."),
                    "deer-two": page("deer-two", title="All about deer, II"),
                }
            ),
        ),
        new=1,
    ),
    "new article of the same title": Change(
        (putting(**{"apples-again": post("apples", "2026-05-20", body=prose("pears"))}),), new=1
    ),
    "article about a page that was only related": Change(
        (putting(related=page("related", "2026-05-20", url="https://r.example/related")),)
    ),
    "explicit id added": Change(
        (replacing((r"title: \"All about (.*)\"", r'title: "All about \1"\nid: "tag:a.example,2026:\1"')),)
    ),
    "web addresses added": Change(
        (replacing((r"title: \"All about ([abf]\w+)\"", r'title: "All about \1"\nwebUrl: "https://a.example/\1"')),)
    ),
    "web addresses left out": Change((replacing((r"webUrl: \"http://www.*\n", "")),)),
    "other base_url": Change(settings={"base_url": "https://other.example/blog/"}),
    "https in base_url": Change(settings={"base_url": "http://example.org/"}),
    "other title of the site": Change(settings={"title": "Another title"}),
    "archives switched on": Change(settings={"archives": True}),
    "clock of the build machine is wrong": Change(hours=-24),
    "catalogue lost": Change(loses=("state/catalogue.sqlite3",)),
}


class Place(NamedTuple):
    """Where a site is built: what a build finds there of the one before."""

    state: bool
    output: bool


PLACES = {
    "all state": Place(state=True, output=True),
    "output folder alone": Place(state=False, output=True),
    "address alone": Place(state=False, output=False),
}


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Yield a function that copies the output folder to a web server, and returns its address."""
    with publish_copies(tmp_path / "public", tmp_path / "published") as publish_output:
        yield publish_output


def items(public: Path) -> dict[str, str]:
    """Return the items of the feed of all entries: id → title."""
    return {item["id"]: item["title"] for item in json.loads((public / "feed.json").read_bytes())["items"]}


def delivered_again(change: Change, place: Place, folder: Path, published: Callable[[], str]) -> int:
    """Make a change; return how many items a reader is delivered that are not new and that it did not know."""
    files, settings, now = FILES, {}, NOW

    def build(now: datetime, **settings: Any) -> set[str]:
        shutil.rmtree(folder / "corpus", ignore_errors=True)
        for path, text in files.items():
            (folder / "corpus" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "corpus" / path).write_text(text, "utf-8")
        publish.build(make_site(folder / "corpus", folder, **settings), now)
        return set(items(folder / "public"))

    known = build(now)
    first = len(known)
    for edit in change.edits:
        files, now = edit(files), now + timedelta(hours=change.hours)
        settings = dict(change.settings)
        if not place.state:
            shutil.rmtree(folder / "state")
        if not place.output:
            settings["previous"] = published()
            shutil.rmtree(folder / "public")
        for lost in change.loses:
            (folder / lost).unlink(missing_ok=True)
        shown = build(now, **settings)
        known |= shown
    assert len(shown) == first + change.new, "nothing is lost"
    return len(known) - first - change.new


@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_delivered_again(name: str, place: Place, tmp_path: Path, published: Callable[[], str]) -> None:
    assert delivered_again(CHANGES[name], place, tmp_path, published) == CHANGES[name].again


def table() -> str:
    """Return the table of all changes. The test above holds every figure in it."""
    rows = [("change", *PLACES, ""), ("---",) * (len(PLACES) + 2)]
    rows += [(name, *[str(change.again)] * len(PLACES), change.why) for name, change in CHANGES.items()]
    return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


def test_the_page_of_the_memory_has_the_table() -> None:
    path = PROJECT / "docs" / "memory.md"
    page = path.read_text("utf-8")
    current = re.sub(r"\| change \|.*\n(\|.*\n)*", lambda _: table(), page)
    if os.environ.get("GOLDEN") == "write":
        path.write_text(current, "utf-8")
    assert page == current, "write it anew with GOLDEN=write"
