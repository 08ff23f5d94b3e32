"""Benchmarks: programs that measure builds and polls. The package `feeds` does not import them."""
