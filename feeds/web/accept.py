"""What a client would rather have: Accept and Accept-Encoding, as functions of the header (RFC 9110 section 12)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")


def weights(header: str) -> dict[str, float]:
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
        wanted: the :func:`weights` of Accept.
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
    wanted = weights(accept or "")
    if not wanted:
        return offered[0]
    best = max(offered, key=lambda each: media_weight(wanted, each))  # the first of equals
    return best if media_weight(wanted, best) > 0 else None
