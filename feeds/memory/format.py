"""The format of the memory: a head and numbered parts, which travel with the static tree (``docs/memory.md``).

::

    feeds-memory/memory.json          the head: which site, how new, and the digests of all parts
    feeds-memory/entries-5f0c….bin    a part: records as JSON, compressed by zlib

The records of a family are divided by the first bits of their digests, so that an edit rewrites few parts. A part has
the digest of its content in its name. So a folder in which parts are written before the head, and deleted after it, has
a whole memory at any moment. Text of articles is not part of a memory: keys, titles, paths and addresses are 64-bit
digests with the salt of the site.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from feeds.errors import StateError
from feeds.rules.site_layout import MEMORY_FOLDER

FORMAT = 1
"""The version of the format. A memory of a later version is refused."""

FAMILIES = {"entries": 256, "feeds": 256, "articles": 1024, "documents": 512, "moves": 256, "broken": 256}
"""The families of records, with the number of records of a part after which a family is divided into more parts."""

MAX_PART_BYTES = 64_000_000
"""The largest size of a part before compression. A larger one is damaged, or an attack."""

MAX_PARTS = 65_536
"""The largest number of parts of a family."""

_DIGEST = re.compile("[0-9a-f]{32}")

Record = Sequence[Any]
"""A record of a family. Its first value is its digest; the others are described in ``docs/memory.md``."""

ReadFile = Callable[[str], bytes | None]
"""A function that returns the bytes of a file of the memory by its name, or None if there is no such file."""


class DamagedMemoryError(StateError):
    """A file of the memory is missing, or its content is not what the head says."""


class Head(NamedTuple):
    """The head of a memory.

    Attributes:
        site: the identity of the site, made by its first build: 32 hexadecimal digits.
        origin: the address at which the site was published first: the ids of its feeds begin with it.
        salt: the salt of all digests, in hexadecimal digits; empty for a memory that an earlier version began.
        number: how often the memory has changed. Of two memories of a site, the one with the larger number counts.
        parts: family → the digests of the content of its parts, in order. The number of parts is a power of two.
    """

    site: str
    origin: str
    salt: str
    number: int
    parts: Mapping[str, Sequence[str]]

    @property
    def digest(self) -> str:
        """The digest of all of the memory."""
        return content_digest(_dump(self._values()))

    @property
    def salt_bytes(self) -> bytes:
        """The salt as bytes."""
        return bytes.fromhex(self.salt)

    def files(self) -> dict[str, str]:
        """Return the names of all parts, with the digests of their content."""
        return {part_name(family, digest): digest for family, digests in self.parts.items() for digest in digests}

    def _values(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "site": self.site,
            "origin": self.origin,
            "salt": self.salt,
            "number": self.number,
            "parts": {family: list(digests) for family, digests in sorted(self.parts.items())},
        }

    def to_bytes(self) -> bytes:
        """Return the file of the head."""
        return json.dumps({**self._values(), "digest": self.digest}, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, body: bytes, where: str) -> Head:
        """Return the head in a file.

        Args:
            body: the bytes of the file.
            where: the path or address of the file, for messages.

        Raises:
            DamagedMemoryError: it is damaged.
            StateError: a later version has written it.
        """
        damaged = DamagedMemoryError("the memory is damaged: this file is not what was written", where)
        try:
            values = json.loads(body)
            if not isinstance(values, dict) or not isinstance(values["format"], int):
                raise damaged
            if values["format"] > FORMAT:
                raise StateError("it was written by a later version of feeds; use that one", where)
            parts = {str(family): tuple(map(str, digests)) for family, digests in values["parts"].items()}
            head = cls(str(values["site"]), str(values["origin"]), str(values["salt"]), int(values["number"]), parts)
            is_whole = head.digest == values["digest"] and len(head.salt_bytes) <= blake2b.SALT_SIZE
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise damaged from None
        if not is_whole or any(not _is_possible(*part) for part in parts.items()):
            raise damaged
        return head


def _is_possible(family: str, digests: Sequence[str]) -> bool:
    count = len(digests)
    is_power_of_two = count & (count - 1) == 0
    return family in FAMILIES and count <= MAX_PARTS and is_power_of_two and all(map(_DIGEST.fullmatch, digests))


def content_digest(body: bytes) -> str:
    """Return the digest of the content of a part: 32 hexadecimal digits."""
    return blake2b(body, digest_size=16).hexdigest()


def part_name(family: str, digest: str) -> str:
    """Return the name of the file of a part with this digest."""
    return f"{family}-{digest}.bin"


def memory_address(name: str) -> str:
    """Return the address of a file of the memory, relative to the site's root."""
    return MEMORY_FOLDER + name


def part_of(digest: int, count: int) -> int:
    """Return the number of the part that has a record, of `count` parts: the first bits of its digest."""
    return ((digest + 2**63) * count) >> 64


def part_range(number: int, count: int) -> tuple[int, int]:
    """Return the smallest and the largest digest that a part can have: the inverse of :func:`part_of`."""
    size = 2**64 // count
    return number * size - 2**63, (number + 1) * size - 2**63 - 1


def parts_needed(family: str, records: int) -> int:
    """Return the number of parts for a number of records: a power of two; 0 if there are none."""
    if records == 0:
        return 0
    return 1 << max(0, (records - 1) // FAMILIES[family]).bit_length()


class Part(NamedTuple):
    """A part as it is written: its file, and the digest of its content, which does not depend on the compression."""

    body: bytes
    digest: str


def encode_part(records: Iterable[Record]) -> Part:
    """Return records as a part."""
    content = _dump(list(records))
    return Part(zlib.compress(content), content_digest(content))


def decode_part(body: bytes, digest: str, where: str) -> list[Record]:
    """Return the records of a part.

    Args:
        body: the bytes of its file.
        digest: the digest of its content, by the head.
        where: its path or address, for messages.

    Raises:
        DamagedMemoryError: the content has another digest.
    """
    try:
        decompressor = zlib.decompressobj()
        content = decompressor.decompress(body, MAX_PART_BYTES)
        if not decompressor.eof or content_digest(content) != digest:
            raise DamagedMemoryError("the memory is damaged: this file is not what was written", where)
    except zlib.error:
        raise DamagedMemoryError("the memory is damaged: this file is not what was written", where) from None
    records: list[Record] = json.loads(content)
    return records


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
