"""The watch of ``feeds serve``: builds what has changed, as soon as it has.

What an edit costs is to depend on the edit alone, so a build is told which paths may have changed since the one
before. Whoever tells that must miss nothing. Where it is not certain, everything is looked at: when a watch begins,
when it breaks off, when so much has changed that the system may have lost count, after a build that failed, after
other settings; and every :data:`FULL_SCAN_INTERVAL`, for what no watch sees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from feeds.errors import FeedsError
from feeds.pipeline.publish import Report
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.settings.site import Site

RETRY_AFTER = timedelta(seconds=20)
"""After what time a build that failed, or a watch that can't begin, is tried again though nothing has changed."""

FULL_SCAN_INTERVAL = timedelta(minutes=5)
"""How often everything is looked at: a network drive tells no changes, and the system's queue of them can overflow."""

SECOND_SCAN_DELAY = timedelta(seconds=0.3)
"""How long after a build what it has looked at is looked at once more: what had just changed has settled by then
(:data:`feeds.corpus.scan.SETTLED_NS`), and a folder that had just come is watched."""

POLL_MS = 200
"""How often it is asked whether something is due, in milliseconds."""

QUIET_MS = 20
"""For how long nothing more must change before changes are built, in milliseconds: one save of an editor is several."""

MAX_WAIT_MS = 400
"""After what time changes are built though more of them keep coming, in milliseconds."""

MAX_CHANGES = 5_000
"""From how many changes at once on everything is looked at: the system's queue may have overflowed (16,384 places, of
which one change takes several)."""

ChangedPaths = frozenset[str] | None
"""Which paths may have changed, relative to the corpus, each with all that is below it; None: any."""


class Rebuild(NamedTuple):
    """How the site is built again.

    Attributes:
        load: reads the settings, which may have changed as well.
        build: publishes a site; nothing but these paths has to be looked at.
    """

    load: Callable[[], Site]
    build: Callable[[Site, ChangedPaths], Report]


def watch_corpus(site: Site, how: Rebuild, first: Report, say: Callable[[str], None]) -> None:
    """Build again, for ever, whenever there is something to build.

    Args:
        site: the settings.
        how: reads settings and builds.
        first: what the build before said.
        say: is told what happens, a line at a time.
    """
    agenda = Schedule(first.due, datetime.now(UTC))
    built, problems = site, frozenset(first.problems)
    for changed in _changes(site, say):
        agenda.add(changed)
        look = agenda.next(datetime.now(UTC))
        if look is None:
            continue
        started = time.perf_counter()
        try:
            settings = how.load()
            report = how.build(settings, look.only if settings == built else None)
        except Exception as error:  # whatever a build meets, the server must outlive it
            reason = str(error) if isinstance(error, FeedsError) else f"{type(error).__name__}: {error}"
            say(f"not built, still serving the last good state: {reason}")
            agenda.failed(datetime.now(UTC))
            continue
        for problem in [each for each in report.problems if each not in problems]:
            say(str(problem))
        if report.changed:
            took = time.perf_counter() - started
            say(f"{report.changed} documents changed, generation {report.generation}, {took:.2f} s")
        agenda.done(look, report.due, datetime.now(UTC))
        built, problems = settings, frozenset(report.problems)


class ScanRequest(NamedTuple):
    """That a build has to look at these paths, for the second time or not."""

    only: ChangedPaths
    again: bool = False


class Schedule:
    """What the next build has to look at, and when it is time for it.

    Args:
        due: when something is due that waits for its date, or None.
        now: the time.
    """

    def __init__(self, due: datetime | None, now: datetime) -> None:
        self._changed: ChangedPaths = frozenset()
        self._again: frozenset[str] | None = None
        self._again_at = now
        self._due = due
        self._everywhere_at = now + FULL_SCAN_INTERVAL
        self._has_failed = False

    def add(self, changed: ChangedPaths) -> None:
        """Note what may have changed."""
        self._changed = None if changed is None or self._changed is None else self._changed | changed

    def next(self, now: datetime) -> ScanRequest | None:
        """Return what has to be looked at now, or None. Tell then how it ended: :meth:`done` or :meth:`failed`."""
        changed, self._changed = self._changed, frozenset()
        if changed is None or now >= self._everywhere_at or (changed and self._has_failed):
            return ScanRequest(None)
        if changed:
            return ScanRequest(changed)
        if self._again is not None and now >= self._again_at:
            return ScanRequest(self._again, again=True)
        return ScanRequest(frozenset()) if self._due is not None and now >= self._due else None

    def done(self, look: ScanRequest, due: datetime | None, now: datetime) -> None:
        """Note that a build has looked there, and when the next thing is due."""
        self._due, self._has_failed = due, False
        if look.only is None:
            self._everywhere_at = now + FULL_SCAN_INTERVAL
        if look.again:
            self._again = None
        else:  # a build finds by itself what had just changed when all was looked at
            self._again = (self._again or frozenset()) | (look.only or frozenset())
            self._again_at = now + SECOND_SCAN_DELAY

    def failed(self, now: datetime) -> None:
        """Note that a build has failed: nobody knows what it has looked at."""
        self._has_failed = True
        self._again = self._due = None
        self._everywhere_at = now + RETRY_AFTER


def _changes(site: Site, say: Callable[[str], None]) -> Iterator[ChangedPaths]:
    """Yield, at least once every :data:`POLL_MS`, what may have changed since.

    Everything may have whenever a watch starts: nobody looked between the build before and that moment.
    """
    from watchfiles import watch

    places = [site.corpus_path, *([site.source] if site.source is not None else [])]
    said = ""
    while True:
        watched = [_inode(place) for place in places]
        if watched[0] is None:  # the corpus is away for the moment, as while it is replaced
            time.sleep(POLL_MS / 1000)
            continue
        changes = watch(
            *(place for place, inode in zip(places, watched, strict=True) if inode is not None),
            watch_filter=None,
            debounce=MAX_WAIT_MS,
            step=QUIET_MS,
            rust_timeout=POLL_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        has_begun = False
        try:
            for changed in changes:
                if [_inode(place) for place in places] != watched:
                    break  # the watch is on what is not there any more
                yield (
                    corpus_paths(site, (path for _, path in changed))
                    if has_begun and len(changed) < MAX_CHANGES
                    else None
                )
                has_begun = True
        except Exception as error:  # a name that is not UTF-8, more folders than the system watches, ...
            if not has_begun:
                if str(error) != said:
                    say(f"changes can't be watched, so everything is looked at every {RETRY_AFTER.seconds} s: {error}")
                said = str(error)
                yield None
            time.sleep(POLL_MS / 1000 if has_begun else RETRY_AFTER.seconds)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def corpus_paths(site: Site, changed: Iterable[str]) -> ChangedPaths:
    """Return what a build has to look at after these paths have changed: nothing that is no part of the corpus.

    Args:
        site: the settings.
        changed: absolute paths.
    """
    ours = [site.state_path, *map(Path, filter(None, [site.output, site.access_log]))]
    found = set()
    for path in map(Path, changed):
        if path in (site.source, site.corpus_path):
            return None
        if any(path.is_relative_to(each) for each in ours) or not path.is_relative_to(site.corpus_path):
            continue
        if path.name == OUTPUT_LIST:  # it makes all that stands beside it no part of the corpus
            path = path.parent
            if path == site.corpus_path:
                return None
        parts = path.relative_to(site.corpus_path).parts
        if not any(part.startswith((".", "_")) for part in parts):
            found.add("/".join(parts))
    return frozenset(found)
