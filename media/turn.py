"""As much of a TURN client (RFC 8489, RFC 8656) as it takes to try a server: allocate, and knock.

It relays nothing, and knows neither sessions nor who made the credentials.
"""

import asyncio
import hashlib
import hmac
import os
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Literal, cast

_COOKIE: Final = 0x2112A442
_HEADER: Final = struct.Struct(">HHI12s")
_ATTRIBUTE: Final = struct.Struct(">HH")
_ALLOCATE, _REFRESH, _CREATE_PERMISSION = 0x0003, 0x0004, 0x0008
_USERNAME, _INTEGRITY, _ERROR_CODE, _LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
_PEER, _REALM, _NONCE, _RELAYED, _TRANSPORT = 0x0012, 0x0014, 0x0015, 0x0016, 0x0019
_UDP: Final = bytes((17, 0, 0, 0))
_PORTS: Final = {"turn": 3478, "turns": 5349}
# Sent again while nothing comes back (RFC 8489, 6.2.1), so long as patience lasts.
_FIRST_WAIT_SECONDS: Final = 0.5

Exchange = Callable[[bytes], Awaitable[bytes]]


class TurnRefused(Exception):
    """The server answered, and said no."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the server refused: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class TurnAddress:
    """One `turn:` or `turns:` URL, taken apart."""

    host: str
    port: int
    transport: Literal["udp", "tcp", "tls"]

    @classmethod
    def of(cls, url: str) -> "TurnAddress":
        """Raises ValueError for TURN over DTLS, which this client does not speak."""
        scheme, _, rest = url.partition(":")
        place, _, query = rest.partition("?")
        host, port = place, ""
        if not place.endswith("]") and ":" in place:
            host, _, port = place.rpartition(":")
        udp = query != "transport=tcp"
        if scheme == "turns" and query == "transport=udp":
            raise ValueError("TURN over DTLS is not tried")
        transport: Literal["udp", "tcp", "tls"] = "tls" if scheme == "turns" else "tcp"
        if scheme == "turn" and udp:
            transport = "udp"
        return cls(host.strip("[]"), int(port or _PORTS[scheme]), transport)


@dataclass(frozen=True, slots=True)
class Allocation:
    """What the server gave, and which of the peers it would have sent to."""

    relayed: str
    open_to: tuple[str, ...]


async def allocate(
    address: TurnAddress,
    username: str,
    credential: str,
    *,
    knock_at: tuple[str, ...] = (),
    patience_seconds: float = 4.0,
) -> Allocation:
    """Have a relay address made, ask for leave to send to each of `knock_at`, give it back.

    Nothing is sent to them. Raises TurnRefused, TimeoutError, ssl.SSLError and OSError.
    """
    async with asyncio.timeout(patience_seconds), _connected(address) as exchange:
        wanted = {_TRANSPORT: _UDP}
        challenge = await _ask(exchange, _ALLOCATE, wanted)
        if _error_of(challenge) != 401:
            raise TurnRefused(_error_of(challenge) or 0)
        realm, nonce = challenge[_REALM], challenge[_NONCE]
        proof = {_USERNAME: username.encode(), _REALM: realm, _NONCE: nonce}
        key = hashlib.md5(
            b":".join((username.encode(), realm, credential.encode())), usedforsecurity=False
        ).digest()
        answer = await _ask(exchange, _ALLOCATE, wanted | proof, key)
        if (code := _error_of(answer)) is not None:
            raise TurnRefused(code)
        relayed = _address_in(answer[_RELAYED])
        open_to = []
        for peer in knock_at:
            said = await _ask(exchange, _CREATE_PERMISSION, {_PEER: _packed(peer)} | proof, key)
            if _error_of(said) is None:
                open_to.append(peer)
        await _ask(exchange, _REFRESH, {_LIFETIME: bytes(4)} | proof, key)
        return Allocation(relayed, tuple(open_to))


# ---- messages


async def _ask(
    exchange: Exchange, method: int, given: Mapping[int, bytes], key: bytes | None = None
) -> dict[int, bytes]:
    return _unpacked(await exchange(_message(method, given, key)))


def _message(method: int, given: Mapping[int, bytes], key: bytes | None) -> bytes:
    body = b"".join(_attribute(kind, value) for kind, value in given.items())
    number = os.urandom(12)
    if key is None:
        return _HEADER.pack(method, len(body), _COOKIE, number) + body
    # The length counts the proof, the proof does not cover itself (RFC 8489, 14.5).
    text = _HEADER.pack(method, len(body) + 24, _COOKIE, number) + body
    return text + _attribute(_INTEGRITY, hmac.digest(key, text, hashlib.sha1))


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _unpacked(message: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = _HEADER.size
    while at + _ATTRIBUTE.size <= len(message):
        kind, length = _ATTRIBUTE.unpack_from(message, at)
        at += _ATTRIBUTE.size
        found.setdefault(kind, message[at : at + length])
        at += length + -length % 4
    return found


def _error_of(answer: Mapping[int, bytes]) -> int | None:
    said = answer.get(_ERROR_CODE)
    return None if said is None or len(said) < 4 else (said[2] & 7) * 100 + said[3]


def _packed(address: str) -> bytes:
    """XOR-PEER-ADDRESS of an IPv4 address with port 9, "discard"."""
    covered = int(IPv4Address(address)) ^ _COOKIE
    return struct.pack(">BBHI", 0, 1, 9 ^ _COOKIE >> 16, covered)


def _address_in(value: bytes) -> str:
    if len(value) < 8 or value[1] != 1:
        return "-"  # IPv6, of which nobody asked
    return str(IPv4Address(int.from_bytes(value[4:8], "big") ^ _COOKIE))


# ---- transports


@asynccontextmanager
async def _connected(address: TurnAddress) -> AsyncIterator[Exchange]:
    if address.transport == "udp":
        loop = asyncio.get_running_loop()
        transport, line = await loop.create_datagram_endpoint(
            _Datagrams, remote_addr=(address.host, address.port)
        )
        try:
            yield line.exchange
        finally:
            transport.close()
        return
    tls = ssl.create_default_context() if address.transport == "tls" else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)

    async def exchange(message: bytes) -> bytes:
        writer.write(message)
        head = await reader.readexactly(_HEADER.size)
        return head + await reader.readexactly(int.from_bytes(head[2:4], "big"))

    try:
        yield exchange
    finally:
        writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    """One question at a time; it is asked again until it is answered."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: asyncio.Queue[bytes | Exception] = asyncio.Queue(16)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        if len(data) >= _HEADER.size and not self._answers.full():
            self._answers.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answers.full():
            self._answers.put_nowait(exc)

    async def exchange(self, message: bytes) -> bytes:
        """The answer with the number of the question."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            assert self._transport is not None
            self._transport.sendto(message)
            try:
                async with asyncio.timeout(wait):
                    while True:
                        answer = await self._answers.get()
                        if isinstance(answer, Exception):
                            raise answer
                        if answer[8:20] == message[8:20]:
                            return answer
            except TimeoutError:
                wait *= 2
