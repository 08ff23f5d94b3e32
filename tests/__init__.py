"""Tests: run them all with ``make test``."""
