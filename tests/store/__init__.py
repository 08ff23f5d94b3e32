"""Tests of feeds/store: snapshots and static trees."""
