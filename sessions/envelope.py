"""Seals and opens events and files, and derives the keys. Pure: no storage, no clock, no sockets.

Byte-identical with `web/client/src/sessions/envelope.ts` and `files/cobblestone.ts`; what is in
`tests/vectors` is opened by both. An envelope or a file moved to another place does not open.
"""

import json
import os
import struct
from dataclasses import dataclass
from typing import Any, Final, NewType

import orjson
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import AlreadyFinalized, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from sessions.events import (
    KINDS,
    SERVER,
    Envelope,
    Epoch,
    EventId,
    FileId,
    SenderId,
    SessionId,
    new_event_id,
    sender_of,
)

SessionKey = NewType("SessionKey", bytes)  # 32 random bytes, kept only wrapped
ContentKey = NewType("ContentKey", bytes)  # of one epoch; participants get it
NameKey = NewType("NameKey", bytes)  # for the names typed in; never leaves the server
NoteKey = NewType("NoteKey", bytes)  # for what is kept beside the log; never leaves the server
ArchiveKey = NewType("ArchiveKey", bytes)  # for what the server records; never leaves the server
EventKey = NewType("EventKey", bytes)  # of one sender, that is of one connection
FileKey = NewType("FileKey", bytes)  # of one file

VERSION: Final = 1
SUITE: Final = 1  # HKDF-SHA256, AES-256-GCM
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
NO_PREVIOUS: Final = bytes(32)
CHUNK_BYTES: Final = 16_384  # of a file, in clear
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES
SALT_BYTES: Final = 24
FILE_HEAD_BYTES: Final = SALT_BYTES + 32  # salt, then what the key is committed to

_AAD = struct.Struct(">BB16sI16s16sH")  # version, suite, session, epoch, sender, event id, kind
_HEAD = struct.Struct(">I32sI")  # counter, hash of the previous one, length of the body
_STEP: Final = 256
_EXACT_UP_TO: Final = 4_096


class Unreadable(Exception):
    """Wrong key, or altered, or moved. Which of them is nobody's business."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was inside: the body, and the sender's count and chain that reveal a dropped event.

    Texts are as a browser has them: there may be half a surrogate pair in one.
    """

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


def note_key(key: SessionKey, session: SessionId) -> NoteKey:
    return NoteKey(hkdf(key, "notes", session))


def archive_key(key: SessionKey, session: SessionId) -> ArchiveKey:
    return ArchiveKey(hkdf(key, "archive", session))


def event_key(key: ContentKey, session: SessionId, sender: SenderId) -> EventKey:
    return EventKey(hkdf(key, "event", session, bytes.fromhex(sender)))


def file_key(key: ContentKey, session: SessionId, file: FileId) -> FileKey:
    return FileKey(hkdf(key, "file", session, bytes.fromhex(file)))


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
    body = _parsed(clear[_HEAD.size : end])
    if not isinstance(body, dict):
        raise ValueError("the body is no object")
    return Opened(body, counter, previous)


def _parsed(text: bytes) -> Any:
    """JSON as browsers read it: they take half a surrogate pair, and 1e400 for infinity.

    Whoever cut a text in the middle of an emoji would otherwise be unreadable to us alone.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text.decode(), parse_int=_whole, parse_constant=_no_number)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _whole(digits: str) -> float:
    return int(digits) if len(digits) < 17 else float(digits)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


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

    @classmethod
    def of_recording(cls, key: ArchiveKey, session: SessionId, part: FileId) -> "Sealer":
        """What the chunks of one part of a recording are sealed with, each under its number."""
        return cls(AESGCM(hkdf(key, "recording", session, bytes.fromhex(part))))

    def seal(self, clear: bytes, count: int, place: bytes) -> bytes:
        """Ciphertext and tag. The same count twice would give the key away."""
        return self._cipher.encrypt(count.to_bytes(NONCE_BYTES, "big"), clear, place)

    def open(self, sealed: bytes, count: int, place: bytes) -> bytes:
        """Raises Unreadable, always the same."""
        try:
            return self._cipher.decrypt(count.to_bytes(NONCE_BYTES, "big"), sealed, place)
        except (InvalidTag, ValueError):
            raise Unreadable from None


class FileSealer:
    """Seals one file as it comes by, as Cobblestone-256 (https://c2sp.org/chunked-encryption)."""

    def __init__(self, key: FileKey, session: SessionId, file: FileId) -> None:
        self._cipher = Cobblestone256Encryptor(key, file_context(session, file))

    def seal(self, clear: bytes) -> bytes:
        """What is ready of the sealed bytes: whole chunks."""
        return self._cipher.update(clear)

    def finish(self) -> bytes:
        """The last of them, without which nothing opens to its end."""
        return self._cipher.finalize()


class FileOpener:
    """Opens one file as it comes by. Until `finish` returned it may have been cut short."""

    def __init__(self, key: FileKey, session: SessionId, file: FileId) -> None:
        self._cipher = Cobblestone256Decryptor(key, file_context(session, file))

    def open(self, sealed: bytes) -> bytes:
        """What is ready in clear. Raises Unreadable, always the same."""
        try:
            return self._cipher.update(sealed)
        except (InvalidTag, AlreadyFinalized):
            raise Unreadable from None

    def finish(self) -> bytes:
        """The last of it. Raises Unreadable for a file that was cut short, too."""
        try:
            return self._cipher.finalize()
        except (InvalidTag, AlreadyFinalized):
            raise Unreadable from None


class FileReader:
    """Opens any chunks of a file of which the first 56 bytes are at hand."""

    def __init__(self, key: FileKey, session: SessionId, file: FileId, head: bytes) -> None:
        """Raises Unreadable if the head is of another file, or under another key."""
        salt = head[:SALT_BYTES]
        info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt
        info += file_context(session, file)
        # The standard leaves the hash open; the named forms have SHA-512.
        derived = HKDFExpand(SHA512(), KEY_BYTES + NONCE_BYTES + 32, info).derive(key)
        if not bytes_eq(derived[-32:], head[SALT_BYTES:FILE_HEAD_BYTES]):
            raise Unreadable
        self._cipher = AESGCM(derived[:KEY_BYTES])
        self._base = int.from_bytes(derived[KEY_BYTES:-32], "big")

    def open(self, sealed: bytes, first: int) -> bytes:
        """These sealed chunks in clear, of which the first has this number. Raises Unreadable."""
        try:
            return b"".join(
                self._cipher.decrypt(
                    self._nonce(number), sealed[at : at + SEALED_CHUNK_BYTES], None
                )
                for number, at in enumerate(range(0, len(sealed), SEALED_CHUNK_BYTES), first)
            )
        except (InvalidTag, ValueError):
            raise Unreadable from None

    def _nonce(self, number: int) -> bytes:
        return (self._base ^ number).to_bytes(NONCE_BYTES, "big")


def file_context(session: SessionId, file: FileId) -> bytes:
    """Where a file belongs; it opens nowhere else."""
    return f"visavis/{VERSION}|file|".encode() + bytes.fromhex(session) + bytes.fromhex(file)


def sealed_bytes(clear_bytes: int) -> int:
    """How many bytes a file of this many has when sealed."""
    return FILE_HEAD_BYTES + clear_bytes + TAG_BYTES * (clear_bytes // CHUNK_BYTES + 1)


def is_sealed_size(size: int) -> bool:
    """Whether a sealed file may have so many bytes: the last chunk is shorter than the others."""
    return (
        size >= FILE_HEAD_BYTES + TAG_BYTES
        and (size - FILE_HEAD_BYTES) % SEALED_CHUNK_BYTES >= TAG_BYTES
    )


def span_of(start: int, end: int) -> tuple[int, int, int]:
    """Where the clear bytes from `start` up to but not `end` are: sealed from, to, first chunk.

    The end may lie beyond the file's.
    """
    first, last = start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
    sealed_start = FILE_HEAD_BYTES + first * SEALED_CHUNK_BYTES
    return sealed_start, FILE_HEAD_BYTES + (last + 1) * SEALED_CHUNK_BYTES, first
