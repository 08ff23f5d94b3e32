"""The watch of ``feeds serve``: it builds what has changed, as soon as it has changed.

The cost of an edit must depend on the edit alone. So a build gets the paths that may have changed since the build
before, and these paths must be complete. Where that is not certain, the build scans the whole corpus: when a watch
begins or breaks off, when the system may have lost events, after a build that failed, after other settings, and every
:data:`FULL_SCAN_INTERVAL` for changes that no watch sees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from feeds.errors import FeedsError
from feeds.pipeline.publish import Report
from feeds.rules.problems import KnownProblems, problem_lines
from feeds.rules.site_layout import OUTPUT_LIST
from feeds.settings.look import THEME_FILE
from feeds.settings.site import Site

RETRY_AFTER = timedelta(seconds=20)
"""The time after which a build that failed, or a watch that could not begin, is tried again without a change."""

FULL_SCAN_INTERVAL = timedelta(minutes=5)
"""The time between two scans of everything: a network drive reports no changes, and the event queue can overflow."""

SECOND_SCAN_DELAY = timedelta(seconds=0.3)
"""The time after which a build scans the changed paths once more. By then the times of files that had just changed can
be relied on (:data:`feeds.corpus.scan.SETTLED_NS`), and a folder that has just been made is watched."""

POLL_MS = 200
"""The interval, in milliseconds, at which the schedule is asked whether something is due."""

QUIET_MS = 20
"""The time without changes, in milliseconds, before a build starts: one save of an editor is several changes."""

MAX_WAIT_MS = 400
"""The longest wait for such a quiet time, in milliseconds."""

MAX_CHANGES = 5_000
"""The number of changes at once from which on everything is scanned. The queue of the system has 16,384 places, and one
change takes several: it may have overflowed."""

ChangedPaths = frozenset[str] | None
"""Paths that may have changed, relative to the corpus, with everything below them; None stands for any path."""


class Rebuild(NamedTuple):
    """The functions that build the site again.

    Attributes:
        load: loads the settings, which may have changed as well.
        build: publishes a site; only these paths have to be scanned.
    """

    load: Callable[[], Site]
    build: Callable[[Site, ChangedPaths], Report]


def watch_corpus(site: Site, rebuild: Rebuild, first: Report, say: Callable[[str], None]) -> None:
    """Build again whenever there is something to build; return never.

    Args:
        site: the settings.
        rebuild: loads the settings and builds.
        first: the report of the build before.
        say: prints a line.
    """
    schedule = Schedule(first.due, datetime.now(UTC))
    built, known = site, KnownProblems(first.problems)
    for changed in _changes(site, say):
        schedule.add(changed)
        request = schedule.next(datetime.now(UTC))
        if request is None:
            continue
        started = time.perf_counter()
        try:
            settings = rebuild.load()
            report = rebuild.build(settings, request.only if settings == built else None)
            for line in problem_lines(known.replace(report.problems)):
                say(line)
        except Exception as error:  # the server must outlive every error of a build
            reason = str(error) if isinstance(error, FeedsError) else f"{type(error).__name__}: {error}"
            say(f"not built, still serving the last good state: {reason}")
            schedule.failed(datetime.now(UTC))
            continue
        if report.changed:
            seconds = time.perf_counter() - started
            say(f"{report.changed} documents changed, generation {report.generation}, {seconds:.2f} s")
        schedule.done(request, report.due, datetime.now(UTC))
        built = settings


class ScanRequest(NamedTuple):
    """A request to build.

    Attributes:
        only: the paths that have to be scanned.
        again: True for the second scan of paths that have been scanned already.
    """

    only: ChangedPaths
    again: bool = False


class Schedule:
    """The paths that the next build has to scan, and the time for it. It reads no clock: the time is an argument.

    Args:
        due: the next time at which the site changes by itself, or None.
        now: the time.
    """

    def __init__(self, due: datetime | None, now: datetime) -> None:
        self._changed: ChangedPaths = frozenset()
        self._again: frozenset[str] | None = None
        self._again_at = now
        self._due = due
        self._full_scan_at = now + FULL_SCAN_INTERVAL
        self._has_failed = False

    def add(self, changed: ChangedPaths) -> None:
        """Add paths that may have changed."""
        self._changed = None if changed is None or self._changed is None else self._changed | changed

    def next(self, now: datetime) -> ScanRequest | None:
        """Return the request for which it is time, or None. Call :meth:`done` or :meth:`failed` after the build."""
        changed, self._changed = self._changed, frozenset()
        if changed is None or now >= self._full_scan_at or (changed and self._has_failed):
            return ScanRequest(None)
        if changed:
            return ScanRequest(changed)
        if self._again is not None and now >= self._again_at:
            return ScanRequest(self._again, again=True)
        return ScanRequest(frozenset()) if self._due is not None and now >= self._due else None

    def done(self, request: ScanRequest, due: datetime | None, now: datetime) -> None:
        """Record that a build has scanned what was requested, and when the site changes by itself next."""
        self._due, self._has_failed = due, False
        if request.only is None:
            self._full_scan_at = now + FULL_SCAN_INTERVAL
        if request.again:
            self._again = None
        else:
            # After a scan of everything the set stays empty: the catalogue itself knows the files that had just
            # changed then, and every build looks at them.
            self._again = (self._again or frozenset()) | (request.only or frozenset())
            self._again_at = now + SECOND_SCAN_DELAY

    def failed(self, now: datetime) -> None:
        """Record that a build has failed. It is not known what it has scanned: the next one scans everything."""
        self._has_failed = True
        self._again = self._due = None
        self._full_scan_at = now + RETRY_AFTER


def _changes(site: Site, say: Callable[[str], None]) -> Iterator[ChangedPaths]:
    """Yield the paths that may have changed since the last yield, at least every :data:`POLL_MS`.

    The first value of a watch is None: changes between the build before and the start of the watch were not seen.
    """
    from watchfiles import watch

    looks = [Path(path) for path in (site.theme, site.templates) if path]
    places = [site.corpus_path, *([site.source] if site.source is not None else []), *looks]
    last_error = ""
    while True:
        watched = [_inode(place) for place in places]
        if watched[0] is None:  # the corpus is away, for example while it is being replaced
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
                    break  # the corpus was replaced, and the watch is on the folder that is gone
                is_complete = has_begun and len(changed) < MAX_CHANGES
                yield corpus_paths(site, (path for _, path in changed)) if is_complete else None
                has_begun = True
        except Exception as error:  # a name that is not UTF-8, more folders than the system can watch, …
            if not has_begun:
                if str(error) != last_error:
                    say(f"changes can't be watched, so everything is looked at every {RETRY_AFTER.seconds} s: {error}")
                last_error = str(error)
                yield None
            time.sleep(POLL_MS / 1000 if has_begun else RETRY_AFTER.seconds)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _is_look(site: Site, path: Path) -> bool:
    """Tell whether the look of the pages depends on a file. Then its folder is that of theme or templates."""
    if not site.theme and path == site.corpus_path / THEME_FILE:
        return True
    return any(path.is_relative_to(place) for place in (site.theme, site.templates) if place)


def corpus_paths(site: Site, changed: Iterable[str]) -> ChangedPaths:
    """Return the changed paths that belong to the corpus, or None if everything has to be scanned.

    Args:
        site: the settings.
        changed: absolute paths.
    """
    written_by_us = [site.state_path, *map(Path, filter(None, [site.output, site.access_log]))]
    paths = set()
    for path in map(Path, changed):
        if path in (site.source, site.corpus_path) or _is_look(site, path):
            return None
        if any(path.is_relative_to(place) for place in written_by_us) or not path.is_relative_to(site.corpus_path):
            continue
        if path.name == OUTPUT_LIST:  # its folder has become a static tree, or is none any more
            path = path.parent
            if path == site.corpus_path:
                return None
        parts = path.relative_to(site.corpus_path).parts
        if not any(part.startswith((".", "_")) for part in parts):
            paths.add("/".join(parts))
    return frozenset(paths)
