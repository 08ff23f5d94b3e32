"""What the benchmark of builds builds on: measured processes, the corpus, its edits, the other tools."""

from __future__ import annotations

import functools
import hashlib
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

import pytest
import yaml

from bench import agreement, build, corpus, edits, first_read, measure, rivals, tools
from bench.corpus import Sharing
from bench.results import Case
from feeds.pipeline import publish
from tests.builders import NOW, article, make_site, write_corpus
from tests.paths import PROJECT

BURNS = """
import time
while time.process_time() < 0.4:
    pass
"""

LEAVES_AN_ORPHAN = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {BURNS!r}])
"""

HOLDS = 40_000_000

TWO_HOLD_MEMORY = f"""
import subprocess, sys
hold = "import sys; held = b'x' * {HOLDS}; print(flush=True); sys.stdin.read()"
held = b"x" * {HOLDS}
with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
    other.stdout.readline()
    import time; time.sleep(0.5)
"""


def measured(what: str, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Measure a script of Python in a process of its own: what measures adopts all orphans."""
    program = (
        "import sys; from pathlib import Path; from bench import measure;"
        f" print(measure.{what}([sys.executable, '-c', sys.argv[1]], Path(sys.argv[2]), {{}}))"
    )
    command = [sys.executable, "-c", program, script, str(folder)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestMeasure:
    def test_an_orphans_cpu_time_counts(self, tmp_path: Path) -> None:
        done = measured("times", LEAVES_AN_ORPHAN, tmp_path)
        assert done.returncode == 0, done.stderr
        cpu = float(done.stdout.partition("cpu=")[2].rstrip(")\n"))
        assert cpu >= 0.4

    def test_memory_is_that_of_all_processes(self, tmp_path: Path) -> None:
        done = measured("peak_memory", TWO_HOLD_MEMORY, tmp_path)
        assert done.returncode == 0, done.stderr
        assert 2 * HOLDS < int(done.stdout) < 4 * HOLDS

    def test_times_and_memory_of_one_run(self, tmp_path: Path) -> None:
        done = measured("times_and_memory", TWO_HOLD_MEMORY.replace("0.5", "1.5"), tmp_path)
        assert done.returncode == 0, done.stderr
        figures = re.fullmatch(r"\(Times\(wall=([\d.]+), cpu=([\d.]+)\), (\d+)\)\n", done.stdout)
        assert figures is not None
        assert float(figures[1]) > 1.5
        assert 2 * HOLDS < int(figures[3]) < 4 * HOLDS

    @pytest.mark.parametrize("what", ["times", "peak_memory", "times_and_memory"])
    def test_a_failure_is_told(self, what: str, tmp_path: Path) -> None:
        done = measured(what, "raise SystemExit('no such luck')", tmp_path)
        assert "CommandError" in done.stderr
        assert "no such luck" in done.stderr

    def test_a_command_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(measure.CommandError, match="No such file"):
            measure._Running([tmp_path / "none"], tmp_path, {})

    def test_a_process_that_is_gone_has_no_memory(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            pass
        assert measure.memory_of(process.pid) == 0


NEAR_DIGEST = "56fff65df7fd98d406998844ae53af60d8cfc3b047f9b2bdb9bbba39f4d7e5d7"
"""The digest of the articles -3 to 99 before there was any other sharing."""

MANY = 3_000

PAGE = re.compile(r'webUrl: "https://[^/]+/[0-9]+/([^/]+)/')


def links(number: int, sharing: Sharing) -> list[tuple[str, str]]:
    """Return the related links of an article: the name of the page, and the text of the link."""
    related = corpus.article(number, sharing).partition("\nrelated:\n")[2].partition("\nsecured: ")[0]
    texts = related.removeprefix("  - ").split("\n  - ")
    return [(name, text) for text in texts for name in PAGE.findall(text)]


@functools.cache
def pages(number: int, sharing: Sharing) -> Sequence[str]:
    """Return the names of the pages that an article mentions."""
    return [name for name, _ in links(number, sharing)]


def mentions(articles: int, sharing: Sharing, kind: str) -> Mapping[str, Sequence[int]]:
    """Return the numbers of the articles that mention a page, for all pages of a kind."""
    numbers = defaultdict(list)
    for number in range(articles):
        for name in {name for name in pages(number, sharing) if name.startswith(f"{kind}-")}:
            numbers[name].append(number)
    return numbers


class TestCorpus:
    def test_near_is_what_it_was(self) -> None:
        articles = "".join(corpus.article(number) for number in range(-3, 100))
        assert hashlib.sha256(articles.encode()).hexdigest() == NEAR_DIGEST

    @pytest.mark.parametrize("sharing", [None, *Sharing])
    def test_an_article_depends_on_its_number_and_the_sharing_alone(
        self, sharing: Sharing | None, tmp_path: Path
    ) -> None:
        command = [sys.executable, "-m", "bench.corpus", str(tmp_path), "--articles", "30"]
        option = [] if sharing is None else ["--sharing", sharing]
        subprocess.run([*command, *option], cwd=PROJECT, capture_output=True, timeout=60, check=True)
        written = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.md")}
        corpus.write(tmp_path / "more", 60, sharing or Sharing.NEAR)
        larger = {corpus.path(number): (tmp_path / "more" / corpus.path(number)).read_text() for number in range(60)}
        assert len(written) == 30
        assert written.items() < larger.items()

    def test_several_folders_are_written_at_the_same_time(self, tmp_path: Path) -> None:
        program = (
            "import sys; from pathlib import Path; from bench import corpus; corpus.IN_FOLDER = corpus.SAID_EVERY = 20;"
            " corpus.write(Path(sys.argv[1]), 50)"
        )
        command = [sys.executable, "-c", program, str(tmp_path)]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
        written = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.md")}
        assert written == {f"{n // 20:04}/{n:07}.md": corpus.article(n) for n in range(50)}
        assert [line.partition("  ")[2] for line in done.stderr.splitlines()] == [
            "20 of 50 articles written",
            "40 of 50 articles written",
        ]

    def test_an_unknown_sharing(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(sys, "argv", ["bench.corpus", "folder", "--sharing", "far"])
        with pytest.raises(SystemExit):
            corpus.main()
        assert "invalid choice: 'far' (choose from 'near', 'wide', 'popular')" in capsys.readouterr().err

    @pytest.mark.parametrize("sharing", Sharing)
    def test_the_link_to_a_page_is_the_same_in_all_articles(self, sharing: Sharing) -> None:
        texts = defaultdict(set)
        for number in range(200):
            for name, text in links(number, sharing):
                texts[name].add(text)
        assert {name for name, different in texts.items() if len(different) > 1} == set()

    @pytest.mark.parametrize("sharing", Sharing)
    def test_5_to_23_links(self, sharing: Sharing) -> None:
        counts = {len(pages(number, sharing)) for number in range(-100, 300)}
        assert (min(counts), max(counts)) == (5, 23)

    def test_near_pages_are_mentioned_in_one_folder(self) -> None:
        for numbers in mentions(1_200, Sharing.NEAR, "shared").values():
            assert len({Path(corpus.path(number)).parent for number in numbers}) == 1

    def test_wide_shares_three_of_ten_links(self) -> None:
        several = {name for name, numbers in mentions(MANY, Sharing.WIDE, "wide").items() if len(numbers) > 1}
        names = [name for number in range(MANY) for name in pages(number, Sharing.WIDE)]
        assert sum(name in several for name in names) / len(names) == pytest.approx(0.3, abs=0.02)

    @pytest.mark.parametrize("articles", [300, 1_000, MANY])
    def test_wide_pages_have_as_many_mentions_in_a_corpus_of_any_size(self, articles: int) -> None:
        counts = [len(numbers) for numbers in mentions(articles, Sharing.WIDE, "wide").values()]
        assert 6 < fmean(counts) < 7.5
        assert max(counts) < 30
        assert sum(2 <= count <= 20 for count in counts) > 0.85 * len(counts)
        assert sum(3 <= count <= 12 for count in counts) > 0.6 * len(counts)

    @pytest.mark.parametrize("articles", [300, 1_000, MANY])
    def test_wide_mentions_are_far_apart(self, articles: int) -> None:
        several = [numbers for numbers in mentions(articles, Sharing.WIDE, "wide").values() if len(numbers) > 1]
        assert median(numbers[-1] - numbers[0] for numbers in several) > articles / 4

    def test_wide_mentions_are_in_different_folders(self) -> None:
        several = [numbers for numbers in mentions(MANY, Sharing.WIDE, "wide").values() if len(numbers) > 1]
        spread = [numbers for numbers in several if len({Path(corpus.path(number)).parent for number in numbers}) > 1]
        assert len(spread) > 0.55 * len(several)

    def test_popular_pages_are_mentioned_by_all_half_a_quarter(self) -> None:
        numbers = mentions(1_000, Sharing.POPULAR, "popular")
        assert len(numbers["popular-0"]) == 1_000
        for k in range(1, 8):
            expected = 1_000 / 2**k
            assert len(numbers[f"popular-{k}"]) == pytest.approx(expected, abs=3 * expected**0.5)

    def test_popular_is_otherwise_as_wide(self) -> None:
        for number in range(-100, 300):
            popular, wide = pages(number, Sharing.POPULAR), pages(number, Sharing.WIDE)
            shared = [[name for name in names if name.startswith("wide-")] for names in (popular, wide)]
            assert shared[0] == shared[1]
            assert {name for name in popular if not name.startswith("popular-")} <= set(wide)

    @pytest.mark.parametrize("sharing", [Sharing.WIDE, Sharing.POPULAR])
    def test_articles_are_otherwise_the_same(self, sharing: Sharing) -> None:
        for number in range(50):
            near, other = corpus.article(number), corpus.article(number, sharing)
            assert other.partition("related:")[0] == near.partition("related:")[0]
            assert len(pages(number, sharing)) == len(pages(number, Sharing.NEAR))


class TestEdits:
    def test_the_same_each_time(self) -> None:
        for scenario in edits.SCENARIOS:
            assert edits.changes(scenario, 1_000, 3) == edits.changes(scenario, 1_000, 3)

    def test_how_many(self) -> None:
        counts = {scenario: len(edits.changes(scenario, 10_000, 0)) for scenario in edits.SCENARIOS}
        assert list(counts.values()) == [0, 0, 1, 1, 1, 100]

    @pytest.mark.parametrize("articles", [100, 1_000])
    def test_no_article_is_touched_twice_and_every_one_is_there(self, articles: int) -> None:
        touched = [
            change.path
            for scenario in edits.SCENARIOS
            for turn in range(edits.TURNS if articles > 100 else 2)
            for change in edits.changes(scenario, articles, turn)
        ]
        assert len(touched) == len(set(touched))
        there = {corpus.path(number) for number in range(articles)}
        assert all(path in there or path.startswith("added/") for path in touched)

    def test_an_edit_changes_the_title_alone(self) -> None:
        (change,) = edits.changes(edits.EDITED, 1_000, 2)
        before = corpus.article(6).splitlines()
        assert change.path == corpus.path(6)
        assert change.text is not None
        after = change.text.splitlines()
        assert [new for old, new in zip(before, after, strict=True) if old != new] == [
            f'title: "Edited {before[1][8:]}'
        ]

    def test_one_too_many(self) -> None:
        with pytest.raises(ValueError, match="turn"):
            edits.changes(edits.EDITED, 1_000, edits.TURNS)

    def test_they_reach_every_tools_corpus(self, tmp_path: Path) -> None:
        both = [tools.Ours(tmp_path / "ours"), rivals.Hugo(tmp_path / "hugo")]
        build.set_up(both, Case(Sharing.NEAR, 150))
        for scenario in (edits.EDITED, edits.DELETED, edits.ADDED):
            for tool in both:
                tool.apply(edits.changes(scenario, 150, 0))
        ours, theirs = (
            {path.relative_to(tool.corpus): path.read_text() for path in tool.corpus.rglob("*.md")} for tool in both
        )
        assert len(ours) == 150
        assert {path: both[1].convert(text) for path, text in ours.items()} == theirs
        assert 'title: "Edited ' in theirs[Path(corpus.path(0))]


class TestRivals:
    def test_hugo_has_the_same_fields_and_one_more(self, tmp_path: Path) -> None:
        text = corpus.article(3)
        converted = yaml.safe_load(rivals.Hugo(tmp_path).convert(text).split("---\n")[1])
        fields = yaml.safe_load(text.split("---\n")[1])
        named = {link["provider"]["domain"] for link in [fields, *fields["related"]]}
        assert converted == {**fields, "providers": sorted(named)}

    def test_pelicans_metadata_is_one_line_each(self, tmp_path: Path) -> None:
        head, _, body = rivals.Pelican(tmp_path).convert(corpus.article(3)).partition("\n\n")
        assert [line.partition(":")[0] for line in head.splitlines()] == [
            *("Title", "Date", "Url", "Slug", "Author", "Category", "Tags")
        ]
        assert body.endswith("...\n")

    @pytest.mark.parametrize("name", rivals.RIVALS)
    def test_one_that_is_missing(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(rivals, "INSTALLED", tmp_path / "none")
        with pytest.raises(SystemExit, match="leave it out of --rivals"):
            build.main(
                ["--articles", "100", "--sharing", "near", "--rivals", name, "--work", "work", "--json", "results.json"]
            )
        assert not Path("results.json").exists()


class TestAgreement:
    def feed(self, folder: Path, *ids: str) -> None:
        folder.mkdir(parents=True)
        entries = "".join(f"<entry><id>{each}</id></entry>" for each in ids)
        (folder / "feed.atom").write_text(f'<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>{entries}</feed>')

    def test_order_is_no_difference(self, tmp_path: Path) -> None:
        self.feed(tmp_path / "a/topics/x", "1", "2")
        self.feed(tmp_path / "b/topics/x", "2", "1")
        assert agreement.compare(tmp_path / "a", tmp_path / "b") == (1, 2, 0, 0, 0)

    def test_differences_are_counted(self, tmp_path: Path) -> None:
        self.feed(tmp_path / "a/topics/x", "1", "2", "3")
        self.feed(tmp_path / "b/topics/x", "3", "4")
        self.feed(tmp_path / "a/providers/only-ours")
        self.feed(tmp_path / "b/providers/only-theirs", "5")
        assert agreement.compare(tmp_path / "a", tmp_path / "b") == (3, 3, 3, 2, 2)

    def test_size(self, tmp_path: Path) -> None:
        self.feed(tmp_path / "a/topics/x")
        files, size = agreement.size(tmp_path)
        assert (files, size) == (1, (tmp_path / "a/topics/x/feed.atom").stat().st_size)

    def test_size_without_a_folder(self, tmp_path: Path) -> None:
        write_corpus(tmp_path, {"objects/a": "1", "deep/objects/b": "22", "c": "333"})
        assert agreement.size(tmp_path) == (3, 6)
        assert agreement.size(tmp_path, without="objects") == (2, 5)


def test_the_first_read_of_a_memory_is_measured(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "corpus", {"a.md": article()}), tmp_path / "work")
    publish.build(site, NOW)
    assert all(seconds > 0 for seconds in first_read.measure(Path(site.output), runs=2))
    with pytest.raises(SystemExit, match="has no memory"):
        first_read.measure(tmp_path, runs=1)
