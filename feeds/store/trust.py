"""Trust: how far the results of the last build are believed without another look."""

from __future__ import annotations

from enum import IntEnum


class Trust(IntEnum):
    """Levels of trust in the state folder and the static tree, the lowest first.

    Attributes:
        NOTHING: read every article again, render everything, compare the bytes of every object and static file, and
            overwrite foreign files in the static tree (``--force``).
        CATALOGUE: use what was read, but render everything and compare the bytes of every object: some are missing or
            damaged.
        TIMES: compare sizes and modification times of files. This is the usual level.
        WATCHED: look at nothing but the paths that a watch has reported: it has seen every change since the last
            build.
    """

    NOTHING = 0
    CATALOGUE = 1
    TIMES = 2
    WATCHED = 3

    @property
    def renders_everything(self) -> bool:
        """True if all documents are made again, and objects are compared by their bytes."""
        return self <= Trust.CATALOGUE
