"""Measure the first read of a memory: ``python -m bench.first_read --articles 10000``.

Builds a generated corpus (:mod:`bench.corpus`), and then makes new catalogues out of the memory in its static tree, as
a build in a clean checkout does before it reads articles. Prints the CPU seconds of one such read.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import corpus
from bench.corpus import Sharing
from feeds.catalogue import memory_parts, schema
from feeds.memory.sources import folder_source
from feeds.system.processes import relax_garbage_collection


def measure(site: Path, runs: int) -> list[float]:
    """Return the CPU seconds of reads of the memory in the static tree `site`."""
    relax_garbage_collection()  # as a build does
    seconds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            source = folder_source(site)
            if source is None:
                sys.exit(f"{site} has no memory")
            fill = functools.partial(memory_parts.load_memory, records_of=source.records_of)
            with schema.connect(Path(folder) / "catalogue.sqlite3", {}, fill):
                seconds.append(time.process_time() - start)
    return seconds


def main() -> None:
    """Build a corpus and print how long it takes to read its memory."""
    parser = argparse.ArgumentParser(prog="python -m bench.first_read", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    corpus.add_sharing_option(parser)
    parser.add_argument("--runs", type=int, default=11)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="feeds-bench-") as folder:
        articles, site = Path(folder, "corpus"), Path(folder, "public")
        corpus.write(articles, given.articles, Sharing(given.sharing))
        command: list[str | Path] = [sys.executable, "-m", "feeds", "build", articles, "--output", site]
        environ = {"FEEDS_STATE": f"{folder}/state", "FEEDS_BASE_URL": "https://news.example.org/"}
        subprocess.run(command, env=os.environ | environ, check=True)  # noqa: S603 - a fixed command
        seconds = measure(site, given.runs)
        size = sum(path.stat().st_size for path in (site / "feeds-memory").iterdir())
    print(
        f"{given.articles:,} articles, {given.sharing}, {size / 1e6:.1f} MB: "
        f"median {statistics.median(seconds):.3f} s, best {min(seconds):.3f} s of CPU"
    )


if __name__ == "__main__":
    main()
