"""Tests with real servers, worker processes, nginx, and feed readers."""
