"""The text that commands print: lines for people, and annotations for continuous integration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from feeds.model import Counts, HeldBack, Problem, Reductions
from feeds.rules.file_patterns import PassedOverCount
from feeds.rules.problems import EXAMPLES, more_line, problem_lines
from feeds.rules.text import printable
from feeds.rules.times import rfc3339
from feeds.settings.site import Site

if TYPE_CHECKING:
    from feeds.pipeline.diff import FeedDifference
    from feeds.pipeline.explain import ListedEntry
    from feeds.pipeline.publish import Report


def say(text: str) -> None:
    """Print a line for people on standard error: standard output is for results."""
    click.echo(printable(text), err=True)


def say_lines(lines: Iterable[str]) -> None:
    """Print results on standard output, one a line."""
    for line in lines:
        click.echo(printable(line))


def say_counts(counts: Counts, passed_over: Sequence[PassedOverCount], site: Site) -> None:
    """Print what happened to the files of the corpus, and the option that publishes the unpublished ones."""
    say(
        f"{counts.files} files: {counts.published} published, {counts.unpublished} unpublished,"
        f" {counts.future} in the future, {counts.expired} expired, {counts.problems} lost to problems"
    )
    if counts.unpublished and not site.include_unpublished:
        say("--include-unpublished publishes published: false and draft: true; no option publishes other marks")
    if passed_over:
        reasons = "; ".join(map(str, passed_over))
        say(f"{sum(it.files for it in passed_over)} passed over (feeds check --files names them): {reasons}")


def say_reductions(reductions: Reductions) -> None:
    """Print what feeds leave out to stay readable, and which setting decides it."""
    if reductions.short_entries:
        say(f"{reductions.short_entries} entries with a long text are shown in short form (entry_max_bytes)")
    if reductions.cut_feeds:
        say(f"{reductions.cut_feeds} feeds show fewer entries because of their size (max_bytes); feeds list names them")


def held_back_line(article: HeldBack) -> str:
    """Return the line that `feeds check` prints for an article that is not published."""
    if article.due is None:
        return f"{article.path}: {article.state} ({article.mark})"
    return (
        f"{article.path}: {article.state} ({'from' if article.state == 'future' else 'since'} {rfc3339(article.due)})"
    )


def say_problems(report: Report) -> None:
    """Print the problems of a build, by kind, and its notes."""
    for line in (*problem_lines(report.problems), *report.notes):
        say(line)


def held_back_lines(articles: Iterable[HeldBack], counts: Counts) -> Iterator[str]:
    """Yield the lines that `feeds check` prints for articles that are not published: some of every state.

    Args:
        articles: the articles, by path; they are read once.
        counts: the numbers of files.
    """
    examples: dict[str, list[HeldBack]] = {state: [] for state in ("unpublished", "future", "expired")}
    for article in articles:
        if len(examples[article.state]) < EXAMPLES:
            examples[article.state].append(article)
    for (state, some), count in zip(examples.items(), (counts.unpublished, counts.future, counts.expired), strict=True):
        yield from map(held_back_line, some)
        if count > len(some):
            yield more_line(count - len(some), f"of state {state}")


def feed_line(feed: Mapping[str, Any]) -> str:
    """Return a feed as `feeds list` prints it.

    Args:
        feed: a row of :func:`feeds.pipeline.explain.list_feeds`.
    """
    newest = (feed["newest"] or "")[:10]
    line = f"{feed['kind']:<9} {feed['entries']:>6} {newest:<10}  {feed['name']}  {feed['address']}"
    return f"{line}{_extent(feed)}"


def _extent(feed: Mapping[str, Any]) -> str:
    """Return how many entries a feed shows, in brackets; empty if it shows all of them, or if that is not known."""
    if feed["shown"] is None:
        return ""
    facts = [f"shows {feed['shown']}"] if feed["shown"] != feed["entries"] else []
    facts += [f"{feed['short']} in short form"] if feed["short"] else []
    facts += [f"{feed['beyond_limit']} beyond its limit"] if feed["beyond_limit"] else []
    facts += [f"{feed['beyond_size']} beyond its size"] if feed["beyond_size"] else []
    return f"  ({', '.join(facts)})" if facts else ""


def entry_line(entry: ListedEntry) -> str:
    """Return an entry as `feeds list --entries` prints it."""
    return f"{entry.published:%Y-%m-%d}  {entry.provider.name}  {entry.title}  {entry.uri}"


def file_lines(file: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that `feeds show` prints for a file, without those for its entry.

    Args:
        file: the explanation of :func:`feeds.pipeline.explain.explain_file`.
    """
    path = file["path"]
    yield state_line(file)
    if file["speaker"] not in (None, path):
        yield f"  is one entry with {file['speaker']}, which gives the entry its title and text"
    yield from map(str, file["problems"])


def state_line(file: Mapping[str, Any]) -> str:
    """Return what became of a file, in one line.

    Args:
        file: a row of :func:`feeds.pipeline.explain.list_files`, or the explanation of a file.
    """
    from feeds.pipeline.explain import NOT_READ  # `feeds build` uses this module, and needs no explanation

    path, state, reason = file["path"], file["state"], file["reason"]
    if state == NOT_READ:
        return f"{path}: not read: {reason}"
    if state == "lost":
        return f"{path}: lost to a problem{f': {reason}' if reason else ''}"
    if state == "published":
        return f"{path}: published"
    return held_back_line(HeldBack(path, state, file["mark"], file["due"]))


def entry_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that `feeds show` prints.

    Args:
        entry: the explanation of :func:`feeds.pipeline.explain.explain_entry`.
    """
    yield entry["title"]
    yield f"  id         {entry['id']}"
    yield f"  address    {entry['url']}"
    if entry["kept_id"]:
        yield f"             kept as it was published; it would be {entry['computed_id']} now"
    yield f"  published  {entry['published']}, updated {entry['updated']}, by {entry['provider']['name']}"
    yield "  mentioned in"
    for mention in entry["mentions"]:
        role = "as its own" if mention["role"] == "article" else "as related"
        mark = ", represents the entry" if mention["representative"] else ""
        yield f"    {mention['path']} {role}, {mention['published']}, {mention['url']}{mark}"
    if entry["excerpt_only"]:
        yield "  feeds show its excerpt: its text is longer than entry_max_bytes"
    yield "  in the feeds" if entry["selected"] else "  in no feed: the settings leave it out"
    for feed in entry["feeds"]:
        yield f"    {feed['address']}  because {feed['because']}{_extent(feed['extent'])}"


def difference_lines(feed: FeedDifference, site: Site) -> Iterator[str]:
    """Yield the lines that `feeds diff` prints for one feed."""
    yield f"{site.address}{feed.folder}  {feed.title}: {feed.fate}"
    lists = (feed.new, feed.changed, feed.recognised, feed.reidentified, feed.removed)
    for sign, entries in zip("+~=!-", lists, strict=True):
        for entry in entries:
            more = f"  ({', '.join(entry.fields)})" if entry.fields else ""
            more = f"  (known as {entry.old_id})" if entry.old_id is not None else more
            yield f"  {sign} {entry.title}  {entry.id}{more}"


def annotation(problem: Problem, path: str, column: int | None = None) -> str:
    """Return `problem` as a workflow command of GitHub, which shows it beside the line of the file.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions has a command for every severity.

    Args:
        problem: the problem.
        path: its file, relative to the current folder, or the address of a document.
        column: the column in the line, if it is known.
    """
    text = f"{problem.field + ': ' if problem.field else ''}{problem.reason}; {problem.advice}"
    place = f"file={_escaped(path, ',:')},line={problem.line}{f',col={column}' if column is not None else ''}"
    return f"::{problem.severity} {place}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """Return `text` without characters that could end a workflow command: line breaks, %, and the ones in `more`."""
    return "".join(f"%{ord(character):02X}" if character in "%\r\n" + more else character for character in text)


def short_path(path: Path) -> str:
    """Return `path` relative to the current folder where it is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
