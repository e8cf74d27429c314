"""Makes `envelope.json`: python -m tests.vectors.make_envelope. The same bytes every time."""

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sessions import envelope as made
from sessions.events import (
    KINDS,
    SERVER,
    Envelope,
    Epoch,
    EventId,
    ParticipantId,
    SenderId,
    SessionId,
)

FILE = Path(__file__).with_name("envelope.json")

BODIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("the shortest body", "chat.typing", {}),
    ("a message", "chat.message", {"text": "Guten Tag, ich höre Sie gut."}),
    ("every plane of Unicode", "chat.message", {"text": "ẞ 日本 עברית 👩‍👩‍👧‍👦 \u0000\u2028"}),
    ("one byte below the first step", "chat.message", {"text": "a" * 204}),
    ("exactly the first step", "chat.message", {"text": "a" * 205}),
    ("one byte above the first step", "chat.message", {"text": "a" * 206}),
    ("the last exact length", "chat.message", {"text": "a" * 4_045}),
    ("the first Padmé length", "chat.message", {"text": "a" * 4_046}),
    ("a long description", "call.description", {"sdp": "v=0\r\n" * 1_000}),
    ("numbers and nothing", "chat.read", {"received": 9007199254740991, "seen": None, "x": -1.5}),
    ("by the server", "session.ended", {"reason": "expired"}),
    ("an accept", "session.accepted", {"name": "Dr. Öz Łukasz", "title": "Altersvorsorge"}),
)


def some(label: str, size: int) -> bytes:
    """Fixed bytes that look random."""
    return hashlib.shake_256(f"visavis vectors: {label}".encode()).digest(size)


def header(number: int, kind: str) -> Envelope:
    person = SERVER if kind == "session.ended" else ParticipantId(some(f"who {number}", 8).hex())
    return Envelope(
        session=SessionId(some(f"session {number % 3}", 16).hex()),
        sender=SenderId(person + some(f"connection {number}", 8).hex()),
        id=EventId(some(f"event {number}", 16).hex()),
        kind=kind,
        epoch=Epoch((1, 2, 4_294_967_295)[number % 3]),
        sealed=b"",
    )


def vector(number: int, name: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    head = header(number, kind)
    session_key = made.SessionKey(some(f"session key {number % 3}", 32))
    content = made.content_key(session_key, head.session, head.epoch)
    key = made.event_key(content, head.session, head.sender)
    previous = some(f"previous {number}", 32) if number % 2 else made.NO_PREVIOUS
    nonce = some(f"nonce {number}", made.NONCE_BYTES)
    sealed = made.seal(body, key=key, header=head, counter=number, previous=previous, nonce=nonce)
    return {
        "name": name,
        "session_key": session_key.hex(),
        "content_key": content.hex(),
        "name_key": made.name_key(session_key, head.session).hex(),
        "event_key": key.hex(),
        "session": head.session,
        "epoch": head.epoch,
        "sender": head.sender,
        "id": head.id,
        "kind": kind,
        "kind_code": KINDS[kind].code,
        "aad": made.associated_data(head).hex(),
        "nonce": nonce.hex(),
        "counter": number,
        "previous": previous.hex(),
        "body": body,
        "sealed": sealed.hex(),
    }


def unreadable() -> list[dict[str, Any]]:
    """Envelopes that must not open: altered, moved, or sealed over something that is not ours."""
    head = header(1, "chat.message")
    content = made.ContentKey(some("unreadable", 32))
    key = made.event_key(content, head.session, head.sender)
    nonce = some("unreadable nonce", made.NONCE_BYTES)
    good = head._replace(
        sealed=made.seal({"text": "a"}, key=key, header=head, counter=0, nonce=nonce)
    )
    flipped = good.sealed[:-1] + bytes([good.sealed[-1] ^ 1])

    def over(clear: bytes) -> Envelope:
        aad = made.associated_data(head)
        return head._replace(sealed=nonce + AESGCM(key).encrypt(nonce, clear, aad))

    start = bytes(36)
    cases = {
        "the tag altered": good._replace(sealed=flipped),
        "cut short": good._replace(sealed=good.sealed[:-16]),
        "only a nonce": good._replace(sealed=good.sealed[:12]),
        "nothing": good._replace(sealed=b""),
        "another session": good._replace(session=header(2, "chat.message").session),
        "another sender": good._replace(sender=header(2, "chat.message").sender),
        "another id": good._replace(id=header(2, "chat.message").id),
        "another kind": good._replace(kind="consent.changed"),
        "another epoch": good._replace(epoch=Epoch(good.epoch + 1)),
        "no head": over(b""),
        "a length beyond the end": over(made.pad(start + (300).to_bytes(4, "big") + b"{}")),
        "padding that is not zero": over((start + (2).to_bytes(4, "big") + b"{}").ljust(256, b" ")),
        "a step too much padding": over((start + (2).to_bytes(4, "big") + b"{}").ljust(512, b"\0")),
        "no padding": over(start + (2).to_bytes(4, "big") + b"{}"),
        "a list instead of an object": over(made.pad(start + (2).to_bytes(4, "big") + b"[]")),
        "not JSON": over(made.pad(start + (2).to_bytes(4, "big") + b"{]")),
        "not UTF-8": over(made.pad(start + (9).to_bytes(4, "big") + b'{"a":"\xff"}')),
    }
    return [
        {
            "name": name,
            "content_key": content.hex(),
            "session": case.session,
            "epoch": case.epoch,
            "sender": case.sender,
            "id": case.id,
            "kind": case.kind,
            "sealed": case.sealed.hex(),
        }
        for name, case in cases.items()
    ]


def text() -> str:
    vectors = [vector(number, *row) for number, row in enumerate(BODIES)]
    whole = {"opens": vectors, "unreadable": unreadable()}
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
