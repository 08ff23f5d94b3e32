"""Real servers in processes of their own: ``feeds serve``, and gunicorn with ``wsgi:application``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import feedparser
import pytest

from feeds.pipeline.read_corpus import PARALLEL_MIN_FILES
from tests.builders import article, write_corpus
from tests.paths import PROJECT, SEEDS
from tests.servers import PATIENCE, eventually, feeds_serve, free_port, get, server


def test_serve_and_an_edit_while_clients_poll(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("Before", topics=["AI"])})
    port = free_port()
    failed: list[object] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            try:
                status, _, body = get(port, "/topics/ai/feed.atom")
                if status != 200 or not body.endswith(b"</feed>"):
                    failed.append((status, body))
            except OSError as error:
                failed.append(error)

    with server(feeds_serve(port), port, tmp_path):
        clients = [threading.Thread(target=poll) for _ in range(2)]
        for each in clients:
            each.start()
        try:
            for title in ("One", "Two", "Three"):
                write_corpus(corpus, {"a.md": article(title, topics=["AI"])})
                eventually(lambda title=title: title.encode() in get(port, "/topics/ai/feed.atom")[2])  # type: ignore[misc]
            write_corpus(corpus, {"b.md": article("New", url="https://b.example/", topics=["Fresh"])})
            eventually(lambda: get(port, "/topics/fresh/feed.rss")[0] == 200)
            (corpus / "b.md").unlink()
            eventually(lambda: b"<item>" not in get(port, "/topics/fresh/feed.rss")[2])
        finally:
            stop.set()
            for each in clients:
                each.join()
    assert failed == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"GET /feed.atom HTTP/1.1\r\nHost: example.org\r\n", b"200", id="as it should be"),
        pytest.param(b"GET /feed.atom HTTP/1.1\r\n", b"400", id="without a host"),
        pytest.param(b'GET /feed.atom HTTP/1.1\r\nHost: a b"<>\r\n', b"400", id="with no host that there could be"),
        pytest.param(b"GET /feed.atom HTTP/1.0\r\n", b"200", id="older than hosts"),
    ],
)
def test_the_host_header_that_http_requires(head: bytes, status: bytes, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    port = free_port()
    with (
        server(feeds_serve(port, "--no-watch"), port, tmp_path),
        socket.create_connection(("127.0.0.1", port), 10) as client,
    ):
        client.sendall(head + b"Connection: close\r\n\r\n")
        assert client.recv(1000).split()[1] == status


def test_serve_after_a_first_build_by_many_processes(tmp_path: Path) -> None:
    articles = {f"{number}.md": article(url=f"https://a.example/{number}") for number in range(PARALLEL_MIN_FILES)}
    write_corpus(tmp_path / "corpus", articles)
    port = free_port()
    with server(feeds_serve(port, "--jobs", "2"), port, tmp_path):
        assert get(port, "/feed.atom")[0] == 200


def test_serve_is_a_feed_to_subscribe_to(tmp_path: Path) -> None:
    (tmp_path / "corpus").symlink_to(SEEDS)
    port = free_port()
    with server(feeds_serve(port, "--no-watch"), port, tmp_path, FEEDS_STATE="state"):
        address = f"http://127.0.0.1:{port}/topics/microsoft-ai/feed.atom"
        first = feedparser.parse(address)
        assert (first.status, first.bozo, len(first.entries)) == (200, False, 26)
        assert first.feed.title == "Microsoft AI – Cloud AI News"
        assert {"href": address, "rel": "self", "type": "application/atom+xml"} in first.feed.links
        again = feedparser.parse(address, etag=first.etag)
        assert (again.status, again.entries) == (304, [])
        assert feedparser.parse(address, modified=first.modified).status == 304


def test_serve_reads_changed_settings_and_a_replaced_corpus(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("Before"), "feeds.toml": 'title = "One"\n'})
    port = free_port()
    with server(feeds_serve(port), port, tmp_path):
        assert b">One</title>" in get(port, "/feed.atom")[2]
        write_corpus(corpus, {"feeds.toml": 'title = "Two"\n'})
        eventually(lambda: b">Two</title>" in get(port, "/feed.atom")[2])
        write_corpus(corpus, {"feeds.toml": "titel = 3\n"})
        corpus.rename(tmp_path / "old")
        time.sleep(1.2)
        write_corpus(corpus, {"a.md": article("After"), "feeds.toml": 'title = "Three"\n'})
        eventually(lambda: b"After" in get(port, "/feed.atom")[2])


def test_the_server_stays_with_the_settings_that_it_has_read_first(tmp_path: Path) -> None:
    """There may be another feeds.toml in the corpus, which a build of this corpus from elsewhere would read."""
    corpus = write_corpus(tmp_path / "seeds", {"a.md": article("Before"), "feeds.toml": 'title = "Of the corpus"\n'})
    write_corpus(tmp_path, {"feeds.toml": 'title = "Of the site"\nbase_url = "https://a.example/"\n'})
    port = free_port()
    command = [sys.executable, "-m", "feeds", "serve", "--port", str(port)]
    with server(command, port, tmp_path):
        write_corpus(corpus, {"a.md": article("After")})
        eventually(lambda: b"After" in get(port, "/feed.atom")[2])
        assert b">Of the site</title>" in get(port, "/feed.atom")[2]
        assert b"https://a.example/" in get(port, "/feed.atom")[2]


def test_the_server_follows_edits_while_settings_come_and_go(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("One")})
    port = free_port()
    with server(feeds_serve(port), port, tmp_path):
        for number, settings in enumerate(['title = "Here"\n', 'title = "There"\nstate = "elsewhere"\n', None]):
            if settings is not None:
                write_corpus(corpus, {"feeds.toml": settings})
            else:
                (corpus / "feeds.toml").unlink()
            write_corpus(corpus, {"a.md": article(f"Edit {number}")})
            eventually(lambda number=number: f"Edit {number}".encode() in get(port, "/feed.atom")[2])  # type: ignore[misc]
    assert not (corpus / "elsewhere").exists()


def test_the_watch_sees_whatever_happens_to_files_and_folders(tmp_path: Path) -> None:
    corpus = write_corpus(
        tmp_path / "corpus", {"a.md": article("First", url=None), "b/c.md": article("Other", url=None)}
    )
    port = free_port()

    def shows(*titles: str) -> bool:
        found = feedparser.parse(get(port, "/feed.atom")[2])
        return sorted(each.title for each in found.entries) == sorted(titles)

    with server(feeds_serve(port), port, tmp_path):
        assert shows("First", "Other")
        write_corpus(corpus, {"a.md": article("Edited", url=None)})
        eventually(lambda: shows("Edited", "Other"))
        write_corpus(corpus, {".a.md.new": article("Replaced", url=None)})
        (corpus / ".a.md.new").rename(corpus / "a.md")
        eventually(lambda: shows("Replaced", "Other"))
        for title in ("Once", "Twice"):  # of the same length, perhaps within one tick of the clock
            write_corpus(corpus, {"a.md": article(f"{title:<5}.", url=None)})
        eventually(lambda: shows("Twice.", "Other"))
        write_corpus(corpus, {"new/in/here.md": article("New", url=None), "new/in/there.md": article("Too", url=None)})
        eventually(lambda: shows("Twice.", "Other", "New", "Too"))
        (corpus / "new").rename(tmp_path / "away")
        eventually(lambda: shows("Twice.", "Other"))
        (tmp_path / "away").rename(corpus / "back")
        eventually(lambda: shows("Twice.", "Other", "New", "Too"))
        (corpus / "back").rename(corpus / "moved")
        write_corpus(corpus, {"moved/in/here.md": article("Newer", url=None)})
        eventually(lambda: shows("Twice.", "Other", "Newer", "Too"))
        (corpus / "a.md").unlink()
        (corpus / "moved" / "in" / "there.md").unlink()
        eventually(lambda: shows("Other", "Newer"))
        (corpus / "link.md").symlink_to("b/c.md")
        eventually(lambda: shows("Other", "Other", "Newer"))
        write_corpus(corpus, {"b/c.md": article("Twins", url=None)})
        eventually(lambda: shows("Twins", "Twins", "Newer"))


def test_a_name_that_is_not_utf8_does_not_end_the_watch(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.md": article("Before")})
    port = free_port()
    with server(feeds_serve(port), port, tmp_path):
        os.close(os.open(os.fsencode(corpus) + b"/caf\xe9.md", os.O_CREAT))
        eventually(lambda: "the file's name is not UTF-8" in (tmp_path / "server.log").read_text())
        write_corpus(corpus, {"a.md": article("After")})
        eventually(lambda: b"After" in get(port, "/feed.atom")[2])


def test_two_corpora_on_one_port_keep_apart(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article("First")})
    port = free_port()
    with server(feeds_serve(port), port, tmp_path):
        assert b"First" in get(port, "/feed.atom")[2]
    (tmp_path / "corpus").rename(tmp_path / "first")
    write_corpus(tmp_path / "second", {"b.md": article("Second", url="https://b.example/")})
    with server([*feeds_serve(port)[:4], "second", "--port", str(port)], port, tmp_path):
        assert b"Second" in get(port, "/feed.atom")[2]
    assert len(list((tmp_path / ".feeds" / "served").glob("*/*"))) == 2


def test_a_build_for_another_address_does_not_change_what_is_served(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    port = free_port()
    with server(feeds_serve(port), port, tmp_path):
        before = get(port, "/feed.atom")[2]
        command = [sys.executable, "-m", "feeds", "build", "corpus", "--base-url", "https://news.example/"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        time.sleep(1.5)
        assert get(port, "/feed.atom")[2] == before
    assert b"https://news.example/feed.atom" in (tmp_path / "public" / "feed.atom").read_bytes()


def test_a_future_article_appears_when_it_is_due(tmp_path: Path) -> None:
    due = time.time() + 3
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))
    write_corpus(tmp_path / "corpus", {"a.md": article("Now"), "b.md": article("Due", text, url="https://b.example/")})
    port = free_port()
    with server(feeds_serve(port), port, tmp_path):
        if time.time() < due - 1:
            assert b"Due" not in get(port, "/feed.atom")[2]
        eventually(lambda: b"Due" in get(port, "/feed.atom")[2])
        assert time.time() >= due - 1


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            feeds_serve(taken.getsockname()[1]),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 2
    assert "can't listen there" in done.stderr.splitlines()[-1]


def test_wsgi_builds_first_and_once(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {f"{n}.md": article(str(n), url=f"https://a.example/{n}") for n in range(50)})
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(tmp_path), "--pythonpath", str(PROJECT)]
    command += ["--workers", "4", "--bind", f"127.0.0.1:{port}", "wsgi:application"]
    with server(command, port, tmp_path, FEEDS_CORPUS="corpus"):
        for _ in range(20):
            status, headers, body = get(port, "/feed.atom")
            assert (status, body.count(b"<entry>")) == (200, 50)
            assert get(port, "/feed.atom", {"If-None-Match": headers["etag"]})[0] == 304
    assert len(list((tmp_path / ".feeds" / "manifests").iterdir())) == 1
    assert not (tmp_path / "public").exists()


def test_wsgi_without_a_corpus_says_why(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "the corpus does not exist" in done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_server_that_is_told_to_stop_again_and_again_stops(name: str, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"a.md": article()})
    port = free_port()
    with server(feeds_serve(port, "--workers", "2"), port, tmp_path) as process:
        for _ in range(200):
            process.send_signal(getattr(signal, name))
        process.wait(PATIENCE)
        with pytest.raises(OSError, match="refused"):
            get(port, "/")
