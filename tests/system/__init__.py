"""Tests of feeds/system: processes, compression, progress."""
