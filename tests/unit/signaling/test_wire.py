"""Packets and frames: pure, both ways, and Malformed for everything else."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.events import Malformed
from signaling import wire
from tests.world import payload_of


@pytest.mark.parametrize(
    ("message", "packet"),
    [
        (b"40", wire.Connect()),
        (b"40{}", wire.Connect()),
        (b"41", wire.Disconnect()),
        (b"1", wire.Disconnect()),
        (b"3", wire.Pong()),
        (b'42["leave",{}]', wire.Call("leave", {}, None)),
        (b'420["join",{"after":1}]', wire.Call("join", {"after": 1}, 0)),
        (b'429999999999["send",{}]', wire.Call("send", {}, 9_999_999_999)),
    ],
)
def test_what_stock_clients_send(message: bytes, packet: wire.Packet) -> None:
    parsed = wire.parse(message)
    assert parsed == packet
    assert type(parsed) is type(packet)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_packet_or_malformed(message: bytes) -> None:
    """B-052: no third outcome, whatever comes."""
    for prefix in (b"", b"4", b"42", b'42["send",', b"42" + b"9" * 12):
        with contextlib.suppress(Malformed):
            wire.parse(prefix + message)


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
))  # fmt: skip
def test_any_json_is_a_call_of_one_of_three_words_or_malformed(value: object) -> None:
    try:
        packet = wire.parse(b"42" + json.dumps(value).encode())
    except Malformed:
        return
    assert isinstance(packet, wire.Call)
    assert packet.word in {"join", "send", "leave"}


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_frame_says_its_length_as_the_rfc_wants(size: int) -> None:
    """RFC 6455, 5.2: seven bits, then 16, then 64; final, text, not masked."""
    frame = wire.frame(b"x" * size)
    assert frame[0] == 0x81
    assert frame[1] == (size if size < 126 else 126 if size < 65_536 else 127)
    assert payload_of(frame) == b"x" * size


def test_what_the_server_says_reads_like_socket_io() -> None:
    opening = payload_of(wire.opening("abc", ping_seconds=10, pong_seconds=8))
    assert json.loads(opening.removeprefix(b"0")) == {
        "sid": "abc", "upgrades": [], "pingInterval": 10_000, "pingTimeout": 8_000,
        "maxPayload": 65_536,
    }  # fmt: skip
    assert payload_of(wire.connected("abc")) == b'40{"sid":"abc"}'
    assert payload_of(wire.acked(7, {"ok": False})) == b'437[{"ok":false}]'
    assert payload_of(wire.acked_seq(7, 12)) == b'437[{"ok":true,"seq":12}]'
    assert payload_of(wire.acked_seq(0, None)) == b'430[{"ok":true,"seq":null}]'
    assert payload_of(wire.PING) == b"2"
    assert payload_of(wire.GOODBYE) == b"41"
