"""A program that makes feeds of a corpus, and ours as one of them."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.edits import Change

SITES = Path(__file__).parent / "sites"
ADDRESS = "https://feeds.example/"


class MissingError(Exception):
    """A tool isn't installed; the message says what to do."""


class Tool:
    """A program, with a corpus of its own and a folder for all that it makes.

    Attributes:
        name: what it is called in results.
        largest: the largest corpus that it is measured with.
        comparable: whether its feeds can list the same entries as ours.
        folder: where it runs; everything of it is in there.
        corpus: its articles.
        output: what it publishes.
    """

    name = ""
    largest = 1_000_000
    comparable = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = folder / "corpus"
        self.output = folder / "public"

    def command(self) -> list[str | Path]:
        """Return the command that builds.

        Raises:
            MissingError: it isn't installed.
        """
        raise NotImplementedError

    def environ(self) -> dict[str, str]:
        """Return what is set in the environment of the command."""
        return {}

    def versions(self) -> dict[str, str]:
        """Return the versions of what is measured, by name.

        Raises:
            MissingError: it isn't installed.
        """
        raise NotImplementedError

    def set_up(self) -> None:
        """Write the settings and templates that the tool builds with."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def converted(self, text: str) -> str:
        """Return an article of the corpus as this tool wants it; how long that takes is not measured."""
        return text

    def apply(self, changes: Iterable[Change]) -> None:
        """Write and delete articles in its corpus."""
        for path, text in changes:
            target = self.corpus / path
            if text is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(self.converted(text), "utf-8")

    def forget(self) -> None:
        """Delete all that a build left behind: what it published, and what it remembers."""
        shutil.rmtree(self.output, ignore_errors=True)


class Ours(Tool):
    """``feeds build``."""

    name = "feeds"

    def command(self) -> list[str | Path]:
        """Return the command that builds."""
        program = Path(sys.executable).with_name("feeds")
        return [program, "build", self.corpus, "--output", self.output, "--config", self.folder / "feeds.toml"]

    def environ(self) -> dict[str, str]:
        """Return where it remembers things."""
        return {"FEEDS_STATE": str(self.folder / "state")}

    def versions(self) -> dict[str, str]:
        """Return the versions of it and of what decides how fast it is."""
        found = {"feeds": version("feeds"), "Python": platform.python_version()}
        try:
            found["yaml-rs"] = version("yaml-rs")
        except PackageNotFoundError:
            found["yaml-rs"] = "none"
        return found

    def set_up(self) -> None:
        """Write the settings: all as they come, but the address of the site."""
        super().set_up()
        (self.folder / "feeds.toml").write_text(f'base_url = "{ADDRESS}"\n', "utf-8")

    def forget(self) -> None:
        """Delete the state as well."""
        super().forget()
        shutil.rmtree(self.folder / "state", ignore_errors=True)


def said_by(command: list[str | Path], advice: str) -> str:
    """Return what a command prints on one line, such as its version.

    Raises:
        MissingError: it isn't there, or fails.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - ours
    except (OSError, subprocess.SubprocessError) as problem:
        raise MissingError(f"{command[0]} can't be run: {advice}") from problem
    return done.stdout.strip()
