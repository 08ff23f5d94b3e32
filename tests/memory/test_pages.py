"""The page of an article without a web page stays at its address, whatever its title and other articles do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from feeds.pipeline import publish
from feeds.settings.site import Site
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
