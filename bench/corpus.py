"""Write a made-up corpus in the shape of real ones: ``python -m bench.corpus FOLDER --articles 10000``.

What is like the real articles that it was modelled on: front matter of about 12 kB with 5 to 23 related links, most of
them with excerpt, provider, image, AMP address and quality; links that several articles share; a few topics and
providers that most articles have, and many that few have; an opaque ``secured`` field. Every name in it is made up.

An article depends on its number alone, so that two corpora of different size agree in what they share, on any
machine. Its date does as well: four articles a day, the last one at the end of 2025.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LAST = datetime(2025, 12, 31, 22, tzinfo=UTC)
PER_DAY = 4
TOPICS = 400
PROVIDERS = 600
SHARED = 0.35
"""Which part of the related links other articles have as well."""

NEIGHBOURS = 40
"""How many articles share a pool of such links."""

_QUOTED = ("title", "excerpt", "webUrl", "ampWebUrl", "cdnAmpWebUrl", "originalUrl", "url", "secured")

WORDS = (  # noqa: SIM905
    "the a of to in and for with from by on at as is are was will new first large small early open public private cloud"
    " chip model data network service market quarter product partner customer research engine system platform memory"
    " power speed cost price growth share report plan deal launch release update review study test result answer"
    " question problem change future world team group company office city country school garden river bridge road"
    " winter summer morning evening green blue silver golden quiet strong gentle rapid steady clever simple modern"
    " measures builds offers shows expects finds keeps opens brings moves turns holds starts reaches doubles halves"
).split()


def article(number: int) -> str:
    """Return the text of the article with this number."""
    chance = random.Random(f"article {number}")  # noqa: S311 - it shall be the same each time
    date = LAST - timedelta(hours=24 / PER_DAY) * number
    fields = _link(chance, f"own-{number}", date)
    fields["category"] = chance.choice(["news", "news", "news", "opinion", "video"])
    fields["heat"] = chance.randint(-1, 300)
    fields["published"] = True
    fields["topics"] = sorted({f"Topic {_skewed(chance, TOPICS)}" for _ in range(chance.randint(1, 5))})
    fields["related"] = [_related(chance, number, place, date) for place in range(chance.randint(5, 23))]
    fields["secured"] = base64.b64encode(chance.randbytes(chance.randint(300, 900))).decode()
    return "\n".join(["---", *_lines(fields), "---", ""])


def path(number: int) -> str:
    """Return where the article with this number stands in the corpus."""
    return f"{number // 1000:04}/{number:07}.md"


def write(folder: Path, articles: int) -> None:
    """Write a corpus of so many articles to `folder`."""
    for number in range(articles):
        target = folder / path(number)
        if number % 1000 == 0:
            target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(article(number), "utf-8")


def _related(chance: random.Random, number: int, place: int, date: datetime) -> dict[str, Any]:
    if chance.random() < SHARED:
        page = f"shared-{number // NEIGHBOURS}-{chance.randrange(NEIGHBOURS * 3)}"
        about = random.Random(page)  # noqa: S311 - it shall be the same each time
        return _link(about, page, LAST - timedelta(hours=24 / PER_DAY) * (number // NEIGHBOURS * NEIGHBOURS))
    return _link(chance, f"related-{number}-{place}", date)


def _link(chance: random.Random, page: str, date: datetime) -> dict[str, Any]:
    provider = _skewed(chance, PROVIDERS)
    site = f"https://www.news{provider}.example"
    title = _text(chance, 6, 14)
    published = date + timedelta(minutes=chance.randint(-2000, 300))
    found: dict[str, Any] = {
        "title": title.capitalize(),
        "excerpt": _text(chance, 30, 60).capitalize() + " ...",
        "publishedDateTime": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "webUrl": f"{site}/{published.year}/{page}/{'-'.join(title.split()[:7])}/",
        "type": "article",
        "provider": {"name": f"News {provider}", "domain": f"news{provider}.example"},
        "quality": chance.randint(20, 110),
    }
    if chance.random() < 0.5:
        found["ampWebUrl"] = f"{found['webUrl']}?amp"
        found["cdnAmpWebUrl"] = f"https://www-news{provider}-example.cdn.example/c/s/{page}/amp/"
    if chance.random() < 0.2:
        found["originalUrl"] = f"{found['webUrl']}?utm_source=bench"
    if chance.random() < 0.7:
        width = chance.choice([300, 608, 894, 1200, 1400])
        image = {"url": f"{site}/images/{page}.jpg", "width": width, "height": width * 2 // 3, "isCached": True}
        found["images"] = [image]
    return found


def _lines(fields: dict[str, Any]) -> list[str]:
    """Return fields as YAML people write them: blocks, a line for each value."""
    lines: list[str] = []
    for name, value in fields.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *(f"  {line}" for line in _lines(value))]
        elif isinstance(value, list):
            lines.append(f"{name}:")
            for each in value:
                block = _lines(each) if isinstance(each, dict) else [str(each)]
                lines += [f"  {'- ' if place == 0 else '  '}{line}" for place, line in enumerate(block)]
        elif isinstance(value, str) and name in _QUOTED:
            lines.append(f"{name}: {json.dumps(value)}")
        else:
            lines.append(f"{name}: {str(value).lower() if isinstance(value, bool) else value}")
    return lines


def _skewed(chance: random.Random, count: int) -> int:
    """Return a number below `count`: small ones often, large ones rarely."""
    return min(count - 1, int(chance.paretovariate(0.7)) - 1)


def _text(chance: random.Random, least: int, most: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))


def main() -> None:
    """Write a corpus where the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=10_000, metavar="N", help="100 to 1000000")
    given = parser.parse_args()
    if not 1 <= given.articles <= 1_000_000:
        parser.error("--articles should be 100 to 1000000")
    if given.folder.exists() and any(given.folder.iterdir()):
        parser.error(f"{given.folder} is not empty")
    write(given.folder, given.articles)
    print(f"{given.articles} articles in {given.folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
