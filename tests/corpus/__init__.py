"""Tests of feeds/corpus: how files are scanned and read."""
