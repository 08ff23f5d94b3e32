"""Replay the history of a repository: a build for each commit, as subscribers see it.

``python -m bench.replay REPOSITORY FOLDER`` builds the articles in a folder of a git repository as they were in every
commit, at the time of the commit, and lets two readers poll after each build: a set of the ids that feedparser reads,
and the program library ``reader``. ``--clean`` builds every commit in a clean checkout: what the build before left is
at an address on this machine, and nowhere else.

What should have happened is known from the history: git tells which file was renamed. A generated history
(:mod:`bench.history`) names the number of each article in a field that feeds does not read.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
from reader import make_reader

from feeds.catalogue.mention_numbers import POSITION_BITS
from feeds.errors import CorpusError, FeedsError
from feeds.model import Kind
from feeds.pipeline import publish
from feeds.rules.site_layout import ATOM, JSON_FEED, OUTPUT_LIST, feed_folder, is_memory
from feeds.rules.slugs import slugify
from feeds.settings import loader
from feeds.settings.site import Site

TRUTH_FIELD = "truth"
"""The field in which a generated history names the number of an article."""

_TRUTH = re.compile(rf'^{TRUTH_FIELD}: "?(\w+)', re.MULTILINE)

COUNTS = {
    "builds": "commits that were built",
    "refused": "builds that were refused",
    "entries": "entries that readers know at the end",
    "repeated": "articles that were delivered again under another id",
    "confused": "articles that were taken for another one, and never delivered",
    "lost": "published articles that the feed of all entries lacks",
    "surprises": "entries that the program `reader` takes for new, although their articles are not",
    "ended wrongly": "feeds of topics that said farewell while an article named them",
    "changed in vain": "entries of which only the time of the last change is another one",
    "wrong 304": "files that have changed, but neither their size nor their time in seconds",
}
"""Count → its meaning."""


class Commit(NamedTuple):
    """A commit: its name and its time."""

    name: str
    time: datetime


class Lineage:
    """Which article a file is, from commit to commit."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}
        self._count = 0

    def follow(self, repository: Path, folder: str, before: Commit | None, commit: Commit, corpus: Path) -> None:
        """Follow the files of a folder from one commit to the next.

        Args:
            repository, folder: the repository, and the folder in it.
            before: the commit before, or None.
            commit: the commit.
            corpus: the folder as it is in the commit.
        """
        numbers: dict[str, str] = {}
        renamed: dict[str, str] = {}
        if before is not None:
            command = ["diff", "--name-status", "-M50%", "-z", before.name, commit.name, "--", folder]
            fields = iter(_git(repository, *command).decode("utf-8", "surrogateescape").split("\0"))
            for status in fields:
                if status.startswith(("R", "C")):
                    old, new = next(fields), next(fields)
                    renamed[_below(new, folder)] = _below(old, folder) if status.startswith("R") else ""
                elif status:
                    next(fields)
        for file in sorted(corpus.rglob("*")):
            path = str(file.relative_to(corpus))
            if not file.is_file():
                continue
            truth = _TRUTH.search(file.read_text("utf-8", "replace"))
            known = self._numbers.get(renamed.get(path, path))
            self._count += truth is None and known is None
            numbers[path] = f"truth {truth[1]}" if truth is not None else known or f"file {self._count}"
        self._numbers = numbers

    def __getitem__(self, path: str) -> str:
        return self._numbers[path]


class Readers:
    """Two readers of the feed of all entries: the ids that feedparser reads, and the library ``reader``."""

    def __init__(self, folder: Path) -> None:
        self.known: set[str] = set()
        self._reader = make_reader(":memory:", feed_root=str(folder))
        self._reader.add_feed(ATOM.file_name)
        self._path = folder / ATOM.file_name

    def poll(self) -> tuple[set[str], set[str]]:
        """Return the ids that are in the feed, and those that the library takes for new."""
        shown = {entry.id for entry in feedparser.parse(self._path.read_bytes()).entries}
        self.known |= shown
        before = {entry.id for entry in self._reader.get_entries()}
        self._reader.update_feed(ATOM.file_name)
        return shown, {entry.id for entry in self._reader.get_entries()} - before


class Replay:
    """The state of a replay.

    Args:
        folder: a folder for everything that it writes.
        previous: copies the output folder to a server, and returns the address; None if all state is kept.
    """

    def __init__(self, folder: Path, previous: Callable[[], str] | None) -> None:
        self.counts = Counter(dict.fromkeys(COUNTS, 0))
        self.notes: list[str] = []
        self._folder, self._previous = folder, previous
        self._public = folder / "public"
        self._readers: Readers | None = None
        self._id_of: dict[str, str] = {}  # of an article
        self._owner: dict[str, str] = {}  # of an id
        self._items: dict[str, dict[str, Any]] = {}
        self._files: dict[str, tuple[int, int, bytes]] = {}

    def build(self, commit: Commit, corpus: Path, lineage: Lineage) -> None:
        """Build a commit, and let the readers poll."""
        previous = self._previous() if self._previous is not None and self._readers is not None else ""
        if self._previous is not None:
            for name in ("state", "public"):
                shutil.rmtree(self._folder / name, ignore_errors=True)
        site = _site(corpus, self._folder, previous)
        try:
            publish.build(site, commit.time)
        except CorpusError:  # a folder without articles
            return
        except FeedsError as error:
            self.counts["refused"] += 1
            self.notes.append(f"{commit.name[:10]}: refused: {error}")
            return
        self.counts["builds"] += 1
        self._readers = self._readers or Readers(self._public)
        ids = publish.query(site, commit.time, _ids_of_articles)
        self._compare(commit, {lineage[path]: uri for path, uri in ids.items()}, *self._readers.poll())
        self._look_at_feeds()
        self._look_at_files()
        self.counts["entries"] = len(self._readers.known)

    def _compare(self, commit: Commit, ids: dict[str, str], shown: set[str], new: set[str]) -> None:
        for article, uri in ids.items():
            known = self._id_of.get(article)
            if known is not None and known != uri:
                self._count("repeated", commit, f"{article} was {known} and is {uri}")
            self.counts["surprises"] += known is not None and uri in new
            owner = self._owner.get(uri, article)
            if owner != article and self._id_of.get(owner) == uri and known is None and owner not in ids:
                self._count("confused", commit, f"{article} has the id of {owner}: {uri}")
            if uri not in shown:
                self._count("lost", commit, f"{article}: {uri}")
        self._id_of |= ids
        self._owner |= {uri: article for article, uri in ids.items()}

    def _count(self, name: str, commit: Commit, note: str) -> None:
        self.counts[name] += 1
        self.notes.append(f"{commit.name[:10]}: {name}: {note}")

    def _look_at_feeds(self) -> None:
        feeds = {path: json.loads(path.read_bytes()) for path in self._public.rglob(JSON_FEED.file_name)}
        items = {item["id"]: item for item in feeds[self._public / JSON_FEED.file_name]["items"]}
        named = {feed_folder(Kind.TOPIC, slugify(tag)) for item in items.values() for tag in item.get("tags", ())}
        ended = {f"{path.parent.relative_to(self._public)}/" for path, feed in feeds.items() if feed.get("expired")}
        self.counts["ended wrongly"] += len(ended & named)
        for uri, item in items.items():
            before = self._items.get(uri, item)
            differing = {name for name in item.keys() | before.keys() if item.get(name) != before.get(name)}
            self.counts["changed in vain"] += differing == {"date_modified"}
        self._items = items

    def _look_at_files(self) -> None:
        files = {}
        for path in self._public.rglob("*"):
            address = str(path.relative_to(self._public))
            if path.is_file() and not is_memory(address) and address != OUTPUT_LIST:
                status = path.stat()
                files[address] = (int(status.st_mtime), status.st_size, path.read_bytes())
        for address, (modified, size, body) in files.items():
            before = self._files.get(address, (0, 0, b""))
            self.counts["wrong 304"] += before[:2] == (modified, size) and before[2] != body
        self._files = files


def _site(corpus: Path, folder: Path, previous: str) -> Site:
    """Return settings with which the feed of all entries shows every entry, and nothing is refused for its losses."""
    values: dict[str, Any] = {
        "base_url": "https://replay.example/",
        "state": str(folder / "state"),
        "output": str(folder / "public"),
        "limit": 1_000_000,
        "max_bytes": 1_000_000_000,
        "max_loss": 100,
        "previous": previous,
    }
    return loader.load_site(str(corpus), environ={}, **values)


def _ids_of_articles(db: sqlite3.Connection) -> dict[str, str]:
    """Return the ids of the entries of all articles that are shown, by their paths."""
    query = (
        "SELECT path, uri FROM source JOIN mention ON mention.id = source.id << ? JOIN entry ON entry.id = entry_id"
        " WHERE shown"
    )
    return dict(db.execute(query, (POSITION_BITS,)))


@contextlib.contextmanager
def publish_copies(public: Path, folder: Path) -> Iterator[Callable[[], str]]:
    """Yield a function that copies `public` to `folder`, which a server publishes, and returns its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def copy() -> str:
        if public.exists():
            shutil.rmtree(folder)
            shutil.copytree(public, folder)
        return f"http://127.0.0.1:{server.server_port}/"

    try:
        yield copy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def commits(repository: Path, folder: str) -> list[Commit]:
    """Return the commits that change a folder, the first one first. No commit is before the one that it follows."""
    lines = _git(repository, "log", "--first-parent", "--reverse", "--format=%H %ct", "--", folder).decode().split("\n")
    found: list[Commit] = []
    for name, seconds in (line.split() for line in lines if line):
        time = datetime.fromtimestamp(int(seconds), UTC)
        found.append(Commit(name, max(time, found[-1].time) if found else time))
    return found


def replay(repository: Path, folder: str, *, clean: bool, advance: Callable[[int], None] = lambda _: None) -> Replay:
    """Replay a history.

    Args:
        repository: a git repository.
        folder: the folder of articles in it.
        clean: build every commit in a clean checkout, with the address of the build before.
        advance: is told how many commits are left, after each.
    """
    history = commits(repository, folder)
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        work = Path(scratch)
        server = stack.enter_context(publish_copies(work / "public", work / "published")) if clean else None
        result, lineage = Replay(work, server), Lineage()
        before = None
        for left, commit in zip(range(len(history) - 1, -1, -1), history, strict=True):
            corpus = _check_out(repository, folder, commit, work / "checkout")
            if corpus.is_dir():
                lineage.follow(repository, folder, before, commit, corpus)
                result.build(commit, corpus, lineage)
            before = commit
            advance(left)
        return result


def _check_out(repository: Path, folder: str, commit: Commit, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    archive = _git(repository, "archive", "--format=tar", commit.name)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = [it for it in tar.getmembers() if folder == "." or it.name.startswith(f"{folder}/")]
        tar.extractall(target, members, filter="data")
    return target / folder


def _below(path: str, folder: str) -> str:
    return path if folder == "." else path.removeprefix(f"{folder}/")


def _git(repository: Path, *words: str) -> bytes:
    command = ["git", "-C", str(repository), *words]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - fixed words


def main() -> None:
    """Replay a history and print the counts; exit with 1 if subscribers were told something wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__.split("\n", 1)[0])
    parser.add_argument("repository", type=Path)
    parser.add_argument("folder", help="the folder of articles in the repository, or .")
    parser.add_argument("--clean", action="store_true", help="build every commit in a clean checkout")
    given = parser.parse_args()
    shows_progress = sys.stderr.isatty()

    def advance(left: int) -> None:
        if shows_progress:
            print(f"\r{left:5} commits left", end="\n" if left == 0 else "", file=sys.stderr)

    result = replay(given.repository, given.folder.strip("/"), clean=given.clean, advance=advance)
    for note in result.notes:
        print(note)
    for name, meaning in COUNTS.items():
        print(f"{result.counts[name]:6} {name}: {meaning}")
    good = {"builds", "entries"}
    sys.exit(any(count for name, count in result.counts.items() if name not in good))


if __name__ == "__main__":
    main()
