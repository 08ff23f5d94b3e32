"""The corpora of the sites under test: the sample, one of hostile articles, and one with very many topics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.builders import NOW, article, link
from tests.paths import SEEDS

TOPIC_COUNT = 2000
TOPICS_OF_AN_ARTICLE = 40

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)> <b>bold</b> &amp; &lt;i&gt; ]]> </title>"
QUOTES = "\"Quotes\" 'of' `all` “kinds” «and» „more‟ \\ /"
LONG = "word " * 2000
UNBROKEN = "x" * 10_000
ARABIC = "الذكاء الاصطناعي في السحابة: شركة Microsoft (وغيرها) تعلن أسعار 2026!"
HEBREW = "בינה מלאכותית בענן, 50% יותר"
EMOJI = "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 e\u0301\u0301\u0301\u0301 ﷽ 𝕏 " + "Z\u0351\u036b\u0343\u032a\u0302" * 8
HAN = "人工智能雲端運算基礎設施" * 12

LONG_TOPIC = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
TOPICS_OF_ALL_SORTS = ["AI", MARKUP, QUOTES, ARABIC, EMOJI, HAN, LONG_TOPIC, "many words " * 18]

_WIDE_TABLE = "\n".join(
    [
        "|" + "|".join(f" column_{number} " for number in range(40)) + "|",
        "|" + "---|" * 40,
        *("|" + "|".join(f" {row * number} " for number in range(40)) + "|" for row in range(60)),
    ]
)

TEXT = f"""
## A heading {UNBROKEN[:300]}

A paragraph with `{UNBROKEN[:400]}` and <https://a.example/{UNBROKEN[:400]}> in it.

![A wide picture](https://pictures.example/wide.png)

<img src="https://pictures.example/fixed.png" width="4000" height="100" alt="Another one">

```
{"a line of code that is very long; " * 40}
```

{_WIDE_TABLE}

> > > > > > A quotation in quotations {UNBROKEN[:200]}

- one
  - two
    - three
      - four
        - five
          - six {UNBROKEN[:200]}

<table><tr><td>{UNBROKEN[:300]}</td><td><pre>{"wide " * 100}</pre></td></tr></table>

<p dir="rtl" lang="ar">{ARABIC}</p>

<dl><dt>A word</dt><dd>{LONG[:400]}</dd></dl>
"""


def sample() -> dict[str, str | bytes]:
    """Return the files of the sample corpus."""
    return {path.name: path.read_bytes() for path in SEEDS.glob("[!.]*.*")}


def hostile() -> dict[str, str | bytes]:
    """Return articles that are as wide, long and strange as a corpus may have them."""
    titles = {
        "markup": (MARKUP, ""),
        "quotes": (QUOTES, ""),
        "long": (LONG, ""),
        "unbroken": (UNBROKEN, ""),
        "arabic": (ARABIC, "ar"),
        "hebrew": (HEBREW, "he"),
        "emoji": (EMOJI, ""),
        "han": (HAN, "zh-Hant"),
    }
    files: dict[str, str | bytes] = {}
    for number, (name, (title, language)) in enumerate(titles.items()):
        given: dict[str, Any] = {"language": language} if language else {}
        shared: dict[str, Any] = {
            "excerpt": title,
            "topics": TOPICS_OF_ALL_SORTS,
            "category": title[:150],
            "authors": [title[:200], UNBROKEN[:200]],
            "images": [{"url": f"https://pictures.example/{name}.png?{UNBROKEN[:300]}", "width": 1600, "height": 90}],
        }
        related = [
            link(
                f"https://r{number}-{place}.example/",
                other[: 10_000 if number == 0 else 300],
                provider={"name": other[:200], "domain": "r.example"},
            )
            for place, (other, _) in enumerate(titles.values())
        ]
        day = f"2026-05-{number + 1:02}T10:00:00Z"
        provider = {"name": title[:200], "domain": f"{name}.example"}
        url = f"https://{name}.example/{UNBROKEN[:300]}"
        files[f"{name}.md"] = article(title, day, url=url, related=related, provider=provider, **shared, **given)
        files[f"{name}-text.md"] = article(f"{title} (text)", day, url=None, body=TEXT, **shared, **given)
    files["files.md"] = article(
        "With files",
        enclosures=[{"url": f"https://a.example/{UNBROKEN[:200]}.mp3", "type": "audio/mpeg", "duration": 360_000}],
        topics=["AI"],
    )
    return files


def many_topics() -> dict[str, str | bytes]:
    """Return articles with 2,000 topics in all; that of the highest number is in the newest article."""
    files: Mapping[str, str] = {
        f"{number:03}.md": article(
            f"Article {number} about a number of things that go on",
            (NOW - timedelta(days=60 - number)).isoformat(),
            url=f"https://a.example/{number}",
            excerpt="What an article says about itself, in one sentence of an ordinary length.",
            topics=[f"Topic {TOPICS_OF_AN_ARTICLE * number + place:04}" for place in range(TOPICS_OF_AN_ARTICLE)],
            category="news",
            images=[{"url": f"https://pictures.example/{number}.png", "width": 1600, "height": 900}],
        )
        for number in range(TOPIC_COUNT // TOPICS_OF_AN_ARTICLE)
    }
    return dict(files)
