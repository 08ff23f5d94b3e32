"""The command `feeds validate`: its targets, its formats, and that it prints nothing that a terminal obeys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feeds.audit.validate.table import RULES
from tests.conftest import Run
from tests.paths import SEEDS

RSS = (
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title><link>https://x.example/</link>'
    '<description>D</description><atom:link rel="self" href="https://x.example/f.rss"/>\n{}</channel></rss>'
)
HOSTILE = "\u202eevil\u2066\x1b[31m\u0085"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Write a folder with a feed that has one error, on its second line."""
    (tmp_path / "site, new").mkdir()
    path = tmp_path / "site, new" / "f.rss"
    path.write_text(RSS.format("<pubDate>yesterday</pubDate>"), "utf-8")
    return path


def test_a_folder(tmp_path: Path, feeds: Run) -> None:
    feeds("build", str(SEEDS))
    done = feeds("validate")
    assert "0 errors, 0 warnings" in done.stderr
    assert done.stdout == ""
    path = tmp_path / "public" / "feed.atom"
    path.write_bytes(path.read_bytes().replace(b"</feed>", b""))
    assert feeds("validate", "public", code=1).stdout.startswith("feed.atom:")
    (tmp_path / "empty").mkdir()
    assert "there is no feed" in feeds("validate", "empty", code=1).stderr
    for name in ("nowhere", "a" * 5000):
        assert "there is no such folder" in feeds("validate", name, code=2).stderr
    for name in ("http://[x", "http://\u00fc\u2100.localhost:1/", "ftp://x.example/"):
        assert "http(s) address" in feeds("validate", name, code=2).stderr


def test_a_file(feeds: Run, bad: Path) -> None:
    done = feeds("validate", str(bad), code=1)
    assert done.stdout.startswith(f"{bad.as_posix()}:2:1: error: pubDate: 'yesterday' is no date")
    bad.write_text(RSS.format(""), "utf-8")
    assert "0 errors, 0 warnings" in feeds("validate", str(bad)).stderr


def test_standard_input(feeds: Run) -> None:
    good = feeds("validate", "-", stdin=RSS.format(""))
    assert "1 documents, 1 of them feeds: 0 errors, 0 warnings" in good.stderr
    assert "it is no XML" in feeds("validate", "-", stdin="", code=1).stdout
    assert feeds("validate", "-", stdin="<channel/>", code=1).stdout.startswith("-:1:1: error: the root is <channel>")


def test_a_list_of_feeds_alone_is_fine(tmp_path: Path, feeds: Run) -> None:
    body = '<opml version="2.0"><head/><body><outline text="T" type="rss" xmlUrl="https://x.example/f"/></body></opml>'
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "blogroll.opml").write_text(body, "utf-8")
    for target in ("lists", "lists/blogroll.opml"):
        assert "0 errors, 0 warnings" in feeds("validate", target).stderr


def test_json_names_column_and_rule(feeds: Run, bad: Path) -> None:
    for option in (["--json"], ["--format", "json"]):
        found = json.loads(feeds("validate", str(bad.parent), *option, code=1).stdout)
        assert found["counts"] == {"documents": 1, "feed_documents": 1, "lists": 0, "errors": 1, "warnings": 0}
        (problem,) = found["problems"]
        facts = ("f.rss", 2, 1, "date-rfc822", "error")
        assert tuple(problem[name] for name in ("path", "line", "column", "rule", "severity")) == facts


def test_annotations_for_github(feeds: Run, bad: Path) -> None:
    done = feeds("validate", str(bad.parent), "--format", "github", code=1)
    assert done.stdout.startswith("::error file=site%2C new/f.rss,line=2,col=1::pubDate: 'yesterday' is no date")


def test_sarif(feeds: Run, bad: Path) -> None:
    log = json.loads(feeds("validate", str(bad.parent), "--format", "sarif", code=1).stdout)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("date-rfc822", "error")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "site%2C%20new/f.rss"},
        "region": {"startLine": 2, "startColumn": 1},
    }


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_nothing_that_a_terminal_obeys_is_printed(form: str, feeds: Run, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text(
        json.dumps({"version": HOSTILE, "title": "T", HOSTILE: 1, "items": [{"id": 1, "url": HOSTILE}]}), "utf-8"
    )
    item = f'<item><title>T</title><guid isPermaLink="false">{HOSTILE}</guid></item>'.replace("\x1b", "")
    (tmp_path / "f.rss").write_text(RSS.format(item * 2), "utf-8")
    for name in ("f.json", "f.rss"):
        done = feeds("validate", name, "--format", form, code=1)
        assert "evil" in done.stdout
        assert not set("\u202e\u2066\x1b\u0085") & set(done.stdout + done.stderr)
