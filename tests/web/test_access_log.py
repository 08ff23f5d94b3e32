"""The access log: its format, which other programs read, and a log file that goes on after any accident."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from feeds.audit.pollers import log
from feeds.errors import ConfigError
from feeds.pipeline import publish, watch
from feeds.settings import loader
from feeds.settings.site import Site
from feeds.web import access_log
from feeds.web.access_log import LogFile, log_line
from feeds.web.app import create_app
from tests.builders import NOW, article, make_site, write_corpus
from tests.conftest import Run

SENT = st.text(st.sampled_from(' "\\x0'), min_size=1) | st.text(st.characters(max_codepoint=255), min_size=1)
"""What a server hands on of a header or an address: bytes as characters (PEP 3333)."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    corpus = write_corpus(tmp_path / "c", {"a.md": article(topics=["AI"])})
    site = make_site(corpus, tmp_path, access_log=str(tmp_path / "access.log"))
    publish.build(site, NOW)
    return site


@pytest.fixture
def los_angeles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def requests(path: Path) -> list[log.LoggedRequest | None]:
    return list(log.read_requests(str(path)))


def unescaped(field: bytes) -> str:
    """Return what a field of the log stands for, as the documentation of Apache's mod_log_config has it."""

    def meant(found: re.Match[bytes]) -> bytes:
        return bytes.fromhex(found[1][1:].decode()) if found[1][:1] == b"x" else found[1]

    return re.sub(rb"\\(x[0-9a-f]{2}|.)", meant, field).decode("latin-1")


@pytest.mark.usefixtures("los_angeles")
def test_a_line_is_in_the_combined_log_format() -> None:
    environ = {
        "REMOTE_ADDR": "192.0.2.7",
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/topics/c++/a b/\xc3\xa9.atom",
        "QUERY_STRING": "x=%20y",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": "https://news.example/",
        "HTTP_USER_AGENT": 'A "reader"\n\\',
    }
    expected = (
        rb'192.0.2.7 - - [31/Dec/2025:16:00:01 -0800] "GET /topics/c++/a%20b/%C3%A9.atom?x=%20y HTTP/1.1"'
        rb' 200 1234 "https://news.example/" "A \"reader\"\x0a\\"'
    )
    assert log_line(environ, "200 OK", [("Content-Length", "1234")], 1767225601) == expected + b"\n"
    assert b' "GET /A%42?c HTTP/1.1" ' in log_line({**environ, "RAW_URI": "/A%42?c"}, "200 OK", [], 0)
    assert b' "GET /A%43?c HTTP/1.1" ' in log_line({**environ, "REQUEST_URI": "/A%43?c"}, "200 OK", [], 0)


def test_what_is_not_known_is_a_hyphen() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.0", "HTTP_USER_AGENT": ""}
    expected = rb'- - - \[[^]]+\] "GET / HTTP/1.0" 304 - "-" "-"\n'
    assert re.fullmatch(expected, log_line(environ, "304 NOT MODIFIED", [("Content-Length", "7")], 0))


@given(address=SENT, target=SENT, referer=SENT, agent=SENT, raw=st.booleans())
def test_no_request_can_forge_a_line(address: str, target: str, referer: str, agent: str, *, raw: bool) -> None:
    environ = {
        "REMOTE_ADDR": address,
        "REQUEST_METHOD": "GET",
        "RAW_URI" if raw else "PATH_INFO": target,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": referer,
        "HTTP_USER_AGENT": agent,
    }
    written = log_line(environ, "404 NOT FOUND", [("Content-Length", "9")], 1_700_000_000)
    assert written.count(b"\n") == 1
    assert not re.search(rb"[^\x20-\x7e]", written[:-1])
    found = log.parse_log_line(written)
    assert found is not None
    assert (found.method, found.status, found.size, found.time) == (b"GET", 404, 9, 1_700_000_000)
    assert unescaped(found.client) == address
    assert unescaped(found.agent) == agent
    if raw:
        assert unescaped(found.target) == target


def test_every_answer_is_a_line_that_our_own_report_reads(site: Site, tmp_path: Path) -> None:
    client = create_app(site).test_client()
    first = client.get("/topics/ai/feed.atom?q", headers={"User-Agent": "reader/1"})
    client.get("/topics/ai/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    client.head("/topics/ai/feed.atom")
    client.get("/nowhere")
    found = [each and (each.method, each.target, each.status, each.size) for each in requests(tmp_path / "access.log")]
    lost = found.pop()
    assert found == [
        (b"GET", b"/topics/ai/feed.atom?q", 200, len(first.data)),
        (b"GET", b"/topics/ai/feed.atom", 304, None),
        (b"HEAD", b"/topics/ai/feed.atom", 200, None),
    ]
    assert lost is not None
    assert lost[:3] == (b"GET", b"/nowhere", 404)
    one = requests(tmp_path / "access.log")[0]
    assert one is not None
    assert (one.client, one.agent) == (b"127.0.0.1", b"reader/1")


def test_without_the_setting_there_is_no_log(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)
    before = set(tmp_path.iterdir())
    create_app(site).test_client().get("/")
    assert set(tmp_path.iterdir()) == before


class TestTheFile:
    @pytest.fixture(autouse=True)
    def _look_always(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(access_log, "REOPEN_CHECK_SECONDS", -1)

    def test_one_that_was_moved_is_followed_by_a_new_one(self, tmp_path: Path) -> None:
        path = tmp_path / "access.log"
        written = LogFile(str(path))
        written.write(b"one\n")
        path.rename(tmp_path / "access.log.1")
        written.write(b"two\n")
        assert (path.read_text(), (tmp_path / "access.log.1").read_text()) == ("two\n", "one\n")

    def test_one_that_was_copied_and_emptied_goes_on_from_its_beginning(self, tmp_path: Path) -> None:
        path = tmp_path / "access.log"
        written = LogFile(str(path))
        written.write(b"one\n")
        path.write_bytes(b"")
        written.write(b"two\n")
        assert path.read_bytes() == b"two\n"

    def test_what_was_there_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "access.log"
        path.write_text("before\n")
        LogFile(str(path)).write(b"after\n")
        assert path.read_text() == "before\nafter\n"

    def test_a_folder_that_is_gone_costs_lines_and_no_answer(
        self, site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = tmp_path / "logs"
        folder.mkdir()
        written = LogFile(str(folder / "access.log"))
        folder.rename(tmp_path / "away")
        written.write(b"one\n")
        written.write(b"two\n")
        assert (tmp_path / "away" / "access.log").read_text() == "one\ntwo\n"
        folder.mkdir()
        written.write(b"three\n")
        assert (folder / "access.log").read_text() == "three\n"
        assert "No such file" in caplog.text

    def test_a_full_disk_is_told_once_and_costs_no_answer(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path, access_log="/dev/full")
        publish.build(site, NOW)
        client = create_app(site).test_client()
        assert [client.get("/feed.atom").status_code for _ in range(3)] == [200] * 3
        assert [each.getMessage() for each in caplog.records if "access log" in each.getMessage()] == [
            "the access log has gaps: [Errno 28] No space left on device"
        ]

    def test_it_is_not_for_everybody_to_read(self, tmp_path: Path) -> None:
        LogFile(str(tmp_path / "access.log"))
        assert (tmp_path / "access.log").stat().st_mode & 0o007 == 0


def test_standard_output(site: Site, tmp_path: Path) -> None:
    code = "from feeds.web.access_log import LogFile; LogFile('-').write(b'a line\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"a line\n"
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("name", ["nowhere/access.log", "."])
def test_a_log_that_can_not_be_written_is_told(name: str, site: Site, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"access log can't be written \(.+\); name another file, or -$"):
        create_app(make_site(site.corpus_path, tmp_path, access_log=name))


def test_a_log_that_can_not_be_written_is_told_before_anything_is_served(feeds: Run, site: Site) -> None:
    done = feeds("serve", "c", "--access-log", "nowhere/access.log", code=2)
    assert done.stderr.splitlines()[-1].startswith("feeds: ")
    assert done.stderr.splitlines()[-1].endswith(
        "nowhere/access.log: the access log can't be written (No such file or directory); name another file, or -"
    )


def test_where_the_log_is(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    settings = tmp_path / "site" / "feeds.toml"
    settings.write_text('access_log = "access.log"\n')
    assert loader.load_site(None, str(settings), environ={}).access_log == str(tmp_path / "site" / "access.log")
    assert loader.load_site(None, str(settings), environ={}, access_log="-").access_log == "-"
    assert loader.load_site(None, str(settings), environ={"FEEDS_ACCESS_LOG": "-"}).access_log == "-"
    assert loader.load_site(None, str(settings), environ={}, access_log="here").access_log == str(tmp_path / "here")
    assert loader.load_site(None, str(settings), environ={}, access_log="").access_log == ""
    settings.write_text('access_log = "-"\n')
    assert loader.load_site(None, str(settings), environ={}).access_log == "-"


def test_a_log_in_the_corpus_makes_no_builds(site: Site, tmp_path: Path) -> None:
    here = make_site(site.corpus_path, tmp_path, access_log=str(site.corpus_path / "access.log"))
    assert watch.corpus_paths(here, [here.access_log]) == frozenset()


def test_logging_and_proxies_change_no_document(site: Site, tmp_path: Path) -> None:
    other = make_site(site.corpus_path, tmp_path, access_log="-", trusted_proxies=3)
    assert publish.build(other, NOW).changed == 0
    assert other.fingerprint == site.fingerprint


class TestProxies:
    HEADERS = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7", "X-Forwarded-Prefix": "/news"}  # noqa: RUF012

    def ask(self, site: Site, tmp_path: Path, trusted: int) -> tuple[str, bytes]:
        own = make_site(site.corpus_path, tmp_path, access_log=site.access_log, trusted_proxies=trusted)
        client: FlaskClient = create_app(own).test_client()
        answer = client.get("/topics/ai", headers=self.HEADERS)
        (found,) = requests(tmp_path / "access.log")
        assert found is not None
        return answer.headers["Location"], found.client

    def test_forwarded_headers_are_ignored_by_default(self, site: Site, tmp_path: Path) -> None:
        assert self.ask(site, tmp_path, 0) == ("/topics/ai/", b"127.0.0.1")

    def test_one(self, site: Site, tmp_path: Path) -> None:
        assert self.ask(site, tmp_path, 1) == ("/news/topics/ai/", b"192.0.2.7")

    def test_two(self, site: Site, tmp_path: Path) -> None:
        assert self.ask(site, tmp_path, 2) == ("/news/topics/ai/", b"203.0.113.9")

    def test_a_number_below_zero_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="trusted_proxies should be 0 or more"):
            loader.load_site(environ={}, trusted_proxies=-1)
