"""What those who run the server ask it: whether it is alive, and what it serves."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from feeds.web.shelf import Shelf


def blueprint(shelf: Shelf) -> Blueprint:
    """Return what answers for ``/healthz``: 200 with the generation that is served, or 503 where there is none.

    The answer is JSON: `status`, ``ok`` or ``empty``; `generation`, its number; `age`, for how many seconds it has been
    the newest. A site where nothing is written grows old and is well, so no age is too high.
    """
    found = Blueprint("operations", __name__)

    @found.get("/healthz")
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

    return found
