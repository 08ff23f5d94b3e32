"""The Flask app: media types, validators, 304, HEAD, 404, a new generation without a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date

from feeds.errors import StateError
from feeds.pipeline import publish
from feeds.settings.site import Site
from feeds.web.app import create_app
from tests.builders import NOW, article, make_site, write_corpus

FEED = "/topics/ai/feed.atom"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    corpus = write_corpus(
        tmp_path / "c", {"a.md": article(topics=["AI"]), "own.md": article("Own", url=None, body="Text.")}
    )
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    return site


@pytest.mark.parametrize(
    ("address", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/feed.rss", "application/rss+xml; charset=utf-8"),
        (FEED, "application/atom+xml; charset=utf-8"),
        ("/topics/ai/", "text/html; charset=utf-8"),
        ("/providers/a.example/feed.rss", "application/rss+xml; charset=utf-8"),
        ("/articles/own/", "text/html; charset=utf-8"),
        ("/static/style.css", "text/css; charset=utf-8"),
    ],
)
def test_every_document_as_the_static_tree_has_it(
    address: str, media_type: str, client: FlaskClient, site: Site
) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == media_type
    assert site.output_path is not None
    path = site.output_path / (address.lstrip("/") + ("index.html" if address.endswith("/") else ""))
    assert answer.data == path.read_bytes()
    assert answer.last_modified is not None
    assert answer.last_modified.timestamp() == path.stat().st_mtime


def test_head_is_get_without_a_body(client: FlaskClient) -> None:
    head, get = client.head(FEED), client.get(FEED)
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(get.headers)


def test_304_has_the_headers_of_200(client: FlaskClient) -> None:
    first = client.get(FEED)
    again = client.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    expected = dict(first.headers)
    del expected["Content-Length"], expected["Content-Type"]  # there is no content
    assert dict(again.headers) == expected


def test_pages_have_a_policy(client: FlaskClient) -> None:
    answers = [client.get("/"), client.get("/topics/ai/"), client.get("/nothing", headers={"Accept": "text/html"})]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; ")
        assert policy.endswith("; frame-ancestors 'self'")
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Content-Security-Policy" not in client.get(FEED).headers


def test_if_modified_since(client: FlaskClient) -> None:
    modified = client.get(FEED).headers["Last-Modified"]
    assert client.get(FEED, headers={"If-Modified-Since": modified}).status_code == 304
    assert client.get(FEED, headers={"If-Modified-Since": http_date(0)}).status_code == 200


def test_a_folder_without_its_slash(client: FlaskClient) -> None:
    answer = client.get("/topics/ai")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/topics/ai/")
    below = client.get("/topics/ai", environ_overrides={"SCRIPT_NAME": "/news"})
    assert below.headers["Location"] == "/news/topics/ai/"


@pytest.mark.parametrize(
    "address",
    ["/nothing", "/articles/", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/a%00b", "/%ff", "/topics/ai/x"],
)
def test_404(address: str, client: FlaskClient) -> None:
    for_programs = client.get(address)
    assert for_programs.status_code == 404
    assert for_programs.content_type == "text/plain; charset=utf-8"
    for_people = client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
    assert for_people.status_code == 404
    assert for_people.content_type == "text/html; charset=utf-8"
    assert b'<a href="/">all feeds</a>' in for_people.data
    assert for_people.vary.as_set() == for_programs.vary.as_set() == {"accept"}


@pytest.mark.parametrize(
    ("address", "instead"),
    [
        ("/topics/ai/feed.xml", "/topics/ai/ /topics/ai/feed.atom /topics/ai/feed.rss /topics/ai/feed.json"),
        ("/topics/ai/a/b/c/d", "/topics/ai/ /topics/ai/feed.atom /topics/ai/feed.rss /topics/ai/feed.json"),
        ("/topics/none/feed.atom", "/topics/"),
        ("/rss", "/ /feed.atom /feed.rss /feed.json"),
        ("/topics//ai/", "/topics/"),
    ],
)
def test_404_says_what_there_is_instead(address: str, instead: str, client: FlaskClient) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    lines = answer.text.splitlines()
    *found, last = lines[lines.index("What there is instead:") + 1 :]
    assert " ".join(found).removesuffix(" /") == instead
    assert last == "/subscriptions.opml"
    assert all(client.get(each).status_code == 200 for each in found)
    page = client.get(address, headers={"Accept": "text/html"}).text
    assert all(f'<a href="{each}">' in page for each in found)
    below = client.get(address, environ_overrides={"SCRIPT_NAME": "/news"}).text
    assert all(f"/news{each}" in below.splitlines() for each in found)


def test_a_new_generation_is_served_at_once(client: FlaskClient, site: Site) -> None:
    before = client.get(FEED)
    write_corpus(site.corpus_path, {"a.md": article("Another title", topics=["AI"])})
    publish.build(site, NOW)
    after = client.get(FEED, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert b"Another title" in after.data
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_state_that_was_lost_and_built_again_is_served(client: FlaskClient, site: Site) -> None:
    held = client.get(FEED).data
    shutil.rmtree(site.state_path)
    assert client.get(FEED).data == held
    assert client.get("/feed.rss").status_code == 503
    write_corpus(site.corpus_path, {"a.md": article("Another title", topics=["AI"])})
    publish.build(site, NOW)
    assert b"Another title" in client.get(FEED).data


def test_a_worker_that_slept_through_generations_wakes_up(site: Site) -> None:
    client = create_app(site).test_client()  # looks for a new generation twice a second at most
    shutil.rmtree(site.state_path)
    publish.build(site, NOW)
    write_corpus(site.corpus_path, {"a.md": article("Another title", topics=["AI"])})
    publish.build(site, NOW)
    assert client.get(FEED).status_code == 200


def test_a_damaged_object_is_503_and_tells_no_path(client: FlaskClient, site: Site) -> None:
    for path in (site.state_path / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"X" * path.stat().st_size)
    answer = client.get(FEED)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert str(site.state_path).encode() not in answer.data


def test_no_snapshot_is_said(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"a.md": article()})
    with pytest.raises(StateError, match="feeds build"):
        create_app(make_site(corpus, tmp_path))
