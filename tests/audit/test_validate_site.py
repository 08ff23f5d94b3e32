"""`feeds validate` on a live site: what it finds, its limits, and how the server answers."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response, redirect, request

from feeds.audit.validate import ValidationResult, crawl, fetch, from_site, validate
from feeds.errors import UsageError
from feeds.model import Severity
from feeds.pipeline import publish
from feeds.settings import loader
from feeds.web.app import create_app
from tests.audit.mutations import ATOM, FILES, OPML, PAGE, PODCAST, good_site
from tests.audit.served import SERVER_MUTATIONS, Served, Server
from tests.builders import NOW, write_corpus
from tests.servers import free_port, served_in_thread


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve applications until the end of the test: a function of the application that returns its address."""
    with contextlib.ExitStack() as running:
        yield lambda app, port=0: running.enter_context(served_in_thread(app, port))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """Serve a good site: the server, which a test may change, and its address."""
    port = free_port()
    server = Server(good_site(tmp_path_factory.mktemp("good"), base_url=f"http://127.0.0.1:{port}/"))
    with served_in_thread(server, port) as address:
        yield server, address


def verdict_on(address: str) -> ValidationResult:
    return validate(from_site(address), NOW, scope="site")


def rules_of(address: str) -> list[str]:
    return [problem.rule for problem in verdict_on(address).problems]


def test_a_good_site_has_no_problem(site: tuple[Server, str]) -> None:
    server, address = site
    server.mutate = lambda answer: answer
    verdict = verdict_on(address)
    assert verdict.problems == ()
    feeds = [path for path in server.files if re.search(r"(feed|\d)\.(atom|rss|json)$", path)]
    assert verdict.feeds == len(feeds), "all formats of every feed"


@pytest.mark.parametrize("rule", SERVER_MUTATIONS)
def test_a_change_of_the_answers_is_named_by_its_rule(rule: str, site: tuple[Server, str]) -> None:
    server, address = site
    server.mutate = SERVER_MUTATIONS[rule]
    rules = rules_of(address + PAGE)
    assert rule in rules
    assert "xml-not-well-formed" not in rules, "a document that did not come is not looked into"


def test_a_list_of_feeds_leads_to_all_formats(site: tuple[Server, str]) -> None:
    server, address = site
    server.mutate = lambda answer: answer
    verdict = verdict_on(address + OPML)
    assert verdict.problems == ()
    assert verdict.feeds > 15
    assert verdict_on(address + ATOM).feeds == 2, "a feed leads to its archives, and to nothing else"


def test_a_sample_is_named(site: tuple[Server, str], monkeypatch: pytest.MonkeyPatch) -> None:
    server, address = site
    server.mutate = lambda answer: answer
    monkeypatch.setattr(crawl, "MAX_DOCUMENTS", 5)
    (problem,) = verdict_on(address).problems
    assert (problem.rule, problem.severity) == ("sample", Severity.WARNING)
    assert problem.reason.startswith("only the first 5 documents were looked at")


def test_the_bytes_of_a_site_are_bounded(site: tuple[Server, str], monkeypatch: pytest.MonkeyPatch) -> None:
    server, address = site
    server.mutate = lambda answer: answer
    monkeypatch.setattr(crawl, "MAX_TOTAL_BYTES", 10_000)
    assert rules_of(address) == ["sample"]


def test_the_time_limit_ends_the_walk(site: tuple[Server, str]) -> None:
    server, address = site

    def slow(answer: Served) -> Served:
        time.sleep(0.05)
        return answer

    server.mutate = slow
    start = time.monotonic()
    verdict = validate(from_site(address, seconds=0.5), NOW, scope="site")
    assert time.monotonic() - start < 5
    assert "sample" in [problem.rule for problem in verdict.problems]


def test_a_document_that_is_sent_too_slowly(serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("slow", static_folder=None)
    page = b'<!doctype html><link rel="alternate" type="application/atom+xml" href="/slow">'
    app.add_url_rule("/", "page", lambda: Response(page, content_type="text/html; charset=utf-8"))

    @app.get("/slow")
    def slow() -> Response:
        return Response((b"x" for _ in iter(lambda: time.sleep(0.05), 1)), content_type="text/html; charset=utf-8")

    root = serve(app)
    monkeypatch.setattr(fetch, "DOCUMENT_SECONDS", 0.3)
    assert rules_of(root) == ["server-slow"]
    with pytest.raises(UsageError, match="takes too long"):
        list(from_site(f"{root}slow"))


def test_redirects_end(serve: Callable[..., str]) -> None:
    app = Flask("redirects", static_folder=None)
    asked: list[int] = []

    @app.get("/<int:number>")
    def more(number: int) -> Response:
        asked.append(number)
        return redirect(f"/{number + 1}")  # type: ignore[return-value]

    app.add_url_rule("/a", "a", lambda: redirect("/b"))
    app.add_url_rule("/b", "b", lambda: redirect("/a"))
    app.add_url_rule("/file", "file", lambda: redirect("file:///etc/hostname"))
    root = serve(app)
    with pytest.raises(UsageError, match="more than 5 times"):
        list(from_site(f"{root}1"))
    assert asked == [1, 2, 3, 4, 5, 6]
    with pytest.raises(UsageError, match="in a circle"):
        list(from_site(f"{root}a"))
    with pytest.raises(UsageError, match="redirects to no address"):
        list(from_site(f"{root}file"))


def test_links_are_followed_as_a_reader_follows_them(site: tuple[Server, str], serve: Callable[..., str]) -> None:
    app = Flask("links", static_folder=None)
    page = b"<!doctype html><base href=/sub/><link rel=alternate type=application/atom+xml href=\xc3\xbc title='a > b'>"
    app.add_url_rule("/old", "old", lambda: redirect("/new/"))
    app.add_url_rule("/new/", "new", view_func=lambda: Response(page, content_type="text/html; charset=utf-8"))

    @app.get("/sub/\u00fc")
    def feed() -> Response:
        body = (
            site[0].files[ATOM].replace(f"{site[1]}topics/ai/feed.atom".encode(), f"{request.host_url}sub/x".encode())
        )
        return Response(body, content_type="application/atom+xml; charset=utf-8", headers={"ETag": '"x"'})

    verdict = verdict_on(f"{serve(app)}old")
    assert (verdict.documents, verdict.feeds) == (2, 1), "the page, and the feed on the same host"


def test_a_live_site_of_ours(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., str]) -> None:
    port, folder = free_port(), tmp_path_factory.mktemp("ours")
    site = loader.load_site(
        str(write_corpus(folder / "corpus", FILES)),
        environ={},
        state=str(folder / "state"),
        output="",
        base_url=f"http://127.0.0.1:{port}/",
        archives=True,
        **PODCAST,
    )
    publish.build(site, NOW)
    verdict = verdict_on(serve(create_app(site), port))
    assert verdict.problems == ()
    assert verdict.feeds > 15


def test_addresses_that_can_not_be_checked(serve: Callable[..., str]) -> None:
    page = b'<link rel=alternate type=application/atom+xml href="http://[x"><a href="http://[y">feed.opml</a>'
    app = Flask("links", static_folder=None)
    app.add_url_rule("/", view_func=lambda: Response(page, content_type="text/html; charset=utf-8"))
    root = serve(app)
    assert verdict_on(root).documents == 1
    with pytest.raises(UsageError, match="404"):
        list(from_site(f"{root}nothing"))
    with pytest.raises(UsageError, match="can't be fetched"):
        list(from_site(f"http://127.0.0.1:{free_port()}/"))
    with pytest.raises(UsageError, match="address"):
        list(from_site("ftp://127.0.0.1/"))
