"""A TURN client (RFC 8489, RFC 8656, RFC 6062) for those who try what a server must refuse.

One socket, UDP, one question at a time. What it was given it gives back at the end.
"""

import hashlib
import hmac
import ipaddress
import os
import socket
import struct
from types import TracebackType
from typing import Final

COOKIE: Final = 0x2112A442
ALLOCATE, REFRESH, PERMISSION, CHANNEL, CONNECT = 0x003, 0x004, 0x008, 0x009, 0x00A
USERNAME, INTEGRITY, ERROR, CHANNEL_NUMBER, LIFETIME = 0x06, 0x08, 0x09, 0x0C, 0x0D
PEER, REALM, NONCE, FAMILY, TRANSPORT = 0x12, 0x14, 0x15, 0x17, 0x19
MISMATCH: Final = 437
UDP, TCP = bytes((17, 0, 0, 0)), bytes((6, 0, 0, 0))


class Client:
    """Somebody with a credential at a server; every method returns the error code, 0 for none."""

    def __init__(self, server: tuple[str, int], username: str, credential: str) -> None:
        self._server = server
        self._line = self._opened()
        self._holds = False
        self.be(username, credential)

    def _opened(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._server[0] else socket.AF_INET
        line = socket.socket(family, socket.SOCK_DGRAM)
        line.settimeout(5)
        line.connect(self._server)
        return line

    def be(self, username: str, credential: str) -> None:
        """From now on show these papers, on the same line."""
        self._username, self._credential = username, credential
        self._proof: dict[int, bytes] = {}
        self._key = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._holds:
            self._ask(REFRESH, {LIFETIME: bytes(4)})
        self._line.close()

    def allocate(self, *, v6: bool = False, transport: bytes = UDP) -> int:
        family = {FAMILY: bytes((2, 0, 0, 0))} if v6 else {}
        wanted = {TRANSPORT: transport} | family
        code = self._ask(ALLOCATE, wanted)
        if code == MISMATCH and not self._holds:  # of whoever had this port before (RFC 8656, 7.2)
            self._line.close()
            self._line = self._opened()
            code = self._ask(ALLOCATE, wanted)
        self._holds = code == 0
        return code

    def refresh(self) -> int:
        return self._ask(REFRESH, {LIFETIME: struct.pack(">I", 300)})

    def permission(self, peer: str) -> int:
        return self._ask(PERMISSION, {PEER: b"PEER" + peer.encode()})

    def channel(self, peer: str, number: int = 0x4001) -> int:
        given = {CHANNEL_NUMBER: struct.pack(">HH", number, 0), PEER: b"PEER" + peer.encode()}
        return self._ask(CHANNEL, given)

    def connect(self, peer: str) -> int:
        return self._ask(CONNECT, {PEER: b"PEER" + peer.encode()})

    # -- messages

    def _ask(self, method: int, given: dict[int, bytes]) -> int:
        answer = self._exchange(method, given | self._proof)
        if self._code(answer) in (401, 438) and NONCE in answer:  # who are you; and a fresh nonce
            realm, nonce = answer[REALM], answer[NONCE]
            name = self._username.encode()
            self._proof = {USERNAME: name, REALM: realm, NONCE: nonce}
            text = b":".join((name, realm, self._credential.encode()))
            self._key = hashlib.md5(text, usedforsecurity=False).digest()
            answer = self._exchange(method, given | self._proof)
        return self._code(answer)

    def _exchange(self, method: int, given: dict[int, bytes]) -> dict[int, bytes]:
        number = os.urandom(12)
        body = b""
        for kind, value in given.items():
            packed = _peer(value[4:].decode(), number) if value[:4] == b"PEER" else value
            body += struct.pack(">HH", kind, len(packed)) + packed + bytes(-len(packed) % 4)
        signed = USERNAME in given
        head = struct.pack(">HHI12s", method, len(body) + 24 * signed, COOKIE, number)
        text = head + body
        if signed:
            digest = hmac.digest(self._key, text, hashlib.sha1)
            text += struct.pack(">HH", INTEGRITY, 20) + digest
        self._line.send(text)
        while (answer := self._line.recv(2_000))[8:20] != number:
            pass
        return _unpacked(answer)

    @staticmethod
    def _code(answer: dict[int, bytes]) -> int:
        said = answer.get(ERROR)
        return 0 if said is None else (said[2] & 7) * 100 + said[3]


def _peer(address: str, number: bytes) -> bytes:
    """XOR-PEER-ADDRESS, port 9: "discard"."""
    parsed = ipaddress.ip_address(address)
    cover = struct.pack(">I", COOKIE) + number
    packed = bytes(a ^ b for a, b in zip(parsed.packed, cover, strict=False))
    return struct.pack(">BBH", 0, 1 if parsed.version == 4 else 2, 9 ^ COOKIE >> 16) + packed


def _unpacked(message: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 20
    while at + 4 <= len(message):
        kind, length = struct.unpack_from(">HH", message, at)
        found.setdefault(kind, message[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return found
