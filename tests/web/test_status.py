"""The page with the status of the site, for its publisher."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feeds.pipeline import problems, publish
from feeds.rules.problems import EXAMPLES
from feeds.settings.site import Site
from feeds.store import build_status, lock
from feeds.web.app import create_app
from tests.builders import NOW, article, make_site, write_corpus

FILES = {
    "a.md": article(topics=["AI", "Cars"], categories=["News"]),
    "own.md": article("Own", url=None, body="Text."),
    "later.md": article("Secret merger", "2030-01-01", url="https://m.example/", topics=["Merger"]),
    "draft-of-a-merger.md": article("Merger \u0007", url="https://m.example/2", draft=True),
    "old.md": article("Past merger", url="https://m.example/3", expires="2023-01-01"),
    "broken.md": "---\ntitle: [\n---\n",
    "warned\u202e.md": article("A \u0007", url="https://w.example/"),
}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(write_corpus(tmp_path / "c", FILES), tmp_path, status=True)
    publish.build(site, NOW)
    return site


def page_of(client: FlaskClient) -> etree._Element:
    answer = client.get("/status")
    assert answer.status_code == 200
    return etree.HTML(answer.text)


def rows(page: etree._Element) -> dict[str, list[str]]:
    """Return the cells of all tables by the first one of their row."""
    found = {}
    for row in page.iter("tr"):
        name, *cells = ["".join(cell.itertext()) for cell in row]
        found[name] = cells
    return found


def text_of(page: etree._Element) -> str:
    return " ".join("".join(page.itertext()).split())


def test_there_is_no_page_unless_the_settings_say_so(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)
    assert create_app(site).test_client().get("/status").status_code == 404
    assert json.loads((site.state_path / build_status.STATUS_FILE).read_bytes())["details"] is None


def test_what_is_served_and_what_became_of_the_files(client: FlaskClient, site: Site) -> None:
    found = rows(page_of(client))
    assert (found["Feeds in topics"], found["Feeds in providers"]) == (["2"], ["3"])
    assert (found["Feeds in categories"], found["Pages of articles"]) == (["1"], ["1"])
    names = ("Files", "Published", "Unpublished", "In the future", "Expired", "Lost to problems", "Entries")
    assert [found[name] for name in names] == [["7"], ["3"], ["1"], ["1"], ["1"], ["1"], ["3"]]
    assert int(found["Bytes"][0].replace(",", "")) > 10_000
    assert "Generation 1 (000001-" in text_of(page_of(client))
    assert not list((site.output_path or Path()).glob("status*"))


def test_problems_stand_below_their_files_and_what_is_held_back_is_a_number(client: FlaskClient) -> None:
    page = page_of(client)
    files = [element.text for element in page.iter("h3")]
    assert files == ["broken.md", "warned\\u202e.md", "Further problems"]
    text = text_of(page)
    assert "line 2, error: " in text
    assert "in title: " in text
    assert "in articles that are held back: 1 more" in text
    whole = client.get("/status").text
    for secret in ("erger", "m.example", "later", "old.md", "\u202e", "\u0007"):
        assert secret not in whole


def test_ten_problems_of_a_kind_are_listed(client: FlaskClient, site: Site) -> None:
    write_corpus(site.corpus_path, {f"{number:02}.md": "---\ntitle: [\n---\n" for number in range(EXAMPLES + 3)})
    publish.build(site, NOW, accept_loss=True)
    page = page_of(client)
    listed = [element.text for element in page.iter("h3")]
    assert [name for name in listed if name and name[0].isdigit()] == [f"{number:02}.md" for number in range(EXAMPLES)]
    assert ": 4 more" in text_of(page)


def test_further_kinds_of_problems_are_a_number(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "MAX_KINDS", 1)
    publish.build(site, NOW)
    page = page_of(client)
    assert [element.text for element in page.iter("h3")] == ["broken.md", "Further problems"]
    assert "of other kinds: 1 more" in text_of(page)


def test_polls_by_format(client: FlaskClient) -> None:
    assert "No request has been counted yet." in text_of(page_of(client))
    tag = client.get("/feed.atom").headers["ETag"]
    for _ in range(3):
        client.get("/feed.atom", headers={"If-None-Match": tag})
    client.get("/nothing.rss")
    found = rows(page_of(client))
    assert found["atom"] == ["4", "3", "75%", "0", "0"]
    assert found["rss"] == ["1", "0", "", "1", "0"]
    assert found["all"] == ["5", "3", "75%", "1", "0"]
    assert "none" not in found


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[1]",
        '{"problems": 1, "lost": "1"}',
        '{"problems": 1, "lost": 1, "details": {"entries": 1}}',
        '{"problems": 1, "lost": 1, "details": {"counts": [], "entries": 1}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_status_that_can_not_be_read_is_a_sentence(text: str | None, client: FlaskClient, site: Site) -> None:
    path = site.state_path / build_status.STATUS_FILE
    path.unlink()
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    text = text_of(page_of(client))
    assert "The status of the last build is missing or can't be read." in text
    assert "Generation 1" in text


def test_the_status_of_another_version(client: FlaskClient, site: Site) -> None:
    path = site.state_path / build_status.STATUS_FILE
    path.write_text('{"problems": 2, "lost": 1}')
    assert "1 lost to problems. The last build was made without the setting status" in text_of(page_of(client))
    path.write_text('{"problems": 2, "lost": 1, "mood": "good"}')
    assert "1 lost to problems." in text_of(page_of(client))


def test_a_build_that_was_broken_off(client: FlaskClient, site: Site) -> None:
    assert "broken off" not in text_of(page_of(client))
    (site.state_path / lock.UNFINISHED_FILE).touch()
    assert "A build is running, or the last one was broken off." in text_of(page_of(client))


def test_a_state_folder_that_is_lost(client: FlaskClient, site: Site) -> None:
    for path in (site.state_path / "manifests").iterdir():
        path.unlink()
    assert "Generation 1" in text_of(page_of(client))


def test_headers(client: FlaskClient) -> None:
    answer = client.get("/status", headers={"Accept": "application/json", "Origin": "https://evil.example"})
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head = client.head("/status")
    assert (head.status_code, head.data) == (200, b"")
    assert client.post("/status").status_code == 405


def test_it_works_below_a_path_and_loads_what_is_there(client: FlaskClient) -> None:
    page = etree.HTML(client.get("/status", environ_overrides={"SCRIPT_NAME": "/news"}).text)
    addresses = [element.get("href") or "" for element in page.iter("a", "link")]
    assert len(addresses) == 6
    for address in addresses:
        assert address.startswith("/news/")
        assert client.get(address.removeprefix("/news")).status_code == 200
    assert not list(page.iter("script", "style"))
    assert not [name for element in page.iter() for name in element.attrib if name == "style" or name[:2] == "on"]


def test_it_names_no_folder_of_the_machine(client: FlaskClient, tmp_path: Path) -> None:
    assert str(tmp_path) not in client.get("/status").text
