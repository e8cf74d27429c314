"""Sealing for somebody outside: as `age` has it, whole or not at all, and for nobody else."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sessions.age import CHUNK_BYTES, Sealing, for_key, for_passphrase, new_passphrase, read_key
from tests import vectors
from tests.age import bech32, identity, opened, with_key, with_passphrase

ALTERED = (InvalidTag, InvalidSignature, ValueError, AssertionError)


def sealed(sealing: Sealing, data: bytes, step: int) -> bytes:
    pieces = [sealing.seal(data[start : start + step]) for start in range(0, len(data), step)]
    return b"".join((sealing.head, *pieces, sealing.finish()))


def test_what_another_program_sealed_is_opened_by_the_tests() -> None:
    """OB-16: so that what opens in the tests opens at an authority."""
    told = json.loads(Path(vectors.__file__).with_name("age.json").read_text())
    own, clear = identity(told["identity"]), b64decode(told["clear"])
    assert bech32(own.public_key().public_bytes_raw()) == told["recipient"]
    assert read_key(told["recipient"]) == own.public_key().public_bytes_raw()
    assert opened(b64decode(told["for_key"]), with_key(own)) == clear
    passphrase = with_passphrase(told["passphrase"])
    assert opened(b64decode(told["for_passphrase"]), passphrase) == clear


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 150_000]
)
def test_only_its_recipient_opens_it(size: int) -> None:
    """OB-16: of any length, in any pieces."""
    own, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    for step in (7_000, CHUNK_BYTES, 1 << 20):
        out = sealed(for_key(bech32(own.public_key().public_bytes_raw())), data, step)
        assert opened(out, with_key(own)) == data
        assert size < 16 or data[:16] not in out
        with pytest.raises(InvalidTag):
            opened(out, with_key(other))


def test_a_passphrase_opens_it_and_no_other_does() -> None:
    """OB-16."""
    passphrase = new_passphrase()
    assert passphrase != new_passphrase()
    assert [len(group) for group in passphrase.split("-")] == [4] * 7
    out = sealed(for_passphrase(passphrase), b"words", 5)
    assert opened(out, with_passphrase(passphrase)) == b"words"
    with pytest.raises(InvalidTag):
        opened(out, with_passphrase(passphrase[:-1] + "?"))


def test_what_was_altered_or_cut_does_not_open() -> None:
    """OB-16: at any place, head and content."""
    own = X25519PrivateKey.generate()
    key = bech32(own.public_key().public_bytes_raw())
    out = sealed(for_key(key), bytes(CHUNK_BYTES + 10), 9_999)
    places = [*range(0, 240, 7), len(out) // 2, len(out) - 1]
    for place in places:
        with pytest.raises(ALTERED):
            opened(out[:place] + bytes([out[place] ^ 1]) + out[place + 1 :], with_key(own))
    for end in (len(out) - 1, len(out) - 26, 300):
        with pytest.raises(ALTERED):
            opened(out[:end], with_key(own))


def test_what_is_no_public_key_is_refused() -> None:
    """OB-16: also one with a slip in it, of another kind, or that everybody has the secret of."""
    good = bech32(X25519PrivateKey.generate().public_key().public_bytes_raw())
    slip = good[:-1] + ("q" if good[-1] != "q" else "p")
    secret = bech32(bytes(32), "age-secret-key-")
    for wrong in (
        "", "age1", slip, good.upper(), good[:-1], good + "q", secret, "bge" + good[3:],
        good.replace("1", "b", 1), bech32(bytes(32)), bech32(bytes([1, *bytes(31)])), "ä" * 62,
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"age|slip|everybody"):
            read_key(wrong)
    assert len(read_key(good)) == 32
