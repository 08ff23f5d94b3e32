"""Tests of bench/: the programs that measure."""
