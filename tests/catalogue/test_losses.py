"""Files that can't be read any more: no feed ends because of them, and too many of them stop a build."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.errors import CorpusError, LossError
from feeds.pipeline import explain, publish
from feeds.rules.file_patterns import Reason
from feeds.settings.site import Site
from tests.builders import NOW, article, delete_catalogue, make_site, remembered, tree, write_corpus
from tests.conftest import Run

DAY = timedelta(days=1)
BROKEN = "---\ntitle: Broken: the sequel\n---\n"


def text(number: int) -> str:
    return article(f"Title {number}", url=f"https://a.example/{number}", topics=[f"Topic {number}"])


def site_of(folder: Path, count: int, **settings: int) -> Site:
    return make_site(write_corpus(folder / "c", {f"{it}.md": text(it) for it in range(count)}), folder, **settings)


def ended(folder: Path) -> set[str]:
    return {path for path, body in tree(folder / "public").items() if b"This feed has ended" in body}


def is_refused(site: Site) -> bool:
    try:
        publish.build(site, NOW)
    except LossError:
        return True
    return False


def broken(folder: Path) -> list[list[str]]:
    """Return the names that broken files are remembered for."""
    return [names for (names,) in remembered(folder / "public", "broken")]


def retired(folder: Path) -> list[str]:
    """Return the names of feeds that are remembered as empty."""
    return [name for _, _, _, name, _, empty, *_ in remembered(folder / "public", "feeds") if empty]


@pytest.mark.parametrize("lost_state", [False, True])
def test_a_feed_stays_while_the_file_that_names_it_is_broken(tmp_path: Path, lost_state: bool) -> None:
    """Also for longer than a feed without names would, and if the catalogue is lost meanwhile."""
    site = site_of(tmp_path, 4, farewell_after=0)
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"1.md": BROKEN})
    publish.build(site, NOW + DAY)
    assert ended(tmp_path) == set()
    assert (tmp_path / "public" / "topics" / "topic-1" / "feed.atom").exists()
    if lost_state:
        delete_catalogue(tmp_path / "state")
    write_corpus(tmp_path / "c", {"1.md": BROKEN + "still"})
    publish.build(site, NOW + 60 * DAY)
    assert ended(tmp_path) == set()
    assert broken(tmp_path) == [["provider a.example", "topic topic 1"]]
    write_corpus(tmp_path / "c", {"1.md": text(1)})
    publish.build(site, NOW + 61 * DAY)
    assert (broken(tmp_path), retired(tmp_path)) == ([], [])
    (tmp_path / "c" / "1.md").unlink()
    publish.build(site, NOW + 62 * DAY)
    assert {path.split("/")[1] for path in ended(tmp_path)} == {"topic-1"}


def test_a_draft_that_is_broken_keeps_nothing(tmp_path: Path) -> None:
    site = site_of(tmp_path, 4, farewell_after=0)
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"1.md": text(1).replace("---\n", "---\ndraft: true\n", 1)})
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"1.md": BROKEN})
    publish.build(site, NOW)
    assert {path.split("/")[1] for path in ended(tmp_path)} == {"topic-1"}
    assert broken(tmp_path) == []


def test_a_feed_that_nothing_names_is_empty_for_a_week(tmp_path: Path) -> None:
    site = site_of(tmp_path, 4)
    publish.build(site, NOW)
    (tmp_path / "c" / "1.md").unlink()
    report = publish.build(site, NOW + DAY)
    assert report.due == NOW + 8 * DAY
    assert ended(tmp_path) == set()
    assert json.loads((tmp_path / "public" / "topics" / "topic-1" / "feed.json").read_text())["items"] == []
    publish.build(site, NOW + 7 * DAY)
    assert ended(tmp_path) == set()
    report = publish.build(site, NOW + 8 * DAY)
    assert {path.split("/")[1] for path in ended(tmp_path)} == {"topic-1"}
    assert report.due == NOW + 38 * DAY
    publish.build(site, NOW + 38 * DAY)
    assert not (tmp_path / "public" / "topics" / "topic-1").exists()


def test_a_feed_that_is_named_again_in_time_waits_anew(tmp_path: Path) -> None:
    site = site_of(tmp_path, 4)
    publish.build(site, NOW)
    for day in (1, 9):
        (tmp_path / "c" / "1.md").unlink()
        publish.build(site, NOW + day * DAY)
        assert ended(tmp_path) == set()
        write_corpus(tmp_path / "c", {"1.md": text(1)})
        publish.build(site, NOW + (day + 6) * DAY)
        assert retired(tmp_path) == []


def test_too_many_losses_stop_a_build(tmp_path: Path) -> None:
    site = site_of(tmp_path, 4)
    publish.build(site, NOW)
    before = tree(tmp_path / "public")
    write_corpus(tmp_path / "c", {f"{number}.md": BROKEN for number in range(3)})
    for _ in range(2):  # a question about the site in between changes nothing
        with pytest.raises(LossError, match=r"3 of 4 published articles would be lost \(3 × .*\); correct them"):
            publish.build(site, NOW)
        publish.query(site, NOW, lambda db: explain.list_feeds(db, site))
    delete_catalogue(tmp_path / "state")
    with pytest.raises(LossError):
        publish.build(site, NOW)
    assert tree(tmp_path / "public") == before
    assert publish.build(site, NOW, accept_loss=True).counts.published == 1
    assert publish.build(site, NOW).counts.problems == 3  # what was accepted is not lost again


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        pytest.param({"0.md": BROKEN, "1.md": BROKEN}, False, id="half of them"),
        pytest.param({"0.md": BROKEN, "1.md": BROKEN, "5.md": text(5)}, False, id="and another one"),
        pytest.param({"0.md": None, "1.md": None, "2.md": None}, False, id="deleted"),
        pytest.param(
            {f"{it}.md": text(it).replace("---\n", "---\ndraft: true\n", 1) for it in range(3)}, False, id="held back"
        ),
        pytest.param({"0.md": None, "1.md": BROKEN, "2.md": BROKEN, "3.md": BROKEN}, True, id="deleted and broken"),
        pytest.param({"8.md": BROKEN, "9.md": BROKEN, "10.md": BROKEN}, False, id="never published"),
        pytest.param({"0.md": b"\xff\xfe\x00", "1.md": "", "2.md": "---\n- a\n---\n"}, True, id="broken in other ways"),
    ],
)
def test_what_counts_as_a_loss(tmp_path: Path, change: dict[str, str | bytes | None], refused: bool) -> None:
    site = site_of(tmp_path, 4)
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {path: content for path, content in change.items() if content is not None})
    for path in (path for path, content in change.items() if content is None):
        (tmp_path / "c" / path).unlink()
    assert is_refused(site) is refused


@pytest.mark.parametrize(("max_loss", "refused"), [(0, True), (24, True), (25, False), (100, False)])
def test_max_loss(tmp_path: Path, max_loss: int, refused: bool) -> None:
    site = site_of(tmp_path, 4, max_loss=max_loss)
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"1.md": BROKEN})
    assert is_refused(site) is refused


def test_the_command(feeds: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", {"a.md": text(1)})
    feeds("build", "c", "--base-url", "https://example.org/")
    write_corpus(tmp_path / "c", {"a.md": BROKEN})
    refused = feeds("build", "c", "--base-url", "https://example.org/", code=1)
    assert "nothing is published: 1 of 1 published articles would be lost (1 × " in refused.stderr
    feeds("build", "c", "--base-url", "https://example.org/", "--accept-loss")


@pytest.mark.parametrize("lost_state", [False, True])
def test_patterns_that_leave_out_most_articles_stop_a_build(tmp_path: Path, lost_state: bool) -> None:
    site = site_of(tmp_path, 3)
    publish.build(site, NOW)
    before = tree(tmp_path / "public")
    if lost_state:
        delete_catalogue(tmp_path / "state")
    narrow = replace(site, exclude=("[12].md",))
    with pytest.raises(LossError, match=r"2 of 3 .* \(2 × a pattern in the setting exclude matches it\)"):
        publish.build(narrow, NOW + DAY)
    with pytest.raises(CorpusError, match="It has other files: 3 × no pattern in the setting articles matches it"):
        publish.build(replace(site, articles=("posts/**",), exclude=()), NOW + DAY)
    assert tree(tmp_path / "public") == before
    report = publish.build(replace(site, exclude=("1.md",)), NOW + DAY)
    assert (report.entries, report.passed_over) == (2, [(Reason.EXCLUDED, 1, ())])
    report = publish.build(narrow, NOW + 2 * DAY, accept_loss=True)
    assert report.entries == 1
    assert publish.build(narrow, NOW + 3 * DAY).entries == 1, "it was accepted once and for all"
