"""The vocabulary of the JSON that commands print: the fields with their meanings, and the shape of each output.

A name means the same wherever it stands. Every number that counts something stands in an object `counts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FIELDS = {
    "address": "The URL of a web page, a feed's folder or an image; in `pollers`, whose log names no host, a path.",
    "advice": "What to do about the problem.",
    "amp_address": "The `ampWebUrl` of the page, from the front matter: its URL as an AMP page.",
    "authors": "The persons who wrote the entry.",
    "base_url": "The URL with which all addresses of the site begin.",
    "because": "The reason why the entry is in the feed.",
    "categories": "The names of the categories of the entry.",
    "change": (
        "What happens to the feed (new, changed, ended, gone) or entry (new, changed, recognised, reidentified,"
        " removed)."
    ),
    "clients": "The programs and services that ask for feeds, by name; the one with the most requests first.",
    "column": "The column in the line, from 1.",
    "computed_id": "The id that the entry would get now; another one than `id` where a published id was kept.",
    "counts": "All numbers that count something.",
    "documents": "The feed documents that are asked for; the one with the most requests first.",
    "domain": "The web domain of the provider.",
    "doubts": "The entries that may be published ones under another id, so that they may be delivered again.",
    "due": "When the article will be published, or when it has expired; null where a mark holds it back.",
    "entries": "The entries that `list --entries` lists; in `diff` those of the feed that change.",
    "entry": "The entry of the file, or with the address or id; null where the file has none.",
    "feeds": (
        "The feeds: all (`list`), the one whose entries are listed (`list --entries`), the ones of the entry"
        " (`show`), or the ones that change (`diff`)."
    ),
    "field": "The field of the front matter, the element or the member that is wrong; empty where it is none of these.",
    "endings": "The most frequent endings of the names of the files.",
    "excerpt_only": "Whether feeds show the excerpt of the entry and a link, because its text is too long.",
    "fields": "The members of the JSON Feed item that change.",
    "files": "With `--files`, every file of the corpus; a folder that is not searched stands for all that is in it.",
    "file": "What became of the file; null where an address or an id was given.",
    "generation": "The number of the snapshot, which grows by one with each change.",
    "heat": "The `heat` of the entry, from the front matter.",
    "height": "The height of the image in pixels.",
    "held_back": "The articles that can be read and are not published (yet).",
    "id": "The id of the entry.",
    "image": "The image of the entry.",
    "interval": "The median time in seconds between two requests of one client for one document.",
    "is_first": "Whether nothing is remembered as published, so that there is nothing to compare with.",
    "kept_ids": "The published ids that will be kept from now on, although other ids would be computed.",
    "kind": "The kind of the feed: all, topic, provider or category.",
    "line": "The line of the problem in the file or document, from 1.",
    "mark": "The field of the front matter that holds the article back; empty where a date does.",
    "mentions": "The link records of this page in the corpus, the one that represents the entry first.",
    "moved_from": "The `base_url` of the snapshot before, if the site would move to another one; else null.",
    "name": "The name of a topic, category, provider, program or service.",
    "newest": "When the newest entry of the feed was published.",
    "notes": "Sentences about problems that lie in no single file, such as settings that can't be followed.",
    "old_id": "The published id that is replaced; null where the entry keeps its id.",
    "original_address": "The `originalUrl` of the page, from the front matter: another URL of it.",
    "page": "The slug of the page that is made for an article without a web page of its own; else null.",
    "passed_over": "The files and folders of the corpus that are not read as articles, by reason.",
    "path": "The path of the file in the corpus or in the static folder; on a live site, the URL of the document.",
    "position": "0 for the article's own link record; for a related one its place in the list, from 1.",
    "problems": "The problems, by file and line.",
    "provider": "The publisher of the entry.",
    "published": "When the entry or the link record was published.",
    "quality": "The `quality` of the entry, from the front matter.",
    "reason": "What is wrong; or why the file is not read, and null where it is.",
    "related": "The entries to which this one is related, newest first.",
    "replaced_ids": "The published ids that go because their pages have become one entry with others.",
    "representative": "Whether this link record gives the entry its id, title and address.",
    "role": "`article` where an article of the corpus is about the page, `related` where one only links to it.",
    "rule": "The rule that names the problem; docs/validate.md has all rules.",
    "seconds": "The wall time of the build in seconds, by stage.",
    "selected": "Whether the settings publish the entry.",
    "services": "The services that announce for how many subscribers they ask; the one with the most first.",
    "severity": (
        "`error`: the file is lost, or readers fail; `warning`: a part of it is lost, or some readers fail; `notice`:"
        " nothing is lost."
    ),
    "since": "The time of the first request.",
    "slug": "The last part of the feed's address.",
    "speaker": "The path of the file whose article gives the entry its id, title and date; null without an entry.",
    "state": (
        "`unpublished`, `future` or `expired`; in `show` and `files` also `published`, `lost` (to an error) or"
        " `not_read`."
    ),
    "summary": "The summary of the entry, as plain text.",
    "title": "The title of the entry, of the link record, or of the feed as its documents carry it.",
    "topics": "The names of the topics of the entry.",
    "type": "The `type` of the entry, from the front matter.",
    "until": "The time of the last request.",
    "updated": "When the entry, the link record or the feed was last updated.",
    "width": "The width of the image in pixels.",
    "counts.beyond_limit": "Entries that the feed does not show because of its limit.",
    "counts.beyond_size": "Entries that the feed does not show because of its size; null before a build.",
    "counts.changed": "Documents that the build adds, changes or removes.",
    "counts.clients": "Clients: an address with a User-Agent is one, a service that announces subscribers is one.",
    "counts.cut_feeds": "Feeds that show fewer entries than their limit, because their documents would be too large.",
    "counts.documents": "Documents: all of the site, or the ones that were checked or asked for.",
    "counts.entries": "Entries of the site or of the feed, shown or not.",
    "counts.errors": "Problems of severity `error`.",
    "counts.expired": "Files whose articles have expired.",
    "counts.feed_documents": "Documents that are feeds: a feed in three formats is three.",
    "counts.feeds": "Feeds of the site, or, in `diff`, feeds that change.",
    "counts.files": "Article files: published + unpublished + future + expired + lost.",
    "counts.forgotten": "Clients that were forgotten because there were too many; one that came back counts again.",
    "counts.full": "Answers with the whole document (200).",
    "counts.future": "Files whose articles will be published at a later time.",
    "counts.lines": "Lines of the log.",
    "counts.lists": "Documents that are lists of feeds (OPML).",
    "counts.lost": "Files that are lost to an error.",
    "counts.not_modified": "Answers that nothing is new (304).",
    "counts.notices": "Problems of severity `notice`.",
    "counts.passed_over": "Files and folders that are not read as articles for this reason.",
    "counts.published": "Files whose articles are published.",
    "counts.pushed_out": "Entries that leave the feed only to make room for newer ones.",
    "counts.repeated_bytes": "Bytes of the repeats: what conditional requests would have saved.",
    "counts.repeats": "Whole documents that a client was sent again with the same length.",
    "counts.requests": "Requests for feed documents.",
    "counts.sent_bytes": "Bytes of the whole documents that were sent.",
    "counts.short": "Entries that the feed shows in short form, because their text is too long; null before a build.",
    "counts.short_entries": "Entries that feeds show in short form, because their text is too long.",
    "counts.shown": "Entries that the documents of the feed show; null before a build.",
    "counts.subscribers": "Subscribers that services announced last.",
    "counts.unconditional": "Clients that poll without validators: they got repeats and never a 304.",
    "counts.unpublished": "Files whose articles have a mark that holds them back, such as `draft: true`.",
    "counts.unreadable": "Lines of the log in no known format.",
    "counts.warnings": "Problems of severity `warning`.",
    "counts.written": "Static files that were written or deleted.",
    "seconds.start": "The start of Python, with all imports.",
    "seconds.state": "Opening, locking and closing the state folder, and reading the memory.",
    "seconds.check": "The check that the published documents are still there.",
    "seconds.scan": "The search for files that have changed.",
    "seconds.read": "The reading of article files.",
    "seconds.record": "The writing of articles into the catalogue.",
    "seconds.merge": "Link records become entries.",
    "seconds.render": "Entries become documents.",
    "seconds.publish": "The switch to the new snapshot.",
    "seconds.write": "The writing of static files.",
    "seconds.report": "The counts and problems of this report.",
    "seconds.tidy": "The removal of old snapshots.",
    "seconds.total": "The sum of all stages.",
}
"""Field → its meaning, in one sentence. What stands in `counts` or `seconds` is named with it."""


def _names(names: str) -> dict[str, None]:
    return dict.fromkeys(names.split())


Shape = Mapping[str, "Shape | Sequence[Shape] | None"]
"""Field → None for a value, the shape of an object, or a list with the shape of its objects (empty: of texts)."""

_FILE_COUNTS = "files published unpublished future expired lost warnings notices"
GROUP_COUNTS = ("clients", "requests", "full", "not_modified", "unconditional", "repeats", "repeated_bytes")
"""The counts of a group of clients, in `pollers`."""

EXTENT = "entries shown short beyond_limit beyond_size"
_PROBLEMS = [_names("path line field reason advice severity")]
_FINDINGS = [_names("path line column field reason advice severity rule")]
_HELD_BACK = [_names("path state mark due")]
_PASSED_OVER: list[Shape] = [{"reason": None, "endings": [], "counts": _names("passed_over")}]
_ADDRESSES = _names("address original_address amp_address")

SHAPES: dict[str, Shape] = {
    "build": {
        **_names("generation base_url"),
        "counts": _names(f"{_FILE_COUNTS} entries short_entries feeds cut_feeds documents changed written"),
        "problems": _PROBLEMS,
        "held_back": _HELD_BACK,
        "passed_over": _PASSED_OVER,
        "notes": [],
        "seconds": _names("start state check scan read record merge render publish write report tidy total"),
    },
    "check": {
        "counts": _names(_FILE_COUNTS),
        "problems": _PROBLEMS,
        "held_back": _HELD_BACK,
        "passed_over": _PASSED_OVER,
        "files": [_names("path state mark due reason")],
        "notes": [],
    },
    "list": {
        "counts": _names("feeds"),
        "feeds": [{**_names("kind name slug address newest updated"), "counts": _names(EXTENT)}],
        "entries": [{"published": None, "provider": _names("name domain"), **_names("title id address")}],
    },
    "show": {
        "file": {**_names("path state mark due reason speaker"), "problems": _PROBLEMS},
        "entry": {
            **_names("id computed_id"),
            **_ADDRESSES,
            **_names("title published updated summary role selected excerpt_only page"),
            "provider": _names("name domain"),
            "authors": [_names("name address")],
            "topics": [],
            "categories": [],
            **_names("quality type heat"),
            "image": _names("address width height"),
            "related": [_names("id title address")],
            "mentions": [{**_names("path role position representative title published updated"), **_ADDRESSES}],
            "feeds": [{**_names("kind name address because"), "counts": _names(EXTENT)}],
        },
    },
    "diff": {
        "counts": _names("feeds changed"),
        "feeds": [
            {
                **_names("address title change"),
                "counts": _names("pushed_out"),
                "entries": [{**_names("id title change old_id"), "fields": []}],
            }
        ],
        "kept_ids": [],
        "replaced_ids": [_names("id old_id")],
        "doubts": [_names("id title old_id")],
        **_names("moved_from is_first"),
    },
    "validate": {"counts": _names("documents feed_documents lists errors warnings"), "problems": _FINDINGS},
    "pollers": {
        **_names("since until"),
        "counts": _names("lines unreadable requests forgotten repeated_bytes clients documents"),
        "clients": [{**_names("name interval"), "counts": dict.fromkeys(GROUP_COUNTS)}],
        "documents": [{"address": None, "counts": _names("requests not_modified sent_bytes subscribers")}],
        "services": [{"name": None, "counts": _names("subscribers documents")}],
    },
}
"""Command → what it prints, in this order. docs/commands.md is made from it, and a test holds the commands to it."""
