"""Tests of feeds/audit: the commands that look at sites and logs from outside."""
