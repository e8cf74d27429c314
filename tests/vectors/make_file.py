"""Makes `file.json`: python -m tests.vectors.make_file. The same bytes every time.

Seals by itself, with a salt that is given, so that the vectors also hold the library to the
standard (https://c2sp.org/chunked-encryption, with SHA-512 and AES-256-GCM).
"""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sessions import envelope as made
from sessions.events import FileId, SessionId
from tests.vectors.make_envelope import some

FILE = Path(__file__).with_name("file.json")
CHUNK = 16_384
SIZES = {
    "an empty file": 0,
    "a short text": 29,
    "a byte less than a chunk": CHUNK - 1,
    "a chunk to the byte": CHUNK,
    "two chunks and a little": 2 * CHUNK + 100,
}
RANGES = (
    (0, 1),
    (0, CHUNK),
    (CHUNK - 1, CHUNK + 1),
    (CHUNK, 2 * CHUNK),
    (2 * CHUNK, 2 * CHUNK + 9),
)
# What is done to a sealed file that then does not open: `keep` so many bytes of it, `flip` a bit of
# the byte there, leave out from and to, put `more` after it, or say another of what it is bound to.
DAMAGES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("nothing", "an empty file", {"keep": 0}),
    ("the head alone", "an empty file", {"keep": 56}),
    ("the salt altered", "a short text", {"flip": 0}),
    ("the commitment altered", "a short text", {"flip": 30}),
    ("the text altered", "a short text", {"flip": 60}),
    ("the tag altered", "a short text", {"flip": 100}),
    ("a byte missing", "a short text", {"keep": 100}),
    ("cut after a whole chunk", "two chunks and a little", {"keep": 56 + 16_400}),
    ("the last chunk missing", "a chunk to the byte", {"keep": 56 + 16_400}),
    ("a chunk left out", "two chunks and a little", {"without": [56, 56 + 16_400]}),
    ("a byte too many", "a short text", {"more": "00"}),
    ("a second end", "an empty file", {"more": "00" * 16}),
    ("another session", "a short text", {"session": some("session 7", 16).hex()}),
    ("another file", "a short text", {"file": some("file 7", 16).hex()}),
    ("another key", "a short text", {"content_key": some("content key 7", 32).hex()}),
)


def clear(size: int, number: int) -> bytes:
    """Bytes that any language makes in a line, of which no chunk is like another."""
    return bytes((at * 31 + (at >> 8) * 17 + number) & 255 for at in range(size))


def sealed(key: bytes, context: bytes, salt: bytes, text: bytes) -> bytes:
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = HKDFExpand(SHA512(), 76, info).derive(key)
    out = salt + derived[44:]
    for number in range(len(text) // CHUNK + 1):
        nonce = (int.from_bytes(derived[32:44], "big") ^ number).to_bytes(12, "big")
        chunk = text[number * CHUNK : (number + 1) * CHUNK]
        out += AESGCM(derived[:32]).encrypt(nonce, chunk, None)
    return out


def vector(number: int, name: str, size: int) -> dict[str, Any]:
    session = SessionId(some(f"session {number}", 16).hex())
    file = FileId(some(f"file {number}", 16).hex())
    content = made.ContentKey(some(f"content key {number}", 32))
    key, context = made.file_key(content, session, file), made.file_context(session, file)
    salt = some(f"salt {number}", 24)
    return {
        "name": name,
        "content_key": content.hex(),
        "session": session,
        "file": file,
        "file_key": key.hex(),
        "context": context.hex(),
        "salt": salt.hex(),
        "number": number,  # byte `at` in clear is at * 31 + (at >> 8) * 17 + number, modulo 256
        "size": size,
        "sealed": b64encode(sealed(key, context, salt, clear(size, number))).decode(),
    }


def span(start: int, end: int) -> dict[str, int]:
    sealed_start, sealed_end, first = made.span_of(start, end)
    return {
        "start": start,
        "end": end,
        "sealed_start": sealed_start,
        "sealed_end": sealed_end,
        "first_chunk": first,
    }


def text() -> str:
    whole = {
        "opens": [vector(number, *row) for number, row in enumerate(SIZES.items())],
        "unreadable": [{"name": name, "of": of} | damage for name, of, damage in DAMAGES],
        "spans": [span(*one) for one in RANGES],
    }
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
