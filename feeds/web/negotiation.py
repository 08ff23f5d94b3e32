"""Content negotiation: Accept and Accept-Encoding, as functions of the header (RFC 9110 section 12)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feeds.rules.site_layout import FORMATS, Format

_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")

IDENTITY = "identity"
"""The document as it is."""

_UNSAID = 0.0001
"""How much a document as it is is wanted where nothing is said of it: less than any coding that is."""

_FORMAT_OF = {row.media_type: row for row in FORMATS} | {name: row for row in FORMATS for name in row.also_accepts}
"""Media type → the format that it means. The order decides between types that a client wants equally."""


def parse_weights(header: str) -> dict[str, float]:
    """Return the members of a header such as ``gzip, br;q=0.5, *;q=0`` and how much each is wanted, from 0 to 1.

    Args:
        header: Accept or Accept-Encoding.

    Returns:
        Names in lower case → weights (section 12.4.2). Other parameters are passed over, and a member whose weight
        is none, such as ``q=2``, is as good as not there. Of two that are the same the last counts.
    """
    found = {}
    for member in header.lower().split(","):
        name, *parameters = [part.strip(" \t") for part in member.split(";")]
        said = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        if name and _WEIGHT.match(said):
            found[name] = float(said)
    return found


def media_weight(wanted: dict[str, float], media_type: str) -> float:
    """Return how much a media type, without parameters, is wanted: by its name, its kind, or ``*/*`` (section 12.5.1).

    Args:
        wanted: the :func:`parse_weights` of Accept.
        media_type: such as ``text/html``.
    """
    kind = media_type.partition("/")[0]
    return next((wanted[each] for each in (media_type, f"{kind}/*", "*/*") if each in wanted), 0.0)


def best_media_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return which of the media types `offered` the client wants most, the first of equals; None if it wants none.

    Args:
        accept: the header; None, and one that says nothing that can be understood, wants anything.
        offered: media types without parameters, the dearest to us first.
    """
    wanted = parse_weights(accept or "")
    if not wanted:
        return offered[0]
    best = max(offered, key=lambda each: media_weight(wanted, each))  # the first of equals
    return best if media_weight(wanted, best) > 0 else None


def acceptable_codings(header: str | None, offered: Sequence[str]) -> tuple[str, ...]:
    """Return the codings that the answer may have, the best first; at least one, and ``identity`` among them.

    A client that takes nothing we have, not even the document as it is, gets that all the same: everybody can read
    it, and nobody can read a 406.

    Args:
        header: Accept-Encoding. None takes everything, but we don't press a coding on somebody who asks for none.
        offered: in which codings the document can be had besides, the dearest to us first.
    """
    if header is None:
        return (IDENTITY, *offered)
    wanted = parse_weights(header)
    if "x-gzip" in wanted:  # its old name (section 8.4.1.3)
        wanted.setdefault("gzip", wanted["x-gzip"])
    others = wanted.get("*")
    weight = {each: wanted.get(each, others or 0) for each in offered}
    weight[IDENTITY] = wanted.get(IDENTITY, _UNSAID if others is None else others)
    best_first = sorted(filter(weight.__getitem__, weight), key=weight.__getitem__, reverse=True)
    return tuple(best_first) or (IDENTITY,)


def best_format(accept: str | None) -> Format | None:
    """Return the format of a feed that the client wants most, or None if it wants none.

    Args:
        accept: the header; a client that has no preference gets Atom.
    """
    wanted = best_media_type(accept, tuple(_FORMAT_OF))
    return _FORMAT_OF[wanted] if wanted is not None else None
