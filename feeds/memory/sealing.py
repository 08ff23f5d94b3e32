"""Sealing: the id of an entry that was withdrawn is in the memory, but in a form that only its own page can read.

A withdrawn article may come back at another address, or with another title, and must not be delivered again. So its id
can't be forgotten. But the memory is public, and the id of a withdrawn article may have its title in it. The id, the
slug of its page, and the day of its date are enciphered with a secret of 64 bits. The secret is *wrapped* in a second
hash of every key and sign of the page (:func:`feeds.rules.grouping.key_secret`): the exclusive or of the two. Those who
know an address, a title or the text of the page can unwrap the secret, and read the id; the digests alone are of no
use.

The secret is a hash of the id. So it can be made again from the id, and it need not be stored while the id is public.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import NamedTuple


class Sealed(NamedTuple):
    """What is sealed of an entry.

    Attributes:
        uri: its id.
        slug: the slug of its page, or None if it has a web page.
        day: the day of its article (:class:`feeds.model.Signs`), or None if there is none.
    """

    uri: str
    slug: str | None
    day: int | None


def seal(content: Sealed, secret: int) -> str:
    """Return `content`, enciphered with `secret`, as ASCII text."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return base64.b64encode(_cipher(text, secret)).decode()


def unseal(sealed: str, secret: int) -> Sealed | None:
    """Return what was sealed; None if the secret is another one."""
    try:
        uri, slug, day = json.loads(_cipher(base64.b64decode(sealed), secret))
    except (ValueError, TypeError):
        return None
    is_whole = isinstance(uri, str) and isinstance(slug, str | None) and isinstance(day, int | None)
    return Sealed(uri, slug, day) if is_whole else None


def _cipher(text: bytes, secret: int) -> bytes:
    """Return the exclusive or of `text` and a stream that depends on the secret: its own inverse."""
    stream = hashlib.shake_128(secret.to_bytes(8, "big", signed=True)).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
