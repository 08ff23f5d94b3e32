"""Which files of the corpus are no articles, and why: by their names, and by patterns of the settings.

Patterns have the syntax of ``.gitignore`` (https://git-scm.com/docs/gitignore#_pattern_format).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".md", ".markdown", ".txt", ".html")
"""The endings of the names of articles."""

MOST_ENDINGS = 5
"""The number of endings that a summary names."""


class Reason(StrEnum):
    """The reason why a file or folder is passed over."""

    HIDDEN = "hidden"
    ENDING = "ending"
    README = "readme"
    STATIC_TREE = "static_tree"
    LINK = "link"
    EXCLUDED = "excluded"
    NOT_LISTED = "not_listed"

    @property
    def text(self) -> str:
        """The reason as a clause that follows the path."""
        return _TEXTS[self]


_TEXTS = {
    Reason.HIDDEN: "its name, or that of a folder above it, starts with . or _",
    Reason.ENDING: f"its name ends with none of {', '.join(SUFFIXES)}",
    Reason.README: "README.md at the top of the corpus is no article",
    Reason.STATIC_TREE: "it is in a static tree that feeds wrote",
    Reason.LINK: "it is, or is in, a link to a folder: a file is read at its real path only",
    Reason.EXCLUDED: "a pattern in the setting exclude matches it",
    Reason.NOT_LISTED: "no pattern in the setting articles matches it",
}


class PassedOver(NamedTuple):
    """A file that is no article, or a folder without articles.

    Attributes:
        path: relative to the corpus, with forward slashes.
        reason: the reason.
    """

    path: str
    reason: Reason


class PassedOverCount(NamedTuple):
    """The number of files and folders that are passed over for one reason.

    Attributes:
        reason: the reason.
        files: the number.
        endings: for :attr:`Reason.ENDING`, the most frequent endings of their names.
    """

    reason: Reason
    files: int
    endings: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the count as a part of a sentence."""
        endings = f" ({', '.join(self.endings)})" if self.endings else ""
        return f"{self.files} × {self.reason.text}{endings}"


class FilePatterns:
    """The patterns of the settings. An instance without patterns is false.

    Args:
        articles: patterns of the only files that are articles; none for all files.
        exclude: patterns of files that are no articles, whatever `articles` says.

    Raises:
        ValueError: a pattern can't be understood.
    """

    def __init__(self, articles: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._articles = _compile(articles)
        self._exclude = _compile(exclude)
        # "_posts/**" says that these are articles, "**" says nothing about _drafts.
        self._underscored = _compile([pattern for pattern in articles if _has_underscore(pattern)])

    def __bool__(self) -> bool:
        return self._articles is not None or self._exclude is not None

    def hides(self, name: str) -> bool:
        """Tell whether a name says that a file, or all in a folder, is no article."""
        return name.startswith(".") or (name.startswith("_") and self._underscored is None)

    def reason_for(self, path: str) -> Reason | None:
        """Return why a file that is not hidden by :meth:`hides` is no article; None if it is one.

        Args:
            path: relative to the corpus, with forward slashes.
        """
        if self._underscored is not None and _has_underscore(path) and not self._underscored.match_file(path):
            return Reason.HIDDEN
        if self._articles is not None and not self._articles.match_file(path):
            return Reason.NOT_LISTED
        return Reason.EXCLUDED if self._exclude is not None and self._exclude.match_file(path) else None


def count_passed_over(passed: Iterable[PassedOver]) -> list[PassedOverCount]:
    """Return the numbers of files and folders that are passed over, by reason; the most frequent one first."""
    counts: Counter[Reason] = Counter()
    endings: defaultdict[Reason, Counter[str]] = defaultdict(Counter)
    for path, reason in passed:
        counts[reason] += 1
        if reason is Reason.ENDING and (ending := PurePosixPath(path).suffix.lower()):
            endings[reason][ending] += 1
    return [
        PassedOverCount(reason, files, tuple(_most_frequent(endings[reason])[:MOST_ENDINGS]))
        for reason, files in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _most_frequent(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _compile(patterns: Sequence[str]) -> GitIgnoreSpec | None:
    if not patterns:
        return None
    from pathspec import GitIgnoreSpec  # few sites have patterns

    return GitIgnoreSpec.from_lines(patterns)


def _has_underscore(path: str) -> bool:
    """Tell whether a part of a path starts with an underscore."""
    return path.startswith("_") or "/_" in path


NO_PATTERNS = FilePatterns()
"""No patterns: every file that has the name of an article is one."""
