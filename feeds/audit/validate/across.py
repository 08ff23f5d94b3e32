"""Problems between documents: two feeds with one id, one page with two ids, links that lead to no document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urlunsplit

from feeds.audit.validate import values
from feeds.audit.validate.facts import Facts, Finding, finding
from feeds.rules.urls import section_key

FEED_KINDS = ("atom", "rss", "json")
"""The kinds of documents that are feeds."""


def check_across(facts_of_all: Sequence[Facts], addresses: Iterable[str] | None) -> Iterator[Finding]:
    """Yield the problems between documents.

    Args:
        facts_of_all: the facts of every document that could be read.
        addresses: the addresses of all documents of a folder; None where a link to another document says nothing: on a
            live site, fetching it shows whether it is there.
    """
    feeds = [facts for facts in facts_of_all if facts.kind in FEED_KINDS]
    roots = _roots(facts_of_all)
    later_pages = {_target_address(feed.address, feed.next_page, roots) for feed in feeds if feed.next_page}
    for feed in feeds:
        feed.archive = feed.archive or feed.address in later_pages
    yield from _shared_facts(feeds, "id", "id", "feed-id-shared")
    yield from _shared_facts(feeds, "self_link", "link", "feed-self-shared")
    yield from _shared_facts(feeds, "title", "title", "feed-title-shared")
    yield from _wrong_self_links(feeds)
    yield from _formats_that_differ(feeds)
    yield from _pages_with_two_ids(feeds)
    if addresses is not None:
        yield from _dead_links(facts_of_all, set(addresses), roots)


def _shared_facts(feeds: Sequence[Facts], fact: str, field: str, rule: str) -> Iterator[Finding]:
    """Yield a problem for every feed that shares a fact with an earlier feed of the same format.

    Args:
        feeds: the feeds. Archives may share the facts of their feed, and are left out.
        fact: the attribute of :class:`Facts`.
        field: the element that the problem names.
        rule: the id of the rule.
    """
    first: dict[tuple[str, str], Facts] = {}
    for feed in feeds:
        value = getattr(feed, fact)
        if not value or feed.archive:
            continue
        other = first.setdefault((feed.kind, value), feed)
        if other is not feed:
            yield finding(rule, feed.address, f"{other.address} has the same: {value}", field)


def _wrong_self_links(feeds: Sequence[Facts]) -> Iterator[Finding]:
    """Yield a problem for every feed whose self link is not its address, as far as the paths can tell."""
    for feed in feeds:
        link = values.split_address(feed.self_link)
        if not feed.self_link or link is None:
            continue
        if feed.self_link != feed.address and not f"/{unquote(link.path).lstrip('/')}".endswith(f"/{feed.address}"):
            yield finding("feed-self-wrong", feed.address, f"it says that it is at {feed.self_link}", "link")


def _formats_that_differ(feeds: Sequence[Facts]) -> Iterator[Finding]:
    """Yield a problem for every document of a feed whose entries are not the same as in its first format.

    Documents are of one feed when they have one folder and one title.
    """
    of_folder: dict[str, list[Facts]] = defaultdict(list)
    for feed in feeds:
        if not feed.archive:
            of_folder[feed.folder].append(feed)
    for first, *others in of_folder.values():
        ids = [item.id for item in first.items]
        for other in others:
            if other.title == first.title and [item.id for item in other.items] != ids:
                reason = f"it has other entries, or ids, than {first.address}"
                yield finding("formats-differ", other.address, reason)


def _pages_with_two_ids(feeds: Sequence[Facts]) -> Iterator[Finding]:
    """Yield a problem for every entry whose page has another id in another feed.

    A fragment tells two articles of one page apart, as in weblogs with a page for a day. Two entries of one feed are
    two on purpose, whatever they link to.
    """
    first: dict[str, tuple[str, str]] = {}
    for feed in feeds:
        for item in feed.items:
            if not item.url or not item.id:
                continue
            other_id, address = first.setdefault(section_key(item.url), (item.id, feed.address))
            if other_id != item.id and address != feed.address:
                reason = f"{item.url} is {item.id} here and {other_id} in {address}"
                line, column, path = item.spot
                yield finding("page-two-ids", feed.address, reason, f"{path}/id", line, column)


def _roots(facts_of_all: Sequence[Facts]) -> set[str]:
    """Return the URLs at which a tree is served, by the self links in it."""
    return {
        facts.self_link.removesuffix(facts.address)
        for facts in facts_of_all
        if "://" in facts.self_link and facts.self_link.endswith(f"/{facts.address}")
    }


def _dead_links(facts_of_all: Sequence[Facts], addresses: set[str], roots: set[str]) -> Iterator[Finding]:
    """Yield a problem for every link to a document that is missing from the tree or site."""
    for facts in facts_of_all:
        for href, spot in facts.links:
            target = _target_address(facts.address, href, roots)
            if target is not None and target not in addresses:
                line, column, path = spot
                reason = f"{href} leads to no document that is there"
                yield finding("link-dead", facts.address, reason, path, line, column)


def _target_address(address: str, href: str, roots: set[str]) -> str | None:
    """Return the address of the document to which a link leads; None where it leads elsewhere, or can't be known.

    Args:
        address: the address of the document with the link: a path in a tree, or a URL of a site.
        href: the link.
        roots: the URLs at which the tree is served, by the self links in it.
    """
    if "://" in address:
        here, there = values.split_address(address), values.split_address(href, address)
        same_host = here is not None and there is not None and here.netloc == there.netloc
        return urlunsplit(there._replace(fragment="")) if there is not None and same_host else None
    href = href.partition("#")[0].partition("?")[0]
    if "://" in href:
        root = max((root for root in roots if href.startswith(root)), key=len, default=None)
        return unquote(href.removeprefix(root)) if root is not None else None
    target = values.split_address(href, f"http://x/{address}")
    if href.startswith("/") or target is None or target.netloc != "x":
        return None  # a path from the root of the host: the tree may be served below any path of it
    return unquote(target.path.removeprefix("/"))
