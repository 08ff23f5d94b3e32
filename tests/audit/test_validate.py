"""`feeds validate`: no problem in our own output, and the known flaws of other sites."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, redirect, request

from feeds.audit.validate import ValidationResult, common, from_site, source, validate
from feeds.errors import UsageError
from feeds.model import Severity
from feeds.pipeline import publish
from feeds.settings import loader
from feeds.web.app import create_app
from tests.builders import NOW, article, link, make_site, tree, write_corpus
from tests.conftest import Run
from tests.paths import SEEDS
from tests.servers import free_port, served_in_thread

Edit = Callable[[str], str]

FILES = {
    "a.md": article(
        "A",
        "2022-05-26",
        url="https://a.example/",
        topics=["AI"],
        excerpt="About A.",
        updatedDateTime="2022-05-27",
        related=[link("https://r.example/", "R")],
    ),
    "b.md": article("B", "2022-05-25", url="https://b.example/", topics=["AI", "Chips"], excerpt="About B."),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("good")
    publish.build(make_site(write_corpus(folder / "corpus", FILES), folder, archives=True, limit=2), NOW)
    return tree(folder / "public")


def verdict_on(files: dict[str, bytes], folder: Path) -> ValidationResult:
    write_corpus(folder, files)
    return validate(source.read_folder(folder))


def test_our_own_output_is_right(good: dict[str, bytes], tmp_path: Path) -> None:
    verdict = verdict_on(good, tmp_path / "good")
    assert verdict.problems == ()
    assert verdict.feeds > 20


def test_feeds_that_have_ended_or_moved_are_right(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", FILES)
    options = {"archives": True, "renamed": (("old", "ai"), ("older", "ai"))}
    publish.build(make_site(corpus, tmp_path, **options), NOW)
    (corpus / "b.md").unlink()
    publish.build(make_site(corpus, tmp_path, **options), NOW)
    verdict = validate(source.read_folder(tmp_path / "public"))
    assert verdict.problems == ()


def swap(old: str, new: str, *, count: int = 1) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return edit


def drop(pattern: str) -> Edit:
    def edit(text: str) -> str:
        found, times = re.subn(pattern, "", text, count=1, flags=re.DOTALL)
        assert times == 1
        return found

    return edit


def both(first: Edit, second: Edit) -> Edit:
    return lambda text: second(first(text))


ATOM, RSS, JSON = "topics/ai/feed.atom", "topics/ai/feed.rss", "topics/ai/feed.json"

FLAWS: list[tuple[str, Edit, str]] = [
    (ATOM, swap("</entry>", ""), "it is no XML"),
    (ATOM, swap("http://www.w3.org/2005/Atom", "urn:atom"), "the root is <{urn:atom}feed>"),
    (ATOM, drop(r"<id>[^<]*</id>"), "id: there is none in <feed> (RFC 4287, 4.1.1)"),
    (ATOM, drop(r"(?<=<entry>)<id>[^<]*</id>"), "entry[1]/id: there is none in <entry> (RFC 4287, 4.1.2)"),
    (
        ATOM,
        lambda text: text.replace("<entry>", text[text.index("<entry>") : text.index("</entry>") + 8] + "<entry>", 1),
        "entry[1] has it too: https://a.example/",
    ),
    (ATOM, swap("<id>https://a.example/</id>", "<id>17</id>"), "entry[1]/id: '17' is no IRI"),
    (ATOM, drop(r"<updated>[^<]*</updated>"), "updated: there is none in <feed>"),
    (ATOM, swap("2022-05-26T00:00:00Z</pub", "26 May 2022</pub"), "entry[1]/published: '26 May 2022' is no date"),
    (ATOM, swap("2022-05-26T00:00:00Z</pub", "0001-01-01T00:00:00Z</pub"), "what a missing date looks like"),
    (ATOM, swap("2022-05-26T00:00:00Z</pub", "2023-05-26T00:00:00Z</pub"), "it is later than updated"),
    (ATOM, swap("2022-05-26T00:00:00Z</pub", "2022-02-31T00:00:00Z</pub"), "is no date"),
    (
        ATOM,
        both(drop(r"<author>.*?</author>"), drop(r"<author>.*?</author>")),
        "entry[1]/author: neither the entry nor the feed has one",
    ),
    (ATOM, drop(r"(?<=<author>)<name>[^<]*</name>"), "author: it has no name"),
    (ATOM, drop(r'<link [^>]*rel="self"[^>]*/>'), "it does not say its own address"),
    (ATOM, swap('href="https://a.example/"', 'href="/a"'), "'/a' is relative"),
    (ATOM, swap('href="https://a.example/"', 'href="https://a b/"'), "is no absolute http(s) address"),
    (ATOM, swap('<link href="https://a.example/"/>', "<link/>"), "it has no href"),
    (
        ATOM,
        swap('<link href="https://a.example/"/>', '<link href="https://a.example/"/>' * 2),
        "there is another alternate of this type",
    ),
    (ATOM, drop(r'<content.*?<link href="https://a.example/"/>'), "without content an entry needs"),
    (ATOM, swap('<title type="text">A<', '<title type="text">It&amp;#39;s<'), "readers show &#39; as it stands"),
    (ATOM, swap('<title type="text">A<', '<title type="plain">A<'), "type='plain' is none of text, html and xhtml"),
    (ATOM, swap('<title type="text">A<', '<title type="text"><b>A</b><'), "it is plain text and has elements in it"),
    (ATOM, swap('<title type="text">A<', '<title type="text"><'), "it is empty"),
    (ATOM, swap("About A.&lt;/p", '&lt;img src="/a.png"&gt;&lt;/p'), "it has a relative address"),
    (ATOM, swap("About A.&lt;/p", "&lt;script&gt;&lt;/script&gt;&lt;/p"), "it has <script>, which readers take out"),
    (ATOM, swap("About A.&lt;/p", "&amp;amp;#39;&lt;/p"), "readers show &#39; as it stands"),
    (ATOM, swap("<feed", "<!DOCTYPE feed [<!ENTITY x 'y'>]><feed"), "document type declaration"),
    (ATOM, swap("https://example.org/topics/ai/<", "https://example.org/topics/chips/<"), "has the same"),
    (ATOM, swap("https://example.org/topics/ai/feed.atom", "https://example.org/x/feed.atom"), "it says that it is at"),
    (ATOM, swap("<id>https://a.example/</id>", "<id>tag:a,1</id>"), "https://a.example/ is tag:a,1 here and"),
    (ATOM, swap("archive/2022-05.atom", "archive/2021-05.atom"), "leads to no document that is there"),
    (RSS, swap('version="2.0"', 'version="0.91"'), "an old or another kind of RSS"),
    (RSS, drop(r"(?<=</title>)<link>[^<]*</link>"), "link: there is none in <channel>"),
    (RSS, drop(r"<description>[^<]*</description>"), "description: there is none in <channel>"),
    (RSS, swap("Thu, 26 May 2022", "Fri, 26 May 2022"), "was no Fri"),
    (RSS, swap("Thu, 26 May 2022", "2022-05-26"), "is no date"),
    (RSS, swap("Thu, 26 May 2022", "Thu, 26 May 22"), "leaves the century to the reader"),
    (RSS, drop(r"<pubDate>[^<]*</pubDate>"), "readers show the time at which they saw it"),
    (RSS, drop(r"<guid[^>]*>[^<]*</guid>"), "readers guess what is new"),
    (RSS, swap(">https://a.example/</guid>", ">17</guid>"), "item[1]/guid: '17' is no absolute"),
    (RSS, swap(">https://a.example/</guid>", ">https://r.example/</guid>"), "item[1] has it too"),
    (RSS, swap("<title>A</title>", "<title>&lt;b&gt;A&lt;/b&gt;</title>"), "some readers show <b> as it stands"),
    (RSS, drop(r"<atom:link [^>]*/>"), "it does not say its own address"),
    (RSS, swap("<ttl>", "<ttl>soon "), "is no number"),
    (RSS, swap("</item>", '<enclosure url="https://a.example/a.mp3"/></item>'), "it lacks length, type"),
    (RSS, swap("<item>", "<item><title>Again</title>"), "there are 2 of it; one is allowed"),
    (JSON, swap("{", "["), "it is no JSON"),
    (
        JSON,
        swap('"version":"https://jsonfeed.org/version/1.1"', '"version":"https://jsonfeed.org/version/9"'),
        "is none of",
    ),
    (JSON, swap('"id":"https://a.example/"', '"id":17'), "items[0].id: it is a number"),
    (JSON, swap('"id":"https://a.example/"', '"id":"https://r.example/"'), "items[0] has it too"),
    (JSON, swap('"title":"A"', '"title":"It&#39;s"'), "readers show &#39; as it stands"),
    (JSON, swap('"title":"A"', '"title":17'), "items[0].title: it is missing, or no text"),
    (JSON, swap('"url":"https://a.example/"', '"url":"/a"'), "items[0].url: '/a' is no absolute"),
    (JSON, swap('"content_html"', '"content"'), "neither content_html nor content_text"),
    (JSON, swap("2022-05-26T00:00:00Z", "yesterday"), "items[0].date_published: 'yesterday' is no date"),
    (JSON, swap('"date_modified":"2022-05-27', '"date_modified":"2021-05-27'), "it is before date_published"),
    (JSON, swap('"tags":["AI"]', '"tags":"AI"'), "it is no list of texts"),
    (JSON, swap('"authors"', '"author"'), "author: JSON Feed 1.1 has authors"),
    (JSON, swap('"authors"', '"author"', count=2), "items[0].author: JSON Feed 1.1 has authors"),
    (JSON, swap('"items":[', '"items":['.replace("items", "entries")), "there is no list of items"),
    (JSON, swap('"items":[', '"items":[17,'), "items[0]: it is no object"),
    (JSON, swap('"title":"AI', '"name":"AI'), "title: it is missing"),
    (JSON, swap('"feed_url"', '"feed"'), "it does not say its own address"),
    (JSON, swap('"items":[', '"items":[{"id":"x","content_text":"x"},'), "it has other entries, or ids, than"),
    ("subscriptions.opml", swap("topics/ai/feed.atom", "topics/no/feed.atom"), "leads to no document that is there"),
    ("subscriptions.opml", swap('version="2.0"', 'version="7"'), "it has no version that readers know"),
    ("subscriptions.opml", drop(r"xmlUrl=\"[^\"]*\""), "a subscription without an address"),
    ("subscriptions.opml", swap("<outline text=", "<outline title2="), "outline/@text: there is none"),
    ("subscriptions.opml", drop(r"<head>.*?</head>"), "head: there is none"),
    ("topics/ai/index.html", swap('href="feed.atom"', 'href="atom.xml"'), "atom.xml leads to no document"),
    ("topics/ai/index.html", swap('href="feed.atom"', ""), "a link to a feed that leads nowhere"),
]


@pytest.mark.parametrize(("path", "edit", "expected"), FLAWS, ids=[f"{path}: {told}" for path, _, told in FLAWS])
def test_a_flaw_is_found(path: str, edit: Edit, expected: str, good: dict[str, bytes], tmp_path: Path) -> None:
    verdict = verdict_on({**good, path: edit(good[path].decode()).encode()}, tmp_path / "bad")
    assert any(expected in str(problem) for problem in verdict.problems), "\n".join(map(str, verdict.problems))
    assert all(problem.line >= 1 for problem in verdict.problems)


def test_what_only_all_documents_together_show(good: dict[str, bytes], tmp_path: Path) -> None:
    files = {**good, ATOM: good[ATOM].replace(b"AI \xe2\x80\x93 Test Site", b"Test Site")}
    assert "people can't tell them apart in a list" in str(verdict_on(files, tmp_path / "title").problems)
    files = {**good, "copy/feed.rss": good[RSS]}
    assert "one of them sends its readers to the other" in str(verdict_on(files, tmp_path / "self").problems)
    huge = good[ATOM].replace(b"About A.", b"About A." * 50_000)
    found = verdict_on({**good, ATOM: huge}, tmp_path / "huge").problems
    assert [each.severity for each in found if "bytes" in each.reason] == [Severity.WARNING]


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"<", b"{", b"<feed", b"\xff\xfe", b"[" * 100_000, b"<rss/>", b"<feed xmlns='x'/>"]
)
@pytest.mark.parametrize("name", ["feed.atom", "feed.rss", "feed.json", "subscriptions.opml", "index.html", "feed.xml"])
def test_garbage_is_told_and_not_thrown(name: str, body: bytes, tmp_path: Path) -> None:
    verdict_on({name: body}, tmp_path / "garbage")


BAD = "http://[bad"


def test_an_address_that_is_none_is_told_and_not_thrown(good: dict[str, bytes], tmp_path: Path) -> None:
    replaced = {
        path: body.replace(b"https://example.org/topics/ai/", BAD.encode()).replace(b"https://a.example/", BAD.encode())
        for path, body in good.items()
    }
    found = verdict_on(replaced, tmp_path / "bad").problems
    for path in (ATOM, RSS, JSON, "subscriptions.opml"):
        assert any(each.path == path and "is no absolute" in each.reason for each in found), path


def test_a_document_that_is_too_long_or_unreadable(
    good: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 10_000)
    monkeypatch.setattr(common, "LARGE", 1000)
    monkeypatch.setattr(common, "HUGE", 2000)
    files = {"a/feed.atom": good[ATOM] + b" " * 10_000, ATOM: good[ATOM].ljust(2001), "b/feed.rss": good[RSS][:1500]}
    (write_corpus(tmp_path / "bad", files) / "dangling.atom").symlink_to("nowhere")
    (tmp_path / "bad" / "folder.atom").mkdir()
    told = "\n".join(map(str, validate(source.read_folder(tmp_path / "bad")).problems))
    assert "a/feed.atom:1: error: it has more than 10,000 bytes, and is not looked into" in told
    assert f"{ATOM}:1: error: the feed has" in told
    assert "b/feed.rss:1: warning: the feed has 1,500 bytes" in told


ENTRY = "<id>urn:x:{0}</id><title>T</title><updated>2024-01-0{0}T00:00:00Z</updated><author><name>N</name></author>"
GOOD_ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:f</id><title>T</title><updated>2024-01-01T00:00:00Z</updated>'
    '<link rel="self" href="https://x.example/{name}"/>{entries}</feed>'
)


OLD_ENTRY = ENTRY.format(1).replace("2024", "1965") + '<link href="https://x.example/"/>'
PHP_JSON = r'{"version":"https:\/\/jsonfeed.org\/version\/1.1","title":"T","items":[]}'


def atom_of(name: str, *entries: str) -> str:
    return GOOD_ATOM.format(name=name, entries="".join(f"<entry{each}</entry>" for each in entries))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param(
            "feed.xml",
            atom_of(
                "feed.xml",
                f' xml:base="https://x.example/1/">{ENTRY.format(1)}<link href="one.html"/>',
                f' xml:base="https://x.example/2/">{ENTRY.format(2)}<link href="one.html"/>',
            ),
            id="xml:base",
        ),
        pytest.param(
            "feed.xml",
            atom_of(
                "feed.xml",
                f'>{ENTRY.format(1)}<link href="https://x.example/1"/>',
                f'>{ENTRY.format(2).replace("urn:x:2", "urn:x:1")}<link href="https://x.example/1"/>',
            ),
            id="two states of one entry",
        ),
        pytest.param("feed.xml", f"<?x <y>?><!-- <b> -->{atom_of('feed.xml')}", id="a comment first"),
        pytest.param("feed.xml", atom_of("feed.xml").encode("utf-16"), id="UTF-16"),
        pytest.param(
            "feed.xml",
            atom_of(
                "feed.xml",
                f'>{ENTRY.format(1)}<link rel="http://www.iana.org/assignments/relation/alternate" href="https://x.example/"/>',
            ),
            id="a relation in full",
        ),
        pytest.param("news.json", PHP_JSON, id="JSON of PHP"),
        pytest.param("old.xml", '<rss version="0.91"><channel/></rss>', id="old RSS"),
        pytest.param(
            "feed.xml",
            atom_of("feed.xml", f'>{ENTRY.format(1).replace("2024", "1965")}<link href="https://x.example/"/>'),
            id="1965",
        ),
    ],
)
def test_good_feeds_of_others_are_found_and_have_no_error(name: str, body: str | bytes, tmp_path: Path) -> None:
    verdict = verdict_on({name: body if isinstance(body, bytes) else body.encode()}, tmp_path / "others")
    assert (verdict.feeds, verdict.errors) == (1, 0), verdict.problems


@pytest.mark.parametrize("href", ["feed.atom?x=1", "./feed.atom#x", " feed.atom "])
def test_a_link_to_a_feed_in_another_spelling(href: str, good: dict[str, bytes], tmp_path: Path) -> None:
    page = good["topics/ai/index.html"].replace(b'href="feed.atom"', f'href="{href}"'.encode())
    assert verdict_on({**good, "topics/ai/index.html": page}, tmp_path / "site").problems == ()


def test_what_takes_for_ever_elsewhere_takes_a_moment(tmp_path: Path) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "items": [{"id": "x", "content_html": html} for html in ("<a " * 60_000, "<a x " * 30_000)],
    }
    verdict_on({"feed.json": json.dumps(feed).encode()}, tmp_path / "slow")
    number = b'{"version":"https://jsonfeed.org/version/1","title":"T","items":[{"id":' + b"9" * 5000 + b"}]}"
    assert "it is no JSON" in str(verdict_on({"feed.json": number}, tmp_path / "number").problems)


def test_entities_are_not_expanded_nor_files_read(tmp_path: Path) -> None:
    bomb = "<!DOCTYPE feed [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    secret = write_corpus(tmp_path, {"secret.txt": "top secret"}) / "secret.txt"
    for declared, used in ((bomb, "&i;"), (f"<!DOCTYPE feed [<!ENTITY s SYSTEM '{secret.as_uri()}'>", "&s;")):
        feed = f'{declared}]><feed xmlns="http://www.w3.org/2005/Atom"><title>{used}</title></feed>'
        verdict = verdict_on({"feed.atom": feed.encode()}, tmp_path / "bomb")
        assert "top secret" not in str(verdict.problems)
        assert verdict.problems


def test_the_command_on_a_folder(tmp_path: Path, feeds: Run) -> None:
    feeds("build", str(SEEDS))
    done = feeds("validate")
    assert "0 errors, 0 warnings" in done.stderr
    assert done.stdout == ""
    path = tmp_path / "public" / "feed.atom"
    path.write_bytes(path.read_bytes().replace(b"</feed>", b""))
    assert feeds("validate", "public", code=1).stdout.startswith("feed.atom:")
    found = json.loads(feeds("validate", "--json", code=1).stdout)
    assert (found["counts"]["errors"], found["problems"][0]["path"]) == (1, "feed.atom")
    (tmp_path / "empty").mkdir()
    assert "there is no feed" in feeds("validate", "empty", code=1).stderr
    for name in ("nowhere", "a" * 5000):
        assert "there is no such folder" in feeds("validate", name, code=2).stderr
    for name in ("http://[x", "http://\u00fc\u2100.localhost:1/", "ftp://x.example/"):
        assert "http(s) address" in feeds("validate", name, code=2).stderr


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve applications until the end of the test: a function of the application that returns its address."""
    with contextlib.ExitStack() as running:
        yield lambda app, port=0: running.enter_context(served_in_thread(app, port))


def test_a_live_site_of_ours(tmp_path: Path, serve: Callable[..., str]) -> None:
    port = free_port()
    site = loader.load_site(
        str(write_corpus(tmp_path / "corpus", FILES)),
        environ={},
        state=str(tmp_path / "state"),
        output="",
        base_url=f"http://127.0.0.1:{port}/",
        archives=True,
    )
    publish.build(site, NOW)
    verdict = validate(from_site(serve(create_app(site), port)))
    assert verdict.problems == ()
    assert verdict.feeds == 14, "all that the root leads to"


def test_a_site_that_is_too_large_or_too_slow(serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("endless", static_folder=None)

    @app.get("/<int:number>.html")
    def page(number: int) -> Response:
        body = f'<link rel="alternate" type="application/atom+xml" href="{number + 1}.html">'
        return Response(f"<!doctype html><html>{body}</html>", content_type="text/html; charset=utf-8")

    @app.get("/slow")
    def slow() -> Response:
        return Response((b"x" for _ in iter(lambda: time.sleep(0.05), 1)), content_type="text/html; charset=utf-8")

    root = serve(app)
    monkeypatch.setattr(source, "MAX_DOCUMENTS", 5)
    verdict = validate(from_site(f"{root}0.html"))
    assert [each.reason for each in verdict.problems] == ["only the first 5 documents were looked at"]
    monkeypatch.setattr(source, "TOTAL_SECONDS", 0.3)
    with pytest.raises(UsageError, match="takes too long"):
        list(from_site(f"{root}slow"))


def test_links_are_followed_as_a_reader_follows_them(good: dict[str, bytes], serve: Callable[..., str]) -> None:
    app = Flask("links", static_folder=None)
    page = b"<!doctype html><base href=/sub/><link rel=alternate type=application/atom+xml href=\xc3\xbc title='a > b'>"
    app.add_url_rule("/old", "old", lambda: redirect("/new/"))
    app.add_url_rule("/new/", "new", view_func=lambda: Response(page, content_type="text/html; charset=utf-8"))

    @app.get("/sub/\u00fc")
    def feed() -> Response:
        root = request.host_url.encode()
        body = good[ATOM].replace(b"https://example.org/topics/ai/feed.atom", root + b"sub/%C3%BC")
        return Response(body, content_type="application/atom+xml; charset=utf-8", headers={"ETag": '"x"'})

    app.add_url_rule("/gz", "gz", lambda: Response(gzip.compress(good[ATOM]), content_type="application/atom+xml"))
    root = serve(app)
    verdict = validate(from_site(f"{root}old"))
    assert (verdict.documents, verdict.feeds) == (2, 1), "the page, and the feed on the same host"
    assert "it is compressed, though the request did not ask" in str(validate(from_site(f"{root}gz")).problems)


def test_a_site_that_is_served_badly(good: dict[str, bytes], serve: Callable[..., str]) -> None:
    app = Flask("bad", static_folder=None)

    @app.get("/<path:address>")
    def answer(address: str) -> Response:
        body = good.get(address)
        if body is None:
            return Response(status=404)
        body = body.replace(b"https://example.org/", b"/")
        headers = {"ETag": '"never the same"'} if address.endswith("rss") else {}
        return Response(body, content_type="text/html" if address.endswith("atom") else "text/xml", headers=headers)

    root = serve(app)
    told = "\n".join(map(str, validate(from_site(f"{root}topics/ai/index.html")).problems))
    assert "feed.atom:1: error: the server calls it text/html" in told
    assert "the server names no charset" in told or "the server calls it text/xml" in told
    assert "sends neither ETag nor Last-Modified" in told
    assert "asked with If-None-Match, the server sends all of it again" in told
    page = b'<link rel=alternate type=application/atom+xml href="http://[x"><a href="http://[y">feed.opml</a>'
    good_then_bad = Flask("links", static_folder=None)
    good_then_bad.add_url_rule("/", view_func=lambda: Response(page, content_type="text/html; charset=utf-8"))
    assert validate(from_site(serve(good_then_bad))).documents == 1
    with pytest.raises(UsageError, match="404"):
        list(from_site(f"{root}nothing"))
    with pytest.raises(UsageError, match="can't be fetched"):
        list(from_site(f"http://127.0.0.1:{free_port()}/"))
    with pytest.raises(UsageError, match="address"):
        list(from_site("ftp://127.0.0.1/"))
