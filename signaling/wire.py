"""Packets of Engine.IO 4 and Socket.IO 5 as stock clients send them, and WebSocket frames around.

Pure functions, bytes in and values out. It knows WebSocket transport, JSON text and namespace "/"
only: polling, binary attachments, other namespaces and acks from clients are Malformed.
"""

from typing import Any, Final, NamedTuple

import orjson

from sessions.events import Malformed

MAX_FRAME_BYTES: Final = 65_536  # of one message from a client
WORDS: Final = frozenset({"join", "send", "leave"})
_MAX_ACK_DIGITS: Final = 10


class Call(NamedTuple):
    """One of our words with its one argument; `ack` is the number to answer with, if asked."""

    word: str
    argument: dict[str, Any]
    ack: int | None


class Connect(NamedTuple):
    """The client opens namespace "/"."""


class Disconnect(NamedTuple):
    """The client leaves namespace "/", or closes Engine.IO."""


class Pong(NamedTuple):
    """The client answered our ping."""


Packet = Call | Connect | Disconnect | Pong

_SIMPLE: Final[dict[bytes, Packet]] = {
    b"3": Pong(),
    b"1": Disconnect(),
    b"41": Disconnect(),
    b"40": Connect(),
    b"40{}": Connect(),  # some clients say that they send nothing
}
_BRACKET = ord("[")


def parse(message: bytes) -> Packet:
    """Read one text message from a client; raises Malformed."""
    if message[:2] == b"42":
        return _parse_call(message)
    packet = _SIMPLE.get(message)
    if packet is None:
        raise Malformed("packet")
    return packet


def _parse_call(message: bytes) -> Call:
    ack: int | None = None
    start = 2
    if message[2:3] != b"[":
        start = message.find(_BRACKET, 2, 3 + _MAX_ACK_DIGITS)
        digits = message[2:start]
        if start < 0 or not digits.isdigit():  # bytes: ASCII digits only
            raise Malformed("ack")
        ack = int(digits)
    try:
        # orjson refuses NaN, lone surrogates, invalid UTF-8 and deep nesting.
        word, argument = orjson.loads(memoryview(message)[start:])
    except (ValueError, TypeError):
        raise Malformed("arguments") from None
    if type(word) is not str or word not in WORDS or type(argument) is not dict:
        raise Malformed("word")
    return Call(word, argument, ack)


def frame(text: bytes) -> bytes:
    """A complete WebSocket text frame from a server: final, unmasked (RFC 6455, 5.2)."""
    size = len(text)
    if size < 126:
        return b"\x81%c%b" % (size, text)
    if size < 65_536:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), text)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), text)


def opening(sid: str, *, ping_seconds: float, pong_seconds: float) -> bytes:
    """The frame with which Engine.IO opens."""
    handshake = {
        "sid": sid,
        "upgrades": [],
        "pingInterval": round(ping_seconds * 1000),
        "pingTimeout": round(pong_seconds * 1000),
        "maxPayload": MAX_FRAME_BYTES,
    }
    return frame(b"0" + orjson.dumps(handshake))


def connected(sid: str) -> bytes:
    """The frame that accepts namespace "/"."""
    return frame(b"40" + orjson.dumps({"sid": sid}))


def acked(ack: int, answer: dict[str, Any]) -> bytes:
    """The frame that answers a call."""
    return frame(b"43%d[%b]" % (ack, orjson.dumps(answer)))


def acked_seq(ack: int, seq: int | None) -> bytes:
    """The frame that answers a `send` that went well; the most frequent answer."""
    if seq is None:
        return frame(b'43%d[{"ok":true,"seq":null}]' % ack)
    return frame(b'43%d[{"ok":true,"seq":%d}]' % (ack, seq))


PING: Final = frame(b"2")
GOODBYE: Final = frame(b"41")  # the stock client then stays away by itself
