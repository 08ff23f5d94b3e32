"""The pages of feeds and articles, for people: what is new, and how to follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import quote
from zlib import crc32

from markupsafe import Markup

from feeds.model import Enclosure, Entry, FeedLink, Kind, Link
from feeds.render.head import FeedHead
from feeds.render.templating import lang_attributes, render, render_text, up_from
from feeds.render.wording import Wording, wording_of
from feeds.rules.languages import is_right_to_left
from feeds.rules.pace import pace_of
from feeds.rules.site_layout import FEED_FORMATS, KIND_FOLDERS, feed_folder, month_folder
from feeds.rules.text import shorten
from feeds.rules.times import first_day, month_text, rfc3339
from feeds.settings.site import Site

MARK_COLORS = 8
"""The number of colours of the marks of providers in the style sheet."""

RELATED_SHOWN = 5
"""The number of related pages that stand below an entry; the others are folded."""

SUMMARY_LENGTH = 300
SUMMARY_LENGTH_ON_HOME = 160
"""The number of characters of an excerpt that a page shows."""

_MEDIA = {"audio": "audio", "video": "video", "image": "picture"}
_DOCUMENTS = {"pdf": "PDF", "epub+zip": "EPUB"}
_FOLDER_OF_FEEDS = feed_folder(Kind.TOPIC, "x")  # all pages with fragments are as deep as this


def render_entry(entry: Entry, site: Site) -> bytes:
    """Return `entry` as one ``<article>`` of the page of a feed. What it is related to is folded."""
    return _entry_markup(entry, site, _FOLDER_OF_FEEDS, entry.related, folded=True).encode()


def story_markup(entry: Entry, site: Site, related: Sequence[Link], *, brief: bool) -> Markup:
    """Return an article as one ``<article>`` of the first page.

    Args:
        entry: the article.
        site: the settings.
        related: the related pages to list below it.
        brief: whether it is a headline only.
    """
    return _entry_markup(entry, site, "", related, folded=False, brief=brief)


def _entry_markup(
    entry: Entry, site: Site, folder: str, related: Sequence[Link], *, folded: bool, brief: bool = False
) -> Markup:
    say = wording_of(site.language)
    values = values_of(entry, site, folder, day=False) | {
        "summary": shorten(entry.summary, SUMMARY_LENGTH if folded else SUMMARY_LENGTH_ON_HOME),
        "direction": "rtl" if is_right_to_left(entry.language) else "ltr",
        "say": say,
        "picture": entry.image if entry.image is not None and shows_picture(entry.image.url, site) else None,
        "coverage": _coverage(related, say, folded=folded),
        "folded": folded,
        "brief": brief,
    }
    markup = render_text("entry.html", site, values)
    return Markup(markup.rstrip())  # noqa: S704 - the template has escaped it


def shows_picture(url: str, site: Site) -> bool:
    """Tell whether pages show the picture at an address: pictures of other hosts only if the settings want them."""
    return site.remote_images or url.startswith(site.address)


def _coverage(
    related: Sequence[Link], say: Wording, *, folded: bool
) -> list[tuple[str, Sequence[Link], Sequence[Link]]]:
    """Return label, links and further links of the lists below an entry; the first page has one list.

    The label of a folded list says how long it is.
    """
    if not folded:
        lists = [(say("related"), related)]
    else:
        mentioned = [link for link in related if link.mentions]
        others = [link for link in related if not link.mentions]
        lists = [(say("mentioned", len(mentioned)), mentioned), (say("related_count", len(others)), others)]
    return [(label, links[:RELATED_SHOWN], links[RELATED_SHOWN:]) for label, links in lists if links]


def render_feed(head: FeedHead, fragments: Sequence[bytes]) -> bytes:
    """Return the page of a feed. `head.days` has the day of each fragment; a notice has none."""
    feed, site = head.feed, head.site
    markup = [Markup(fragment.decode()) for fragment in fragments]  # noqa: S704 - render_entry has escaped them
    return render(
        "feed.html",
        site,
        head.folder,
        head=head,
        follow=follow_panel(head) if feed.ended is None else None,
        facts=feed_facts(head),
        groups=by_day(markup, head.days, wording_of(site.language)),
        neighbours=[(link.name, href(up_from(head.folder), link)) for link in head.neighbours],
        target=up_from(head.folder) + head.new_folder if head.moved_to else None,
        sparkline=sparkline(feed.activity),
        years=months_by_year(head.months, wording_of(site.language)),
        kind=KIND_FOLDERS[feed.kind],
    )


def values_of(entry: Entry, site: Site, folder: str, *, day: bool) -> dict[str, object]:
    """Return what every template needs that shows an entry.

    Args:
        entry: the entry.
        site: the settings.
        folder: the folder of the page.
        day: whether its date is shown, and not only the time of day.
    """
    say, up, provider = wording_of(site.language), up_from(folder), entry.provider
    names = dict.fromkeys(author.name for author in entry.authors)
    names.pop(provider.name, None)
    of_provider = (href(up, feed) for feed in entry.feeds if feed.kind is Kind.PROVIDER)
    return {
        "site": site,
        "up": up,
        "entry": entry,
        "mark": mark_of(provider.name),
        "color": mark_color(provider.domain or provider.name),
        "provider_href": next(of_provider, ""),
        "authors": list(names),
        "names_join": say("names_join"),
        "tags": [(feed.name, href(up, feed)) for feed in entry.feeds if feed.kind is not Kind.PROVIDER],
        "date": _date(entry, say, day=day),
        "words_lang": lang_attributes(say.language, entry.language or site.language),
        "files": [_File.of(enclosure, say) for enclosure in entry.enclosures],
    }


def render_redirect(site: Site, title: str, url: str) -> bytes:
    """Return the page at the address of an article that has another page now, for servers that can't redirect."""
    return render("redirect.html", site, "", title=title, url=url)


class FollowPanel(NamedTuple):
    """The ways to subscribe to a feed.

    Attributes:
        address: the address of the recommended format.
        formats: title, relative address and media type of every format, the recommended one first.
        readers: name and address of well-known readers, which subscribe to the feed.
    """

    address: str
    formats: list[tuple[str, str, str]]
    readers: list[tuple[str, str]]


def follow_panel(head: FeedHead, up: str = "", *, with_readers: bool = True) -> FollowPanel:
    """Return the ways to subscribe to a feed.

    Args:
        head: the head of the feed.
        up: the relative address of its folder from the page that shows the panel.
        with_readers: whether the page shows links that open readers.
    """
    address = head.document(FEED_FORMATS[0].file_name)
    formats = [(row.title, up + row.file_name, row.media_type) for row in FEED_FORMATS]
    readers = [
        (name, pattern.replace("{feed}", quote(address, safe="")).replace("{address}", address))
        for name, pattern in (head.site.readers if with_readers else ())
    ]
    return FollowPanel(address, formats, readers)


def feed_facts(head: FeedHead, *, with_shown: bool = True) -> str:
    """Return one line about a feed: how many entries it has, how many are shown, and its pace.

    Args:
        head: the head of the feed.
        with_shown: whether to say how many entries are shown.
    """
    feed, say = head.feed, wording_of(head.site.language)
    if not feed.count or feed.newest is None:
        return ""
    facts = [say("entries", feed.count)]
    if with_shown and feed.displayed is not None and feed.displayed < feed.count:
        facts.append(say("shown", feed.displayed))
    if (pace := pace_of(feed.activity, feed.oldest or feed.newest, feed.newest)) is not None:
        facts.append(say.pace(pace))
    return say("facts_join").join(facts)


@lru_cache(maxsize=4096)
def sparkline(activity: Sequence[int]) -> str:
    """Return the path (SVG) of a line of steps, 48 wide and 12 high; an empty text for less than two active months.

    >>> sparkline((0, 2, 4))
    'M0 12V12H4V6H8V1H12V12z'
    """
    if sum(map(bool, activity)) < 2:
        return ""
    top = max(activity)
    heights = (12 - (11 * entries + top - 1) // top for entries in activity)  # one entry is seen
    steps = (f"V{height}H{4 * month}" for month, height in enumerate(heights, 1))
    return f"M0 12{''.join(steps)}V12z"


def mark_of(name: str) -> str:
    """Return the mark of a provider: the first letter or digit of its name."""
    return next((character.upper() for character in name if character.isalnum()), "·")


def mark_color(identity: str) -> int:
    """Return the number of the colour of a provider's mark, the same on every page."""
    return crc32(identity.encode()) % MARK_COLORS


def href(up: str, feed: FeedLink) -> str:
    """Return the relative address of the page of a feed."""
    return up + feed_folder(feed.kind, feed.slug)


class _Date(NamedTuple):
    """The date of an entry: the value of ``datetime`` in HTML, and the text for people in the time zone of the site."""

    machine: str
    human: str


def machine_date(entry: Entry) -> str:
    """Return the date of an entry for machines: without a time, if the entry has none."""
    return rfc3339(entry.published) if entry.has_time else (entry.local or entry.published).date().isoformat()


def _date(entry: Entry, say: Wording, *, day: bool) -> _Date:
    local, machine = entry.local or entry.published, machine_date(entry)
    if not entry.has_time:
        return _Date(machine, say.day(local.date()) if day else "")
    time = say.time(local)
    return _Date(machine, say("moment", day=say.day(local.date()), time=time) if day else time)


class _File(NamedTuple):
    """A file of an entry: its address, media type, kind for people, and duration for people or an empty text."""

    url: str
    media_type: str
    kind: str
    duration: str

    @classmethod
    def of(cls, file: Enclosure, say: Wording) -> _File:
        """Return the file of an enclosure."""
        duration = _clock(file.duration) if file.duration else ""
        return cls(file.url, file.media_type, _kind(file.media_type, say), duration)


def _kind(media_type: str, say: Wording) -> str:
    kind, _, name = media_type.partition("/")
    return say(_MEDIA[kind]) if kind in _MEDIA else _DOCUMENTS.get(name) or say("file")


def _clock(seconds: int) -> str:
    """Return a duration such as ``1:02:03`` or ``2:03``."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Group(NamedTuple):
    """The entries of one day: its date for people and machines, empty for a notice, and their markup."""

    day: str
    machine: str
    entries: list[Markup]


def by_day(markup: Sequence[Markup], days: Sequence[date], say: Wording) -> list[Group]:
    """Return entries in groups by day; all in one group if there are no days."""
    if not days:
        return [Group("", "", list(markup))] if markup else []
    return [
        Group(say.day(day), day.isoformat(), [entry for _, entry in group])
        for day, group in groupby(zip(days, markup, strict=True), key=itemgetter(0))
    ]


class MonthLink(NamedTuple):
    """A link to the page of a month: the name of the month, its address, and how many entries it has as text."""

    name: str
    address: str
    entries: str


def months_by_year(months: Mapping[int, int], say: Wording) -> list[tuple[str, list[MonthLink]]]:
    """Return the years of a feed, each with links to its months from the page of the feed.

    Args:
        months: month (:func:`feeds.rules.times.month_number`) → number of its entries, in the order of the links.
        say: the words of the page.
    """
    return [
        (
            say.year(first_day(year * 12)),
            [
                MonthLink(say.short_month(first_day(month)), month_folder(month_text(month)), say.number(months[month]))
                for month in some
            ],
        )
        for year, some in groupby(months, key=lambda month: month // 12)
    ]
