"""What a command costs: time, processor time and memory, its descendants included.

Memory is sampled, and sampling disturbs; so a run is measured for its times or for its memory, never for both.
Linux only: it reads ``/proc`` and adopts processes whose parent ended before them.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LEAST_PAUSE = 0.02
"""How long the sampler waits at least between two samples, in seconds."""

SHARE = 4
"""The sampler also waits so many times as long as its last sample took: it takes a fifth of one core at most."""

LINGER = 60.0
"""How long descendants may outlive the command, in seconds."""

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class CommandError(Exception):
    """The command failed, or left processes behind."""


@dataclass(frozen=True, slots=True)
class Times:
    """What a run took, in seconds: by the clock until the command ended, and of processors by all of its processes."""

    wall: float
    cpu: float


def times(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> Times:
    """Run a command undisturbed, and return what it took.

    Args:
        command: program and arguments.
        folder: where it runs.
        environ: what is set in its environment, besides what is set in ours.

    Raises:
        CommandError: it failed, or its descendants outlived it by a minute.
    """
    adopt_orphans()
    start = time.perf_counter()
    with _Running(command, folder, environ) as running:
        while not running.reap():
            pass
        wall = time.perf_counter() - start
        running.reap_orphans()
    return Times(wall, running.cpu)


def peak_memory(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> int:
    """Run a command, and return the most memory that it and its descendants held at one time, in bytes.

    Arguments and errors are those of :func:`times`. What processes share is counted once (PSS).
    """
    adopt_orphans()
    peak = 0
    with _Running(command, folder, environ) as running:
        while not running.reap(wait=False):
            start = time.perf_counter()
            peak = max(peak, sum(map(memory_of, descendants(os.getpid()))))
            time.sleep(max(LEAST_PAUSE, SHARE * (time.perf_counter() - start)))
        running.reap_orphans()
    return peak


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends: so it can wait for them, and count them.

    Raises:
        OSError: the system can't do that.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "descendants can't be adopted on this system")


def descendants(ancestor: int) -> list[int]:
    """Return the ids of all processes below this one."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            children.setdefault(_parent(entry), []).append(int(entry.name))
    found = list(children.get(ancestor, ()))
    for each in found:  # it grows meanwhile: their children are looked at in turn
        found += children.get(each, ())
    return found


def memory_of(process: int) -> int:
    """Return the memory of a process in bytes: its share of what it shares (PSS), or else all of it (RSS).

    A process that has ended has none.
    """
    try:
        for line in (PROC / str(process) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, PermissionError):  # an old kernel, another user's, or gone
        pass
    except ProcessLookupError:
        return 0
    try:
        pages = (PROC / str(process) / "statm").read_bytes().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class _Running:
    """A command that runs, until it and all of its descendants have ended and been counted."""

    def __init__(self, command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> None:
        self.cpu = 0.0
        self._words = [str(each) for each in command]
        self._printed = (folder / "printed.txt").open("w+b")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the commands are ours
                self._words, cwd=folder, env={**os.environ, **environ}, stdout=self._printed, stderr=self._printed
            )
        except OSError as problem:
            self._printed.close()
            raise CommandError(f"{self._words[0]} can't be run: {problem.strerror}") from problem

    def __enter__(self) -> _Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._printed.close()

    def reap(self, *, wait: bool = True) -> bool:
        """Wait for whichever process ends next, or with ``wait=False`` look whether any has.

        Returns:
            Whether the command itself has ended.

        Raises:
            CommandError: it failed.
        """
        process, status, usage = os.wait4(-1, 0 if wait else os.WNOHANG)
        if process == 0:
            return False
        self.cpu += usage.ru_utime + usage.ru_stime
        if process != self._process.pid:
            return False
        self._process.returncode = os.waitstatus_to_exitcode(status)  # subprocess needn't wait for it any more
        if self._process.returncode != 0:
            self._printed.seek(0)
            said = self._printed.read().decode("utf-8", "replace").strip()
            raise CommandError(f"{' '.join(self._words)}: exit code {self._process.returncode}\n{said[-2000:]}")
        return True

    def reap_orphans(self) -> None:
        """Wait for the descendants that the command left behind.

        Raises:
            CommandError: they don't end.
        """
        late = time.monotonic() + LINGER
        while time.monotonic() < late:
            try:
                process, _, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            self.cpu += usage.ru_utime + usage.ru_stime
            if process == 0:
                time.sleep(0.01)
        raise CommandError(f"{' '.join(self._words)} left processes running: {descendants(os.getpid())}")


def _parent(process: Path) -> int:
    try:
        after_name = (process / "stat").read_bytes().rpartition(b")")[2]
    except OSError:  # it has ended
        return 0
    return int(after_name.split()[1])
