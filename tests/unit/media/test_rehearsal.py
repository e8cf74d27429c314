"""Which way frames are taken: the short one while it works, else the long one; both make a file."""

import io
from collections.abc import Callable
from time import time
from typing import Any

import av
import pytest
from aiortc import rtcrtpreceiver

from media import detour, rehearsal
from media.connection import Reach
from media.detour import Detour
from media.ingress import Way
from media.part import Limits, Part
from media.passthrough import Passthrough, payloads, runs
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.unit.media.ends import LOOPBACK, until


async def test_the_short_way_works() -> None:
    """If this fails after an upgrade, look at what `media.passthrough` uses of aiortc."""
    assert await rehearsal.way() is Passthrough


async def test_where_the_short_way_does_not_work_the_long_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: Passthrough, data: bytes, component: int) -> None:
        raise AttributeError("it is called otherwise now")

    monkeypatch.setattr(Passthrough, "_datagram", broken)
    monkeypatch.setattr(rtcrtpreceiver, "get_decoder", rtcrtpreceiver.__dict__["get_decoder"])
    assert await rehearsal.way(seconds=0.5) is Detour
    assert await rehearsal.works(Detour)


@pytest.mark.long
@pytest.mark.parametrize("way", [Passthrough, Detour])
async def test_either_way_makes_a_file(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtcrtpreceiver, "get_decoder", rtcrtpreceiver.__dict__["get_decoder"])
    if way is Detour:
        detour.install()
    chunks: list[bytes] = []
    await _recorded(
        lambda out: Part(LOOPBACK, Limits(), out, began_ms=round(1_000 * time()), way=way), chunks
    )
    with av.open(io.BytesIO(b"".join(chunks)), "r") as file:
        kinds = [packet.stream.type for packet in file.demux() if packet.size]
    assert kinds.count("audio") > 25
    assert kinds.count("video") > 5


async def _recorded(make: Callable[[Callable[[bytes], None]], Part], chunks: list[bytes]) -> None:
    caller, part = Caller(Reach(loopback=True), Tone(10), Picture()), make(chunks.append)
    try:
        await caller.answered(await part.answer(await caller.offer()))
        ingress: Any = part._listener.ingress
        await until(lambda: ingress.bytes > 60_000)
        part.stop()
        assert await part.run() == "stopped"
    finally:
        await part.close()
        await caller.close()


def test_payloads_are_those_of_the_description() -> None:
    sdp = "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\n"
    assert payloads(sdp + "a=rtpmap:0 PCMU/8000\r\n") == {96: "opus", 97: "vp8", 98: "rtx"}


def test_numbers_for_a_nack_rise() -> None:
    assert runs([]) == []
    assert runs([5, 6, 9, 65_535, 0, 3]) == [[5, 6, 9, 65_535], [0, 3]]
