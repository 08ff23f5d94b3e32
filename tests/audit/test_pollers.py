"""``feeds pollers``: the report of a log about its pollers, and logs with strange lines."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.audit import pollers
from feeds.audit.pollers import log, tally
from feeds.audit.pollers.agents import BROWSERS, NAMELESS, parse_user_agent
from feeds.audit.pollers.log import MAX_LINE_BYTES, parse_log_line
from feeds.audit.pollers.report import ClientGroup, PolledDocument, PollingService, PollReport
from feeds.audit.pollers.table import report_lines
from feeds.audit.pollers.tally import OTHERS, Tally
from feeds.errors import LogError
from tests.builders import article, write_corpus
from tests.conftest import Run
from tests.paths import PROJECT
from tests.servers import free_port, server

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
FEED = "/topics/ai/feed.atom"
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers; )"


def line(
    minutes: float = 0,
    status: int = 200,
    size: int | str = 4000,
    *,
    client: str = "192.0.2.7",
    target: str = FEED,
    agent: str = "curl/8.0",
    method: str = "GET",
) -> str:
    time = (START + timedelta(minutes=minutes)).strftime("%d/%b/%Y:%H:%M:%S %z")
    return f'{client} - - [{time}] "{method} {target} HTTP/1.1" {status} {size} "-" "{agent}"'


def surveyed(texts: Iterable[str]) -> PollReport:
    Path("access.log").write_text("".join(f"{each}\n" for each in texts), "utf-8")
    return pollers.survey(["access.log"])


def only(report: PollReport) -> ClientGroup:
    (found,) = report.clients
    return found


class TestWhatIsTold:
    def test_a_client_that_sends_validators(self) -> None:
        report = surveyed([line(0), line(30, 304, 0), line(60, 304, 0), line(90, 200, 4100), line(120, 304, 0)])
        assert only(report) == ClientGroup("curl", 1, 5, 2, 3, 1800, 0, 0, 0)
        assert report.documents == (PolledDocument(FEED, 5, 3, 8100, 0),)
        assert (report.since, report.until) == (START, START + timedelta(hours=2))

    def test_a_client_without_validators_is_sent_the_same_again(self) -> None:
        client = only(surveyed([line(0), line(10), line(20), line(30, 200, 5000)]))
        assert (client.unconditional, client.repeats, client.repeated_bytes) == (1, 2, 8000)

    def test_one_that_gets_a_304_has_sent_validators_once(self) -> None:
        client = only(surveyed([line(0), line(10), line(20, 304, 0)]))
        assert (client.unconditional, client.repeats, client.repeated_bytes) == (0, 1, 4000)

    def test_another_document_another_client_and_an_unknown_size_are_no_repeat(self) -> None:
        texts = [line(0), line(1, target="/feed.rss"), line(2, client="192.0.2.8"), line(3, agent="curl/8.1")]
        texts += [line(4, size="-", client="192.0.2.9"), line(5, size="-", client="192.0.2.9")]
        assert (only(surveyed(texts)).clients, only(surveyed(texts)).repeats) == (4, 0)

    def test_what_is_no_poll_does_not_count(self) -> None:
        texts = [line(method="HEAD"), line(target="/"), line(target="/x?/feed.atom"), line(target="/feed.atom/x")]
        assert surveyed(texts).requests == 0
        assert "no client has asked" in next(report_lines(surveyed(texts)))

    def test_an_answer_that_is_no_feed_is_a_request_of_no_feed(self) -> None:
        report = surveyed([line(status=404, target="/nowhere/feed.atom"), line(status=410)])
        assert (only(report).requests, only(report).full, report.documents) == (2, 0, ())

    def test_one_feed_whatever_the_query_and_the_form(self) -> None:
        texts = [line(target=FEED + "?utm_source=x"), line(target=f"https://example.org{FEED}"), line()]
        assert [each.address for each in surveyed(texts).documents] == [FEED]

    def test_the_median_interval_and_files_in_the_wrong_order(self) -> None:
        assert only(surveyed([line(), line(10), line(20), line(21), line(1000)])).interval == 600
        assert only(surveyed([line(1000), line(1010), line(0), line(10)])).interval == 600
        assert only(surveyed([line(1000), line(0)])).interval is None
        assert only(surveyed([line()])).interval is None

    def test_subscribers_are_the_latest_word_for_each_feed_and_service(self) -> None:
        texts = [
            line(10, agent=FEEDLY),
            line(0, agent=FEEDLY.replace("12", "99")),
            line(20, agent=FEEDLY.replace("12", "5"), target="/feed.atom", client="192.0.2.99"),
            line(0, agent="Feedbin feed-id:1 - 3 subscribers"),
            line(1, agent="Feedbin feed-id:2 - 4 subscribers"),
        ]
        report = surveyed(texts)
        assert report.services == (PollingService("Feedly", 17, 2), PollingService("Feedbin", 7, 1))
        assert {each.address: each.subscribers for each in report.documents} == {FEED: 19, "/feed.atom": 5}

    def test_a_service_is_one_client_whatever_its_addresses_and_numbers(self) -> None:
        texts = [line(0, agent=FEEDLY), line(30, agent=FEEDLY.replace("12", "13"), client="192.0.2.8")]
        client = only(surveyed(texts))
        assert (client.clients, client.interval, client.repeats) == (1, 1800, 1)


@pytest.mark.parametrize(
    ("header", "name", "subscribers", "feed_id"),
    [
        (FEEDLY, "Feedly", 12, ""),
        ("Feedbin feed-id:1697787 - 102 subscribers", "Feedbin", 102, "1697787"),
        ("NewsBlur Feed Fetcher - 27 subscribers - https://www.newsblur.com/site/1/x", "NewsBlur Feed Fetcher", 27, ""),
        ("Mozilla/5.0 (compatible; inoreader.com; 114 subscribers)", "inoreader.com", 114, ""),
        ("Mozilla/5.0 (compatible; theoldreader.com; 1 subscribers; feed-id=ce)", "theoldreader.com", 1, "ce"),
        ("Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 1 subscribers)", "BazQux", 1, ""),
        ("Bloglovin/1.0 (http://www.bloglovin.com; 5 subscribers)", "Bloglovin", 5, ""),
        ("Mozilla/5.0 (compatible; Feedspot/1.0 (+https://x/fs; like FeedFetcher-Google)", "Feedspot", None, ""),
        ("Dreamwidth Studios (a@b.org; for https://b.org/users/c_feed/; 2 readers)", "Dreamwidth Studios", 2, ""),
        ("Netvibes (http://www.netvibes.com/; 5 subscribers; feedId: 5404723)", "Netvibes", 5, "5404723"),
        (
            "YahooFeedSeeker/1.0 (compatible; Mozilla 4.0; MSIE 5.5; http://x/; users 2; views 9)",
            "YahooFeedSeeker",
            2,
            "",
        ),
        ("Bloglines/3.1+(http://www.bloglines.com;+154+subscribers)", "Bloglines", 154, ""),
        ("Zhuaxia.com 1 Subscriber", "Zhuaxia.com", 1, ""),
        ("FreshRSS/1.24.0 (Linux; https://freshrss.org)", "FreshRSS", None, ""),
        ("Mozilla/5.0 (compatible; Miniflux/2.2; +https://miniflux.app)", "Miniflux", None, ""),
        ("NetNewsWire (RSS Reader; https://netnewswire.com/)", "NetNewsWire", None, ""),
        ("Tiny Tiny RSS/24 (https://tt-rss.org/)", "Tiny Tiny RSS", None, ""),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Thunderbird/115.6.0", "Thunderbird", None, ""),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36", BROWSERS, None, ""),
        ("https://192.0.2.1/users/12 x", "x", None, ""),
        ("192.0.2.1", NAMELESS, None, ""),
        ("someone@example.org", NAMELESS, None, ""),
        ("-", NAMELESS, None, ""),
        ("", NAMELESS, None, ""),
        ("\x1b[31mred", NAMELESS, None, ""),
        ("x" * 9000, "x" * 40, None, ""),
        ("a 99999999999999999999 subscribers", "a", 999999999, ""),
    ],
)
def test_agents(header: str, name: str, subscribers: int | None, feed_id: str) -> None:
    assert parse_user_agent(header.encode()) == (name, subscribers, feed_id)


class TestLines:
    def test_combined_common_and_with_hosts(self) -> None:
        combined = line().encode()
        time = int(START.timestamp())
        request = log.LoggedRequest(b"192.0.2.7", time, b"GET", FEED.encode(), 200, 4000, b"curl/8.0")
        assert parse_log_line(combined) == request
        common = combined.partition(b' "-"')[0]
        assert parse_log_line(common) == request._replace(agent=b"")
        assert parse_log_line(b"example.org:80 " + combined) == request
        assert parse_log_line(combined.replace(b"192.0.2.7", b"::1")) == request._replace(client=b"::1")
        assert parse_log_line(combined.replace(b"- - [", b"- a user [")) == request
        assert parse_log_line(combined + b' "198.51.100.1" 0.001') == request

    def test_times_have_a_zone(self) -> None:
        there = parse_log_line(line().encode().replace(b"12:00:00 +0000", b"14:00:00 +0200"))
        west = parse_log_line(line().encode().replace(b"12:00:00 +0000", b"05:00:00 -0700"))
        assert there == west == parse_log_line(line().encode())

    @pytest.mark.parametrize("agent", ['"; x', 'a \\" b', "\\x22", "\\"])
    def test_quotes_in_fields(self, agent: str) -> None:
        found = parse_log_line(line(agent=agent.replace("\\", "\\\\").replace('"', '\\"')).encode())
        assert found is not None
        assert found.agent

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\0" * 100,
            b"GET / HTTP/1.1",
            b'{"json": true}',
            b"- - - [] ",
            line().encode().replace(b"May", b"Mai"),
            line().encode().replace(b"01/May", b"32/May"),
            line().encode()[:30],
            b"a:1" * 30_000,
            b"[" * 90_000,
        ],
    )
    def test_what_is_no_line(self, text: bytes) -> None:
        assert parse_log_line(text) is None

    @pytest.mark.parametrize("asked", ["-", "", "\\x16\\x03\\x01", "GET", "GET /feed.atom", " ", "GET  HTTP/1.1"])
    def test_requests_that_are_none(self, asked: str) -> None:
        text = line().replace(f"GET {FEED} HTTP/1.1", asked)
        report = surveyed([text])
        assert (report.lines, report.unreadable) == (1, 0)

    @given(st.binary(max_size=300), st.binary(max_size=80))
    def test_anything_at_all(self, before: bytes, agent: bytes) -> None:
        adding = Tally()
        for text in (before, line().encode() + before, line().encode().replace(b"curl", agent)):
            adding.add(parse_log_line(text))
        shown = "\n".join(report_lines(adding.report()))
        assert shown.isprintable() or "\n" in shown
        assert all(each.isprintable() for each in shown.splitlines())


class TestFiles:
    def test_compressed_and_several(self, tmp_path: Path) -> None:
        Path("old.gz").write_bytes(gzip.compress(f"{line()}\n".encode()))
        Path("new").write_text(line(10))
        client = only(pollers.survey(["old.gz", "new"]))
        assert (client.requests, client.interval, client.repeats) == (2, 600, 1)

    def test_a_line_longer_than_memory_counts_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(log, "CHUNK_BYTES", 1000)
        text = f"{line()}\n{'y' * (3 * MAX_LINE_BYTES)}\n{line(1)}\n{line(2)}\n{'z' * (2 * MAX_LINE_BYTES)}"
        found = list(log._lines(io.BytesIO(text.encode())))
        whole = [line().encode(), line(1).encode(), line(2).encode()]
        assert [found[0], *found[2:4]] == whole
        assert [each[:1] for each in found] == [b"1", b"y", b"1", b"1", b"z"]
        assert max(map(len, found)) <= MAX_LINE_BYTES
        Path("x").write_text(text)
        report = pollers.survey(["x"])
        assert (report.lines, report.unreadable, report.requests) == (5, 2, 3)

    @pytest.mark.parametrize("size", [1, 7, 4096])
    def test_chunks_end_anywhere(self, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(log, "CHUNK_BYTES", size)
        assert surveyed(line(each) for each in range(20)).requests == 20

    def test_damage_is_told(self) -> None:
        whole = gzip.compress("".join(f"{line(each)}\n" for each in range(1000)).encode())
        Path("short.gz").write_bytes(whole[:-200])
        Path("broken.gz").write_bytes(whole[:300] + b"\xff" * 50 + whole[350:])
        for name in ("short.gz", "broken.gz"):
            with pytest.raises(LogError, match=f"{name}: it is compressed, and damaged"):
                pollers.survey([name])


class TestMemory:
    def test_clients_beyond_a_number_are_forgotten_and_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tally, "MAX_PAIRS", 10)
        adding = Tally()
        for number in range(50):
            for minutes in (0, 1):
                adding.add(parse_log_line(line(minutes, client=f"c{number}").encode()))
            assert len(adding._clients) <= 5
        report = adding.report()
        assert (only(report).clients, only(report).unconditional, only(report).repeats) == (50, 50, 50)
        assert report.forgotten == 45

    def test_one_client_that_asks_for_everything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tally, "MAX_PAIRS", 10)
        adding = Tally()
        for number in range(100):
            adding.add(parse_log_line(line(target=f"/{number}/feed.atom").encode()))
            assert adding._pairs == sum(1 + len(each.polls) for each in adding._clients.values()) <= 10
        assert adding.report().requests == 100

    def test_clients_that_get_nothing_but_errors_take_room_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tally, "MAX_PAIRS", 10)
        adding = Tally()
        for number in range(100):
            adding.add(parse_log_line(line(status=404, client=f"c{number}").encode()))
        assert len(adding._clients) == 10

    def test_names_and_documents_beyond_a_number_are_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tally, "MAX_NAMES", 3)
        agents = [f"{name} 5 subscribers" for name in "abcdef"]
        report = surveyed(line(agent=agent, target=f"/{agent[0]}/feed.atom") for agent in agents)
        assert {each.name for each in report.clients} == {"a", "b", "c", OTHERS}
        assert {each.address for each in report.documents} == {"/a/feed.atom", "/b/feed.atom", "/c/feed.atom", OTHERS}
        assert sum(each.requests for each in report.documents) == 6

    def test_gaps_are_rounded_to_two_digits(self) -> None:
        assert [tally._two_digits(number) for number in (0, 7, 99, 123, 1849, 3601)] == [0, 7, 99, 120, 1800, 3600]


class TestCommand:
    def report(self, feeds: Run, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(feeds("pollers", *words, "--json").stdout)
        return found

    def test_table_and_json_without_an_address_of_anybody(self, feeds: Run) -> None:
        texts = [line(0), line(30), line(60, agent=FEEDLY), "what is this?", line(90, client="2001:db8::1")]
        Path("access.log").write_text("\n".join(texts))
        done = feeds("pollers", "access.log")
        assert "4 requests of feeds from 2026-05-01T12:00:00Z to 2026-05-01T13:30:00Z" in done.stdout
        row = next(each for each in done.stdout.splitlines() if each.startswith("curl"))
        assert row.split() == ["curl", "2", "3", "30", "min", "0%", "1", "0.0", "MB"]
        assert "5 lines, 1 of them could not be read" in done.stderr
        found = self.report(feeds, "access.log")
        assert (found["counts"]["repeated_bytes"], found["services"][0]["counts"]["subscribers"]) == (4000, 12)
        assert found["since"] == "2026-05-01T12:00:00Z"
        for shown in (done.stdout, json.dumps(found)):
            assert "192.0.2" not in shown
            assert "2001:db8" not in shown

    def test_more_rows_than_anybody_reads(self) -> None:
        report = surveyed(line(agent=f"agent-{chr(97 + n // 26)}{chr(97 + n % 26)}/1") for n in range(50))
        shown = list(report_lines(report))
        assert "… and 30 more (--json has all)" in shown

    @pytest.mark.parametrize("compressed", [False, True])
    def test_standard_input(self, compressed: bool, tmp_path: Path) -> None:
        text = f"{line()}\n{line(5)}\n".encode()
        done = subprocess.run(
            [sys.executable, "-m", "feeds", "pollers", "-", "--json"],
            input=gzip.compress(text) if compressed else text,
            capture_output=True,
            check=True,
        )
        assert json.loads(done.stdout)["counts"]["requests"] == 2

    @pytest.mark.parametrize(
        ("name", "code", "message"),
        [
            ("nowhere.log", 1, "nowhere.log: it can't be read (No such file or directory)"),
            (".", 1, ".: it can't be read (Is a directory)"),
            ("other.log", 1, "other.log: no line is in the common or combined log format"),
        ],
    )
    def test_mistakes_are_one_clear_line(self, name: str, code: int, message: str, feeds: Run) -> None:
        Path("other.log").write_text('{"json": true}\n' * 3)
        done = feeds("pollers", name, code=code)
        assert message in done.stderr
        assert done.stdout == ""

    def test_help(self, feeds: Run) -> None:
        assert "Example: feeds pollers" in feeds("pollers", "--help").stdout
        feeds("pollers", code=2)


def test_a_real_servers_log_of_real_readers(tmp_path: Path, feeds: Run) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article(topics=["AI"])})
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--pythonpath", str(PROJECT), "--access-logfile", "access.log"]
    with server([*command, "--bind", f"127.0.0.1:{port}", "wsgi:application"], port, tmp_path, FEEDS_CORPUS="corpus"):
        address = f"http://127.0.0.1:{port}{FEED}"
        first = feedparser.parse(address, agent="polite/1")
        for _ in range(3):
            assert feedparser.parse(address, etag=first.etag, agent="polite/1").status == 304
            assert feedparser.parse(address, agent="rude/1").status == 200
    found = json.loads(feeds("pollers", "access.log", "--json").stdout)
    rows = {each["name"]: each["counts"] for each in found["clients"]}
    assert (rows["polite"]["not_modified"], rows["polite"]["unconditional"]) == (3, 0)
    assert (rows["rude"]["unconditional"], rows["rude"]["repeats"]) == (1, 2)
    assert found["counts"]["repeated_bytes"] == rows["rude"]["repeated_bytes"] > 0
    assert found["counts"]["unreadable"] == 0
