"""The documentation, against the code: every command in README.md is run, every setting is documented."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from feeds.cli.main import load_command
from feeds.settings import site
from tests.paths import PROJECT, SEEDS
from tests.servers import answers, eventually, free_port

README = (PROJECT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def run_block(block: str, folder: Path) -> str:
    """Run the lines of a shell block one after the other, and return what they print; a server goes on meanwhile."""
    printed = ""
    port = free_port()
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    servers = []
    try:
        for line in block.replace("8000", str(port)).splitlines():
            command = line.partition("  #")[0]
            command = f"{command} PORT={port}" if command.startswith("make serve") else command
            if command.startswith("make test"):
                continue  # it is what runs this
            if re.search(r"make serve|feeds serve|gunicorn", command):
                here = PROJECT if command.startswith("make") else folder
                # `make serve` runs in the project, whose own state folder must stay as it is.
                extra = {"FEEDS_STATE": str(folder / "state")} if here == PROJECT else {}
                server = subprocess.Popen(command, shell=True, cwd=here, env=environ | extra, start_new_session=True)
                servers.append(server)
                eventually(lambda: answers(port))
            else:
                done = subprocess.run(
                    command,
                    shell=True,
                    cwd=folder,
                    env=environ,
                    check=True,
                    timeout=60,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                printed += done.stdout
    finally:
        for server in servers:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
    return printed


@pytest.mark.skipif(not (PROJECT / ".venv" / "run.stamp").exists(), reason="not set up by make")
def test_readme_commands_in_order(tmp_path: Path) -> None:
    """Run all shell blocks one after the other in one folder, as a reader does in a fresh clone."""
    shutil.copytree(SEEDS, tmp_path / "seeds", ignore=shutil.ignore_patterns(".feeds"))
    shutil.copy(PROJECT / "wsgi.py", tmp_path)
    for block in BLOCKS:
        printed = run_block(block, tmp_path)
        if "--etag-compare" in block:
            assert printed.splitlines()[-1] == "304"
        if "feeds diff" in block:
            assert json.loads(printed[printed.index("{") :])["feeds"] == []
        if "feeds init" in block:
            assert (tmp_path / "articles" / "feeds.toml").exists()
            assert (tmp_path / "site" / "feed.atom").exists()
    pages = [path.read_text("utf-8") for path in (tmp_path / "public").rglob("*.html")]
    assert (tmp_path / "public" / "topics" / "microsoft-ai" / "feed.atom").exists()
    assert not any("127.0.0.1" in page for page in pages)


def test_readme_names_every_command() -> None:
    for command in ("build", "serve", "check", "list", "show", "diff", "validate", "pollers", "init"):
        assert any(f"feeds {command}" in line for line in COMMANDS)


def test_the_sample_article_in_the_readme_is_one(tmp_path: Path) -> None:
    from feeds.corpus.article import parse_article
    from feeds.corpus.read_settings import ReadSettings

    (sample,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    parsed = parse_article("a.md", sample.encode(), ReadSettings())
    assert parsed.article is not None
    assert (len(parsed.article.mentions), parsed.problems) == (2, ())


def test_every_setting_is_documented() -> None:
    page = (PROJECT / "docs" / "settings.md").read_text("utf-8")
    for each in site.all_settings():
        default = json.dumps(each.default)
        row = f"| `{each.name}` | `FEEDS_{each.name.upper()}` | `{default}` | {each.help} |"
        assert row in page


def test_the_page_of_commands_is_current() -> None:
    from feeds.cli.reference import reference

    page = (PROJECT / "docs" / "commands.md").read_text("utf-8")
    assert page == reference(), "write it anew with `make reference`"


def test_the_page_of_rules_is_current() -> None:
    from feeds.audit.validate.reference import reference

    page = (PROJECT / "docs" / "validate.md").read_text("utf-8")
    assert page == reference(), "write it anew with `make reference`"


def test_every_field_is_documented() -> None:
    from feeds.corpus.field_names import FIELD_NAMES

    page = (PROJECT / "docs" / "articles.md").read_text("utf-8")
    for field, others in FIELD_NAMES.items():
        (row,) = [line for line in page.splitlines() if line.startswith("|") and f"`{field}`" in line.split("|")[1]]
        assert all(f"`{name}`" in row for name in others)


def test_every_page_that_is_linked_is_there() -> None:
    for page in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_workflow_is_valid_and_builds_one_at_a_time() -> None:
    workflow = yaml.safe_load((PROJECT / "deploy" / "github-pages.yml").read_text("utf-8"))
    assert workflow["concurrency"] == {"group": "pages", "cancel-in-progress": False}
    (command,) = [
        step["run"] for step in workflow["jobs"]["publish"]["steps"] if step.get("run", "").startswith("feeds ")
    ]
    assert command in (PROJECT / "docs" / "ci.md").read_text("utf-8")
    _, name, *words = shlex.split(command.replace("$SITE", "https://a.example/"))
    assert load_command(name).make_context(name, words).params["previous"] == "https://a.example/"
