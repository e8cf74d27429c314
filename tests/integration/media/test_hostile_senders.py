"""Bad will against a recorder: offers and datagrams that nobody of good will sends."""

import asyncio
import random
import re
import socket
import struct
from collections import Counter
from contextlib import suppress
from typing import Any

import psutil
import pytest

from media.passthrough import payloads
from media.recorder import Recorder, Refusal
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.integration.media.callers import LOOPBACK, names, process_of, recorded
from tests.integration.media.files import Ears, heard, seen
from tests.offers import broken
from tests.unit.media.test_guard import SPRAY

OFFERS = 150
NONSENSE = 2_000


async def test_no_offer_ends_the_recorder(recorder: Recorder, ears: Ears) -> None:
    """AT-76: whatever is offered is answered or refused, and then nothing of it is left.

    Meanwhile somebody else is recorded on.
    """
    dice, ends = random.Random(5), Counter[str]()
    async with recorded(recorder, Tone(10), Picture()) as (part, _, _):
        await ears.until_recorded(part)
        process = psutil.Process(process_of(recorder))
        sockets, threads = process.num_fds(), process.num_threads()
        caller = Caller(LOOPBACK, Tone(10), Picture())
        good = await caller.offer()
        await caller.close()
        bad = ["", "v=0\r\n", "é", "x" * 40_000, good.replace("VP8", "VP7"), good + good]
        for offer in bad:
            with pytest.raises(Refusal, match="bad_offer"):
                await recorder.take(next(names), offer)
        for _ in range(OFFERS):
            name = next(names)
            try:
                await recorder.take(name, broken(good, dice, 3))
                ends["answered"] += 1
            except Refusal as refusal:
                ends[refusal.code] += 1
            await recorder.stop(name)
        assert ends.keys() == {"answered", "bad_offer"}
        assert min(ends.values()) > OFFERS // 10
        await ears.until_recorded(part, chunks=len(ears.chunks[part]) + 3)
        assert process_of(recorder) == process.pid
        await ears.until(
            lambda: process.num_fds() <= sockets and process.num_threads() <= threads,
            "that sockets and threads are gone",
        )


async def test_no_datagram_of_a_stranger_ends_a_recording(recorder: Recorder, ears: Ears) -> None:
    """AT-22 ASVS 17.2.6, from elsewhere, and from the very address of whoever is recorded."""
    async with recorded(recorder, Tone(10), Picture()) as (part, caller, answer):
        await ears.until_recorded(part)
        [port] = {int(one) for one in re.findall(r" 127\.0\.0\.1 (\d+) typ host", answer)}
        dice = random.Random(7)
        noise = [dice.randbytes(dice.randrange(1, 1_400)) for _ in range(300)]
        media = [bytes((0x80 | dice.randrange(64), dice.randrange(256))) + one for one in noise]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for datagram in (*SPRAY, *noise, *media):
                stranger.sendto(datagram, ("127.0.0.1", port))
        own = caller._pair().protocol.transport
        for datagram in (*noise, *media, *(one for one in SPRAY if one)):
            if not 20 <= datagram[0] < 64:  # what DTLS does about forgeries is its own affair
                own.sendto(datagram, ("127.0.0.1", port))
        await ears.until_recorded(part, chunks=len(ears.chunks[part]) + 4)
        await recorder.stop(part)
        assert ears.endings[part] == ["stopped"]
    assert seen(ears.file(part))
    assert heard(ears.file(part))


async def test_whoever_sends_nonsense_harms_their_own_part_at_most(
    recorder: Recorder, ears: Ears
) -> None:
    """Rightly encrypted, and of no sense: headers, numbers, times, payloads, reports."""
    async with (
        recorded(recorder, Tone(10), Picture()) as (good, _, _),
        recorded(recorder, Tone(14), Picture()) as (_, caller, answer),
    ):
        await ears.until_recorded(good)
        process, dice = process_of(recorder), random.Random(11)
        senders: list[Any] = caller._pc.getSenders()
        sources = [1, *(one._ssrc for one in senders), *(one._rtx_ssrc for one in senders)]
        for count in range(NONSENSE):
            if count % 4 == 0:  # RTCP: any kind, of any length
                words = dice.randrange(12)
                head = bytes((0x80 | dice.randrange(64), dice.randrange(192, 224), 0, words))
                data = head + dice.randbytes(4 * words)
            else:
                first = 0x80 | dice.choice((0, 0, 0x20, 0x10, 0x0F, dice.randrange(64)))
                kind = dice.choice(list(payloads(answer))) | dice.choice((0, 0x80))
                number, time = dice.randrange(1 << 16), dice.randrange(1 << 32)
                data = struct.pack("!BBHII", first, kind, number, time, dice.choice(sources))
                data += dice.randbytes(dice.randrange(1_000))
            with suppress(Exception):  # what cannot even be encrypted is never sent
                await senders[0].transport._send_rtp(data)
            if count % 50 == 0:
                await asyncio.sleep(0.01)
        await ears.until_recorded(good, chunks=len(ears.chunks[good]) + 4)
        assert good not in ears.endings
        assert process_of(recorder) == process


async def test_no_stranger_keeps_a_recording_from_coming_about(
    recorder: Recorder, ears: Ears
) -> None:
    """AT-22: the same before anybody is connected, while ICE and DTLS are on their way."""
    caller, part = Caller(LOOPBACK, Tone(10)), next(names)
    try:
        answer = await recorder.take(part, await caller.offer())
        [port] = {int(one) for one in re.findall(r" 127\.0\.0\.1 (\d+) typ host", answer)}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:

            def spray() -> bool:
                for datagram in SPRAY:
                    stranger.sendto(datagram, ("127.0.0.1", port))
                return part in ears.chunks

            spray()
            await caller.answered(answer)
            await ears.until(spray, "a recording")
        assert caller.connected.is_set()
    finally:
        await caller.close()
        await recorder.stop(part)


async def test_ears_that_fail_stop_their_part_and_no_other(recorder: Recorder, ears: Ears) -> None:
    async with (
        recorded(recorder, Tone(10)) as (good, _, _),
        recorded(recorder, Tone(14)) as (bad, _, _),
    ):
        ears.endings[bad] = []  # from here on `chunk` fails for it
        await ears.until(lambda: bool(ears.endings[bad]), "the end of a part that nobody took")
        await ears.until_recorded(good, chunks=3)
        assert good not in ears.endings
