"""Tests of feeds/pipeline: whole builds."""
