"""The measured servers: ``feeds serve``, and nginx with the static tree. They run on one core, on different ports."""

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
from bench.tools import MissingError, Ours, output_of

SERVERS_CORE, CLIENTS_CORE = "0", "1"
TIMEOUT = 120.0
"""Seconds in which a server must answer after its start. ``feeds serve`` may have to build first."""

_OPEN_FILE_CACHE = "open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h;"

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
  {directives}
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
    """A server, as a context manager: it runs inside of the ``with`` block.

    Attributes:
        name: the name in the results.
        port: the port on the loopback interface.

    Raises:
        MissingError: in the ``with`` statement, if the server does not answer.
    """

    name = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def command(self) -> list[str | Path]:
        """Return the command that runs the server in the foreground."""
        raise NotImplementedError

    def environ(self) -> dict[str, str]:
        """Return environment variables, in addition to those of this process."""
        return {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["taskset", "-c", SERVERS_CORE, *self.command()]
        with (self.folder / f"{self.name}.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command
                command, env={**os.environ, **self.environ()}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + TIMEOUT
        while self._process.poll() is None and time.monotonic() < deadline:
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
        """Send a GET request, and return the answer and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", address, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def memory(self) -> int:
        """Return the memory of the workers in bytes: of all processes below the one that was started."""
        return sum(map(measure.memory_of, measure.descendants(self._process.pid)))


class OurServer(Server):
    """``feeds serve`` with one worker.

    Args:
        tool: the tool with corpus and state folder.
        watch: build again when the corpus changes.
    """

    name = "feeds"

    def __init__(self, tool: Ours, *, watch: bool) -> None:
        super().__init__(tool.folder)
        self._tool = tool
        self._options = [] if watch else ["--no-watch"]

    def command(self) -> list[str | Path]:
        """Return the command that serves the corpus of the tool."""
        program, _, corpus, *_ = self._tool.command()
        settings = self._tool.folder / "feeds.toml"
        return [program, "serve", corpus, "--config", settings, "--port", str(self.port), *self._options]

    def environ(self) -> dict[str, str]:
        """Return the variable with the state folder."""
        return self._tool.environ()


class Nginx(Server):
    """nginx with one worker, serving the static tree.

    Args:
        folder: the folder for its configuration and all files that it writes.
        root: the static tree.
    """

    name = "nginx"
    directives = ""

    def __init__(self, folder: Path, root: Path) -> None:
        super().__init__(folder)
        self._root = root
        self._program = shutil.which("nginx") or "/usr/sbin/nginx"

    def command(self) -> list[str | Path]:
        """Write the configuration, and return the command that uses it."""
        settings = self.folder / "nginx.conf"
        # Started by root without `user`, the worker would run as nobody, and could not read files of root.
        names = {"user": getpwuid(os.getuid()).pw_name, "group": getgrgid(os.getgid()).gr_name}
        text = _NGINX.format(folder=self.folder, port=self.port, root=self._root, directives=self.directives, **names)
        settings.write_text(text, "utf-8")
        return [self._program, "-c", settings, "-e", self.folder / "error.log"]


class NginxOpenFileCache(Nginx):
    """nginx with open_file_cache: it is faster, and does not notice changes of files for an hour."""

    name = "nginx with open_file_cache"
    directives = _OPEN_FILE_CACHE


def versions() -> dict[str, str]:
    """Return the version of nginx.

    Raises:
        MissingError: nginx or wrk is not installed.
    """
    advice = "install nginx and wrk (apt-get install nginx-light wrk)"
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    output = output_of(["sh", "-c", '"$0" -v 2>&1', program], advice)
    if shutil.which("wrk") is None or "nginx/" not in output:
        raise MissingError(f"nginx or wrk can't be run: {advice}")
    return {"nginx": output.partition("nginx/")[2].split()[0]}
