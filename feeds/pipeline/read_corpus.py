"""The first half of a build: the catalogue is brought up to date with the corpus, the settings and the time."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from feeds.catalogue import feed_names, history, schema, source_files
from feeds.corpus.scan import LINKED, SourceFile, is_utf8, scan_corpus
from feeds.errors import CorpusError
from feeds.pipeline.context import BuildContext
from feeds.rules.file_patterns import SUFFIXES, PassedOver, Reason, count_passed_over
from feeds.settings.loader import SETTINGS_FILE
from feeds.settings.look import THEME_FILE

if TYPE_CHECKING:
    from feeds.catalogue import recording
    from feeds.catalogue.entry_ids import Assignment

# Modules that parse articles, or merge, are imported where they are used: they take longer to load than most builds
# last, and a build without changed files does not need them. A test holds the list of modules that such a build loads.

OWN_FILES = (SETTINGS_FILE, THEME_FILE)
"""The files beside the articles that are ours."""

PARALLEL_MIN_FILES = 200
"""The number of changed files from which on it pays to start worker processes."""


def update_catalogue(context: BuildContext, only: Collection[str] | None = None) -> Assignment | None:
    """Bring the catalogue up to date, and add to the ledger what must be remembered.

    Args:
        context: the values of the build.
        only: the paths that may have changed, relative to the corpus, with everything below them; None for any.

    Returns:
        What has become of published ids; None if nothing was merged.

    Raises:
        CorpusError: the corpus can't be read, or has no article files.
    """
    db, site, stopwatch = context.db, context.site, context.stopwatch
    with stopwatch.stage("scan"):
        files, known = _scan(context, only)
    if not files and len(known) == source_files.count_files(db):
        reason = f"no article files ({', '.join(SUFFIXES)}) in it; nothing is published"
        if passed_over := source_files.passed_over(db):
            reason += f". It has other files: {'; '.join(map(str, passed_over))}"
        raise CorpusError(reason, site.corpus_path)
    source_files.set_fully_read(db, site)
    changed = [file for file in files if not file.stamp or known.get(file.path) != file.stamp]
    removed = known.keys() - {file.path for file in files}
    examines_all = source_files.must_examine_all(db, context.now, site.least_visibility, site.fingerprint)
    if changed or removed or examines_all or source_files.has_due_articles(db, context.now):
        return _merge(context, changed, removed, examines_all=examines_all)
    with stopwatch.stage("merge"):
        feed_names.update_feeds(db, site, context.ledger, context.now)  # feeds end, and move, without an article
    return None


def _merge(
    context: BuildContext, changed: Sequence[SourceFile], removed: Collection[str], *, examines_all: bool
) -> Assignment:
    """Read the files that have changed, and merge what is new, gone or due; return what has become of ids."""
    from feeds.catalogue import merging, recording

    db, site, stopwatch, least = context.db, context.site, context.stopwatch, context.site.least_visibility
    with contextlib.closing(merging.Merger(db, site, context.ledger, context.now, context.folder)) as merger:
        recording.remove_files(db, removed, merger)
        if changed:
            with stopwatch.stage("read", len(changed)):
                for batch in _read(context, changed):
                    with stopwatch.stage("record", len(batch), tell=False):
                        recording.record_files(db, batch, merger)
        with stopwatch.stage("merge"):
            if examines_all:
                recording.examine_all(db, least, merger)
            else:
                recording.update_due(db, least, merger)
            source_files.note_examined(db, context.now, least, site.fingerprint)
            recording.note_broken_files(db, context.ledger)
            merger.merge(stopwatch.progress.advance)
            schema.add_indexes(db)
            return merger.finish()


def _scan(context: BuildContext, only: Collection[str] | None) -> tuple[list[SourceFile], dict[str, str]]:
    """Return the article files and the stamps that the catalogue has of them: of `only`, if that is enough."""
    db, site = context.db, context.site
    if only is not None and source_files.is_fully_read(db, site) and all(map(is_utf8, only)):
        only = {*only, *source_files.unsettled_files(db)}
        files, known = _scan_paths(context, only), source_files.known_stamps(db, only)
        linked = {file.path for file in files if file.stamp.startswith(LINKED)}
        if all(known.get(path, "").startswith(LINKED) for path in linked):
            return files, known
        # A file has got a second name (a hard link). A change by that name is reported for that name alone, and the
        # first name is unknown: only a scan of everything finds it.
    return _scan_paths(context, None), source_files.known_stamps(db)


def _scan_paths(context: BuildContext, only: Collection[str] | None) -> list[SourceFile]:
    """Return the article files, and record what is passed over; only a scan of everything can count that."""
    files, passed = [], []
    for found in scan_corpus(context.site.corpus_path, only, context.site.file_patterns):
        if isinstance(found, PassedOver):
            passed.append(found)
        else:
            files.append(found)
            context.stopwatch.progress.advance()
    context.left_out[:] = [it for it in passed if it.reason in (Reason.EXCLUDED, Reason.NOT_LISTED)]
    if only is None:
        source_files.record_passed_over(context.db, count_passed_over(filter(_is_expected, passed)))
    return files


def _is_expected(passed: PassedOver) -> bool:
    """Tell whether somebody may expect that a file that is passed over is published: not a hidden one, nor ours."""
    return passed.path not in OWN_FILES and not passed.path.rpartition("/")[2].startswith(".")


def _read(context: BuildContext, changed: Sequence[SourceFile]) -> Iterator[list[recording.ReadResult]]:
    """Yield the results of reading the files whose bytes have changed, in batches of the size that is recorded."""
    from feeds.catalogue import recording
    from feeds.corpus.read_files import read_files
    from feeds.corpus.read_settings import ReadSettings

    db, site = context.db, context.site
    digests = ((file, source_files.file_digest(db, file.path)) for file in changed)
    executor = context.workers.executor(len(changed), PARALLEL_MIN_FILES)
    batch: list[recording.ReadResult] = []
    salt = history.salt_of(db)
    make_rows = functools.partial(recording.make_rows, site.home, context.now, site.least_visibility, salt)
    settings = ReadSettings(site.zone, site.date_order)
    for source, digest, rows in read_files(site.corpus_path, settings, digests, make_rows, executor):
        if rows is None:  # the file was touched, and its bytes are the same
            source_files.update_stamp(db, source.path, source.stamp)
        else:
            batch.append(recording.ReadResult(source.path, source.stamp, digest, rows))
        if len(batch) == recording.FILES_PER_BATCH:
            yield batch
            batch = []
        context.stopwatch.progress.advance()
    if batch:
        yield batch
