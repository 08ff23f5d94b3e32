"""One address for a feed in any format that the client accepts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feeds.pipeline import publish
from feeds.web.app import create_app
from feeds.web.negotiation import best_format
from tests.builders import NOW, article, make_site, write_corpus

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    files = {"a.md": article(topics=["AI", "Feed"], category="News")}
    site = make_site(write_corpus(tmp_path / "c", files), tmp_path, renamed=(("topics/old", "topics/ai"),))
    publish.build(site, NOW)
    with create_app(site).test_client() as client:
        yield client


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "feed.atom"),
        ("", "feed.atom"),
        ("*/*", "feed.atom"),
        (BROWSER, "index.html"),
        ("application/rss+xml", "feed.rss"),
        ("application/feed+json, application/json;q=0.9", "feed.json"),
        ("application/json", "feed.json"),
        ("text/xml", "feed.atom"),
        ("application/rss+xml, application/xml;q=0.9", "feed.rss"),
        ("application/rss+xml;q=0.5, application/atom+xml;q=0.6, */*;q=0.1", "feed.atom"),
        ("application/atom+xml;q=0, */*", "feed.rss"),
        ("application/*;q=0.1, text/html;q=0.2", "index.html"),
        ("image/png", None),
        ("*/*;q=0", None),
    ],
)
def test_formats(accept: str | None, expected: str | None) -> None:
    best = best_format(accept)
    assert (best.file_name if best is not None else None) == expected


@pytest.mark.parametrize("folder", ["/", "/topics/ai/", "/providers/a.example/", "/categories/news/"])
def test_a_feed_at_one_address(folder: str, client: FlaskClient) -> None:
    for accept, name in (("application/rss+xml", "feed.rss"), (BROWSER, ""), ("*/*", "feed.atom")):
        chosen = client.get(f"{folder}feed", headers={"Accept": accept})
        itself = client.get(folder + name)
        assert (chosen.status_code, chosen.data) == (200, itself.data)
        assert chosen.headers["Content-Location"] == folder + name
        assert chosen.headers["Vary"] == "Accept, Accept-Encoding"
        rest = {key: value for key, value in chosen.headers if key not in ("Content-Location", "Vary")}
        assert rest == {key: value for key, value in itself.headers if key != "Vary"}
        again = client.get(f"{folder}feed", headers={"Accept": accept, "If-None-Match": itself.headers["ETag"]})
        assert again.status_code == 304
        assert (again.headers["Vary"], again.headers["Content-Location"]) == (chosen.headers["Vary"], folder + name)


def test_another_format_is_not_current(client: FlaskClient) -> None:
    rss = client.get("/feed.rss").headers["ETag"]
    assert client.get("/feed", headers={"Accept": "application/atom+xml", "If-None-Match": rss}).status_code == 200


def test_no_format_that_we_have(client: FlaskClient) -> None:
    answer = client.get("/topics/ai/feed", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "/topics/ai/feed.rss" in answer.text.splitlines()
    assert "Accept" in answer.headers["Vary"]


def test_below_another_site(client: FlaskClient) -> None:
    answer = client.get("/feed", environ_overrides={"SCRIPT_NAME": "/news"})
    assert answer.headers["Content-Location"] == "/news/feed.atom"


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/feed/", "/feed"),
        ("/topics/ai/feed/", "/topics/ai/feed"),
        ("/topics/old/feed", "/topics/ai/feed"),
        ("/topics/old/feed.rss", "/topics/ai/feed.rss"),
        ("/topics/feed", "/topics/feed/"),
    ],
)
def test_redirects(address: str, location: str, client: FlaskClient) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (301, location)


def test_no_feed_no_choice(client: FlaskClient) -> None:
    for address in ("/topics/none/feed", "/articles/feed", "/feed/feed", "/topics/ai/feed/feed"):
        assert client.get(address).status_code == 404
