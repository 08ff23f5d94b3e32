"""The Flask application: it answers HTTP requests from the current snapshot.

A worker holds a snapshot and nothing else. It never reads the corpus, so it can run anywhere. If there is no snapshot
yet, another process builds one.
"""

from __future__ import annotations

import subprocess
import sys

from flask import Flask, request

from feeds.errors import StateError
from feeds.settings import loader
from feeds.settings.site import Site
from feeds.store.lock import lock_state
from feeds.web import operations, views
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.fast_path import FastPath
from feeds.web.headers import SiteLinks
from feeds.web.site_names import SiteNames

_FIRST_BUILD_LOCK = "first-build.lock"


def create_app(site: Site | None = None) -> Flask:
    """Return the Flask application that serves the current snapshot of the site, and the next ones as they come.

    Args:
        site: the settings. None loads them from feeds.toml and the environment (``FEEDS_CORPUS``, ``FEEDS_CONFIG``, …),
            and builds the first snapshot if there is none: in a process of its own, so that no worker keeps the
            memory of a build, and once, however many workers start.

    Raises:
        ConfigError: a setting can't be used.
        StateError: there is no snapshot, and none could be built.
    """
    if site is None:
        site = loader.load_site()
        if CurrentSnapshot(site.state_path).snapshot is None:
            with lock_state(site, name=_FIRST_BUILD_LOCK):
                # Once more under the lock: another worker may have built it while this one waited.
                if CurrentSnapshot(site.state_path).snapshot is None:
                    _build_first_snapshot()
    current = CurrentSnapshot(site.state_path)
    if current.snapshot is None:
        raise StateError("there is no snapshot; run `feeds build` first", site.state_path)
    app = Flask(__name__, static_folder=None)

    @app.context_processor
    def values_of_all_templates() -> dict[str, str]:
        return {"site_title": site.title, "root": f"{request.root_path}/"}

    links = SiteLinks(site.address, site.hub)
    names = SiteNames()
    views.register_views(app, current, links, names)
    app.wsgi_app = FastPath(app.wsgi_app, current, links, site.cache_bytes)  # type: ignore[method-assign]
    operations.install_operations(
        app, current, site, names
    )  # last: it has to count the answers of the fast path as well
    return app


def _build_first_snapshot() -> None:
    command = [sys.executable, "-m", "feeds", "build", "--output", ""]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        reason = lines[-1] if lines else "no reason was given"
        raise StateError(f"the first snapshot could not be built: {reason}")
