"""The memory in builds: what travels with the site, what a clean checkout gets from it, and when a build is refused."""

from __future__ import annotations

import json
import shutil
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feeds.errors import StateError
from feeds.memory.format import FAMILIES
from feeds.pipeline import publish
from feeds.rules.site_layout import MEMORY_FOLDER, MEMORY_HEAD_ADDRESS, is_memory
from feeds.settings.site import Site
from feeds.store.snapshots import load_current
from tests.builders import (
    NOW,
    article,
    delete_catalogue,
    link,
    make_site,
    memory_files,
    remembered,
    tree,
    write_corpus,
)
from tests.conftest import Run

DAY = timedelta(days=1)
X = "https://x.example/1"
CORPUS = {
    "a.md": article(
        "Apples", url="http://x.example/1", topics=["Fruit"], related=[link("https://b.example/b", "Bees")]
    ),
    "own.md": article("Own words", url=None, topics=["Notes"]),
    "z.md": article("Zebras", "2022-01-01", url="https://z.example/z"),
}
YEARS: list[dict[str, str | None]] = [
    {},
    {"a.md": article("Apples and pears", url=X, topics=["Fruit"])},
    {"own.md": article("Own words, corrected", url=None, topics=["Notes"])},
    {"a.md": None},
    {"n.md": article("New", "2026-05-01", url="https://n.example/", topics=["News"])},
    {"a.md": article("Pears", url=X, topics=["Trees"])},
    {"own.md": None, "own too.md": article("Own words, corrected", url=None, topics=["Notes"])},
    {"n.md": None},
    {},
    {"own.md": article("Own words, corrected", "2023-01-01", url=None, topics=["More notes"])},
]


def edit(corpus: Path, files: dict[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (corpus / path).unlink()
        else:
            write_corpus(corpus, {path: text})


def documents(state: Path) -> dict[str, Any]:
    snapshot = load_current(state)
    assert snapshot is not None
    return {address: it for address, it in snapshot.documents.items() if not is_memory(address)}


def build(corpus: Path, work: Path, **settings: Any) -> None:
    publish.build(make_site(corpus, work, **settings), NOW)


def ids(public: Path) -> dict[str, str]:
    return {item["title"]: item["id"] for item in json.loads((public / "feed.json").read_bytes())["items"]}


def texts(public: Path) -> str:
    """Return everything that can be read in the memory of a static tree."""
    files = memory_files(public)
    bodies = (zlib.decompress(body) if name.endswith(".bin") else body for name, body in files.items())
    return b"\n".join(bodies).decode()


@pytest.mark.parametrize("kept", ["the output", "a copy"])
def test_builds_without_state_give_what_builds_with_state_give(kept: str, tmp_path: Path) -> None:
    """Bytes, ids, times of changes, farewells, and the memory itself, year after year."""
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    with_state, without = tmp_path / "with", tmp_path / "without"
    previous: dict[str, Any] = {"previous": str(tmp_path / "copy")} if kept == "a copy" else {}
    farewells = 0
    for number, change in enumerate(YEARS):
        edit(corpus, change)
        moment = NOW + number * 7 * DAY
        publish.build(make_site(corpus, with_state, archives=True), moment)
        shutil.rmtree(without / "state", ignore_errors=True)
        if kept == "a copy" and (without / "public").exists():
            shutil.rmtree(tmp_path / "copy", ignore_errors=True)
            (without / "public").rename(tmp_path / "copy")
        publish.build(make_site(corpus, without, archives=True, **previous), moment)
        assert tree(with_state / "public") == tree(without / "public")
        assert documents(with_state / "state") == documents(without / "state")
        assert memory_files(with_state / "public") == memory_files(without / "public")
        farewells += sum(b"This feed has ended" in body for body in tree(with_state / "public").values())
    assert farewells > 3
    assert len({it.modified for it in documents(with_state / "state").values()}) > 3


@pytest.mark.parametrize("with_state", [True, False])
def test_an_article_that_comes_back_is_the_same_item(with_state: bool, tmp_path: Path) -> None:
    """Its address was corrected meanwhile: the computed id is another one, and the published one is sealed."""
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    build(corpus, tmp_path)
    changes: list[dict[str, str | None]] = [
        {"a.md": None},
        {"z.md": CORPUS["z.md"] + "more"},
        {"a.md": article("Apples", url=X)},
    ]
    for change in changes:
        edit(corpus, change)
        if not with_state:
            shutil.rmtree(tmp_path / "state")
        build(corpus, tmp_path)
    assert ids(tmp_path / "public")["Apples"] == "http://x.example/1"


SECRETS = {
    "deleted": None,
    "a draft": article("Quicksilver", url="https://q.example/quicksilver", topics=["Mercury"], draft=True),
    "private": article("Quicksilver", url="https://q.example/quicksilver", topics=["Mercury"], status="private"),
    "expired": article("Quicksilver", url="https://q.example/quicksilver", topics=["Mercury"], expiryDate="2023-01-01"),
}


@pytest.mark.parametrize("how", SECRETS)
@pytest.mark.parametrize("with_page", [True, False])
def test_a_memory_tells_nothing_of_what_was_withdrawn(how: str, with_page: bool, tmp_path: Path) -> None:
    def text(content: str | None) -> str | None:
        return content if content is None or with_page else content.replace('webUrl: "https', 'x: "')

    path = "secret-folder/quicksilver.md"
    corpus = write_corpus(
        tmp_path / "corpus",
        {**CORPUS, path: text(article("Quicksilver", url="https://q.example/quicksilver", topics=["Mercury"])) or ""},
    )
    build(corpus, tmp_path)
    assert "uicksilver" in texts(tmp_path / "public")
    edit(corpus, {path: text(SECRETS[how])})
    build(corpus, tmp_path)
    found = texts(tmp_path / "public").lower()
    for word in ("quicksilver", "q.example/", "secret-folder"):
        assert word not in found
    # The feed that it was in is empty and has its name, until it says farewell.
    assert ("mercury" in found) == (tmp_path / "public" / "topics" / "mercury").exists()


@pytest.mark.parametrize("content", [SECRETS["a draft"], SECRETS["private"], SECRETS["expired"]])
def test_a_memory_tells_nothing_of_what_was_never_shown(content: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {**CORPUS, "secret-folder/quicksilver.md": content})
    build(corpus, tmp_path)
    before = memory_files(tmp_path / "public")
    found = texts(tmp_path / "public").lower()
    assert not [word for word in ("quicksilver", "q.example", "secret-folder", "mercury") if word in found]
    (corpus / "secret-folder/quicksilver.md").unlink()
    build(corpus, tmp_path)
    assert memory_files(tmp_path / "public") == before, "nor does a digest"


def test_a_memory_has_no_text_of_articles(tmp_path: Path) -> None:
    corpus = write_corpus(
        tmp_path / "corpus",
        {"some-folder/a.md": article("Apples", url=X, topics=["Fruit"], excerpt="Sweet and sour", body="Long text")},
    )
    build(corpus, tmp_path)
    found = texts(tmp_path / "public").lower()
    assert X in found, "the id of an entry that everybody can see"
    for word in ("apples", "sweet", "long text", "some-folder", "a.md"):
        assert word not in found


@pytest.mark.parametrize("base_url", ["", "http://localhost:8000/", "http://127.0.0.9/", "http://[::1]:80/x/"])
def test_a_site_that_is_built_for_a_look_remembers_nothing(base_url: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    build(corpus, tmp_path, base_url=base_url)
    assert not (tmp_path / "public" / MEMORY_FOLDER).exists()
    edit(corpus, {"a.md": article("Apples", url=X)})
    build(corpus, tmp_path)
    assert ids(tmp_path / "public")["Apples"] == X


def test_a_look_in_between_changes_nothing_in_the_memory(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    build(corpus, tmp_path)
    before = memory_files(tmp_path / "public")
    edit(corpus, {"a.md": article("Apples", url=X), "n.md": article("New", url="https://n.example/")})
    for trial in (1, 2):
        build(corpus, tmp_path, base_url="", include_unpublished=trial == 2)
        assert memory_files(tmp_path / "public") == before
    build(corpus, tmp_path)
    assert ids(tmp_path / "public")["Apples"] == "http://x.example/1"
    shutil.rmtree(tmp_path / "state")
    after = tree(tmp_path / "public")
    build(corpus, tmp_path)
    assert tree(tmp_path / "public") == after


def test_the_first_build_says_that_there_was_no_memory(tmp_path: Path, feeds: Run) -> None:
    write_corpus(tmp_path / "corpus", CORPUS)
    words = "no memory was found"
    assert words not in feeds("build", "corpus").stderr
    public = ("build", "corpus", "--base-url", "https://a.example/")
    assert words in feeds(*public).stderr
    assert words not in feeds(*public).stderr
    shutil.rmtree(tmp_path / ".feeds")
    assert words not in feeds(*public).stderr, "the output has it"


@pytest.mark.parametrize("lost", ["the head", "the folder", "a part", "a damaged part"])
def test_a_lost_memory_is_not_silent(lost: str, tmp_path: Path, feeds: Run) -> None:
    write_corpus(tmp_path / "corpus", CORPUS)
    command = ("build", "corpus", "--base-url", "https://a.example/")
    feeds(*command)
    folder = tmp_path / "public" / MEMORY_FOLDER
    shutil.rmtree(tmp_path / ".feeds")
    part = next(path for path in folder.iterdir() if path.suffix == ".bin")
    match lost:
        case "the head":
            (tmp_path / "public" / MEMORY_HEAD_ADDRESS).unlink()
        case "the folder":
            shutil.rmtree(folder)
        case "a part":
            part.unlink()
        case _:
            part.write_bytes(part.read_bytes()[:-1])
    before = tree(tmp_path / "public")
    refused = feeds(*command, code=1).stderr
    assert "the memory is" in refused
    assert "--first" in refused
    assert "Traceback" not in refused
    assert tree(tmp_path / "public") == before
    feeds(*command, "--first")
    assert tree(tmp_path / "public") == before
    assert (tmp_path / "public" / MEMORY_HEAD_ADDRESS).exists()


@pytest.mark.parametrize("left", ["the catalogue", "the manifests", "an older manifest", "nothing"])
def test_a_snapshot_that_is_lost(left: str, tmp_path: Path) -> None:
    """The catalogue has a copy of the memory, and manifests name its files; here is no output with another copy."""
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    site = make_site(corpus, tmp_path, output="")
    publish.build(site, NOW)
    edit(corpus, {"z.md": None})
    publish.build(site, NOW)
    edit(corpus, {"a.md": article("Apples", url=X)})
    (tmp_path / "state" / "current").unlink()
    if left != "the catalogue":
        delete_catalogue(tmp_path / "state")
    if left == "an older manifest":
        newest = max((tmp_path / "state" / "manifests").iterdir())
        newest.write_bytes(newest.read_bytes().replace(b'"generation"', b'"damaged"', 1))
    if left in ("the catalogue", "nothing"):
        shutil.rmtree(tmp_path / "state" / "manifests")
    if left == "nothing":
        (tmp_path / "state" / "current").write_text("000001-" + "0" * 32)
        with pytest.raises(StateError, match=r"the snapshot is lost.*--first"):
            publish.build(site, NOW)
        publish.build(site, NOW, first=True)
        return
    publish.build(site, NOW)
    snapshot = load_current(tmp_path / "state")
    assert snapshot is not None
    assert b"<id>http://x.example/1</id>" in snapshot.read(snapshot.documents["feed.atom"])


def test_the_newer_memory_counts(tmp_path: Path) -> None:
    """A site is built here, then elsewhere from a copy, then here again: what was published elsewhere is known."""
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    build(corpus, tmp_path / "here")
    edit(corpus, {"n.md": article("New", url="http://n.example/")})
    build(corpus, tmp_path / "there", previous=str(tmp_path / "here" / "public"))
    edit(corpus, {"n.md": article("New", url="https://n.example/"), "z.md": None})
    build(corpus, tmp_path / "here", previous=str(tmp_path / "there" / "public"))
    assert ids(tmp_path / "here" / "public")["New"] == "http://n.example/"
    build(corpus, tmp_path / "there")
    build(corpus, tmp_path / "there", previous=str(tmp_path / "here" / "public"))
    assert ids(tmp_path / "there" / "public")["New"] == "http://n.example/"


def test_the_memory_of_another_site_is_refused(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    other = write_corpus(tmp_path / "other", {"a.md": article("Another site")})
    build(corpus, tmp_path)
    build(other, tmp_path / "o", base_url="https://other.example/")
    before = tree(tmp_path / "public")
    with pytest.raises(StateError, match="it has the memory of another site"):
        build(corpus, tmp_path, previous=str(tmp_path / "o" / "public"))
    with pytest.raises(StateError, match="it has the memory of another site"):
        build(other, tmp_path / "o", base_url="https://other.example/", output=str(tmp_path / "public"))
    assert tree(tmp_path / "public") == before


def test_two_sites_never_have_one_identity(tmp_path: Path) -> None:
    """Even if they were built at the same time for the same address."""
    heads = []
    for name in ("one", "two"):
        corpus = write_corpus(tmp_path / name / "corpus", {"a.md": article(name)})
        build(corpus, tmp_path / name)
        heads.append(json.loads((tmp_path / name / "public" / MEMORY_HEAD_ADDRESS).read_bytes()))
    assert heads[0]["site"] != heads[1]["site"]
    assert heads[0]["salt"] == heads[1]["salt"]


def feed_ids(public: Path) -> dict[str, str]:
    return {
        str(path.parent.relative_to(public)): feedparser.parse(path.read_bytes()).feed.id
        for path in public.rglob("feed.atom")
    }


@pytest.mark.parametrize("state", ["kept", "lost"])
def test_a_site_that_moves_keeps_the_ids_of_feeds_and_entries(state: str, tmp_path: Path) -> None:
    """And the address of the feed of its own articles; only addresses begin with the new address."""
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    build(corpus, tmp_path, base_url="http://old.example/")
    before, entries = feed_ids(tmp_path / "public"), ids(tmp_path / "public")
    assert before["providers/own"] == "http://old.example/providers/own/"
    for base_url in ("https://new.example/", "https://newer.example/x/"):
        if state == "lost":
            shutil.rmtree(tmp_path / "state")
        build(corpus, tmp_path, base_url=base_url)
        assert feed_ids(tmp_path / "public") == before
        assert ids(tmp_path / "public") == entries
        feed = feedparser.parse((tmp_path / "public" / "feed.atom").read_bytes()).feed
        assert {it.href for it in feed.links if it.rel == "self"} == {f"{base_url}feed.atom"}
        assert not [body for body in tree(tmp_path / "public").values() if b"has ended" in body]
    began = tmp_path / "began"
    build(corpus, began, base_url="https://newer.example/x/")
    assert feed_ids(began / "public") != before
    public = {
        path: body.replace(b"https://newer.example/x/", b"http://old.example/")
        for path, body in tree(began / "public").items()
        if path.endswith(".atom")
    }
    moved = {
        path: body.replace(b"https://newer.example/x/", b"http://old.example/")
        for path, body in tree(tmp_path / "public").items()
        if path.endswith(".atom")
    }
    assert public == moved, "the salt changes no document"
    salts = {json.loads((it / "public" / MEMORY_HEAD_ADDRESS).read_bytes())["salt"] for it in (tmp_path, began)}
    assert len(salts) == 2


def test_a_look_at_a_site_that_was_published_has_its_ids(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    build(corpus, tmp_path)
    before = feed_ids(tmp_path / "public")
    build(corpus, tmp_path, base_url="http://localhost:8000/")
    assert feed_ids(tmp_path / "public") == before


def test_a_build_without_news_leaves_the_memory_alone(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "corpus", CORPUS), tmp_path)
    publish.build(site, NOW)
    before = memory_files(tmp_path / "public")
    for days, force in ((1, False), (30, False), (31, True)):
        assert publish.build(site, NOW + days * DAY, force=force).changed == 0
        assert memory_files(tmp_path / "public") == before


def test_an_edit_rewrites_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for family in FAMILIES:
        monkeypatch.setitem(FAMILIES, family, 4)
    files = {f"{it}.md": article(f"Title {it}", url=f"https://a.example/{it}", topics=["AI"]) for it in range(40)}
    site = make_site(write_corpus(tmp_path / "corpus", files), tmp_path)
    publish.build(site, NOW)
    before = memory_files(tmp_path / "public")
    assert len(before) > 30
    write_corpus(site.corpus_path, {"7.md": files["7.md"].replace("Title 7", "Title seven")})
    publish.build(site, NOW)
    after = memory_files(tmp_path / "public")
    assert 2 <= len(set(after) - set(before)) < len(before) / 2
    assert sum(name.startswith("entries") for name in set(after) - set(before)) == 1


def test_parts_are_divided_as_a_site_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for family in FAMILIES:
        monkeypatch.setitem(FAMILIES, family, 4)
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    for count in (1, 8, 40):
        write_corpus(corpus, {f"{it}.md": article(f"T {it}", url=f"https://a.example/{it}") for it in range(count)})
        build(corpus, tmp_path)
        head = json.loads((tmp_path / "public" / MEMORY_HEAD_ADDRESS).read_bytes())
        parts = len(head["parts"]["articles"])
        assert parts & (parts - 1) == 0
        assert len(remembered(tmp_path / "public", "articles")) == count + 3 <= 8 * parts
        assert set(memory_files(tmp_path / "public")) == {
            "memory.json",
            *(f"{family}-{digest}.bin" for family, digests in head["parts"].items() for digest in digests),
        }


def test_a_hostile_memory_never_leads_out_of_the_static_tree(tmp_path: Path) -> None:
    from feeds.catalogue import memory_parts, schema
    from feeds.memory.format import DamagedMemoryError

    hostile = {
        "feeds": (5, "topic", "k", "../../evil", "Evil", 0, 1, None, None),
        "moves": (5, "topics/../../evil/", "topics/a/", 0),
        "entries": (5, "urn:x", 0, "../evil", 6, None, [], []),
        "documents": (5, ["no text"], 0),
        "articles": ("no number",),
        "broken": (5, 7),
    }
    for family, record in hostile.items():

        def records_of(name: str, family: str = family, record: Any = record) -> list[Any]:
            return [record] if name == family else []

        with (
            pytest.raises(DamagedMemoryError, match=f"a record of {family} is not valid"),
            schema.connect(tmp_path / f"{family}.sqlite3", {}, lambda db: memory_parts.load_memory(db, records_of)),
        ):
            pass


def test_the_memory_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    """Its ids, addresses, empty feeds and moves stay; its files go once a snapshot has them."""
    import sqlite3
    from contextlib import closing

    from feeds.catalogue.earlier_state import HISTORY_FILE, LEDGER_FILE, NO_SALT
    from feeds.rules.grouping import key_hash

    corpus = write_corpus(tmp_path / "corpus", CORPUS | {"a.md": article("Apples", url=X)})
    state = write_corpus(
        tmp_path / "state",
        {
            LEDGER_FILE: '{"id": "urn:kept", "keys": ["z.example/z"]}\n'
            '{"feed": "topic", "key": "old", "slug": "old", "name": "Old", "updated": "2026-04-01T08:00:00Z"}\n'
            '{"moved": "topics/gone/", "to": "topics/notes/", "since": "2026-04-01T08:00:00Z"}\n'
        },
    )
    with closing(sqlite3.connect(state / HISTORY_FILE)) as db:
        db.executescript(
            "CREATE TABLE id (number INTEGER PRIMARY KEY, ident TEXT, turn INTEGER);"
            "CREATE TABLE page (key INTEGER, number INTEGER, turn INTEGER);"
            "CREATE TABLE feed (kind TEXT, key TEXT, slug TEXT, name TEXT, updated INTEGER);"
            "INSERT INTO id VALUES (1, 'http://x.example/1', 2);"
            "INSERT INTO feed VALUES ('topic', 'notes', 'my-notes', 'Notes', 1)"
        )
        db.execute("INSERT INTO page VALUES (?, 1, 2)", (key_hash("x.example/1", NO_SALT),))
        db.commit()
    build(corpus, tmp_path, renamed=(("topics/gone", "topics/my-notes"),))
    found = ids(tmp_path / "public")
    assert (found["Apples"], found["Zebras"]) == ("http://x.example/1", "urn:kept")
    assert json.loads((tmp_path / "public/topics/old/feed.json").read_bytes())["items"] == []
    assert (tmp_path / "public/topics/my-notes/feed.atom").exists()
    assert not [path for path in state.iterdir() if path.name in (HISTORY_FILE, LEDGER_FILE)]
    shutil.rmtree(state)
    before = tree(tmp_path / "public")
    build(corpus, tmp_path, renamed=(("topics/gone", "topics/my-notes"),))
    assert tree(tmp_path / "public") == before


@pytest.mark.parametrize("line", ['{"id": "x"}', '{"feed": "planet"}', "no JSON", "7", '{"what": 1}'])
def test_a_ledger_of_an_earlier_version_that_is_damaged(line: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    write_corpus(tmp_path / "state", {"ledger.jsonl": f'{{"id": "x", "keys": ["y"]}}\n{line}\n'})
    with pytest.raises(StateError, match=r"ledger.jsonl:2: this line is no record"):
        build(corpus, tmp_path)
    (tmp_path / "state" / "ledger.jsonl").unlink()
    (tmp_path / "state" / "published.sqlite3").write_bytes(b"garbage" * 1000)
    with pytest.raises(StateError, match=r"published.sqlite3: it is damaged"):
        build(corpus, tmp_path)


def test_the_address_of_a_memory_in_the_settings(tmp_path: Path, feeds: Run) -> None:
    """A path is relative to the place in which it is written; an address stays what it is."""
    from feeds.settings import loader

    write_corpus(tmp_path / "site", {"feeds.toml": 'previous = "../before"\n', "seeds/a.md": article()})
    site: Site = loader.load_site(None, environ={}, config=str(tmp_path / "site" / "feeds.toml"))
    assert site.previous == str(tmp_path / "before")
    address = "https://a.example/x/"
    given = loader.load_site(None, environ={}, config=str(tmp_path / "site" / "feeds.toml"), previous=address)
    assert given.previous == address


@pytest.mark.parametrize("name", ["the id", "the address", "another spelling"])
def test_forget_erases_what_was_withdrawn(name: str, tmp_path: Path, feeds: Run) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    settings = ("corpus", "--base-url", "https://a.example/")
    feeds("build", "corpus", "--base-url", "https://a.example/")
    entry = {
        "the id": "https://z.example/z",
        "the address": "z.example/z",
        "another spelling": "http://www.z.example/z/",
    }
    refused = feeds("forget", entry[name], *settings, code=2)
    assert "it is published now" in refused.stderr
    assert "nothing is remembered of" in feeds("forget", "https://never.example/", *settings, code=2).stderr
    (corpus / "z.md").unlink()
    feeds("build", *settings)
    before = len(remembered(tmp_path / "public", "entries"))
    done = feeds("forget", entry[name], *settings)
    assert done.stderr == f"nothing is remembered of {entry[name]} any more\n"
    assert len(remembered(tmp_path / "public", "entries")) == before - 1
    feeds("forget", entry[name], *settings, code=2)
    write_corpus(corpus, {"z.md": article("Zebras", "2022-01-01", url="http://z.example/z")})
    feeds("build", *settings)
    assert ids(tmp_path / "public")["Zebras"] == "http://z.example/z", "it is another item now"


def test_forget_erases_the_address_of_the_page(tmp_path: Path, feeds: Run) -> None:
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    settings = ("corpus", "--base-url", "https://a.example/")
    feeds("build", *settings)
    uri = ids(tmp_path / "public")["Own words"]
    (corpus / "own.md").unlink()
    feeds("build", *settings)
    gone = [row for row in remembered(tmp_path / "public", "documents") if row[0] is None]
    feeds("forget", uri, *settings)
    left = [row for row in remembered(tmp_path / "public", "documents") if row[0] is None]
    assert len(left) == len(gone) - 1


def test_a_site_for_a_look_has_nothing_to_forget(tmp_path: Path, feeds: Run) -> None:
    write_corpus(tmp_path / "corpus", CORPUS)
    feeds("build", "corpus")
    assert "this site has no memory" in feeds("forget", "https://z.example/z", "corpus", code=2).stderr


def test_only_builds_look_at_previous(tmp_path: Path) -> None:
    """Neither questions nor builds of a watched corpus: an edit must not wait for a request."""
    site = make_site(write_corpus(tmp_path / "corpus", CORPUS), tmp_path)
    publish.build(site, NOW)
    write_corpus(tmp_path / "before", {"feed.atom": "a feed without a memory"})
    asking = make_site(tmp_path / "corpus", tmp_path, previous=str(tmp_path / "before"))
    assert publish.query(asking, NOW, lambda db: 7) == 7
    publish.build(asking, NOW, only=[])
    for refused in (publish.build, publish.compare):
        with pytest.raises(StateError, match="there is a feed and no memory"):
            refused(asking, NOW)


def test_old_parts_leave_nothing_in_a_snapshot(tmp_path: Path) -> None:
    """A part has another name after every change: a list of all names that ever were would grow with every edit."""
    corpus = write_corpus(tmp_path / "corpus", CORPUS)
    for number in range(3):
        write_corpus(corpus, {"n.md": article(f"New {number}", url=f"https://n.example/{number}")})
        build(corpus, tmp_path)
    snapshot = load_current(tmp_path / "state")
    assert snapshot is not None
    assert len([address for address in snapshot.documents if is_memory(address)]) == 5
    assert not [address for address in snapshot.removed if is_memory(address)]
