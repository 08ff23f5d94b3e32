"""The snapshot that a worker serves, and how it notices the next one."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from feeds.store import snapshots
from feeds.store.snapshots import Snapshot

CHECK_SECONDS = 0.1
"""Seconds between two looks for a new generation: what a request costs must not include a file read."""


class CurrentSnapshot:
    """Holds the current snapshot of a state folder.

    Attributes:
        snapshot: the newest generation seen, or None where there has never been one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self.snapshot = snapshots.load_current(folder)

    def current(self) -> Snapshot | None:
        """Return the current generation, at most :data:`CHECK_SECONDS` seconds old. Never an older one than before."""
        if time.monotonic() - self._looked > CHECK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self.snapshot

    def look_again(self) -> Snapshot | None:
        """Return the current generation after a look at the disk: the one in hand has lost its objects."""
        with self._lock:
            self._look()
        return self.snapshot

    def _look(self) -> None:
        self._looked = time.monotonic()
        name = snapshots.current_name(self._folder)
        if name is None or (self.snapshot is not None and name == self.snapshot.name):
            return
        newer = snapshots.load_current(self._folder)
        if newer is not None:
            self.snapshot = newer
