"""Measure polls, ours against nginx: ``python -m bench.polling --rounds 5``.

Both serve the same made-up site (:mod:`bench.corpus`) with one worker on one core; wrk asks from the other one, ours
and nginx in turns. What was measured is kept in a JSON file; ``--render`` makes documentation of it.
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
from bench.polling_page import BODY, GZIP, MEMORY, NOT_MODIFIED, P99, RATE, SLOWEST, SWITCH, UNHURRIED
from bench.results import MixedError, Results
from bench.rivals import INSTALLED
from bench.servers import Nginx, NginxKeepingOpen, OurServer, Server
from bench.tools import MissingError, Ours
from feeds.store import snapshots

SCRIPT = Path(__file__).parent / "wrk" / "polls.lua"
FEEDS = 200
NEAR = 40_000
"""Of all Atom documents those are polled whose size is nearest to so many bytes."""

CONNECTIONS = 32
CHECKED_SECONDS = 1
MS = 1_000


class Scenario(NamedTuple):
    """How it is asked: with which Accept-Encoding, with the tags of what there is or without, and what is expected."""

    coding: str
    conditional: bool
    status: HTTPStatus


SCENARIOS = {
    NOT_MODIFIED: Scenario("identity", True, HTTPStatus.NOT_MODIFIED),
    BODY: Scenario("identity", False, HTTPStatus.OK),
    GZIP: Scenario("gzip", False, HTTPStatus.OK),
}


class WrongError(Exception):
    """An answer was not what it should be: nothing can be said of how fast it was."""


def chosen(sizes: Mapping[str, int]) -> list[str]:
    """Return the addresses that are polled, from all that there are and their sizes."""
    atoms = [address for address in sizes if address.endswith("/feed.atom")]
    return sorted(sorted(atoms, key=lambda each: (abs(sizes[each] - NEAR), each))[:FEEDS])


def compress(root: Path, addresses: Iterable[str]) -> None:
    """Put what gzip makes of documents beside them, where nginx looks for it; nothing is if it is there already."""
    for address in addresses:
        source, target = root / address, root / f"{address}.gz"
        if not target.exists():
            target.write_bytes(gzip.compress(source.read_bytes(), 6))
            shutil.copystat(source, target)


def write_list(server: Server, addresses: Iterable[str], scenario: Scenario, path: Path) -> bool:
    """Write what wrk asks for, with the server's own entity tags.

    Returns:
        Whether the server answers in this coding.

    Raises:
        WrongError: it answers something else than the document.
    """
    rows = []
    for address in addresses:
        answer, _ = server.ask(f"/{address}", {"Accept-Encoding": scenario.coding})
        if answer.status != HTTPStatus.OK or not answer.headers["ETag"]:
            raise WrongError(f"{server.name} answers {answer.status} for {address}")
        if answer.headers.get("Content-Encoding", "identity") != scenario.coding:
            return False
        rows.append(f"/{address}\t{answer.headers['ETag'] if scenario.conditional else ''}\n")
    path.write_text("".join(rows), "utf-8")
    return True


def wrk(
    server: Server, polled: Path, scenario: Scenario, seconds: float, *, check: bool, pause: float = 0
) -> dict[str, int]:
    """Poll a server, and return what the script prints.

    Raises:
        WrongError: an answer was an error, or not what was expected.
    """
    status = int(scenario.status) if check else 0
    words = ["taskset", "-c", servers.CLIENTS_CORE, "wrk", "--threads", "1", "--connections", str(CONNECTIONS)]
    words += ["--duration", f"{seconds:g}s", "--timeout", "10s", "--script", str(SCRIPT)]
    words += [f"http://127.0.0.1:{server.port}", "--", str(polled), scenario.coding, str(status), f"{pause:.3f}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    found = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
    if done.returncode != 0 or found is None:
        raise WrongError(f"wrk failed: {done.stdout}{done.stderr}")
    figures: dict[str, int] = json.loads(found)
    if figures["errors"] or not figures["requests"]:
        raise WrongError(f"{server.name}: {figures['errors']} of {figures['requests']} answers were wrong")
    return figures


def measure_rates(all_of_them: Sequence[Server], site: Site, rounds: int, seconds: int, results: Results) -> None:
    """Measure how many requests a second each server answers at most, in each scenario."""
    for name, scenario in SCENARIOS.items():
        ready = [each for each in all_of_them if write_list(each, site.addresses, scenario, site.list_of(each, name))]
        for server in ready:
            wrk(server, site.list_of(server, name), scenario, CHECKED_SECONDS, check=True)
        for _ in range(rounds):
            for server in ready:
                figures = wrk(server, site.list_of(server, name), scenario, seconds, check=False)
                rate = figures["requests"] / figures["microseconds"] * MS * MS
                results.add(site.articles, name, server.name, **{RATE: rate})
                build.say(f"{name}: {server.name}: {rate:,.0f} a second")


def measure_latency(both: Sequence[Server], site: Site, rounds: int, seconds: int, results: Results) -> None:
    """Measure the latency of 304s while both are asked half as often as ours can answer."""
    top = results.typical(site.articles, NOT_MODIFIED, OurServer.name, RATE) or 1
    pause = CONNECTIONS / (top / 2) * MS
    for _ in range(rounds):
        for server in both:
            polled = site.list_of(server, NOT_MODIFIED)
            figures = wrk(server, polled, SCENARIOS[NOT_MODIFIED], seconds, check=False, pause=pause)
            rate = figures["requests"] / figures["microseconds"] * MS * MS
            p99 = figures["p99"] / MS
            results.add(site.articles, UNHURRIED, server.name, **{RATE: rate, P99: p99})
            build.say(f"{UNHURRIED}: {server.name}: {rate:,.0f} a second, 99 % within {p99:.2f} ms")


def measure_switch(site: Site, rounds: int, seconds: int, results: Results) -> None:
    """Measure the slowest answer while articles are edited, built and switched to.

    Raises:
        WrongError: an answer was an error, or an edit was not published.
    """
    with OurServer(site.tool, watch=True) as server:
        polled = site.list_of(server, NOT_MODIFIED)
        write_list(server, site.addresses, SCENARIOS[NOT_MODIFIED], polled)
        top = results.typical(site.articles, NOT_MODIFIED, OurServer.name, RATE) or 1
        pause = CONNECTIONS / (top / 2) * MS
        for turn in range(rounds):
            before = snapshots.current_name(site.state)
            edit = threading.Timer(seconds / 2, site.tool.apply, [edits.changes(edits.EDITED, site.articles, turn)])
            edit.start()
            figures = wrk(server, polled, SCENARIOS[NOT_MODIFIED], seconds, check=False, pause=pause)
            edit.join()
            if snapshots.current_name(site.state) == before:
                raise WrongError("the edit was not published while it was polled; try more --seconds")
            results.add(site.articles, SWITCH, server.name, **{SLOWEST: figures["slowest"] / MS})
            build.say(
                f"{SWITCH}: no error in {figures['requests']:,} answers, {figures['slowest'] / MS:.1f} ms at most"
            )


class Site:
    """What is served: a corpus that has been built, and the documents of it that are polled.

    Args:
        folder: where all of it goes.
        articles: how many articles there are.
    """

    def __init__(self, folder: Path, articles: int) -> None:
        self.articles = articles
        self.folder = folder
        self.tool = Ours(folder / "feeds")
        self.state = Path(self.tool.environ()["FEEDS_STATE"])
        self.addresses: list[str] = []

    def build(self) -> None:
        """Write the corpus and publish it.

        Raises:
            CommandError: it can't be built.
        """
        build.set_up([self.tool], self.articles)
        measure.times(self.tool.command(), self.tool.folder, self.tool.environ())
        found = snapshots.load_current(self.state)
        documents = found.documents if found is not None else {}
        self.addresses = chosen({address: each.size for address, each in documents.items()})
        compress(self.tool.output, self.addresses)

    def list_of(self, server: Server, scenario: str) -> Path:
        """Return the file with what is asked of a server in a scenario."""
        return self.folder / f"{server.name}-{scenario.replace(' ', '-')}.txt"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.polling", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, default=10_000, metavar="N", help="[10000]")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="[5]")
    parser.add_argument("--seconds", type=int, default=10, metavar="N", help="how long each is asked [10]")
    parser.add_argument("--work", type=Path, default=INSTALLED / "polling", metavar="DIR", help="[.bench/polling]")
    parser.add_argument("--json", type=Path, default=polling_page.KEPT, metavar="FILE", help="[docs/polling.json]")
    parser.add_argument(
        "--render", action="store_true", help="measure nothing: write the section in docs/benchmarks.md"
    )
    given = parser.parse_args(arguments)
    if given.articles < 1_000 or not 1 <= given.rounds <= edits.TURNS:
        parser.error(f"--articles should be 1000 at least, --rounds 1 to {edits.TURNS}")
    return given


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    given = parse(arguments)
    results = Results.load(given.json)
    if given.render:
        polling_page.write(results)
        return
    folder = given.work.resolve()
    if folder.exists():
        raise SystemExit(f"{folder} is there already: delete it, or name another --work")
    site = Site(folder, given.articles)
    try:
        if (os.cpu_count() or 1) < 2:
            raise MissingError("two cores are needed: one for the server, one for wrk")
        results.measured_under({**build.conditions([site.tool]), **servers.versions()})
        results.begin(site.articles)
        build.say(f"{site.articles:,} articles: writing and building the site")
        site.build()
        root = site.tool.output
        with (
            OurServer(site.tool, watch=False) as ours,
            Nginx(folder / "nginx", root) as nginx,
            NginxKeepingOpen(folder / "nginx-open", root) as keeping_open,
        ):
            measure_rates([ours, nginx, keeping_open], site, given.rounds, given.seconds, results)
            measure_latency([ours, nginx], site, given.rounds, given.seconds, results)
            for server in (ours, nginx):
                results.add(site.articles, MEMORY, server.name, memory=server.memory())
        measure_switch(site, given.rounds, given.seconds, results)
        results.save(given.json)
    except (MissingError, MixedError, WrongError, measure.CommandError) as problem:
        raise SystemExit(str(problem)) from problem
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    build.say(f"figures in {given.json}; `python -m bench.polling --render` makes documentation of docs/polling.json")


if __name__ == "__main__":
    main()
