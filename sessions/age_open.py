"""Opens what was sealed for this house, or with a passphrase, in the format of `sessions/age.py`.

Piece by piece: nothing is given before it is proven, and what was cut off raises at its end. It
does not know what it opens.
"""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sessions.age import CHUNK_BYTES, VERSION, derived, write_key
from sessions.keys import MasterKeys

_PURPOSE: Final = "age"
_TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 16
_MOST_HEAD: Final = 64 << 10  # bytes; ours has a hundred and some
_MOST_WORK: Final = 18  # 256 MB, as the program `age` makes them


class NotSealed(Exception):
    """It is no file in this format."""


class NotForUs(Exception):
    """Neither the keys nor the passphrase open it."""


class Altered(Exception):
    """It is not what was sealed: changed or cut off."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the content: for whom it was sealed, and what proves that."""

    stanzas: list[tuple[list[bytes], bytes]]
    told: bytes
    mac: bytes

    @property
    def by_passphrase(self) -> bool:
        return self.stanzas[0][0][0] == b"scrypt"


def house_key(master: MasterKeys) -> str:
    """What others seal for this house with; its secret follows from the newest master key."""
    return write_key(_own(master)[0].public_key().public_bytes_raw())


def read_head(file: IO[bytes]) -> Head:
    """From the beginning, up to where the content begins. Raises NotSealed."""
    told = bytearray()
    stanzas: list[tuple[list[bytes], bytes]] = []
    if _line(file, told) != VERSION:
        raise NotSealed
    while not (line := _line(file, told)).startswith(b"---"):
        words, body = line.split(b" "), b""
        if words[0] != b"->" or len(words) < 2 or b"" in words:
            raise NotSealed
        while len(part := _line(file, told)) == 64:
            body += part
        stanzas.append((words[1:], _decoded(body + part)))
    if not stanzas:
        raise NotSealed
    return Head(stanzas, bytes(told[: len(told) - len(line) + 2]), _decoded(line[4:]))


def opened(
    file: IO[bytes], head: Head, master: MasterKeys, passphrase: str | None
) -> Iterator[bytes]:
    """The content, from where `read_head` stopped. Raises NotForUs, Altered."""
    file_key = _file_key(head, master, passphrase)
    check = HMAC(derived(file_key, b"", b"header"), SHA256())
    check.update(head.told)
    try:
        check.verify(head.mac)
    except InvalidSignature:
        raise Altered from None
    cipher = ChaCha20Poly1305(derived(file_key, file.read(_NONCE_BYTES), b"payload"))
    chunk, count = file.read(CHUNK_BYTES + _TAG_BYTES), 0
    while True:
        following = file.read(CHUNK_BYTES + _TAG_BYTES)
        nonce = count.to_bytes(11, "big") + bytes([not following])
        try:
            yield cipher.decrypt(nonce, chunk, None)
        except (InvalidTag, ValueError):
            raise Altered from None
        if not following:
            return
        chunk, count = following, count + 1


# ---- inside


def _file_key(head: Head, master: MasterKeys, passphrase: str | None) -> bytes:
    for words, body in head.stanzas:
        wraps: list[bytes] = []
        if words[0] == b"X25519" and len(words) == 2:
            wraps = _shared(_decoded(words[1]), _own(master))
        elif words[0] == b"scrypt" and len(words) == 3 and passphrase is not None:
            wraps = [_stretched(words, passphrase)]
        for wrap in wraps:
            try:
                return ChaCha20Poly1305(wrap).decrypt(bytes(12), body, None)
            except (InvalidTag, ValueError):
                continue
    raise NotForUs


def _own(master: MasterKeys) -> list[X25519PrivateKey]:
    """The newest first: the master key may be another than when it was told to somebody."""
    return [X25519PrivateKey.from_private_bytes(one) for one in master.secrets(_PURPOSE)]


def _shared(share: bytes, own: list[X25519PrivateKey]) -> list[bytes]:
    try:
        theirs = X25519PublicKey.from_public_bytes(share)
        return [
            derived(
                one.exchange(theirs),
                share + one.public_key().public_bytes_raw(),
                VERSION + b"/X25519",
            )
            for one in own
        ]
    except ValueError:  # no point, or one that everybody shares
        return []


def _stretched(words: list[bytes], passphrase: str) -> bytes:
    work = words[2]
    if not work.isdigit() or len(work) > 2 or not 1 <= int(work) <= _MOST_WORK:
        raise NotSealed
    salt = VERSION + b"/scrypt" + _decoded(words[1])
    return Scrypt(salt, 32, 1 << int(work), 8, 1).derive(passphrase.encode())


def _line(file: IO[bytes], told: bytearray) -> bytes:
    line = file.readline(_MOST_HEAD)
    told += line
    if not line.endswith(b"\n") or len(told) > _MOST_HEAD:
        raise NotSealed
    return line[:-1]


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise NotSealed from None
