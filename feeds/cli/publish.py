"""The commands that publish a site: init, build and serve."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from feeds.cli import options
from feeds.cli.exit_codes import exit_with_finding
from feeds.cli.output import say, say_counts, say_problems, say_reductions, short_path
from feeds.cli.progress_bar import progress_bar
from feeds.errors import UsageError
from feeds.pipeline import publish
from feeds.pipeline.publish import Report
from feeds.settings import loader
from feeds.settings.site import Site
from feeds.system.progress import Stage, process_age, stage_table


@click.command(short_help="Write a feeds.toml with every setting explained.")
def init() -> None:
    """Write a feeds.toml in the current folder, with every setting explained.

    Example: feeds init
    """
    path = Path(loader.SETTINGS_FILE)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(loader.settings_template())
    except FileExistsError as error:
        raise UsageError("it is there already; delete it to start anew", path) from error
    except OSError as error:
        raise UsageError(f"it can't be written ({error.strerror})", path) from error
    say(f"wrote {path}: every setting with its default, commented out")
    ignored = Path(".gitignore").read_text("utf-8", "replace").split() if Path(".gitignore").is_file() else []
    if Path(".git").exists() and (missing := [line for line in (".feeds/", "public/") if line not in ignored]):
        say(f"lines for .gitignore, since builds write these folders: {' '.join(missing)}")


@click.command(short_help="Publish the corpus: a snapshot to serve, and static files.")
@options.site_options
@click.option(
    "--output",
    cls=options.SettingOption,
    metavar="DIR",
    show_default="public",
    help='The folder for static files; "" writes none.',
)
@click.option(
    "--precompress",
    cls=options.SettingOption,
    is_flag=True,
    default=None,
    help="Also write each static file as .gz, .br and .zst.",
)
@options.build_options
@click.option(
    "--previous",
    cls=options.SettingOption,
    metavar="DIR|URL",
    help="The folder or address where the site was published last; a newer memory is taken from there.",
)
@click.option("--first", is_flag=True, help="Nothing was published yet: a missing or damaged memory is no error.")
@options.json_option
@click.option("--profile", is_flag=True, help="Print how many seconds each stage of the build took.")
def build(
    corpus: str | None,
    strict: bool,
    jobs: int | None,
    accept_loss: bool,
    force: bool,
    first: bool,
    as_json: bool,
    profile: bool,
    **settings: Any,
) -> None:
    """Publish the corpus: the snapshot that is served, and static files.

    Only what has changed since the build before is done again. A file with a problem does not stop the build.

    Example: feeds build articles --output public --base-url https://example.org/

    Example: feeds build articles --profile

    Example: feeds build articles --base-url https://example.org/ --previous https://example.org/
    """
    site = loader.load_site(corpus, **settings)
    start = Stage("start", 0, process_age())
    report = _build(site, jobs=jobs, force=force, accept_loss=accept_loss, first=first)
    report = dataclasses.replace(report, stages=(start, *report.stages))
    if as_json:
        from feeds.cli import json_output
        from feeds.cli.spool import print_json

        print_json(json_output.build_output(report, site))
    say_counts(report.counts, report.passed_over, site)
    say(
        f"{report.entries} entries in {report.feeds} feeds, {report.documents} documents;"
        f" {report.changed} changed or removed"
    )
    say_reductions(report.reductions)
    if site.output_path is not None:
        say(f"static files in {short_path(site.output_path)}: {report.written} written")
    if not site.base_url:
        say(f"addresses in the feeds start with {site.address}; set base_url before you publish")
    say_problems(report)
    if profile:
        for line in stage_table(report.stages).splitlines():
            say(line)
    if strict and report.losses:
        exit_with_finding()


@click.command(short_help="Build, serve, and build again whenever the corpus changes.")
@options.site_options
@click.option("--output", metavar="DIR", help="Also write static files to this folder, at every change.")
@options.build_options
@options.server_options
@click.option("--no-watch", is_flag=True, help="Build once, and do not build again when the corpus changes.")
def serve(
    corpus: str | None,
    strict: bool,
    jobs: int | None,
    accept_loss: bool,
    force: bool,
    host: str | None,
    port: int | None,
    workers: int,
    unix_socket: str | None,
    no_watch: bool,
    output: str | None,
    **settings: Any,
) -> None:
    """Build, serve, and build again whenever the corpus changes.

    Example: feeds serve articles --port 8000

    Example: feeds serve articles --unix-socket feeds.sock --access-log access.log
    """
    if unix_socket is not None and (host is not None or port is not None):
        raise UsageError("either --unix-socket, or --host and --port", unix_socket)
    from feeds.pipeline.watch import Rebuild, watch_corpus
    from feeds.web import server  # only this command has to load the web server

    socket = Path(unix_socket).absolute() if unix_socket is not None else None
    listen = server.ListenAddress(host or options.DEFAULT_HOST, port or options.DEFAULT_PORT, workers, socket)
    state: str | None = None  # the state folder of the workers, once they have started

    def load() -> Site:
        site = loader.load_site(corpus, output=output or "", **settings)
        site = server.with_listening_address(site, listen)
        return dataclasses.replace(site, state=state) if state is not None else site

    site = load()
    if not loader.load_site(corpus, **settings).base_url:
        say(f"addresses in the feeds start with {site.address}; set base_url if it is reached by another")
    # load() runs again before each build. A feeds.toml that was written meanwhile may change every setting but these
    # two: the workers look into this state folder, and this corpus is watched, until the server stops.
    corpus, state = site.corpus, site.state
    if site.source is not None:
        # With the corpus as an argument, another file could be found: one in the corpus itself.
        settings["config"] = str(site.source)
    first = _build(site, jobs=jobs, force=force, accept_loss=accept_loss)
    say_counts(first.counts, first.passed_over, site)
    say_problems(first)
    if strict and first.losses:
        exit_with_finding()
    rebuild = Rebuild(load, lambda site, only: _build(site, jobs=jobs, only=only))
    watch = functools.partial(watch_corpus, site, rebuild, first, say)
    greeting = f"{first.entries} entries in {first.feeds} feeds"
    server.run_server(site, listen, greeting, say, watch if not no_watch else None)


@click.command(short_help="Erase what the memory has of an entry that was withdrawn.")
@click.argument("entry", help="The id of the entry, or the address of its page.")
@options.site_options
@click.option(
    "--output", cls=options.SettingOption, metavar="DIR", show_default="public", help="The folder for static files."
)
def forget(entry: str, corpus: str | None, **settings: Any) -> None:
    """Erase what the memory has of an entry that was deleted or held back, and publish.

    The memory keeps digests of what was withdrawn, so that it is not delivered again when it comes back. Afterwards
    nobody can find out from the memory that the entry was ever published. Copies of the memory elsewhere stay.

    Example: feeds forget https://example.org/a-mistake/ articles
    """
    site = loader.load_site(corpus, **settings)
    _build(site, jobs=None, forget=entry)
    say(f"nothing is remembered of {entry} any more")


def _build(
    site: Site,
    *,
    jobs: int | None,
    force: bool = False,
    only: Collection[str] | None = None,
    accept_loss: bool = False,
    first: bool = False,
    forget: str | None = None,
) -> Report:
    """Build `site` as it is now, with a progress bar; see :func:`feeds.pipeline.publish.build`."""
    jobs = jobs or os.cpu_count() or 1
    with progress_bar() as bar:
        return publish.build(
            site,
            datetime.now(UTC),
            jobs=jobs,
            force=force,
            only=only,
            accept_loss=accept_loss,
            first=first,
            forget=forget,
            progress=bar,
        )
