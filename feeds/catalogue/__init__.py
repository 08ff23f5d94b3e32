"""The catalogue: the SQLite file that remembers every source file, mention and entry.

It exists so that a build does only what changed, and it is disposable: delete it, and the next build is
slow and identical. Its flow, in the order of its modules::

    database   open it, or start anew where it was made by other code
    intake     files in: what was read, what is gone, which of it is live now
    merging    mentions → entries, and which feeds that touches
    identity   which id each entry has: the published one stays
    naming     names and addresses of feeds and pages
    emptied    feeds that were published and have no entries any more
    moved      feeds that the settings have renamed
    archives   which months each feed has, and which of them have changed
    reading    out: feeds, the entries in them, counts, problems, rendered fragments

Beside it, and attached to it, is the history of what was published (``history``), which is not disposable.

Every function takes the connection first. None asks the clock: `now` is data.
"""
