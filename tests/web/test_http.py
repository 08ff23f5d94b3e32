"""HTTP headers of every answer; no request, however absurd, is answered with a server error."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.pipeline import publish
from feeds.rules.times import rfc3339
from feeds.settings.site import Site
from feeds.store import objects, snapshots
from feeds.web import headers
from feeds.web.app import create_app
from feeds.web.headers import SiteLinks, link_header
from feeds.web.negotiation import best_media_type, parse_weights
from tests.builders import NOW, article, make_site, write_corpus
from tests.web.side_by_side import ask, request

FEED = "/topics/ai/feed.atom"
MINUTE = 60
HOUR = 60 * MINUTE


@pytest.fixture
def site(tmp_path: Path) -> Site:
    hourly = [
        article(f"{number}", rfc3339(NOW - timedelta(hours=number)), url=f"https://a.example/{number}", topics=["Busy"])
        for number in range(6)
    ]
    files = {f"{number}.md": text for number, text in enumerate(hourly)}
    files["a.md"] = article(topics=["AI"], url="https://b.example/", provider={"name": "B", "domain": "b.example"})
    files["own.md"] = article("Own", url=None, body="Text.")
    site = make_site(write_corpus(tmp_path / "c", files), tmp_path, archives=True)
    publish.build(site, NOW)
    return site


def max_age(client: FlaskClient, address: str) -> int | None:
    return client.get(address).cache_control.max_age


def test_how_long_caches_may_answer_follows_the_pace_of_the_feed(client: FlaskClient) -> None:
    assert max_age(client, "/topics/busy/feed.atom") == 30 * MINUTE
    assert b"<ttl>30</ttl>" in client.get("/topics/busy/feed.rss").data
    assert max_age(client, FEED) == 24 * HOUR, "nobody knows its pace: a day, the longest"
    assert max_age(client, "/topics/ai/archive/2022-05.atom") == 24 * HOUR
    for address in ("/topics/ai/", "/", "/articles/own/", "/static/style.css", "/subscriptions.opml"):
        assert max_age(client, address) == 15 * MINUTE, "a person has no patience"


def test_the_bounds_are_settings(client: FlaskClient, site: Site, tmp_path: Path) -> None:
    modified = client.get(FEED).headers["Last-Modified"]
    publish.build(make_site(site.corpus_path, tmp_path, archives=True, shortest_ttl=45, longest_ttl=120), NOW)
    assert max_age(client, "/topics/busy/feed.atom") == 45 * MINUTE
    assert max_age(client, FEED) == 2 * HOUR
    assert client.get(FEED).headers["Last-Modified"] == modified, "its bytes are the same"


def test_a_manifest_of_before_is_read(client: FlaskClient, site: Site) -> None:
    now = snapshots.load_current(site.state_path)
    assert now is not None
    path = site.state_path / "manifests" / f"{now.name}.json"
    manifest = json.loads(path.read_bytes())
    manifest["documents"] = {address: row[:4] for address, row in manifest["documents"].items()}
    body = json.dumps(manifest).encode()
    name = f"000009-{objects.content_digest(body)}"
    path.with_name(f"{name}.json").write_bytes(body)
    (site.state_path / "current").write_text(name)
    assert max_age(client, FEED) == snapshots.DEFAULT_MAX_AGE


def test_caches_are_told_what_to_do_when_we_are_slow_or_away(client: FlaskClient) -> None:
    said = client.get(FEED).headers["Cache-Control"]
    assert said == "public, max-age=86400, stale-while-revalidate=60, stale-if-error=604800"


def test_a_feed_links_to_itself_and_its_other_formats(client: FlaskClient) -> None:
    ours = "https://example.org/topics/ai/"
    assert client.get(FEED).headers["Link"] == (
        f'<{ours}feed.atom>; rel="self", '
        f'<{ours}feed.rss>; rel="alternate"; type="application/rss+xml", '
        f'<{ours}feed.json>; rel="alternate"; type="application/feed+json", '
        f'<{ours}>; rel="alternate"; type="text/html"'
    )
    page = client.get("/").headers["Link"]
    assert page.startswith('<https://example.org/>; rel="self", <https://example.org/feed.atom>; rel="alternate"')
    assert client.get("/static/style.css").headers["Link"] == '<https://example.org/static/style.css>; rel="self"'


def test_what_can_not_stand_in_a_header_is_quoted() -> None:
    assert (
        link_header(SiteLinks("https://example.org/"), 'é "<\n>', {})
        == '<https://example.org/%C3%A9%20%22%3C%0A%3E>; rel="self"'
    )


def test_a_feed_names_its_hub_and_a_page_none() -> None:
    home = SiteLinks("https://example.org/", "https://hub.example/")
    for name in ("feed.atom", "feed.rss", "feed.json"):
        assert link_header(home, f"topics/ai/{name}", {}).endswith(
            f'{name}>; rel="self", <https://hub.example/>; rel="hub"'
        )
    for address in ("index.html", "articles/a/index.html", "static/style.css"):
        assert "hub" not in link_header(home, address, {})


def test_the_hub_of_the_settings_is_named(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path, hub="https://hub.example/")
    publish.build(site, NOW)
    for _ in ("in front of Flask", "the same again"):
        assert '<https://hub.example/>; rel="hub"' in create_app(site).test_client().get("/feed.rss").headers["Link"]


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", FEED, 200),
        ("HEAD", FEED, 200),
        ("OPTIONS", FEED, 204),
        ("OPTIONS", "/nothing", 204),
        ("GET", "/topics/ai", 301),
        ("GET", "/nothing", 404),
        ("HEAD", "/nothing", 404),
        ("POST", FEED, 405),
        ("POST", "/nothing", 405),
        ("BREW", FEED, 405),
    ],
)
def test_other_sites_may_read_it_whatever_it_is(method: str, address: str, status: int, client: FlaskClient) -> None:
    answer = client.open(address, method=method)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Last-Modified, Link"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.headers.getlist("Access-Control-Allow-Origin")) == 1


def test_which_methods_there_are(client: FlaskClient) -> None:
    preflight = client.options(
        FEED,
        headers={
            "Origin": "https://reader.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert (preflight.status_code, preflight.data) == (204, b"")
    assert preflight.headers["Allow"] == preflight.headers["Access-Control-Allow-Methods"] == headers.ALLOW
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    assert not {"Content-Type", "Content-Length"} & set(preflight.headers.keys())
    plain = client.options(FEED)
    assert plain.headers["Allow"] == headers.ALLOW
    assert not [name for name, _ in plain.headers if name.startswith("Access-Control-Allow-M")]
    for method in ("POST", "PUT", "DELETE", "PATCH", "BREW"):
        refused = client.open(FEED, method=method)
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == set(headers.ALLOW.split(", "))


def test_what_is_not_here_now_may_be_soon(client: FlaskClient) -> None:
    for address in ("/nothing", "/topics/ai"):
        assert max_age(client, address) == headers.NOT_DOCUMENT_AGE


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip, br;q=0.5,*;q=0", {"gzip": 1, "br": 0.5, "*": 0}),
        ("GZIP ; Q=0.123", {"gzip": 0.123}),
        ("text/html;level=1;q=0.4", {"text/html": 0.4}),
        ("a;q=1., b;q=0., c;q=1.000", {"a": 1, "b": 0, "c": 1}),
        ("a;q=2, b;q=-1, c;q=nan, d;q=1e9, e;q=, f;q=0.1234, g;q=1.001, h;q=٠, i;q=inf", {}),
        ("", {}),
        (", ,;q=1,;", {}),
    ],
)
def test_weights(header: str, expected: dict[str, float]) -> None:
    assert parse_weights(header) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/plain"),
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("text/html", "text/html"),
        ("text/html;q=0.1, text/plain;q=0.2", "text/plain"),
        ("text/*, text/plain;q=0.5", "text/html"),
        ("text/html, */*;q=0.8", "text/html"),
        ("image/png", None),
        ("text/html;q=0", None),
        ("*/*, text/plain;q=0", "text/html"),
        ("*/*;q=9", "text/plain"),
    ],
)
def test_media_types(accept: str | None, expected: str | None) -> None:
    assert best_media_type(accept, ["text/plain", "text/html"]) == expected


ABSURD = [
    "",
    "\x00",
    "é",
    "*",
    "*/*;q=",
    ";;;,,,===",
    '"' * 9999,
    'W/"x", ' * 9999,
    "a;q=9" * 9999,
    "gzip;q=1e999",
    "Thu, 26 May 99999999999999999999 10:00:00 GMT",
    "Thu, 26 May 2022 10:00:00 +99999999999",
    "bytes=0-,-1,5-2",
]


@pytest.mark.parametrize("name", ["Accept", "Accept-Encoding", "If-None-Match", "If-Modified-Since", "Range", "Host"])
@pytest.mark.parametrize("value", ABSURD)
def test_absurd_headers(name: str, value: str, client: FlaskClient) -> None:
    variable = f"HTTP_{name.upper().replace('-', '_')}"
    for address in (FEED, "/nothing", "/topics/ai"):
        # Not by the client of Werkzeug, whose old versions fail for some of these hosts themselves.
        status, _, _ = ask(client.application.wsgi_app, request(address, **{variable: value}))
        assert int(status[:3]) < 500


@pytest.mark.parametrize(
    "path", ["/\x00", "/%00", "/../..", "/.", "//", "///evil.example", "/" * 999, "/é", "/\udcff", "/" + "a" * 99999]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_absurd_paths(path: str, method: str, client: FlaskClient) -> None:
    raw = path.encode("utf-8", "surrogateescape").decode("latin-1")
    answer = client.open("/", method=method, environ_overrides={"PATH_INFO": raw})
    assert answer.status_code in {"GET": (404, 200), "HEAD": (404, 200), "OPTIONS": (204,), "POST": (405,)}[method]
    assert answer.status_code != 200 or not path.strip("/"), "only slashes are the root"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"]),
        st.text(st.characters(max_codepoint=255)) | st.text('*"W/,;=q.01 gzipbr'),
    ),
    st.sampled_from(["/topics/ai/feed", FEED, "/topics/ai/nothing"]),
)
def test_any_headers(client: FlaskClient, environ: dict[str, str], address: str) -> None:
    assert client.get(address, environ_overrides=environ).status_code in (200, 304, 404, 406)
