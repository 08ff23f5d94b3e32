"""What those who run the server ask it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from feeds import publish, snapshot
from feeds.config import Site
from feeds.web import create_app, shelf
from tests.builders import NOW, article, make_site, write_corpus


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(shelf, "LOOK_EVERY", 0)
    site = make_site(write_corpus(tmp_path / "c", {"a.md": article(topics=["AI"])}), tmp_path)
    publish.build(site, NOW)
    return site


def manifest(site: Site) -> Path:
    return site.state_path / "manifests" / f"{snapshot.current_name(site.state_path)}.json"


def health(client: FlaskClient) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz")
    return answer.status_code, dict(answer.get_json())


def test_health_tells_the_generation_that_is_served_and_its_age(site: Site) -> None:
    client = create_app(site).test_client()
    os.utime(manifest(site), (0, time.time() - 3600))
    status, said = health(client)
    assert (status, said["status"], said["generation"]) == (200, "ok", 1)
    assert 3600 <= said["age"] < 3700
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"
    write_corpus(site.corpus_path, {"b.md": article("New", url="https://b.example/")})
    publish.build(site, NOW)
    _, said = health(client)
    assert said["generation"] == 2
    assert said["age"] < 3600


def test_a_clock_that_was_set_back_makes_no_age_below_zero(site: Site) -> None:
    os.utime(manifest(site), (0, time.time() + 3600))
    assert health(create_app(site).test_client())[1]["age"] == 0


def test_a_manifest_that_is_gone_leaves_the_worker_alive_without_an_age(site: Site) -> None:
    client = create_app(site).test_client()
    manifest(site).unlink()
    assert health(client) == (200, {"status": "ok", "generation": 1, "age": None})


def test_a_worker_without_a_snapshot_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(site).test_client()
    monkeypatch.setattr(shelf.Shelf, "current", lambda _: None)
    assert health(client) == (503, {"status": "empty", "generation": None, "age": None})
