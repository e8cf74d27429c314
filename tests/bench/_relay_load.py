"""The load: raw WebSocket connections in one thread, frames prepared beforehand, a closed loop.

It speaks the same to every Socket.IO server and does as little as it can, so that what is measured
is the server. A sender goes on when its partner has received.
"""

import json
import os
import select
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field

_EVENT = b'42["event"'


def masked(text: bytes) -> bytes:
    """A complete text frame as a browser sends it, with a random mask."""
    key = os.urandom(4)
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "big")
    body = (int.from_bytes(text, "big") ^ mask).to_bytes(size, "big")
    return b"\x81" + length + key + body


def frames_in(buffer: bytes) -> tuple[list[bytes], bytes]:
    """The payloads of the complete frames from a server, and what is left over."""
    found = []
    at, end = 0, len(buffer)
    while end - at >= 2:
        size, start = buffer[at + 1], at + 2
        if size == 126:
            if end - at < 4:
                break
            size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
        if end < start + size:
            break
        found.append(buffer[start : start + size])
        at = start + size
    return found, buffer[at:]


_PONG = masked(b"3")


@dataclass(slots=True)
class Talker:
    """One connection that has joined, and what it will send."""

    socket: socket.socket
    sender: bytes
    partner: "Talker | None" = None
    todo: list[bytes] = field(default_factory=list)
    rest: bytes = b""
    received: int = 0

    def say_next(self) -> None:
        if self.todo:
            frame = self.todo.pop()
            assert self.socket.send(frame) == len(frame)


def join(port: int, ticket: str) -> Talker:
    """Open a connection and join; blocking."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Origin: http://127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        buffer += connection.recv(65_536)
    status, _, buffer = buffer.partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 101"), status
    connection.sendall(masked(b"40"))
    argument = json.dumps({"ticket": ticket, "after": 0, "log_epoch": None}).encode()
    while True:
        payloads, buffer = frames_in(buffer)
        for payload in payloads:
            if payload.startswith(b"40"):
                connection.sendall(masked(b'420["join",' + argument + b"]"))
            elif payload.startswith(b"430"):
                [answer] = json.loads(payload[3:])
                assert answer["ok"], answer
                talker = Talker(connection, answer["sender"].encode())
                talker.rest = buffer
                return talker
        buffer += connection.recv(65_536)


def settle(talkers: Iterable[Talker], quiet_seconds: float = 0.3) -> None:
    """Read away whatever still comes from joining, and answer pings."""
    poll = select.epoll()
    by_number = {talker.socket.fileno(): talker for talker in talkers}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    while ready := poll.poll(quiet_seconds):
        for number, _ in ready:
            talker = by_number[number]
            data = talker.socket.recv(65_536)
            assert data, "closed before anything was measured"
            payloads, talker.rest = frames_in(talker.rest + data)
            if b"2" in payloads:
                talker.socket.send(_PONG)
    poll.close()


def run(talkers: list[Talker], deliveries: int, *, window: int = 1) -> None:
    """Let all talk until so many events have reached the respective partner."""
    poll = select.epoll()
    by_number = {talker.socket.fileno(): talker for talker in talkers}
    for number, talker in by_number.items():
        talker.socket.setblocking(False)
        poll.register(number, select.EPOLLIN)
        for _ in range(window):
            talker.say_next()
    done = 0
    while done < deliveries:
        ready = poll.poll(10)
        assert ready, f"nothing came for ten seconds, after {done} deliveries"
        for number, _ in ready:
            talker = by_number[number]
            payloads, talker.rest = frames_in(talker.rest + talker.socket.recv(262_144))
            partner = talker.partner
            assert partner is not None
            for payload in payloads:
                if payload.startswith(_EVENT):
                    if partner.sender in payload[:120]:
                        done += 1
                        partner.say_next()
                elif payload == b"2":
                    talker.socket.send(_PONG)
    poll.close()
