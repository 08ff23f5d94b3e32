"""Tests of feeds/catalogue: builds after edits, and the selection of entries."""
