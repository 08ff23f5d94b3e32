"""The catalogue: the SQLite file that remembers source files, mentions and entries.

With it, a build does only what changed. It is disposable: without it, the next build is slow and gives the same
documents. Beside it, and attached to it, is the history of published ids (``history``), which is not disposable.

The modules, in the order of a build::

    schema          the tables, and the connection
    source_files    files in: what was read, what is gone, which articles are live
    packing         articles as bytes, for the tables and for other processes
    recording       the rows of files that were read; what has changed in them goes to the merging
    groups          which mentions share keys: integers, sorted once
    merging         mentions become entries, and mark the feeds that they touch
    popular_pages   summaries of entries with many mentions
    entry_rows      the rows of merged entries, and what a change of them touches
    related         which entries are related, and which of them look different
    membership      the feeds of entries, and the names of feeds
    entry_ids       the id of an entry: the published one stays
    feed_names      slugs of pages, names and addresses of feeds
    retired_feeds   feeds that are empty, have ended or have moved
    losses          published articles that a build would lose
    archives        the months of a feed, and which of them have changed
    changes         what the snapshot does not show yet
    queries         out: feeds, entries, counts; SELECT only
    file_reports    out: files and their problems; SELECT only
    entry_loading   out: an entry with everything that its fragments show
    layouts         where the documents of the last build have their entries
    history         what was published

The order matters. Ids come after all merging: an id belongs to a whole entry. Page addresses come after ids: rivals for
a slug are ordered by date and id. Outdated entries are settled after both, since a related entry shows id and address.
Names of feeds come last, since the feed of all entries lists all others.

Every function takes the connection first. None reads the clock: `now` is an argument.
"""
