"""``/metrics``: figures for those who run the server, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from feeds.outcome import Outcome
from feeds.snapshot import Snapshot
from feeds.web.counting import FORMATS

if TYPE_CHECKING:
    from prometheus_client import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The format that every Prometheus reads, and whatever reads what Prometheus does."""


def exposition(
    counts: Mapping[tuple[int, str], int], snapshot: Snapshot | None, outcome: Outcome | None, now: float
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
        f"Answers of all workers, by status and by what was asked for ({', '.join(FORMATS)}).",
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
    made = snapshot.made()
    if made is not None:
        text = "Since when that is the newest generation."
        yield GaugeMetricFamily("feeds_generation_timestamp_seconds", text, value=made)
        text = "For how long that has been the newest generation."
        yield GaugeMetricFamily("feeds_generation_age_seconds", text, value=max(0.0, now - made))


def _of_build(outcome: Outcome | None) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    if outcome is None:
        return
    text = "How many problems there are in the article files, as feeds check prints them."
    yield GaugeMetricFamily("feeds_problems", text, value=outcome.problems)
    text = "How many article files are lost to a problem."
    yield GaugeMetricFamily("feeds_articles_lost", text, value=outcome.lost)
