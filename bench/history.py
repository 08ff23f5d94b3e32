"""Generate the git history of a site: ``python -m bench.history REPOSITORY --commits 300``, for :mod:`bench.replay`.

Ten years of a small publisher: articles are written, corrected, dated anew, renamed, held back and deleted; a series
has the same title each week; and every few years everything moves to another folder, tool or domain. Each article has
its number in a field that feeds does not read. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.replay import TRUTH_FIELD

FOLDER = "content"
START = datetime(2016, 1, 4, 9, tzinfo=UTC)
YEARS = 10

_WORDS = (
    *("harbour", "lighthouse", "ferry", "tide", "wall", "gull", "boat", "sand", "path", "market", "bread", "station"),
    *("bridge", "river", "garden", "winter", "letter", "window", "teacher", "engine", "paper", "island", "kitchen"),
)
_TOPICS = ("Sea", "Town", "Food", "People", "C++")


@dataclass(frozen=True)
class Post:
    """An article of the history.

    Attributes:
        number: its number, for life.
        folder, name: its file.
        title, day, hour, topics, text: its fields; `hour` is None for a date without a time.
        url: its page, or None.
        draft: whether it is held back.
    """

    number: int
    folder: str
    name: str
    title: str
    day: datetime
    hour: int | None
    topics: tuple[str, ...]
    text: str
    url: str | None
    draft: bool = False

    @property
    def path(self) -> str:
        """The file, relative to the folder of articles."""
        return f"{self.folder}{self.name}.md"

    def content(self) -> str:
        """Return the text of the file."""
        date = self.day.date().isoformat() + ("" if self.hour is None else f"T{self.hour:02}:00:00Z")
        fields: dict[str, object] = {TRUTH_FIELD: self.number, "title": self.title, "date": date, "tags": self.topics}
        fields |= {"webUrl": self.url} if self.url is not None else {}
        fields |= {"draft": True} if self.draft else {}
        lines = [f"{name}: {json.dumps(value)}" for name, value in fields.items()]
        return "\n".join(["---", *lines, "---", self.text, ""])


class Publisher:
    """A publisher, and the articles that are there.

    Args:
        rng: the source of all decisions.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.posts: dict[int, Post] = {}
        self.deleted: list[Post] = []
        self.folder, self.has_times, self.site = "", False, "http://www.shore.example/"
        self._count = 0

    def work(self, day: datetime) -> None:
        """Do what a publisher does on a day: mostly write, often correct something, seldom move everything."""
        self.write(day)
        for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
            self.rng.choice((self.correct, self.rename, self.hold_back, self.delete, self.restore))()

    def write(self, day: datetime) -> None:
        """Write an article, or the next issue of the series."""
        self._count += 1
        words = " ".join(self.rng.sample(_WORDS, 3))
        is_issue = self._count % 7 == 0
        title = "Links of the week" if is_issue else f"{words.capitalize()} {self._count}"
        name = f"links-of-the-week-{self._count}" if is_issue else title.lower().replace(" ", "-")
        has_page = self._count % 3 == 0
        self.posts[self._count] = Post(
            self._count,
            self.folder,
            f"{day.date().isoformat()}-{name}" if self.rng.random() < 0.5 else name,
            title,
            day,
            9 if self.has_times else None,
            tuple(self.rng.sample(_TOPICS, 2)),
            " ".join(" ".join(self.rng.choices(_WORDS, k=9)).capitalize() + "." for _ in range(12)),
            f"{self.site}{day.year}/{name}.html" if has_page else None,
        )

    def change(self, edit: Callable[[Post], Post]) -> None:
        """Change one of the newest articles, unless it is held back."""
        number = self.rng.choice(list(self.posts)[-20:])
        if not self.posts[number].draft:
            self.posts[number] = edit(self.posts[number])

    def correct(self) -> None:
        """Correct the title, the text, the date or the topics of an article."""
        day = timedelta(days=self.rng.choice((-2, -1)))
        self.change(
            self.rng.choice(
                (
                    lambda post: replace(post, title=f"{post.title}, corrected"),
                    lambda post: replace(post, text=f"{post.text} Corrected."),
                    lambda post: replace(post, day=post.day + day),
                    lambda post: replace(post, topics=(*post.topics, "Corrections")),
                    lambda post: replace(post, topics=post.topics[:1]),
                )
            )
        )

    def rename(self) -> None:
        """Give an article another file, and with it another date or title."""
        day = timedelta(days=self.rng.choice((-2, -1)))
        self.change(
            self.rng.choice(
                (
                    lambda post: replace(post, name=f"{post.name}-new"),
                    lambda post: replace(post, name=f"{post.name}-new", day=post.day + day),
                    lambda post: replace(post, name=f"{post.name}-new", title=f"{post.title}, renamed"),
                )
            )
        )

    def hold_back(self) -> None:
        """Hold an article back, or publish one again."""
        held = [post for post in self.posts.values() if post.draft]
        if held and self.rng.random() < 0.5:
            self.posts[held[0].number] = replace(held[0], draft=False)
        else:
            self.change(lambda post: replace(post, draft=True))

    def delete(self) -> None:
        """Delete an article."""
        number = self.rng.choice(list(self.posts)[-20:])
        if len(self.posts) > 1:
            self.deleted.append(self.posts.pop(number))

    def restore(self) -> None:
        """Restore the article that was deleted last, where it was."""
        if self.deleted:
            post = self.deleted.pop()
            self.posts[post.number] = post

    def move(self, turn: int) -> None:
        """Move everything: into a folder, to https, to a tool with other names and times, to another domain."""
        if turn == 0:
            self.folder = "posts/"
            self.posts = {number: replace(post, folder=self.folder) for number, post in self.posts.items()}
        elif turn == 1:
            self._move_pages("https://www.shore.example/", ".html")
        elif turn == 2:
            self.has_times = True
            self.posts = {
                number: replace(post, folder=f"blog/{post.name}/", name="index", hour=10)
                for number, post in self.posts.items()
            }
        else:
            self._move_pages("https://tide.example/", "")

    def _move_pages(self, site: str, ending: str) -> None:
        for number, post in self.posts.items():
            if post.url is not None:
                path = post.url.removeprefix(self.site).removesuffix(".html")
                self.posts[number] = replace(post, url=f"{site}{path}{ending}")
        self.site = site


def write(repository: Path, commits: int, seed: int = 1) -> None:
    """Write a history into a new repository.

    Args:
        repository: the folder, which must not exist.
        commits: how many commits it gets.
        seed: the seed of all decisions.
    """
    publisher = Publisher(random.Random(seed))  # noqa: S311 - no secret depends on it
    repository.mkdir(parents=True)
    _git(repository, START, "init", "--quiet")
    for number in range(commits):
        day = START + timedelta(days=365 * YEARS * number // commits)
        publisher.work(day)
        if number and number % max(1, commits // 5) == 0:
            publisher.move(number // max(1, commits // 5) - 1)
        shutil.rmtree(repository / FOLDER, ignore_errors=True)
        for post in publisher.posts.values():
            path = repository / FOLDER / post.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(post.content(), "utf-8")
        _git(repository, day, "add", "--all")
        _git(repository, day, "commit", "--quiet", "--allow-empty", "--message", f"Day {number + 1}")


def _git(repository: Path, day: datetime, *words: str) -> None:
    who = {"NAME": "Generated", "EMAIL": "generated@shore.example", "DATE": day.isoformat()}
    environ = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in who.items()}
    command = ["git", "-C", str(repository), *words]
    subprocess.run(command, check=True, env=os.environ | environ)  # noqa: S603 - fixed words


def main() -> None:
    """Write a history."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__.split("\n", 1)[0])
    parser.add_argument("repository", type=Path, help="a folder that does not exist")
    parser.add_argument("--commits", type=int, default=300, metavar="N", help="[300]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="[1]")
    given = parser.parse_args()
    write(given.repository, given.commits, given.seed)


if __name__ == "__main__":
    main()
