"""The statistics of an access log, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ClientGroup:
    """All clients of one name: a program, or a service that many people use.

    Attributes:
        name: the name in the User-Agent, without a version.
        clients: the number of clients: an address with a User-Agent is one, and a service that announces subscribers
            is one.
        requests: the number of requests for feed documents.
        full: the number of answers with the whole document (200).
        not_modified: the number of answers that nothing is new (304).
        interval: the median of seconds between two requests of one client for one document, rounded to two digits;
            None where no client has asked twice.
        unconditional: the number of clients that poll a document without validators: they were sent again what they
            had, and never got a 304 for it.
        repeats: the number of whole documents that were sent to a client which had been sent as many bytes before.
        repeated_bytes: the bytes of these repeats: what conditional requests would have saved.
    """

    name: str
    clients: int
    requests: int
    full: int
    not_modified: int
    interval: int | None
    unconditional: int
    repeats: int
    repeated_bytes: int


@dataclass(frozen=True, slots=True)
class PolledDocument:
    """The requests for one feed document.

    Attributes:
        address: its path.
        requests: the number of requests that were answered with the whole document or with a 304.
        not_modified: the number of 304 among these.
        sent_bytes: the bytes of the whole documents that were sent.
        subscribers: the number of subscribers that services announce; the last announcement of a service counts.
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
        name: the name in the User-Agent.
        subscribers: the sum over documents of what it announced last; a person with two feeds counts twice.
        documents: the number of documents for which it announced subscribers.
    """

    name: str
    subscribers: int
    documents: int


@dataclass(frozen=True, slots=True)
class PollReport:
    """The statistics of one or several access logs.

    Attributes:
        since: the time of the first request, or None where there is none.
        until: the time of the last request, or None where there is none.
        lines: the number of lines that were read.
        unreadable: the number of lines in no known format.
        requests: the number of requests for feed documents.
        forgotten: the number of clients that were forgotten because there were too many at once; one that came back
            later counts as another client.
        clients: the groups of clients, the one with the most requests first.
        documents: the documents, the one with the most requests first.
        services: the services, the one with the most subscribers first.
    """

    since: datetime | None
    until: datetime | None
    lines: int
    unreadable: int
    requests: int
    forgotten: int
    clients: tuple[ClientGroup, ...]
    documents: tuple[PolledDocument, ...]
    services: tuple[PollingService, ...]

    @property
    def repeated_bytes(self) -> int:
        """The bytes that conditional requests would have saved."""
        return sum(group.repeated_bytes for group in self.clients)
