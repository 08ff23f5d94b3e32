"""The watch: which paths it looks at, and when; never too few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.errors import StateError
from feeds.pipeline import publish, watch
from feeds.pipeline.publish import Report
from feeds.pipeline.watch import (
    FULL_SCAN_INTERVAL,
    MAX_CHANGES,
    RETRY_AFTER,
    SECOND_SCAN_DELAY,
    ChangedPaths,
    Rebuild,
    ScanRequest,
    Schedule,
    corpus_paths,
)
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.settings.site import Site
from tests.builders import NOW, article, make_site, write_corpus

A, B = frozenset({"a.md"}), frozenset({"b.md"})
SECOND = timedelta(seconds=1)


def test_a_changed_path_is_scanned_twice() -> None:
    agenda = Schedule(None, NOW)
    assert agenda.next(NOW) is None
    agenda.add(A)
    agenda.add(B)
    assert agenda.next(NOW) == ScanRequest(A | B)
    agenda.done(ScanRequest(A | B), None, NOW)
    assert agenda.next(NOW) is None
    assert agenda.next(NOW + SECOND_SCAN_DELAY) == ScanRequest(A | B, again=True)
    agenda.done(ScanRequest(A | B, again=True), None, NOW)
    assert agenda.next(NOW + SECOND) is None


def test_a_change_before_the_second_scan_joins_it() -> None:
    agenda = Schedule(None, NOW)
    for paths in (A, B):
        agenda.add(paths)
        assert agenda.next(NOW + SECOND_SCAN_DELAY) == ScanRequest(paths)
        agenda.done(ScanRequest(paths), None, NOW)
    assert agenda.next(NOW + SECOND_SCAN_DELAY) == ScanRequest(A | B, again=True)


def test_unsettled_files_are_scanned_again_after_a_full_scan() -> None:
    agenda = Schedule(None, NOW)
    agenda.add(A)
    agenda.add(None)
    agenda.add(B)
    assert agenda.next(NOW) == ScanRequest(None)
    agenda.done(ScanRequest(None), None, NOW)
    assert agenda.next(NOW + SECOND_SCAN_DELAY) == ScanRequest(frozenset(), again=True)


def test_a_build_for_a_due_article_scans_no_file() -> None:
    agenda = Schedule(NOW + SECOND, NOW)
    assert agenda.next(NOW) is None
    assert agenda.next(NOW + SECOND) == ScanRequest(frozenset())
    agenda.done(ScanRequest(frozenset(), again=True), None, NOW)
    assert agenda.next(NOW + SECOND) is None


def test_a_full_scan_follows_a_failure() -> None:
    agenda = Schedule(NOW, NOW)
    agenda.add(A)
    agenda.next(NOW)
    agenda.failed(NOW)
    assert agenda.next(NOW + SECOND) is None
    assert agenda.next(NOW + RETRY_AFTER) == ScanRequest(None)
    agenda.failed(NOW)
    agenda.add(B)
    assert agenda.next(NOW + SECOND) == ScanRequest(None)
    agenda.done(ScanRequest(None), None, NOW)
    agenda.add(B)
    assert agenda.next(NOW + SECOND) == ScanRequest(B)


def test_a_full_scan_happens_from_time_to_time() -> None:
    agenda = Schedule(None, NOW)
    assert agenda.next(NOW + FULL_SCAN_INTERVAL) == ScanRequest(None)
    agenda.done(ScanRequest(None), None, NOW + FULL_SCAN_INTERVAL)
    agenda.done(ScanRequest(A, again=True), None, NOW)
    assert agenda.next(NOW + FULL_SCAN_INTERVAL + SECOND) is None


def test_which_paths_a_change_is_about(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"feeds.toml": "", "a.md": "x"})
    site = make_site(corpus, corpus)
    said: dict[str, ChangedPaths] = {
        "c/a.md": A,
        "c/sub/folder": frozenset({"sub/folder"}),
        "c/.git/x.md": frozenset(),
        "c/sub/_drafts/x.md": frozenset(),
        "c/state/catalogue.sqlite3": frozenset(),
        "c/public/index.html": frozenset(),
        "elsewhere.md": frozenset(),
        f"c/sub/{OUTPUT_LIST}": frozenset({"sub"}),
        f"c/.sub/{OUTPUT_LIST}": frozenset(),
        f"c/{OUTPUT_LIST}": None,
        "c/feeds.toml": None,
        "c": None,
    }
    assert {path: corpus_paths(site, [str(tmp_path / path)]) for path in said} == said
    assert corpus_paths(site, [str(corpus / "a.md"), str(corpus / "b.md")]) == A | B


class Builds:
    """Stands for the command line: keeps what a watch asks for, and builds it."""

    def __init__(self, *settings: Site) -> None:
        self.settings = list(settings)
        self.asked: list[ChangedPaths] = []
        self.said: list[str] = []
        self.fails = False

    def watch(self, changes: Iterable[ChangedPaths]) -> None:
        """Watch until these changes are over; `settings` are what is read before each build, and the last one stays."""
        first = publish.build(self.settings[0], NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watch, "_changes", lambda *_: changes)
            watch.watch_corpus(self.settings[0], Rebuild(self.load, self.build), first, self.said.append)

    def load(self) -> Site:
        return self.settings.pop(0) if len(self.settings) > 1 else self.settings[0]

    def build(self, site: Site, only: ChangedPaths) -> Report:
        self.asked.append(only)
        if self.fails:
            raise StateError("the disk is full", "state")
        return publish.build(site, NOW, only=only)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    corpus = write_corpus(tmp_path / "c", {"a.md": article(), "b.md": article(url="https://b.example/")})
    return make_site(corpus, tmp_path)


def test_a_build_gets_the_changed_paths(site: Site) -> None:
    builds = Builds(site)
    builds.watch([A, frozenset(), B, None])
    assert builds.asked == [A, B, None]
    assert builds.said == []


def test_changed_settings_cause_a_full_scan(site: Site) -> None:
    builds = Builds(site, site, replace(site, title="Other"))
    builds.watch([A, A, B, B])
    assert builds.asked == [A, A, None, B]
    assert len(builds.said) == 1


def test_a_failed_build_is_reported_and_repeated(site: Site) -> None:
    builds = Builds(site)
    builds.fails = True
    builds.watch([A, B])
    assert builds.asked == [A, None]
    assert builds.said == ["not built, still serving the last good state: state: the disk is full"] * 2


def test_a_problem_is_reported_once(site: Site) -> None:
    def changes() -> Iterator[ChangedPaths]:
        for name in ("d.md", "e.md", "e.md"):
            (site.corpus_path / name).write_text("---\nbroken: [\n---\n")
            yield frozenset({name})

    (site.corpus_path / "c.md").write_text("---\nbroken: [\n---\n")  # the first build, before the watch, tells it
    builds = Builds(site)
    builds.watch(changes())
    assert [each.partition(":")[0] for each in builds.said] == ["d.md", "e.md"]


def test_too_many_changes_and_a_watch_that_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    changed = {(1, str(site.corpus_path / "a.md"))}
    flood = {(1, str(site.corpus_path / f"{number}.md")) for number in range(MAX_CHANGES)}
    runs: list[list[object]] = [
        [OSError("no room")],
        [set(), changed, flood, changed, ValueError("not UTF-8")],
        [set()],
    ]

    def events(*_: object, **__: object) -> Iterator[object]:
        for each in runs.pop(0):
            if isinstance(each, Exception):
                raise each
            yield each

    said: list[str] = []
    naps: list[float] = []
    monkeypatch.setattr("watchfiles.watch", events)
    monkeypatch.setattr("feeds.pipeline.watch.time.sleep", naps.append)
    changes = watch._changes(site, said.append)
    assert [next(changes) for _ in range(6)] == [None, None, A, None, A, None]
    assert naps == [RETRY_AFTER.seconds, watch.POLL_MS / 1000]
    assert said == [f"changes can't be watched, so everything is looked at every {RETRY_AFTER.seconds} s: no room"]
