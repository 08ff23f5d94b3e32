"""Servers that answer polls: ours, and nginx with the static tree. Each is on a port of its own, on one core."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from grp import getgrgid
from pathlib import Path
from pwd import getpwuid
from typing import Self

from bench import measure
from bench.tools import MissingError, Ours, said_by

SERVERS_CORE, CLIENTS_CORE = "0", "1"
PATIENCE = 120.0
"""Seconds after which a server that doesn't answer never will: ours may have to build first."""

_KEPT_OPEN = "open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h;"

_NGINX = """\
daemon off;
user {user} {group};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  {files}
  types {{ application/atom+xml atom; text/html html; }}
  charset utf-8;
  charset_types application/atom+xml text/html;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    gzip_static on;
    gzip_vary on;
    add_header Cache-Control "public, max-age=300";
    add_header Access-Control-Allow-Origin "*";
    add_header X-Content-Type-Options nosniff;
  }}
}}
"""


class Server:
    """A server that runs while it is entered.

    Attributes:
        name: what it is called in results.
        port: where it listens, on loopback.
    """

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def command(self) -> list[str | Path]:
        """Return the command that serves in the foreground."""
        raise NotImplementedError

    def environ(self) -> dict[str, str]:
        """Return what is set in its environment."""
        return {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["taskset", "-c", SERVERS_CORE, *self.command()]
        with (self.folder / f"{self.name}.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                command, env={**os.environ, **self.environ()}, stdout=log, stderr=log
            )
        late = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < late:
            try:
                self.ask("/")
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise MissingError(f"{self.name} doesn't answer: {(self.folder / f'{self.name}.log').read_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def ask(self, address: str, headers: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
        """Return an answer and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", address, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def memory(self) -> int:
        """Return the memory of its workers in bytes: of all processes but the one that started them."""
        return sum(map(measure.memory_of, measure.descendants(self._process.pid)))


class OurServer(Server):
    """``feeds serve``, with one worker.

    Args:
        tool: what has been built.
        watch: whether it builds again when the corpus changes.
    """

    name = "feeds"

    def __init__(self, tool: Ours, *, watch: bool) -> None:
        super().__init__(tool.folder)
        self._tool = tool
        self._more = [] if watch else ["--no-watch"]

    def command(self) -> list[str | Path]:
        """Return ``feeds serve`` for what the tool builds."""
        program, _, corpus, *_ = self._tool.command()
        settings = self._tool.folder / "feeds.toml"
        return [program, "serve", corpus, "--config", settings, "--port", str(self.port), *self._more]

    def environ(self) -> dict[str, str]:
        """Return where it remembers things."""
        return self._tool.environ()


class Nginx(Server):
    """nginx with the static tree, with one worker.

    Args:
        folder: where its settings go, and all that it writes.
        root: the static tree.

    Raises:
        MissingError: it isn't installed.
    """

    name = "nginx"
    files = ""

    def __init__(self, folder: Path, root: Path) -> None:
        super().__init__(folder)
        self._root = root
        self._program = shutil.which("nginx") or "/usr/sbin/nginx"

    def command(self) -> list[str | Path]:
        """Return nginx with settings of its own; they are written now."""
        settings = self.folder / "nginx.conf"
        # A worker of root's would be nobody's, and not see what is root's alone.
        names = {"user": getpwuid(os.getuid()).pw_name, "group": getgrgid(os.getgid()).gr_name}
        text = _NGINX.format(folder=self.folder, port=self.port, root=self._root, files=self.files, **names)
        settings.write_text(text, "utf-8")
        return [self._program, "-c", settings, "-e", self.folder / "error.log"]


class NginxKeepingOpen(Nginx):
    """The same, told to keep files open: faster, and for an hour blind for what has changed."""

    name = "nginx with files kept open"
    files = _KEPT_OPEN


def versions() -> dict[str, str]:
    """Return the versions of what is beside ours.

    Raises:
        MissingError: one isn't installed.
    """
    advice = "install nginx and wrk (apt-get install nginx-light wrk)"
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    said = said_by(["sh", "-c", '"$0" -v 2>&1', program], advice)
    if shutil.which("wrk") is None or "nginx/" not in said:
        raise MissingError(f"nginx or wrk can't be run: {advice}")
    return {"nginx": said.partition("nginx/")[2].split()[0]}
