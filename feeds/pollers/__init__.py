"""Who polls the feeds, told from a server's access log: which clients, how often, and what that costs for nothing.

It knows nothing of how we build or serve: any server's log in the common or the combined format will do. What it
returns names programs and services, never a client's address.
"""

from __future__ import annotations

from collections.abc import Iterable

from feeds.pollers.log import requests
from feeds.pollers.report import Client, Feed, Report, Service
from feeds.pollers.tally import Tally

__all__ = ["Client", "Feed", "Report", "Service", "survey"]


def survey(paths: Iterable[str]) -> Report:
    """Read access logs and tell who polls the feeds.

    Args:
        paths: the files, oldest first; compressed with gzip or not. ``-`` is standard input.

    Raises:
        LogError: a file can't be read, or nothing in it is of a format that is known.
    """
    tally = Tally()
    for path in paths:
        for request in requests(path):
            tally.add(request)
    return tally.report()
