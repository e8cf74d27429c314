"""Opening what was sealed for this house: as another program sealed it, and nothing but that."""

import io
from collections.abc import Callable

import pytest

from sessions.age import (
    CHUNK_BYTES,
    Sealing,
    for_key,
    for_passphrase,
    new_passphrase,
    read_key,
    write_key,
)
from sessions.age_open import Altered, NotForUs, NotSealed, house_key, opened, read_head
from sessions.keys import MasterKeys
from tests.age import bech32

OURS = MasterKeys({1: bytes(32)})
OTHERS = MasterKeys({1: b"\1" * 32})


def sealed(sealing: Sealing, data: bytes) -> bytes:
    return sealing.head + sealing.seal(data) + sealing.finish()


def unsealed(data: bytes, master: MasterKeys = OURS, passphrase: str | None = None) -> bytes:
    file = io.BytesIO(data)
    return b"".join(opened(file, read_head(file), master, passphrase))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 200_000])
def test_what_was_sealed_for_this_house_opens_here_alone(size: int) -> None:
    """OB-41: by its key, whole, at every edge of a chunk."""
    data = bytes(size)
    made = sealed(for_key(house_key(OURS)), data)
    assert unsealed(made) == data
    with pytest.raises(NotForUs):
        unsealed(made, OTHERS)
    with pytest.raises(NotForUs):
        unsealed(made, OTHERS, "x")


def test_a_key_that_was_told_opens_after_the_master_key_is_another() -> None:
    """OB-41: the newest is told; all open."""
    before, now = MasterKeys({1: bytes(32)}), MasterKeys({1: bytes(32), 2: b"\2" * 32})
    assert house_key(before) != house_key(now)
    assert unsealed(sealed(for_key(house_key(before)), b"x"), now) == b"x"


def test_a_passphrase_opens_what_was_sealed_with_it() -> None:
    """OB-41."""
    passphrase = new_passphrase()
    made = sealed(for_passphrase(passphrase), b"geheim")
    assert read_head(io.BytesIO(made)).by_passphrase
    assert unsealed(made, passphrase=passphrase) == b"geheim"
    for wrong in (None, new_passphrase()):
        with pytest.raises(NotForUs):
            unsealed(made, passphrase=wrong)


def _longer(data: bytes) -> bytes:
    return data + b"x"


def _cut(data: bytes) -> bytes:
    return data[:-1]


def _without_the_end(data: bytes) -> bytes:
    return data[: -(3 + 16)]


def _other_byte(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


def _other_head(data: bytes) -> bytes:
    """A stanza more, which the check value of the head does not know."""
    return data.replace(b"\n---", b"\n-> X25519 AAAA\nAAAA\n---", 1)


def _no_content(data: bytes) -> bytes:
    return data[: data.index(b"\n", data.index(b"---")) + 1]


@pytest.mark.parametrize(
    "change", [_longer, _cut, _without_the_end, _other_byte, _other_head, _no_content]
)
def test_what_was_altered_or_cut_does_not_open(change: Callable[[bytes], bytes]) -> None:
    """OB-41: whatever was given before the place is less than the whole, and that is said."""
    made = sealed(for_key(house_key(OURS)), bytes(CHUNK_BYTES + 3))
    assert unsealed(made) == bytes(CHUNK_BYTES + 3)
    with pytest.raises(Altered):
        unsealed(change(made))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\3\4", b"age-encryption.org/v1", b"age-encryption.org/v1\n--- x\n",
        b"age-encryption.org/v1\n-> \n\n--- AAAA\n",
        b"age-encryption.org/v2\n-> X25519 A\n\n--- A\n",
        b"age-encryption.org/v1\n" + b"-> x y\n" * 20_000, b"x" * 100_000,
        b"age-encryption.org/v1\n-> X25519 !\n!!!\n--- AAAA\n",
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_told_from_it(data: bytes) -> None:
    with pytest.raises(NotSealed):
        read_head(io.BytesIO(data))


@pytest.mark.parametrize("work", [b"40", b"0", b"9" * 5_000])
def test_a_passphrase_that_would_take_all_memory_is_not_tried(work: bytes) -> None:
    """Its work is what the file asks for: 2^40 of them would never end."""
    made = sealed(for_passphrase("x"), b"y")
    assert b" 15\n" in made
    with pytest.raises(NotSealed):
        unsealed(made.replace(b" 15\n", b" " + work + b"\n", 1), passphrase="x")


@pytest.mark.parametrize("key", [bytes(range(32)), b"\xff" * 32, b"\1" + bytes(31)])
def test_a_key_is_written_as_others_write_it(key: bytes) -> None:
    """OB-41: the same letters as an implementation of its own gives."""
    assert write_key(key) == bech32(key)


def test_a_key_that_is_written_is_read() -> None:
    assert write_key(read_key(house_key(OURS))) == house_key(OURS)
