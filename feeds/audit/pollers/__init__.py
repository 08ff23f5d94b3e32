"""Statistics of an access log: the clients that poll the feeds, how often, and the bytes that are sent in vain.

The package knows nothing of how we build or serve: it reads the log of any server in the common or the combined
format. Its results name programs and services, never the address of a client. Its flow::

    log      a file → requests
    agents   a User-Agent → the name of a program or service
    tally    requests → counts
    report   the counts as frozen values
    table    a report → lines of text
"""

from __future__ import annotations

from collections.abc import Iterable

from feeds.audit.pollers.log import read_requests
from feeds.audit.pollers.report import PollReport
from feeds.audit.pollers.tally import Tally


def survey(paths: Iterable[str]) -> PollReport:
    """Read access logs and return who polls the feeds.

    Args:
        paths: the files, oldest first; compressed with gzip or not. ``-`` is standard input.

    Raises:
        LogError: a file can't be read, or it has no line in a known format.
    """
    tally = Tally()
    for path in paths:
        for request in read_requests(path):
            tally.add(request)
    return tally.report()
