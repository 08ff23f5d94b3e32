"""Answers for operators of the server: ``/healthz``, and ``/metrics`` in the text format of Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify
from werkzeug.middleware.proxy_fix import ProxyFix

from feeds.rules.site_layout import HEALTH_PATH, METRICS_PATH
from feeds.settings.site import Site
from feeds.store import build_status
from feeds.store.build_status import BuildStatus
from feeds.store.snapshots import Snapshot
from feeds.web.access_log import LogFile, with_access_log
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.request_counts import COUNTED_FORMATS, RequestCounts, with_request_counts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from prometheus_client import Metric

METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The format that every Prometheus reads, and whatever reads what Prometheus does."""


def install_operations(app: Flask, shelf: CurrentSnapshot, site: Site) -> None:
    """Have `app` answer those who run it, count its answers, and log them where the settings say so.

    Counting and logging stand around all that answers, so this comes last.

    Args:
        app: the application.
        shelf: has the snapshot.
        site: the settings.

    Raises:
        ConfigError: the access log can't be written.
    """
    counts = RequestCounts(site.state_path / "metrics")
    app.register_blueprint(_blueprint(shelf, counts, site))
    app.wsgi_app = _around(app.wsgi_app, counts, site)  # type: ignore[assignment, method-assign]


def _around(inner: WSGIApplication, counts: RequestCounts, site: Site) -> WSGIApplication:
    application = with_request_counts(inner, counts)
    if site.access_log:
        application = with_access_log(application, LogFile(site.access_log).write)
    if site.trusted_proxies:  # the last one knows below which path we are; nothing here depends on host and protocol
        application = ProxyFix(application, x_for=site.trusted_proxies, x_proto=0, x_prefix=1)
    return application


def _blueprint(shelf: CurrentSnapshot, counts: RequestCounts, site: Site) -> Blueprint:
    """Return what answers for ``/healthz``, 200 with the generation that is served or 503, and for ``/metrics``.

    The answer for ``/healthz`` is JSON: `status`, ``ok`` or ``empty``; `generation`, its number; `age`, for how many
    seconds it has been the newest. A site where nothing is written grows old and is well, so no age is too high.
    """
    found = Blueprint("operations", __name__)

    @found.get(f"/{HEALTH_PATH}")
    def health() -> Response:
        snapshot = shelf.current()
        made = snapshot.completed_at() if snapshot is not None else None
        answer = jsonify(
            status="ok" if snapshot is not None else "empty",
            generation=snapshot.generation if snapshot is not None else None,
            age=max(0, round(time.time() - made)) if made is not None else None,
        )
        answer.status_code = HTTPStatus.OK if snapshot is not None else HTTPStatus.SERVICE_UNAVAILABLE
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @found.get(f"/{METRICS_PATH}")
    def figures() -> Response:
        text = metrics_text(counts.total(), shelf.current(), build_status.load_status(site.state_path), time.time())
        answer = Response(text, content_type=METRICS_MEDIA_TYPE)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return found


def metrics_text(
    counts: Mapping[tuple[int, str], int], snapshot: Snapshot | None, outcome: BuildStatus | None, now: float
) -> bytes:
    """Return the figures as text.

    Args:
        counts: how many answers there were, by status and format.
        snapshot: what is served, or None where nothing is.
        outcome: what came of the last build, or None where nobody knows.
        now: the time, in seconds since the epoch.
    """
    from prometheus_client import CollectorRegistry, generate_latest  # only who asks pays for it

    class Figures:
        """What the library asks for the figures."""

        def collect(self) -> Iterator[Metric]:
            yield from _of_requests(counts)
            yield from _of_snapshot(snapshot, now)
            yield from _of_build(outcome)

    registry = CollectorRegistry()
    registry.register(Figures())
    return generate_latest(registry)


def _of_requests(counts: Mapping[tuple[int, str], int]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    requests = CounterMetricFamily(
        "feeds_http_requests",
        f"Answers of all workers, by status and by what was asked for ({', '.join(COUNTED_FORMATS)}).",
        labels=["status", "format"],
    )
    for (status, asked_for), number in sorted(counts.items()):
        requests.add_metric([str(status), asked_for], number)
    yield requests
    found = {
        status: sum(number for (other, asked_for), number in counts.items() if other == status and asked_for != "none")
        for status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    }
    if sum(found.values()):
        share = found[HTTPStatus.NOT_MODIFIED] / sum(found.values())
        text = "Which share of all answers with or about a document, 200 and 304, was 304."
        yield GaugeMetricFamily("feeds_http_not_modified_ratio", text, value=share)


def _of_snapshot(snapshot: Snapshot | None, now: float) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    if snapshot is None:
        return
    yield GaugeMetricFamily("feeds_generation", "The generation that is served.", value=snapshot.generation)
    made = snapshot.completed_at()
    if made is not None:
        text = "Since when that is the newest generation."
        yield GaugeMetricFamily("feeds_generation_timestamp_seconds", text, value=made)
        text = "For how long that has been the newest generation."
        yield GaugeMetricFamily("feeds_generation_age_seconds", text, value=max(0.0, now - made))


def _of_build(outcome: BuildStatus | None) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    if outcome is None:
        return
    text = "How many problems there are in the article files, as feeds check prints them."
    yield GaugeMetricFamily("feeds_problems", text, value=outcome.problems)
    text = "How many article files are lost to a problem."
    yield GaugeMetricFamily("feeds_articles_lost", text, value=outcome.lost)
