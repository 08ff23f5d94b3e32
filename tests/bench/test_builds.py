"""The benchmark of builds: what is run, the figures in a file, and the documentation made from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import feeds
from bench import agreement, build, chart, corpus, edits, measure, page, rivals, tools
from bench.corpus import Sharing
from bench.results import Case, MixedError, Results

SVG = "{http://www.w3.org/2000/svg}"

FEW, MANY = (Case(Sharing.NEAR, articles) for articles in (10_000, 100_000))
WIDE = Case(Sharing.WIDE, 10_000)


def some_results() -> Results:
    results = Results()
    results.measured_under({"feeds": "1"})
    for case, cost in ((FEW, 1.0), (MANY, 10.0), (WIDE, 3.0)):
        results.begin(case)
        for factor in (1, 9, 2):
            results.add(case, edits.COLD, "feeds", wall=cost * factor, cpu=cost)
            results.add(case, edits.COLD, "Hugo", wall=10 * factor, cpu=cost)
        results.add(case, edits.COLD, "feeds", memory=50_000_000)
        results.add(case, edits.EDITED, "feeds", wall=cost / 4, cpu=cost)
    results.add_state(FEW, 140_000_000, 100_000_000)
    results.finish(FEW)
    return results


class TestResults:
    def test_medians_and_ratios(self) -> None:
        results = some_results()
        assert results.median(FEW, edits.COLD, "feeds", "wall") == 2
        assert results.median(WIDE, edits.COLD, "feeds", "wall") == 6
        assert results.ratio(FEW, edits.COLD, "wall", "Hugo") == 0.1
        assert results.ratio(WIDE, edits.EDITED, "wall", "Hugo", edits.COLD) == 0.75 / 20
        assert results.growth(FEW, MANY, edits.COLD, "wall") == 10
        assert results.runs(FEW, "wall", edits.COLD) == 3
        assert results.state_ratio(FEW) == 1.4

    def test_what_was_not_measured(self) -> None:
        results, other = some_results(), Case(Sharing.POPULAR, 1_000)
        assert results.median(other, edits.COLD, "feeds", "wall") is None
        assert results.ratio(FEW, edits.COLD, "memory", "Hugo") is None
        assert results.ratio(FEW, edits.EDITED, "wall", "Hugo") is None
        assert results.growth(other, FEW, edits.COLD, "wall") is None
        assert results.state_ratio(other) is results.state_ratio(WIDE) is None

    def test_cases_accumulate_in_the_file(self, tmp_path: Path) -> None:
        some_results().save(tmp_path / "kept.json")
        results, other = Results.load(tmp_path / "kept.json"), Case(Sharing.POPULAR, 1_000)
        results.begin(other)
        results.add(other, edits.COLD, "feeds", wall=0.5)
        results.add_one_run(other)
        results.save(tmp_path / "kept.json")
        again = Results.load(tmp_path / "kept.json")
        assert again.cases() == [FEW, MANY, WIDE, other]
        assert again.ratio(FEW, edits.COLD, "wall", "Hugo") == 0.1
        assert [again.is_complete(case) for case in (*again.cases(), Case(Sharing.WIDE, 1))] == [True, *[False] * 4]
        assert [again.in_one_run(case) for case in again.cases()] == [False, False, False, True]

    def test_figures_of_other_versions_are_not_mixed(self) -> None:
        results = some_results()
        results.measured_under({"feeds": "1", "Hugo": "2"})
        with pytest.raises(MixedError, match="feeds 1, and this is 3"):
            results.measured_under({"feeds": "3"})

    def test_other_code_is_another_version(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        module = tmp_path / "__init__.py"
        module.write_text("a = 1")
        monkeypatch.setattr(feeds, "__file__", str(module))
        versions = []
        for text in ("a = 1", "a = 2", "a = 1"):
            module.write_text(text)
            versions.append(tools.Ours(tmp_path).versions()["feeds"])
        assert versions[0] == versions[2] != versions[1]


class TestChart:
    def test_an_axis(self) -> None:
        axis = chart.Axis.around([30, 1_000, 20], 0, 200)
        assert axis.decades() == [10, 100, 1_000]
        assert [axis.pixel(value) for value in (10, 100, 1_000)] == [0, 100, 200]

    def test_points_stand_where_they_belong(self) -> None:
        lines = {"feeds": [(10_000.0, 10.0), (1_000.0, 1.0)], "Hugo <x>": [(1_000.0, 10.0)], "none": []}
        root = ElementTree.fromstring(chart.svg([[chart.Panel("Time & more", lines), chart.Panel("empty", {})]]))
        left, right = chart.LEFT, chart.WIDTH - chart.RIGHT
        bottom, top = chart.HEIGHT - chart.BOTTOM, chart.TOP
        assert dots(root) == [(left, bottom), (right, top), (left, top)]
        words = [element.text for element in root.iter(f"{SVG}text")]
        assert {"Time & more", "1,000", "10,000", "feeds", "Hugo <x>"} <= set(words)
        assert "empty" not in words

    def test_the_charts_of_a_row_have_the_same_axes(self) -> None:
        panels = [chart.Panel(name, {name: [(10.0**power, 10.0**power)]}) for name, power in (("a", 1), ("b", 3))]
        root = ElementTree.fromstring(chart.svg([panels, panels[:1]]))
        left, right = chart.LEFT, chart.WIDTH - chart.RIGHT
        bottom, top = chart.HEIGHT - chart.BOTTOM, chart.TOP
        assert dots(root) == [(left, bottom), (right, top), (left, bottom)]
        places = [group.get("transform") for group in root.iter(f"{SVG}g")]
        assert places == [f"translate({x} {y})" for x, y in ((0, 0), (chart.WIDTH, 0), (0, chart.HEIGHT))]


def dots(root: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in root.iter(f"{SVG}circle")]


class TestPage:
    def test_the_committed_page_is_what_the_committed_figures_say(self) -> None:
        results = Results.load(page.JSON_FILE)
        text = page.PAGE.read_text("utf-8")
        assert page.page(text, results) == text
        assert page.picture(results) == page.PICTURE.read_text("utf-8")

    def test_the_committed_figures_hold_nothing_of_the_machine_but_its_measure(self) -> None:
        kept = json.loads(page.JSON_FILE.read_text("utf-8"))
        assert set(kept) == {"conditions", "cases"}
        assert "/" not in "".join(kept["conditions"].values())

    def test_targets(self) -> None:
        reached = {target.label: target.reached for target in page.targets(some_results())}
        assert reached == {
            "10,000 articles: cold build, wall time ÷ Hugo's": (0.1, 0.3, None),
            "1,000 articles: cold build, wall time ÷ Hugo's": (None, None, None),
            "cold build, wall time: 100,000 articles ÷ 10,000": (10, None, None),
            "10,000 articles: one article edited, wall time ÷ Hugo's cold build": (0.0125, 0.0375, None),
            "10,000 articles: nothing changed, wall time ÷ Hugo's cold build": (None, None, None),
            "10,000 articles: cold build, peak memory ÷ Hugo's": (None, None, None),
            "10,000 articles: bytes of the state ÷ bytes of the articles": (1.4, None, None),
        }

    def test_the_table_of_targets(self) -> None:
        table = page.figures(some_results())
        assert "| | target | near | wide | popular |\n| --- | ---: | --- | --- | --- |\n" in table
        assert "wall time ÷ Hugo's | ≤ 0.55 / 0.6 / 0.6 | 0.100 ✓ | 0.300 ✓ | – |" in table
        assert "wall time ÷ Hugo's cold build | ≤ 0.02 | 0.013 ✓ | 0.037 missed | – |" in table
        assert "bytes of the articles | ≤ 1.3 | 1.40 missed | – | – |" in table

    def test_an_edit_is_compared_with_the_cold_build_of_a_tool_that_does_everything_again(self) -> None:
        text = page.figures(some_results())
        section = text.partition("## Builds of 10,000 articles, wide\n")[2].partition("\n## ")[0]
        assert "| **cold** | feeds | 6.00 s | 3.00 s | 50 MB |\n|  | Hugo | 20.00 s | 3.00 s | – |" in section
        assert "| | *feeds ÷ Hugo* | 0.300 | 1.00 | – |" in section
        assert "| **one article edited** | feeds | 0.75 s | 3.00 s | – |" in section
        assert "| | *feeds ÷ Hugo's cold build* | 0.037 | 1.00 | – |" in section
        assert "- Hugo does everything again in every build: all scenarios are compared with its cold build." in section

    def test_notes(self) -> None:
        results = some_results()
        assert "has 140.0 MB, and the articles 100.0 MB: 1.40." in page.figures(results)
        results.add_one_run(FEW)
        text = page.figures(results)
        assert text.count("- One run for both times and memory, which was sampled rarely.") == 1

    def test_the_chart_has_a_column_for_every_sharing(self) -> None:
        root = ElementTree.fromstring(page.picture(some_results()))
        titles = [element.text for element in root.iter(f"{SVG}text") if ": " in (element.text or "")]
        seconds, megabytes = "wall time, seconds", "peak memory, MB"
        assert titles == [f"near: {seconds}", f"wide: {seconds}", f"near: {megabytes}", f"wide: {megabytes}"]
        assert len(dots(root)) == 4 + 2 + 2 + 1


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Replace the measured commands; return a list that receives the name of the tool and what is measured."""
    done: list[tuple[str, str]] = []

    def fake(what: str, figures: object) -> Callable[..., object]:
        def measured(command: object, folder: Path, environ: object) -> object:
            done.append((folder.name, what))
            return figures

        return measured

    monkeypatch.setattr(measure, "times", fake("times", measure.Times(1, 2)))
    monkeypatch.setattr(measure, "peak_memory", fake("memory", 3))
    monkeypatch.setattr(measure, "times_and_memory", fake("both", (measure.Times(1, 2), 3)))
    monkeypatch.setattr(build, "SETTLED", 0)
    for rival in rivals.RIVALS.values():
        monkeypatch.setattr(rival, "command", lambda _: [])
        monkeypatch.setattr(rival, "versions", lambda _: {})
    return done


class TestRuns:
    def test_tools_take_turns_and_scenarios_follow_each_other(
        self, tmp_path: Path, runs: list[tuple[str, str]]
    ) -> None:
        both = [tools.Ours(tmp_path / "feeds"), rivals.Hugo(tmp_path / "Hugo")]
        case = Case(Sharing.NEAR, 150)
        build.measure_case(both, case, build.probes_of(150, 2, 1), Results(), tmp_path / "kept.json")
        one_scenario = [*[("feeds", "times"), ("Hugo", "times")] * 2, ("feeds", "memory"), ("Hugo", "memory")]
        assert runs == one_scenario * len(edits.SCENARIOS)
        kept = Results.load(tmp_path / "kept.json")
        assert kept.scenarios(case) == list(edits.SCENARIOS)
        assert (kept.runs(case, "wall"), kept.runs(case, "memory")) == (2, 1)
        articles = sum(len(corpus.article(number).encode()) for number in range(150))
        assert kept.state(case) == {"bytes": 0, "articles": articles}
        assert kept.is_complete(case)

    def test_a_tool_that_does_everything_again_has_only_cold_builds_of_a_large_corpus(
        self, tmp_path: Path, runs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(build, "SMALL", 149)
        both = [tools.Ours(tmp_path / "feeds"), rivals.Hugo(tmp_path / "Hugo")]
        build.measure_case(both, Case(Sharing.WIDE, 150), [build.times_of], Results(), tmp_path / "kept.json")
        assert runs == [("feeds", "times"), ("Hugo", "times"), *[("feeds", "times")] * 5]

    def test_an_interrupted_case_is_not_complete(
        self, tmp_path: Path, runs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            if len(runs) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(build, "prepare", interrupt)
        monkeypatch.setattr(agreement, "size", lambda *_, **__: (1, 2))
        case = Case(Sharing.NEAR, 150)
        with pytest.raises(KeyboardInterrupt):
            build.measure_case([tools.Ours(tmp_path / "feeds")], case, [build.times_of], Results(), tmp_path / "k.json")
        kept = Results.load(tmp_path / "k.json")
        assert kept.scenarios(case) == [edits.COLD, edits.NOTHING]
        assert not kept.is_complete(case)

    def test_all_sharings_in_one_file_and_no_case_twice(self, tmp_path: Path, runs: list[tuple[str, str]]) -> None:
        line = ["--articles", "100", "--runs", "1", "--memory-runs", "0"]
        line += ["--work", str(tmp_path / "work"), "--json", str(tmp_path / "kept.json")]
        build.main([*line, "--sharing", "wide", "popular"])
        assert {tool for tool, _ in runs} == {"feeds", "Hugo"}
        runs.clear()
        build.main([*line, "--resume"])
        assert {tool for tool, _ in runs} == {"feeds", "Hugo", "Pelican", "Eleventy"}
        assert len(runs) == 4 * len(edits.SCENARIOS)
        kept = Results.load(tmp_path / "kept.json")
        assert kept.cases() == [Case(sharing, 100) for sharing in Sharing]
        assert not any((tmp_path / "work").iterdir())

    def test_the_sharing_reaches_the_corpus_and_the_edits(self, tmp_path: Path, runs: list[tuple[str, str]]) -> None:
        line = ["--articles", "100", "--rivals", "--runs", "1", "--memory-runs", "0", "--sharing", "wide", "--keep"]
        build.main([*line, "--work", str(tmp_path), "--json", str(tmp_path / "kept.json")])
        written = [path.read_text("utf-8") for path in (tmp_path / "wide-100" / "feeds" / "corpus").rglob("*.md")]
        wide = {corpus.article(number, Sharing.WIDE) for number in range(-1, 100)}
        assert len(written) == 100
        assert {text.replace('title: "Edited ', 'title: "', 1) for text in written} < wide

    def test_alone(self, tmp_path: Path, runs: list[tuple[str, str]]) -> None:
        line = ["--articles", "100", "--alone", "--sharing", "near", "--work", str(tmp_path / "work")]
        build.main([*line, "--json", str(tmp_path / "kept.json")])
        assert runs == [("feeds", "both")] * 3
        kept, case = Results.load(tmp_path / "kept.json"), Case(Sharing.NEAR, 100)
        assert kept.scenarios(case) == [edits.COLD, edits.NOTHING, edits.EDITED]
        assert [kept.median(case, edits.EDITED, "feeds", of) for of in ("wall", "cpu", "memory")] == [1, 2, 3]
        assert kept.in_one_run(case)

    def test_alone_is_one_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert build.parse(["--alone"]).articles == [1_000_000]
        with pytest.raises(SystemExit):
            build.parse(["--alone", "--runs", "3"])
        assert "leave out --runs" in capsys.readouterr().err

    def test_how_often(self) -> None:
        times, memory = build.times_of, build.memory_of
        assert build.probes_of(1_000, None, None) == [times] * 5 + [memory] * 3
        assert build.probes_of(100_000, None, None) == [times, memory]
        assert build.probes_of(100_000, 3, 0) == [times] * 3
