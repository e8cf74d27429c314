"""What somebody sees who listens on the wire of a network of tests/networks.py, and what of it is
not what it should be.

It needs root. It opens nothing: it only tells what is closed.
"""

import math
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.networks import inside

TURN_PORT: Final = 3478
_ALL: Final = 0x0003  # ETH_P_ALL
_OUTGOING: Final = 4  # PACKET_OUTGOING: the same packet once more
_TCP, _UDP = 6, 17
_REST_SECONDS: Final = 5.0  # for what came and was not yet taken
_RECEIVE_BYTES: Final = 64 << 20
_TLS: Final = b"\x16\x03"  # a record with a handshake, as every connection has to begin
_VP8_BEGINS: Final = b"\x9d\x01\x2a"  # in every key frame that can be read


@dataclass(slots=True)
class Wire:
    """What came past: of TCP the bytes of each direction, in order, of UDP each packet."""

    streams: dict[tuple[str, int, str, int], bytearray] = field(default_factory=dict)
    packets: list[bytes] = field(default_factory=list)
    _next: dict[tuple[str, int, str, int], int] = field(default_factory=dict)

    def take(self, packet: bytes) -> None:
        """One packet of IPv4, without the header of its network."""
        start, protocol = (packet[0] & 15) * 4, packet[9]
        source, target = (socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16))
        body = packet[start : int.from_bytes(packet[2:4], "big")]
        if protocol == _UDP and len(body) > 8:
            self.packets.append(body[8:])
        elif protocol == _TCP and len(body) >= 20:
            from_port, to_port, number = struct.unpack_from(">HHI", body)
            data, whose = body[(body[12] >> 4) * 4 :], (source, from_port, target, to_port)
            again = (self._next.get(whose, number) - number) % (1 << 32)
            if again < len(data):  # else it was sent once more
                self.streams.setdefault(whose, bytearray()).extend(data[again:])
                self._next[whose] = (number + len(data)) % (1 << 32)

    def kinds(self) -> Counter[str]:
        """How many packets of UDP are what (RFC 7983, section 7)."""
        return Counter(kind_of(packet) for packet in self.packets)

    def open(self) -> list[str]:
        """What anybody could read who listens; nothing, if it is as it should be."""
        found, packets = list[str](), list(self.packets)
        for whose, stream in self.streams.items():
            if stream.startswith(_TLS):
                continue
            if TURN_PORT in whose:  # its packets one after the other, as in UDP
                packets += framed(bytes(stream))
            else:
                found.append(f"TCP to port {whose[3]} begins with {bytes(stream[:8])!r}")
        for packet in packets:
            if (kind := kind_of(packet)) in ("unknown", "clear picture"):
                found.append(f"{kind}: {packet[:8]!r}")
        return found

    def everything(self) -> bytes:
        return b"\n".join([*(bytes(one) for one in self.streams.values()), *self.packets])


def framed(stream: bytes) -> list[bytes]:
    """The packets of TURN over TCP (RFC 8656, section 12.5); the last one may be cut off."""
    found, at = list[bytes](), 0
    while at + 4 <= len(stream):
        head = 20 if stream[at] < 4 else 4
        size = head + int.from_bytes(stream[at + 2 : at + 4], "big")
        found.append(stream[at : at + size])
        at += -(-size // 4) * 4
    return found


def kind_of(packet: bytes) -> str:
    """By its first byte; what TURN carries by what is in it."""
    first = packet[0]
    if first < 4:
        return "stun"
    if 20 <= first < 64:
        return "dtls"
    if 64 <= first < 80:
        return kind_of(packet[4:]) if len(packet) > 4 else "srtp"  # cut off
    if 128 <= first < 192:
        return "clear picture" if _VP8_BEGINS in packet[12:40] else "srtp"
    return "unknown"


@contextmanager
def listening(namespace: str) -> Iterator[Wire]:
    """Everything that passes through this network meanwhile; whole once this has ended."""
    wire, over = Wire(), threading.Event()

    def opened() -> socket.socket:
        line = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        line.settimeout(0.2)
        return line

    def listen() -> None:
        until = math.inf
        while time.monotonic() < until:
            if over.is_set():
                until = min(until, time.monotonic() + _REST_SECONDS)
            try:
                packet, (_, protocol, direction, *_) = line.recvfrom(65_535)
            except TimeoutError:  # all that came is taken
                if over.is_set():
                    return
                continue
            if protocol == 0x0800 and direction != _OUTGOING:
                wire.take(packet)

    with inside(namespace, opened) as line:
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield wire
        finally:
            over.set()
            thread.join()
