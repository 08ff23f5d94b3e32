"""A program that makes feeds of a corpus, and ours as one of them."""

from __future__ import annotations

import compileall
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import feeds
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
        """Put all that a build left behind out of the way: what it published, and what it remembers.

        It is deleted when all is measured: for a while after thousands of files were deleted, a file system may
        pass over the place of each whenever a new one is made (ext4 does, for minutes), and who writes next would pay.
        """
        self.put_away(self.output)

    def put_away(self, path: Path) -> None:
        """Move a file or folder to where no build sees it, if it is there."""
        if path.exists():
            away = self.folder.with_name(f"{self.name} before")
            away.mkdir(exist_ok=True)
            path.rename(away / f"{len(list(away.iterdir()))} {path.name}")


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
        """Write the settings: all as they come, but the address of the site. Compile it, as pip does on installing."""
        super().set_up()
        compileall.compile_dir(Path(feeds.__file__).parent, quiet=1)
        (self.folder / "feeds.toml").write_text(f'base_url = "{ADDRESS}"\n', "utf-8")

    def forget(self) -> None:
        """Put the state away as well."""
        super().forget()
        self.put_away(self.folder / "state")


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
