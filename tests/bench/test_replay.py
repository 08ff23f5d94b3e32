"""Histories and their replay."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import history
from bench.replay import COUNTS, replay
from tests.builders import article, write_corpus

# reader asks pathlib for names that Windows reserves, which Python 3.13 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:pathlib.PurePath.is_reserved:DeprecationWarning")

GOOD = {"builds", "entries"}


def wrong(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count and name not in GOOD}


@pytest.mark.parametrize("clean", [False, True], ids=["state kept", "clean checkouts"])
def test_a_generated_history_tells_subscribers_nothing_wrong(clean: bool, tmp_path: Path) -> None:
    history.write(tmp_path / "site", 20)
    result = replay(tmp_path / "site", history.FOLDER, clean=clean)
    assert wrong(result.counts) == {}, result.notes
    assert (result.counts["builds"], result.counts["entries"], set(result.counts)) == (20, 20, set(COUNTS))


def test_the_same_seed_writes_the_same_history(tmp_path: Path) -> None:
    for name in ("one", "other"):
        history.write(tmp_path / name, 5)
    trees = [{path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.md")} for name in ("one", "other")]
    assert trees[0] == trees[1]


def commit(site: Path, files: dict[str, str]) -> None:
    for path in site.glob("*.md"):
        path.unlink()
    write_corpus(site, files)
    who = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(site), "add", "--all"], check=True)
    subprocess.run(["git", *who, "-C", str(site), "commit", "-qm", "."], check=True)


def test_a_replay_notices_what_is_wrong(tmp_path: Path) -> None:
    """An article is delivered again if all that it had is another one; a replay must count that."""
    site = tmp_path / "site"
    subprocess.run(["git", "init", "-q", str(site)], check=True)
    other = article("Other", url="https://o.example/")
    lines = "\n\n".join(f"Line {number} is the same." for number in range(4))
    commit(site, {"other.md": other, "one.md": article("One", "2024-01-01", url=None, body=lines)})
    commit(site, {"other.md": other, "two.md": article("Two", "2024-02-02", url=None, body=lines)})
    result = replay(site, ".", clean=False)
    assert wrong(result.counts) == {"repeated": 1, "surprises": 1}
