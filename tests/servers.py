"""Real servers for tests: in processes of their own, or in a thread of the test's process."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENCE = 30
"""Seconds within which a server must do what a test waits for."""


def free_port() -> int:
    """Return the number of a port of 127.0.0.1 on which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Return the status, the headers (by their names in lower case) and the body of a server's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def answers(port: int) -> bool:
    """Tell whether the server on `port` answers with status 200."""
    try:
        return get(port, "/")[0] == 200
    except OSError:
        return False


def eventually(check: Callable[[], bool]) -> None:
    """Wait until `check` returns True, and fail after :data:`PATIENCE` seconds."""
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


@contextlib.contextmanager
def started(
    command: list[str], folder: Path, ask: Callable[[], int], **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a server in `folder`; yield its process once the server answers, and stop it at the end.

    Args:
        command: the command that starts the server.
        folder: the working folder of the server, which gets its output as ``server.log``.
        ask: sends a request and returns the status of the answer; 200 means that the server has started.
        environment: variables that are added to those of this process.
    """
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=output, stderr=output, text=True
        )
    try:

        def has_started() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return ask() == 200
            except OSError:
                return False

        eventually(has_started)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    assert "Traceback" not in log.read_text(), log.read_text()


@contextlib.contextmanager
def server(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a server that listens on `port` of 127.0.0.1, as :func:`started` does."""
    with started(command, folder, lambda: get(port, "/")[0], **environment) as process:
        yield process


def feeds_serve(port: int, *more: str) -> list[str]:
    """Return the command that serves the folder ``corpus`` on `port`, with `more` options."""
    return [sys.executable, "-m", "feeds", "serve", "corpus", "--port", str(port), *more]


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Log nothing: the output of the tests stays readable."""


@contextlib.contextmanager
def served_in_thread(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread of this process and yield the address of its root; port 0 means any free port."""
    server = make_server("127.0.0.1", port or free_port(), app, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
