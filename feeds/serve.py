"""``feeds serve``: a server for the current snapshot, and a watch that makes the next one (:mod:`feeds.watching`).

The server's workers are processes of their own that see only the state folder; a build never stops them, and
a build that fails leaves the last good snapshot in place.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from feeds import config
from feeds.config import Site
from feeds.errors import UsageError
from feeds.places import served_state
from feeds.publish import Report
from feeds.watching import Watch
from feeds.watching import watch as keep_watch

if TYPE_CHECKING:
    from granian.server.mp import MPServer

STOP_SECONDS = 5
"""How long a worker may take to finish its requests when the server is told to stop."""


class Listen(NamedTuple):
    """Where to listen, and with how many processes."""

    host: str
    port: int
    workers: int


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
    multiprocessing.set_start_method("spawn", force=True)  # a worker needs nothing that this process has in memory
    os.environ.update(config.environment(site))
    server = _server(listen)
    _take_turns()
    if watch is not None:
        threading.Thread(target=keep_watch, args=(site, watch, first, say), daemon=True).start()
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
        blocking_threads=1,  # answers are made one at a time anyway; many threads would only fight for their turns
        workers_kill_timeout=STOP_SECONDS,  # a worker that is just starting can miss the signal to stop
    )


def _take_turns() -> None:
    """Have threads that wake wait for the one at work, in the workers too, where the system can do that (Linux).

    In a worker one thread speaks HTTP and one makes the answers. If each took the processor from the other as soon as
    there is something to do, they would change places twice for each request, not once for all that have come.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):  # it may be forbidden, as in some containers
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


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


def with_listening_address(site: Site, host: str, port: int) -> Site:
    """Return `site`; where it names no base_url, with the address that it is served at, and a state for it."""
    if site.base_url:
        return site
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the address that leads there
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"{shown}:{port}"
    return replace(site, base_url=f"http://{address}/", state=served_state(site.state_path, site.corpus, address))
