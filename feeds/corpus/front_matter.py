"""Front matter: YAML (``---``), TOML (``+++``) or JSON (``{``).

The handlers of python-frontmatter detect a format and split front matter and body. Three things differ. A block that is
not closed is an error; python-frontmatter takes it for text. The standard library parses TOML. YAML scalars stay text:
``title: 1984`` and ``title: yes`` are titles, not a number and a boolean. :mod:`feeds.corpus.fields` knows the types of
the fields.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler, YAMLHandler
from yaml.parser import ParserError
from yaml.scanner import ScannerError

from feeds.corpus import fast_yaml
from feeds.corpus.fields import FIELD_NAMES

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML without libyaml: slower, the same values
    from yaml import SafeLoader  # type: ignore[assignment]


_MAX_DEPTH = 50
_CHECKED_FROM = 50
_CHECKED_FROM_LENGTH = 100_000
"""The number of opening characters, and the length of YAML, from which on the depth is counted before parsing."""

_LISTS_IN_ONE_LINE = re.compile(r"-[ \t]+(?=-[ \t])")


class FrontMatterError(Exception):
    """The front matter can't be read. `reason` quotes no value, which may be private; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


class _TextLoader(SafeLoader):
    """YAML in which every plain scalar except null is a text. There are no merge keys: nested, they never end."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the class attribute that PyYAML reads
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith(":null")]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }


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

    def load(self, fm: str, **_: object) -> Any:
        """Return the values of `fm`; raise FrontMatterError if it is not YAML."""
        try:
            _refuse_depth(fm)
            values = fast_yaml.load_plain_yaml(fm)
            return values if values is not None else yaml.load(fm, Loader=_TextLoader)  # noqa: S506 - a SafeLoader
        except yaml.MarkedYAMLError as error:
            problem = error.problem or ""
            # An unclosed bracket or quote is reported where it opens, not at the end of the text.
            mark = (error.context_mark if "end of stream" in problem else None) or error.problem_mark
            if not isinstance(error, (ScannerError, ParserError)):
                problem = "a tag or an alias that stands for nothing"  # the message of PyYAML would quote it
            raise FrontMatterError(mark.line if mark else 0, f"not valid YAML ({problem})") from error
        except FrontMatterError:
            raise
        except Exception as error:
            raise FrontMatterError(0, "not valid YAML") from error


class TomlFrontMatter(BaseHandler):
    """``+++`` … ``+++``."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "+++"

    def load(self, fm: str, **_: object) -> dict[str, Any]:
        """Return the values of `fm`; raise FrontMatterError if it is not TOML."""
        try:
            return tomllib.loads(fm)
        except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError, as is a huge number
            at = re.search(r"\(at line (\d+)", str(error))
            reason = f" ({str(error).partition(' (at ')[0].lower()})" if at else ""
            raise FrontMatterError(int(at[1]) - 1 if at else 0, f"not valid TOML{reason}") from error


class JsonFrontMatter(BaseHandler):
    """``{`` … ``}``, wherever the braces stand."""

    FM_BOUNDARY = re.compile(r'\{\s*(?:"|\})')
    START_DELIMITER = END_DELIMITER = ""

    def split(self, text: str) -> tuple[str, str]:
        """Return the JSON object that `text` starts with, and the rest."""
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError) as error:
            raise FrontMatterError(getattr(error, "lineno", 1) - 1, "not valid JSON") from error
        return text[:end], text[end:]

    def load(self, fm: str, **_: object) -> Any:
        """Return the values of `fm`."""
        return json.loads(fm)


_YAML = YamlFrontMatter()
_HANDLERS = (_YAML, TomlFrontMatter(), JsonFrontMatter())


def split_front_matter(text: str) -> tuple[dict[str, Any] | None, str]:
    """Return the front matter of `text`, or None if it has none, and the body.

    Args:
        text: a whole file, without byte-order mark.

    Raises:
        MatterError: the front matter is not closed, not valid, or not a list of fields.
    """
    start = text.lstrip()
    handler = next((handler for handler in _HANDLERS if handler.detect(start)), None)
    if handler is None:
        return None, text
    offset = _first_line(text, handler)
    try:
        matter, body = handler.split(start)
        values = handler.load(matter)
    except FrontMatterError as error:
        raise FrontMatterError(error.line + offset, f"the front matter is {error.reason}") from error
    except ValueError as error:
        closing = handler.END_DELIMITER
        raise FrontMatterError(offset, f"the front matter is not closed by a line {closing}") from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise FrontMatterError(offset, "the front matter is no list of fields (name: value)")
    return values, body.strip("\n")


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
            self._node = yaml.compose(matter, Loader=_TextLoader)

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


def line_of_field(text: str, field: str) -> int:
    """Return the line, from 1, of a field under any of its names; 1 if `text` does not have it."""
    finder = LineFinder(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (finder.of((name,)) for name in (field, *FIELD_NAMES.get(field, ())))
    return next((line for line in lines if line > 1), 1)


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
