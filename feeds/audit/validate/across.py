"""What no single document shows: two feeds with one id, one page with two ids, links that lead nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urlunsplit

from feeds.audit.validate import common
from feeds.audit.validate.facts import Facts
from feeds.model import Problem, Severity
from feeds.rules.urls import canonical_key

_FEEDS = ("atom", "rss", "json")


def check_across(known: Sequence[Facts], addresses: Iterable[str]) -> Iterator[Problem]:
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
        said = common.parts(each.itself)
        if not each.itself or said is None:
            continue
        if each.itself != each.address and not f"/{unquote(said.path).lstrip('/')}".endswith(f"/{each.address}"):
            reason = f"it says that it is at {each.itself}"
            advice = "correct the self link, or move the document"
            yield Problem(each.address, 1, "link", reason, advice, Severity.WARNING)


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
            ident, address = first.setdefault(canonical_key(item.url), (item.id, each.address))
            if ident != item.id:
                reason = f"{item.url} is {item.id} here and {ident} in {address}"
                advice = "give a page one id, in every feed"
                yield Problem(each.address, item.line, "id", reason, advice, Severity.ERROR)


def _dead_links(known: Sequence[Facts], addresses: set[str]) -> Iterator[Problem]:
    """Yield the links to feeds that are not there, as far as the tree can tell."""
    roots = {
        each.itself.removesuffix(each.address)
        for each in known
        if "://" in each.itself and each.itself.endswith(f"/{each.address}")
    }
    for each in known:
        for href, line in each.links:
            target = _resolved(each.address, href, roots)
            if target is not None and target not in addresses:
                reason = f"{href} leads to no document that is there"
                yield Problem(each.address, line, "link", reason, "publish it, or take the link away", Severity.ERROR)


def _resolved(address: str, href: str, roots: set[str]) -> str | None:
    """Return what `href` in the document at `address` leads to; None where that is elsewhere, or nobody can tell.

    Args:
        address: in a tree, or a whole one, of a site.
        href: the link.
        roots: the addresses at which the tree says that it is served.
    """
    if "://" in address:
        here, there = common.parts(address), common.parts(href, address)
        same = here is not None and there is not None and here.netloc == there.netloc
        return urlunsplit(there._replace(fragment="")) if there is not None and same else None
    href = href.partition("#")[0].partition("?")[0]
    if "://" in href:
        root = max((root for root in roots if href.startswith(root)), key=len, default=None)
        return unquote(href.removeprefix(root)) if root is not None else None
    target = common.parts(href, f"http://x/{address}")
    if href.startswith("/") or target is None or target.netloc != "x":
        return None  # nobody can tell below which path the tree is served
    return unquote(target.path.removeprefix("/"))
