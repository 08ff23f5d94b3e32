"""The page of an article without a web page stays at its address, whatever its title and other articles do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from feeds.pipeline import publish
from feeds.rules.site_layout import NEGOTIATED_NAME
from feeds.settings.site import Site
from feeds.web.app import create_app
from tests.builders import NOW, article, delete_catalogue, make_site, tree, write_corpus


def text(title: str, date: str = "2022-05-26") -> str:
    return article(title, date, url=None, id=f"tag:a.example,2022:{date}")


def pages(site: Site) -> dict[str, str]:
    """Return the title on every page of an article."""
    public = tree(site.output_path or Path())
    return {
        path.split("/")[1]: body.decode().partition("<title>")[2].partition("<")[0].partition(" – ")[0]
        for path, body in public.items()
        if path.startswith("articles/")
    }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(write_corpus(tmp_path / "c", {"a.md": text("Notes")}), tmp_path)


@pytest.mark.parametrize("lost", ["nothing", "catalogue", "state"])
def test_a_corrected_title_moves_no_page(lost: str, site: Site, tmp_path: Path) -> None:
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"a.md": text("Notices")})
    publish.build(site, NOW)
    assert pages(site) == {"notes": "Notices"}
    if lost == "catalogue":
        delete_catalogue(tmp_path / "state")
    if lost == "state":
        shutil.rmtree(tmp_path / "state")
    write_corpus(tmp_path / "c", {"a.md": text("Notices!")})
    publish.build(site, NOW)
    assert pages(site) == {"notes": "Notices!"}
    write_corpus(tmp_path / "c", {"a.md": text("Notes")})
    publish.build(site, NOW)
    assert pages(site) == {"notes": "Notes"}


def test_an_older_article_of_the_same_name_moves_no_page(site: Site, tmp_path: Path) -> None:
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"b.md": text("Notes", "2020-01-01")})
    publish.build(site, NOW)
    (other,) = pages(site).keys() - {"notes"}
    assert other.startswith("notes--")
    assert "2022-05-26" in (tmp_path / "public" / "articles" / "notes" / "index.html").read_text()
    before = tree(tmp_path / "public")
    delete_catalogue(tmp_path / "state")
    publish.build(site, NOW)
    assert tree(tmp_path / "public") == before


def test_no_article_gets_the_page_of_another_one(site: Site, tmp_path: Path) -> None:
    """Neither of one that has another title now, nor of one that is gone."""
    publish.build(site, NOW)
    write_corpus(tmp_path / "c", {"a.md": text("Notices"), "b.md": text("Notes", "2023-01-01")})
    publish.build(site, NOW)
    found = pages(site)
    assert found.pop("notes") == "Notices"
    ((slug, title),) = found.items()
    assert (slug.startswith("notes--"), title) == (True, "Notes")
    (tmp_path / "c" / "a.md").unlink()
    write_corpus(tmp_path / "c", {"c.md": text("Notes", "2021-01-01")})
    publish.build(site, NOW)
    assert "notes" not in pages(site)
    write_corpus(tmp_path / "c", {"a.md": text("Notes")})
    publish.build(site, NOW)
    assert "2022-05-26" in (tmp_path / "public" / "articles" / "notes" / "index.html").read_text()


def test_before_it_is_published_a_page_may_move(site: Site, tmp_path: Path) -> None:
    """As in a build from nothing: the order of files decides nothing, and an older article has the plain name."""
    write_corpus(tmp_path / "c", {"b.md": text("Notes", "2020-01-01")})
    publish.build(site, NOW)
    assert "2020-01-01" in (tmp_path / "public" / "articles" / "notes" / "index.html").read_text()


def test_a_page_that_gives_way_to_a_web_page_leads_there(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("A walk", url=None), "z.md": article("Z")})
    site = make_site(corpus, tmp_path)
    address, page = "articles/a-walk/", tmp_path / "public" / "articles" / "a-walk" / "index.html"
    publish.build(site, NOW)
    before = page.read_bytes()
    write_corpus(corpus, {"a.md": article("A walk", url="https://a.example/walk?a=1&b=2")})
    publish.build(site, NOW)
    assert b'content="0; url=https://a.example/walk?a=1&amp;b=2"' in page.read_bytes()
    client = create_app(site).test_client()
    for path in (address, f"{address}index.html", f"{address}{NEGOTIATED_NAME}"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (301, "https://a.example/walk?a=1&b=2")
    elsewhere = make_site(corpus, tmp_path / "clean", previous=str(tmp_path / "public"))
    publish.build(elsewhere, NOW)
    assert tree(tmp_path / "clean" / "public") == tree(tmp_path / "public"), "a clean checkout leads there as well"
    write_corpus(corpus, {"a.md": article("A walk", url="https://a.example/longer")})
    publish.build(site, NOW)
    assert b"https://a.example/longer" in page.read_bytes()
    write_corpus(corpus, {"a.md": article("A walk", url=None)})
    publish.build(site, NOW)
    assert page.read_bytes() == before
    write_corpus(corpus, {"a.md": article("A walk", url="https://a.example/longer")})
    publish.build(site, NOW)
    (corpus / "a.md").unlink()
    publish.build(site, NOW)
    assert not page.exists(), "nothing of it is left"


def twins(a: str | None = None, b: str | None = None) -> dict[str, str]:
    """Return two articles without web pages; `a` and `b` are the ids that they state."""
    return {"a.md": article("Walks", url=None, id=a), "b.md": article("Hikes", url=None, id=b)}


def leads_to(site: Site, slug: str) -> str:
    """Return the path to which the page of an article leads, in the static tree and when it is served; else ""."""
    body = tree(site.output_path or Path()).get(f"articles/{slug}/index.html", b"").decode()
    target = body.partition('http-equiv="refresh" content="0; url=https://example.org/')[2].partition('"')[0]
    answer = create_app(site).test_client().get(f"/articles/{slug}/")
    assert answer.headers.get("Location", "").removeprefix("https://example.org/") == target
    return target


@pytest.mark.parametrize("later", ["the same state", "no catalogue", "a clean checkout"])
def test_a_page_that_becomes_one_with_another_leads_there(later: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", twins())
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    before = pages(site)
    assert sorted(before) == ["hikes", "walks"]
    write_corpus(corpus, twins(a="tag:a.example,2024:1", b="tag:a.example,2024:1"))
    publish.build(site, NOW)
    ((gone, kept),) = [(slug, target.removeprefix("articles/")) for slug in before if (target := leads_to(site, slug))]
    assert {gone, kept.rstrip("/")} == set(before)
    merged = tree(tmp_path / "public")
    if later == "no catalogue":
        delete_catalogue(tmp_path / "state")
    if later == "a clean checkout":
        site = make_site(corpus, tmp_path / "clean", previous=str(tmp_path / "public"))
    publish.build(site, NOW)
    assert tree(site.output_path or Path()) == merged
    (corpus / ("a.md" if gone == "walks" else "b.md")).unlink()
    publish.build(site, NOW)
    assert leads_to(site, gone) == "", "an article that is withdrawn leaves nothing"
    assert not any(gone in path or gone in body.decode() for path, body in tree(site.output_path or Path()).items())


def test_a_page_that_is_one_again_is_back(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", twins())
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    before = pages(site)
    write_corpus(corpus, twins(a="tag:a.example,2024:1", b="tag:a.example,2024:1"))
    publish.build(site, NOW)
    write_corpus(corpus, twins())
    publish.build(site, NOW)
    assert pages(site) == before
    assert [leads_to(site, slug) for slug in before] == ["", ""]


def test_the_id_of_a_page_that_leads_elsewhere_takes_the_page_with_it(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", twins(a="tag:a.example,2024:1", b="tag:a.example,2024:2"))
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    write_corpus(corpus, twins(a="tag:a.example,2024:1", b="tag:a.example,2024:1"))
    publish.build(site, NOW)
    assert leads_to(site, "hikes") == "articles/walks/"
    write_corpus(corpus, {"c.md": article("Hikes", url=None, id="tag:a.example,2024:2")})
    publish.build(site, NOW)
    assert (pages(site)["hikes"], leads_to(site, "hikes")) == ("Hikes", "")


def test_no_page_leads_from_a_withdrawn_article_to_one_at_the_same_address(tmp_path: Path) -> None:
    files = {
        "a.md": article("Walks", url="https://o.example/trails#walks"),
        "b.md": article("Hikes", url=None, id="https://o.example/trails"),
    }
    corpus = write_corpus(tmp_path / "corpus", files)
    site = make_site(corpus, tmp_path)
    publish.build(site, NOW)
    assert sorted(pages(site)) == ["hikes"]
    (corpus / "b.md").unlink()
    publish.build(site, NOW)
    assert leads_to(site, "hikes") == ""
