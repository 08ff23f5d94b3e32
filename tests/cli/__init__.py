"""Tests of feeds/cli: the commands."""
