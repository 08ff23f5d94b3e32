"""Tests of feeds/catalogue: builds after edits, and what a build selects."""
