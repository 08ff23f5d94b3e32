"""Content codings: gzip, br and zstd as functions of the bytes (RFC 9110 section 8.4.1, RFC 7932, RFC 8878).

Brotli and zstandard are extras (``feeds[compress]``); without them there is gzip only.
"""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Callable
from typing import NamedTuple

MIN_SIZE = 1024
"""The size in bytes from which on a document is coded. A smaller one fits into one packet anyway."""

_TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg")


class Coding(NamedTuple):
    """A content coding.

    Attributes:
        name: its name in Accept-Encoding, Content-Encoding and entity tags.
        suffix: the suffix of files with coded bytes, as nginx and other servers expect it.
        encode: returns the coded bytes; the same result at every call.
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

    return zstandard.ZstdCompressor(level=10).compress(body)  # a window that every client has (RFC 9659)


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, 9, wbits=31)  # 31: with a gzip header, which has neither name nor time


CODINGS = (Coding("br", ".br", _br), Coding("zstd", ".zst", _zstd), Coding("gzip", ".gz", _gzip))
"""All codings; the one that makes feeds smallest comes first."""

_MODULES = {"br": "brotli", "zstd": "zstandard", "gzip": "zlib"}

INSTALLED_CODINGS = tuple(coding for coding in CODINGS if importlib.util.find_spec(_MODULES[coding.name]) is not None)
"""The codings whose libraries are installed."""


def codings_of(media_type: str, size: int) -> tuple[Coding, ...]:
    """Return the codings that a document is available in: none for a small document, or one that is no text.

    Args:
        media_type: with or without parameters.
        size: in bytes.
    """
    name = media_type.partition(";")[0].rstrip()
    is_text = name.startswith(_TEXT_TYPES) or name.endswith(("+xml", "+json"))
    return INSTALLED_CODINGS if is_text and size >= MIN_SIZE else ()
