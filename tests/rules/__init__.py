"""Tests of feeds/rules: pure functions."""
