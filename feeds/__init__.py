"""A folder of articles in; Atom, RSS and JSON feeds that every reader accepts out."""

__version__ = "0.1.0"
