"""``feeds serve``: a server for the current snapshot, and a watch that makes the next one (:mod:`feeds.pipeline.watch`).

The server's workers are processes of their own that see only the state folder; a build never stops them, and
a build that fails leaves the last good snapshot in place.
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
"""How long a worker may take to finish its requests when the server is told to stop."""

ASK_AGAIN = 0.2
"""After how many seconds a worker is told to stop again."""

SOCKET_MODE = 0o666
"""Who may connect to a Unix socket: anybody, nginx's user for one. What is served is public; a folder can hide it."""


class ListenAddress(NamedTuple):
    """Where to listen, and with how many processes.

    Attributes:
        host, port: the address.
        workers: how many processes.
        socket: the Unix socket to listen on, instead of an address, or None.
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
    _take_turns()
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
        """A server that can be told to stop twice, as by make and the terminal, and tells its workers twice."""

        def signal_handler_interrupt(self, *args: object, **named: object) -> None:
            if not self.interrupt_signal:  # else Granian would wait, for ever, for a lock that it holds itself
                super().signal_handler_interrupt(*args, **named)  # type: ignore[no-untyped-call]

        def _stop_workers(self) -> None:
            end = time.monotonic() + STOP_SECONDS
            workers: list[Any] = self.wrks
            while time.monotonic() < end and any(each.is_alive() for each in workers):
                for each in workers:  # more than once: one that is just starting can miss it
                    each.terminate()
                    each.join(ASK_AGAIN)
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
        respawn_failed_workers=True,  # but not one that fails again at once: then the server ends with 1
        blocking_threads=1,  # answers are made one at a time anyway; many threads would only fight for their turns
        workers_kill_timeout=1,
    )


def _take_turns() -> None:
    """Have threads that wake wait for the one at work, in the workers too, where the system can do that (Linux).

    In a worker one thread speaks HTTP and one makes the answers. If each took the processor from the other as soon as
    there is something to do, they would change places twice for each request, not once for all that have come.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):  # it may be forbidden, as in some containers
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _refuse_unusable(listen: ListenAddress) -> None:
    """Say in words what a worker process would say with a traceback."""
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
    """The same for a Unix socket; one that a server has left behind which was killed is taken away."""
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == errno.ECONNREFUSED:  # nobody listens any more
                    path.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.bind(str(path))
        path.unlink()
    except OSError as error:
        reason = error.strerror or str(error)  # a path that is too long has no number
        raise UsageError(f"can't listen there ({reason}); choose another --unix-socket", path) from error


def with_listening_address(site: Site, listen: ListenAddress) -> Site:
    """Return `site`; where it names no base_url, with the address that it is served at, and a state for it.

    A socket is no address that a feed could carry: what is served there is what `feeds build` makes.
    """
    if site.base_url or listen.socket is not None:
        return site
    host = listen.host
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the address that leads there
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"{shown}:{listen.port}"
    return replace(site, base_url=f"http://{address}/", state=server_state(site.state_path, site.corpus, address))
