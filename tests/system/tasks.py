"""Tasks for worker processes: functions of a module that is cheap to import, since every worker imports it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from multiprocessing.connection import Connection


def abs_all(numbers: list[int]) -> list[int]:
    return [abs(number) for number in numbers]


def kill_this_process(_: list[int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sum_after_ctrl_c(numbers: list[int]) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return sum(numbers)


def work_forever() -> None:
    while True:
        time.sleep(0.01)


def be_killed_while_returning() -> bytes:
    """Return more than a pipe holds to the parent, which is stopped until this process has been killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -9 {os.getpid()}; kill -CONT {parent.pid}"])
    os.kill(parent.pid or 0, signal.SIGSTOP)
    return b"x" * 3_000_000


def close_slowly(connection: Connection) -> None:
    """Close `connection`; in the thread that watches the workers, return late.

    The main thread goes on meanwhile, and would fail if it closed the connection a second time.
    """
    os.close(connection.fileno())
    if "_monitor" in threading.current_thread().name:
        time.sleep(0.3)
