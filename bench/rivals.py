"""The programs that ours is held against, each with the site in ``bench/sites`` that comes nearest to ours."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from bench.tools import SITES, MissingError, Tool, said_by

INSTALLED = Path(__file__).parent.parent / ".bench"
"""Where ``make bench-build`` installs them."""

ADVICE = "`make bench-build` installs it; or leave it out of --rivals"


class Hugo(Tool):
    """Hugo: feeds of taxonomies, with two templates and a partial; related links are entries.

    A taxonomy needs a list in the front matter, so its copy of each article gets ``providers``: the domains that the
    article names.
    """

    name = "Hugo"

    def command(self) -> list[str | Path]:
        """Return the command that builds: Hugo itself, less the Python script that the package starts it by."""
        found = sorted(INSTALLED.glob("venv/lib/python*/site-packages/hugo/binaries/hugo"))
        if not found:
            raise MissingError(f"Hugo is not installed: {ADVICE}")
        return [found[0], "--source", self.folder, "--contentDir", self.corpus, "--destination", self.output, "--quiet"]

    def environ(self) -> dict[str, str]:
        """Return where its cache is."""
        return {"HUGO_CACHEDIR": str(self.folder / "cache")}

    def versions(self) -> dict[str, str]:
        """Return its version."""
        return {"Hugo": said_by([self.command()[0], "version"], ADVICE).split()[1].partition("-")[0].removeprefix("v")}

    def set_up(self) -> None:
        """Copy the site."""
        super().set_up()
        shutil.copytree(SITES / "hugo", self.folder, dirs_exist_ok=True)

    def converted(self, text: str) -> str:
        """Return the article with the list of its providers."""
        domains = sorted(set(re.findall(r"^ +domain: (\S+)$", text, re.MULTILINE)))
        start, head, body = text.split("---\n", 2)
        return "---\n".join([start, f"{head}providers: [{', '.join(domains)}]\n", body])

    def forget(self) -> None:
        """Put its cache and resources away as well."""
        super().forget()
        for name in ("cache", "resources"):
            self.put_away(self.folder / name)


class Pelican(Tool):
    """Pelican: feeds of tags and authors. It has no front matter with lists of links, so those are left out."""

    name = "Pelican"
    largest = 1_000
    comparable = False

    def command(self) -> list[str | Path]:
        """Return the command that builds."""
        program = INSTALLED / "venv" / "bin" / "pelican"
        settings = self.folder / "pelicanconf.py"
        return [program, self.corpus, "--output", self.output, "--settings", settings, "--quiet"]

    def versions(self) -> dict[str, str]:
        """Return its version."""
        return {"Pelican": said_by([self.command()[0], "--version"], ADVICE)}

    def set_up(self) -> None:
        """Copy the site."""
        super().set_up()
        shutil.copytree(SITES / "pelican", self.folder, dirs_exist_ok=True)

    def converted(self, text: str) -> str:
        """Return the article with the metadata of Pelican's Markdown."""
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
    """Eleventy with its RSS plugin: feeds that its configuration groups; related links are entries."""

    name = "Eleventy"
    largest = 1_000

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.corpus = folder / "site" / "articles"
        self._modules = INSTALLED / "node" / "node_modules"

    def command(self) -> list[str | Path]:
        """Return the command that builds."""
        return ["node", self._modules / "@11ty" / "eleventy" / "cmd.cjs", "--quiet"]

    def versions(self) -> dict[str, str]:
        """Return the versions of it, its plugin and Node."""
        plugin = self._modules / "@11ty" / "eleventy-plugin-rss" / "package.json"
        return {
            "Eleventy": said_by([*self.command()[:2], "--version"], ADVICE),
            "its RSS plugin": said_by(["node", "-p", f"require('{plugin}').version"], ADVICE),
            "Node": said_by(["node", "--version"], ADVICE).removeprefix("v"),
        }

    def set_up(self) -> None:
        """Copy the site, with what it imports beside it."""
        super().set_up()
        shutil.copytree(SITES / "eleventy", self.folder, dirs_exist_ok=True)
        (self.folder / "node_modules").symlink_to(self._modules)


RIVALS: dict[str, type[Tool]] = {"hugo": Hugo, "pelican": Pelican, "eleventy": Eleventy}
"""Its name on the command line → what it is."""
