"""``feeds serve``: a server for the current snapshot, and a watch that makes the next one.

The server's workers are processes of their own that see only the state folder; a build never stops them, and
a build that fails leaves the last good snapshot in place.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from feeds import config
from feeds.config import Site
from feeds.errors import FeedsError, UsageError
from feeds.places import served_state
from feeds.publish import Report

if TYPE_CHECKING:
    from granian.server.mp import MPServer

STOP_SECONDS = 5
"""How long a worker may take to finish its requests when the server is told to stop."""

RETRY = timedelta(seconds=20)
"""After what time a build that failed is tried again though nothing has changed."""

TICK_MS = 1000
"""How often the watch looks whether something that waits for its date is due, in milliseconds."""


class Listen(NamedTuple):
    """Where to listen, and with how many processes."""

    host: str
    port: int
    workers: int


class Watch(NamedTuple):
    """How the site is built again.

    Attributes:
        load: reads the settings, which may have changed as well.
        build: publishes a site.
    """

    load: Callable[[], Site]
    build: Callable[[Site], Report]


def serve(site: Site, first: Report, listen: Listen, say: Callable[[str], None], watch: Watch | None) -> None:
    """Serve the site's current snapshot until the process is told to stop.

    Args:
        site: the settings.
        first: what the build before said.
        listen: where.
        say: is told what happens, a line at a time.
        watch: builds again when the corpus or feeds.toml changes or something is due; None for never.

    Raises:
        UsageError: the address can't be listened on.
    """
    _refuse_taken(listen)
    multiprocessing.set_start_method("spawn")  # a worker needs nothing that this process has in memory
    os.environ.update(config.environment(site))
    server = _server(listen)
    if watch is not None:
        threading.Thread(target=_watch, args=(site, watch, first, say), daemon=True).start()
    say(f"{first.entries} entries in {first.feeds} feeds on {site.address} (Ctrl+C stops)")
    server.serve()


def _server(listen: Listen) -> MPServer:
    from granian.constants import Interfaces
    from granian.server.mp import MPServer

    class PatientServer(MPServer):
        """A server that can be told to stop twice: make and the terminal may both tell it, at the same moment."""

        def signal_handler_interrupt(self, *args: object, **named: object) -> None:
            if not self.interrupt_signal:  # else Granian would wait, for ever, for a lock that it holds itself
                super().signal_handler_interrupt(*args, **named)  # type: ignore[no-untyped-call]

    return PatientServer(
        "feeds.web:create_app",
        listen.host,
        listen.port,
        interface=Interfaces.WSGI,
        workers=listen.workers,
        factory=True,
        log_enabled=False,
        workers_kill_timeout=STOP_SECONDS,  # a worker that is just starting can miss the signal to stop
    )


def _refuse_taken(listen: Listen) -> None:
    """Say in words what a worker process would say with a traceback."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((listen.host, listen.port))
    except OSError as error:
        where = f"{listen.host}:{listen.port}"
        raise UsageError(f"can't listen there ({error.strerror}); choose another --host or --port", where) from error


def _watch(site: Site, how: Watch, first: Report, say: Callable[[str], None]) -> None:
    """Build again, for ever, whenever there is something to build."""
    due, problems = first.due, first.problems
    for changed in _changes(site):
        if not changed and (due is None or datetime.now(UTC) < due):
            continue
        started = time.perf_counter()
        try:
            report = how.build(how.load())
        except Exception as error:  # whatever a build meets, the server must outlive it
            reason = str(error) if isinstance(error, FeedsError) else f"{type(error).__name__}: {error}"
            say(f"not built, still serving the last good state: {reason}")
            due = datetime.now(UTC) + RETRY
        else:
            for problem in [each for each in report.problems if each not in problems]:
                say(str(problem))
            if report.changed:
                took = time.perf_counter() - started
                say(f"{report.changed} documents changed, generation {report.generation}, {took:.2f} s")
            due, problems = report.due, report.problems


def _changes(site: Site) -> Iterator[bool]:
    """Yield, at least once every :data:`TICK_MS`, whether the corpus or feeds.toml may have changed since.

    They may have whenever a watch starts: nobody looked between the build before and that moment.
    """
    from watchfiles import watch

    places = [site.corpus_path, *([site.source] if site.source is not None else [])]
    hidden = _hidden_from(site)
    while True:
        watched = [_inode(place) for place in places]
        if watched[0] is None:  # the corpus is away for the moment, as while it is replaced
            time.sleep(TICK_MS / 1000)
            continue
        changes = watch(
            *(place for place, inode in zip(places, watched, strict=True) if inode is not None),
            watch_filter=lambda _, path: not hidden(Path(path)),
            debounce=400,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        starting = True
        for changed in changes:
            if [_inode(place) for place in places] != watched:
                break  # the watch is on what is not there any more
            yield bool(changed) or starting
            starting = False


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _hidden_from(site: Site) -> Callable[[Path], bool]:
    """Return what tells paths that are no part of the corpus: our own state, output, and hidden files."""
    ours = [site.state_path, *([site.output_path] if site.output_path is not None else [])]

    def hidden(path: Path) -> bool:
        if path == site.source:
            return False
        if any(path.is_relative_to(each) for each in ours) or not path.is_relative_to(site.corpus_path):
            return True
        return any(part.startswith((".", "_")) for part in path.relative_to(site.corpus_path).parts)

    return hidden


def with_listening_address(site: Site, host: str, port: int) -> Site:
    """Return `site`; where it names no base_url, with the address that it is served at, and a state for it."""
    if site.base_url:
        return site
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the address that leads there
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"{shown}:{port}"
    return replace(site, base_url=f"http://{address}/", state=served_state(site.state_path, site.corpus, address))
