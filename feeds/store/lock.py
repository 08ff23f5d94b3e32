"""The state folder as a whole: made where it is needed, and used by one build at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from feeds.errors import StateError
from feeds.settings.site import Site
from feeds.settings.state_folder import OWNER_FILE, owner_of
from feeds.system.files import remove_leftovers, write_atomically

UNFINISHED_FILE = "unfinished"
"""A file that is there while work goes on, and afterwards if it was broken off."""


@contextlib.contextmanager
def lock_state(site: Site, waiting: Callable[[], None] = lambda: None, *, name: str = "lock") -> Iterator[Path]:
    """Hold the site's state folder for one build, and make it where there is none.

    The lock is the kernel's (flock): it goes with the process that holds it, however that ends.

    Args:
        site: the settings.
        waiting: is called once if another build holds it, before this one waits.
        name: of the file that is locked: another name is another lock.

    Raises:
        StateError: the folder can't be written.
    """
    folder = site.state_path
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        if name == "lock":
            with _writing(folder):
                remove_leftovers(folder)
                _claim(site, folder)
        yield folder
    finally:
        os.close(lock)


@contextlib.contextmanager
def track_completion(folder: Path) -> Iterator[bool]:
    """Tell whether the work before was broken off, and leave a mark that this one was, unless it comes to its end.

    Args:
        folder: the state folder, which is held (:func:`lock_state`).

    Raises:
        StateError: the folder can't be written.
    """
    mark = folder / UNFINISHED_FILE
    with _writing(folder):
        broken_off = mark.exists()
        mark.touch()
    yield broken_off
    with _writing(folder):
        mark.unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in words that the state folder can't be written."""
    try:
        yield
    except OSError as error:
        reason = f"the state folder can't be written ({error.strerror}); set FEEDS_STATE to one that can"
        raise StateError(reason, folder) from error


def _claim(site: Site, folder: Path) -> None:
    """Write down which corpus a state folder belongs to; refuse one that another build has claimed meanwhile."""
    owner = owner_of(folder)
    if folder.name != ".feeds" or owner == site.corpus:
        return
    if owner is not None and site.source is None:
        raise StateError("another corpus was built here just now; run the command again", folder)
    write_atomically(
        folder / OWNER_FILE, os.fsencode(os.path.relpath(site.corpus_path, folder.parent)) + b"\n", root=folder
    )
