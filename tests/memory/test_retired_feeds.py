"""The life of a feed: it appears, stays at its address, is empty for a while, ends, is gone, moves."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from flask.testing import FlaskClient

from feeds.audit.validate import validate
from feeds.audit.validate.source import read_folder
from feeds.catalogue import changes, schema
from feeds.errors import ConfigError
from feeds.memory.ledger import FAREWELL_PERIOD
from feeds.pipeline import publish
from feeds.pipeline.publish import Report
from feeds.rules.times import rfc3339, to_seconds
from feeds.settings import loader
from feeds.web.app import create_app
from tests.builders import NOW, article, delete_catalogue, make_site, moment, remembered, tree, write_corpus
from tests.conftest import Run

DAY = timedelta(days=1)
STAYS = {"z.md": article("Stays", "2022-01-01", url="https://z.example/", topics=["Other"])}
FILES = ("feed.atom", "feed.rss", "feed.json", "index.html")


class Site:
    """A site in a folder, built with settings and times of each test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = write_corpus(folder / "corpus", STAYS)

    def build(self, *, after: timedelta = timedelta(), **settings: Any) -> Report:
        given = {"farewell_after": 0, **settings}  # what happens in the first days has tests of its own
        return publish.build(make_site(self.corpus, self.folder, **given), NOW + after)

    def write(self, **files: str) -> None:
        write_corpus(self.corpus, {f"{name}.md": text for name, text in files.items()})

    def delete(self, name: str) -> None:
        (self.corpus / f"{name}.md").unlink()

    def file(self, path: str) -> Path:
        return self.folder / "public" / path

    def titles(self, folder: str) -> list[str]:
        found = [
            [entry.title for entry in feedparser.parse(self.file(folder + name).read_bytes()).entries]
            for name in ("feed.atom", "feed.rss")
        ]
        items = json.loads(self.file(f"{folder}feed.json").read_bytes())["items"]
        assert found[0] == found[1] == [item["title"] for item in items]
        return found[0]

    def remembered(self) -> list[tuple[Any, ...]]:
        """Return kind, key, slug, and the end, of the feeds that are remembered; the end is None for most."""
        rows = remembered(self.folder / "public", "feeds")
        return [(kind, key, slug, ended) for kind, key, slug, _, _, _, _, ended in rows]

    def client(self) -> FlaskClient:
        return create_app(make_site(self.corpus, self.folder)).test_client()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(
    "held_back",
    [
        pytest.param(article("A", topics=["AI"], category="news", draft=True), id="a draft"),
        pytest.param(article("A", "2030-01-01", topics=["AI"], category="news"), id="dated in the future"),
    ],
)
def test_a_feed_whose_entries_are_held_back_is_empty_and_there(held_back: str, site: Site) -> None:
    site.write(a=article("A", topics=["AI"], category="news", updatedDateTime="2022-05-27"))
    site.build()
    site.write(a=held_back)
    site.build(after=DAY)
    for folder in ("topics/ai/", "categories/news/", "providers/a.example/"):
        assert site.titles(folder) == []
        assert feedparser.parse(site.file(f"{folder}feed.atom").read_bytes()).feed.updated == "2022-05-27T00:00:00Z"
        assert site.client().get(f"/{folder}feed.atom").status_code == 200
        kind, slug, _ = folder.split("/")
        assert f'href="{slug}/"' in site.file(f"{kind}/index.html").read_text()
    assert (site.build(after=2 * DAY).changed, site.build(after=900 * DAY).changed) == (0, 0)
    site.write(a=article("Again", topics=["AI"]))
    site.build(after=901 * DAY)
    assert site.titles("topics/ai/") == ["Again"]


def test_a_draft_of_a_topic_that_was_never_published_leaves_no_trace(site: Site) -> None:
    site.write(a=article("A", topics=["Secret"], draft=True))
    site.build()
    assert not [path for path in tree(site.folder / "public") if "secret" in path]
    assert "secret" not in repr(site.remembered())


def test_a_feed_without_entries_ends_and_is_gone_later(site: Site) -> None:
    site.write(a=article("A", topics=["AI"]))
    site.build()
    before = {path for path in tree(site.folder / "public") if path.startswith("topics/ai/")}
    site.delete("a")
    report = site.build(after=DAY)
    assert site.titles("topics/ai/") == ["This feed has ended: AI"]
    assert {path for path in tree(site.folder / "public") if path.startswith("topics/ai/")} == before
    atom = feedparser.parse(site.file("topics/ai/feed.atom").read_bytes())
    assert atom.feed.updated == atom.entries[0].published == rfc3339(NOW + DAY)
    assert json.loads(site.file("topics/ai/feed.json").read_bytes())["expired"] is True
    page = site.file("topics/ai/index.html").read_text()
    assert "has ended" in page
    assert "Follow" not in page
    lists = ("index.html", "topics/index.html", "subscriptions.opml")
    assert not any("ai/" in site.file(each).read_text() for each in lists)
    assert report.due == NOW + DAY + FAREWELL_PERIOD
    assert [kind for kind, _, _, ended in site.remembered() if ended] == ["provider", "topic"]
    assert site.build(after=FAREWELL_PERIOD).changed == 0
    assert site.client().get("/topics/ai/feed.atom").status_code == 200

    site.build(after=DAY + FAREWELL_PERIOD)
    assert not site.file("topics/ai").exists()
    for name in ("", "feed.atom", "feed.json", "anything"):
        answer = site.client().get(f"/topics/ai/{name}")
        assert answer.status_code == 410
        assert answer.text.startswith("Nothing is in it any more")
    assert site.client().get("/topics/ai").status_code == 410
    assert "has ended" in site.client().get("/topics/ai/", headers={"Accept": "text/html"}).text
    assert site.client().get("/topics/never/feed.atom").status_code == 404
    assert site.build(after=2 * FAREWELL_PERIOD).changed == 0


def test_a_draft_does_not_bring_back_a_feed_that_has_ended_but_an_article_does(site: Site) -> None:
    site.write(a=article("A", topics=["AI"]))
    site.build()
    site.delete("a")
    site.build()
    site.write(a=article("A", topics=["AI"], draft=True))
    site.build()
    assert site.titles("topics/ai/") == ["This feed has ended: AI"]
    site.write(a=article("A", topics=["AI"]))
    site.build(after=FAREWELL_PERIOD)
    assert site.titles("topics/ai/") == ["A"]
    assert not any(ended for *_, ended in site.remembered())


def test_a_feed_keeps_its_address(site: Site) -> None:
    """A name that wants the same address, and whose entries are older, does not get it; not even when it is gone."""
    site.write(a=article("A", topics=["etc"]))
    site.build()
    site.write(b=article("B", "2020-01-01", url="https://b.example/", topics=["../etc"]))
    site.build()
    assert site.titles("topics/etc/") == ["A"]
    (other,) = [slug for _, key, slug, _ in site.remembered() if key == "../etc"]
    assert other.startswith("etc--")
    assert site.titles(f"topics/{other}/") == ["B"]
    site.delete("a")
    site.build(after=DAY)
    site.build(after=DAY + FAREWELL_PERIOD)
    assert site.client().get("/topics/etc/feed.atom").status_code == 410
    assert site.titles(f"topics/{other}/") == ["B"]
    site.write(c=article("C", topics=["ETC!"]))
    site.build(after=2 * FAREWELL_PERIOD)
    assert site.client().get("/topics/etc/feed.atom").status_code == 410
    site.write(a=article("A", topics=["etc"]))
    site.build(after=2 * FAREWELL_PERIOD)
    assert site.titles("topics/etc/") == ["A"]


def test_a_renamed_feed(site: Site) -> None:
    site.write(a=article("A", topics=["ML"]))
    site.build()
    site.write(a=article("A", topics=["Machine Learning"]))
    rename = {"renamed": (("ml", "machine-learning"), ("providers/gone.example", "providers/a.example"))}
    report = site.build(after=DAY, **rename)
    assert report.notes == ()
    client = site.client()
    for old, new in (("topics/ml/", "topics/machine-learning/"), ("providers/gone.example/", "providers/a.example/")):
        assert client.get(f"/{old}feed.rss").headers["Location"] == f"/{new}feed.rss"
        assert client.get(f"/{old}").headers["Location"] == client.get(f"/{old[:-1]}").headers["Location"] == f"/{new}"
        assert client.get(f"/{old}other").headers["Location"] == f"/{new}"
        assert client.get(f"/{old}feed.atom").status_code == 301
        below = client.get(f"/{old}feed.atom", environ_overrides={"SCRIPT_NAME": "/news"})
        assert below.headers["Location"] == f"/news/{new}feed.atom"
        (entry,) = feedparser.parse(site.file(f"{old}feed.atom").read_bytes()).entries
        assert (entry.link, entry.published) == (f"https://example.org/{old}", rfc3339(NOW + DAY))
        assert f"https://example.org/{new}" in entry.summary
        assert f'<a href="https://example.org/{new}">' in entry.content[0].value
        assert entry.title.startswith("This feed has moved")
        page = site.file(f"{old}index.html").read_text()
        assert f'content="0; url=../../{new}"' in page
        assert f'rel="canonical" href="https://example.org/{new}"' in page
    assert site.titles("topics/ml/") == ["This feed has moved: Machine Learning"]
    lists = ("index.html", "topics/index.html", "subscriptions.opml")
    assert not any("ml/" in site.file(each).read_text() for each in lists)
    assert site.build(after=2 * DAY, **rename).changed == 0
    site.build(after=2 * DAY)
    assert site.titles("topics/ml/") == ["This feed has ended: ML"]
    assert not site.file("providers/gone.example").exists()


def test_a_rename_without_effect_is_reported(site: Site, feeds: Run) -> None:
    renamed = '[renamed]\nother = "new"\n"topics/x" = "topics/nowhere"\n'
    (site.folder / "feeds.toml").write_text('corpus = "corpus"\n' + renamed)
    told = feeds("build").stderr
    assert "[renamed] topics/other/: articles still put something into this feed" in told
    assert "[renamed] topics/x/: there is no feed at topics/nowhere/" in told
    assert feeds("check").stderr.count("[renamed]") == 2
    assert (site.folder / "public" / "topics" / "other" / "feed.atom").exists()
    assert not (site.folder / "public" / "topics" / "x").exists()


def test_a_feed_that_was_renamed_twice_leads_to_its_last_address() -> None:
    site = loader.load_site(environ={}, renamed=(("a", "b"), ("topics/b", "/topics/c/"), ("x", "b")))
    assert site.moves == {f"topics/{old}/": "topics/c/" for old in "abx"}


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "a")],
        [("a", "b"), ("b", "a")],
        [("a", "")],
        [("a/b/c", "d")],
        [("..", "x")],
        [("%2e%2e", "x")],
        [("a%2fb", "x")],
        [("planets/x", "y")],
        [("x" * 201, "y")],
        [("a\0b", "y")],
        [("a\x0bb", "y")],
        [("a\\b", "y")],
    ],
)
def test_invalid_renames(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(ConfigError, match=r"\[renamed\]"):
        loader.load_site(environ={}, renamed=tuple(pairs))


def test_renames_from_file_and_environment(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text('[renamed]\n"topics/a" = "topics/b"\n')
    assert loader.load_site(environ={}).moves == {"topics/a/": "topics/b/"}
    site = loader.load_site(environ={"FEEDS_RENAMED": "a = b, providers/x.example=providers/y.example"})
    assert site.moves == {"topics/a/": "topics/b/", "providers/x.example/": "providers/y.example/"}
    with pytest.raises(ConfigError, match="old = new"):
        loader.load_site(environ={"FEEDS_RENAMED": "a"})


def test_the_farewell_has_the_date_of_the_ledger_and_not_of_the_build(site: Site) -> None:
    site.write(a=article("A", topics=["AI"]))
    site.build()
    site.delete("a")
    site.build(after=DAY + timedelta(microseconds=5))
    before = tree(site.folder / "public")
    for path in (site.folder / "state").glob("catalogue*"):
        path.unlink()
    site.build(after=3 * DAY)
    assert tree(site.folder / "public") == before
    assert {ended for *_, ended in site.remembered() if ended} == {to_seconds(NOW + DAY)}
    assert moment("2026-06-02T12:00") == NOW + DAY


@pytest.mark.parametrize("how", ["lost", "forced", "read otherwise"])
def test_a_feed_ends_although_the_catalogue_is_made_again(how: str, site: Site) -> None:
    site.write(a=article("A", topics=["ML"]))
    site.build()
    site.delete("a")
    if how == "lost":
        delete_catalogue(site.folder / "state")
    settings = {"farewell_after": 0, **({"timezone": "Europe/Lisbon"} if how == "read otherwise" else {})}
    publish.build(make_site(site.corpus, site.folder, **settings), NOW, force=how == "forced")
    assert site.titles("topics/ml/") == ["This feed has ended: ML"]


def test_two_names_never_share_an_address(site: Site) -> None:
    site.write(a=article("A", url="https://a.example/", topics=["C++"]))
    site.build()
    site.delete("a")
    delete_catalogue(site.folder / "state")
    site.build()
    site.write(b=article("B", url="https://b.example/", topics=["C plus plus"]))
    site.build()
    site.write(a=article("A", url="https://a.example/", topics=["C++"]))
    site.build()
    (slug,) = [path.name for path in site.file("topics").iterdir() if path.name.startswith("c-plus-plus--")]
    assert (site.titles("topics/c-plus-plus/"), site.titles(f"topics/{slug}/")) == (["A"], ["B"])


def test_an_address_of_another_tool_can_be_renamed(site: Site) -> None:
    site.build(renamed=(("a b", "other"), ("%C3%BC<&>?#", "other")))
    for old, asked in (("a b", "a%20b"), ("ü<&>?#", "%C3%BC%3C%26%3E%3F%23")):
        answer = site.client().get(f"/topics/{asked}/feed.atom")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/topics/other/feed.atom")
        parsed = feedparser.parse(site.file(f"topics/{old}/feed.atom").read_bytes())
        assert parsed.feed.id == f"https://example.org/topics/{asked}/"
    assert validate(read_folder(site.folder / "public")).problems == ()


def test_a_renamed_feed_leads_to_the_farewell_of_its_target(site: Site) -> None:
    rename: dict[str, Any] = {"renamed": (("old", "new"),)}
    site.write(a=article("A", topics=["Old"]))
    site.build()
    site.write(a=article("A", topics=["New"]))
    site.build(**rename)
    site.delete("a")
    assert site.build(after=60 * DAY, **rename).notes == ()
    assert site.client().get("/topics/old/feed.atom").headers["Location"] == "/topics/new/feed.atom"
    assert site.titles("topics/new/") == ["This feed has ended: New"]
    site.build(after=60 * DAY + FAREWELL_PERIOD, **rename)
    assert {site.client().get(f"/topics/{name}/feed.atom").status_code for name in ("old", "new")} == {410}


def test_the_removal_of_a_path_that_is_too_long_is_no_error(site: Site) -> None:
    site.build()
    mark = site.file(".feeds-output.json")
    mark.write_text(mark.read_text().replace("{", '{"' + "x" * 300 + '": "0",', 1))
    site.build(title="New")
    assert "xxx" not in mark.read_text()


def test_an_address_to_remove_makes_a_build_necessary(tmp_path: Path) -> None:
    with schema.connect(tmp_path / "catalogue.sqlite3", {"reader": "test"}) as db:
        assert not changes.has_changes(db)
        db.execute("INSERT INTO abandoned_folder VALUES ('topics/old/')")
        assert changes.has_changes(db)
