"""Measure the time from an edit until the server shows it: ``python -m bench.watch --articles 10000 --edits 20``.

Starts ``feeds serve`` with a generated corpus (:mod:`bench.corpus`), and edits one article after another. After an edit
it requests a feed with this article every few milliseconds until the feed shows the edit. Every second edit replaces
the file by a new one, as many editors do; the others write the file in place.
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
from bench.corpus import Sharing

PATIENCE = 60.0
"""Seconds after which an edit that is not visible counts as lost."""

POLL_INTERVAL = 0.005
"""Seconds between two requests."""

PAUSE = 1.0
"""Seconds between two edits: the server must have finished all work for the edit before."""

FEED = "/feed.json"


def edit(path: Path, mark: str, *, replace: bool) -> None:
    """Put `mark` into the title of an article. Write its file in place, or replace it by a new file."""
    text = path.read_text("utf-8").replace('title: "', f'title: "{mark} ', 1)
    if not replace:
        path.write_text(text, "utf-8")
        return
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, "utf-8")
    new.replace(path)


def measure(folder: Path, edits: int) -> list[float]:
    """Serve the corpus in `folder`, edit articles, and return the seconds until the edits were visible, in order."""
    seconds = []
    with _server(folder) as connection:
        feed = _get(connection, FEED).decode()
        newest = [path for path in map(folder.joinpath, map(corpus.path, range(100))) if _title(path) in feed]
        for number in range(edits):
            time.sleep(PAUSE)
            mark = f"Edit {number} of {time.time_ns()}"
            start = time.perf_counter()
            edit(newest[number % len(newest)], mark, replace=number % 2 == 0)
            while mark.encode() not in _get(connection, FEED):
                if time.perf_counter() - start > PATIENCE:
                    sys.exit(f"{mark} was not visible after {PATIENCE} s")
                time.sleep(POLL_INTERVAL)
            seconds.append(time.perf_counter() - start)
    return seconds


def _title(path: Path) -> str:
    return next(line for line in path.read_text("utf-8").splitlines() if line.startswith("title: ")).split('"')[1]


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[http.client.HTTPConnection]:
    """Start ``feeds serve``, and yield a connection to it as soon as it answers, which is after its first build."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "feeds", "serve", str(folder), "--port", str(port)]
    process = subprocess.Popen(command)  # noqa: S603 - a fixed command; its output goes to the terminal
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
        time.sleep(PAUSE)  # the watch scans the whole corpus when it starts
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait()


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def main() -> None:
    """Measure, and print the median and the largest time."""
    parser = argparse.ArgumentParser(prog="python -m bench.watch", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, nargs="?", help="written if it does not exist [a temporary one]")
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    corpus.add_sharing_option(parser)
    parser.add_argument("--edits", type=int, default=20, metavar="N")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.folder or Path(scratch, "corpus")).resolve()
        if not folder.exists():
            corpus.write(folder, given.articles, Sharing(given.sharing))
        os.environ.setdefault("FEEDS_STATE", str(Path(scratch, "state")))
        seconds = measure(folder, given.edits)
    print(f"{statistics.median(seconds):.3f} s median, {max(seconds):.3f} s worst of {len(seconds)} edits")


if __name__ == "__main__":
    main()
