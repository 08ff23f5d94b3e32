"""Who polls the feeds, told from a server's access log: which clients, how often, and what that costs for nothing.

It knows nothing of how we build or serve: any server's log in the common or the combined format will do. What it
returns names programs and services, never a client's address.
"""

from __future__ import annotations

from collections.abc import Iterable

from feeds.audit.pollers.log import read_requests
from feeds.audit.pollers.report import PollReport
from feeds.audit.pollers.tally import Tally


def survey(paths: Iterable[str]) -> PollReport:
    """Read access logs and tell who polls the feeds.

    Args:
        paths: the files, oldest first; compressed with gzip or not. ``-`` is standard input.

    Raises:
        LogError: a file can't be read, or nothing in it is of a format that is known.
    """
    tally = Tally()
    for path in paths:
        for request in read_requests(path):
            tally.add(request)
    return tally.report()
