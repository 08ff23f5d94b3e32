"""The page of all rules, made from their table: ``python -m feeds.audit.validate.reference > docs/validate.md``."""

from __future__ import annotations

from collections.abc import Iterator

from feeds.audit.validate.table import SECTIONS

_INTRODUCTION = """\
# Validation

This page is made from the table of rules (`feeds/audit/validate/table/`) by `make reference`.

```sh
feeds validate public                          # a folder
feeds validate feed.xml                        # a file
feeds validate https://example.org/            # a live site
curl -s https://example.org/feed | feeds validate -
```

A problem names the document, line and column, the element, what is wrong, what to do, and the rule:

```
feed.rss:14:5: error: item[1]/ttl: 'soon' is no whole number (1 or more); write a whole number in digits … [number]
```

An **error** makes readers fail, or breaks a specification. A **warning** makes some readers fail. The command exits
with 1 if there is an error, or neither a feed nor a list of feeds (OPML).

`--format github` prints annotations for GitHub's workflows, `--format sarif` a file for code hosts, `--format json` (or
`--json`) an object. What a document or a server sends is never printed with control characters, or with characters that
turn text around.

- **A folder** is checked as a whole: links to feeds must lead to a document, and two feeds must not share an id.
- Of **a file** or of **standard input**, the address is not known, so its own links are not compared.
- On **a live site**, the command starts at one address. A page leads to feeds, a list of feeds to feeds and their
  pages, and a page to all formats of its feed, all on the same host. A feed leads to its archives only. A feed is
  requested three times: plain, with `Accept-Encoding: gzip`, and with its validators.

The limits are 20 MB for a document, and on a live site 2,000 documents, 500 MB, 5 redirects in a row, a minute for a
document and five minutes for all (`--time-limit`). Where one of them ends the walk, the warning `sample` says so.
"""

_DIFFERENCES = """\
## The W3C validator

The W3C Feed Validation Service has public test cases. We ran both validators over the ones for Atom and RSS (folders
atom, rss and rss20; November 2026). The files are no part of this project.

| | files | |
| --- | ---: | ---: |
| the file names an error: `feeds validate` names an error or a warning with a message of its own | 524 | 99.0 % |
| the W3C validator has no error for the file, and `feeds validate` has one | 511 | 0.0 % |

These rules do not count as a message of its own: `xml-not-well-formed`, `xml-encoding-rare`, `atom-self`, `rss-self`,
`rss-guid-missing`, `rss-date-missing`, `rss-version`.

These differences stay:

- **Errors there, nothing here.** Elements of a known vocabulary inside of foreign XML (SVG in the content of an
  entry), and the attributes of the list of items in RSS 1.0: readers don't look at them. Values of extensions that
  few readers show: Media RSS, GeoRSS, threads, FeedSync. Outlines of OPML that are no subscriptions. A page in place
  of a feed: the command says that there is no feed, and exits with 1, but a page is a fine thing to check.
- **Errors there, warnings here.** White space around ids, dates and addresses; language tags; facts of a feed behind
  its entries; two entries with one id, one page and one time; elements of extensions that are doubled, misplaced or
  have wrong values; RSS with an unknown version: readers show such a feed.
- **Warnings there, nothing here.** Spellings of an id that are not canonical (upper case, default ports): an id is
  never resolved, and to change it is the greater harm. Unusual prefixes, unknown namespaces, relations of links that
  are not registered: the formats allow them. Titles of images, text inputs, e-mail addresses in names, short guids,
  dates before the web: matters of taste. Most styles: only the ones that move text out of its place, or load
  something, are warnings. Tags in a text that the format defines as plain, such as "How to use `<b>`": only an
  element with its end tag is taken for a mistake. Entries without text, and sources without id: a link is enough.
- **Nothing there, errors or warnings here.** Whatever only several documents show, JSON Feed, answers to polls,
  characters that were lost, sizes, old versions of RSS, encodings other than UTF-8.
"""


def reference() -> str:
    """Return the page."""
    return "\n".join([_INTRODUCTION, *_rules(), _DIFFERENCES])


def _rules() -> Iterator[str]:
    """Yield the rules, below a heading for every kind of them."""
    yield "## Rules\n"
    for heading, rules in SECTIONS.items():
        yield f"### {heading}\n"
        yield "| rule | | source | meaning for readers | what to do | example |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for rule in rules:
            texts = map(_escaped, (rule.source, rule.meaning, rule.advice))
            cells = (f"`{rule.id}`", str(rule.severity), *texts, rule.example)
            shown = (cell.replace("|", "&#124;") for cell in cells)
            yield f"| {' | '.join(shown)} |"
        yield ""


def _escaped(text: str) -> str:
    """Return a text with references for the signs that Markdown would take for HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


if __name__ == "__main__":
    print(reference(), end="")
