"""The address of a picture, which pages that load pictures late keep in other places than ``src``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from feeds.rules import urls
from feeds.rules.safe_html import is_data_picture

LAZY_ATTRIBUTES = ("data-src", "data-lazy-src", "data-original")
LAZY_SETS = ("data-srcset", "data-lazy-srcset")

_CANDIDATE = re.compile(r"[\s,]*+(\S++)")
_DESCRIPTORS = re.compile(r"(?:[^,()]|\([^()]*\))*+")
_LAZY_CLASS = re.compile(r"(?:^|[\s_-])(?:b-lazy|lazy\w*|lozad)(?:$|[\s_-])", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:^|[/_.-])(?:blank|gr[ae]y|lazy|loader|loading|pixel|placeholder|spacer|transparent)[^/]*\.\w+(?:\?.*)?\Z",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_IGNORED = re.compile(r"[\t\n\r]")
_OLD_TYPES = ("", "image/gif", "image/jpeg", "image/jpg", "image/png")


def usable_address(written: str) -> str | None:
    """Return `written` as an http(s) or relative address without credentials, or None if it is neither."""
    address = _IGNORED.sub("", written).strip("".join(map(chr, range(0x21))))
    if not address or address.startswith("#"):
        return None
    if address.startswith("//"):
        address = f"https:{address}"
    return urls.absolute_url(address) if _SCHEME.match(address) else address


def largest_candidate(srcset: str) -> str | None:
    """Return the usable address in a ``srcset`` with the largest width or density, or None.

    Commas inside of an address belong to it (HTML Standard, "parse a srcset attribute").
    """
    best, best_size, position = None, -1.0, 0
    while candidate := _CANDIDATE.match(srcset, position):
        address, descriptors, position = candidate[1], "", candidate.end()
        if address.endswith(","):
            address = address.rstrip(",")
        elif rest := _DESCRIPTORS.match(srcset, position):
            descriptors, position = rest[0], rest.end()
        size = _size(descriptors)
        usable = usable_address(address)
        if usable is not None and size > best_size:
            best, best_size = usable, size
    return best


def real_address(picture: Mapping[str, str], sources: Iterable[Mapping[str, str]] = ()) -> str | None:
    """Return the address of the picture that an ``img`` shows in the end, or None.

    Args:
        picture: the attributes of the ``img``.
        sources: the attributes of the ``source`` elements of the ``picture`` around it.
    """
    for name in LAZY_ATTRIBUTES:
        written = picture.get(name, "")
        if ("/" in written or "." in written) and (address := usable_address(written)):
            return address
    lazy = _largest(picture, LAZY_SETS)
    if lazy:
        return lazy
    address = usable_address(picture.get("src", ""))
    if address and not _PLACEHOLDER.search(address):
        return address
    better = _largest(picture, ("srcset",)) or _best_source(sources)
    return better or address


def is_lazy(picture: Mapping[str, str]) -> bool:
    """Tell whether an ``img`` with these attributes stands for a picture that a script loads later."""
    src = picture.get("src", "")
    return (
        any(name in picture for name in (*LAZY_ATTRIBUTES, *LAZY_SETS))
        or bool(_LAZY_CLASS.search(picture.get("class", "")))
        or is_placeholder(src)
    )


def is_placeholder(address: str) -> bool:
    """Tell whether `address`, the ``src`` of an ``img``, only holds the place of a picture."""
    usable = usable_address(address)
    return usable is None or bool(_PLACEHOLDER.search(usable))


def data_address(picture: Mapping[str, str]) -> str | None:
    """Return the ``src`` of an ``img`` if it is a whole picture in itself, else None."""
    src = picture.get("src", "").strip()
    return src if is_data_picture(src) else None


def _largest(attributes: Mapping[str, str], names: Iterable[str]) -> str | None:
    for name in names:
        address = largest_candidate(attributes.get(name, ""))
        if address:
            return address
    return None


def _best_source(sources: Iterable[Mapping[str, str]]) -> str | None:
    """Return the address of the first source in a format that every reader knows, or else of the first one."""
    ranked = sorted(sources, key=lambda source: source.get("type", "").lower() not in _OLD_TYPES)
    for source in ranked:
        address = _largest(source, (*LAZY_SETS, "srcset"))
        if address:
            return address
    return None


def _size(descriptors: str) -> float:
    for descriptor in descriptors.split():
        if descriptor[-1] in "wx":
            try:
                return float(descriptor[:-1])
            except ValueError:
                continue
    return 1.0
