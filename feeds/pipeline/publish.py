"""The pipeline: corpus → catalogue → render → snapshot → static files. The only room that knows all the others.

:func:`build` is the whole way; :func:`query` is its first half, for commands that only look. Both do what
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

from feeds.catalogue import changes, history, merging, queries, retired_feeds, schema, source_files
from feeds.catalogue.entry_ids import ReplacedId
from feeds.corpus.scan import LINKED, SourceFile, is_utf8, scan_corpus
from feeds.errors import CorpusError, StateError
from feeds.memory.ledger import Ledger
from feeds.model import Counts, HeldBack, Problem
from feeds.pipeline import fingerprint
from feeds.rules.site_layout import ARTICLES_FOLDER
from feeds.settings.site import Site
from feeds.settings.state_folder import check_folders
from feeds.store import build_status, snapshots
from feeds.store.build_status import BuildStatus
from feeds.store.lock import lock_state, track_completion
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Draft, RetiredAddresses, Snapshot
from feeds.store.static_tree import write_tree
from feeds.system.processes import Workers
from feeds.system.progress import NoProgress, Progress, Stage, Stopwatch

if TYPE_CHECKING:
    from feeds.pipeline.diff import SiteDifference

# What reads and what renders is imported where it is used: to load all of it takes longer than most builds, and a
# build that has nothing to read or to render does without. A test holds what such a build imports.

T = TypeVar("T")

PARALLEL_MIN_FILES = 200
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
    watch = Stopwatch(progress or NoProgress())
    now = now.replace(microsecond=0)  # as every time here: an RSS date has no more
    with (
        watch.stage("state"),
        _alone(site, watch) as folder,
        track_completion(folder) as broken_off,
        Workers(jobs) as workers,
    ):
        before = snapshots.load_current(folder)
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
                    written = write_tree(
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
                    counts=queries.count_articles(db, include_unpublished=site.include_unpublished),
                    problems=tuple(queries.load_problems(db)),
                    held_back=tuple(queries.held_back_articles(db, include_unpublished=site.include_unpublished)),
                    entries=queries.count_entries(db),
                    feeds=queries.count_feeds(db),
                    documents=len(after.documents),
                    changed=snapshots.count_differences(before, after),
                    written=written,
                    generation=after.generation,
                    due=min(filter(None, (queries.next_due(db, now), ledger.next_due(now))), default=None),
                    notes=tuple(retired_feeds.move_obstacles(db, site)),
                )

        try:
            report = _in_catalogue(folder, site, work, anew=force)
        except DamagedObjectError:  # an object is lost: make all documents once more
            anew = True
            report = _in_catalogue(folder, site, work)
        with watch.stage("tidy"):
            snapshots.delete_old_generations(folder, now, everything=anew or broken_off or before is None)
            build_status.save_status(folder, BuildStatus(len(report.problems), report.counts.problems))
    return replace(report, stages=watch.stages)


def query(
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
    watch = Stopwatch(progress or NoProgress())
    now = now.replace(microsecond=0)  # as every time here: an RSS date has no more
    with _alone(site, watch) as folder, Workers(jobs) as workers:

        def work(db: sqlite3.Connection) -> T:
            settings = schema.get_meta(db, "site")
            ledger = Ledger.load(folder)
            _update(db, site, ledger, now, workers, watch)
            answer = question(db)
            # With other settings the next build would merge all of it back; the ledger is for builds to write.
            if settings in (None, site.fingerprint) and not ledger.changed:
                db.commit()
            return answer

        return _in_catalogue(folder, site, work)


def compare(site: Site, now: datetime, *, jobs: int = 1, progress: Progress | None = None) -> SiteDifference:
    """Return what :func:`build` would change at `now`; nothing is published, and what was read is not remembered.

    Args:
        site, now, jobs, progress: as for :func:`build`.
    """
    from feeds.pipeline.diff import SiteDifference, compare_snapshots

    watch = Stopwatch(progress or NoProgress())
    now = now.replace(microsecond=0)  # as every time here: an RSS date has no more
    with (
        _alone(site, watch) as folder,
        track_completion(folder),
        contextlib.ExitStack() as end,
        Workers(jobs) as workers,
    ):
        end.callback(snapshots.delete_old_generations, folder, now, everything=True)  # no generation has what it makes
        before = snapshots.load_current(folder)

        def work(db: sqlite3.Connection) -> SiteDifference:
            ledger = Ledger.load(folder)
            known = ledger.kept_ids
            lost = _update(db, site, ledger, now, workers, watch)
            draft = Draft(folder, before, now)
            _fill(draft, db, site, ledger, workers, watch)
            after = draft.preview()
            belongs = functools.partial(queries.is_member, db)
            return SiteDifference(
                feeds=tuple(compare_snapshots(before, after, lost, belongs, f"{site.address}{ARTICLES_FOLDER}/")),
                kept=tuple(sorted(ledger.kept_ids - known)),
                reidentified=tuple(lost),
                documents=snapshots.count_differences(before, after),
            )

        return _in_catalogue(folder, site, work)


@contextlib.contextmanager
def _alone(site: Site, watch: Stopwatch) -> Iterator[Path]:
    """Yield the site's state folder, which is this build's alone, once the places are known to do no harm."""
    check_folders(site.corpus_path, site.output_path)
    with lock_state(site, lambda: watch.progress.stage("wait for another build", 0)) as folder:
        yield folder


def _update(
    db: sqlite3.Connection,
    site: Site,
    ledger: Ledger,
    now: datetime,
    workers: Workers,
    watch: Stopwatch,
    only: Collection[str] | None = None,
) -> list[ReplacedId]:
    """Bring the catalogue up to date with the corpus, the settings, the ledger and the time.

    Returns:
        The published ids that could not be kept.
    """
    corpus = site.corpus_path
    with watch.stage("scan"):
        files, known = _look_over(db, site, only, watch.progress)
    if not files and len(known) == source_files.count_files(db):
        raise CorpusError("no article files (.md, .markdown, .txt, .html) in it; nothing is published", corpus)
    source_files.set_fully_read(db, site.corpus)
    changed = [each for each in files if not each.stamp or known.get(each.path) != each.stamp]
    source_files.remove_files(db, known.keys() - {each.path for each in files})
    if schema.get_meta(db, "site") != site.fingerprint:
        merging.mark_all_dirty(db)
        schema.set_meta(db, "site", site.fingerprint)
    merger = merging.Merger(db, site, ledger)
    if changed:
        with watch.stage("read", len(changed)):
            for batch in _read(db, site, changed, workers, watch):
                with watch.stage("record", len(batch), tell=False):
                    source_files.record_files(
                        db, batch, now, merger.place_alone, include_unpublished=site.include_unpublished
                    )
                with watch.stage("merge", tell=False):  # while others read
                    merger.take_up(watch.count)
    with watch.stage("merge"):
        schema.add_indexes(db)
        source_files.update_live(db, now, include_unpublished=site.include_unpublished)
        merger.take_up(watch.progress.advance)
        return merger.settle(now)


def _read(
    db: sqlite3.Connection, site: Site, changed: Sequence[SourceFile], workers: Workers, watch: Stopwatch
) -> Iterator[list[source_files.ReadResult]]:
    """Yield what became of the files whose bytes have changed, as much at a time as is recorded at once."""
    from feeds.corpus.read_files import read_files

    digests = ((each, source_files.file_digest(db, each.path)) for each in changed)
    executor = workers.executor(len(changed), PARALLEL_MIN_FILES)
    batch: list[source_files.ReadResult] = []
    then = functools.partial(source_files.make_rows, site.home)
    for source, digest, rows in read_files(site.corpus_path, site.timezone, digests, then, executor):
        if rows is None:
            source_files.update_stamp(db, source.path, source.stamp)
        else:
            batch.append(source_files.ReadResult(source.path, source.stamp, digest, rows))
        if len(batch) == source_files.FILES_PER_BATCH:
            yield batch
            batch = []
        watch.progress.advance()
    if batch:
        yield batch


def _look_over(
    db: sqlite3.Connection, site: Site, only: Collection[str] | None, progress: Progress
) -> tuple[list[SourceFile], dict[str, str]]:
    """Return what is in the corpus, and what the catalogue knows of it: path → stamp; of `only`, if that will do."""
    if only is not None and source_files.is_fully_read(db, site.corpus) and all(map(is_utf8, only)):
        only = {*only, *source_files.unsettled_files(db)}
        files, known = _scan(site, only, progress), source_files.known_stamps(db, only)
        linked = {each.path for each in files if each.stamp.startswith(LINKED)}
        if all(known.get(path, "").startswith(LINKED) for path in linked):
            return files, known
        # One has got another name. Nobody knows which, and what is written by that name is told of that alone.
    return _scan(site, None, progress), source_files.known_stamps(db)


def _scan(site: Site, only: Collection[str] | None, progress: Progress) -> list[SourceFile]:
    found = []
    for each in scan_corpus(site.corpus_path, only):
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
        history.record_entries(db)
        db.commit()  # first: what is about to be seen is known to the next build, even if this one is killed here
        after = draft.commit()
        changes.clear_changes(db, after.name)
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
    if anew or not changes.matches_snapshot(db, draft.before.name if draft.before is not None else None):
        anew = True
        changes.mark_everything(db, with_archives=site.archives)
    signs = _signs(ledger)
    if signs != draft.signs or changes.has_changes(db):
        from feeds.pipeline.assemble import assemble_documents

        with watch.stage("render"):
            assemble_documents(db, site, signs, ledger, draft, watch.progress, workers, meanwhile)
    if anew:
        draft.drop_the_rest()


def _signs(ledger: Ledger) -> RetiredAddresses:
    """Return what a server says of the feeds that have ended or moved."""
    return RetiredAddresses(
        ended=tuple(each.folder for each in ledger.empty_feeds() if each.ended is not None),
        moved={old: move.to for old, move in sorted(ledger.moves.items())},
    )


def _in_catalogue(folder: Path, site: Site, work: Callable[[sqlite3.Connection], T], *, anew: bool = False) -> T:
    """Return what `work` does with the catalogue; one that is damaged is made anew, once."""
    path = folder / "catalogue.sqlite3"
    reader = hashlib.sha256(f"{fingerprint.code_fingerprint()} {site.timezone}".encode()).hexdigest()
    try:
        if anew:
            schema.discard_catalogue(path)
        try:
            with schema.connect(path, reader) as db:
                return work(db)
        except sqlite3.DatabaseError as error:
            if schema.is_external_error(error) or schema.is_programming_error(error):
                raise
            history.refuse_damaged_history(folder / history.HISTORY_FILE, error)
            schema.discard_catalogue(path)  # damaged: it holds nothing that the corpus does not
            with schema.connect(path, reader) as db:
                return work(db)
    except sqlite3.Error as error:
        if schema.is_programming_error(error):
            raise
        reason = str(error) if schema.is_external_error(error) else type(error).__name__  # it may quote a value
        raise StateError(f"the catalogue can't be used ({reason})", path) from error
    except OSError as error:
        place = error.filename2 or error.filename or folder
        raise StateError(f"the state folder can't be written ({error.strerror})", place) from error
