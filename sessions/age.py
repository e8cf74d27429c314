"""Seals a file for somebody outside of the house, so that `age` opens it and nobody on the way.

The format is age-encryption.org/v1, for a public key (X25519) or a passphrase (scrypt). It seals
piece by piece; `age_open.py` opens. It does not know what is sealed, nor for whom.
"""

import os
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

CHUNK_BYTES: Final = 65_536  # in clear
KEY_LENGTH: Final = 62  # characters of a public key, as people copy it
VERSION: Final = b"age-encryption.org/v1"
_WORK: Final = 15  # 32 MB for a moment; a passphrase of ours needs no more
_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # of Bech32 (BIP 173)
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_PREFIX: Final = "age"
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none looks like another
_GROUPS: Final = 7
_GROUP: Final = 4


class Sealing:
    """One file on its way: `head`, then what `seal` gives for each piece, then `finish`."""

    def __init__(self, stanza: bytes, file_key: bytes) -> None:
        told = VERSION + b"\n" + stanza + b"---"
        mac = HMAC(derived(file_key, b"", b"header"), SHA256())
        mac.update(told)
        nonce = os.urandom(16)
        self._cipher = ChaCha20Poly1305(derived(file_key, nonce, b"payload"))
        self._count = 0
        self._rest = b""
        self.head: Final = told + b" " + _plain(mac.finalize()) + b"\n" + nonce

    def seal(self, data: bytes) -> bytes:
        """What can be said by now; perhaps nothing yet, because the last chunk looks different."""
        self._rest += data
        whole = max(0, len(self._rest) - 1) // CHUNK_BYTES * CHUNK_BYTES
        chunks = [
            self._chunk(self._rest[start : start + CHUNK_BYTES], last=False)
            for start in range(0, whole, CHUNK_BYTES)
        ]
        self._rest = self._rest[whole:]
        return b"".join(chunks)

    async def over(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """All of a file that comes in pieces; what they raise cuts it off."""
        yield self.head
        async for piece in pieces:
            if out := self.seal(piece):
                yield out
        yield self.finish()

    def finish(self) -> bytes:
        """The last chunk: without it the file counts as cut off."""
        return self._chunk(self._rest, last=True)

    def _chunk(self, data: bytes, *, last: bool) -> bytes:
        nonce = self._count.to_bytes(11, "big") + bytes([last])
        self._count += 1
        return self._cipher.encrypt(nonce, data, None)


def for_key(public: str) -> Sealing:
    """For whoever has the secret of this public key. Raises ValueError for what is none."""
    theirs = read_key(public)
    own, file_key = X25519PrivateKey.generate(), os.urandom(16)
    share = own.public_key().public_bytes_raw()
    shared = own.exchange(X25519PublicKey.from_public_bytes(theirs))
    wrap = derived(shared, share + theirs, VERSION + b"/X25519")
    return Sealing(_stanza(b"X25519 " + _plain(share), _wrapped(wrap, file_key)), file_key)


def for_passphrase(passphrase: str) -> Sealing:
    """For whoever is told it. Takes a tenth of a second and 32 MB: not on the event loop."""
    salt, file_key = os.urandom(16), os.urandom(16)
    stretched = Scrypt(VERSION + b"/scrypt" + salt, 32, 1 << _WORK, 8, 1)
    wrap = stretched.derive(passphrase.encode())
    told = b"scrypt " + _plain(salt) + b" " + str(_WORK).encode()
    return Sealing(_stanza(told, _wrapped(wrap, file_key)), file_key)


def new_passphrase() -> str:
    """140 random bits in groups that can be read aloud."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def is_passphrase(text: str) -> bool:
    """Whether it is one of ours, by its looks."""
    groups = text.split("-")
    return len(groups) == _GROUPS and all(
        len(group) == _GROUP and set(group) <= set(_LETTERS) for group in groups
    )


def read_key(text: str) -> bytes:
    """The 32 bytes of a public key `age1…` (Bech32). Raises ValueError, also for a slip in it."""
    prefix, mark, coded = text.rpartition("1")
    if prefix != _PREFIX or not mark or len(text) != KEY_LENGTH or set(coded) - set(_ALPHABET):
        raise ValueError("no public key of age")
    values = [_ALPHABET.index(one) for one in coded]
    spelt = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    if _checksum(spelt + values) != 1:
        raise ValueError("a slip in a public key")
    number = 0
    for value in values[:-6]:
        number = number << 5 | value
    spare = 5 * len(values[:-6]) - 256
    if number & ((1 << spare) - 1):
        raise ValueError("no public key of age")
    key = (number >> spare).to_bytes(32, "big")
    if not any(_exchanged(key)):
        raise ValueError("a key that everybody has")
    return key


def write_key(key: bytes) -> str:
    """A public key of 32 bytes as people copy it; see `read_key`."""
    number, spare = int.from_bytes(key, "big"), -8 * len(key) % 5
    count = (8 * len(key) + spare) // 5
    values = [number << spare >> 5 * (count - 1 - place) & 31 for place in range(count)]
    spelt = [ord(one) >> 5 for one in _PREFIX] + [0] + [ord(one) & 31 for one in _PREFIX]
    check = _checksum(spelt + values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{_PREFIX}1" + "".join(_ALPHABET[value] for value in values)


def _exchanged(public: bytes) -> bytes:
    """Of a point of low order the library says so by an error, as it should."""
    try:
        return X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return b""


def _checksum(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check


def _stanza(told: bytes, body: bytes) -> bytes:
    return b"-> " + told + b"\n" + _plain(body) + b"\n"


def _wrapped(key: bytes, file_key: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)  # a key for this file alone


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """A key for one purpose, as the format wants it."""
    return HKDF(SHA256(), 32, salt=salt, info=info).derive(secret)


def _plain(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")
