"""Tests of feeds/memory: what the site must not forget about its feeds."""
