"""docs/serving.md on real servers: Unix sockets, nginx in front, several workers, a stop in the middle of an answer."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from grp import getgrgid
from pathlib import Path
from pwd import getpwuid

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feeds.audit.pollers import log
from feeds.pipeline import publish
from feeds.web import request_counts
from feeds.web.app import create_app
from tests.builders import NOW, article, make_site, write_corpus
from tests.conftest import Run
from tests.paths import PROJECT
from tests.servers import PATIENCE, eventually, feeds_serve, free_port, get, server, started

PAGE = (PROJECT / "docs" / "serving.md").read_text("utf-8")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

_AROUND = """\
daemon off;
user {user} {group};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{snippet}
}}
"""


def through(path: Path, address: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Ask the server that listens on a Unix socket."""
    connection = http.client.HTTPConnection("feeds", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.connect(str(path))
        connection.request("GET", address, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@contextlib.contextmanager
def running(command: list[str], path: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a server in the folder of its socket until it answers, and have it stop well."""
    with started(command, path.parent, lambda: through(path, "/healthz")[0], **environment) as process:
        yield process
    assert process.returncode == 0


def ours(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "feeds", "serve", "corpus", "--unix-socket", path.name, *more]


def gunicorn(where: str, *more: str, application: str = "wsgi:application") -> list[str]:
    command = [sys.executable, "-m", "gunicorn", "--pythonpath", str(PROJECT), "--bind", where]
    return [*command, "--workers", "2", *more, application]


def answers_of(text: bytes) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(text.decode())
    found = [each for family in families for each in family.samples if each.name == "feeds_http_requests_total"]
    return {(each.labels["status"], each.labels["format"]): each.value for each in found}


def test_every_figure_is_documented(tmp_path: Path) -> None:
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article()}), tmp_path)
    publish.build(site, NOW)
    client = create_app(site).test_client()
    client.get("/feed.atom")
    text = client.get("/metrics").text
    names = set(re.findall(r"^(feeds_\w+)", text, re.MULTILINE))
    assert len(names) == 7
    assert {name for name in names if f"`{name}" not in PAGE} == set()
    assert {name for name in request_counts.COUNTED_FORMATS if f"`{name}`" not in PAGE} == set()


class TestUnixSocket:
    def test_the_socket_of_a_killed_server_is_replaced_and_removed_at_the_end(self, tmp_path: Path) -> None:
        write_corpus(tmp_path / "corpus", {"a.md": article()})
        path = tmp_path / "feeds.sock"
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(str(path))
        with running(ours(path), path):
            assert b'"http://127.0.0.1:8000/feed.atom"' in through(path, "/feed.atom")[2]
            assert (tmp_path / ".feeds" / "current").exists(), "the state that feeds build has"
            assert stat.S_IMODE(path.stat().st_mode) == 0o666
            assert f"on the socket {path} (Ctrl+C stops)" in (tmp_path / "server.log").read_text()
        assert not path.exists()

    def test_one_that_is_in_use_is_left_alone(self, tmp_path: Path, feeds: Run) -> None:
        write_corpus(tmp_path / "corpus", {"a.md": article()})
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(tmp_path / "feeds.sock"))
            other.listen()
            done = feeds("serve", "corpus", "--unix-socket", "feeds.sock", code=2)
        assert done.stderr.splitlines()[-1].endswith(
            "feeds.sock: can't listen there (Address already in use); choose another --unix-socket"
        )
        assert (tmp_path / "feeds.sock").is_socket()

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("file", "Address already in use"), ("no/x.sock", "No such file"), ("x" * 108, "AF_UNIX path too long")],
        ids=["file", "folder", "long"],
    )
    def test_a_place_where_none_can_be_is_one_clear_line(
        self, name: str, reason: str, tmp_path: Path, feeds: Run
    ) -> None:
        write_corpus(tmp_path, {"corpus/a.md": article(), "file": "kept"})
        done = feeds("serve", "corpus", "--unix-socket", name, code=2)
        assert f"can't listen there ({reason}" in done.stderr.splitlines()[-1]
        assert (tmp_path / "file").read_text() == "kept"

    @pytest.mark.parametrize("words", [("--port", "8000"), ("--host", "127.0.0.1")], ids=["port", "host"])
    def test_a_socket_and_an_address_exclude_each_other(self, words: tuple[str, str], feeds: Run) -> None:
        done = feeds("serve", "--unix-socket", "feeds.sock", *words, code=2)
        assert done.stderr == "feeds: feeds.sock: either --unix-socket, or --host and --port\n"


class TestManyWorkers:
    """Any worker tells the figures of all, and all write one log."""

    EACH = 40

    def poll(self, port: int) -> None:
        def some() -> None:
            for _ in range(self.EACH):
                get(port, "/feed.atom")

        clients = [threading.Thread(target=some) for _ in range(4)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        before = get(port, "/metrics")[2]
        for _ in range(10):  # whoever answers
            assert answers_of(get(port, "/metrics")[2])["200", "atom"] == 4 * self.EACH, before

    @pytest.mark.parametrize("how", ["ours", "gunicorn", "preloaded", "factory"])
    def test_figures_and_log(self, how: str, tmp_path: Path) -> None:
        write_corpus(tmp_path / "corpus", {"a.md": article()})
        port = free_port()
        words = {
            "ours": feeds_serve(port, "--workers", "2"),
            "gunicorn": gunicorn(f"127.0.0.1:{port}"),
            "preloaded": gunicorn(f"127.0.0.1:{port}", "--preload"),
            "factory": gunicorn(f"127.0.0.1:{port}", application="feeds:create_app()"),
        }[how]
        environ = {"FEEDS_CORPUS": "corpus", "FEEDS_ACCESS_LOG": "access.log", "FEEDS_STATE": "state"}
        with server(words, port, tmp_path, **environ):

            def both_answer() -> bool:
                """Tell whether each worker has a file of its own."""
                return get(port, "/")[0] == 200 and len(list(tmp_path.glob("state/**/requests-*"))) == 2

            eventually(both_answer)
            self.poll(port)
        polls = [
            each for each in log.read_requests(str(tmp_path / "access.log")) if each is None or each.target != b"/"
        ]
        assert [each and each.target for each in polls] == [b"/feed.atom"] * 4 * self.EACH + [b"/metrics"] * 11


def worker_ids(process: subprocess.Popen[str]) -> set[int]:
    """Return the process ids of the workers of a server: its children that run code of Python's multiprocessing."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in /proc, which only Linux has")
def test_settings_reach_the_workers_as_they_are(tmp_path: Path) -> None:
    """A comma in a setting, and a worker that replaces a killed one."""
    settings = 'title = "One, two = \'three\'"\n[renamed]\n"topics/a,b" = "topics/ai"\n"topics/c=d" = "topics/ai"\n'
    write_corpus(tmp_path / "corpus", {"a.md": article(topics=["AI"]), "feeds.toml": settings})
    port = free_port()

    def redirects() -> bool:
        try:
            answers = [get(port, path) for path in ("/topics/a,b/feed.atom", "/topics/c=d/feed.atom")]
        except OSError:
            return False
        assert [(status, headers["location"]) for status, headers, _ in answers] == [
            (301, "/topics/ai/feed.atom"),
            (301, "/topics/ai/feed.atom"),
        ]
        return True

    with server(feeds_serve(port), port, tmp_path) as process:
        eventually(redirects)
        (first,) = worker_ids(process)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: len(worker_ids(process) - {first}) == 1)
        eventually(redirects)
        assert b"One, two = &#39;three&#39;" in get(port, "/")[2]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_stop_waits_for_an_answer_under_way(name: str, tmp_path: Path) -> None:
    articles = {f"{n}.md": article(url=f"https://a.example/{n}", body="x " * 100_000) for n in range(40)}
    write_corpus(
        tmp_path / "corpus", {**articles, "feeds.toml": "max_bytes = 1_000_000_000\nentry_max_bytes = 1_000_000\n"}
    )
    port = free_port()
    with (
        server(feeds_serve(port), port, tmp_path) as process,
        socket.socket() as slow,
    ):
        slow.connect(("127.0.0.1", port))
        slow.sendall(b"GET /feed.json HTTP/1.1\r\nHost: feeds\r\n\r\n")
        begun = slow.recv(1)  # the rest, some megabytes, fits into no buffer
        process.send_signal(getattr(signal, name))

        def refuses() -> bool:
            try:
                get(port, "/")
            except OSError:
                return True
            return False

        eventually(refuses)
        assert process.poll() is None
        answer = http.client.HTTPResponse(_Again(begun, slow))  # type: ignore[arg-type]
        answer.begin()
        assert len(answer.read()) == int(answer.headers["Content-Length"]) > 8_000_000
        assert process.wait(PATIENCE) == 0


class _Again:
    """A connection of which the first bytes have been read."""

    def __init__(self, begun: bytes, rest: socket.socket) -> None:
        self._begun, self._rest = begun, rest

    def makefile(self, _: str) -> object:
        import io

        return io.BytesIO(self._begun + b"".join(iter(lambda: self._rest.recv(1 << 16), b"")))


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
class TestBehindNginx:
    """The configuration of the documentation, as it stands there but for the port and the place of the socket."""

    @pytest.fixture(params=["ours", "gunicorn"])
    def front(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
        """Yield the port of nginx."""
        write_corpus(tmp_path / "corpus", {"a.md": article(topics=["AI"])})
        path, port = tmp_path / "feeds.sock", free_port()
        words = ours(path) if request.param == "ours" else gunicorn(f"unix:{path}")
        environ = {
            "FEEDS_CORPUS": "corpus",
            "FEEDS_BASE_URL": "https://example.org/news/",
            "FEEDS_TRUSTED_PROXIES": "1",
            "FEEDS_ACCESS_LOG": "access.log",
        }
        with running(words, path, **environ), self.nginx(tmp_path, path, port):
            yield port

    @contextlib.contextmanager
    def nginx(self, folder: Path, path: Path, port: int) -> Iterator[None]:
        (snippet,) = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)
        for said, meant in (("/run/feeds/feeds.sock", str(path)), ("listen 80;", f"listen 127.0.0.1:{port};")):
            assert snippet.count(said) == 1
            snippet = snippet.replace(said, meant)
        user, group = getpwuid(os.getuid()).pw_name, getgrgid(os.getgid()).gr_name
        settings = folder / "nginx.conf"
        settings.write_text(_AROUND.format(folder=folder, snippet=snippet, user=user, group=group))
        assert NGINX is not None
        words = [NGINX, "-p", str(folder), "-c", str(settings), "-e", str(folder / "error.log")]
        with (folder / "nginx.txt").open("wb") as output:
            process = subprocess.Popen(words, stdout=output, stderr=output)
        try:

            def answers() -> bool:
                assert process.poll() is None, (folder / "nginx.txt").read_text()
                with contextlib.suppress(OSError):
                    return get(port, "/news/healthz")[0] == 200
                return False

            eventually(answers)
            yield
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(PATIENCE)

    def test_below_a_path(self, front: int, tmp_path: Path) -> None:
        status, headers, body = get(front, "/news/topics/ai/feed.atom")
        assert status == 200
        assert b'href="https://example.org/news/topics/ai/feed.atom"' in body
        again = get(front, "/news/topics/ai/feed.atom", {"If-None-Match": headers["etag"]})
        assert (again[0], again[1]["etag"], again[2]) == (304, headers["etag"], b"")
        moved = get(front, "/news/topics/ai")
        assert (moved[0], moved[1]["location"]) == (301, "/news/topics/ai/")
        chosen = get(front, "/news/feed", {"Accept": "application/feed+json"})
        assert (chosen[0], chosen[1]["content-location"]) == (200, "/news/feed.json")
        lost, _, page = get(front, "/news/topics/none/", {"Accept": "text/html"})
        assert lost == 404
        links = re.findall(rb'href="(/[^"]*)"', page)
        assert b"/news/" in links
        assert all(each.startswith(b"/news/") and get(front, each.decode())[0] == 200 for each in links)

    def test_the_log_has_the_real_client_whatever_it_claims(self, front: int, tmp_path: Path) -> None:
        claims = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Prefix": "//elsewhere.example", "User-Agent": "me"}
        assert self.ask(front, "/news/topics/ai", claims)[1]["location"] == "/news/topics/ai/"
        (found,) = (each for each in log.read_requests(str(tmp_path / "access.log")) if each and each.agent == b"me")
        assert (found.client, found.target, found.status) == (b"127.0.0.2", b"/topics/ai", 301)

    def test_figures_are_for_its_own_machine(self, front: int) -> None:
        assert answers_of(get(front, "/news/metrics")[2])["200", "none"] > 0
        assert self.ask(front, "/news/metrics", {})[0] == 403
        assert self.ask(front, "/news/healthz", {})[0] == 200

    def ask(self, port: int, address: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Ask from another address than the others."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=("127.0.0.2", 0))
        try:
            connection.request("GET", address, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
