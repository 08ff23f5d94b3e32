"""Health and metrics, for the people who run the server."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from feeds.pipeline import publish
from feeds.settings.site import Site
from feeds.store import build_status, snapshots
from feeds.web import current_snapshot, request_counts
from feeds.web.app import create_app
from tests.builders import NOW, article, make_site, write_corpus

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(current_snapshot, "CHECK_SECONDS", 0)
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article(topics=["AI"])}), tmp_path)
    publish.build(site, NOW)
    return site


def manifest(site: Site) -> Path:
    return site.state_path / "manifests" / f"{snapshots.current_name(site.state_path)}.json"


def health(client: FlaskClient) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz")
    return answer.status_code, dict(answer.get_json())


def samples(client: FlaskClient) -> list[Any]:
    """Return what Prometheus' own parser makes of the figures."""
    return [
        sample for family in text_string_to_metric_families(client.get("/metrics").text) for sample in family.samples
    ]


def answers_of(client: FlaskClient) -> dict[tuple[str, str], float]:
    found = [each for each in samples(client) if each.name == "feeds_http_requests_total"]
    return {(each.labels["status"], each.labels["format"]): each.value for each in found}


def figures(client: FlaskClient) -> dict[str, float]:
    return {each.name: each.value for each in samples(client) if not each.labels}


def test_health_tells_the_generation_that_is_served_and_its_age(site: Site) -> None:
    client = create_app(site).test_client()
    os.utime(manifest(site), (0, time.time() - 3600))
    status, said = health(client)
    assert (status, said["status"], said["generation"]) == (200, "ok", 1)
    assert 3600 <= said["age"] < 3700
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"
    write_corpus(site.corpus_path, {"b.md": article("New", url="https://b.example/")})
    publish.build(site, NOW)
    _, said = health(client)
    assert said["generation"] == 2
    assert said["age"] < 3600


def test_a_clock_that_was_set_back_makes_no_age_below_zero(site: Site) -> None:
    os.utime(manifest(site), (0, time.time() + 3600))
    assert health(create_app(site).test_client())[1]["age"] == 0


def test_a_manifest_that_is_gone_leaves_the_worker_alive_without_an_age(site: Site) -> None:
    client = create_app(site).test_client()
    manifest(site).unlink()
    assert health(client) == (200, {"status": "ok", "generation": 1, "age": None})


def test_a_worker_without_a_snapshot_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(site).test_client()
    monkeypatch.setattr(current_snapshot.CurrentSnapshot, "current", lambda _: None)
    assert health(client) == (503, {"status": "empty", "generation": None, "age": None})


class TestMetrics:
    def test_answers_are_counted_by_status_and_by_what_was_asked_for(self, site: Site) -> None:
        client = create_app(site).test_client()
        tag = client.get("/feed.atom").headers["ETag"]
        for _ in range(3):
            assert client.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 304
        for address in ("/", "/index.html", "/topics/ai/", "/feed.rss", "/feed.json", "/subscriptions.opml", "/feed"):
            assert client.get(address).status_code == 200
        for address in ("/topics/ai", "/nowhere.atom", "/nowhere", "/robots.txt", "/healthz"):
            client.get(address)
        client.post("/feed.rss")
        client.options("/feed.rss")
        assert answers_of(client) == {
            ("200", "atom"): 1,
            ("304", "atom"): 3,
            ("200", "html"): 3,
            ("200", "rss"): 1,
            ("200", "json"): 1,
            ("200", "opml"): 1,
            ("200", "negotiated"): 1,
            ("301", "other"): 1,
            ("404", "atom"): 1,
            ("404", "other"): 2,
            ("200", "none"): 1,
            ("405", "rss"): 1,
            ("204", "rss"): 1,
        }
        assert answers_of(client)["200", "none"] == 2
        assert figures(client)["feeds_http_not_modified_ratio"] == 3 / 11

    def test_counts_of_zero_are_absent(self, site: Site) -> None:
        client = create_app(site).test_client()
        assert answers_of(client) == {}
        assert "feeds_http_not_modified_ratio" not in figures(client)

    def test_the_answer_is_in_the_format_of_prometheus(self, site: Site) -> None:
        answer = create_app(site).test_client().get("/metrics", headers={"Accept": "application/openmetrics-text"})
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "# HELP feeds_generation The generation that is served.\n# TYPE feeds_generation gauge\n" in answer.text

    def test_the_generation_and_its_age(self, site: Site) -> None:
        client = create_app(site).test_client()
        made = time.time() - 3600
        os.utime(manifest(site), (0, made))
        found = figures(client)
        assert found["feeds_generation"] == 1
        assert found["feeds_generation_timestamp_seconds"] == pytest.approx(made)
        assert 3600 <= found["feeds_generation_age_seconds"] < 3700
        os.utime(manifest(site), (0, time.time() + 3600))
        assert figures(client)["feeds_generation_age_seconds"] == 0
        manifest(site).unlink()
        assert "feeds_generation_age_seconds" not in figures(client)

    def test_a_worker_without_a_snapshot_has_no_generation(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        client = create_app(site).test_client()
        monkeypatch.setattr(current_snapshot.CurrentSnapshot, "current", lambda _: None)
        assert "feeds_generation" not in figures(client)

    def test_what_the_last_build_found(self, site: Site) -> None:
        client = create_app(site).test_client()
        assert figures(client).items() >= {"feeds_problems": 0, "feeds_articles_lost": 0}.items()
        write_corpus(
            site.corpus_path, {"b.md": "---\ntitle: [\n---\n", "c.md": article("A\u0007", url="https://c.example/")}
        )
        report = publish.build(site, NOW)
        assert (len(report.problems), report.counts.problems) == (2, 1)
        assert figures(client).items() >= {"feeds_problems": 2, "feeds_articles_lost": 1}.items()

    @pytest.mark.parametrize("text", [None, "", "{}", "[1]", '{"problems": null, "lost": 1}'])
    def test_a_build_of_which_nothing_is_known(self, text: str | None, site: Site) -> None:
        path = site.state_path / build_status.STATUS_FILE
        path.unlink()
        if text is not None:
            path.write_text(text)
        found = figures(create_app(site).test_client())
        assert "feeds_generation" in found
        assert "feeds_problems" not in found

    def test_an_outcome_that_can_not_be_written_fails_no_build(self, site: Site) -> None:
        path = site.state_path / build_status.STATUS_FILE
        path.unlink()
        path.mkdir()
        assert publish.build(site, NOW).documents

    def test_workers_count_together_and_the_next_ones_go_on(self, site: Site) -> None:
        first, second = create_app(site), create_app(site)
        for app in (first, second, second):
            app.test_client().get("/feed.atom")
        assert answers_of(first.test_client()) == {("200", "atom"): 3}
        assert answers_of(second.test_client())["200", "atom"] == 3
        files = sorted((site.state_path / "metrics").iterdir())
        assert len(files) == 2
        del first, second, app
        gc.collect()
        third = create_app(site).test_client()
        third.get("/feed.atom")
        assert answers_of(third)["200", "atom"] == 4
        assert sorted((site.state_path / "metrics").iterdir()) == files

    def test_the_counter_file_of_another_version_is_left_alone(self, site: Site) -> None:
        (site.state_path / "metrics").mkdir()
        (site.state_path / "metrics" / "requests-00000000-1").write_bytes(b"\1" * request_counts._SIZE)
        client = create_app(site).test_client()
        client.get("/feed.atom")
        (own,) = (site.state_path / "metrics").glob(f"requests-{request_counts._LAYOUT}-*")
        own.with_name(f"{own.name}0").write_bytes(b"\1" * 9)  # of a worker that just begins
        assert answers_of(client) == {("200", "atom"): 1}

    def test_a_worker_that_can_not_write_counts_alone(self, site: Site) -> None:
        (site.state_path / "metrics").write_text("not a folder")
        client = create_app(site).test_client()
        client.get("/feed.atom")
        client.get("/feed.atom")
        assert answers_of(client) == {("200", "atom"): 2}

    @pytest.mark.parametrize("room", [0, 10_000])
    def test_a_full_disk_ends_no_worker(self, room: int, site: Site) -> None:
        code = (
            f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}));"
            f"import sys, pathlib; from feeds.web.request_counts import RequestCounts;"
            f"counts = RequestCounts(pathlib.Path(sys.argv[1]));"
            f"counts.add('503 LATER', '/feed.atom'); print(counts.total())"
        )
        words = [sys.executable, "-c", code, str(site.state_path / "metrics")]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert done.stdout == "{(503, 'atom'): 1}\n"

    def test_many_threads_lose_nothing(self, site: Site) -> None:
        counts = request_counts.RequestCounts(site.state_path / "metrics")

        def poll() -> None:
            begin.wait()
            for _ in range(2000):
                counts.add("304 NOT MODIFIED", "/feed.atom")

        begin = threading.Barrier(8)
        switch = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            threads = [threading.Thread(target=poll) for _ in range(8)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        finally:
            sys.setswitchinterval(switch)
        assert counts.total() == {(304, "atom"): 16_000}
        (file,) = (site.state_path / "metrics").iterdir()
        assert file.stat().st_blocks * 512 >= request_counts._SIZE, "a full disk would end the process later"

    def test_answers_of_inner_middleware_are_counted(self, site: Site) -> None:
        def short(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            start_response("418 I'M A TEAPOT", [])
            return []

        counts = request_counts.RequestCounts(site.state_path / "metrics")
        Client(request_counts.with_request_counts(short, counts)).get("/feed.rss")
        assert answers_of(create_app(site).test_client()) == {("418", "rss"): 1}
