"""The JSON of all commands: one vocabulary, which documents what is printed, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from feeds.cli.json_fields import FIELDS, SHAPES, Shape
from feeds.cli.main import main
from feeds.cli.reference import fields_of
from feeds.cli.spool import print_json
from tests.builders import article, link, write_corpus
from tests.paths import SEEDS

PAGE, OTHER, ORIGINAL = "https://a.example/page", "https://b.example/page", "https://original.example/page"

PUBLISHED = {
    "ü.md": article(
        "Ü",
        topics=["AI"],
        category="news",
        author={"name": "Ann Lee", "url": "https://ann.example/"},
        images=[{"url": "https://a.example/i.png", "width": 10, "height": 20}],
        related=[link(OTHER), link(ORIGINAL), link("http://kept.example/")],
    ),
    "doubtful.md": article("Doubtful", "2022-05-20", url="https://doubtful.example/"),
    "other.md": article(
        "Other",
        "2022-05-25",
        url="https://o.example/",
        topics=["Chips"],
        related=[link("https://c.example/", "Related")],
    ),
}
WITH_PROBLEMS = {
    "broken.md": "---\ntitle: x\ndate: never\n---\n",
    "warning.md": article("W", url="https://w.example/", quality="high"),
    "draft.md": article("Draft", url="https://d.example/", draft=True),
    "future.md": article("Future", "2090-01-01", url="https://f.example/"),
    "same.md": article("One", url="https://one.example/", id="tag:e,2026:1"),
    "same too.md": article("Two", url="https://two.example/", id="tag:e,2026:1"),
    "slugs.md": article("Slugs", url="https://s.example/", topics=["etc", "../../etc"]),
}
CHANGES = {
    "one page.md": article("One page", "2022-05-28", url=OTHER, originalUrl=ORIGINAL),
    "kept.md": article("Kept", "2022-05-28", url="https://kept.example/"),
    "doubtful again.md": article("Doubtful", "2022-05-29", url="https://doubtful.example/again"),
}
LOG = '192.0.2.7 - - [01/May/2026:12:00:0{0} +0000] "GET /feed.atom HTTP/1.1" 200 4000 "-" "Feedly (9 subscribers)"\n'

TIMES = {"published", "updated", "newest", "due", "since", "until"}
OTHER_NUMBERS = {"column", "line", "position", "generation", "width", "height", "interval", "quality", "heat"}
"""Fields with a number that counts nothing."""


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Return what the commands print, on the seeds and on a corpus with problems, drafts and future articles."""
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def run(command: str, *words: str, code: int = 0) -> None:
        form = ["--format", "json"] if command == "check" else ["--json"]
        done = CliRunner().invoke(main, [command, *words, *form])
        assert done.exit_code == code, done.output
        results[command].append(json.loads(done.stdout))

    monkeypatch.setenv("FEEDS_BASE_URL", "https://feeds.example/")  # without it, nothing is remembered
    shutil.copytree(SEEDS, tmp_path / "seeds", ignore=shutil.ignore_patterns(".feeds"))
    for command in ("check", "list", "diff"):
        run(command, "seeds")
    for _ in range(2):  # the second build has a stage that the first one lacks
        run("build", "seeds", "--output", "")
    corpus = write_corpus(tmp_path / "corpus", PUBLISHED)
    run("build", "corpus")
    run("validate")
    write_corpus(corpus, {**WITH_PROBLEMS, **CHANGES, "notes.rst": "x"})
    (corpus / "doubtful.md").unlink()
    run("check", "corpus", code=1)
    run("check", "corpus", "--files", code=1)
    run("diff", "corpus", code=1)
    run("show", PAGE, "corpus")
    for name in ("broken.md", "future.md", "ü.md"):
        run("show", name, "corpus")
    run("build", "corpus")
    run("list", "corpus")
    run("list", "corpus", "--entries")
    path = tmp_path / "public" / "feed.atom"
    path.write_bytes(path.read_bytes().replace(b"</feed>", b""))
    run("validate", code=1)
    (tmp_path / "access.log").write_text(LOG.format(0) + LOG.format(5))
    run("pollers", "access.log")
    return results


def paths_of(value: Mapping[str, Any], shape: Shape, parent: str = "", path: str = "") -> Iterator[str]:
    """Check an object against its shape, and yield the path of every field in it, as :func:`fields_of` does."""
    assert list(value) == [name for name in shape if name in value or parent != "seconds"]  # some builds lack a stage
    for name, content in value.items():
        if name in TIMES and parent != "counts" and content is not None:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", content)
        if isinstance(content, int | float) and not isinstance(content, bool):
            assert parent in ("counts", "seconds") or name in OTHER_NUMBERS
        inner = shape[name]
        here = f"{path}{name}[]" if isinstance(inner, Sequence) else f"{path}{name}"
        yield here
        for part in content if isinstance(inner, Sequence) else [content]:
            part_shape = next(iter(inner), None) if isinstance(inner, Sequence) else inner
            if part_shape is not None and part is not None:
                yield from paths_of(part, part_shape, name, f"{here}.")
            else:
                assert not isinstance(part, dict | list)


def test_every_field_that_is_printed_is_documented_and_every_documented_one_is_printed(
    printed: Mapping[str, Sequence[dict[str, Any]]],
) -> None:
    assert printed.keys() == SHAPES.keys()
    for command, values in printed.items():
        documented = {path for path, _ in fields_of(SHAPES[command])}
        assert {path for value in values for path in paths_of(value, SHAPES[command])} == documented, command
    assert {key for shape in SHAPES.values() for _, key in fields_of(shape)} == set(FIELDS)


def test_files_are_published_unpublished_future_or_lost(printed: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    for value in (*printed["build"], *printed["check"]):
        counts = value["counts"]
        assert counts["files"] == sum(counts[name] for name in ("published", "unpublished", "future", "lost"))
        assert counts["lost"] + counts["warnings"] + counts["notices"] == len(value["problems"])
    assert {"unpublished": 1, "future": 1, "lost": 1}.items() <= printed["check"][-1]["counts"].items()


def test_text_is_utf_8_and_what_utf_8_cannot_carry_is_escaped(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json({"path": "ü\udcff.md"})
    shown = capfdbinary.readouterr().out
    assert shown == '{\n  "path": "ü\\udcff.md"\n}\n'.encode()
    assert json.loads(shown) == {"path": "ü\udcff.md"}
