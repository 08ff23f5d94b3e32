"""How soon an edit is visible: ``python -m bench.watch --articles 10000 --edits 20``.

Starts ``feeds serve`` on a made-up corpus (:mod:`bench.corpus`), edits one article after another, and asks for a feed
that has it every few milliseconds until that shows the edit. Every other edit replaces the file by another one, as
careful editors do; the rest write it in place.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import corpus

PATIENCE = 60.0
"""Seconds after which an edit that is not visible is lost."""

POLL_EVERY = 0.005
PAUSE = 1.0
"""Seconds between two edits: long enough for all that the one before caused."""


FEED = "/feed.json"


def edit(path: Path, mark: str, *, replace: bool) -> None:
    """Put `mark` into the title of an article, in its file or in another one that takes its place."""
    text = path.read_text("utf-8").replace('title: "', f'title: "{mark} ', 1)
    if not replace:
        path.write_text(text, "utf-8")
        return
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, "utf-8")
    new.replace(path)


def measure(folder: Path, edits: int) -> list[float]:
    """Serve the corpus in `folder`, edit articles, and return how long each edit took to be seen, in seconds."""
    took = []
    with _server(folder) as connection:
        shown = _get(connection, FEED).decode()
        newest = [path for path in map(folder.joinpath, map(corpus.path, range(100))) if _title(path) in shown]
        for number in range(edits):
            time.sleep(PAUSE)
            mark = f"Edit {number} of {time.time_ns()}"
            start = time.perf_counter()
            edit(newest[number % len(newest)], mark, replace=number % 2 == 0)
            while mark.encode() not in _get(connection, FEED):
                if time.perf_counter() - start > PATIENCE:
                    sys.exit(f"{mark} was not visible after {PATIENCE} s")
                time.sleep(POLL_EVERY)
            took.append(time.perf_counter() - start)
    return took


def _title(path: Path) -> str:
    return next(line for line in path.read_text("utf-8").splitlines() if line.startswith("title: ")).split('"')[1]


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection to ``feeds serve`` once it answers: after its first build."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "feeds", "serve", str(folder), "--port", str(port)]
    process = subprocess.Popen(command)  # noqa: S603 - our own words; what it says belongs to the measurement
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        while True:
            if process.poll() is not None:
                sys.exit("the server has ended")
            try:
                _get(connection, "/")
                break
            except OSError:
                connection.close()
                time.sleep(0.1)
        time.sleep(PAUSE)  # a watch looks at everything when it begins
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait()


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def main() -> None:
    """Measure what the command line says, and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench.watch", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, nargs="?", help="where the corpus is, or is to be written [a new one]")
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--edits", type=int, default=20, metavar="N")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.folder or Path(scratch, "corpus")).resolve()
        if not folder.exists():
            corpus.write(folder, given.articles)
        os.environ.setdefault("FEEDS_STATE", str(Path(scratch, "state")))
        took = measure(folder, given.edits)
    print(f"{statistics.median(took):.3f} s median, {max(took):.3f} s worst of {len(took)} edits")


if __name__ == "__main__":
    main()
