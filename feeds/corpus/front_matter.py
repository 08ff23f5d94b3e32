"""Front matter: YAML (``---``), TOML (``+++``) or JSON (``{``).

The handlers of python-frontmatter detect a format and split front matter and body. Three things differ. A block that is
not closed is an error; python-frontmatter takes it for text. The standard library parses TOML. Scalars stay the text
that they are: ``title: 1984`` and ``title: yes`` are titles, not a number and a boolean, and so is ``title = 1.10``.
Only booleans and null of TOML and JSON have types. :mod:`feeds.corpus.fields` knows the types of the fields.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, NamedTuple

import yaml
from frontmatter.default_handlers import BaseHandler, YAMLHandler
from yaml.parser import ParserError
from yaml.scanner import ScannerError

from feeds.corpus import fast_yaml, mistakes
from feeds.corpus.field_names import FIELD_NAMES

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML without libyaml: slower, the same values
    from yaml import SafeLoader  # type: ignore[assignment]


_MAX_DEPTH = 50
_CHECKED_FROM = 50
_CHECKED_FROM_LENGTH = 100_000
"""The number of opening characters, and the length of YAML, from which on the depth is counted before parsing."""

_LISTS_IN_ONE_LINE = re.compile(r"-[ \t]+(?=-[ \t])")
_ANCHOR = re.compile(r"[ \t]&\S")

_SEPARATORS = dict.fromkeys((0x85, 0x2028, 0x2029), " ")
"""Line breaks in YAML 1.1, but not in YAML 1.2 (section 5.4), nor in an editor: they are spaces here."""

# A text or a comment of TOML, or (bare) a number, a date or a time where only a value can stand. What is not valid in
# TOML 1.0 does not match, so that tomllib reports it.
_DIGITS = r"\d(?:_?\d)*"
_DAY, _TIME = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d(?:\.\d+)?"
_TOML_SCALAR = re.compile(
    r"""(?:\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*)"""
    rf"|(?<=[=\[,\s])(?P<bare>{_DAY}(?:[Tt ]{_TIME}(?:[Zz]|[+-]\d\d:\d\d)?)?|{_TIME}"
    r"|0x[\dA-Fa-f](?:_?[\dA-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*"
    rf"|[+-]?(?:0|[1-9](?:_?\d)*)(?:\.{_DIGITS})?(?:[eE][+-]?{_DIGITS})?)(?=[ \t]*(?:[,\]}}\n\#]|\Z))",
    re.ASCII | re.DOTALL,
)


_JSON_TEXTS: dict[str, Any] = {"parse_float": str, "parse_int": str, "parse_constant": str}
"""Arguments of the JSON parser that leave numbers as they are written."""


class FrontMatterError(Exception):
    """The front matter can't be read.

    Args:
        line: the line of the mistake, from 1.
        reason: what is wrong. It quotes no value, which may be private.
        advice: what to do.
    """

    def __init__(self, line: int, reason: str, advice: str = mistakes.GENERAL_ADVICE) -> None:
        self.line, self.reason, self.advice = line, reason, advice
        super().__init__(reason)


class FrontMatter(NamedTuple):
    """The parts of a file.

    Attributes:
        values: the fields, or None if there is no front matter.
        body: the text behind the front matter.
        twice: the lines, from 1, of fields that a field above them has the name of. The last one counts.
    """

    values: dict[str, Any] | None
    body: str
    twice: tuple[int, ...] = ()


class _TextLoader(SafeLoader):
    """YAML in which every plain scalar except null is a text. There are no merge keys: nested, they never end."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the class attribute that PyYAML reads
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith(":null")]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        self.twice: list[int] = []
        super().__init__(stream)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the fields of `node`, and note the lines, from 0, of the names that a field above has."""
        names = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    self.twice.append(key.start_mark.line)
                names.add(key.value)
        return super().construct_mapping(node, deep)


def _refuse_depth(fm: str) -> None:
    """Raise FrontMatterError if YAML is nested so deep that the recursion of libyaml would end the process."""
    nested = max(len(_LISTS_IN_ONE_LINE.findall(fm)), *(fm.count(mark) for mark in "[{?"))
    if nested < _CHECKED_FROM and len(fm) < _CHECKED_FROM_LENGTH:
        return
    depth = 0
    for event in yaml.parse(fm, Loader=_TextLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise FrontMatterError(event.start_mark.line if event.start_mark else 0, "nested too deep")


class YamlFrontMatter(YAMLHandler):
    """``---`` … ``---``."""

    def split(self, text: str) -> tuple[str, str]:
        """Return the front matter at the start of `text`, and the rest; raise ValueError if it is not closed.

        The result is that of python-frontmatter, but a boundary is searched only after line feeds, where it can be.
        """
        opening, at = self.FM_BOUNDARY.match(text), 0
        if opening is None:
            raise ValueError("no front matter")
        while (at := text.find("\n---", at)) >= 0:
            at += 1
            if at >= opening.end() and (closing := self.FM_BOUNDARY.match(text, at)) is not None:
                return text[opening.end() : closing.start()], text[closing.end() :]
        raise ValueError("not closed")

    def read(self, fm: str) -> tuple[Any, list[int]]:
        """Return the values of `fm`, and the lines of fields that are there twice.

        Raises:
            FrontMatterError: it is not YAML.
        """
        fm = fm if fm.isascii() else fm.translate(_SEPARATORS)
        try:
            _refuse_depth(fm)
            values = fast_yaml.load_plain_yaml(fm)
            return (values, []) if values is not None else _load_with_pyyaml(fm)
        except yaml.MarkedYAMLError as error:
            line, advice = mistakes.yaml_advice(fm, error)
            # Other messages of PyYAML quote names of tags and aliases.
            is_known = advice != mistakes.GENERAL_ADVICE or not isinstance(error, (ScannerError, ParserError))
            reason = "not valid YAML" if is_known else f"not valid YAML ({error.problem})"
            raise FrontMatterError(line, reason, advice) from error
        except FrontMatterError:
            raise
        except Exception as error:
            raise FrontMatterError(0, "not valid YAML") from error


class TomlFrontMatter(BaseHandler):
    """``+++`` … ``+++``."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "+++"

    def read(self, fm: str) -> tuple[dict[str, Any], list[int]]:
        """Return the values of `fm`, with numbers and dates as they are written, and no lines.

        Raises:
            FrontMatterError: it is not TOML.
        """
        try:
            return tomllib.loads(_TOML_SCALAR.sub(_as_text, fm), parse_float=str), []
        except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
            at = re.search(r"\(at (?:line (\d+)|end of document)", str(error))
            line = 0 if at is None else int(at[1]) - 1 if at[1] else fm.rstrip().count("\n")
            raise FrontMatterError(line, "not valid TOML", mistakes.toml_advice(str(error))) from error


class JsonFrontMatter(BaseHandler):
    """``{`` … ``}``, wherever the braces stand."""

    FM_BOUNDARY = re.compile(r'\{\s*(?:"|\})')
    START_DELIMITER = END_DELIMITER = ""

    def split(self, text: str) -> tuple[str, str]:
        """Return the JSON object that `text` starts with, and the rest."""
        try:
            _, end = json.JSONDecoder(**_JSON_TEXTS).raw_decode(text)
        except (ValueError, RecursionError) as error:
            advice = mistakes.json_advice(str(error))
            raise FrontMatterError(getattr(error, "lineno", 1) - 1, "not valid JSON", advice) from error
        return text[:end], text[end:]

    def read(self, fm: str) -> tuple[Any, list[int]]:
        """Return the values of `fm`, with numbers as they are written, and the lines of fields that are there twice."""
        twice: list[int] = []

        def to_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            fields = dict(pairs)
            if len(fields) < len(pairs):
                names = [name for name, _ in pairs]
                twice.extend(_last_line(fm, name) for name in fields if names.count(name) > 1)
            return fields

        return json.loads(fm, object_pairs_hook=to_fields, **_JSON_TEXTS), twice


def _load_with_pyyaml(fm: str) -> tuple[Any, list[int]]:
    if _ANCHOR.search(fm):
        _refuse_lost_anchor(fm)
    loader = _TextLoader(fm)
    try:
        return loader.get_single_data(), loader.twice
    finally:
        loader.dispose()


def _refuse_lost_anchor(fm: str) -> None:
    """Raise FrontMatterError for a text such as ``&x y`` without an alias ``*x``: it would lose its first word."""
    events = list(yaml.parse(fm, Loader=_TextLoader))
    aliases = {event.anchor for event in events if isinstance(event, yaml.AliasEvent)}
    for event in events:
        if isinstance(event, yaml.ScalarEvent) and event.anchor is not None and event.anchor not in aliases:
            line = event.start_mark.line if event.start_mark else 0
            raise FrontMatterError(line, "not valid YAML", mistakes.in_quotes("&"))


def _as_text(match: re.Match[str]) -> str:
    return match.group() if match["bare"] is None else f'"{match.group()}"'


def _last_line(fm: str, name: str) -> int:
    """Return the line, from 0, in which the name of a field is for the last time in JSON."""
    places = [match.start() for match in re.finditer(rf"{re.escape(json.dumps(name))}\s*:", fm)]
    return fm.count("\n", 0, places[-1]) if places else 0


_YAML = YamlFrontMatter()
_HANDLERS = (_YAML, TomlFrontMatter(), JsonFrontMatter())


def split_front_matter(text: str) -> FrontMatter:
    """Return the front matter of `text`, or None if it has none, and the body.

    Args:
        text: a whole file, without byte-order mark.

    Raises:
        FrontMatterError: the front matter is not closed, not valid, or not a list of fields.
    """
    start = text.lstrip()
    handler = next((handler for handler in _HANDLERS if handler.detect(start)), None)
    if handler is None:
        return FrontMatter(None, text)
    offset = _first_line(text, handler)
    try:
        matter, body = handler.split(start)
        values, twice = handler.read(matter)
    except FrontMatterError as error:
        raise FrontMatterError(error.line + offset, f"the front matter is {error.reason}", error.advice) from error
    except ValueError as error:
        closing = handler.END_DELIMITER
        reason = f"the front matter is not closed by a line {closing}"
        raise FrontMatterError(offset, reason, f"write {closing} in a line of its own after the last field") from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        advice = "write name: value, with a colon and a space between them"
        raise FrontMatterError(offset, "the front matter is no list of fields (name: value)", advice)
    return FrontMatter(values, body.strip("\n"), tuple(line + offset for line in sorted(twice)))


class LineFinder:
    """The lines of the fields of a file. It is made when the first problem needs a line.

    Args:
        text: a file whose front matter is valid.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._node: yaml.Node | None = None
        start = text.lstrip()
        if _YAML.detect(start):
            matter, _ = _YAML.split(start)
            self._node = yaml.compose(matter.translate(_SEPARATORS), Loader=_TextLoader)

    def of(self, where: tuple[str | int, ...]) -> int:
        """Return the line, from 1, of the field `where`; 1 if it can't be found.

        Args:
            where: names and list positions from the outside in: ``("related", 2, "title")``.
        """
        if self._node is not None:
            return _first_line(self._text, _YAML) + _descend(self._node, where)
        name = next((part for part in reversed(where) if isinstance(part, str)), "")
        match = re.search(rf'^[ \t]*"?{re.escape(name)}"?[ \t]*[:=]', self._text, re.MULTILINE)
        return self._text.count("\n", 0, match.end()) + 1 if match else 1


def locate_field(text: str, field: str, position: int = 0) -> tuple[int, str]:
    """Return the line, from 1, of a field, and its name as it is written; the record and `field` if it is not there.

    Args:
        text: a file whose front matter is valid.
        field: the name of the field in this project.
        position: 0 for a field of the article, else the position of the related record, from 1.
    """
    finder = LineFinder(text.replace("\r\n", "\n").replace("\r", "\n"))
    record: tuple[str | int, ...] = ("related", position - 1) if position else ()
    start = finder.of(record)  # the result for a name that is not there
    names = (field, *FIELD_NAMES.get(field, ()))
    places = ((finder.of((*record, name)), name) for name in names)
    return next((place for place in places if place[0] != start), (start, field))


def _first_line(text: str, handler: BaseHandler) -> int:
    """Return the line of `text`, from 1, on which the front matter for `handler` starts."""
    skipped = len(text) - len(text.lstrip())
    boundary = handler.FM_BOUNDARY.match(text, skipped) if handler.START_DELIMITER else None  # type: ignore[union-attr]
    return text.count("\n", 0, boundary.end() if boundary else skipped) + 1


def _descend(node: yaml.Node | None, where: tuple[str | int, ...]) -> int:
    line = node.start_mark.line if node is not None else 0
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if str(key.value).lower() == str(part).lower()]
            if not pairs:
                break
            key, node = pairs[-1]  # of two equal keys, the last one counts
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line
