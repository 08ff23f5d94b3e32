"""The server of ``feeds serve``: Granian's processes around the application, and a thread that watches the corpus.

The workers are processes of their own that see the state folder only. A build never stops them, and a build that fails
leaves the last good snapshot in place.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from feeds.errors import UsageError
from feeds.settings.site import Site
from feeds.settings.state_folder import server_state
from feeds.web.access_log import open_to_append

if TYPE_CHECKING:
    from flask import Flask
    from granian.server.mp import MPServer

STOP_SECONDS = 5
"""The seconds that a worker has to finish its requests when the server stops."""

REPEAT_SECONDS = 0.2
"""The seconds after which a worker is told again to stop."""

SOCKET_MODE = 0o666
"""The mode of a Unix socket: every user may connect, for example that of nginx. What is served is public."""


class ListenAddress(NamedTuple):
    """The address to listen on, and the number of processes.

    Attributes:
        host, port: the address.
        workers: the number of processes.
        socket: the path of a Unix socket to listen on instead of the address, or None.
    """

    host: str
    port: int
    workers: int
    socket: Path | None = None


def run_server(
    site: Site, listen: ListenAddress, greeting: str, say: Callable[[str], None], watch: Callable[[], None] | None
) -> None:
    """Serve the current snapshot of the site until the process is told to stop.

    Args:
        site: the settings; the workers get them as they are.
        listen: where to listen.
        greeting: what is built, for the message that tells that the server is ready.
        say: prints a line.
        watch: runs beside the server in a thread of its own, and builds when the corpus changes; None for never.

    Raises:
        UsageError: the server can't listen there.
        ConfigError: the access log can't be written.
    """
    _refuse_unusable(listen)
    if site.access_log:
        os.close(open_to_append(site.access_log))
    multiprocessing.set_start_method("spawn", force=True)  # a worker needs nothing that this process has in memory
    server = _server(listen)
    _avoid_preemption()
    if watch is not None:
        threading.Thread(target=watch, daemon=True).start()
    where = site.address if listen.socket is None else f"the socket {listen.socket}"
    say(f"{greeting} on {where} (Ctrl+C stops)")
    # The settings are pickled with the loader. Variables of the environment could not carry every value.
    server.serve(target_loader=functools.partial(create_app_in_worker, site), wrap_loader=False)


def create_app_in_worker(site: Site) -> Flask:
    """Return the application; a worker process calls it, and only there Flask is imported."""
    from feeds.web.app import create_app

    return create_app(site)


def _server(listen: ListenAddress) -> MPServer:
    from granian.constants import Interfaces
    from granian.server.mp import MPServer

    class PatientServer(MPServer):
        """A server that may get two signals to stop, for example from make and from the terminal."""

        def signal_handler_interrupt(self, *args: object, **named: object) -> None:
            if not self.interrupt_signal:  # the second time, Granian would wait for ever for a lock that it holds
                super().signal_handler_interrupt(*args, **named)  # type: ignore[no-untyped-call]

        def _stop_workers(self) -> None:
            end = time.monotonic() + STOP_SECONDS
            workers: list[Any] = self.wrks
            while time.monotonic() < end and any(worker.is_alive() for worker in workers):
                for worker in workers:  # repeated: a worker that is just starting can miss the signal
                    worker.terminate()
                    worker.join(REPEAT_SECONDS)
            super()._stop_workers()  # type: ignore[no-untyped-call]

    return PatientServer(
        "feeds.web.app:create_app",
        listen.host,
        listen.port,
        listen.socket,
        SOCKET_MODE,
        interface=Interfaces.WSGI,
        workers=listen.workers,
        log_enabled=False,
        respawn_failed_workers=True,  # a worker that fails at once again ends the server, with exit code 1
        blocking_threads=1,  # Python runs one thread at a time; more threads would compete for its lock
        workers_kill_timeout=1,
    )


def _avoid_preemption() -> None:
    """Set the scheduling policy SCHED_BATCH (Linux), which the workers inherit: threads do not preempt each other.

    In a worker, one thread speaks HTTP and another one makes the answers. If a thread that wakes up took the processor
    from the other, they would change places twice for every request, and not once for all requests that have come.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _refuse_unusable(listen: ListenAddress) -> None:
    """Raise UsageError for an address on which a worker could not listen; it would fail with a traceback."""
    if listen.socket is not None:
        _refuse_unusable_socket(listen.socket)
        return
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((listen.host, listen.port))
    except OSError as error:
        where = f"{listen.host}:{listen.port}"
        raise UsageError(f"can't listen there ({error.strerror}); choose another --host or --port", where) from error


def _refuse_unusable_socket(path: Path) -> None:
    """Raise UsageError for a Unix socket that can't be used; delete the socket of a server that was killed."""
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == errno.ECONNREFUSED:  # no process listens on it
                    path.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.bind(str(path))
        path.unlink()
    except OSError as error:
        reason = error.strerror or str(error)  # a path that is too long has no errno
        raise UsageError(f"can't listen there ({reason}); choose another --unix-socket", path) from error


def with_listening_address(site: Site, listen: ListenAddress) -> Site:
    """Return `site`; without a base_url, with the address on which the server listens, and a state folder for it.

    With a Unix socket the site stays unchanged: a feed can't contain the address of a socket.
    """
    if site.base_url or listen.socket is not None:
        return site
    host = listen.host
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - an address that a client can open
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"{shown}:{listen.port}"
    return replace(site, base_url=f"http://{address}/", state=server_state(site.state_path, site.corpus, address))
