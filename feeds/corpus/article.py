"""The bytes of one file become an article, or the problem that loses it, by a pure function."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from feeds.corpus import dates, front_matter, markup
from feeds.corpus.facts import plain_names, read_aliases, read_facts, read_slug
from feeds.corpus.fields import FieldPath, Fields
from feeds.corpus.read_settings import ReadSettings
from feeds.corpus.unknown_fields import near_misses, unused_fields
from feeds.corpus.visibility import Restrictions, read_restrictions
from feeds.model import Article, Mention, Parsed, Problem, Severity
from feeds.rules.signs import make_signs
from feeds.rules.text import (
    clean_text,
    decode_windows_1252,
    first_forbidden,
    first_of_windows_1252,
    hide_credentials,
    one_line,
)

DATE_WITHIN = 6
"""The number of lines with text, after the title, among which an article without front matter may have its date."""

_DATED_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-.")
_HEADING = re.compile(r"#{1,6}\s+")
_INVISIBLE = "\ufeff\u200b\u2060\u00ad"
_MORE = re.compile(r"<!-{2,}\s*(?:more|excerpt|truncate|endexcerpt)\b[^>]*-->", re.IGNORECASE)
_SECURED = re.compile(r"""^[^\w\n]*secured["']?[ \t]*[:=]|["']secured["']\s*:""", re.MULTILINE)
_UNDERLINE = re.compile(r"(=+|-+)\s*$")


class _LostError(Exception):
    """The file is not an article.

    Args:
        where: the line, or the field.
        reason: what is wrong.
        advice: what to do.
    """

    def __init__(self, where: FieldPath | int, reason: str, advice: str) -> None:
        self.where, self.reason, self.advice = where, reason, advice
        super().__init__(reason)


def parse_article(path: str, data: bytes, settings: ReadSettings) -> Parsed:
    """Return the article in a file, or the problem that loses it; and all warnings.

    Problems name a line and a field, and never quote a value: a value may be private.

    Args:
        path: the path of the file, relative to the corpus, with forward slashes.
        data: the bytes of the file.
        settings: what decides how values are read.
    """
    return _Parser(path, settings).parse(data)


class _Parser:
    """The parser of one file: its text, for line numbers, and its problems so far."""

    def __init__(self, path: str, settings: ReadSettings) -> None:
        self.path = path
        self.settings = settings
        self.suffix = posixpath.splitext(path)[1].lower()
        self.text = ""
        self.lines: front_matter.LineFinder | None = None
        self.problems: list[Problem] = []
        self.unused: tuple[str, ...] = ()

    def parse(self, data: bytes) -> Parsed:
        try:
            article = self.article(data)
        except _LostError as lost:
            self.report(lost.where, lost.reason, lost.advice, Severity.ERROR)
            article = None
        return Parsed(self.path, article, tuple(self.problems), self.unused)

    def report(self, where: FieldPath | int, reason: str, advice: str, severity: Severity) -> None:
        """Add a problem at a line, or at the line of the field `where`."""
        if isinstance(where, int):
            line = where
        else:
            self.lines = self.lines or front_matter.LineFinder(self.text)
            line = self.lines.of(where)
        field = "" if isinstance(where, int) else clean_text(_dotted(where))
        self.problems.append(Problem(self.path, line, field, reason, advice, severity))

    def article(self, data: bytes) -> Article:
        self.text = self.decode(data)
        try:
            values, body, twice = front_matter.split_front_matter(self.text)
        except front_matter.FrontMatterError as error:
            raise _LostError(error.line, error.reason, error.advice) from error
        for line in twice:
            reason = "the field is there twice, and only this one counts"
            self.report(line, reason, "delete one of them", Severity.WARNING)
        # Front matter that is broken in a way that no handler notices ends up in the body, which is published.
        private = _SECURED.search(body)
        if private is not None:
            line = self.text.count("\n", 0, self.text.rfind(private.group())) + 1
            raise _LostError(line, "a private field stands outside of front matter", "mend the front matter")
        if values is None:
            return self.plain_article()
        fields = Fields(values, (), self.report)
        names = tuple(map(str, values))
        self.unused = unused_fields(names)
        for name, meant in near_misses(names):
            self.report((name,), f"no field has this name; did you mean {meant}?", f"write {meant}", Severity.NOTICE)
        fields.report_rivals()
        own = self.own_mention(fields, body)
        return Article(self.path, (own, *self.related_mentions(fields, own)))

    def decode(self, data: bytes) -> str:
        """Return the file as text: UTF-8, with or without byte-order mark, without characters that XML forbids."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
            raise _LostError(line, "the file is not UTF-8", "save it as UTF-8") from error
        text = text.lstrip(_INVISIBLE)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        foreign = first_of_windows_1252(text)
        if foreign is not None:
            line = text.count("\n", 0, foreign.start()) + 1
            reason = f"U+{ord(foreign.group()):04X} and its like are read as the characters of Windows-1252"
            self.report(line, reason, "save the file as UTF-8 in a program that reads Windows-1252", Severity.WARNING)
            text = decode_windows_1252(text)
        stray = first_forbidden(text)
        if stray is None:
            return text
        line = text.count("\n", 0, stray.start()) + 1
        reason = f"a control character (U+{ord(stray.group()):04X}) is dropped: no XML feed can carry it"
        self.report(line, reason, "delete it", Severity.WARNING)
        return clean_text(text)

    def own_mention(self, fields: Fields, body: str) -> Mention:
        title = _plain_title(fields.text("title"))
        if not title:
            raise _LostError(1, "it has no title", "add a line title: to the front matter")
        restrictions = self.restrictions(fields)
        published = self.own_date(fields) or restrictions.embargo or self.date_in_name()
        if published is None:
            raise _LostError(1, "it has no date", f"{dates.ADVICE} in a line date:")
        content, dropped = markup.to_html(body, self.suffix)
        self.report_dropped(dropped)
        content = markup.without_title(content, title)
        own = self.mention(
            fields,
            restrictions,
            published,
            position=0,
            title=title,
            topics=plain_names(fields.names("topics")),
            content=content,
            excerpt=markup.strip_tags(fields.text("excerpt")) or self.excerpt_of(fields, body, content),
        )
        return self.with_signs(own, read_slug(fields), read_aliases(fields))

    def with_signs(self, own: Mention, slug: str = "", aliases: tuple[str, ...] = ()) -> Mention:
        """Return the article's own mention with its signs."""
        return own._replace(signs=make_signs(own, self.settings.zone, slug, aliases))

    def excerpt_of(self, fields: Fields, body: str, content: str) -> str:
        """Return the start of the body: up to the mark ``<!--more-->`` or another one that the article names."""
        separator = fields.values.get("excerptseparator")
        if isinstance(separator, str) and separator.strip() in body and separator.strip():
            head = body.partition(separator.strip())[0]
        else:
            head = _MORE.split(body, maxsplit=1)[0]
        if len(head) < len(body):
            excerpt = markup.all_paragraphs(markup.to_html(head, self.suffix)[0])
            if excerpt:
                return excerpt
        return markup.first_paragraph(content)

    def report_dropped(self, dropped: Mapping[str, int]) -> None:
        """Report the elements of the body that its HTML lacks, all in one warning."""
        if not dropped:
            return
        names = [f"{count} {name}" for name, count in sorted(dropped.items())]
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        lower = self.text.lower()
        line = lower.count("\n", 0, max(0, min(lower.find(f"<{name}") for name in dropped))) + 1
        reason = f"{listed} {'is' if sum(dropped.values()) == 1 else 'are'} left out of the text"
        advice = "write it in HTML that feeds can carry: text, pictures, links"
        self.report(line, reason, advice, Severity.WARNING)

    def own_date(self, fields: Fields) -> dates.DateValue | None:
        """Return the article's date, or None if no field is for it."""
        name, value, published = fields.date("publishedDateTime", self.settings)
        if published is None and value is not None:
            raise _LostError((name,), self.why_no_date(value), dates.ADVICE)
        return published

    def date(self, value: object) -> dates.DateValue | None:
        return dates.parse_date(value, self.settings.zone, self.settings.date_order)

    def why_no_date(self, value: object) -> str:
        return dates.why_no_date(value, self.settings.zone, self.settings.date_order)

    def date_in_name(self) -> dates.DateValue | None:
        """Return the date at the start of the file's name, as Jekyll has it."""
        match = _DATED_NAME.match(posixpath.basename(self.path))
        return self.date(match[1]) if match else None

    def restrictions(self, fields: Fields) -> Restrictions:
        return read_restrictions(fields, self.date)

    def mention(self, fields: Fields, restrictions: Restrictions, date: dates.DateValue, **given: Any) -> Mention:
        """Return the mention of `fields`.

        Args:
            fields: the record.
            restrictions: its restrictions.
            date: its date.
            given: the values that own and related mentions take differently.
        """
        web, original, amp = fields.link("webUrl"), fields.link("originalUrl"), fields.link("ampWebUrl")
        url = web or original
        published, embargo = _appearance(date.moment, restrictions.embargo)
        return Mention(
            path=self.path,
            published=published,
            updated=self.updated(fields, published),
            has_time=date.has_time,
            visibility=restrictions.visibility,
            mark=restrictions.mark,
            embargo=embargo,
            expires=restrictions.expires,
            url=url,
            original_url=original,
            amp_url=amp,
            **read_facts(fields, url),
            **given,
        )

    def updated(self, fields: Fields, published: datetime) -> datetime | None:
        """Return when the record was updated, or None if no field says so, or says something impossible."""
        name, value, updated = fields.date("updatedDateTime", self.settings)
        if updated is None:
            if value is not None:
                fields.warn(name, self.why_no_date(value), dates.ADVICE)
            return None
        if updated.moment >= published:
            return updated.moment
        if updated.has_time or published - updated.moment >= timedelta(days=1):
            fields.warn(name, "it lies before the date of the article and is not used", "correct one of the two dates")
        return None

    def related_mentions(self, fields: Fields, own: Mention) -> Iterable[Mention]:
        _, values = fields.find("related")
        if values is None:
            return
        if not isinstance(values, list):
            fields.warn("related", "it is no list", "write one link record after each hyphen")
            return
        for index, value in enumerate(values):
            where: FieldPath = ("related", index)
            if not isinstance(value, dict):
                self.report(where, "it is no link record", "write title: and webUrl:", Severity.WARNING)
                continue
            mention = self.related_mention(fields.inner(value, *where), own, index + 1)
            if mention is not None:
                yield mention

    def related_mention(self, fields: Fields, own: Mention, position: int) -> Mention | None:
        title = _plain_title(fields.text("title"))
        if not title:
            fields.warn("title", "the link has no title and is left out", "add a line title:")
            return None
        name, value, published = fields.date("publishedDateTime", self.settings)
        if published is None and value is not None:
            fields.warn(name, f"{self.why_no_date(value)}; the article's is taken", dates.ADVICE)
        mention = self.mention(
            fields,
            self.restrictions(fields),
            published or dates.DateValue(own.published, own.has_time),
            position=position,
            title=title,
            topics=_joined(own.topics, plain_names(fields.names("topics"))),
            excerpt=markup.strip_tags(fields.text("excerpt")),
        )
        if mention.url is None:
            fields.warn("webUrl", "the link has no address and is left out", "add a line webUrl:")
            return None
        return mention

    def plain_article(self) -> Article:
        """Return a text without front matter as an article: title, date, and the rest as content."""
        if self.text.lstrip().startswith(("---", "+++")):
            raise _LostError(1, "the front matter does not start with a line ---", "let nothing else stand there")
        if self.suffix == ".html":
            raise _LostError(1, "an HTML file without front matter", "add front matter with title: and date:")
        lines = self.text.split("\n")
        used = [number for number, line in enumerate(lines) if line.strip()]
        if not used:
            raise _LostError(1, "the file is empty", "write an article, or delete the file")
        title = hide_credentials(one_line(lines[used[0]]))
        if self.suffix != ".txt":
            title = _HEADING.sub("", title).rstrip("#").rstrip() if title.startswith("#") else title
            title = _plain_title(title)
        if not title:
            raise _LostError(1, "it has no title", "write one in its first line")
        published, at = self.date_near_top(lines, used)
        # Title and date are fields of the entry: in the content, a reader would see them twice.
        between = lines[_end_of_heading(lines, used[0]) : at]
        after = lines[_end_of_heading(lines, at) :]
        content, dropped = markup.to_html("\n".join([*between, "", *after]), self.suffix)
        self.report_dropped(dropped)
        excerpt = markup.first_paragraph(markup.to_html("\n".join(after), self.suffix)[0])
        own = Mention(
            self.path, 0, title, published.moment, excerpt=excerpt, content=content, has_time=published.has_time
        )
        return Article(self.path, (self.with_signs(own),))

    def date_near_top(self, lines: list[str], used: list[int]) -> tuple[dates.DateValue, int]:
        """Return the date that a line below the title consists of, and the number of that line, from 0.

        Without such a line, the date is that in the name of the file, and the line is that of the title.
        """
        for number in used[1 : 1 + DATE_WITHIN]:
            date = dates.parse_date_line(lines[number], self.settings.zone, self.settings.date_order)
            if date is not None:
                if date.doubt:
                    self.report(number + 1, date.doubt, date.advice, Severity.WARNING)
                return date, number
        published = self.date_in_name()
        if published is None:
            raise _LostError(1, "it has no date", "write it in the line after the title, or as front matter")
        return published, used[0]


def _end_of_heading(lines: list[str], number: int) -> int:
    """Return the number of the line after line `number` and the line of hyphens or equal signs below it."""
    has_underline = number + 1 < len(lines) and _UNDERLINE.match(lines[number + 1])
    return number + 2 if has_underline else number + 1


def _appearance(published: datetime, embargo: dates.DateValue | None) -> tuple[datetime, datetime | None]:
    """Return the date of a record, and the time before which it must not appear if that is another one."""
    if embargo is None:
        return published, None
    # An embargo that names only a day says nothing against a time on that day.
    if not embargo.has_time and timedelta() <= published - embargo.moment < timedelta(days=1):
        return published, None
    # An article that appears before its own date has the date of its appearance, also later: no item is dated anew.
    return min(published, embargo.moment), embargo.moment


def _plain_title(title: str) -> str:
    """Return a title as plain text; one that consists of tags stays as it is, since an article must have a title."""
    return markup.strip_tags(title) or title


def _joined(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return `names` and the others that are not among them."""
    return tuple(dict.fromkeys((*names, *others))) if others else names


def _dotted(where: FieldPath) -> str:
    """Return a place in the front matter in the form ``related[2].title`` (positions from 1)."""
    text = ""
    for part in where:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
