"""Tests of feeds/web: HTTP answers, without a network."""
