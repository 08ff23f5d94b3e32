"""The tools that are measured: programs that build feeds from a corpus. feeds is one of them."""

from __future__ import annotations

import compileall
import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import feeds
from bench.corpus import Sharing, write_file
from bench.edits import Change

SITES = Path(__file__).parent / "sites"
BASE_URL = "https://feeds.example/"


class MissingError(Exception):
    """A tool is not installed. The message says what to do."""


class Tool:
    """A program with its own copy of the corpus.

    Attributes:
        name: the name in the results.
        max_articles: the size of the largest corpus with which it is measured.
        sharings: the sharings with which it is measured.
        incremental: False if every build does everything again, and costs what a cold one costs.
        comparable: its feeds can list the same entries as ours.
        folder: the working directory, which holds all files of the tool.
        corpus: the folder of its articles.
        output: the folder into which it publishes.
    """

    name = ""
    max_articles = 1_000_000
    sharings: tuple[Sharing, ...] = tuple(Sharing)
    incremental = True
    comparable = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = folder / "corpus"
        self.output = folder / "public"

    def command(self) -> list[str | Path]:
        """Return the command of a build.

        Raises:
            MissingError: the tool is not installed.
        """
        raise NotImplementedError

    def environ(self) -> dict[str, str]:
        """Return environment variables for the command, in addition to those of this process."""
        return {}

    def versions(self) -> dict[str, str]:
        """Return the versions of the tool and of its parts, by name.

        Raises:
            MissingError: the tool is not installed.
        """
        raise NotImplementedError

    def set_up(self) -> None:
        """Write the settings and templates of the tool."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def convert(self, text: str) -> str:
        """Return an article of the corpus in the form that the tool reads. The conversion is not measured."""
        return text

    def apply(self, changes: Iterable[Change]) -> None:
        """Write and delete articles in the corpus of the tool."""
        for path, text in changes:
            target = self.corpus / path
            if text is None:
                target.unlink()
            else:
                write_file(target, self.convert(text))

    def forget(self) -> None:
        """Remove the results of earlier builds: output, caches and state.

        They are moved away now and deleted after all measurements. After the deletion of thousands of files, a file
        system can be slow to create files (ext4 for minutes, because it passes over the free places). The next run
        would pay for that.
        """
        self.move_away(self.output)

    def move_away(self, path: Path) -> None:
        """Move a file or folder, if it exists, to a place where no build sees it."""
        if path.exists():
            target = self.folder.with_name(f"{self.name} before")
            target.mkdir(exist_ok=True)
            path.rename(target / f"{len(list(target.iterdir()))} {path.name}")


class Ours(Tool):
    """``feeds build``."""

    name = "feeds"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.state = folder / "state"

    def command(self) -> list[str | Path]:
        """Return the command of a build."""
        program = Path(sys.executable).with_name("feeds")
        return [program, "build", self.corpus, "--output", self.output, "--config", self.folder / "feeds.toml"]

    def environ(self) -> dict[str, str]:
        """Return the variable with the state folder."""
        return {"FEEDS_STATE": str(self.state)}

    def versions(self) -> dict[str, str]:
        """Return the versions of feeds, Python and yaml-rs. All of them decide how fast it is.

        Two states of the code can have the same version. So the version of feeds has a digest of the code.
        """
        versions = {"feeds": f"{version('feeds')}, code {_code_digest()}", "Python": platform.python_version()}
        try:
            versions["yaml-rs"] = version("yaml-rs")
        except PackageNotFoundError:
            versions["yaml-rs"] = "none"
        return versions

    def set_up(self) -> None:
        """Write the settings: the defaults, with a base_url. Compile our modules, as pip does when it installs them."""
        super().set_up()
        compileall.compile_dir(Path(feeds.__file__).parent, quiet=1)
        (self.folder / "feeds.toml").write_text(f'base_url = "{BASE_URL}"\n', "utf-8")

    def forget(self) -> None:
        """Also move the state folder away."""
        super().forget()
        self.move_away(self.state)


def _code_digest() -> str:
    """Return the first digits of a digest of all files of the package feeds, without compiled modules."""
    package = Path(feeds.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{file.relative_to(package).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def output_of(command: list[str | Path], advice: str) -> str:
    """Return the output of a command, such as its version, without space around it.

    Args:
        command: program and arguments.
        advice: the end of the message if the command can't be run.

    Raises:
        MissingError: the command does not exist, or fails.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - fixed
    except (OSError, subprocess.SubprocessError) as problem:
        raise MissingError(f"{command[0]} can't be run: {advice}") from problem
    return done.stdout.strip()
