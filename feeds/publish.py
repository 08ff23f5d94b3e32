"""The pipeline: corpus → catalogue → render → snapshot → static files. The only room that knows all the others.

:func:`build` is the whole way; :func:`look` is its first half, for commands that only look. Both do what
changed and no more, and give what a build from nothing would give.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from feeds import fingerprint, outcome, snapshot
from feeds.catalogue import database, history, intake, merging, moved, pending, reading
from feeds.catalogue.identity import Reidentified
from feeds.config import Site
from feeds.corpus.scan import LINKED, SourceFile, is_utf8, scan
from feeds.errors import CorpusError, StateError
from feeds.export import export
from feeds.ledger import Ledger
from feeds.model import Counts, HeldBack, Problem
from feeds.objects import DamagedError
from feeds.outcome import Outcome
from feeds.parallel import Workers
from feeds.places import check_places
from feeds.progress import Progress, Silent, Stage, Stopwatch
from feeds.snapshot import Draft, Signs, Snapshot
from feeds.state import locked, unfinished

if TYPE_CHECKING:
    from feeds.difference import Difference

# What reads and what renders is imported where it is used: to load all of it takes longer than most builds, and a
# build that has nothing to read or to render does without. A test holds what such a build imports.

T = TypeVar("T")

PARALLEL_FROM = 200
"""From how many changed files on worker processes are worth their start."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did.

    Attributes:
        counts: what became of every file.
        problems: all of them, by path and line.
        held_back: the files that are not published though they could be read, by path.
        entries, feeds, documents: how many the site has now.
        changed: how many documents were added, changed or removed.
        written: how many static files were written or deleted.
        generation: the number of the snapshot.
        due: when the next thing that waits for its date is due, or None.
        notes: what is wrong in no file: settings that can't be followed.
        stages: what was done, and where the time went.
    """

    counts: Counts
    problems: tuple[Problem, ...]
    held_back: tuple[HeldBack, ...]
    entries: int
    feeds: int
    documents: int
    changed: int
    written: int
    generation: int
    due: datetime | None
    notes: tuple[str, ...]
    stages: tuple[Stage, ...] = ()


def build(
    site: Site,
    now: datetime,
    *,
    jobs: int = 1,
    force: bool = False,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Publish the site as it is at `now`: bring its snapshot up to date, and its static files if it has any.

    Args:
        site: the settings.
        now: decides what is held back, and dates the change of bytes; it never becomes a byte of a document.
        jobs: how many processes may read files, render entries, and compose and write documents.
        force: make everything anew, whatever the catalogue says.
        only: somebody has watched the corpus since the build before, and nothing but these paths, relative to it, and
            what is below them can have changed; so nothing else is looked at, nor whether what was published is
            still as it was left. None: nobody has.
        progress: is told how far it is.

    Raises:
        CorpusError, UsageError, StateError, OutputError, WorkerError: see :mod:`feeds.errors`.
    """
    watch = Stopwatch(progress or Silent())
    now = now.replace(microsecond=0)  # as every time here: an RSS date has no more
    with (
        watch.stage("state"),
        _alone(site, watch) as folder,
        unfinished(folder) as broken_off,
        Workers(jobs) as workers,
    ):
        before = snapshot.current(folder)
        anew = force
        if before is not None and only is None and not force:
            with watch.stage("check", len(before.documents)):
                anew = not before.is_whole()

        def work(db: sqlite3.Connection) -> Report:
            ledger = Ledger.load(folder)
            _update(db, site, ledger, now, workers, watch, only)
            with watch.stage("publish"):
                history.record_feeds(db)
                ledger.save(folder)  # first: a build that is killed here finds its decisions again
            after = _write_out(db, site, ledger, before, now, workers, watch, anew=anew)
            written = 0
            if site.output_path is not None:
                with watch.stage("write", len(after.documents)):
                    written = export(
                        after,
                        site.output_path,
                        watch.progress,
                        workers,
                        rewrite=force,
                        trust=only is not None,
                        precompress=site.precompress,
                    )
            with watch.stage("report"):
                return Report(
                    counts=reading.counts(db, include_unpublished=site.include_unpublished),
                    problems=tuple(reading.problems(db)),
                    held_back=tuple(reading.held_back(db, include_unpublished=site.include_unpublished)),
                    entries=reading.number_of_entries(db),
                    feeds=reading.number_of_feeds(db),
                    documents=len(after.documents),
                    changed=snapshot.differences(before, after),
                    written=written,
                    generation=after.generation,
                    due=min(filter(None, (reading.next_due(db, now), ledger.next_due(now))), default=None),
                    notes=tuple(moved.obstacles(db, site)),
                )

        try:
            report = _in_catalogue(folder, site, work, anew=force)
        except DamagedError:  # an object is lost: make all documents once more
            anew = True
            report = _in_catalogue(folder, site, work)
        with watch.stage("tidy"):
            snapshot.clean_up(folder, now, everything=anew or broken_off or before is None)
            outcome.save(folder, Outcome(len(report.problems), report.counts.problems))
    return replace(report, stages=watch.stages)


def look(
    site: Site,
    now: datetime,
    question: Callable[[sqlite3.Connection], T],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> T:
    """Return the answer to a question about the site as it is at `now`; nothing is published.

    Args:
        site, now, jobs, progress: as for :func:`build`.
        question: is asked with the catalogue, which has been brought up to date.
    """
    watch = Stopwatch(progress or Silent())
    now = now.replace(microsecond=0)  # as every time here: an RSS date has no more
    with _alone(site, watch) as folder, Workers(jobs) as workers:

        def work(db: sqlite3.Connection) -> T:
            settings = database.meta(db, "site")
            ledger = Ledger.load(folder)
            _update(db, site, ledger, now, workers, watch)
            answer = question(db)
            # With other settings the next build would merge all of it back; the ledger is for builds to write.
            if settings in (None, site.fingerprint) and not ledger.changed:
                db.commit()
            return answer

        return _in_catalogue(folder, site, work)


def compare(site: Site, now: datetime, *, jobs: int = 1, progress: Progress | None = None) -> Difference:
    """Return what :func:`build` would change at `now`; nothing is published, and what was read is not remembered.

    Args:
        site, now, jobs, progress: as for :func:`build`.
    """
    from feeds.difference import Difference, between

    watch = Stopwatch(progress or Silent())
    now = now.replace(microsecond=0)  # as every time here: an RSS date has no more
    with _alone(site, watch) as folder, unfinished(folder), contextlib.ExitStack() as end, Workers(jobs) as workers:
        end.callback(snapshot.clean_up, folder, now, everything=True)  # no generation has what it makes
        before = snapshot.current(folder)

        def work(db: sqlite3.Connection) -> Difference:
            ledger = Ledger.load(folder)
            known = ledger.kept_ids
            lost = _update(db, site, ledger, now, workers, watch)
            draft = Draft(folder, before, now)
            _fill(draft, db, site, ledger, workers, watch)
            after = draft.preview()
            belongs = functools.partial(reading.belongs, db)
            return Difference(
                feeds=tuple(between(before, after, lost, belongs, f"{site.address}articles/")),
                kept=tuple(sorted(ledger.kept_ids - known)),
                reidentified=tuple(lost),
                documents=snapshot.differences(before, after),
            )

        return _in_catalogue(folder, site, work)


@contextlib.contextmanager
def _alone(site: Site, watch: Stopwatch) -> Iterator[Path]:
    """Yield the site's state folder, which is this build's alone, once the places are known to do no harm."""
    check_places(site.corpus_path, site.output_path)
    with locked(site, lambda: watch.progress.stage("wait for another build", 0)) as folder:
        yield folder


def _update(
    db: sqlite3.Connection,
    site: Site,
    ledger: Ledger,
    now: datetime,
    workers: Workers,
    watch: Stopwatch,
    only: Collection[str] | None = None,
) -> list[Reidentified]:
    """Bring the catalogue up to date with the corpus, the settings, the ledger and the time.

    Returns:
        The published ids that could not be kept.
    """
    corpus = site.corpus_path
    with watch.stage("scan"):
        files, known = _look_over(db, site, only, watch.progress)
    if not files and len(known) == intake.number_of_files(db):
        raise CorpusError("no article files (.md, .markdown, .txt, .html) in it; nothing is published", corpus)
    intake.note_complete(db, site.corpus)
    changed = [each for each in files if not each.stamp or known.get(each.path) != each.stamp]
    intake.forget(db, known.keys() - {each.path for each in files})
    if database.meta(db, "site") != site.fingerprint:
        merging.shake_all(db)
        database.set_meta(db, "site", site.fingerprint)
    merger = merging.Merger(db, site, ledger)
    if changed:
        with watch.stage("read", len(changed)):
            for batch in _read(db, site, changed, workers, watch):
                with watch.stage("record", len(batch), tell=False):
                    intake.record(db, batch, now, merger.place_alone, include_unpublished=site.include_unpublished)
                with watch.stage("merge", tell=False):  # while others read
                    merger.take_up(watch.count)
    with watch.stage("merge"):
        database.add_indexes(db)
        intake.set_live(db, now, include_unpublished=site.include_unpublished)
        merger.take_up(watch.progress.advance)
        return merger.settle(now)


def _read(
    db: sqlite3.Connection, site: Site, changed: Sequence[SourceFile], workers: Workers, watch: Stopwatch
) -> Iterator[list[intake.Read]]:
    """Yield what became of the files whose bytes have changed, as much at a time as is recorded at once."""
    from feeds.corpus.batch import read_files

    digests = ((each, intake.digest(db, each.path)) for each in changed)
    executor = workers.executor(len(changed), PARALLEL_FROM)
    batch: list[intake.Read] = []
    then = functools.partial(intake.rows, site.home)
    for source, digest, rows in read_files(site.corpus_path, site.timezone, digests, then, executor):
        if rows is None:
            intake.restamp(db, source.path, source.stamp)
        else:
            batch.append(intake.Read(source.path, source.stamp, digest, rows))
        if len(batch) == intake.BATCH:
            yield batch
            batch = []
        watch.progress.advance()
    if batch:
        yield batch


def _look_over(
    db: sqlite3.Connection, site: Site, only: Collection[str] | None, progress: Progress
) -> tuple[list[SourceFile], dict[str, str]]:
    """Return what is in the corpus, and what the catalogue knows of it: path → stamp; of `only`, if that will do."""
    if only is not None and intake.is_complete(db, site.corpus) and all(map(is_utf8, only)):
        only = {*only, *intake.restless(db)}
        files, known = _scan(site, only, progress), intake.stamps(db, only)
        linked = {each.path for each in files if each.stamp.startswith(LINKED)}
        if all(known.get(path, "").startswith(LINKED) for path in linked):
            return files, known
        # One has got another name. Nobody knows which, and what is written by that name is told of that alone.
    return _scan(site, None, progress), intake.stamps(db)


def _scan(site: Site, only: Collection[str] | None, progress: Progress) -> list[SourceFile]:
    found = []
    for each in scan(site.corpus_path, only):
        found.append(each)
        progress.advance()
    return found


def _write_out(
    db: sqlite3.Connection,
    site: Site,
    ledger: Ledger,
    before: Snapshot | None,
    now: datetime,
    workers: Workers,
    watch: Stopwatch,
    *,
    anew: bool,
) -> Snapshot:
    """Render what is pending, or everything `anew`, and switch to the snapshot that shows it."""
    draft = Draft(site.state_path, before, now, verify=anew)
    _fill(draft, db, site, ledger, workers, watch, anew=anew, meanwhile=db.commit)
    with watch.stage("publish"):
        history.record(db)
        db.commit()  # first: what is about to be seen is known to the next build, even if this one is killed here
        after = draft.commit()
        pending.clear(db, after.name)
        db.commit()
    return after


def _fill(
    draft: Draft,
    db: sqlite3.Connection,
    site: Site,
    ledger: Ledger,
    workers: Workers,
    watch: Stopwatch,
    *,
    anew: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Render what is pending, or everything where the catalogue knows another snapshot (see put_pending)."""
    if anew or not pending.shows(db, draft.before.name if draft.before is not None else None):
        anew = True
        pending.mark_all(db, with_archives=site.archives)
    signs = _signs(ledger)
    if signs != draft.signs or pending.is_anything(db):
        from feeds.documents import put_pending

        with watch.stage("render"):
            put_pending(db, site, signs, ledger, draft, watch.progress, workers, meanwhile)
    if anew:
        draft.drop_the_rest()


def _signs(ledger: Ledger) -> Signs:
    """Return what a server says of the feeds that have ended or moved."""
    return Signs(
        ended=tuple(each.folder for each in ledger.empty_feeds() if each.ended is not None),
        moved={old: move.to for old, move in sorted(ledger.moves.items())},
    )


def _in_catalogue(folder: Path, site: Site, work: Callable[[sqlite3.Connection], T], *, anew: bool = False) -> T:
    """Return what `work` does with the catalogue; one that is damaged is made anew, once."""
    path = folder / "catalogue.sqlite3"
    reader = hashlib.sha256(f"{fingerprint.of_code()} {site.timezone}".encode()).hexdigest()
    try:
        if anew:
            database.discard(path)
        try:
            with database.connect(path, reader) as db:
                return work(db)
        except sqlite3.DatabaseError as error:
            if database.is_outside_cause(error) or database.is_mistake(error):
                raise
            history.refuse_damaged(folder / history.FILE_NAME, error)
            database.discard(path)  # damaged: it holds nothing that the corpus does not
            with database.connect(path, reader) as db:
                return work(db)
    except sqlite3.Error as error:
        if database.is_mistake(error):
            raise
        reason = str(error) if database.is_outside_cause(error) else type(error).__name__  # it may quote a value
        raise StateError(f"the catalogue can't be used ({reason})", path) from error
    except OSError as error:
        place = error.filename2 or error.filename or folder
        raise StateError(f"the state folder can't be written ({error.strerror})", place) from error
