"""A recorder as a node has it: what is sent arrives as a file, and whatever goes wrong is told."""

import asyncio
import os
import random
import re
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from time import time

import psutil
import pytest

from media import webm
from media.connection import Reach
from media.recorder import Recorder, Refusal, command
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.integration.media.files import PATIENCE_SECONDS, Ears, gone, heard, seen
from tests.offers import broken
from tests.unit.media.test_guard import SPRAY

LOOPBACK = Reach(loopback=True)
OFFERS = 150
_names = (f"part-{number}" for number in count())


@asynccontextmanager
async def recorded(
    recorder: Recorder, *sends: Tone | Picture
) -> AsyncIterator[tuple[str, Caller, str]]:
    """Somebody who sends this: the name of the part, they themselves, and what they were told."""
    part, caller = next(_names), Caller(LOOPBACK, *sends)
    try:
        answer = await recorder.take(part, await caller.offer())
        await caller.answered(answer)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await caller.connected.wait()
        yield part, caller, answer
    finally:
        await caller.close()
        await recorder.stop(part)


def process_of(recorder: Recorder) -> int:
    assert recorder._process is not None
    return recorder._process.pid


async def test_what_is_sent_is_seen_and_heard_in_the_file(recorder: Recorder, ears: Ears) -> None:
    before_ms = int(1_000 * time())
    async with recorded(recorder, Tone(10), Picture()) as (part, _, _):
        await ears.until_recorded(part, chunks=8)
        await recorder.stop(part)
        assert ears.endings[part] == ["stopped"]
        assert part not in recorder._parts
    file = ears.file(part)
    assert before_ms <= webm.began_ms(file) <= before_ms + 60_000
    lasts = webm.lasts_ms(file)
    assert lasts is not None
    pictures, sounds = seen(file), heard(file)
    assert {picture.size for picture in pictures} == {(480, 360)}
    assert (pictures[0].at, pictures[0].contrast) == (0, 0)  # dark until something comes
    assert all(picture.contrast > 24 for picture in pictures[1:])
    assert sum(sound.loud > 5_000 for sound in sounds[20:]) > 0.9 * len(sounds[20:])
    for last in (pictures[-1].at, sounds[-1].at):
        assert last == pytest.approx(lasts / 1_000, abs=0.5)


async def test_nothing_is_taken_after_it_was_stopped(recorder: Recorder, ears: Ears) -> None:
    """OB-44 Whoever withdraws is recorded no more, though their browser still sends."""
    async with recorded(recorder, Tone(10)) as (part, caller, _):
        await ears.until_recorded(part)
        await recorder.stop(part)
        chunks = len(ears.chunks[part])
        await caller.broken.wait()  # they are told as well
        await recorder.stop(part)  # once more is no error
        assert len(ears.chunks[part]) == chunks


async def test_who_shows_nothing_has_a_black_picture(recorder: Recorder, ears: Ears) -> None:
    """A camera that is off is not the last that was seen of it."""
    picture = Picture()
    async with recorded(recorder, Tone(10), picture) as (part, _, _):
        await ears.until_recorded(part, chunks=4)
        picture.stop()
        await ears.until_recorded(part, chunks=len(ears.chunks[part]) + 16)
    pictures = seen(ears.file(part))
    assert pictures[1].contrast > 24
    assert (pictures[-1].light, pictures[-1].contrast) == (16, 0)
    assert pictures[-1].size == (480, 360)
    sounds = heard(ears.file(part))
    assert sounds[-1].at > pictures[-1].at


async def test_sound_alone_is_a_file_too(recorder: Recorder, ears: Ears) -> None:
    async with recorded(recorder, Tone(10)) as (part, _, _):
        await ears.until_recorded(part, chunks=3)
    assert sum(sound.loud > 5_000 for sound in heard(ears.file(part))) > 1_000


async def test_whoever_goes_away_is_noticed(recorder: Recorder, ears: Ears) -> None:
    async with recorded(recorder, Tone(10)) as (part, caller, _):
        await ears.until_recorded(part)
        await caller.close()
        assert await ears.until_ended(part) == "lost"
    assert webm.lasts_ms(ears.chunks[part][-1]) is not None


async def test_whoever_never_comes_is_noticed(ears: Ears) -> None:
    """And leaves no file."""
    quick = "from media import part, recording; part.CONNECT_SECONDS = 1; recording.main()"
    arguments = command(loopback=True)[3:]
    recorder = Recorder(ears, command=[sys.executable, "-c", quick, *arguments])
    caller, part = Caller(LOOPBACK, Tone(10)), next(_names)
    try:
        await recorder.take(part, await caller.offer())
        assert await ears.until_ended(part) == "lost"
        assert part not in ears.chunks
    finally:
        await caller.close()
        await gone(recorder)


async def test_more_than_may_be_ends_it(ears: Ears) -> None:
    recorder = Recorder(ears, command=command(loopback=True, most_bytes=30_000))
    try:
        async with recorded(recorder, Tone(10), Picture()) as (part, _, _):
            assert await ears.until_ended(part) == "too_large"
        assert seen(ears.file(part))
        assert len(ears.file(part)) < 200_000
    finally:
        await gone(recorder)


async def test_only_so_many_at_once(recorder: Recorder, ears: Ears) -> None:
    callers = [Caller(LOOPBACK, Tone(10)) for _ in range(4)]
    parts = [next(_names) for _ in callers]
    try:
        offers = [await caller.offer() for caller in callers]
        for part, offer in zip(parts[:3], offers[:3], strict=True):
            await recorder.take(part, offer)
        with pytest.raises(Refusal, match="too_many"):
            await recorder.take(parts[3], offers[3])
        with pytest.raises(ValueError, match="name of its own"):
            await recorder.take(parts[0], offers[3])
        await recorder.stop(parts[0])
        await recorder.take(parts[3], offers[3])
    finally:
        for one in callers:
            await one.close()
        for part in parts:
            await recorder.stop(part)


async def test_a_killed_recorder_leaves_what_it_had_and_the_next_offer_starts_another(
    ears: Ears,
) -> None:
    recorder = Recorder(ears, command=command(loopback=True))
    try:
        async with recorded(recorder, Tone(10), Picture()) as (part, _, _):
            await ears.until_recorded(part, chunks=8)
            before = ears.chunks[part][:]
            os.kill(process_of(recorder), signal.SIGKILL)
            assert await ears.until_ended(part) == "crashed"
        assert ears.chunks[part][: len(before)] == before
        file = ears.file(part)
        assert webm.lasts_ms(file) is None
        assert seen(file)[-1].at > 1
        assert heard(file)[-1].at > 1
        async with recorded(recorder, Tone(10)) as (other, _, _):
            await ears.until_recorded(other)
    finally:
        await gone(recorder)
    assert ears.endings[other] == ["stopped"]


async def test_without_a_node_the_recorder_ends(ears: Ears) -> None:
    """Its input ends when the node does, however it does."""
    recorder = Recorder(ears, command=command(loopback=True))
    async with recorded(recorder, Tone(10)) as (part, _, _):
        await ears.until_recorded(part)
        process = psutil.Process(process_of(recorder))
        assert recorder._process is not None
        assert recorder._process.stdin is not None
        recorder._process.stdin.close()
        assert await ears.until_ended(part) == "stopped"
        assert webm.lasts_ms(ears.chunks[part][-1]) is not None
        await ears.until(lambda: not process.is_running(), "the end of the process")
    await gone(recorder)


@pytest.mark.parametrize("words", ["/nowhere/at/all", "/bin/false", "/bin/echo no message"])
async def test_a_recorder_that_does_not_start_is_unavailable(words: str) -> None:
    recorder = Recorder(Ears(), command=words.split())
    for _ in range(2):
        with pytest.raises(Refusal, match="unavailable"):
            await recorder.take("part", "v=0\r\n")
    await gone(recorder)
    with pytest.raises(Refusal, match="unavailable"):
        await recorder.warm()


# -- bad will


async def test_no_offer_ends_the_recorder(recorder: Recorder, ears: Ears) -> None:
    """AT-76: whatever is offered is answered or refused, and somebody else is recorded on."""
    dice, ends = random.Random(5), Counter[str]()
    async with recorded(recorder, Tone(10), Picture()) as (part, _, _):
        await ears.until_recorded(part)
        process = process_of(recorder)
        caller = Caller(LOOPBACK, Tone(10), Picture())
        good = await caller.offer()
        await caller.close()
        bad = ["", "v=0\r\n", "é", "x" * 40_000, good.replace("VP8", "VP7"), good + good]
        for offer in bad:
            with pytest.raises(Refusal, match="bad_offer"):
                await recorder.take(next(_names), offer)
        for _ in range(OFFERS):
            name = next(_names)
            try:
                await recorder.take(name, broken(good, dice, 3))
                ends["answered"] += 1
            except Refusal as refusal:
                ends[refusal.code] += 1
            await recorder.stop(name)
        assert ends.keys() == {"answered", "bad_offer"}
        assert min(ends.values()) > OFFERS // 10
        await ears.until_recorded(part, chunks=len(ears.chunks[part]) + 3)
        assert process_of(recorder) == process


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


async def test_ears_that_fail_stop_their_part_and_no_other(recorder: Recorder, ears: Ears) -> None:
    async with (
        recorded(recorder, Tone(10)) as (good, _, _),
        recorded(recorder, Tone(14)) as (bad, _, _),
    ):
        ears.endings[bad] = []  # from here on `chunk` fails for it
        await ears.until(lambda: bool(ears.endings[bad]), "the end of a part that nobody took")
        await ears.until_recorded(good, chunks=3)
        assert good not in ears.endings
