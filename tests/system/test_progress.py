"""The progress of a build, and the time of its stages."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from feeds.cli import progress_bar
from feeds.cli.progress_bar import ProgressBar
from feeds.pipeline import publish
from feeds.system import progress
from feeds.system.progress import Stage, Stopwatch, process_age, stage_table
from tests.builders import NOW, article, make_site, memory_files, write_corpus
from tests.conftest import Run


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        said = SimpleNamespace(monotonic=lambda: self.now, perf_counter=lambda: self.now)
        for module in (progress, progress_bar):  # in these modules alone: rich has a clock of its own
            monkeypatch.setattr(module, "time", said)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Told:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage(self, name: str, total: int) -> None:
        self.lines.append(f"{name} of {total}")

    def advance(self, steps: int = 1) -> None:
        self.lines.append(f"+{steps}")


def test_each_moment_belongs_to_one_stage(clock: Clock) -> None:
    told = Told()
    watch = Stopwatch(told)
    with watch.stage("whole"):
        clock.now += 1
        with watch.stage("read", 3):
            for _ in range(2):
                clock.now += 10
                watch.progress.advance()
                with watch.stage("record", 5, tell=False):
                    clock.now += 100
            clock.now += 10
        with watch.stage("check", 7), contextlib.suppress(ValueError), watch.stage("fails"):
            clock.now += 2
            raise ValueError
        clock.now += 1
    assert watch.stages == (
        Stage("whole", 0, 2.0),
        Stage("read", 2, 30.0),
        Stage("record", 10, 200.0),
        Stage("check", 7, 0.0),
        Stage("fails", 0, 2.0),
    )
    assert told.lines == ["whole of 0", "read of 3", "+1", "+1", "check of 7", "fails of 0"]


def test_a_table_of_stages() -> None:
    assert stage_table([Stage("start", 0, 0.25), Stage("read", 12_000, 1.5), Stage("write", 5, 0.0)]).splitlines() == [
        "stage        count        rate   seconds  share",
        "start                              0.250    14%",
        "read         12000     8,000/s     1.500    86%",
        "write            5                 0.000     0%",
        "total                              1.750   100%",
    ]


def test_all_of_a_build_is_in_its_stages(tmp_path: Path, clock: Clock) -> None:
    class Tick(Told):
        def stage(self, name: str, total: int) -> None:
            clock.now += 1

    corpus = write_corpus(tmp_path / "c", {"a.md": article(), "b.md": article("The same page")})
    report = publish.build(make_site(corpus, tmp_path), NOW, progress=Tick())
    assert sum(each.seconds for each in report.stages) == pytest.approx(clock.now - 1)  # the first tick starts them
    counts = {each.name: each.count for each in report.stages}
    assert counts["scan"] == counts["read"] == counts["record"] == counts["merge"] == 2
    assert counts["write"] == report.documents + len(memory_files(tmp_path / "public"))


def test_the_age_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    first = process_age()
    assert 0 < first < 24 * 3600
    time.sleep(0.05)
    assert process_age() > first
    monkeypatch.setattr(progress, "Path", lambda _: Path("/no/such/file"))
    assert process_age() == 0


def test_a_bar_shows_stage_count_and_rate(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes this for a terminal
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    bar = ProgressBar()
    bar.stage("scan", 0)
    bar.advance()
    assert capsys.readouterr().err == "", "it is too early"
    clock.now += 2
    bar.stage("read", 4000)
    for _ in range(3):
        clock.now += 1
        bar.advance(500)
    bar.close()
    shown = capsys.readouterr().err
    assert "read" in shown
    assert "1500/4000" in shown
    assert re.search(r" [\d,]+/s ", shown)


def test_profile(feeds: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", {"a.md": article()})
    lines = feeds("build", "c", "--profile").stderr.splitlines()
    shown = [line.split()[0] for line in lines[-13:]]
    assert shown[:3] == ["stage", "start", "state"]
    assert shown[-1] == "total"
    assert lines[-1].endswith("100%")
    assert "total" not in feeds("build", "c").stderr
