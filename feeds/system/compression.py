"""Content codings: gzip, br, zstd, each a function of a document's bytes (RFC 9110 section 8.4.1, RFC 7932, RFC 8878).

Brotli and zstandard are extras (``feeds[compress]``); without them there is gzip.
"""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Callable
from typing import NamedTuple

MIN_SIZE = 1024
"""From how many bytes on a document is worth coding: a smaller one is sent in one packet anyway."""

_TEXTS = ("text/", "application/json", "application/xml", "image/svg")


class Coding(NamedTuple):
    """One way to make a document smaller.

    Attributes:
        name: in Accept-Encoding, Content-Encoding and entity tags.
        suffix: of a file that holds a coded document; nginx and others look for it.
        encode: the bytes of a document → the same bytes on every call, coded.
    """

    name: str
    suffix: str
    encode: Callable[[bytes], bytes]


def _br(body: bytes) -> bytes:
    import brotli

    coded: bytes = brotli.compress(body, quality=6)  # 11 is a tenth smaller and takes thirty times as long
    return coded


def _zstd(body: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=10).compress(body)  # its window is one that every client has (RFC 9659)


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, 9, wbits=31)  # 31 is gzip, without a name and a time


CODINGS = (Coding("br", ".br", _br), Coding("zstd", ".zst", _zstd), Coding("gzip", ".gz", _gzip))
"""All codings, the one that makes feeds smallest first."""

_MODULES = {"br": "brotli", "zstd": "zstandard", "gzip": "zlib"}

INSTALLED_CODINGS = tuple(each for each in CODINGS if importlib.util.find_spec(_MODULES[each.name]) is not None)
"""The codings that can be made here."""


def codings_of(media_type: str, size: int) -> tuple[Coding, ...]:
    """Return the codings in which a document can be had; none of one that is small, or no text.

    Args:
        media_type: with or without parameters.
        size: in bytes.
    """
    kind = media_type.partition(";")[0].rstrip()
    is_text = kind.startswith(_TEXTS) or kind.endswith(("+xml", "+json"))
    return INSTALLED_CODINGS if is_text and size >= MIN_SIZE else ()
