"""Tests of feeds/memory: facts about feeds that a site must not forget."""
