"""The lock of the state folder: one build at a time, and the mark of a build that was broken off."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from feeds.errors import StateError
from feeds.settings.site import Site
from feeds.settings.state_folder import OWNER_FILE, owner_of, owner_text
from feeds.system.files import remove_leftovers, write_atomically

LOCK_FILE = "lock"
"""The file that a build locks."""

UNFINISHED_FILE = "unfinished"
"""The file that is there during a build, and after a build that was broken off."""


@contextlib.contextmanager
def lock_state(site: Site, waiting: Callable[[], None] = lambda: None, *, name: str = LOCK_FILE) -> Iterator[Path]:
    """Lock the state folder of the site, and yield its path; the folder is made if there is none.

    The lock belongs to the kernel (flock): it ends with the process, even if that is killed.

    Args:
        site: the settings.
        waiting: is called once if another process holds the lock, before this one waits.
        name: the file to lock; another file is another lock.

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
        if name == LOCK_FILE:
            with _writing(folder):
                # Under the lock: without it, these could be files that another build is writing.
                remove_leftovers(folder)
                _claim(site, folder)
        yield folder
    finally:
        os.close(lock)


@contextlib.contextmanager
def track_completion(folder: Path) -> Iterator[bool]:
    """Yield whether the build before was broken off. If the body raises or is killed, this build counts as such, too.

    Args:
        folder: the state folder, which is locked (:func:`lock_state`).

    Raises:
        StateError: the folder can't be written.
    """
    mark = folder / UNFINISHED_FILE
    with _writing(folder):
        broken_off = mark.exists()
        mark.touch()
    yield broken_off
    with _writing(folder):  # not in a `finally`: the mark stays if the body raises
        mark.unlink(missing_ok=True)


def is_unfinished(folder: Path) -> bool:
    """Tell whether a build is running in a state folder, or the last one was broken off."""
    return (folder / UNFINISHED_FILE).exists()


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn errors of the operating system into an error that says what to do."""
    try:
        yield
    except OSError as error:
        reason = f"the state folder can't be written ({error.strerror}); set FEEDS_STATE to one that can"
        raise StateError(reason, folder) from error


def _claim(site: Site, folder: Path) -> None:
    """Record which corpus the state folder belongs to.

    A corpus that was moved keeps its state folder: nothing is at its old place. So does a project in which feeds.toml
    names another corpus.

    Raises:
        StateError: it belongs to another corpus.
    """
    owner = owner_of(folder)
    is_of_project = folder.name == ".feeds" and site.source is not None
    if owner is not None and owner != site.corpus and not is_of_project and os.path.isdir(owner):
        reason = (
            f"it belongs to another corpus, {owner}: with one state folder, the feeds of both would mix;"
            " set FEEDS_STATE to another folder for each corpus"
        )
        raise StateError(reason, folder)
    text = owner_text(folder, site.corpus)
    with contextlib.suppress(OSError):
        if (folder / OWNER_FILE).read_bytes() == text:
            return
    write_atomically(folder / OWNER_FILE, text, root=folder)
