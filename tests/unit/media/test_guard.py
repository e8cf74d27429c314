"""What strangers send to an end of ours by UDP, before and during a call: the call goes on."""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aioice import ice

from media import guard
from media.peer import Peer
from media.synthetic import Picture, Tone
from tests.unit.media.ends import LOOPBACK, pair, until

COOKIE = b"\x21\x12\xa4\x42"
# RFC 6347 and RFC 5246: type, version, epoch and number, length, content.
ALERT = struct.pack(">BHQH", 21, 0xFEFD, 0, 2) + b"\x02\x28"
CLOSING = struct.pack(">BHQH", 21, 0xFEFD, 0, 2) + b"\x01\x00"
HELLO = struct.pack(">BHQH", 22, 0xFEFD, 0, 12) + bytes([1, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 40])
SPRAY = (
    b"", b"\x00", b"\x80", b"\xff" * 3_000, ALERT, CLOSING, HELLO, HELLO * 20, b"\x16\xfe\xfd",
    b"\x80\x60" + bytes(40), b"\x80\xc8" + bytes(6), b"\x00\x01\x00\x00" + COOKIE + bytes(12),
    b"\x00\x01\xff\xff" + COOKIE + bytes(12), b"\x01\x01\x00\x04" + COOKIE + bytes(16),
    b"\x00\x01\x00\x08" + COOKIE + bytes(12) + b"\x00\x06\x00\x50" + b"abcd",
    b"\x00\x01\x00\x04" + COOKIE + bytes(12) + b"\x00\x06\x00\x00",
)  # fmt: skip


def doors(*descriptions: str) -> list[int]:
    """The ports at which these ends are reached over loopback."""
    found = [
        int(port)
        for sdp in descriptions
        for port in re.findall(r"^a=candidate:.* 127\.0\.0\.1 (\d+) typ host", sdp, re.M)
    ]
    assert found
    return found


@contextmanager
def stranger() -> Iterator[socket.socket]:
    """A socket that nobody knows."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        yield one


def spray(one: socket.socket, ports: list[int]) -> None:
    for datagram in SPRAY:
        for port in ports:
            one.sendto(datagram, ("127.0.0.1", port))


def counts(*ends: Peer) -> list[int]:
    """What each has heard and seen."""
    return [count for end in ends for count in (end.sound.tone, end.sight.moved)]


async def test_strangers_do_not_end_a_call() -> None:
    """ASVS 17.2.6: sound and picture go on, both ways, whatever comes from elsewhere."""
    async with pair() as (one, other):
        one.go_live()
        other.go_live()
        before = guard.dropped.copy()
        ports = doors(one.description, other.description)
        with stranger() as socket_:
            for _ in range(3):
                spray(socket_, ports)
                least = counts(one, other)
                await until(
                    lambda least=least: all(  # type: ignore[misc]
                        now > then + 3 for now, then in zip(counts(one, other), least, strict=True)
                    )
                )
        assert not one.broken.is_set()
        assert not other.broken.is_set()
        assert all(guard.dropped[why] > before[why] for why in ("size", "stranger"))


async def test_strangers_do_not_keep_a_call_from_coming_about() -> None:
    """The same while ICE and DTLS are on their way."""
    one, other = (
        Peer(LOOPBACK, voice=Tone(periods), picture=Picture(), expects=None) for periods in (10, 14)
    )
    try:
        offer = await one.offer()
        with stranger() as socket_:
            spray(socket_, doors(offer))
            answer = await other.answer(offer)
            ports = doors(offer, answer)
            spray(socket_, ports)
            await one.answered(answer)

            def both_connected() -> bool:
                spray(socket_, ports)
                return one.connected.is_set() and other.connected.is_set()

            await until(both_connected)
    finally:
        await one.close()
        await other.close()


async def test_without_the_guard_one_empty_datagram_ends_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If this fails, aioice has learnt it: then look which part of the guard is still needed."""
    async with pair() as (one, other):
        monkeypatch.setattr(ice.StunProtocol, "datagram_received", guard._received)
        with stranger() as socket_:
            for port in doors(one.description):
                socket_.sendto(b"", ("127.0.0.1", port))
        await until(lambda: one.broken.is_set() or other.broken.is_set())


def test_a_machine_that_may_not_tell_its_addresses_has_the_one_it_goes_out_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The unit of a node lets nobody ask the kernel (no AF_NETLINK)."""

    def refused(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        raise PermissionError

    monkeypatch.setattr(guard, "_host_addresses", refused)
    monkeypatch.setattr(guard, "_way_out", lambda family, far: f"to {far}")
    guard.reach(loopback=False)
    assert ice.get_host_addresses(True, True) == ["to 192.0.2.1", "to 2001:db8::1"]
    assert ice.get_host_addresses(True, False) == ["to 192.0.2.1"]
    monkeypatch.undo()
    assert guard._way_out(socket.AF_INET, "127.0.0.1") == "127.0.0.1"
    assert guard._way_out(socket.AF_INET, "999.0.0.1") is None


def test_only_the_addresses_that_were_named_are_offered() -> None:
    guard.reach(loopback=True, addresses=("192.0.2.7",))
    assert ice.get_host_addresses(True, True) == ["192.0.2.7", "127.0.0.1"]
    guard.reach(loopback=True)
