"""YAML read quickly, where that is sure to give what PyYAML gives; else not at all.

yaml-rs reads front matter several times as fast as PyYAML. But it reads YAML 1.2, makes numbers of what somebody wrote
as a title, and lets some mistakes pass that PyYAML names. So it is asked only about YAML in which none of that can
be: whatever is unusual, and whatever it can't read, is left to PyYAML, which also has the words for what is wrong.
Without yaml-rs everything is: it is slower, and the same. The tests hold the two against each other.
"""

from __future__ import annotations

import re
from typing import Any

try:
    import yaml_rs
except ImportError:  # an extra: feeds[fast]
    yaml_rs = None  # type: ignore[assignment]

_AVAILABLE = yaml_rs is not None
_NOT_TEXT = frozenset({"quality", "heat", "width", "height", "published", "draft", "iscached"})
"""Fields, in lower case, in which a number or a yes is meant where one is written."""

# Merge keys, directives, document marks, anchors, tags and other indicators, and what is no plain text.
_UNUSUAL = re.compile(
    r"<<|:\s*[-+]?0[xob]|^%|^---|^\.\.\.|(?:[:,\[{-]|^)\s*[!&*?|>@`%]|:[,\]}]"
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]",
    re.MULTILINE,
)
_WORD = r"""(?:"[^"\\\n]*"|'[^'\n]*'|\w[\w ./+-]*)"""
_COLLECTION = re.compile(r"(?:^|[:-])\s*([\[{])", re.MULTILINE)
_PLAIN_COLLECTION = re.compile(rf"[\[{{](?:{_WORD}(?:: {_WORD})?(?:, |(?=[\]}}])))*[\]}}] *$", re.MULTILINE)


def load(text: str) -> dict[str, Any] | None:
    """Return the values of `text`, a mapping in YAML, or None where PyYAML should be asked."""
    if not _AVAILABLE or _UNUSUAL.search(text):
        return None
    if any(_PLAIN_COLLECTION.match(text, found.start(1)) is None for found in _COLLECTION.finditer(text)):
        return None
    try:
        values = yaml_rs.loads(text, parse_datetime=False)
    except yaml_rs.YAMLDecodeError:
        return None
    return values if isinstance(values, dict) and _is_text(values) else None


def _is_text(values: dict[Any, Any]) -> bool:
    """Tell whether all values are texts, empty, or numbers where numbers are meant."""
    for name, value in values.items():
        if type(value) is str and type(name) is str:
            continue
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, dict):
                if not _is_text(each):
                    return False
            elif not (each is None or isinstance(each, str) or (isinstance(name, str) and name.lower() in _NOT_TEXT)):
                return False
        if not isinstance(name, str):
            return False
    return True
