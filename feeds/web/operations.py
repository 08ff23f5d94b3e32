"""What those who run the server ask it: whether it is alive, what it serves, and how many ask for what."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify
from werkzeug.middleware.proxy_fix import ProxyFix

from feeds import outcome
from feeds.config import Site
from feeds.logfile import LogFile
from feeds.web import metrics
from feeds.web.access_log import logged
from feeds.web.counting import OWN, Counts, counted
from feeds.web.shelf import Shelf

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HEALTH, METRICS = OWN


def install(app: Flask, shelf: Shelf, site: Site) -> None:
    """Have `app` answer those who run it, count its answers, and log them where the settings say so.

    Counting and logging stand around all that answers, so this comes last.

    Args:
        app: the application.
        shelf: has the snapshot.
        site: the settings.

    Raises:
        ConfigError: the access log can't be written.
    """
    counts = Counts(site.state_path / "metrics")
    app.register_blueprint(_blueprint(shelf, counts, site))
    app.wsgi_app = _around(app.wsgi_app, counts, site)  # type: ignore[assignment, method-assign]


def _around(inner: WSGIApplication, counts: Counts, site: Site) -> WSGIApplication:
    application = counted(inner, counts)
    if site.access_log:
        application = logged(application, LogFile(site.access_log).write)
    if site.trusted_proxies:  # the last one knows below which path we are; nothing here depends on host and protocol
        application = ProxyFix(application, x_for=site.trusted_proxies, x_proto=0, x_prefix=1)
    return application


def _blueprint(shelf: Shelf, counts: Counts, site: Site) -> Blueprint:
    """Return what answers for ``/healthz``, 200 with the generation that is served or 503, and for ``/metrics``.

    The answer for ``/healthz`` is JSON: `status`, ``ok`` or ``empty``; `generation`, its number; `age`, for how many
    seconds it has been the newest. A site where nothing is written grows old and is well, so no age is too high.
    """
    found = Blueprint("operations", __name__)

    @found.get(HEALTH)
    def health() -> Response:
        snapshot = shelf.current()
        made = snapshot.made() if snapshot is not None else None
        answer = jsonify(
            status="ok" if snapshot is not None else "empty",
            generation=snapshot.generation if snapshot is not None else None,
            age=max(0, round(time.time() - made)) if made is not None else None,
        )
        answer.status_code = HTTPStatus.OK if snapshot is not None else HTTPStatus.SERVICE_UNAVAILABLE
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @found.get(METRICS)
    def figures() -> Response:
        text = metrics.exposition(counts.total(), shelf.current(), outcome.load(site.state_path), time.time())
        answer = Response(text, content_type=metrics.MEDIA_TYPE)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return found
