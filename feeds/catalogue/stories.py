"""The stories: the newest articles, which the first page shows.

They are kept as entries, so that an edit does not read the link records of all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from feeds.catalogue.entry_loading import load_entry_rows, merge_rows
from feeds.catalogue.packing import pack, unpacker
from feeds.catalogue.queries import ShownEntry
from feeds.model import Entry
from feeds.rules.entries import EntrySettings

_unpack = unpacker(Entry)


def load_stories(db: sqlite3.Connection, shown: Sequence[ShownEntry], settings: EntrySettings) -> list[Entry]:
    """Return the entries of stories, without their texts.

    Args:
        db: the catalogue.
        shown: the newest articles; others are not kept any longer.
        settings: the settings that decide what an entry shows.
    """
    revision_of = {entry.entry_id: entry.revision for entry in shown}
    kept = {
        entry_id: packed
        for entry_id, revision, packed in db.execute("SELECT entry_id, revision, packed FROM story").fetchall()
        if revision_of.get(entry_id) == revision
    }
    stories = {entry_id: _unpack(packed) for entry_id, packed in kept.items()}
    db.execute("DELETE FROM story WHERE entry_id NOT IN (SELECT value FROM json_each(?))", (str(list(kept)),))
    for rows in load_entry_rows(db, [entry_id for entry_id in revision_of if entry_id not in kept]):
        story = replace(merge_rows(rows, settings), content="")
        stories[rows.entry_id] = story
        row = (rows.entry_id, revision_of[rows.entry_id], pack(story))
        db.execute("INSERT INTO story VALUES (?, ?, ?)", row)
    return [stories[entry_id] for entry_id in revision_of]
