"""The documentation, against the code: every command in README.md is run, every setting is documented."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
        "FEEDS_STATE": str(folder / "state"),
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
                servers.append(subprocess.Popen(command, shell=True, cwd=here, env=environ, start_new_session=True))
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
@pytest.mark.parametrize("block", BLOCKS, ids=[block.split("\n")[0][:40] for block in BLOCKS])
def test_readme_commands(block: str, tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds", ignore=shutil.ignore_patterns(".feeds"))
    shutil.copy(PROJECT / "wsgi.py", tmp_path)
    printed = run_block(block, tmp_path)
    if "If-None-Match" in block:
        assert printed.splitlines()[-1] == "304"
    if "--output public" in block:
        assert (tmp_path / "public" / "topics" / "microsoft-ai" / "feed.atom").exists()
    if "feeds init" in block:
        assert (tmp_path / "feeds.toml").exists()


def test_readme_names_every_command() -> None:
    for command in ("build", "serve", "check", "list", "show", "diff", "validate", "pollers", "init"):
        assert any(f"feeds {command}" in line for line in COMMANDS)


def test_the_sample_article_in_the_readme_is_one(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    from feeds.corpus.article import parse_article

    (sample,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    parsed = parse_article("a.md", sample.encode(), ZoneInfo("UTC"))
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


def test_every_field_is_documented() -> None:
    from feeds.corpus.fields import FIELD_NAMES

    page = (PROJECT / "docs" / "articles.md").read_text("utf-8")
    for field, others in FIELD_NAMES.items():
        (row,) = [line for line in page.splitlines() if line.startswith("|") and f"`{field}`" in line.split("|")[1]]
        assert all(f"`{name}`" in row for name in others)


def test_every_page_that_is_linked_is_there() -> None:
    for page in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
