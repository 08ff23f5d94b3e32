"""Requests → statistics, in one pass and in bounded memory, however long the log is.

A client is remembered as long as it is among the latest ones. Its address is not kept, only a hash of it.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from datetime import UTC, datetime
from http import HTTPStatus

from feeds.audit.pollers.agents import UserAgent, parse_user_agent
from feeds.audit.pollers.log import LoggedRequest
from feeds.audit.pollers.report import ClientGroup, PolledDocument, PollingService, PollReport
from feeds.rules.site_layout import FEED_FORMATS

MAX_PAIRS = 100_000
"""The number of pairs of a client and a document whose last request is remembered: some 50 MB."""

MAX_NAMES = 50_000
"""The number of names, and of documents, that are counted apart; later ones are counted as :data:`OTHERS`."""

OTHERS = "(others)"

_NAMES = b"|".join(re.escape(row.file_name.encode()) for row in FEED_FORMATS)
_FEED = re.compile(rb'(?:https?://[^/?]*)?([!-"$->@-~]{0,2000}/(?:%b))(?:[?#].*)?' % _NAMES, re.DOTALL)


class _GroupCounts:
    """The counts of all clients of one name; `gaps` has how often each number of seconds lay between two requests."""

    def __init__(self) -> None:
        self.clients = self.requests = self.full = self.not_modified = 0
        self.unconditional = self.repeats = self.repeated_bytes = 0
        self.gaps: Counter[int] = Counter()


class _DocumentCounts:
    """The counts of one document."""

    __slots__ = ("not_modified", "requests", "sent_bytes")

    def __init__(self) -> None:
        self.requests = self.not_modified = self.sent_bytes = 0


class _LastPoll:
    """The last request of one client for one document, and whether it ever got a repeat or a 304."""

    __slots__ = ("not_modified", "repeated", "size", "time")

    def __init__(self) -> None:
        self.time: int | None = None
        self.size: int | None = None
        self.repeated = self.not_modified = False


class _Client:
    """One client: its group, and its last poll of every document, by address."""

    __slots__ = ("group", "polls")

    def __init__(self, group: _GroupCounts) -> None:
        self.group = group
        self.polls: dict[str, _LastPoll] = {}

    @property
    def unconditional(self) -> bool:
        """True if the client polls a document without validators: it got a repeat of it, and never a 304."""
        return any(poll.repeated and not poll.not_modified for poll in self.polls.values())


class Tally:
    """The sum of the requests of a log."""

    def __init__(self) -> None:
        self._lines = self._unreadable = self._requests = self._forgotten = 0
        self._since: int | None = None
        self._until: int | None = None
        self._groups: dict[str, _GroupCounts] = {}
        self._documents: dict[str, _DocumentCounts] = {}
        self._announcements: dict[tuple[str, str, str], tuple[int, int]] = {}
        """Service, document and the service's own id of the feed → time and subscribers of the last announcement."""
        self._clients: OrderedDict[int, _Client] = OrderedDict()
        """Hash of a client → the client; the one that asked last stands last."""
        self._pairs = 0
        """The number of clients, plus that of pairs of a client and a document."""

    def add(self, request: LoggedRequest | None) -> None:
        """Add a line of a log; None is a line that can't be read."""
        self._lines += 1
        if request is None:
            self._unreadable += 1
            return
        match = _FEED.fullmatch(request.target)
        if match is None or request.method != b"GET":
            return
        self._requests += 1
        self._since = min(request.time, self._since if self._since is not None else request.time)
        self._until = max(request.time, self._until if self._until is not None else request.time)
        agent = parse_user_agent(request.agent)
        client = self._client_of(request, agent)
        client.group.requests += 1
        if request.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            address = self._counted_address(match[1].decode("ascii"))
            if address != OTHERS:
                self._add_announcement(request, agent, address)
            self._add_poll(request, client, address)
        while self._pairs > MAX_PAIRS:
            self._forget_oldest_client()

    def report(self) -> PollReport:
        """Return the statistics of all lines so far."""
        remembered = Counter(id(client.group) for client in self._clients.values() if client.unconditional)
        groups = [
            ClientGroup(
                name,
                group.clients,
                group.requests,
                group.full,
                group.not_modified,
                _median(group.gaps),
                group.unconditional + remembered[id(group)],
                group.repeats,
                group.repeated_bytes,
            )
            for name, group in self._groups.items()
        ]
        by_service: Counter[str] = Counter()
        by_document: Counter[str] = Counter()
        for (name, address, _), (_, subscribers) in self._announcements.items():
            by_service[name] += subscribers
            by_document[address] += subscribers
        # A service may announce one document under several ids of its own.
        documents_of = Counter(name for name, _ in {(name, address) for name, address, _ in self._announcements})
        documents = [
            PolledDocument(address, counts.requests, counts.not_modified, counts.sent_bytes, by_document[address])
            for address, counts in self._documents.items()
        ]
        services = [PollingService(name, count, documents_of[name]) for name, count in by_service.items()]
        return PollReport(
            since=_moment(self._since),
            until=_moment(self._until),
            lines=self._lines,
            unreadable=self._unreadable,
            requests=self._requests,
            forgotten=self._forgotten,
            clients=tuple(sorted(groups, key=lambda group: (-group.requests, group.name))),
            documents=tuple(sorted(documents, key=lambda document: (-document.requests, document.address))),
            services=tuple(sorted(services, key=lambda service: (-service.subscribers, service.name))),
        )

    def _client_of(self, request: LoggedRequest, agent: UserAgent) -> _Client:
        """Return the client of a request, which counts as the latest one from now on.

        A client is an address with a User-Agent. A service that announces subscribers is one client: it asks from many
        addresses, and its User-Agent changes with the number of subscribers.
        """
        name = agent.name if agent.name in self._groups or len(self._groups) < MAX_NAMES else OTHERS
        key = hash(name if agent.subscribers is not None else (request.client, request.agent))
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = _Client(self._groups.setdefault(name, _GroupCounts()))
            client.group.clients += 1
            self._pairs += 1  # a client that gets nothing but errors takes memory as well
        else:
            self._clients.move_to_end(key)
        return client

    def _counted_address(self, address: str) -> str:
        """Return the address under which a document is counted: a client can invent any number of addresses."""
        return address if address in self._documents or len(self._documents) < MAX_NAMES else OTHERS

    def _add_announcement(self, request: LoggedRequest, agent: UserAgent, address: str) -> None:
        """Note the subscribers that a service announces for a document, unless it has announced others later."""
        if agent.subscribers is None:
            return
        key = (agent.name, address, agent.feed_id)
        time, _ = self._announcements.get(key, (request.time, 0))
        if request.time >= time and (key in self._announcements or len(self._announcements) < MAX_NAMES):
            self._announcements[key] = (request.time, agent.subscribers)

    def _add_poll(self, request: LoggedRequest, client: _Client, address: str) -> None:
        """Count an answer with the whole document (200), or that nothing is new (304)."""
        document = self._documents.setdefault(address, _DocumentCounts())
        document.requests += 1
        poll = client.polls.get(address)
        if poll is None:
            poll = client.polls[address] = _LastPoll()
            self._pairs += 1
        if poll.time is not None and request.time >= poll.time:  # it is not, where the logs come in the wrong order
            client.group.gaps[_two_digits(request.time - poll.time)] += 1
        poll.time = request.time
        if request.status == HTTPStatus.NOT_MODIFIED:
            document.not_modified += 1
            client.group.not_modified += 1
            poll.not_modified = True
            return
        client.group.full += 1
        document.sent_bytes += request.size or 0
        # The log has no content: an answer of the same length is taken for the same document.
        if request.size and request.size == poll.size:
            client.group.repeats += 1
            client.group.repeated_bytes += request.size
            poll.repeated = True
        poll.size = request.size

    def _forget_oldest_client(self) -> None:
        """Forget the client whose last request is the oldest; its group keeps what it has counted."""
        _, client = self._clients.popitem(last=False)
        client.group.unconditional += client.unconditional
        self._pairs -= 1 + len(client.polls)
        self._forgotten += 1


def _two_digits(number: int) -> int:
    """Return `number` rounded to two digits, so that there are only a few hundred different ones to count."""
    return round(number, 2 - len(str(number)))


def _median(counts: Counter[int]) -> int | None:
    """Return the lower median of numbers, or None where there are none.

    Args:
        counts: number → how often it occurs.
    """
    left = (counts.total() + 1) // 2
    for number in sorted(counts):
        left -= counts[number]
        if left <= 0:
            return number
    return None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
