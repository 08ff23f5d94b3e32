"""The served site: look an address up in the current snapshot, answer HTTP properly.

A worker holds a snapshot and nothing else: it never reads the corpus, and can run anywhere. Only where there is no
snapshot yet, it has one built, by another process.
"""

from __future__ import annotations

import subprocess
import sys

from flask import Flask

from feeds.errors import StateError
from feeds.settings import loader
from feeds.settings.site import Site
from feeds.store.lock import lock_state
from feeds.web import operations, views
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.fast_path import FastPath
from feeds.web.headers import SiteLinks


def create_app(site: Site | None = None) -> Flask:
    """Return the Flask application that serves the site's current snapshot, and the next ones as they come.

    Args:
        site: the settings; None reads them from feeds.toml and the environment (``FEEDS_CORPUS``,
            ``FEEDS_CONFIG``, …), and builds the first snapshot if there is none: in a process of its own, so
            that no worker keeps what only a build needs, and once, however many workers start.

    Raises:
        ConfigError: a setting can't be used.
        StateError: there is no snapshot, and none could be built.
    """
    if site is None:
        site = loader.load_site()
        if CurrentSnapshot(site.state_path).snapshot is None:
            with lock_state(site, name="first-build.lock"):
                if CurrentSnapshot(site.state_path).snapshot is None:
                    _build()
    shelf = CurrentSnapshot(site.state_path)
    if shelf.snapshot is None:
        raise StateError("there is no snapshot; run `feeds build` first", site.state_path)
    app = Flask(__name__, static_folder=None)
    home = SiteLinks(site.address, site.hub)
    views.register_views(app, shelf, home)
    app.wsgi_app = FastPath(app.wsgi_app, shelf, home, site.cache_bytes)  # type: ignore[method-assign]
    operations.install_operations(app, shelf, site)  # last: it counts whatever answers
    return app


def _build() -> None:
    command = [sys.executable, "-m", "feeds", "build", "--output", ""]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise StateError(f"the first snapshot could not be built: {said[-1] if said else 'no reason was given'}")
