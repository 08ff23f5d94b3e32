"""Tests of feeds/settings."""
