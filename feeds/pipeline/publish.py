"""The pipeline: corpus → catalogue → rendering → snapshot → static tree.

:func:`build` is the whole way. :func:`query` and :func:`compare` stop before anything is published. All three do only
what changed, and give the same result as a build from nothing.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from feeds.catalogue import (
    changes,
    earlier_state,
    file_reports,
    losses,
    publications,
    queries,
    retired_feeds,
    source_files,
)
from feeds.catalogue.meta import set_meta
from feeds.model import Counts, HeldBack, Problem, Reductions, Severity
from feeds.pipeline.context import CATALOGUE_FILE, BuildContext, open_session, with_catalogue
from feeds.pipeline.problems import build_details, list_held_back, list_problems, notes_on_fields
from feeds.pipeline.read_corpus import update_catalogue
from feeds.pipeline.remember import remember
from feeds.pipeline.stored_list import from_file
from feeds.rules.file_patterns import PassedOverCount
from feeds.rules.site_layout import ARTICLES_FOLDER, article_folder, is_memory
from feeds.settings.site import Site
from feeds.store import build_status, snapshots
from feeds.store.build_status import BuildStatus
from feeds.store.lock import track_completion
from feeds.store.objects import DamagedObjectError
from feeds.store.snapshots import Draft, RetiredAddresses, Snapshot
from feeds.store.static_tree import TreeChanges, write_tree
from feeds.store.trust import Trust
from feeds.system.progress import Progress, Stage

if TYPE_CHECKING:
    from feeds.pipeline.diff import SiteDifference

# Modules that render are imported where they are used, for the same reason as in feeds.pipeline.read_corpus.

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a build.

    Attributes:
        counts: how many files were published, and why others were not.
        problems: all problems of the corpus, by path and line: a sequence that is read from the state folder whenever
            it is needed, so that a million problems cost no memory (:class:`feeds.pipeline.stored_list.StoredList`).
        severities: the number of problems of each severity.
        held_back: the articles that could be read and are not published, by path: a sequence like `problems`.
        passed_over: how many other files there are in the corpus, and why they are no articles.
        entries, feeds, documents: how many the site has now.
        changed: how many documents were added, changed or removed.
        written: how many static files were written or deleted.
        generation: the number of the snapshot.
        due: the next time at which the site changes by itself (an article becomes visible, the address of an ended
            feed becomes free), or None.
        reductions: what feeds leave out to stay readable.
        notes: settings that can't be followed, and fields that are not used.
        stages: the stages of the build with their durations.
    """

    counts: Counts
    problems: Sequence[Problem]
    severities: Mapping[Severity, int]
    held_back: Sequence[HeldBack]
    passed_over: Sequence[PassedOverCount]
    entries: int
    feeds: int
    documents: int
    changed: int
    written: int
    generation: int
    due: datetime | None
    notes: tuple[str, ...]
    reductions: Reductions
    stages: tuple[Stage, ...] = ()

    @property
    def losses(self) -> int:
        """The number of problems with which something is lost: all but notices."""
        return len(self.problems) - self.severities[Severity.NOTICE]


def build(
    site: Site,
    now: datetime,
    *,
    jobs: int = 1,
    force: bool = False,
    only: Collection[str] | None = None,
    accept_loss: bool = False,
    first: bool = False,
    forget: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Publish the site as it is at `now`: update its snapshot, and its static tree if it has one.

    Args:
        site: the settings.
        now: an aware datetime. It decides which articles are visible and dates changes of documents; it never becomes
            part of a document.
        jobs: how many processes may read files, render entries, compose documents and write files.
        force: make everything again, whatever the last build left.
        only: the paths that can have changed since the last build, relative to the corpus, with everything below
            them. Nothing else is looked at, not even whether the published files are as they were left. None if the
            corpus was not watched.
        accept_loss: publish even if more of the published articles are lost than `max_loss` allows.
        first: nothing was published yet: a memory that is missing or damaged is no error.
        forget: the id or address of an entry that was withdrawn, to erase it from the memory.
        progress: is told about stages and steps.

    Raises:
        CorpusError, LossError, UsageError, StateError, OutputError, WorkerError: see :mod:`feeds.errors`.
    """
    trust = Trust.NOTHING if force else Trust.WATCHED if only is not None else Trust.TIMES
    with (
        # While the corpus is watched, nobody else publishes: an edit must not wait for a request.
        open_session(site, now, jobs, progress, first=first, ask_previous=only is None) as session,
        track_completion(session.folder) as broken_off,
    ):
        stopwatch, folder = session.stopwatch, session.folder
        before = session.before
        if before is not None and trust is Trust.TIMES:
            with stopwatch.stage("check", len(before.documents)):
                trust = Trust.TIMES if before.is_whole() else Trust.CATALOGUE
        try:
            publish = functools.partial(_publish, only=only, accept_loss=accept_loss, forget=forget)
            report = with_catalogue(session, functools.partial(publish, trust=trust), discard=trust is Trust.NOTHING)
        except DamagedObjectError:  # the bytes of a document are lost: render everything once more
            trust = min(trust, Trust.CATALOGUE)
            report = with_catalogue(session, functools.partial(publish, trust=trust))
        with stopwatch.stage("tidy"):
            # A build that was broken off may have left objects that no generation has.
            everything = trust.renders_everything or broken_off or before is None
            snapshots.delete_old_generations(folder, session.now, everything=everything)
    return replace(report, stages=stopwatch.stages)


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
        question: is called with the catalogue, which is up to date.
    """

    def work(context: BuildContext) -> T:
        settings = source_files.settings_examined(context.db)
        update_catalogue(context)
        answer = question(context.db)
        # What was read is kept for the next build, but not under other settings: that build would have to merge all
        # of it back. Nor if the ledger has changed: only a build changes the memory.
        if settings in (None, context.site.fingerprint) and not context.ledger.changed:
            context.db.commit()
        return answer

    with open_session(site, now, jobs, progress) as session:
        return with_catalogue(session, work)


def compare(site: Site, now: datetime, *, jobs: int = 1, progress: Progress | None = None) -> SiteDifference:
    """Return what :func:`build` would change at `now`; nothing is published, and nothing that was read is kept.

    Args:
        site, now, jobs, progress: as for :func:`build`.
    """
    from feeds.catalogue.entry_ids import Assignment
    from feeds.pipeline.diff import Doubt, SiteDifference, compare_snapshots, site_address

    def work(context: BuildContext) -> SiteDifference:
        known_ids = context.ledger.kept_ids
        assignment = update_catalogue(context) or Assignment()
        recognition = assignment.recognition
        titles = queries.titles_of(context.db, [it.entry_id for it in recognition.doubtful])
        before = context.before
        draft = _new_draft(context)
        _fill(draft, context)
        after = draft.preview()
        is_member = functools.partial(queries.is_member, context.db)
        pages = f"{site.address}{ARTICLES_FOLDER}/"
        return SiteDifference(
            feeds=tuple(
                compare_snapshots(
                    before, after, assignment.replaced, {it.uri for it in recognition.certain}, is_member, pages
                )
            ),
            kept=tuple(sorted(context.ledger.kept_ids - known_ids)),
            reidentified=assignment.replaced,
            documents=snapshots.count_differences(before, after),
            doubts=tuple(Doubt(*titles[it.entry_id], it.uri) for it in recognition.doubtful),
            moved_from=address if (address := site_address(before)) != site.address else None,
            is_first=before is None and context.memory.head is None,
        )

    with (
        open_session(site, now, jobs, progress, ask_previous=True) as session,
        track_completion(session.folder),
        contextlib.ExitStack() as at_end,
    ):
        # The objects of the preview belong to no generation; they go even if the comparison fails.
        at_end.callback(snapshots.delete_old_generations, session.folder, session.now, everything=True)
        return with_catalogue(session, work)


def _publish(
    context: BuildContext, *, only: Collection[str] | None, trust: Trust, accept_loss: bool, forget: str | None
) -> Report:
    """Update the catalogue, the snapshot and the static tree, and return the report.

    The static tree comes last: the next build completes it from the snapshot if this one is killed.
    """
    db, site, stopwatch, before = context.db, context.site, context.stopwatch, context.before
    update_catalogue(context, only)
    if not accept_loss:
        losses.refuse_losses(db, site, context.left_out)
    after = _switch(context, trust, forget)
    tree = TreeChanges(0)
    if site.output_path is not None:
        with stopwatch.stage("write", len(after.documents)):
            tree = write_tree(
                after, site.output_path, stopwatch.progress, context.workers, trust=trust, precompress=site.precompress
            )
    with stopwatch.stage("report"):
        opener = from_file(context.folder / CATALOGUE_FILE)
        counts = file_reports.count_articles(db, context.now, site.least_visibility)
        problems, severities = list_problems(db, site, opener)
        report = Report(
            counts=counts,
            problems=problems,
            severities=severities,
            held_back=list_held_back(counts, site, context.now, opener),
            passed_over=source_files.passed_over(db),
            entries=queries.count_entries(db),
            feeds=queries.count_feeds(db),
            documents=sum(not is_memory(address) for address in after.documents),
            changed=snapshots.count_differences(before, after),
            written=tree.written,
            generation=after.generation,
            due=min(
                filter(
                    None, (queries.next_due(db, context.now), context.ledger.next_due(context.now, site.farewell_delay))
                ),
                default=None,
            ),
            reductions=queries.count_reductions(db),
            notes=(
                *filter(None, [context.memory.note, _note_on_edits(site, tree.edited)]),
                *retired_feeds.move_obstacles(db, site),
                *notes_on_fields(db),
            ),
        )
        details = build_details(db, site, counts, len(problems)) if site.status else None
        build_status.save_status(context.folder, BuildStatus(report.losses, counts.problems, details))
        return report


def _note_on_edits(site: Site, edited: Sequence[str]) -> str | None:
    """Return a line about files in the static tree that were edited and are written again, if there are any."""
    if not edited:
        return None
    others = f" and {len(edited) - 1} more" if len(edited) > 1 else ""
    place = f"{site.output}/{edited[0]}{others}"
    return f"{place}: edited since the last build, and written again; use theme.css and templates to change pages"


def _switch(context: BuildContext, trust: Trust, forget: str | None) -> Snapshot:
    """Render what has changed, make the new snapshot current, and return it."""
    db, everything = context.db, trust.renders_everything
    draft = _new_draft(context, verify=everything)
    _fill(draft, context, everything=everything, meanwhile=db.commit)
    with context.stopwatch.stage("publish"):
        remember(db, context.site, context.memory, context.ledger, draft, everything=everything, forget=forget)
        # The catalogue first. If this build is killed on the next line, the catalogue has a later memory than the
        # snapshot. The next build notices that, and makes the catalogue again from the memory of the snapshot.
        db.commit()
        after = draft.commit()
        # Cleared only now: a build that is killed before this line is made good by the next one.
        changes.clear_changes(db, after.name)
        if context.site.is_public:
            set_meta(db, "remembered", after.name)
            earlier_state.delete_earlier_state(context.folder)
        db.commit()
    return after


def _new_draft(context: BuildContext, *, verify: bool = False) -> Draft:
    """Return a draft that starts from the snapshot before, or from nothing if the memory is newer than that."""
    memory = context.memory
    before = context.before if memory.head is None or memory.in_snapshot else None
    remembered = functools.partial(publications.published_document, context.db)
    return Draft(context.folder, before, context.now, verify=verify, remembered=remembered)


def _fill(
    draft: Draft,
    context: BuildContext,
    *,
    everything: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Put the documents that have changed into `draft`; all of them if the catalogue knows another snapshot.

    Args:
        draft: the next snapshot.
        context: the values of the build.
        everything: put all documents.
        meanwhile: is called while worker processes render (:func:`feeds.pipeline.assemble.assemble_documents`).
    """
    if not changes.matches_snapshot(context.db, draft.before.name if draft.before is not None else None):
        everything = True
    if everything:
        changes.mark_everything(context.db)
    retired = _retired_addresses(context)
    if retired != draft.retired or changes.has_changes(context.db):
        from feeds.pipeline.assemble import assemble_documents

        with context.stopwatch.stage("render"):
            assemble_documents(context, draft, retired, meanwhile)
    if everything:
        draft.drop_the_rest()


def _retired_addresses(context: BuildContext) -> RetiredAddresses:
    """Return the addresses at which a server answers 410 or 301."""
    moved = {old: move.to for old, move in context.ledger.moves.items()}
    moved |= {article_folder(page.slug): page.url for page in changes.former_pages(context.db)}
    return RetiredAddresses(
        ended=tuple(feed.folder for feed in context.ledger.empty_feeds() if feed.ended is not None),
        moved=dict(sorted(moved.items())),
    )
