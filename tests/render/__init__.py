"""Tests of feeds/render: the documents in every format."""
