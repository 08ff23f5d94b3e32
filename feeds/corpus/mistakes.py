"""What to do against a mistake in front matter, in words for people who don't know YAML, TOML or JSON.

The messages of the parsers say what the grammar expected. The functions here look at the text and say what to write.
They never quote a value: it may be private.
"""

from __future__ import annotations

import re

import yaml

GENERAL_ADVICE = "mend the front matter"

_INDICATORS = "@`%*&!|>?,]}"
"""What no plain value of YAML starts with (YAML 1.1 section 5.3), besides brackets, quotes and hyphens."""

_LINE = re.compile(
    r"""[ ]*(?:-[ ]+)*(?P<name>(?:"[^"]*"|'[^']*'|[^\s#:\[\]{},"'][^:]*?)[ ]*:(?=\s|$))?\s*(?P<value>.*)"""
)
_QUOTED = {'"': re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL), "'": re.compile(r"'(?:''|[^'])*'", re.DOTALL)}
_CLOSING = {"[": "]", "{": "}"}

_TOML = (
    ("Expected '=' after a key", "write name = value, a text in quotes"),
    ("Invalid initial character for a key part", "write the name of a field in letters, digits, - and _"),
    ("Invalid statement", "write the name of a field in letters, digits, - and _"),
    ("Expected newline or end of document", "let nothing stand after the value; put a text in quotes"),
    ("Cannot overwrite a value", "the field is there twice: delete one of them"),
    ("Cannot declare", "the section is there twice: delete one of them"),
    ("Duplicate inline table key", "the field is there twice: delete one of them"),
    ("Unterminated string", "close the quote"),
    ("Illegal character '\\n'", "close the quote at the end of the value"),
    ("Unescaped '\\\\'", "write a backslash twice, or put the text in single quotes"),
    ("Unclosed array", "close the list with ], and put a comma between its values"),
    ("Unclosed inline table", "close the braces with }, and put a comma between the fields"),
    ("Invalid value", "put the value in quotes"),
)
_JSON = (
    ("Expecting property name", "put the name in double quotes; after the last field there is no comma"),
    ("Illegal trailing comma", "delete the comma after the last field"),
    ("Expecting ',' delimiter", "put a comma after the value before this place, or close the braces with }"),
    ("Expecting ':' delimiter", "put a colon between the name and the value"),
    ("Expecting value", "put the value in double quotes"),
    ("Unterminated string", "close the quote"),
    ("Invalid control character", "close the quote in the same line; a line break in a text is written \\n"),
    ("Invalid \\", "write a backslash twice"),
)


def toml_advice(message: str) -> str:
    """Return what to do against the mistake that :mod:`tomllib` reports with `message`."""
    return next((advice for start, advice in _TOML if message.startswith(start)), GENERAL_ADVICE)


def json_advice(message: str) -> str:
    """Return what to do against the mistake that :mod:`json` reports with `message`."""
    return next((advice for start, advice in _JSON if message.startswith(start)), GENERAL_ADVICE)


def in_quotes(first: str) -> str:
    """Return the advice against a value of YAML that starts with the character `first`."""
    return f"put the value in quotes: it starts with {first}"


def yaml_advice(matter: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line of a mistake in YAML, from 0, and what to do against it.

    Args:
        matter: the YAML.
        error: the error of PyYAML. Only its places, and the beginnings that both parsers of PyYAML share, are used.
    """
    mark, opening = error.problem_mark or error.context_mark, error.context_mark
    if mark is None:
        return 0, GENERAL_ADVICE
    problem, context = error.problem or "", error.context or ""
    lines = [*matter.split("\n"), ""]
    line = min(mark.line, len(lines) - 1)
    if re.match(r" *\t", lines[line]):
        return line, "begin the line with spaces: there is a tab"
    if "escape" in problem:
        return line, "write a backslash twice, or put the text in single quotes"
    if (quote := _broken_quote(lines, line)) is not None:
        return quote
    if opening is not None and "flow" in context:
        return _in_brackets(lines, opening.line, opening.column)
    if problem.startswith("mapping values"):
        return _second_colon(lines, line, mark.column)
    if opening is not None and "':'" in problem:
        return opening.line, "write name: value, with a colon and a space between them"
    value = _value(lines[line])
    places = [lines[place.line][place.column : place.column + 1] for place in (mark, opening) if place is not None]
    first = next((each for each in (*places, value[:1]) if each and each in _INDICATORS), "")
    if first or value[:1] in _CLOSING:
        return line, in_quotes(first or value[0])
    if "entries are not allowed" in problem:
        return line, "put the value in quotes: it starts with a hyphen; or begin the list in the next line"
    if isinstance(error, yaml.parser.ParserError):
        return line, "begin the line where the fields above it begin, with the same number of spaces"
    return line, GENERAL_ADVICE


def _value(line: str) -> str:
    match = _LINE.match(line)
    return match["value"] if match else ""


def _broken_quote(lines: list[str], last: int) -> tuple[int, str] | None:
    """Return line and advice if a quote up to line `last` is not closed in its line, or text stands behind it."""
    start = 0
    while start <= last:
        value = _value(lines[start])
        pattern = _QUOTED.get(value[:1])
        if pattern is None:
            start += 1
            continue
        rest = "\n".join([value, *lines[start + 1 :]])
        match = pattern.match(rest)
        end = start + match.group().count("\n") if match else len(lines)
        if end > start and end >= last:
            return start, "close the quote at the end of the value"
        if match is not None and end == last and re.match(r"[ \t]*[^\s#,:\]}]", rest[match.end() :]):
            return start, "text stands after the closing quote: put the whole value in quotes of the other kind"
        start = end + 1
    return None


def _in_brackets(lines: list[str], line: int, column: int) -> tuple[int, str]:
    """Return line and advice for a mistake in the brackets that open at this place, or before it."""
    rest = lines[line][column:]
    while rest[:1] not in _CLOSING:
        if line == 0:
            return line, GENERAL_ADVICE
        line -= 1
        rest = _value(lines[line])
    bracket, closing = rest[0], _CLOSING[rest[0]]
    if closing in rest:
        return line, f"put the values between {bracket} and {closing} in quotes"
    return line, f"close the bracket with {closing}, or {in_quotes(bracket)}"


def _second_colon(lines: list[str], line: int, column: int) -> tuple[int, str]:
    """Return line and advice for a colon in a value, or after a name that begins too far to the right."""
    match = _LINE.match(lines[line])
    if match and match["name"] and match.end("name") <= column:
        return line, "put the value in quotes: it contains a colon"
    before = next((number for number in range(line - 1, -1, -1) if lines[number].strip()), None)
    if before is not None and not ((above := _LINE.match(lines[before])) and above["name"]):
        return before, "write name: value, with a colon and a space between them"
    return line, "begin the line where the fields above it begin, or put the whole text in quotes"
