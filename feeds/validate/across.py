"""What no single document shows: two feeds with one id, one page with two ids, links that lead nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urljoin, urlsplit

from feeds.address import canonical
from feeds.model import Problem, Severity
from feeds.validate.facts import Facts

_FEEDS = ("atom", "rss", "json")


def check(known: Sequence[Facts], addresses: Iterable[str]) -> Iterator[Problem]:
    """Yield the problems among documents.

    Args:
        known: the facts of each.
        addresses: of all documents that there are.
    """
    feeds = [each for each in known if each.kind in _FEEDS]
    yield from _shared(feeds, "id", "id", Severity.ERROR, "readers take them for one feed")
    yield from _shared(feeds, "itself", "link", Severity.ERROR, "one of them sends its readers to the other")
    yield from _shared(feeds, "title", "title", Severity.WARNING, "nobody can tell them apart in a list")
    yield from _own_address(feeds)
    yield from _same_entries(feeds)
    yield from _two_ids(feeds)
    yield from _dead_links(known, set(addresses))


def _shared(feeds: Sequence[Facts], fact: str, field: str, severity: Severity, why: str) -> Iterator[Problem]:
    """Yield the feeds that have a fact in common with another of the same format."""
    first: dict[tuple[str, str], Facts] = {}
    for each in feeds:
        value = getattr(each, fact)
        if not value or each.archive:
            continue
        other = first.setdefault((each.kind, value), each)
        if other is not each:
            reason = f"{other.address} has the same: {value}; {why}"
            yield Problem(each.address, 1, field, reason, "give each feed its own", severity)


def _own_address(feeds: Sequence[Facts]) -> Iterator[Problem]:
    for each in feeds:
        if not each.itself:
            continue
        said = each.itself if "://" in each.address else unquote(urlsplit(each.itself).path)
        if not f"/{said.lstrip('/')}".endswith(f"/{each.address}") and said != each.address:
            reason = f"it says that it is at {each.itself}"
            yield Problem(
                each.address, 1, "link", reason, "correct the self link, or move the document", Severity.WARNING
            )


def _same_entries(feeds: Sequence[Facts]) -> Iterator[Problem]:
    """Yield the documents of one feed that don't have the same entries."""
    of_folder: dict[str, list[Facts]] = defaultdict(list)
    for each in feeds:
        if not each.archive:
            of_folder[each.folder].append(each)
    for found in of_folder.values():
        ids = [item.id for item in found[0].items]
        for each in found[1:]:
            if each.title == found[0].title and [item.id for item in each.items] != ids:
                reason = f"it has other entries, or ids, than {found[0].address}"
                advice = "let all formats say the same: a reader may change from one to another"
                yield Problem(each.address, 1, "", reason, advice, Severity.WARNING)


def _two_ids(feeds: Sequence[Facts]) -> Iterator[Problem]:
    """Yield the entries whose page has another id in another feed: who has subscribed to both gets it twice."""
    first: dict[str, tuple[str, str]] = {}
    for each in feeds:
        for item in each.items:
            if not item.url or not item.id:
                continue
            ident, address = first.setdefault(canonical(item.url), (item.id, each.address))
            if ident != item.id:
                reason = f"{item.url} is {item.id} here and {ident} in {address}"
                advice = "give a page one id, in every feed"
                yield Problem(each.address, item.line, "id", reason, advice, Severity.ERROR)


def _dead_links(known: Sequence[Facts], addresses: set[str]) -> Iterator[Problem]:
    """Yield the links to feeds that are not there, as far as the tree can tell."""
    hosts = {urlsplit(each.itself).netloc for each in known if each.itself}
    roots = {_root(each) for each in known if each.itself} - {None}
    for each in known:
        for href, line in each.links:
            target = _resolved(each, href, hosts, {root for root in roots if root is not None})
            if target is not None and target not in addresses:
                reason = f"{href} leads to no document that is there"
                yield Problem(each.address, line, "link", reason, "publish it, or take the link away", Severity.ERROR)


def _root(feed: Facts) -> str | None:
    """Return the address of the tree that `feed` is in, as its self link has it; None where it doesn't fit."""
    return feed.itself.removesuffix(feed.address) if feed.itself.endswith(f"/{feed.address}") else None


def _resolved(each: Facts, href: str, hosts: set[str], roots: set[str]) -> str | None:
    """Return what `href` leads to, as an address of the tree; None where that is elsewhere, or nobody can tell."""
    if "://" in each.address:
        target = urljoin(each.address, href)
        return target if urlsplit(target).netloc == urlsplit(each.address).netloc else None
    if "://" in href:
        root = max((root for root in roots if href.startswith(root)), key=len, default=None)
        return unquote(href.removeprefix(root)) if root is not None and urlsplit(href).netloc in hosts else None
    if href.startswith("/"):
        return None  # nobody can tell below which path the tree is served
    return urljoin(f"http://x/{each.address}", href).removeprefix("http://x/")
