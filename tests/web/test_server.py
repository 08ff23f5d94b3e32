"""The server that `feeds serve` starts: signals that arrive while it starts or stops."""

from __future__ import annotations

import pytest

from feeds.web import server
from tests.servers import free_port


def test_a_second_signal_finds_the_first_at_work_and_leaves_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two signals at one moment: the second's handler runs in the middle of the first's, which holds a lock."""
    stopping = server._server(server.ListenAddress("127.0.0.1", free_port(), 1))
    entered: list[bool] = []

    class Lock:
        def set(self) -> None:
            assert not entered, "this would wait for itself for ever"
            entered.append(True)
            stopping.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    monkeypatch.setattr(stopping, "main_loop_interrupt", Lock())
    stopping.signal_handler_interrupt()  # type: ignore[no-untyped-call]
    assert entered == [True]


def test_a_worker_that_misses_the_signal_to_stop_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is just starting can; the server would otherwise go on for five seconds, and then cut off answers."""
    stopping = server._server(server.ListenAddress("127.0.0.1", free_port(), 1))
    monkeypatch.setattr(server, "REPEAT_SECONDS", 0)

    class Worker:
        idx = told = 0

        def is_alive(self) -> bool:
            return self.told < 2

        def terminate(self) -> None:
            self.told += 1

        def join(self, _: float) -> None:
            pass

    worker = Worker()
    monkeypatch.setattr(stopping, "wrks", [worker])
    monkeypatch.setattr("granian.server.common.AbstractServer._stop_workers", lambda _: None)
    stopping._stop_workers()  # type: ignore[no-untyped-call]
    assert worker.told == 2
