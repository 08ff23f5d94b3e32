"""The folders that tests read and write."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parent.parent
PACKAGE = PROJECT / "feeds"
TESTS = PROJECT / "tests"
SEEDS = PROJECT / "seeds"

ARTICLES = TESTS / "corpus" / "articles"
"""Article files, each with its expected result beside it (tests/corpus/test_articles.py)."""

RAM_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A file system in memory for tests that build hundreds of times, or None for the ordinary temporary folder."""
