"""The files of a memory: what is written is read again, and anything else is refused."""

from __future__ import annotations

import contextlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import StateError
from feeds.memory.format import (
    FAMILIES,
    FORMAT,
    DamagedMemoryError,
    Head,
    decode_part,
    encode_part,
    part_name,
    part_of,
    part_range,
    parts_needed,
)
from feeds.memory.sealing import Sealed, seal, unseal

DIGESTS = st.integers(-(2**63), 2**63 - 1)
PART = encode_part([(1, "ü\u2028", None), (2, "\ud800", [3])])
HEAD = Head("0" * 32, "https://a.example/", "ab" * 16, 7, {"entries": (PART.digest, "1" * 32), "feeds": ("2" * 32,)})


def test_a_head_is_read_as_it_was_written() -> None:
    assert Head.from_bytes(HEAD.to_bytes(), "x") == HEAD
    assert HEAD.files() == {part_name("entries", PART.digest): PART.digest} | {
        part_name("entries", "1" * 32): "1" * 32,
        part_name("feeds", "2" * 32): "2" * 32,
    }


def test_any_changed_byte_of_a_head_is_noticed() -> None:
    body = HEAD.to_bytes()
    for at in range(len(body)):
        for other in (body[at] ^ 1, 0):
            damaged = body[:at] + bytes([other]) + body[at + 1 :]
            with contextlib.suppress(StateError):
                assert Head.from_bytes(damaged, "x") == HEAD, "only spaces between values"
        if at < len(body) - 1:  # the last byte ends the line
            with pytest.raises(StateError):
                Head.from_bytes(body[:at], "x")


@pytest.mark.parametrize(
    "change",
    [
        {"parts": {"planets": ["1" * 32]}},
        {"parts": {"entries": ["1" * 32] * 3}},
        {"parts": {"entries": ["../../../etc/passwd"]}},
        {"parts": []},
        {"salt": "no digits"},
        {"salt": "00" * 17},
        {"format": "1"},
        {"number": None},
    ],
)
def test_a_head_with_impossible_values_is_damaged(change: dict[str, object]) -> None:
    values = json.loads(HEAD.to_bytes()) | change
    values["digest"] = Head(values["site"], values["origin"], values["salt"], 7, {}).digest
    with pytest.raises(DamagedMemoryError, match=r"^here: the memory is damaged"):
        Head.from_bytes(json.dumps(values).encode(), "here")


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"7", b"{}", b"[" * 100_000])
def test_what_is_no_head(body: bytes) -> None:
    with pytest.raises(DamagedMemoryError):
        Head.from_bytes(body, "x")


def test_a_later_version_is_refused() -> None:
    with pytest.raises(StateError, match="later version"):
        Head.from_bytes(json.dumps({"format": FORMAT + 1}).encode(), "x")


def test_a_part_is_read_as_it_was_written() -> None:
    assert decode_part(PART.body, PART.digest, "x") == [[1, "ü\u2028", None], [2, "\ud800", [3]]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no zlib",
        PART.body[:-1],
        zlib.compress(b"[]"),
        zlib.compress(b"\0" * 100_000_000),
    ],
    ids=["empty", "no zlib", "cut off", "another content", "a bomb"],
)
def test_a_damaged_part(body: bytes) -> None:
    with pytest.raises(DamagedMemoryError, match=r"^here: the memory is damaged"):
        decode_part(body, PART.digest, "here")


@given(DIGESTS, st.integers(0, 12))
def test_every_digest_lies_in_the_range_of_its_part(digest: int, power: int) -> None:
    count = 2**power
    number = part_of(digest, count)
    first, last = part_range(number, count)
    assert 0 <= number < count
    assert first <= digest <= last
    assert (part_range(0, count)[0], part_range(count - 1, count)[1]) == (-(2**63), 2**63 - 1)


@pytest.mark.parametrize("family", FAMILIES)
def test_parts_needed(family: str) -> None:
    limit = FAMILIES[family]
    assert [parts_needed(family, records) for records in (0, 1, limit, limit + 1, 2 * limit, 2 * limit + 1)] == [
        0,
        1,
        1,
        2,
        2,
        4,
    ]


@given(st.builds(Sealed, st.text(), st.none() | st.text(), st.none() | st.integers(1, 4_000_000)), DIGESTS, DIGESTS)
def test_what_is_sealed_opens_with_its_secret_alone(content: Sealed, secret: int, other: int) -> None:
    sealed = seal(content, secret)
    assert sealed.isascii()
    assert unseal(sealed, secret) == content
    if other != secret:
        assert unseal(sealed, other) != content


@pytest.mark.parametrize("sealed", ["", "=", "AAAA", "no base64 \N{SNOWMAN}"])
def test_what_was_never_sealed_opens_to_nothing(sealed: str) -> None:
    assert unseal(sealed, 5) is None
