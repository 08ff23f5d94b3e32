"""Answers for operators of the server: ``/healthz``, ``/metrics`` in the text format of Prometheus, and ``/status``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify
from werkzeug.middleware.proxy_fix import ProxyFix

from feeds.rules.site_layout import HEALTH_PATH, METRICS_PATH, STATUS_PATH
from feeds.settings.site import Site
from feeds.store import build_status
from feeds.store.build_status import BuildStatus
from feeds.store.snapshots import Snapshot
from feeds.web.access_log import LogFile, with_access_log
from feeds.web.current_snapshot import CurrentSnapshot
from feeds.web.request_counts import COUNTED_FORMATS, UNCOUNTED, RequestCounts, with_request_counts
from feeds.web.site_names import NO_NAMES, SiteNames
from feeds.web.status import status_page

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from prometheus_client import Metric

METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The text format, which every version of Prometheus reads, and other monitors as well."""


def install_operations(app: Flask, current: CurrentSnapshot, site: Site, names: SiteNames) -> None:
    """Add the answers for operators to `app`, count its answers, and log them if the settings say so.

    Call it last: counting and logging have to wrap everything that answers.

    Args:
        app: the application.
        current: has the snapshot.
        site: the settings.
        names: has the names of the snapshot.

    Raises:
        ConfigError: the access log can't be written.
    """
    counts = RequestCounts(site.state_path / "metrics")
    app.register_blueprint(_blueprint(current, counts, site, names))
    app.wsgi_app = _wrap(app.wsgi_app, counts, site)  # type: ignore[assignment, method-assign]


def _wrap(inner: WSGIApplication, counts: RequestCounts, site: Site) -> WSGIApplication:
    application = with_request_counts(inner, counts)
    if site.access_log:
        application = with_access_log(application, LogFile(site.access_log).write)
    if site.trusted_proxies:
        # x_prefix=1: the nearest proxy knows the path below which the site is. Nothing depends on host and protocol.
        application = ProxyFix(application, x_for=site.trusted_proxies, x_proto=0, x_prefix=1)
    return application


def _blueprint(current: CurrentSnapshot, counts: RequestCounts, site: Site, names: SiteNames) -> Blueprint:
    """Return the views of ``/healthz`` and ``/metrics``, and of ``/status`` if the settings have it.

    ``/healthz`` answers 200, or 503 if there is no snapshot, with JSON: `status`, ``ok`` or ``empty``; `generation`,
    its number; `age`, for how many seconds it has been the newest. No age is too high: a site without news is healthy.
    """
    blueprint = Blueprint("operations", __name__)

    @blueprint.get(f"/{HEALTH_PATH}")
    def health() -> Response:
        snapshot = current.current()
        completed = snapshot.completed_at() if snapshot is not None else None
        answer = jsonify(
            status="ok" if snapshot is not None else "empty",
            generation=snapshot.generation if snapshot is not None else None,
            age=max(0, round(time.time() - completed)) if completed is not None else None,
        )
        answer.status_code = HTTPStatus.OK if snapshot is not None else HTTPStatus.SERVICE_UNAVAILABLE
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @blueprint.get(f"/{METRICS_PATH}")
    def figures() -> Response:
        text = metrics_text(counts.total(), current.current(), build_status.load_status(site.state_path), time.time())
        answer = Response(text, content_type=METRICS_MEDIA_TYPE)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    if site.status:

        @blueprint.get(f"/{STATUS_PATH}")
        def status() -> Response:
            snapshot = current.current()
            known = names.of(snapshot) if snapshot is not None else NO_NAMES
            return status_page(site, snapshot, known, counts.total())

    return blueprint


def metrics_text(
    counts: Mapping[tuple[int, str], int], snapshot: Snapshot | None, status: BuildStatus | None, now: float
) -> bytes:
    """Return the metrics in the text format of Prometheus.

    Args:
        counts: how many answers there were, by status and format.
        snapshot: the snapshot that is served, or None.
        status: the status of the last build, or None if it is not known.
        now: the time, in seconds since the epoch.
    """
    from prometheus_client import CollectorRegistry, generate_latest  # slow to load, and only this answer needs it

    class Figures:
        """The collector that the library calls."""

        def collect(self) -> Iterator[Metric]:
            yield from _of_requests(counts)
            yield from _of_snapshot(snapshot, now)
            yield from _of_build(status)

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
    for (status, name), number in sorted(counts.items()):
        requests.add_metric([str(status), name], number)
    yield requests
    answers = {
        status: sum(number for (other, name), number in counts.items() if other == status and name != UNCOUNTED)
        for status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    }
    if sum(answers.values()):
        share = answers[HTTPStatus.NOT_MODIFIED] / sum(answers.values())
        text = "Which share of all answers with or about a document, 200 and 304, was 304."
        yield GaugeMetricFamily("feeds_http_not_modified_ratio", text, value=share)


def _of_snapshot(snapshot: Snapshot | None, now: float) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    if snapshot is None:
        return
    yield GaugeMetricFamily("feeds_generation", "The generation that is served.", value=snapshot.generation)
    completed = snapshot.completed_at()
    if completed is not None:
        text = "Since when that is the newest generation."
        yield GaugeMetricFamily("feeds_generation_timestamp_seconds", text, value=completed)
        text = "For how long that has been the newest generation."
        yield GaugeMetricFamily("feeds_generation_age_seconds", text, value=max(0.0, now - completed))


def _of_build(status: BuildStatus | None) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    if status is None:
        return
    text = "How many errors and warnings there are in the article files."
    yield GaugeMetricFamily("feeds_problems", text, value=status.problems)
    text = "How many article files are lost to a problem."
    yield GaugeMetricFamily("feeds_articles_lost", text, value=status.lost)
