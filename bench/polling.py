"""Measure polls of feeds and of nginx: ``python -m bench.polling --rounds 5``.

Both serve the same generated site (:mod:`bench.corpus`) with one worker on one core. wrk sends requests from another
core, to the two servers in turns. The figures are written to a JSON file; ``--render`` writes documentation from it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from bench import build, edits, measure, polling_page, servers
from bench.corpus import Sharing, say
from bench.polling_page import BODY, GZIP, HALF_RATE, MEMORY, NOT_MODIFIED, P99, PUBLISHING, RATE, SLOWEST
from bench.results import Case, MixedError, Results
from bench.rivals import INSTALLED
from bench.servers import Nginx, NginxOpenFileCache, OurServer, Server
from bench.tools import MissingError, Ours
from feeds.store import snapshots

SCRIPT = Path(__file__).parent / "wrk" / "polls.lua"
FEEDS = 200
"""Number of Atom documents that are polled."""

SIZE = 40_000
"""The polled documents are the ones whose size in bytes is nearest to this."""

CONNECTIONS = 32
CHECK_SECONDS = 1
"""Seconds of the run that checks every answer, before the runs that are timed."""

MS = 1_000


class Scenario(NamedTuple):
    """A kind of request: its Accept-Encoding, whether it has If-None-Match, and the expected status."""

    coding: str
    conditional: bool
    status: HTTPStatus


SCENARIOS = {
    NOT_MODIFIED: Scenario("identity", True, HTTPStatus.NOT_MODIFIED),
    BODY: Scenario("identity", False, HTTPStatus.OK),
    GZIP: Scenario("gzip", False, HTTPStatus.OK),
}


class WrongAnswerError(Exception):
    """A server gave an unexpected answer, so that its figures mean nothing."""


def choose(sizes: Mapping[str, int]) -> list[str]:
    """Return the addresses to poll, sorted.

    Args:
        sizes: address of a document → its size in bytes, for all documents of the site.
    """
    atoms = [address for address in sizes if address.endswith("/feed.atom")]
    return sorted(sorted(atoms, key=lambda address: (abs(sizes[address] - SIZE), address))[:FEEDS])


def compress(root: Path, addresses: Iterable[str]) -> None:
    """Write a compressed file beside every document, where nginx looks for it (gzip_static). Keep existing ones."""
    for address in addresses:
        source, target = root / address, root / f"{address}.gz"
        if not target.exists():
            target.write_bytes(gzip.compress(source.read_bytes(), 6))
            # nginx makes Last-Modified and ETag from the time of the file that it sends.
            shutil.copystat(source, target)


def write_list(server: Server, addresses: Iterable[str], scenario: Scenario, path: Path) -> bool:
    """Write the list of requests for wrk, with the entity tags of this server.

    Returns:
        False if the server does not answer in the coding of the scenario; the list is not written then.

    Raises:
        WrongAnswerError: an answer is not 200, or has no ETag.
    """
    rows = []
    for address in addresses:
        answer, _ = server.ask(f"/{address}", {"Accept-Encoding": scenario.coding})
        if answer.status != HTTPStatus.OK or not answer.headers["ETag"]:
            raise WrongAnswerError(f"{server.name} answers {answer.status} for {address}")
        if answer.headers.get("Content-Encoding", "identity") != scenario.coding:
            return False
        rows.append(f"/{address}\t{answer.headers['ETag'] if scenario.conditional else ''}\n")
    path.write_text("".join(rows), "utf-8")
    return True


def wrk(
    server: Server, polled: Path, scenario: Scenario, seconds: float, *, check: bool, pause: float = 0
) -> dict[str, int]:
    """Poll a server with wrk, and return the figures that the script ``polls.lua`` prints.

    Args:
        server: the server.
        polled: the list that :func:`write_list` wrote.
        scenario: the kind of request.
        seconds: duration of the run.
        check: check the status of every answer. This slows wrk down; otherwise only answers from 400 count as errors.
        pause: mean pause of a connection between two requests, in milliseconds.

    Raises:
        WrongAnswerError: an answer was an error or had an unexpected status.
    """
    status = int(scenario.status) if check else 0
    command = ["taskset", "-c", servers.CLIENTS_CORE, "wrk", "--threads", "1", "--connections", str(CONNECTIONS)]
    command += ["--duration", f"{seconds:g}s", "--timeout", "10s", "--script", str(SCRIPT)]
    command += [f"http://127.0.0.1:{server.port}", "--", str(polled), scenario.coding, str(status), f"{pause:.3f}"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    output = next((line for line in process.stdout.splitlines() if line.startswith("{")), None)
    if process.returncode != 0 or output is None:
        raise WrongAnswerError(f"wrk failed: {process.stdout}{process.stderr}")
    figures: dict[str, int] = json.loads(output)
    if figures["errors"] or not figures["requests"]:
        raise WrongAnswerError(f"{server.name}: {figures['errors']} of {figures['requests']} answers were wrong")
    return figures


def measure_rates(all_servers: Sequence[Server], site: Site, rounds: int, seconds: int, results: Results) -> None:
    """Measure the highest number of requests a second, for every server and scenario."""
    for name, scenario in SCENARIOS.items():
        measured = [
            server for server in all_servers if write_list(server, site.addresses, scenario, site.list_of(server, name))
        ]
        for server in measured:
            wrk(server, site.list_of(server, name), scenario, CHECK_SECONDS, check=True)
        for _ in range(rounds):
            for server in measured:
                figures = wrk(server, site.list_of(server, name), scenario, seconds, check=False)
                rate = figures["requests"] / figures["microseconds"] * MS * MS
                results.add(site.case, name, server.name, **{RATE: rate})
                say(f"{name}: {server.name}: {rate:,.0f} a second")


def measure_latency(two_servers: Sequence[Server], site: Site, rounds: int, seconds: int, results: Results) -> None:
    """Measure the latency of 304 answers while every server gets half of the highest rate of feeds."""
    top = results.median(site.case, NOT_MODIFIED, OurServer.name, RATE) or 1
    pause = CONNECTIONS / (top / 2) * MS
    for _ in range(rounds):
        for server in two_servers:
            polled = site.list_of(server, NOT_MODIFIED)
            figures = wrk(server, polled, SCENARIOS[NOT_MODIFIED], seconds, check=False, pause=pause)
            rate = figures["requests"] / figures["microseconds"] * MS * MS
            p99 = figures["p99"] / MS
            results.add(site.case, HALF_RATE, server.name, **{RATE: rate, P99: p99})
            say(f"{HALF_RATE}: {server.name}: {rate:,.0f} a second, 99th percentile {p99:.2f} ms")


def measure_publishing(site: Site, rounds: int, seconds: int, results: Results) -> None:
    """Measure the slowest answer while the server publishes an edit.

    Raises:
        WrongAnswerError: an answer was an error, or the edit was not published during the run.
    """
    with OurServer(site.tool, watch=True) as server:
        polled = site.list_of(server, NOT_MODIFIED)
        write_list(server, site.addresses, SCENARIOS[NOT_MODIFIED], polled)
        top = results.median(site.case, NOT_MODIFIED, OurServer.name, RATE) or 1
        pause = CONNECTIONS / (top / 2) * MS
        for turn in range(rounds):
            before = snapshots.current_name(site.state)
            edited = edits.changes(edits.EDITED, site.case.articles, turn)
            edit = threading.Timer(seconds / 2, site.tool.apply, [edited])
            edit.start()
            figures = wrk(server, polled, SCENARIOS[NOT_MODIFIED], seconds, check=False, pause=pause)
            edit.join()
            if snapshots.current_name(site.state) == before:
                raise WrongAnswerError("the edit was not published during the run; try more --seconds")
            results.add(site.case, PUBLISHING, server.name, **{SLOWEST: figures["slowest"] / MS})
            say(f"{PUBLISHING}: {figures['requests']:,} answers, no error, slowest {figures['slowest'] / MS:.1f} ms")


class Site:
    """A generated corpus, its build, and the addresses that are polled.

    Args:
        folder: the folder for all files.
        articles: number of articles.
    """

    def __init__(self, folder: Path, articles: int) -> None:
        self.case = Case(Sharing.NEAR, articles)
        self.folder = folder
        self.tool = Ours(folder / "feeds")
        self.state = self.tool.state
        self.addresses: list[str] = []

    def build(self) -> None:
        """Write the corpus, and build it.

        Raises:
            CommandError: the build failed.
        """
        build.set_up([self.tool], self.case)
        measure.times(self.tool.command(), self.tool.folder, self.tool.environ())
        snapshot = snapshots.load_current(self.state)
        documents = snapshot.documents if snapshot is not None else {}
        self.addresses = choose({address: document.size for address, document in documents.items()})
        compress(self.tool.output, self.addresses)

    def list_of(self, server: Server, scenario: str) -> Path:
        """Return the file with the list of requests for a server in a scenario."""
        return self.folder / f"{server.name}-{scenario.replace(' ', '-')}.txt"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.polling", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, default=10_000, metavar="N", help="[10000]")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="[5]")
    parser.add_argument("--seconds", type=int, default=10, metavar="N", help="duration of a run [10]")
    parser.add_argument("--work", type=Path, default=INSTALLED / "polling", metavar="DIR", help="[.bench/polling]")
    parser.add_argument("--json", type=Path, default=polling_page.JSON_FILE, metavar="FILE", help="[docs/polling.json]")
    parser.add_argument(
        "--render", action="store_true", help="measure nothing; write the section in docs/benchmarks.md"
    )
    given = parser.parse_args(arguments)
    if given.articles < 1_000 or not 1 <= given.rounds <= edits.TURNS:
        parser.error(f"--articles must be at least 1000, --rounds 1 to {edits.TURNS}")
    return given


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or render what was measured."""
    given = parse(arguments)
    results = Results.load(given.json)
    if given.render:
        polling_page.write(results)
        return
    folder = given.work.resolve()
    if folder.exists():
        raise SystemExit(f"{folder} exists already: delete it, or choose another --work")
    site = Site(folder, given.articles)
    try:
        if (os.cpu_count() or 1) < 2:
            raise MissingError("this needs two cores: one for the server, one for wrk")
        results.measured_under({**build.conditions([site.tool]), **servers.versions()})
        results.begin(site.case)
        say(f"{given.articles:,} articles: writing and building the site")
        site.build()
        root = site.tool.output
        with (
            OurServer(site.tool, watch=False) as ours,
            Nginx(folder / "nginx", root) as nginx,
            NginxOpenFileCache(folder / "nginx-open", root) as open_file_cache,
        ):
            measure_rates([ours, nginx, open_file_cache], site, given.rounds, given.seconds, results)
            measure_latency([ours, nginx], site, given.rounds, given.seconds, results)
            for server in (ours, nginx):
                results.add(site.case, MEMORY, server.name, memory=server.memory())
        measure_publishing(site, given.rounds, given.seconds, results)
        results.save(given.json)
    except (MissingError, MixedError, WrongAnswerError, measure.CommandError) as problem:
        raise SystemExit(str(problem)) from problem
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"figures in {given.json}; `python -m bench.polling --render` writes documentation from docs/polling.json")


if __name__ == "__main__":
    main()
