"""The first half of a build: the catalogue is brought up to date with the corpus, the settings and the time."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence

from feeds.catalogue import merging, schema, source_files
from feeds.catalogue.entry_ids import ReplacedId
from feeds.corpus.scan import LINKED, SourceFile, is_utf8, scan_corpus
from feeds.errors import CorpusError
from feeds.pipeline.context import BuildContext

# Modules that parse articles are imported where they are used: they take longer to load than most builds last, and a
# build without changed files does not need them. A test holds the list of modules that such a build loads.

PARALLEL_MIN_FILES = 200
"""The number of changed files from which on it pays to start worker processes."""


def update_catalogue(context: BuildContext, only: Collection[str] | None = None) -> list[ReplacedId]:
    """Bring the catalogue up to date, and add to the ledger what must be remembered.

    Args:
        context: the values of the build.
        only: the paths that may have changed, relative to the corpus, with everything below them; None for any.

    Returns:
        The published ids that could not be kept.

    Raises:
        CorpusError: the corpus can't be read, or has no article files.
    """
    db, site, stopwatch = context.db, context.site, context.stopwatch
    with stopwatch.stage("scan"):
        files, known = _scan(context, only)
    if not files and len(known) == source_files.count_files(db):
        reason = "no article files (.md, .markdown, .txt, .html) in it; nothing is published"
        raise CorpusError(reason, site.corpus_path)
    source_files.set_fully_read(db, site.corpus)
    changed = [file for file in files if not file.stamp or known.get(file.path) != file.stamp]
    source_files.remove_files(db, known.keys() - {file.path for file in files})
    if schema.get_meta(db, "site") != site.fingerprint:
        merging.mark_all_dirty(db)
        schema.set_meta(db, "site", site.fingerprint)
    is_new = source_files.count_files(db) == 0
    merger = merging.Merger(db, site, context.ledger, context.now)
    if changed:
        with stopwatch.stage("read", len(changed)):
            for batch in _read(context, changed):
                with stopwatch.stage("record", len(batch), tell=False):
                    source_files.record_files(
                        db, batch, context.now, merger.insert_unshared, least=site.least_visibility
                    )
                if not is_new:  # a new catalogue is merged as a whole, in which no mention is read twice
                    # Merging here and not after the last batch keeps this process busy while workers read.
                    with stopwatch.stage("merge", tell=False):
                        merger.merge_batches(stopwatch.count)
    with stopwatch.stage("merge"):
        schema.add_indexes(db)  # update_live needs them; while rows are inserted they would only cost time
        source_files.update_live(db, context.now, site.least_visibility)
        if is_new:
            merger.merge_all(stopwatch.progress.advance)
        merger.merge_batches(stopwatch.progress.advance)
        return merger.finish()


def _scan(context: BuildContext, only: Collection[str] | None) -> tuple[list[SourceFile], dict[str, str]]:
    """Return the article files and the stamps that the catalogue has of them: of `only`, if that is enough."""
    db, site = context.db, context.site
    if only is not None and source_files.is_fully_read(db, site.corpus) and all(map(is_utf8, only)):
        only = {*only, *source_files.unsettled_files(db)}
        files, known = _scan_paths(context, only), source_files.known_stamps(db, only)
        linked = {file.path for file in files if file.stamp.startswith(LINKED)}
        if all(known.get(path, "").startswith(LINKED) for path in linked):
            return files, known
        # A file has got a second name (a hard link). A change by that name is reported for that name alone, and the
        # first name is unknown: only a scan of everything finds it.
    return _scan_paths(context, None), source_files.known_stamps(db)


def _scan_paths(context: BuildContext, only: Collection[str] | None) -> list[SourceFile]:
    files = []
    for file in scan_corpus(context.site.corpus_path, only):
        files.append(file)
        context.stopwatch.progress.advance()
    return files


def _read(context: BuildContext, changed: Sequence[SourceFile]) -> Iterator[list[source_files.ReadResult]]:
    """Yield the results of reading the files whose bytes have changed, in batches of the size that is recorded."""
    from feeds.corpus.read_files import read_files
    from feeds.corpus.read_settings import ReadSettings

    db, site = context.db, context.site
    digests = ((file, source_files.file_digest(db, file.path)) for file in changed)
    executor = context.workers.executor(len(changed), PARALLEL_MIN_FILES)
    batch: list[source_files.ReadResult] = []
    make_rows = functools.partial(source_files.make_rows, site.home)
    settings = ReadSettings(site.zone, site.date_order)
    for source, digest, rows in read_files(site.corpus_path, settings, digests, make_rows, executor):
        if rows is None:  # the file was touched, and its bytes are the same
            source_files.update_stamp(db, source.path, source.stamp)
        else:
            batch.append(source_files.ReadResult(source.path, source.stamp, digest, rows))
        if len(batch) == source_files.FILES_PER_BATCH:
            yield batch
            batch = []
        context.stopwatch.progress.advance()
    if batch:
        yield batch
