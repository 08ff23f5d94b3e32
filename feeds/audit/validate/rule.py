"""A rule of `feeds validate`: one row of the table in :mod:`feeds.audit.validate.table`."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        id: its name, which never changes: people switch rules off by it in code hosts.
        severity: an error makes readers fail, a warning some of them.
        source: the specification and its section, or the reason where no specification has it.
        meaning: what it means for readers.
        advice: what to do.
        example: a piece of a document or of an answer that breaks it.
    """

    id: str
    severity: Severity
    source: str
    meaning: str
    advice: str
    example: str
