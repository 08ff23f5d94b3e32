"""The cost of a command: wall time, CPU time and memory, including its descendants.

Memory is sampled, and sampling takes CPU time and slows the command down. So a run measures either times or memory,
unless a second run would take too long: then memory is sampled more and more rarely, in the end once a second.
Linux only: the module reads ``/proc`` and adopts processes whose parent ended before them.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MIN_PAUSE = 0.02
"""Least number of seconds between two samples, in a run that measures memory alone."""

LONG_PAUSE = 1.0
"""Largest number of seconds between two samples, in a run that also measures times."""

PAUSE_SHARE = 0.05
"""Pause between two samples in such a run, as a share of the time that the command has run."""

PAUSE_FACTOR = 4
"""Pause between two samples, in durations of a sample. With 4, the sampler uses at most a fifth of a core."""

ORPHAN_TIMEOUT = 60.0
"""Seconds that descendants may outlive the command."""

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class CommandError(Exception):
    """The command failed, or its descendants did not end."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of a run: wall time until the command ended, CPU time (user and system) of all its processes."""

    wall: float
    cpu: float


def times(command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> Times:
    """Run a command and return its times.

    Args:
        command: program and arguments.
        folder: its working directory.
        environ: environment variables, in addition to those of this process.

    Raises:
        CommandError: the command failed, or its descendants did not end within a minute after it.
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
    """Run a command and return the peak of the memory that it and its descendants use together, in bytes.

    Arguments and errors are those of :func:`times`. Memory that processes share is counted once (PSS).
    """
    return times_and_memory(command, folder, environ, MIN_PAUSE)[1]


def times_and_memory(
    command: Sequence[str | Path], folder: Path, environ: Mapping[str, str], longest_pause: float = LONG_PAUSE
) -> tuple[Times, int]:
    """Run a command once; return its times, and the peak of the memory as :func:`peak_memory` does.

    Pauses between samples grow with the time that the command has run, up to `longest_pause` seconds. Other arguments
    and errors are those of :func:`times`.
    """
    ended = threading.Event()
    with ThreadPoolExecutor(1) as sampler:
        peak = sampler.submit(_sample, ended, longest_pause)
        try:
            measured = times(command, folder, environ)
        finally:
            ended.set()
        return measured, peak.result()


def _sample(ended: threading.Event, longest_pause: float) -> int:
    """Sample the memory of all descendants of this process until `ended` is set, and return the largest sum."""
    peak = 0
    begin = time.perf_counter()
    while not ended.is_set():
        start = time.perf_counter()
        peak = max(peak, sum(map(memory_of, descendants(os.getpid()))))
        pause = min(longest_pause, PAUSE_SHARE * (start - begin))
        ended.wait(max(MIN_PAUSE, pause, PAUSE_FACTOR * (time.perf_counter() - start)))
    return peak


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends, so that it can wait for it (prctl(2)).

    Raises:
        OSError: the system does not support this.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "descendants can't be adopted on this system")


def descendants(ancestor: int) -> list[int]:
    """Return the ids of all descendants of a process."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            children.setdefault(_parent(entry), []).append(int(entry.name))
    processes = list(children.get(ancestor, ()))
    for process in processes:  # the list grows during the loop, so that the loop reaches all generations
        processes += children.get(process, ())
    return processes


def memory_of(process: int) -> int:
    """Return the memory of a process in bytes: the proportional set size (PSS), or the resident set size if unknown.

    The result is 0 for a process that has ended.
    """
    try:
        for line in (PROC / str(process) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, PermissionError):  # an old kernel, a process of another user, or one that ended
        pass
    except ProcessLookupError:
        return 0
    try:
        pages = (PROC / str(process) / "statm").read_bytes().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class _Running:
    """A running command. It sums up the CPU time of the command and of all its descendants as they end."""

    def __init__(self, command: Sequence[str | Path], folder: Path, environ: Mapping[str, str]) -> None:
        self.cpu = 0.0
        self._arguments = [str(argument) for argument in command]
        self._output = (folder / "printed.txt").open("w+b")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - commands of this package
                self._arguments, cwd=folder, env={**os.environ, **environ}, stdout=self._output, stderr=self._output
            )
        except OSError as problem:
            self._output.close()
            raise CommandError(f"{self._arguments[0]} can't be run: {problem.strerror}") from problem

    def __enter__(self) -> _Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._output.close()

    def reap(self) -> bool:
        """Wait until the command or one of its descendants ends.

        Returns:
            True if the command itself has ended.

        Raises:
            CommandError: the command failed.
        """
        process, status, usage = os.wait4(-1, 0)
        self.cpu += usage.ru_utime + usage.ru_stime
        if process != self._process.pid:
            return False
        self._process.returncode = os.waitstatus_to_exitcode(status)  # otherwise subprocess would wait for it again
        if self._process.returncode != 0:
            self._output.seek(0)
            output = self._output.read().decode("utf-8", "replace").strip()
            raise CommandError(f"{' '.join(self._arguments)}: exit code {self._process.returncode}\n{output[-2000:]}")
        return True

    def reap_orphans(self) -> None:
        """Wait for the descendants that outlive the command.

        Raises:
            CommandError: a descendant does not end in time.
        """
        deadline = time.monotonic() + ORPHAN_TIMEOUT
        while time.monotonic() < deadline:
            try:
                process, _, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            self.cpu += usage.ru_utime + usage.ru_stime
            if process == 0:
                time.sleep(0.01)
        raise CommandError(f"{' '.join(self._arguments)} left processes running: {descendants(os.getpid())}")


def _parent(process: Path) -> int:
    try:
        after_name = (process / "stat").read_bytes().rpartition(b")")[2]
    except OSError:  # the process has ended
        return 0
    return int(after_name.split()[1])
