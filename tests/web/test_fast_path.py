"""The fast path: its answers equal Flask's to the byte, for all documents, within its limit of memory."""

from __future__ import annotations

import gc
import random
import shutil
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from wsgiref.validate import validator

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.pipeline import publish
from feeds.settings.site import Site
from feeds.store import snapshots
from feeds.store.snapshots import Document, Draft, Snapshot
from feeds.system.compression import INSTALLED_CODINGS, codings_of
from feeds.web import current_snapshot, fast_path, operations
from feeds.web.app import create_app
from feeds.web.conditional import entity_tag
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.fast_path import FastPath
from feeds.web.headers import SiteLinks
from feeds.web.response_cache import ByteLimitedCache
from tests.builders import NOW, article, link, make_site, write_corpus
from tests.paths import PROJECT
from tests.web.side_by_side import FEED, Both, Environ, ask, request, without_host

CODINGS = ["identity", *(each.name for each in INSTALLED_CODINGS)]


def long_article(**fields: Any) -> str:
    return article(excerpt="A long story. " * 99, related=[link("https://b.example/")], **fields)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(current_snapshot, "CHECK_SECONDS", 0)
    files = {
        "a.md": long_article(topics=["AI"], category="News"),
        "b.md": article("Small", url="https://c.example/", topics=["Old"]),
        "own.md": article("Own", url=None, body="Text."),
    }
    corpus = write_corpus(tmp_path / "c", files)
    site = make_site(corpus, tmp_path, archives=True, renamed=(("topics/ml", "topics/ai"),))
    publish.build(site, NOW)
    return site


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of /healthz and /metrics: both tell an age, which may differ between two answers."""
    monkeypatch.setattr(operations, "time", SimpleNamespace(time=NOW.timestamp))


def documents(site: Site) -> dict[str, Document]:
    now = snapshots.load_current(site.state_path)
    assert now is not None
    return dict(now.documents)


def addresses(site: Site) -> list[str]:
    moved = "topics/ml/"  # a plain folder has messages there, a server sends on
    return ["/" + each.removesuffix("index.html") for each in documents(site) if not each.startswith(moved)]


class TestSameAsFlask:
    """Whatever is asked."""

    @pytest.mark.parametrize("coding", CODINGS)
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_every_document(self, coding: str, method: str, site: Site) -> None:
        both = Both(site)
        for path in [*addresses(site), "/index.html", "/topics/ai/index.html"]:
            for _ in range(2):  # made, and held
                wants = {"HTTP_ACCEPT_ENCODING": coding}
                status, headers, _ = both.same(request(path, method, **wants))
                assert status == "200 OK"
                for name, of in (("HTTP_IF_NONE_MATCH", "ETag"), ("HTTP_IF_MODIFIED_SINCE", "Last-Modified")):
                    poll = both.same(request(path, method, **wants, **{name: dict(headers)[of]}))
                    assert (poll[0], poll[2]) == ("304 NOT MODIFIED", b"")
        assert both.passed_on == [], "Flask has not been asked"

    @pytest.mark.parametrize("best", CODINGS)
    @pytest.mark.parametrize("known", CODINGS)
    @pytest.mark.parametrize("path", [FEED, "/topics/old/feed.atom"])
    def test_a_client_that_has_it_in_another_coding(self, best: str, known: str, path: str, site: Site) -> None:
        tag = entity_tag(documents(site)[path.lstrip("/")].digest, known)
        wants = f"*;q=0.5, {best}, identity;q=0.1"
        assert Both(site).same(request(path, HTTP_ACCEPT_ENCODING=wants, HTTP_IF_NONE_MATCH=tag))[0].startswith("304")

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
    @given(data=st.data())
    def test_any_request(self, data: st.DataObject, site: Site, stopped_clock: None) -> None:
        both = Both(site)
        found = documents(site)
        tags = [entity_tag(each.digest, coding) for each in found.values() for coding in (*CODINGS, "x")]
        dates = [
            "Mon, 01 Jun 2026 12:00:00 GMT",
            "Thu, 26 May 2022 15:52:00 GMT",
            "Thursday, 26-May-22 15:52:00 GMT",
            "0",
        ]
        hostile = st.text(st.characters(max_codepoint=255), max_size=40) | st.text(
            '*"W/,;=q.01 gzipbrzstd-', max_size=40
        )
        tag = st.builds(
            "{}{}{}".format,
            st.sampled_from(["", "W/", " ", "*", '"', "x"]),
            st.sampled_from(tags) | hostile,
            st.sampled_from(["", "-gzip", "--gzip", ";br", " ", ","]),
        )
        headers = {
            "HTTP_ACCEPT_ENCODING": st.lists(
                st.builds(
                    "{}{}".format,
                    st.sampled_from([*CODINGS, "x-gzip", "*", "GZIP"]),
                    st.sampled_from(["", ";q=0", ";q=0.5", "; Q=1"]),
                )
            ).map(",".join)
            | hostile,
            "HTTP_IF_NONE_MATCH": st.lists(tag, min_size=1, max_size=4).map(", ".join) | st.just("*") | hostile,
            "HTTP_IF_MODIFIED_SINCE": st.sampled_from(dates) | hostile,
            "HTTP_ACCEPT": st.sampled_from(["*/*", "text/html", "application/rss+xml"]) | hostile,
            "HTTP_HOST": st.text("aZ0-.:[]_", max_size=70) | hostile,
            "HTTP_RANGE": st.just("bytes=0-9") | hostile,
            "HTTP_CONNECTION": st.just("Upgrade") | hostile,
            "HTTP_UPGRADE": st.sampled_from(["websocket", "h2c"]) | hostile,
            "HTTP_TRANSFER_ENCODING": st.just("chunked"),
            "CONTENT_LENGTH": st.just("9") | hostile,
            "CONTENT_TYPE": hostile,
            "QUERY_STRING": st.just("a=b") | hostile,
            "SCRIPT_NAME": st.just("/news"),
            "SERVER_PROTOCOL": st.just("HTTP/1.0"),
        }
        known = [
            *addresses(site),
            "/topics/ai/feed",
            "/topics/ai",
            "/topics/ml/",
            "/topics/ml/feed.rss",
            "/nothing",
            "/",
        ]
        path = (
            st.sampled_from(known)
            | st.builds(
                "{}{}{}".format,
                st.sampled_from(["", "/", "//", ".", "/..", "\xc3\xa9", "\x00"]),
                st.sampled_from(known),
                st.sampled_from(["", "/", "//", "index.html", "\x00", "%00", "?", "\xff", " "]),
            )
            | hostile
        )
        method = st.sampled_from(["GET", "GET", "HEAD", "get", "POST", "OPTIONS", "BREW", ""])
        environ = st.builds(
            lambda path, method, given: request(path, method) | given,
            path,
            method,
            st.fixed_dictionaries({}, optional=headers),
        )
        for each in data.draw(st.lists(environ, min_size=1, max_size=3)):
            both.same(each)

    def test_it_is_a_wsgi_application(self, site: Site) -> None:
        checked = validator(Both(site).short)
        for method in ("GET", "HEAD"):
            for more in ({}, {"HTTP_IF_NONE_MATCH": "*"}, {"HTTP_ACCEPT_ENCODING": "gzip"}):
                assert ask(lambda environ, start: checked(environ, start), request(method=method, **more))

    @pytest.mark.parametrize(
        ("environ", "status"),
        [
            (request(method="POST"), 405),
            (request(method="OPTIONS"), 204),
            (request("/nothing"), 404),
            (request("/topics/ai"), 301),
            (request("/topics/ml/feed.rss"), 301),
            (request("/topics/ai/feed"), 200),
            (request("//topics/ai/feed.atom"), 200),
            (request("topics/ai/feed.atom"), 200),
            (request("xtopics/ai/feed.atom"), 404),
            (without_host("HTTP/1.1"), 400),
            (without_host("HTTP/1.0"), 200),
            (request(HTTP_HOST=""), 400),
            (request(HTTP_HOST='a b"<>'), 400),
            (request(HTTP_HOST="a..b"), 400),
            (request(HTTP_HOST="a" * 64), 400),
            (request(HTTP_HOST=".".join(["a" * 50] * 5)), 200),
            (request(HTTP_CONNECTION="Upgrade", HTTP_UPGRADE="websocket"), 400),
        ],
    )
    def test_other_requests_are_passed_on(self, environ: Environ, status: int, site: Site) -> None:
        both = Both(site)
        assert both.same(environ)[0].startswith(str(status))
        assert len(both.passed_on) == 1

    @pytest.mark.parametrize(("path", "status"), [("/topics/\xe9", 404), ("/topics/\xc3\xa9", 200)])
    def test_a_path_is_bytes(self, path: str, status: int, site: Site) -> None:
        draft = Draft(site.state_path, snapshots.load_current(site.state_path), NOW)
        draft.put("topics/\xe9", "text/plain", b"x", NOW)
        draft.commit()
        assert Both(site).same(request(path))[0].startswith(str(status))

    def test_what_can_not_be_read_is_passed_on(self, site: Site) -> None:
        both = Both(site)
        both.same(request())
        for path in (site.state_path / "objects").rglob("*"):
            if path.is_file():
                path.write_bytes(b"X" * path.stat().st_size)
        assert both.same(request("/feed.atom"))[0] == "503 SERVICE UNAVAILABLE"
        assert len(both.passed_on) == 1
        assert ask(both.short, request())[0] == "200 OK", "it is held"

    def test_the_application_has_it(self, site: Site) -> None:
        app = create_app(site)

        @app.before_request
        def never() -> str:
            raise AssertionError("Flask was entered")

        app.testing = True
        assert app.test_client().get(FEED).status_code == 200

    def test_how_much_it_holds_is_a_setting(self, site: Site) -> None:
        for limit, held in ((64_000_000, "200 OK"), (0, "503 SERVICE UNAVAILABLE")):
            client = create_app(replace(site, cache_bytes=limit)).test_client()
            assert client.get(FEED).status_code == 200
            lost = site.state_path / "objects"
            lost.rename(lost.with_name("lost"))
            assert client.get(FEED).status == held
            lost.with_name("lost").rename(lost)


class TestGenerations:
    """One after the other."""

    @pytest.fixture
    def both(self, site: Site) -> Both:
        return Both(site)

    def publish(self, site: Site, title: str) -> None:
        write_corpus(site.corpus_path, {"a.md": long_article(title=title, topics=["AI"], category="News")})
        publish.build(site, NOW)

    def test_the_next_one_is_seen(self, both: Both, site: Site) -> None:
        old = dict(both.same(request())[1])["ETag"]
        self.publish(site, "Another")
        status, _, body = both.same(request(HTTP_IF_NONE_MATCH=old))
        assert (status, b"Another" in body) == ("200 OK", True)

    def test_headers_tell_of_the_next_one_also_where_the_bytes_are_the_same(self, both: Both, site: Site) -> None:
        before = both.same(request("/topics/old/feed.atom"))
        publish.build(make_site(site.corpus_path, site.state_path.parent, archives=True, shortest_ttl=45), NOW)
        after = both.same(request("/topics/old/feed.rss"))
        assert both.same(request("/topics/old/feed.atom"))[2] == before[2]
        assert "max-age" in dict(after[1])["Cache-Control"]

    def test_what_has_not_changed_stays_and_what_has_goes(self, both: Both, site: Site) -> None:
        same, changed = "/topics/old/feed.atom", FEED
        old = documents(site)[changed.lstrip("/")].digest
        for path in (same, changed):
            both.same(request(path))
        assert both.held._cached.get((old, "identity")) is not None
        self.publish(site, "Another")
        shutil.rmtree(site.state_path / "objects")
        assert ask(both.short, request(same))[0] == "200 OK"
        assert ask(both.short, request(changed))[0] == "503 SERVICE UNAVAILABLE"
        assert both.held._cached.get((old, "identity")) is None

    def test_a_document_that_has_gone(self, both: Both, site: Site) -> None:
        both.same(request("/articles/own/"))
        (site.corpus_path / "own.md").unlink()
        publish.build(site, NOW)
        assert both.same(request("/articles/own/"))[0] == "404 NOT FOUND"

    def test_no_file_is_read_for_a_poll(self, site: Site) -> None:
        program = """
import sys, time
from feeds.settings import loader
from feeds.web import current_snapshot
from tests.web.side_by_side import Both, ask, request
site = loader.load_site(environ={}, state=sys.argv[1], base_url="https://example.org/")
both = Both(site)
tag = dict(ask(both.short, request())[1])["ETag"]
opened = []
sys.addaudithook(lambda event, given: opened.append(given) if event == "open" else None)
begin = time.monotonic()
for number in range(5_000):
    assert ask(both.short, request(HTTP_IF_NONE_MATCH=tag))[0] == "304 NOT MODIFIED"
    assert ask(both.short, request())[0] == "200 OK"
looks = (time.monotonic() - begin) / current_snapshot.CHECK_SECONDS
assert len(opened) <= looks + 1, (len(opened), looks)
"""
        done = subprocess.run(
            [sys.executable, "-c", program, str(site.state_path)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


class TestNeverBack:
    """Threads of one worker: what one has been shown, no other hides again."""

    def test_an_old_generation_of_a_slow_thread_reaches_no_other_request(self, site: Site) -> None:
        shown, switched = threading.Event(), threading.Event()

        class Dreamer(CurrentSnapshot):
            """Keeps one thread waiting with an old generation in its hands."""

            def current(self) -> Snapshot | None:
                found = super().current()
                if threading.current_thread().name == "slow":
                    shown.set()
                    switched.wait(30)
                return found

        both = Both(site)
        both.short._current = Dreamer(site.state_path)
        ask(both.short, request())
        TestGenerations().publish(site, "One")
        answers: list[bytes] = []
        slow = threading.Thread(target=lambda: answers.append(ask(both.short, request())[2]), name="slow")
        slow.start()
        assert shown.wait(30)
        TestGenerations().publish(site, "Two")
        assert b"Two" in ask(both.short, request())[2]
        switched.set()
        slow.join()
        assert b"One" in answers[0], "it was the newest when it was asked for"
        assert b"Two" in ask(both.short, request())[2]

    def test_a_slow_check_does_not_hide_a_newer_generation(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        held = CurrentSnapshot(site.state_path)
        first = held.current()
        TestGenerations().publish(site, "One")
        reading, go_on = threading.Event(), threading.Event()
        read = snapshots.load_current

        def slowly(folder: Path) -> Snapshot | None:
            found = read(folder)
            if threading.current_thread().name == "slow":
                reading.set()
                go_on.wait(30)
            return found

        monkeypatch.setattr(snapshots, "load_current", slowly)
        slow = threading.Thread(target=held.current, name="slow")
        slow.start()
        assert reading.wait(30)
        TestGenerations().publish(site, "Two")
        seen = held.current()
        monkeypatch.setattr(current_snapshot, "CHECK_SECONDS", 3600)
        go_on.set()
        slow.join()
        now = held.current()
        assert first is not None
        assert seen is not None
        assert now is not None
        assert first.generation <= seen.generation <= now.generation


class TestBounded:
    """Memory."""

    def test_what_is_asked_for_again_stays(self) -> None:
        kept: ByteLimitedCache[str] = ByteLimitedCache(3)
        for name in "abc":
            kept.add((name, ""), name, 1)
        assert kept.get(("a", "")) == "a"
        kept.add(("d", ""), "d", 1)
        assert [kept.get((name, "")) for name in "abcd"] == ["a", None, "c", "d"]

    def test_an_item_gets_one_second_chance(self) -> None:
        kept: ByteLimitedCache[str] = ByteLimitedCache(2)
        for name in "ab":
            kept.add((name, ""), name, 1)
            kept.get((name, ""))
        for name in "cd":
            kept.add((name, ""), name, 1)
            assert kept.get((name, "")) == name
        assert [kept.get((name, "")) for name in "ab"] == [None, None]

    def test_what_is_larger_than_all_is_not_kept(self) -> None:
        kept: ByteLimitedCache[str] = ByteLimitedCache(3)
        kept.add(("a", ""), "a", 3)
        kept.add(("b", ""), "b", 4)
        assert (kept.get(("a", "")), kept.get(("b", "")), kept.size) == ("a", None, 3)

    def test_it_never_holds_more_and_knows_how_much(self) -> None:
        kept: ByteLimitedCache[int] = ByteLimitedCache(1_000)
        chance = random.Random(5)
        for _ in range(5_000):
            number = chance.randrange(200)
            if kept.get((str(number), "")) is None:
                kept.add((str(number), ""), number, number * 3)
            assert kept.size <= 1_000
        assert kept.size == sum(item.size for item in kept._items.values())

    def test_the_first_of_two_threads_wins(self) -> None:
        kept: ByteLimitedCache[str] = ByteLimitedCache(9)
        kept.add(("a", ""), "first", 4)
        kept.add(("a", ""), "second", 4)
        assert (kept.get(("a", "")), kept.size) == ("first", 4)

    @pytest.fixture
    def many(self, tmp_path: Path) -> Snapshot:
        draft = Draft(tmp_path, None, NOW)
        for number in range(400):
            body = random.Random(number).randbytes(3_000)
            draft.put(f"topics/{number}/feed.atom", "application/atom+xml; charset=utf-8", body, NOW)
        return draft.commit()

    @pytest.mark.parametrize("limit", [0, 300_000, 1 << 40])
    def test_memory_is_what_is_counted(self, limit: int, many: Snapshot) -> None:
        behind = Flask("behind").wsgi_app
        short = FastPath(behind, CurrentSnapshot(many.folder), SiteLinks("https://example.org/"), limit)

        def ask_all(turn: int) -> None:
            for address in many.documents:
                for coding in CODINGS:
                    ask(short, request(f"/{address}", HTTP_ACCEPT_ENCODING=coding, HTTP_X=f"{turn}"))
                    ask(short, request(f"/{address}", HTTP_ACCEPT_ENCODING=coding, HTTP_IF_NONE_MATCH=f'"{turn}"'))

        ask_all(0)
        short = FastPath(behind, CurrentSnapshot(many.folder), SiteLinks("https://example.org/"), limit)
        ask(short, request("/nothing"))
        gc.collect()
        tracemalloc.start()
        try:
            ask_all(1)
            gc.collect()
            sizes = [each.size for each in tracemalloc.take_snapshot().traces]
        finally:
            tracemalloc.stop()
        grown = sum(size for size in sizes if size < 1_000_000)  # Python's own table of names may just have grown
        held = short._cache
        assert held is not None
        assert held._cached.size <= limit
        assert grown <= held._cached.size + 100_000
        if limit > 1 << 30:
            assert held._cached.size <= 1.5 * grown, "it would hold less than it may"

    def test_headers_fill_no_memory(self, site: Site) -> None:
        both = Both(site)
        ask(both.short, request())
        size = both.held._cached.size
        for number in range(1_000):
            ask(both.short, request(HTTP_ACCEPT_ENCODING=f"{'x' * number}, identity", HTTP_IF_NONE_MATCH=f'"{number}"'))
        assert both.held._cached.size == size
        for remembered, name in (
            (fast_path._cached_codings, "HTTP_ACCEPT_ENCODING"),
            (fast_path._is_host, "HTTP_HOST"),
        ):
            before = remembered.cache_info()
            assert before.maxsize == fast_path.CACHED_VALUES
            ask(both.short, request(**{name: "x" * (fast_path.MAX_CACHED_LENGTH + 1)}))
            assert remembered.cache_info().currsize == before.currsize, "one that is too long is not remembered"
            assert remembered.cache_info().misses == before.misses

    def test_a_document_is_to_be_had_in_all_codings_or_none(self, site: Site) -> None:
        assert {codings_of(each.media_type, each.size) for each in documents(site).values()} == {(), INSTALLED_CODINGS}
