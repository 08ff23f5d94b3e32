"""The other tools. Each has a site in ``bench/sites`` that publishes nearly the same feeds as ours."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from bench.corpus import Sharing
from bench.tools import SITES, MissingError, Tool, output_of

INSTALLED = Path(__file__).parent.parent / ".bench"
"""The folder in which ``make bench-build`` installs the other tools."""

ADVICE = "`make bench-build` installs it; or leave it out of --rivals"


class Hugo(Tool):
    """Hugo: feeds of taxonomies, with two templates and a partial. Related links are entries.

    A taxonomy needs a list in the front matter. So the articles of Hugo's corpus have one more field, ``providers``:
    the domains that the article names.
    """

    name = "Hugo"
    incremental = False

    def command(self) -> list[str | Path]:
        """Return the command of a build: the binary of Hugo, without the Python script around it."""
        binaries = sorted(INSTALLED.glob("venv/lib/python*/site-packages/hugo/binaries/hugo"))
        if not binaries:
            raise MissingError(f"Hugo is not installed: {ADVICE}")
        folders: list[str | Path] = ["--source", self.folder, "--contentDir", self.corpus, "--destination", self.output]
        return [binaries[0], *folders, "--quiet"]

    def environ(self) -> dict[str, str]:
        """Return the variable with the folder of the cache."""
        return {"HUGO_CACHEDIR": str(self.folder / "cache")}

    def versions(self) -> dict[str, str]:
        """Return the version of the tool."""
        output = output_of([self.command()[0], "version"], ADVICE)
        return {"Hugo": output.split()[1].partition("-")[0].removeprefix("v")}

    def set_up(self) -> None:
        """Copy the site to the folder of the tool."""
        super().set_up()
        shutil.copytree(SITES / "hugo", self.folder, dirs_exist_ok=True)

    def convert(self, text: str) -> str:
        """Return the article with the list of its providers."""
        domains = sorted(set(re.findall(r"^ +domain: (\S+)$", text, re.MULTILINE)))
        start, head, body = text.split("---\n", 2)
        return "---\n".join([start, f"{head}providers: [{', '.join(domains)}]\n", body])

    def forget(self) -> None:
        """Also move its cache and resources away."""
        super().forget()
        for name in ("cache", "resources"):
            self.move_away(self.folder / name)


class Pelican(Tool):
    """Pelican: feeds of tags and authors. Its metadata can't hold related links, so its corpus has none."""

    name = "Pelican"
    max_articles = 1_000
    sharings = (Sharing.NEAR,)
    incremental = False
    comparable = False

    def command(self) -> list[str | Path]:
        """Return the command of a build."""
        program = INSTALLED / "venv" / "bin" / "pelican"
        settings = self.folder / "pelicanconf.py"
        return [program, self.corpus, "--output", self.output, "--settings", settings, "--quiet"]

    def versions(self) -> dict[str, str]:
        """Return the version of the tool."""
        return {"Pelican": output_of([self.command()[0], "--version"], ADVICE)}

    def set_up(self) -> None:
        """Copy the site to the folder of the tool."""
        super().set_up()
        shutil.copytree(SITES / "pelican", self.folder, dirs_exist_ok=True)

    def convert(self, text: str) -> str:
        """Return the article with metadata in the form of Pelican."""
        fields = yaml.safe_load(text.split("---\n", 2)[1])
        lines = {
            "Title": fields["title"],
            "Date": fields["publishedDateTime"].isoformat(),
            "Url": fields["webUrl"],
            "Slug": fields["webUrl"].split("/")[4],
            "Author": fields["provider"]["domain"],
            "Category": fields["category"],
            "Tags": ", ".join(fields["topics"]),
        }
        return "".join(f"{name}: {value}\n" for name, value in lines.items()) + f"\n{fields['excerpt']}\n"


class Eleventy(Tool):
    """Eleventy with its RSS plugin: its configuration file groups the entries of feeds. Related links are entries."""

    name = "Eleventy"
    max_articles = 1_000
    sharings = (Sharing.NEAR,)
    incremental = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.corpus = folder / "site" / "articles"
        self._modules = INSTALLED / "node" / "node_modules"

    def command(self) -> list[str | Path]:
        """Return the command of a build."""
        return ["node", self._modules / "@11ty" / "eleventy" / "cmd.cjs", "--quiet"]

    def versions(self) -> dict[str, str]:
        """Return the versions of Eleventy, of its plugin and of Node."""
        plugin = self._modules / "@11ty" / "eleventy-plugin-rss" / "package.json"
        return {
            "Eleventy": output_of([*self.command()[:2], "--version"], ADVICE),
            "Eleventy RSS plugin": output_of(["node", "-p", f"require('{plugin}').version"], ADVICE),
            "Node": output_of(["node", "--version"], ADVICE).removeprefix("v"),
        }

    def set_up(self) -> None:
        """Copy the site, and link the modules that it imports."""
        super().set_up()
        shutil.copytree(SITES / "eleventy", self.folder, dirs_exist_ok=True)
        (self.folder / "node_modules").symlink_to(self._modules)


RIVALS: dict[str, type[Tool]] = {"hugo": Hugo, "pelican": Pelican, "eleventy": Eleventy}
"""Name on the command line → tool."""
