"""Seals and opens one event, and derives the keys for it. Pure: no storage, no clock, no sockets.

Byte-identical with `web/client/src/sessions/envelope.ts`; `tests/vectors/envelope.json` is opened
by both. The layout is fixed and binary, so that an envelope moved to another place does not open.
"""

import os
import struct
from dataclasses import dataclass
from typing import Any, Final, NewType

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sessions.events import (
    KINDS,
    SERVER,
    Envelope,
    Epoch,
    EventId,
    SenderId,
    SessionId,
    new_event_id,
    sender_of,
)

SessionKey = NewType("SessionKey", bytes)  # 32 random bytes, kept only wrapped
ContentKey = NewType("ContentKey", bytes)  # of one epoch; participants get it
NameKey = NewType("NameKey", bytes)  # for the names typed in; never leaves the server
EventKey = NewType("EventKey", bytes)  # of one sender, that is of one connection

VERSION: Final = 1
SUITE: Final = 1  # HKDF-SHA256, AES-256-GCM
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
NO_PREVIOUS: Final = bytes(32)

_AAD = struct.Struct(">BB16sI16s16sH")  # version, suite, session, epoch, sender, event id, kind
_HEAD = struct.Struct(">I32sI")  # counter, hash of the previous one, length of the body
_STEP: Final = 256
_EXACT_UP_TO: Final = 4_096


class Unreadable(Exception):
    """Wrong key, or altered, or moved. Which of them is nobody's business."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was inside: the body, and the sender's count and chain that reveal a dropped event."""

    body: dict[str, Any]
    counter: int
    previous: bytes


def new_session_key() -> SessionKey:
    return SessionKey(os.urandom(KEY_BYTES))


def new_nonce() -> bytes:
    """Random, so at most 2^20 times under one key (the bound of SP 800-38D lies far above)."""
    return os.urandom(NONCE_BYTES)


def content_key(key: SessionKey, session: SessionId, epoch: Epoch) -> ContentKey:
    return ContentKey(hkdf(key, "content", session, struct.pack(">I", epoch)))


def name_key(key: SessionKey, session: SessionId) -> NameKey:
    return NameKey(hkdf(key, "names", session))


def event_key(key: ContentKey, session: SessionId, sender: SenderId) -> EventKey:
    return EventKey(hkdf(key, "event", session, bytes.fromhex(sender)))


def hkdf(key: bytes, purpose: str, session: SessionId, tail: bytes = b"") -> bytes:
    """HKDF-SHA256 (RFC 5869) with an empty salt; 32 bytes."""
    info = f"visavis/{VERSION}|{purpose}|".encode() + bytes.fromhex(session) + tail
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key)


def seal(
    body: dict[str, Any],
    *,
    key: EventKey,
    header: Envelope,
    counter: int,
    previous: bytes = NO_PREVIOUS,
    nonce: bytes | None = None,
) -> bytes:
    """The sealed bytes of an event with this header (whose own `sealed` is not looked at).

    `previous` is the SHA-256 of this sender's previous logged sealed bytes. `nonce` is given only
    by test vectors.
    """
    nonce = new_nonce() if nonce is None else nonce
    clear = _HEAD.pack(counter, previous, len(text := orjson.dumps(body))) + text
    return nonce + AESGCM(key).encrypt(nonce, pad(clear), associated_data(header))


def seal_as_server(
    kind: str,
    body: dict[str, Any],
    *,
    session: SessionId,
    epoch: Epoch,
    key: ContentKey,
    id: EventId | None = None,
) -> Envelope:
    """An event of the server itself: a fresh sender for each, so that no count has to be kept."""
    header = Envelope(session, sender_of(SERVER), id or new_event_id(), kind, epoch, b"")
    mine = event_key(key, session, header.sender)
    return header._replace(sealed=seal(body, key=mine, header=header, counter=0))


def open_sealed(envelope: Envelope, key: ContentKey) -> Opened:
    """What the envelope holds. Raises Unreadable, always the same, for whatever is wrong."""
    try:
        sealed = envelope.sealed
        mine = event_key(key, envelope.session, envelope.sender)
        clear = AESGCM(mine).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated_data(envelope)
        )
        return _read(clear)
    except (InvalidTag, ValueError, KeyError, struct.error):
        # Without its cause: that would tell which check failed.
        raise Unreadable from None


def associated_data(envelope: Envelope) -> bytes:
    """The clear header in 56 bytes: authenticated, not secret."""
    return _AAD.pack(
        VERSION,
        SUITE,
        bytes.fromhex(envelope.session),
        envelope.epoch,
        bytes.fromhex(envelope.sender),
        bytes.fromhex(envelope.id),
        KINDS[envelope.kind].code,
    )


def pad(clear: bytes) -> bytes:
    """Zeros up to the next multiple of 256; above 4096 up to the next Padmé length."""
    return clear.ljust(_padded(len(clear)), b"\0")


def _padded(length: int) -> int:
    if length <= _EXACT_UP_TO:
        return -(-length // _STEP) * _STEP
    # Padmé (https://arxiv.org/abs/1806.03160, section 4): at most 12 % more, few distinct lengths.
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def _read(clear: bytes) -> Opened:
    counter, previous, length = _HEAD.unpack_from(clear)
    end = _HEAD.size + length
    if len(clear) != _padded(end) or clear[end:].strip(b"\0"):
        raise ValueError("the padding is not ours")
    body = orjson.loads(clear[_HEAD.size : end])
    if not isinstance(body, dict):
        raise ValueError("the body is no object")
    return Opened(body, counter, previous)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals bytes for a place, under a key with which nobody else seals: nonces are counted."""

    _cipher: AESGCM

    @classmethod
    def of_run(cls, secret: bytes, run: bytes) -> "Sealer":
        """What one run of one node seals with: a secret of all nodes, and 16 random bytes.

        Random nonces under one key would have to end after 2^32 messages (SP 800-38D, 8.3),
        which all nodes together send in weeks.
        """
        info = f"visavis/{VERSION}|bus|".encode() + run
        return cls(AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret)))

    def seal(self, clear: bytes, count: int, place: bytes) -> bytes:
        """Ciphertext and tag. The same count twice would give the key away."""
        return self._cipher.encrypt(count.to_bytes(NONCE_BYTES, "big"), clear, place)

    def open(self, sealed: bytes, count: int, place: bytes) -> bytes:
        """Raises Unreadable, always the same."""
        try:
            return self._cipher.decrypt(count.to_bytes(NONCE_BYTES, "big"), sealed, place)
        except (InvalidTag, ValueError):
            raise Unreadable from None
