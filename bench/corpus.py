"""Generate a corpus that resembles real ones: ``python -m bench.corpus FOLDER --articles 10000``.

The articles have these properties of real ones: front matter of about 12 kB with 5 to 23 related links, most of them
with excerpt, provider, image, AMP address and quality; links that several articles share; a few topics and providers
that most articles have, and many that few have; an opaque ``secured`` field. All names are invented.

An article, its date included, depends on its number and on the sharing alone. So corpora of different sizes have the
same articles where their numbers are the same, on any machine. There are four articles a day, the last one at the end
of 2025.

The sharing (``--sharing``) decides which articles link to the same pages. The link to a shared page is the same in all
articles that mention the page. The fields of an article before its related links do not depend on the sharing.

near
    40 articles that follow one another draw 35 % of their related links from 120 pages of their own. All mentions of a
    page are in one folder. A page has 2 mentions on average.

wide
    Articles draw 30 % of their related links from pages whose mentions are far apart: article n draws from the pages
    n/6 to 2n/3, so page p has mentions in the articles from about 3p/2 to 6p. The number of mentions of a page hardly
    depends on the size of the corpus. Measured, over all pages with a mention:

    ===================================================  =====  ======  =======
    articles                                             1,000  10,000  100,000
    ===================================================  =====  ======  =======
    pages                                                  596   5,967   59,483
    articles that mention a page, on average               6.7     7.0      7.0
    5 % of the pages have at most                            1       1        1
    half of the pages have at most                           6       6        6
    95 % of the pages have at most                          14      15       15
    the largest number is                                   18      24       27
    pages with one mention                                11 %    11 %     11 %
    pages with 3 to 12                                    69 %    66 %     66 %
    folders with mentions (pages with two or more)           1     3.5      6.7
    distance between first and last mention, median        307   2,973   30,394
    distance between a mention and the next, median         30     265    2,634
    ===================================================  =====  ======  =======

    A corpus of 1,000 articles is one folder. The pages with one mention are mostly pages that a larger corpus mentions
    again.

popular
    Like wide, with 20 popular pages in addition: an article mentions page ``popular-k`` with a chance of 1/2**k. All
    articles mention page 0, half of them mention page 1, a quarter page 2, and so on. Measured with 100,000 articles:
    100,000, 50,105, 24,783, 12,529, 6,366, and in the end 2, 2, 2, 0, 0 mentions. The popular links take the places of
    links that an article shares with no other; less than one article of 100 has too few of them, and more links
    therefore.

The published figures (``docs/benchmarks.md``) are measured with all three.
"""

from __future__ import annotations

import argparse
import base64
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

LAST = datetime(2025, 12, 31, 22, tzinfo=UTC)
PER_DAY = 4
TOPICS = 400
PROVIDERS = 600

IN_FOLDER = 1_000
"""Number of articles in a folder."""

SAID_EVERY = 50_000
"""Number of articles after which progress is said."""


class Sharing(StrEnum):
    """A rule that decides which articles link to the same pages."""

    NEAR = "near"
    WIDE = "wide"
    POPULAR = "popular"


SHARED = {Sharing.NEAR: 0.35, Sharing.WIDE: 0.3, Sharing.POPULAR: 0.3}
"""The share of related links that are drawn from pages that several articles link to."""

NEIGHBOURS = 40
"""With near sharing: the number of articles that draw from one pool of pages."""

POPULAR = 20
"""With popular sharing: the number of popular pages."""

_QUOTED = ("title", "excerpt", "webUrl", "ampWebUrl", "cdnAmpWebUrl", "originalUrl", "url", "secured")

WORDS = (  # noqa: SIM905
    "the a of to in and for with from by on at as is are was will new first large small early open public private cloud"
    " chip model data network service market quarter product partner customer research engine system platform memory"
    " power speed cost price growth share report plan deal launch release update review study test result answer"
    " question problem change future world team group company office city country school garden river bridge road"
    " winter summer morning evening green blue silver golden quiet strong gentle rapid steady clever simple modern"
    " measures builds offers shows expects finds keeps opens brings moves turns holds starts reaches doubles halves"
).split()


def article(number: int, sharing: Sharing = Sharing.NEAR) -> str:
    """Return the text of the article with this number."""
    chance = random.Random(f"article {number}")  # noqa: S311 - a seed, so that every call returns the same
    date = LAST - timedelta(hours=24 / PER_DAY) * number
    fields = _link(chance, f"own-{number}", date)
    fields["category"] = chance.choice(["news", "news", "news", "opinion", "video"])
    fields["heat"] = chance.randint(-1, 300)
    fields["published"] = True
    fields["topics"] = sorted({f"Topic {_skewed(chance, TOPICS)}" for _ in range(chance.randint(1, 5))})
    fields["related"] = _related(chance, number, date, sharing)
    fields["secured"] = base64.b64encode(chance.randbytes(chance.randint(300, 900))).decode()
    return "\n".join(["---", *_lines(fields), "---", ""])


def path(number: int) -> str:
    """Return the path in the corpus of the article with this number."""
    return f"{number // IN_FOLDER:04}/{number:07}.md"


def write(folder: Path, articles: int, sharing: Sharing = Sharing.NEAR) -> None:
    """Write the articles 0 to `articles` - 1 to `folder`."""
    generate(articles, sharing, partial(_write_into, folder))


def generate(articles: int, sharing: Sharing, receive: Callable[[str, str], object]) -> None:
    """Generate the articles 0 to `articles` - 1, and say from time to time how many there are.

    Args:
        articles: number of articles.
        sharing: which articles link to the same pages.
        receive: called with the path and the text of an article. If there is more than one folder of articles, it is
            called in other processes, a folder at a time, and must be a function or method that can be pickled.
    """
    parts = [range(first, min(first + IN_FOLDER, articles)) for first in range(0, articles, IN_FOLDER)]
    generate_part = partial(_generate_part, sharing, receive)
    if len(parts) == 1:  # faster than to start processes
        generate_part(parts[0])
        return
    # Processes that are forked all end here. The other kinds leave a helper process, which would be measured as well.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as pool:
        for part, _ in zip(parts, pool.map(generate_part, parts), strict=True):
            if part.stop % SAID_EVERY == 0 and part.stop < articles:
                say(f"{part.stop:,} of {articles:,} articles written")


def _generate_part(sharing: Sharing, receive: Callable[[str, str], object], numbers: range) -> None:
    for number in numbers:
        receive(path(number), article(number, sharing))


def write_file(target: Path, text: str) -> None:
    """Write a file, and its folders if there are none."""
    try:
        target.write_text(text, "utf-8")
    except FileNotFoundError:  # once for a folder; to look for it before every file would take longer
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


def _write_into(folder: Path, name: str, text: str) -> None:
    write_file(folder / name, text)


def say(message: str) -> None:
    """Print a progress message with the time of day to standard error."""
    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)


def add_sharing_option(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--sharing`` to a command line. Its value is the text of a :class:`Sharing`."""
    parser.add_argument(
        "--sharing",
        choices=[str(sharing) for sharing in Sharing],
        default=str(Sharing.NEAR),
        help="which articles link to the same pages. near: articles with neighbouring numbers, in one folder."
        " wide: 2 to 20 articles that are far apart, in different folders. popular: like wide, with 20 more pages that"
        " all, half, a quarter, ... of the articles link to. [near]",
    )


def _related(chance: random.Random, number: int, date: datetime, sharing: Sharing) -> list[dict[str, Any]]:
    """Return the related links of an article.

    A link to a popular page replaces a link that the article shares with no other. So the other shared links are the
    same as with wide sharing. If there are too few links to replace, the remaining popular pages come last.
    """
    popular = _popular(number) if sharing is Sharing.POPULAR else []
    links: list[dict[str, Any]] = []
    for position in range(chance.randint(5, 23)):
        if chance.random() < SHARED[sharing]:
            links.append(_near(chance, number) if sharing is Sharing.NEAR else _wide(chance, number))
        else:
            # Generated even when a popular page replaces it: the generator must advance as with wide sharing.
            own = _link(chance, f"related-{number}-{position}", date)
            links.append(popular.pop() if popular else own)
    return links + popular


def _near(chance: random.Random, number: int) -> dict[str, Any]:
    """Return a link to a page of the pool from which 40 articles draw."""
    first = number // NEIGHBOURS * NEIGHBOURS
    return _shared(f"shared-{number // NEIGHBOURS}-{chance.randrange(NEIGHBOURS * 3)}", first)


def _wide(chance: random.Random, number: int) -> dict[str, Any]:
    """Return a link to a page whose mentions are far apart.

    Both bounds of the pool grow with the number of the article. A page enters the pool, is drawn more and more rarely
    while the pool grows, and leaves it. This limits its mentions. The 8 additional pages are for the first articles,
    whose pool would be too small.
    """
    number = abs(number)
    page = chance.randrange(number // 6, number * 2 // 3 + 8)
    return _shared(f"wide-{page}", page * 3 // 2)


def _popular(number: int) -> list[dict[str, Any]]:
    """Return links to the popular pages that this article mentions: to page k with a chance of 1/2**k."""
    chance = random.Random(f"popular {number}")  # noqa: S311 - a seed, so that every call returns the same
    return [_shared(f"popular-{page}", 0) for page in range(POPULAR) if chance.random() < 0.5**page]


@lru_cache(2_000)  # near neighbours, and popular pages
def _shared(page: str, first: int) -> dict[str, Any]:
    """Return the link to a page, the same for all articles. The page is about as old as the article `first`."""
    chance = random.Random(page)  # noqa: S311 - a seed, so that every call returns the same
    return _link(chance, page, LAST - timedelta(hours=24 / PER_DAY) * first)


def _link(chance: random.Random, page: str, date: datetime) -> dict[str, Any]:
    provider = _skewed(chance, PROVIDERS)
    site = f"https://www.news{provider}.example"
    title = _text(chance, 6, 14)
    published = date + timedelta(minutes=chance.randint(-2000, 300))
    link: dict[str, Any] = {
        "title": title.capitalize(),
        "excerpt": _text(chance, 30, 60).capitalize() + " ...",
        "publishedDateTime": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "webUrl": f"{site}/{published.year}/{page}/{'-'.join(title.split()[:7])}/",
        "type": "article",
        "provider": {"name": f"News {provider}", "domain": f"news{provider}.example"},
        "quality": chance.randint(20, 110),
    }
    if chance.random() < 0.5:
        link["ampWebUrl"] = f"{link['webUrl']}?amp"
        link["cdnAmpWebUrl"] = f"https://www-news{provider}-example.cdn.example/c/s/{page}/amp/"
    if chance.random() < 0.2:
        link["originalUrl"] = f"{link['webUrl']}?utm_source=bench"
    if chance.random() < 0.7:
        width = chance.choice([300, 608, 894, 1200, 1400])
        image = {"url": f"{site}/images/{page}.jpg", "width": width, "height": width * 2 // 3, "isCached": True}
        link["images"] = [image]
    return link


def _lines(fields: dict[str, Any]) -> list[str]:
    """Return fields as YAML in block style, one value on a line."""
    lines: list[str] = []
    for name, value in fields.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *(f"  {line}" for line in _lines(value))]
        elif isinstance(value, list):
            lines.append(f"{name}:")
            for item in value:
                block = _lines(item) if isinstance(item, dict) else [str(item)]
                lines += [f"  {'- ' if position == 0 else '  '}{line}" for position, line in enumerate(block)]
        elif isinstance(value, str) and name in _QUOTED:
            lines.append(f"{name}: {json.dumps(value)}")
        else:
            lines.append(f"{name}: {str(value).lower() if isinstance(value, bool) else value}")
    return lines


def _skewed(chance: random.Random, count: int) -> int:
    """Return a random number below `count`; small numbers are more frequent than large ones."""
    return min(count - 1, int(chance.paretovariate(0.7)) - 1)


def _text(chance: random.Random, min_words: int, max_words: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(min_words, max_words)))


def main() -> None:
    """Write the corpus that the command line describes."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=10_000, metavar="N", help="1 to 1000000 [10000]")
    add_sharing_option(parser)
    given = parser.parse_args()
    if not 1 <= given.articles <= 1_000_000:
        parser.error("--articles must be 1 to 1000000")
    if given.folder.exists() and any(given.folder.iterdir()):
        parser.error(f"{given.folder} is not empty")
    write(given.folder, given.articles, Sharing(given.sharing))
    say(f"{given.articles:,} articles in {given.folder}")


if __name__ == "__main__":
    main()
