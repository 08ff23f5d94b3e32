"""`feeds validate`: more ways to break its rules, feeds of others, hostile documents, and the command."""

from __future__ import annotations

import errno
import io
import json
import os
import time
from pathlib import Path
from typing import IO, Any

import pytest

from feeds.audit.validate import size, source, validate
from feeds.model import Severity
from tests.audit.mutations import ATOM, JSON, OPML, RSS, Edit, changed, drop, swap, verdict_on
from tests.builders import NOW, write_corpus


def rules_of(name: str, body: str | bytes) -> set[str]:
    """Return the ids of the rules that a file alone breaks, but for the ones that short examples break as well."""
    document = source.read_stream(name, io.BytesIO(body if isinstance(body, bytes) else body.encode()), asked=True)
    named = {problem.rule for problem in validate([document], NOW, scope="file").problems}
    return named - {"atom-self", "rss-self", "rss-guid-missing", "rss-date-missing"}


RSS_OF = '<rss version="2.0"><channel><title>T</title><link>https://x.example/</link><description>D</description>{}</channel></rss>'
DAY = "https://x.example/2002/09/29"


FLAWS: list[tuple[str, Edit, str]] = [
    (ATOM, swap("http://www.w3.org/2005/Atom", "urn:atom"), "xml-root"),
    (ATOM, swap("http://www.w3.org/2005/Atom", "http://www.w3.org/2005/Atom/"), "xml-namespace"),
    (ATOM, drop(r"<id>[^<]*</id>"), "atom-element-missing"),
    (ATOM, drop(r"<updated>[^<]*</updated>"), "atom-element-missing"),
    (ATOM, drop(r"(?<=<author>)<name>[^<]*</name>"), "atom-element-missing"),
    (ATOM, swap("<id>https://a.example/</id>", "<id>tag:a.example,26:1</id>"), "id-none"),
    (ATOM, swap("<id>https://a.example/</id>", "<id>urn:uuid:1</id>"), "id-none"),
    (ATOM, swap("2022-05-26T00:00:00Z</pub", "0001-01-01T00:00:00Z</pub"), "date-placeholder"),
    (ATOM, swap("2022-05-26T00:00:00Z</pub", "2022-02-31T00:00:00Z</pub"), "date-rfc3339"),
    (ATOM, swap(">A<", "><b>A</b><"), "atom-markup"),
    (ATOM, swap("About A.&lt;/p", "&amp;amp;#39;&lt;/p"), "text-escaped-twice"),
    (ATOM, swap('<title type="text">A<', '<title type="text">&lt;b>A&lt;/b><'), "text-markup"),
    (ATOM, swap('rel="related"', 'rel="related" type="html"'), "media-type"),
    (ATOM, swap('length="123"', 'length="-1"'), "number"),
    (ATOM, swap('scheme="https://example.org/topics/"', 'scheme="/topics"'), "address-none"),
    (ATOM, swap("archive/2022-05.atom", "archive/2021-05.atom"), "link-dead"),
    (JSON, swap("archive/2022-05.json", "archive/2021-05.json"), "link-dead"),
    (ATOM, swap("<id>https://a.example/</id>", "<id/>"), "id-none"),
    (RSS, drop(r"<description>[^<]*</description>"), "rss-element-missing"),
    (RSS, swap("<rss ", '<rss xmlns="urn:x" '), "xml-namespace"),
    (RSS, swap("<ttl>", "<ttl>0</ttl><ttl>"), "number"),
    (RSS, swap("<language>en", "<language>English"), "xml-language"),
    (RSS, swap("<item>", "<managingEditor>Ann</managingEditor><item>"), "rss-author"),
    (RSS, swap("<item>", "<cloud/><item>"), "rss-attribute-missing"),
    (RSS, swap("<item>", "<skipDays><day>Funday</day></skipDays><item>"), "rss-days-hours"),
    (RSS, swap("<item>", "<skipHours><hour>1</hour><hour>1</hour></skipHours><item>"), "rss-days-hours"),
    (RSS, swap("<item>", "<skipDays/><item>"), "rss-days-hours"),
    (RSS, swap("</item>", '<source url="x">X</source></item>'), "address-none"),
    (RSS, swap("</item>", "<comments>x</comments></item>"), "address-none"),
    (RSS, swap('length="123"', 'length="1.5"'), "number"),
    (RSS, swap('href="https://example.org/p.jpg"', 'href="https://example.org/p.gif"'), "podcast-image"),
    (RSS, drop(r"<itunes:explicit>[^<]*</itunes:explicit>"), "podcast-explicit"),
    (RSS, swap('<atom:link href="', '<atom:link hraf="'), "atom-attribute-missing"),
    (JSON, swap('"title":"A"', '"title":"It&#39;s"'), "text-escaped-twice"),
    (JSON, swap('"title":"A"', '"title":17'), "json-member-type"),
    (JSON, swap('"url":"https://a.example/"', '"url":"/a"'), "address-none"),
    (JSON, swap("2022-05-26T00:00:00Z", "yesterday"), "date-rfc3339"),
    (JSON, swap('"date_modified":"2022-05-27', '"date_modified":"2021-05-27'), "date-order"),
    (JSON, swap('"items":[', '"items":[17,'), "json-member-type"),
    (JSON, swap('"items":[', '"_items":['), "json-member-missing"),
    (JSON, swap('"title":"AI', '"_name":"AI'), "json-member-missing"),
    (JSON, swap('"mime_type":"audio/mpeg",', ""), "json-member-missing"),
    (JSON, swap('"mime_type":"audio/mpeg"', '"mime_type":"mp3"'), "media-type"),
    (JSON, swap('"size_in_bytes":123', '"size_in_bytes":-1'), "number"),
    (JSON, swap('"tags":["AI"]', '"tags":[1]'), "json-member-type"),
    (JSON, swap('"language":"en"', '"language":"english"'), "xml-language"),
    (OPML, swap("topics/ai/feed.atom", "topics/no/feed.atom"), "link-dead"),
    (OPML, swap("Fri, 27 May 2022", "2022-05-27"), "date-rfc822"),
]


@pytest.mark.parametrize(
    ("path", "edit", "rule"), FLAWS, ids=[f"{rule} {number}" for number, (*_, rule) in enumerate(FLAWS)]
)
def test_a_flaw_is_named(path: str, edit: Edit, rule: str, good: dict[str, bytes], tmp_path: Path) -> None:
    verdict = verdict_on({**good, path: changed(good[path], edit)}, tmp_path / "bad")
    assert rule in {problem.rule for problem in verdict.problems}, "\n".join(map(str, verdict.problems))


def test_a_large_feed_is_a_warning_once(good: dict[str, bytes], tmp_path: Path) -> None:
    huge = good[ATOM].replace(b"About A.", b"About A." * 50_000)
    found = verdict_on({**good, ATOM: huge}, tmp_path / "huge").problems
    assert [each.severity for each in found if "bytes" in each.reason] == [Severity.WARNING]


@pytest.mark.parametrize(
    "body",
    [
        b"<html><!--",
        b"<html/><!--\0",
        b"",
        b"\0",
        b"<",
        b"{",
        b"<feed",
        b"\xff\xfe",
        b"[" * 100_000,
        b"<rss/>",
        b"<feed xmlns='x'/>",
    ],
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
        assert any(each.path == path and each.rule in ("address-none", "id-none") for each in found), path


def test_a_document_that_is_too_long_or_unreadable(
    good: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 10_000)
    monkeypatch.setattr(size, "LARGE", 1000)
    monkeypatch.setattr(size, "HUGE", 2000)
    files = {"a/feed.atom": good[ATOM] + b" " * 10_000, ATOM: good[ATOM].ljust(2001), "b/feed.rss": good[RSS][:1500]}
    (write_corpus(tmp_path / "bad", files) / "dangling.atom").symlink_to("nowhere")
    (tmp_path / "bad" / "folder.atom").mkdir()
    told = "\n".join(map(str, validate(source.read_folder(tmp_path / "bad")).problems))
    assert "dangling.atom" not in told
    assert "a/feed.atom:1:1: error: it has more than 10,000 bytes, and is not looked into" in told
    assert f"{ATOM}:1:1: error: the feed has" in told
    assert "b/feed.rss:1:1: warning: the feed has 1,500 bytes" in told


def test_a_document_that_can_not_be_read(
    good: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, who may read every file."""
    plain = Path.open

    def refuse(path: Path, mode: str = "r", *given: Any, **options: Any) -> IO[Any]:
        if mode == "rb" and path == tmp_path / "bad" / RSS:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return plain(path, mode, *given, **options)

    monkeypatch.setattr(Path, "open", refuse)
    (problem,) = (it for it in verdict_on(good, tmp_path / "bad").problems if it.path == RSS)
    assert (problem.rule, problem.severity) == ("unreadable", Severity.ERROR)
    assert "Permission denied" in problem.reason


def test_a_problem_between_documents_names_the_line_in_json(good: dict[str, bytes], tmp_path: Path) -> None:
    item = b'{"id":"https://a.example/"'
    other = good[JSON].replace(item, b'\n\n  {"id":"tag:a.example,2022:1"')
    files = {path: body for path, body in good.items() if not path.startswith("topics/ai/")} | {JSON: other}
    (problem,) = (
        it for it in verdict_on(files, tmp_path / "bad").problems if it.rule == "page-two-ids" and it.path == JSON
    )
    assert (problem.line, problem.column) == (3, 3)


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
        pytest.param("old.xml", RSS_OF.format("").replace("2.0", "0.91"), id="old RSS"),
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
    start = time.monotonic()
    many = {f"m{number}": 1 for number in range(20_000)}  # every one of them is a problem, and has a place
    items = [{"id": number, "x": 1} for number in range(5_000)]
    verdict_on({"feed.json": json.dumps({**feed, **many, "items": items}).encode()}, tmp_path / "many")
    long = "a" * 1_000_000
    for value in (long, "(" * 100_000, f"tag:{long}", "a." * 500_000, f"{long}@", "&#;" * 100_000):
        for element in ("pubDate", "guid", "author", "link", "title", "description"):
            written = value.replace("&", "&amp;")
            feed_of_one = RSS_OF.format(f"<item><{element}>{written}</{element}></item>")
            verdict_on({"feed.rss": feed_of_one.encode()}, tmp_path / "long")
    number = b'{"version":"https://jsonfeed.org/version/1","title":"T","items":[{"id":' + b"9" * 5000 + b"}]}"
    assert "it is no JSON" in str(verdict_on({"feed.json": number}, tmp_path / "number").problems)
    assert time.monotonic() - start < 15


def test_a_million_problems_are_named_in_part() -> None:
    feed = RSS_OF.format("<item><title/></item>" * 3000)
    document = source.read_stream("f.rss", io.BytesIO(feed.encode()), asked=True)
    problems = [each for each in validate([document], NOW, scope="file").problems if each.rule == "text-empty"]
    assert len(problems) == 1000
    assert problems[-1].reason.endswith("; more problems of this kind are not named")


def test_elements_in_elements_without_end_are_no_xml() -> None:
    levels = 5_000
    assert rules_of("f.rss", RSS_OF.format("<x xml:lang='english'>" * levels + "</x>" * levels)) == {
        "xml-not-well-formed"
    }


def test_a_long_value_is_shown_in_part() -> None:
    feed = RSS_OF.format(f"<pubDate>{'x' * 5000}</pubDate>")
    document = source.read_stream("f.rss", io.BytesIO(feed.encode()), asked=True)
    assert all(len(str(problem)) < 500 for problem in validate([document], NOW, scope="file").problems)


@pytest.mark.parametrize("html", ["<!--", "<!-- a", "<", "</", "<p\x00", "<a href=", "<![CDATA[", "<?x", "\ud800<p>"])
def test_html_that_is_none_is_not_thrown(html: str, tmp_path: Path) -> None:
    items = [{"id": "x", "content_html": html}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items}
    verdict_on({"feed.json": json.dumps(feed).encode()}, tmp_path / "html")


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


@pytest.mark.parametrize(
    "author", ["a@x.example", "a@x.example (Ann)", "a@x.example (Ann Lee, editor)", "  a@x.example\n", "a+b@x.example"]
)
def test_authors_that_are_addresses(author: str) -> None:
    assert rules_of("f.xml", RSS_OF.format(f"<webMaster>{author}</webMaster>")) == set()


@pytest.mark.parametrize(
    ("author", "rule"),
    [
        ("Ann", "rss-author"),
        ("(a) Ann", "rss-author"),
        ("ann at x.example", "rss-author"),
        ("", "rss-author"),
        ("Ann &lt;a@x.example>", "rss-author-form"),
        ("mailto:a@x.example", "rss-author-form"),
        ("a@x.example, b@x.example", "rss-author-form"),
    ],
)
def test_authors_that_are_not(author: str, rule: str) -> None:
    assert rules_of("f.xml", RSS_OF.format(f"<webMaster>{author}</webMaster>")) == {rule}


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 26 May 2022 15:52:00 GMT",
        "26 May 2022 15:52 +0200",
        "Thu, 5 May 2022 15:52:00 EST",
        "Thu, 26 May 2022 15:52:00 Z",
    ],
)
def test_dates_that_every_reader_knows(date: str) -> None:
    assert rules_of("f.xml", RSS_OF.format(f"<pubDate>{date}</pubDate>")) == set()


@pytest.mark.parametrize(
    "date",
    [
        "Thu (what a day), 26 May 2022 15:52:00 +0000",
        "Thu,26 May 2022 15:52:00 +0000",
        "Thu, 26 May 2022 15:52:00 A",
        "Thu, 26 (or (so)) May 2022 15:52:00 +0000 (UTC)",
    ],
)
def test_dates_that_the_specification_allows_and_few_readers_know(date: str) -> None:
    assert rules_of("f.xml", RSS_OF.format(f"<pubDate>{date}</pubDate>")) == {"date-rare-form"}


def test_two_articles_of_one_page_are_two() -> None:
    items = "".join(f"<item><title>T</title><link>{DAY}#{part}</link><guid>{DAY}#{part}</guid></item>" for part in "ab")
    assert rules_of("f.xml", RSS_OF.format(items)) == set()


def test_fragments_tell_pages_of_two_feeds_apart(tmp_path: Path) -> None:
    def feed(name: str, guid: str) -> bytes:
        item = f"<item><title>T</title><link>{DAY}#{name}</link><guid isPermaLink='false'>{guid}</guid></item>"
        return RSS_OF.format(item).encode()

    apart = verdict_on({"a.rss": feed("a", "1"), "b.rss": feed("b", "2")}, tmp_path / "apart")
    assert not [problem for problem in apart.problems if problem.rule == "page-two-ids"]
    same = verdict_on({"a.rss": feed("a", "1"), "b.rss": feed("a", "2")}, tmp_path / "same")
    assert [problem.path for problem in same.problems if problem.rule == "page-two-ids"] == ["b.rss"]


@pytest.mark.parametrize("updated", ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"])
def test_two_entries_with_one_id_and_two_links(updated: str) -> None:
    def entry(link: str, updated: str) -> str:
        return f'>{ENTRY.format(1).replace("2024-01-01T00:00:00Z", updated)}<link href="https://x.example/{link}"/>'

    feed = atom_of("f.xml", entry("1", "2024-01-01T00:00:00Z"), entry("2", updated))
    assert rules_of("f.xml", feed) == {"atom-id-repeated"}


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A</p></div></content>', set()),
        ('<content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml">A</x:div></content>', set()),
        ('<content type="xhtml"><div><p>A</p></div></content>', {"atom-div"}),
        ('<content type="xhtml">A</content>', {"atom-div"}),
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A</div>B</content>', {"atom-div"}),
        ('<content type="application/xml"><x xmlns="urn:x:y">A</x></content>', set()),
        ('<content type="text/plain">A</content>', set()),
        ('<content type="text"><b>A</b></content>', {"atom-markup"}),
        ('<content type="image/png">AAAA</content><summary>S</summary>', set()),
        ('<content type="png">AAAA</content>', {"media-type"}),
        ('<content src="https://x.example/a.png" type="image/png"/><summary>S</summary>', set()),
        ('<content src="https://x.example/a.png" type="image/png"/>', {"atom-summary-missing"}),
        ('<content src="https://x.example/a" type="html"/><summary>S</summary>', {"atom-content-type"}),
    ],
)
def test_content_of_every_type(content: str, rules: set[str]) -> None:
    assert rules_of("f.xml", atom_of("f.xml", f">{ENTRY.format(1)}{content}")) == rules


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<channel/>", "xml-root"),
        ("<feed/>", "xml-root"),
        ("nothing at all", "xml-not-well-formed"),
        ("{}", "json-version"),
        ("<rss version='2.0'>", "xml-tags"),
        (b"<?xml version='1.0' encoding='x-unknown'?><rss/>", "xml-encoding"),
    ],
)
def test_a_file_that_is_no_feed(body: str | bytes, rule: str) -> None:
    assert rule in rules_of("anything", body)


@pytest.mark.parametrize("encoding", ["shift_jis", "iso-8859-2", "euc-kr"])
def test_encodings_that_the_parser_does_not_know(encoding: str) -> None:
    body = f"<?xml version='1.0' encoding='{encoding}'?>{RSS_OF.format('')}".encode(encoding)
    assert rules_of("f.xml", body) == {"xml-encoding-rare"}
