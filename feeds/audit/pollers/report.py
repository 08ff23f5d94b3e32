"""What is told of those who poll, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PollingClient:
    """All clients of one name: a program, or a service that many people use.

    Attributes:
        name: as its User-Agent calls it, without a version.
        clients: how many there are: by address and User-Agent, and a service that announces subscribers is one.
        requests: how often they asked for a feed.
        full: how often the answer was the whole feed (200).
        not_modified: how often it was that nothing is new (304).
        every: the median of seconds between two requests of one client for one feed, rounded to two digits;
            None where none has asked twice.
        unconditional: how many of the clients poll a feed without validators: they were sent again what
            they had, and never got a 304 for it.
        repeats: how many whole feeds were sent again to a client that had been sent as many bytes before.
        repeated_bytes: how many bytes those were: what conditional requests would have saved.
    """

    name: str
    clients: int
    requests: int
    full: int
    not_modified: int
    every: int | None
    unconditional: int
    repeats: int
    repeated_bytes: int


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """What is asked of one document.

    Attributes:
        address: its path.
        requests: how often it was answered, whole or with a 304.
        not_modified: how often that was a 304.
        sent_bytes: how many bytes whole answers had.
        subscribers: how many subscribers the services announce, each by its latest word.
    """

    address: str
    requests: int
    not_modified: int
    sent_bytes: int
    subscribers: int


@dataclass(frozen=True, slots=True)
class PollingService:
    """A service that announces in its User-Agent for how many subscribers it polls.

    Attributes:
        name: as its User-Agent calls it.
        subscribers: the sum over feeds of what it announced last; who has two feeds counts twice.
        feeds: how many documents it announced subscribers of.
    """

    name: str
    subscribers: int
    feeds: int


@dataclass(frozen=True, slots=True)
class PollReport:
    """Who polls.

    Attributes:
        since: the time of the earliest request, or None where there is none.
        until: the time of the latest.
        lines: how many lines were read.
        unreadable: how many of them are in no format that is known.
        requests: how many of them asked for a feed.
        forgotten: how many clients were forgotten in between, because too many came at once; one that came
            back later counts as another.
        clients: by name, those who ask most first.
        feeds: those that are asked for most first.
        services: those with the most subscribers first.
    """

    since: datetime | None
    until: datetime | None
    lines: int
    unreadable: int
    requests: int
    forgotten: int
    clients: tuple[PollingClient, ...]
    feeds: tuple[PolledFeed, ...]
    services: tuple[PollingService, ...]

    @property
    def repeated_bytes(self) -> int:
        """What conditional requests would have saved, in bytes."""
        return sum(each.repeated_bytes for each in self.clients)
