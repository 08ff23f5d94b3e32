"""The nearest names of an address without a document."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feeds.pipeline import publish
from feeds.settings.site import Site
from feeds.store.snapshots import Document, RetiredAddresses, Snapshot
from feeds.web import site_names
from feeds.web.site_names import FOLDERS, MAX_COMPARED, MAX_LENGTH, SiteNames, nearest_names
from tests.builders import NOW, article, make_site, write_corpus

FILES = {
    "a.md": article(topics=["Artificial Intelligence", "AI Hardware"], categories=["Artificial Life"]),
    "b.md": article("The new processor", url=None, body="Text."),
    "c.md": article(topics=["Cars"], url="https://theregister.com/1", provider={"domain": "theregister.com"}),
}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(write_corpus(tmp_path / "c", FILES), tmp_path)
    publish.build(site, NOW)
    return site


def nearest(client: FlaskClient, address: str) -> list[str]:
    """Return the nearest addresses, which are the same for programs and people, and which have a document."""
    answer = client.get(address)
    assert answer.status_code == 404
    before, _, _ = answer.text.partition("What there is instead:")
    near = before.partition("Did you mean:")[2].split()
    page = etree.HTML(client.get(address, headers={"Accept": "text/html"}).text)
    lists = [[link.get("href") for link in each.iter("a")] for each in page.iter("ul")]
    assert lists[:-1] == ([near] if near else [])
    assert all(client.get(each).status_code == 200 for each in near)
    return near


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/topics/arificial-intelligence/", "/topics/artificial-intelligence/"),
        ("/topics/Artificial_Intelligence/", "/topics/artificial-intelligence/"),
        ("/topics/artificial inteligence", "/topics/artificial-intelligence/"),
        ("/topics/arificial-intelligence/feed.atom", "/topics/artificial-intelligence/feed.atom"),
        ("/topics/arificial-intelligence/feed.xml", "/topics/artificial-intelligence/"),
        ("/categories/artificial-intelligence/", "/topics/artificial-intelligence/"),
        ("/topic/cars/feed.rss", "/topics/cars/feed.rss"),
        ("/artificial-life", "/categories/artificial-life/"),
        ("/topcs/", "/topics/"),
        ("/providers/www.theregister.com/", "/providers/theregister.com/"),
        ("/articles/new-processor/", "/articles/the-new-processor/"),
    ],
)
def test_the_nearest_names(address: str, expected: str, client: FlaskClient) -> None:
    assert nearest(client, address)[0] == expected


@pytest.mark.parametrize(
    "address",
    [
        "/topics/cars/feed.xml",
        "/wp-login.php",
        "/topics/" + "cars" * MAX_LENGTH,
        "/topics/" + "x/" * MAX_LENGTH,
        "/%00",
    ],
)
def test_an_address_that_is_near_to_nothing(address: str, client: FlaskClient) -> None:
    assert nearest(client, address) == []


def test_a_longer_address_is_not_compared(client: FlaskClient) -> None:
    longest = "/topics/car/" + "x" * (MAX_LENGTH - len("topics/car/"))
    assert nearest(client, longest) == ["/topics/cars/"]
    assert nearest(client, longest + "x") == []


def test_the_page_names_the_feed(client: FlaskClient) -> None:
    text = client.get("/topics/arificial-intelligence/", headers={"Accept": "text/html"}).text
    assert '<a href="/topics/artificial-intelligence/">Artificial Intelligence</a>' in text
    assert '<meta name="robots" content="noindex">' in text
    assert '<html lang="en">' in text
    assert "<title>There is nothing at this address – Test Site</title>" in text
    root = etree.HTML(text)
    assert [len(list(root.iter(name))) for name in ("header", "nav", "main", "h1")] == [1, 1, 1, 1]
    assert not list(root.iter("script", "style"))


def test_below_a_path(client: FlaskClient) -> None:
    answer = client.get("/topics/car/", environ_overrides={"SCRIPT_NAME": "/news"})
    assert "/news/topics/cars/" in answer.text.splitlines()


def test_a_list_of_feeds_that_is_lost_leaves_slugs(client: FlaskClient, site: Site) -> None:
    for path in (site.state_path / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    text = client.get("/topics/car/", headers={"Accept": "text/html"}).text
    assert '<a href="/topics/cars/">cars</a>' in text


def test_the_next_generation_has_its_own_names(client: FlaskClient, site: Site) -> None:
    assert nearest(client, "/topics/violin/") == []
    write_corpus(site.corpus_path, {"d.md": article(topics=["Violins"], url="https://d.example/")})
    publish.build(site, NOW)
    assert nearest(client, "/topics/violin/") == ["/topics/violins/"]


def snapshot_of(slugs: list[str], **given: Any) -> Snapshot:
    row = Document("0" * 32, 1, "text/html", 0)
    documents = {f"{folder}/{slug}/index.html": row for folder in FOLDERS for slug in slugs}
    return Snapshot("one", 1, documents, {}, RetiredAddresses(**given), Path("nowhere"))


def test_feeds_that_have_ended_or_moved_are_near_to_nothing() -> None:
    snapshot = snapshot_of(["cars"], ended=("topics/cars/",), moved={"categories/cars/": "categories/new/"})
    found = nearest_names(snapshot, SiteNames().of(snapshot), "topics/car/")
    assert [each.address for each in found] == ["providers/cars/", "articles/cars/"]


def test_a_large_site_costs_no_more_than_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = snapshot_of([f"topic-{number:05}" for number in range(20 * MAX_COMPARED)])
    names = SiteNames().of(snapshot)
    compared = []
    plain = difflib.get_close_matches

    def counting(word: str, candidates: list[str], *given: Any) -> list[str]:
        compared.append(len(candidates))
        return plain(word, candidates, *given)

    monkeypatch.setattr(difflib, "get_close_matches", counting)
    found = nearest_names(snapshot, names, "topics/topic-00777x/")
    assert found[0].address == "topics/topic-00777/"
    assert len(found) == site_names.MAX_NEAREST
    assert sum(compared) <= len(FOLDERS) * (MAX_COMPARED + 1)
