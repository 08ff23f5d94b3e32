"""Content negotiation: Accept and Accept-Encoding, as functions of the header (RFC 9110 section 12)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feeds.rules.site_layout import FORMATS, Format

IDENTITY = "identity"
"""The name of the document without a coding."""

_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")

_IDENTITY_WEIGHT = 0.0001
"""The weight of ``identity`` if the header does not name it: less than any coding that the header names."""

_FORMAT_OF = {row.media_type: row for row in FORMATS} | {name: row for row in FORMATS for name in row.also_accepts}
"""Media type → the format that it means. The order decides between types that a client wants equally."""


def parse_weights(header: str) -> dict[str, float]:
    """Return the members of a header such as ``gzip, br;q=0.5, *;q=0`` with their weights, from 0 to 1.

    Args:
        header: the value of Accept or Accept-Encoding.

    Returns:
        Names in lower case → weights (section 12.4.2). Other parameters are ignored, and so is a member with an invalid
        weight such as ``q=2``. Of two equal members the last one counts.
    """
    weights = {}
    for member in header.lower().split(","):
        name, *parameters = [part.strip(" \t") for part in member.split(";")]
        weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if name and _WEIGHT.match(weight):
            weights[name] = float(weight)
    return weights


def media_weight(weights: dict[str, float], media_type: str) -> float:
    """Return the weight of a media type: by its name, its main type, or ``*/*`` (section 12.5.1).

    Args:
        weights: the :func:`parse_weights` of Accept.
        media_type: without parameters, such as ``text/html``.
    """
    main_type = media_type.partition("/")[0]
    names = (media_type, f"{main_type}/*", "*/*")
    return next((weights[name] for name in names if name in weights), 0.0)


def best_media_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the media type that the client wants most, the first of equals; None if it wants none.

    Args:
        accept: the header. None, and a header without a valid member, accept everything.
        offered: media types without parameters, the preferred one first.
    """
    weights = parse_weights(accept or "")
    if not weights:
        return offered[0]
    best = max(offered, key=lambda media_type: media_weight(weights, media_type))  # max returns the first of equals
    return best if media_weight(weights, best) > 0 else None


def best_format(accept: str | None) -> Format | None:
    """Return the format of a feed that the client wants most, or None if it wants none.

    Args:
        accept: the header; a client without a preference gets Atom.
    """
    media_type = best_media_type(accept, tuple(_FORMAT_OF))
    return _FORMAT_OF[media_type] if media_type is not None else None


def acceptable_codings(header: str | None, offered: Sequence[str]) -> tuple[str, ...]:
    """Return the codings that the answer may have, the best first: at least one, and ``identity`` among them.

    A client that accepts no coding of ours, and not even ``identity``, gets ``identity`` all the same: every client can
    read it, and no feed reader reads a 406.

    Args:
        header: the value of Accept-Encoding (section 12.5.3). None accepts everything; the answer is ``identity`` then,
            since the client did not ask for a coding.
        offered: the codings in which the document is available, the preferred one first.
    """
    if header is None:
        return (IDENTITY, *offered)
    weights = parse_weights(header)
    if "x-gzip" in weights:  # the old name of gzip (section 8.4.1.3)
        weights.setdefault("gzip", weights["x-gzip"])
    other_weight = weights.get("*")
    weight_of = {coding: weights.get(coding, other_weight or 0) for coding in offered}
    weight_of[IDENTITY] = weights.get(IDENTITY, _IDENTITY_WEIGHT if other_weight is None else other_weight)
    best_first = sorted(filter(weight_of.__getitem__, weight_of), key=weight_of.__getitem__, reverse=True)
    return tuple(best_first) or (IDENTITY,)
