"""The pages of months: what was new in a feed, by its titles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from markupsafe import Markup

from feeds.render.escape import escape_attribute, escape_text
from feeds.render.head import FeedHead
from feeds.render.page import follow_panel
from feeds.render.templating import lang_attributes, render, up_from
from feeds.render.wording import Wording, wording_of
from feeds.rules.site_layout import month_folder


def title_line(title: str, url: str, provider: str) -> str:
    """Return an entry as one ``<li>`` of the lists of months.

    The lists of many feeds have the same entry. So it is made once, and by no template.
    """
    link = f'<a href="{escape_attribute(url)}">{escape_text(title)}</a>'
    return f'<li>{link} <span class="quiet">{escape_text(provider)}</span></li>'


def render_month(head: FeedHead, days: Sequence[int], lines: Sequence[str]) -> bytes:
    """Return the page of a month of a feed.

    Args:
        head: the head of the feed, with the month and the months before and after it.
        days: the day of every entry (:meth:`datetime.date.toordinal`), newest first.
        lines: the entries (:func:`title_line`).
    """
    site = head.site
    say, folder = wording_of(site.language), month_folder(head.month or "")
    return render(
        "month.html",
        site,
        head.folder + folder,
        head=head,
        month=_month_name(say, head.month or ""),
        count=say("entries", len(lines)),
        follow=follow_panel(head, up_from(folder), with_readers=False),
        address=head.document(folder),
        titles=_by_day(days, lines, say, lang_attributes(say.language, site.language)),
        previous=_neighbour(say, folder, head.previous),
        following=_neighbour(say, folder, head.following),
    )


def _by_day(days: Sequence[int], lines: Sequence[str], say: Wording, words_lang: str) -> Markup:
    """Return the entries of a month in groups by day.

    A template that did this would take longer than everything else on the page.
    """
    parts: list[str] = []
    for ordinal, group in groupby(zip(days, lines, strict=True), key=itemgetter(0)):
        parts += (_day_heading(say, words_lang, ordinal), *map(itemgetter(1), group), "</ul>\n</section>")
    return Markup("\n".join(parts))  # noqa: S704 - escaped


@lru_cache(maxsize=16_384)
def _day_heading(say: Wording, words_lang: str, ordinal: int) -> str:
    """Return the beginning of the group of a day."""
    day = date.fromordinal(ordinal)
    time = f'<time datetime="{day.isoformat()}">{escape_text(say.day(day))}</time>'
    return f'<section>\n<h2 class="day"{words_lang}>{time}</h2>\n<ul class="links">'


def _neighbour(say: Wording, folder: str, month: str | None) -> tuple[str, str] | None:
    """Return the address of the page of another month of the feed, relative to `folder`, and its name."""
    if month is None:
        return None
    return up_from(folder) + month_folder(month), _month_name(say, month)


def _month_name(say: Wording, month: str) -> str:
    """Return a month for people."""
    return say.month(date.fromisoformat(f"{month}-01"))
