"""Sealed files: open only whole, unaltered and where they belong; any part of one by itself."""

import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.envelope import (
    CHUNK_BYTES,
    FILE_HEAD_BYTES,
    ContentKey,
    FileOpener,
    FileReader,
    FileSealer,
    Unreadable,
    file_context,
    file_key,
    is_sealed_size,
    sealed_bytes,
    span_of,
)
from sessions.events import FileId, SessionId
from tests.vectors import make_file

VECTORS: dict[str, Any] = json.loads(make_file.FILE.read_text())
OPENS: dict[str, dict[str, Any]] = {one["name"]: one for one in VECTORS["opens"]}
SESSION, FILE = SessionId("ab" * 16), FileId("cd" * 16)
KEY = file_key(ContentKey(bytes(range(32))), SESSION, FILE)
CLEAR = make_file.clear(70_000, 3)


def seal(clear: bytes, step: int = 5_000) -> bytes:
    sealer = FileSealer(KEY, SESSION, FILE)
    parts = [sealer.seal(clear[at : at + step]) for at in range(0, len(clear), step)]
    return b"".join(parts) + sealer.finish()


def opened(vector: dict[str, Any], sealed: bytes, step: int = 7_000) -> bytes:
    key = ContentKey(bytes.fromhex(vector["content_key"]))
    session, file = vector["session"], vector["file"]
    opener = FileOpener(file_key(key, session, file), session, file)
    parts = [opener.open(sealed[at : at + step]) for at in range(0, len(sealed), step)]
    return b"".join(parts) + opener.finish()


def damaged(case: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The vector that a case is of, with what the case changes, and its sealed bytes likewise."""
    vector = OPENS[case["of"]] | case
    sealed = bytearray(b64decode(vector["sealed"]))
    if "flip" in case:
        sealed[case["flip"]] ^= 1
    if "without" in case:
        start, end = case["without"]
        del sealed[start:end]
    return vector, bytes(sealed[: case.get("keep")] + bytes.fromhex(case.get("more", "")))


def test_the_vectors_are_what_their_maker_makes() -> None:
    assert make_file.FILE.read_text() == make_file.text()


@pytest.mark.parametrize("vector", VECTORS["opens"], ids=lambda one: one["name"])
def test_what_was_sealed_by_the_standard_opens(vector: dict[str, Any]) -> None:
    clear = make_file.clear(vector["size"], vector["number"])
    sealed = b64decode(vector["sealed"])
    assert opened(vector, sealed) == clear
    assert len(sealed) == sealed_bytes(vector["size"])
    key = file_key(
        ContentKey(bytes.fromhex(vector["content_key"])), vector["session"], vector["file"]
    )
    assert key.hex() == vector["file_key"]
    assert file_context(vector["session"], vector["file"]).hex() == vector["context"]


@pytest.mark.parametrize("case", VECTORS["unreadable"], ids=lambda one: one["name"])
def test_what_was_altered_cut_or_moved_does_not_open(case: dict[str, Any]) -> None:
    vector, sealed = damaged(case)
    assert vector | case == vector
    with pytest.raises(Unreadable):
        opened(vector, sealed)


@pytest.mark.parametrize("vector", VECTORS["spans"], ids=str)
def test_where_a_part_lies(vector: dict[str, int]) -> None:
    found = span_of(vector["start"], vector["end"])
    assert found == (vector["sealed_start"], vector["sealed_end"], vector["first_chunk"])


@settings(max_examples=40)
@given(st.integers(0, 70_000), st.integers(100, 40_000), st.data())
def test_any_part_of_a_file_opens_by_itself(size: int, step: int, data: st.DataObject) -> None:
    clear = CLEAR[:size]
    sealed = seal(clear, step)
    assert len(sealed) == sealed_bytes(size)
    assert is_sealed_size(len(sealed))
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start + 1, size + 1))
    sealed_start, sealed_end, first = span_of(start, end)
    reader = FileReader(KEY, SESSION, FILE, sealed[:FILE_HEAD_BYTES])
    found = reader.open(sealed[sealed_start:sealed_end], first)
    skip = start - first * CHUNK_BYTES
    assert found[skip : skip + end - start] == clear[start:end]


def test_a_part_in_another_place_does_not_open() -> None:
    sealed = seal(bytes(40_000))
    reader = FileReader(KEY, SESSION, FILE, sealed[:FILE_HEAD_BYTES])
    start, end, first = span_of(CHUNK_BYTES, 2 * CHUNK_BYTES)
    with pytest.raises(Unreadable):
        reader.open(sealed[start:end], first + 1)
    with pytest.raises(Unreadable):
        FileReader(KEY, SESSION, FileId("ef" * 16), sealed[:FILE_HEAD_BYTES])
    with pytest.raises(Unreadable):
        FileReader(KEY, SESSION, FILE, sealed[: FILE_HEAD_BYTES - 1])


def test_no_two_sealings_are_alike() -> None:
    assert seal(b"the same")[:24] != seal(b"the same")[:24]


@pytest.mark.parametrize(
    ("size", "possible"),
    [(0, False), (71, False), (72, True), (16_455, True), (16_456, False), (16_472, True)],
)
def test_sizes_that_a_sealed_file_can_have(size: int, possible: bool) -> None:
    assert is_sealed_size(size) is possible
