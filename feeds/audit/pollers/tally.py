"""Requests → who polls, in one pass and in bounded memory, however long the log is.

What is known of each client is kept while it is among those seen last. Of a client no address is kept, only a number
made of it.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from datetime import UTC, datetime
from http import HTTPStatus

from feeds.audit.pollers.agents import UserAgent, parse_user_agent
from feeds.audit.pollers.log import LoggedRequest
from feeds.audit.pollers.report import PolledFeed, PollingClient, PollingService, PollReport

MOST_POLLED = 100_000
"""Of so many pairs of a client and a document the last request is remembered: some 50 MB."""

MOST_NAMED = 50_000
"""So many names, and so many documents, are told apart; what comes after them is :data:`OTHERS`."""

OTHERS = "(others)"

_FEED = re.compile(rb'(?:https?://[^/?]*)?([!-"$->@-~]{0,2000}/feed\.(?:atom|rss|json))(?:[?#].*)?', re.DOTALL)


class _Name:
    """What all clients of one name did."""

    def __init__(self) -> None:
        self.clients = self.requests = self.full = self.not_modified = 0
        self.unconditional = self.repeats = self.repeated_bytes = 0
        self.gaps: Counter[int] = Counter()


class _Document:
    """What was asked of one document."""

    __slots__ = ("not_modified", "requests", "sent_bytes")

    def __init__(self) -> None:
        self.requests = self.not_modified = self.sent_bytes = 0


class _Polled:
    """What one client did with one document."""

    __slots__ = ("not_modified", "repeated", "size", "time")

    def __init__(self) -> None:
        self.time: int | None = None
        self.size: int | None = None
        self.repeated = self.not_modified = False


class _Seen:
    """One client, and the documents that it polls."""

    __slots__ = ("name", "polled")

    def __init__(self, name: _Name) -> None:
        self.name = name
        self.polled: dict[str, _Polled] = {}

    @property
    def unconditional(self) -> bool:
        return any(each.repeated and not each.not_modified for each in self.polled.values())


class Tally:
    """Adds up requests."""

    def __init__(self) -> None:
        self._lines = self._unreadable = self._requests = self._forgotten = 0
        self._since: int | None = None
        self._until: int | None = None
        self._names: dict[str, _Name] = {}
        self._documents: dict[str, _Document] = {}
        self._announced: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._seen: OrderedDict[int, _Seen] = OrderedDict()
        self._pairs = 0

    def add(self, request: LoggedRequest | None) -> None:
        """Add a line of a log; None is one that can't be read."""
        self._lines += 1
        if request is None:
            self._unreadable += 1
            return
        found = _FEED.fullmatch(request.target)
        if found is None or request.method != b"GET":
            return
        self._requests += 1
        self._since = min(request.time, self._since if self._since is not None else request.time)
        self._until = max(request.time, self._until if self._until is not None else request.time)
        agent = parse_user_agent(request.agent)
        seen = self._client(request, agent)
        seen.name.requests += 1
        if request.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            self._polled(request, seen, self._announces(request, agent, found[1].decode("ascii")))
        while self._pairs > MOST_POLLED:
            self._forget()

    def report(self) -> PollReport:
        """Return what has been added up."""
        unconditional = Counter(id(seen.name) for seen in self._seen.values() if seen.unconditional)
        clients = [
            PollingClient(
                name,
                each.clients,
                each.requests,
                each.full,
                each.not_modified,
                _median(each.gaps),
                each.unconditional + unconditional[id(each)],
                each.repeats,
                each.repeated_bytes,
            )
            for name, each in self._names.items()
        ]
        by_service: Counter[str] = Counter()
        by_feed: Counter[str] = Counter()
        for (name, address, _), (_, count) in self._announced.items():
            by_service[name] += count
            by_feed[address] += count
        pairs = Counter(name for name, _ in {(name, address) for name, address, _ in self._announced})
        feeds = [
            PolledFeed(address, each.requests, each.not_modified, each.sent_bytes, by_feed[address])
            for address, each in self._documents.items()
        ]
        services = [PollingService(name, count, pairs[name]) for name, count in by_service.items()]
        return PollReport(
            since=_moment(self._since),
            until=_moment(self._until),
            lines=self._lines,
            unreadable=self._unreadable,
            requests=self._requests,
            forgotten=self._forgotten,
            clients=tuple(sorted(clients, key=lambda each: (-each.requests, each.name))),
            feeds=tuple(sorted(feeds, key=lambda each: (-each.requests, each.address))),
            services=tuple(sorted(services, key=lambda each: (-each.subscribers, each.name))),
        )

    def _client(self, request: LoggedRequest, agent: UserAgent) -> _Seen:
        """Return who asks: an address and a User-Agent; a service that announces subscribers has many addresses."""
        name = agent.name if agent.name in self._names or len(self._names) < MOST_NAMED else OTHERS
        key = hash(name if agent.subscribers is not None else (request.client, request.agent))
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(self._names.setdefault(name, _Name()))
            seen.name.clients += 1
            self._pairs += 1  # a client that gets nothing but errors takes room as well
        else:
            self._seen.move_to_end(key)
        return seen

    def _announces(self, request: LoggedRequest, agent: UserAgent, address: str) -> str:
        """Note the subscribers that a service announces of a document, and return the document's address."""
        if address not in self._documents and len(self._documents) >= MOST_NAMED:
            return OTHERS
        if agent.subscribers is not None:
            key = (agent.name, address, agent.feed_id)
            time, _ = self._announced.get(key, (request.time, 0))
            if request.time >= time and (key in self._announced or len(self._announced) < MOST_NAMED):
                self._announced[key] = (request.time, agent.subscribers)
        return address

    def _polled(self, request: LoggedRequest, seen: _Seen, address: str) -> None:
        """Count an answer with a feed, or with the news that there is none."""
        document = self._documents.setdefault(address, _Document())
        document.requests += 1
        polled = seen.polled.get(address)
        if polled is None:
            polled = seen.polled[address] = _Polled()
            self._pairs += 1
        if polled.time is not None and request.time >= polled.time:  # else the files are not in their order
            seen.name.gaps[_two_digits(request.time - polled.time)] += 1
        polled.time = request.time
        if request.status == HTTPStatus.NOT_MODIFIED:
            document.not_modified += 1
            seen.name.not_modified += 1
            polled.not_modified = True
            return
        seen.name.full += 1
        document.sent_bytes += request.size or 0
        if request.size and request.size == polled.size:
            seen.name.repeats += 1
            seen.name.repeated_bytes += request.size
            polled.repeated = True
        polled.size = request.size

    def _forget(self) -> None:
        """Forget the client that was seen the longest time ago."""
        _, seen = self._seen.popitem(last=False)
        seen.name.unconditional += seen.unconditional
        self._pairs -= 1 + len(seen.polled)
        self._forgotten += 1


def _two_digits(number: int) -> int:
    """Return `number` rounded to two digits: so there are a few hundred that can be told apart, however many come."""
    return round(number, 2 - len(str(number)))


def _median(counts: Counter[int]) -> int | None:
    """Return the lower median of numbers, each of which is there so many times."""
    left = (counts.total() + 1) // 2
    for number in sorted(counts):
        left -= counts[number]
        if left <= 0:
            return number
    return None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
