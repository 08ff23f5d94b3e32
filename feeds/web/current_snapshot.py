"""The snapshot that a worker serves, and how the worker notices the next one."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from feeds.store import snapshots
from feeds.store.snapshots import Snapshot

CHECK_SECONDS = 0.1
"""The time between two looks for a new generation: a request must not cost the reading of a file."""


class CurrentSnapshot:
    """The current snapshot of a state folder, for all threads of a worker.

    Attributes:
        snapshot: the newest generation that this worker has seen, or None if there has never been one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._checked_at = time.monotonic()
        self.snapshot = snapshots.load_current(folder)

    def current(self) -> Snapshot | None:
        """Return the current generation, known for at most :data:`CHECK_SECONDS`; never an older one than before."""
        # One thread looks; the others go on with the generation that they have, and do not wait for the disk.
        if time.monotonic() - self._checked_at > CHECK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._check()
            finally:
                self._lock.release()
        return self.snapshot

    def reload(self) -> Snapshot | None:
        """Return the current generation after a look at the disk: the objects of the one in use are gone."""
        with self._lock:
            self._check()
        return self.snapshot

    def _check(self) -> None:
        self._checked_at = time.monotonic()
        name = snapshots.current_name(self._folder)
        if name is None or (self.snapshot is not None and name == self.snapshot.name):
            return
        newer = snapshots.load_current(self._folder)
        if newer is not None:
            self.snapshot = newer
