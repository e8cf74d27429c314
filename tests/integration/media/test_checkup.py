"""The far end of checkups: what it sends back, what it refuses, and what it stands."""

import asyncio
import random
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable

import psutil
import pytest
from aioice import stun

from media.checkup import MOST_AT_ONCE, Checkups, Refusal, command
from media.echo import MOST_BYTES
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.e2e.media import eventually
from tests.integration.media.knocking import LOOPBACK, Knocker, knocked, sends_back, session
from tests.offers import broken
from tests.patience import PATIENCE_SECONDS
from tests.unit.media.test_guard import ALERT, CLOSING, COOKIE, HELLO, SPRAY

OFFERS = 60
FLOOD = 3_000  # datagrams
MORE_MB = 40  # that a process may grow by while it is flooded


@pytest.fixture(scope="module")
async def checkups() -> AsyncIterator[Checkups]:
    """One for all tests: whatever one does to it, the next finds it working."""
    running = Checkups(command(loopback=True))
    await running._recorder.warm()
    yield running
    await asyncio.wait_for(running.close(), PATIENCE_SECONDS)


def process_of(checkups: Checkups) -> psutil.Process:
    assert checkups._recorder._process is not None
    return psutil.Process(checkups._recorder._process.pid)


async def until_back(one: Knocker, number: int) -> None:
    async def read() -> int:
        return len(one.back)

    await eventually(
        read, lambda came: came >= number, within_seconds=PATIENCE_SECONDS, what="packets back"
    )


async def until_sent(one: Knocker) -> None:
    """More at once would wait here, and not arrive there."""

    async def read() -> bool:
        return one.channel.bufferedAmount < 8_000 or one.broken.is_set()

    await eventually(read, bool, within_seconds=PATIENCE_SECONDS, what="room to send")


# -- what it is for


async def test_each_packet_comes_back_once_with_how_many_came(checkups: Checkups) -> None:
    async with knocked(checkups) as (_, one, _):
        for number in range(40):
            one.send(number, 120)
            await asyncio.sleep(0.005)
        await until_back(one, 40)
    assert sorted(back.number for back in one.back) == list(range(40))
    assert sorted(back.came for back in one.back) == list(range(1, 41))
    assert {back.size for back in one.back} == {120}
    there = [back.at_ms for back in sorted(one.back, key=lambda back: back.came)]
    assert there == sorted(there)


async def test_one_at_a_time_for_a_session_and_so_many_for_all(checkups: Checkups) -> None:
    async with knocked(checkups) as (who, one, _):
        again = Knocker()
        try:
            await checkups.begin(who, await again.offer())
            async with asyncio.timeout(PATIENCE_SECONDS):
                await one.broken.wait()  # the one before is over
            others = [session() for _ in range(MOST_AT_ONCE - 1)]
            for other in others:
                await checkups.begin(other, await again.offer())
            with pytest.raises(Refusal, match="too_many"):
                await checkups.begin(session(), await again.offer())
            for other in others:
                await checkups.stop(other)
        finally:
            await again.close()
    assert checkups._parts == {}


@pytest.mark.parametrize(
    "flood",
    [
        [b"\0" * 1_300],
        ["text is nothing"],
        [b"\0" * 1_200] * (MOST_BYTES // 600),
    ],
    ids=["too long", "text", "too much"],
)
async def test_what_a_page_never_sends_ends_it(
    checkups: Checkups, flood: list[bytes | str]
) -> None:
    async with knocked(checkups) as (who, one, _):
        for packet in flood:
            await until_sent(one)
            if one.channel.readyState == "open":
                one.channel.send(packet)

        async def read() -> bool:
            return who not in checkups._parts

        await eventually(read, bool, within_seconds=PATIENCE_SECONDS, what="the end of it")
        assert sum(back.size for back in one.back) <= MOST_BYTES


async def test_a_second_channel_ends_it(checkups: Checkups) -> None:
    async with knocked(checkups) as (_, one, _):
        one._pc.createDataChannel("another")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await one.broken.wait()


async def test_no_picture_and_no_sound_can_be_offered(checkups: Checkups) -> None:
    """OB-46 Before the accept there is nothing to which a device could send."""
    for sends in ([Tone(10)], [Picture()], [Tone(10), Picture()]):
        caller = Caller(LOOPBACK, *sends)
        caller._pc.createDataChannel("checkup")
        with pytest.raises(Refusal, match="bad_offer"):
            await checkups.begin(session(), await caller.offer())
        await caller.close()


async def test_a_far_end_that_was_killed_is_started_anew() -> None:
    checkups = Checkups(command(loopback=True))
    try:
        async with knocked(checkups):
            process = process_of(checkups)
            process.kill()
        async with knocked(checkups) as (_, one, _):
            await sends_back(one)
            assert process_of(checkups).pid != process.pid
    finally:
        await asyncio.wait_for(checkups.close(), PATIENCE_SECONDS)


# -- bad will


async def test_no_offer_ends_the_far_end(checkups: Checkups) -> None:
    """AT-76: whatever is offered is answered or refused, and somebody else is checked on."""
    dice, ends = random.Random(11), Counter[str]()
    async with knocked(checkups) as (_, one, _):
        process = process_of(checkups)
        good = await Knocker.an_offer()
        for offer in (
            "",
            "é",
            "x" * 40_000,
            good + good,
            *(broken(good, dice, 3) for _ in range(OFFERS)),
        ):
            who = session()
            try:
                await checkups.begin(who, offer)
                ends["answered"] += 1
            except Refusal as refusal:
                ends[refusal.code] += 1
            await checkups.stop(who)
        assert ends.keys() == {"answered", "bad_offer"}
        assert process_of(checkups).pid == process.pid
    async with knocked(checkups) as (_, one, _):
        await sends_back(one)


def garbage(dice: random.Random) -> list[bytes]:
    """Of any length, and nothing."""
    return [dice.randbytes(dice.randrange(0, 1_500)) for _ in range(FLOOD)]


def stuns(dice: random.Random) -> list[bytes]:
    """Requests, answers, errors and indications of somebody who knows no password."""
    found = []
    for _ in range(FLOOD):
        message = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=dice.choice(list(stun.Class)),
            transaction_id=dice.randbytes(12),
        )
        message.attributes["USERNAME"] = dice.randbytes(8).hex()
        message.attributes["PRIORITY"] = dice.randrange(1 << 31)
        message.attributes[dice.choice(["ICE-CONTROLLING", "ICE-CONTROLLED"])] = dice.getrandbits(
            64
        )
        if dice.random() < 0.5:
            message.add_message_integrity(dice.randbytes(20))
            message.add_fingerprint()
        found.append(bytes(message))
    return found


def halves(dice: random.Random) -> list[bytes]:
    """STUN whose lengths lie, and whose attributes end in mid-air."""
    found = []
    for _ in range(FLOOD):
        attributes = dice.randbytes(dice.randrange(0, 64))
        head = struct.pack("!HH", dice.choice([1, 0x101, 0x111, 0x11]), dice.randrange(1 << 16))
        found.append(head + COOKIE + dice.randbytes(12) + attributes)
    return found


def records(dice: random.Random) -> list[bytes]:
    """DTLS: alerts, greetings, fragments of greetings that never end, data nobody can read."""
    found = [ALERT, CLOSING, HELLO]
    for _ in range(FLOOD):
        content = dice.randbytes(dice.randrange(0, 200))
        fragment = struct.pack(
            "!B3sHH3s", 1, b"\xff\xff\xff", dice.randrange(1 << 16), 0, b"\0\0\x20"
        )
        body = fragment + content if dice.random() < 0.5 else content
        kind = dice.choice([20, 21, 22, 23, 25, 63])
        head = struct.pack(
            "!BHQH", kind, dice.choice([0xFEFD, 0xFEFF, 0xFEFC]), dice.getrandbits(50), len(body)
        )
        found.append(head + body)
    return found


def media(dice: random.Random) -> list[bytes]:
    """RTP and RTCP, where nobody ever agreed on any: headers that promise more than there is."""
    found = []
    for _ in range(FLOOD):
        first = 0x80 | dice.randrange(64)
        second = dice.choice([dice.randrange(256), 200, 201, 205, 206])
        found.append(bytes((first, second)) + dice.randbytes(dice.randrange(0, 300)))
    return found


@pytest.mark.parametrize(
    "kind", [garbage, stuns, halves, records, media], ids=lambda one: one.__name__
)
async def test_no_flood_of_strangers_ends_a_checkup_or_fills_the_machine(
    checkups: Checkups, kind: Callable[[random.Random], list[bytes]]
) -> None:
    """AT-22 ASVS 17.2.6, before the channel is open and after; nothing is left of it."""
    datagrams = [*SPRAY, *kind(random.Random(13))]
    async with knocked(checkups) as (_, one, answer):
        process = process_of(checkups)
        before = process.memory_info().rss
        sockets = len(process.net_connections("udp"))
        await flood(datagrams, answer)
        await sends_back(one)
        assert process_of(checkups).pid == process.pid
        assert process.memory_info().rss - before < MORE_MB << 20
        assert len(process.net_connections("udp")) <= sockets

    one, who = Knocker(), session()
    try:
        answer = await checkups.begin(who, await one.offer())
        await flood(datagrams, answer)  # before there is anything that is known
        await one.answered(answer)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await one.open.wait()
        await sends_back(one)
    finally:
        await one.close()
        await checkups.stop(who)


async def test_its_own_browser_cannot_end_the_far_end_either(checkups: Checkups) -> None:
    """AT-22 The same from the address that is known: at worst this one checkup ends."""
    dice = random.Random(17)
    datagrams = [*SPRAY, *garbage(dice), *halves(dice), *records(dice), *media(dice)]
    async with knocked(checkups) as (_, one, _), knocked(checkups) as (_, other, _):
        process = process_of(checkups)
        before = process.memory_info().rss
        assert one._pc.sctp is not None
        own = one._pc.sctp.transport.transport._connection._nominated[1]
        for at, datagram in enumerate(datagrams):
            own.protocol.transport.sendto(datagram, own.remote_addr)
            if at % 50 == 0:
                await asyncio.sleep(0.001)
        await sends_back(other)
        assert process_of(checkups).pid == process.pid
        assert process.memory_info().rss - before < MORE_MB << 20


async def flood(datagrams: list[bytes], answer: str) -> None:
    """From a socket that nobody knows, as fast as it goes."""
    [port] = {int(one) for one in re.findall(r" 127\.0\.0\.1 (\d+) typ host", answer)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for at, datagram in enumerate(datagrams):
            stranger.sendto(datagram, ("127.0.0.1", port))
            if at % 50 == 0:
                await asyncio.sleep(0.001)  # or the kernel drops what nobody had time to read
