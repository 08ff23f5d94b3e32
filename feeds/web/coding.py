"""Which codings a client takes: Accept-Encoding, as a function of the header (RFC 9110 section 12.5.3)."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.web.accept import weights

IDENTITY = "identity"
"""The document as it is."""

_UNSAID = 0.0001
"""How much a document as it is is wanted where nothing is said of it: less than any coding that is."""


def acceptable(header: str | None, offered: Sequence[str]) -> tuple[str, ...]:
    """Return the codings that the answer may have, the best first; at least one, and ``identity`` among them.

    A client that takes nothing we have, not even the document as it is, gets that all the same: everybody can read
    it, and nobody can read a 406.

    Args:
        header: Accept-Encoding. None takes everything, but we don't press a coding on somebody who asks for none.
        offered: in which codings the document can be had besides, the dearest to us first.
    """
    if header is None:
        return (IDENTITY, *offered)
    wanted = weights(header)
    if "x-gzip" in wanted:  # its old name (section 8.4.1.3)
        wanted.setdefault("gzip", wanted["x-gzip"])
    others = wanted.get("*")
    weight = {each: wanted.get(each, others or 0) for each in offered}
    weight[IDENTITY] = wanted.get(IDENTITY, _UNSAID if others is None else others)
    best_first = sorted(filter(weight.__getitem__, weight), key=weight.__getitem__, reverse=True)
    return tuple(best_first) or (IDENTITY,)
