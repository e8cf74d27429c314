"""Two ends in one process: silent until live, each hears and sees the other and not itself."""

import asyncio
import re

import pytest
from aioice import ice

from media import guard
from media.connection import Reach
from media.peer import Peer
from media.synthetic import Picture, Sight, Sound, Tone, listen, watch
from tests.patience import PATIENCE_SECONDS
from tests.unit.media.ends import LOOPBACK, pair, until, until_heard_and_seen


async def test_each_hears_and_sees_the_other_once_it_is_live() -> None:
    async with pair() as (one, other):
        assert one.sound == other.sound == Sound()
        assert one.sight == other.sight == Sight()
        one.go_live()
        other.go_live()
        await until_heard_and_seen(one, other)
        for end in (one, other):
            assert end.sound.tone > end.sound.heard / 2
            assert (end.sight.width, end.sight.height) == (480, 360)
            numbers = await end.transport()
            assert numbers["loss_pct"] == 0


async def test_its_own_echo_is_not_the_other() -> None:
    """What would be heard if sound came back from where it went."""
    async with pair(expects=(10, 14)) as (one, other):
        one.go_live()
        other.go_live()
        await until_heard_and_seen(one, other)
        assert one.sound.tone == other.sound.tone == 0


async def test_nothing_is_sent_before_it_is_live() -> None:
    async with pair() as (one, other):
        other.go_live()
        await until(lambda: one.sound.heard >= 25)
        assert other.sound == Sound()
        assert other.sight == Sight()


async def test_it_describes_itself_as_our_pages_take_it() -> None:
    """`clean` is what the page does too, byte by byte (tests/vectors/sdp.json)."""
    peer = Peer(LOOPBACK, voice=Tone(10), picture=Picture(), expects=None)
    sdp = await peer.offer()
    assert "VP8/90000" in sdp
    assert "H264" not in sdp
    assert re.search("^a=candidate:.* 127.0.0.1 ", sdp, re.M)
    await peer.close()


async def test_what_is_wrong_is_said_and_leaves_nothing() -> None:
    one = Peer(LOOPBACK, voice=Tone(10), picture=Picture(), expects=None)
    other = Peer(LOOPBACK, voice=Tone(14), picture=Picture(), expects=None)
    try:
        offer = await one.offer()
        for broken in (
            "",
            "v=0\r\n",
            offer[: len(offer) // 2],
            offer.replace(":sha-256 ", ":md5 "),
        ):
            with pytest.raises(ValueError):
                await other.answer(broken)
        with pytest.raises(ValueError, match="no use"):  # past our filter, not past the parser
            await other.answer(offer + "a=ssrc:x y\r\n")
        await other.candidate("candidate:1 1 udp 1 somewhere.local 9 typ host", "0", 0)
        await other.candidate("candidate:1 1 udp 1 169.254.169.254 80 typ host", "0", 0)
        assert other._early == []
    finally:
        await one.close()
        await other.close()


async def test_what_fails_in_a_task_of_aiortcs_own_is_a_broken_connection() -> None:
    """One section with the name of the other: the parser takes it, and then there is none."""
    one = Peer(LOOPBACK, voice=Tone(10), picture=Picture(), expects=None)
    other = Peer(LOOPBACK, voice=Tone(14), picture=Picture(), expects=None)
    try:
        offer = (await one.offer()).replace("a=mid:1\r\n", "").replace("a=mid:0", "a=mid:1")
        with pytest.raises(ValueError, match="no use"):
            await other.answer(offer)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await other.broken.wait()
    finally:
        await one.close()
        await other.close()


async def test_who_may_use_relays_only_and_has_none_says_so_at_once() -> None:
    peer = Peer(Reach(relay_only=True), voice=Tone(10), picture=Picture(), expects=None)
    assert peer.broken.is_set()
    assert "a=candidate" not in await peer.offer()
    await peer.close()


async def test_a_connection_that_ends_is_noticed() -> None:
    async with pair() as (one, other):
        await other.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await one.broken.wait()


async def test_ears_and_eyes_tell_something_from_nothing() -> None:
    """Silence is not heard, one grey is not seen, and another tone is not the expected one."""

    async def some(track: Tone | Picture, sound: Sound, sight: Sight, periods: int) -> None:
        job = listen(track, sound, periods) if track.kind == "audio" else watch(track, sight)
        task = asyncio.ensure_future(job)
        await until(lambda: sound.frames + sight.frames >= 4)
        track.stop()
        await task

    silent, tone, other = Tone(10), Tone(10), Tone(10)
    silent._wave = bytes(len(silent._wave))
    for track, periods, heard, told in ((silent, 10, 0, 0), (tone, 10, 4, 4), (other, 11, 4, 0)):
        sound = Sound()
        await some(track, sound, Sight(), periods)
        assert (min(sound.heard, 4), min(sound.tone, 4)) == (heard, told)
    grey, moving = Picture(), Picture()
    grey._rows = bytes([128]) * len(grey._rows)
    for picture, seen in ((grey, 0), (moving, 4)):
        sight = Sight()
        await some(picture, Sound(), sight, 10)
        assert min(sight.seen, sight.moved, 4) == seen


def test_loopback_is_offered_only_where_it_was_asked_for() -> None:
    guard.reach(loopback=False)
    assert "127.0.0.1" not in ice.get_host_addresses(True, False)
    guard.reach(loopback=True)
    assert "127.0.0.1" in ice.get_host_addresses(True, False)
