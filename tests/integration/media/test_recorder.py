"""A recorder as a node has it: what is sent arrives as a file, and whatever goes wrong is told."""

import asyncio
import os
import re
import signal
import sys
from itertools import dropwhile
from pathlib import Path
from time import time

import psutil
import pytest

from media import webm
from media.recorder import Recorder, Refusal, command
from media.rehearsal import Caller
from media.synthetic import Picture, Tone
from tests.integration.media.callers import LOOPBACK, names, process_of, recorded
from tests.integration.media.files import Ears, gone, heard, seen
from tests.integration.media.jail import NOT_HERE
from tests.patience import allowed

PORTS = (47_411, 47_413)
LOST_SECONDS = 2.0


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
    assert {picture.size for picture in pictures[1:]} == {(480, 360)}
    assert (pictures[0].at, pictures[0].contrast) == (0, 0)  # dark until something comes
    assert all(picture.contrast > 24 for picture in pictures[1:])
    said = list(dropwhile(lambda sound: sound.loud <= 5_000, sounds))  # silent until then
    assert sum(sound.loud > 5_000 for sound in said) > 0.9 * len(said)
    for last in (pictures[-1].at, sounds[-1].at):
        assert last == pytest.approx(lasts / 1_000, abs=0.5)


async def test_the_recorder_has_no_secret_of_the_node_and_outlives_its_signals(
    ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops a node stops all its processes: the node ends this one when it has drained."""
    monkeypatch.setenv("VISAVIS_TURN_SECRET", "of the node")
    recorder = Recorder(ears, command=command(loopback=True))
    try:
        async with recorded(recorder, Tone(10)) as (part, _, _):
            await ears.until_recorded(part)
            process = psutil.Process(process_of(recorder))
            assert "VISAVIS_TURN_SECRET" not in process.environ()
            for number in (signal.SIGTERM, signal.SIGINT):
                process.send_signal(number)
            await ears.until_recorded(part, chunks=len(ears.chunks[part]) + 3)
    finally:
        await gone(recorder)
    assert ears.endings[part] == ["stopped"]


async def test_it_works_where_a_node_is_allowed_next_to_nothing(ears: Ears) -> None:
    """Else whoever installs it as we say could record nobody."""
    jail = [sys.executable, str(Path(__file__).with_name("jail.py"))]
    tried = await asyncio.create_subprocess_exec(*jail, "/bin/true")
    if await tried.wait() == NOT_HERE:
        pytest.skip("this system cannot forbid it")
    recorder = Recorder(ears, command=[*jail, *command(loopback=True)])
    try:
        async with recorded(recorder, Tone(10), Picture()) as (part, _, _):
            await ears.until_recorded(part, chunks=3)
    finally:
        await gone(recorder)
    assert seen(ears.file(part))[-1].contrast > 24


async def test_what_is_said_outside_is_the_address_outside(ears: Ears) -> None:
    """And only ports of the range are used."""
    recorder = Recorder(
        ears, command=command(addresses=["203.0.113.9/127.0.0.1"], ports=PORTS, loopback=True)
    )
    callers = [Caller(LOOPBACK, Tone(10)) for _ in range(4)]
    try:
        answers = [await recorder.take(next(names), await one.offer()) for one in callers[:3]]
        ways = [re.findall(r" (\S+) (\d+) typ host", answer) for answer in answers]
        assert {address for way in ways for address, _ in way} == {"203.0.113.9"}
        assert all("127.0.0.1" not in answer for answer in answers)
        ports = [int(way[0][1]) for way in ways]
        assert set(ports) <= set(range(PORTS[0], PORTS[1] + 1))
        assert len(set(ports)) == 3
        with pytest.raises(Refusal, match="unavailable"):  # no port is left
            await recorder.take(next(names), await callers[3].offer())
    finally:
        for one in callers:
            await one.close()
        await gone(recorder)


async def test_nothing_is_taken_after_it_was_stopped(recorder: Recorder, ears: Ears) -> None:
    """OB-44 Whoever withdraws is recorded no more, though their browser still sends."""
    async with recorded(recorder, Tone(10)) as (part, caller, _):
        await ears.until_recorded(part)
        await recorder.stop(part)
        chunks = len(ears.chunks[part])
        await caller.broken.wait()  # they are told as well
        await recorder.stop(part)  # once more is no error
        assert len(ears.chunks[part]) == chunks


async def test_what_is_stopped_before_it_was_answered_never_begins(ears: Ears) -> None:
    """OB-44 Consent withdrawn while the recorder starts."""
    recorder = Recorder(ears, command=command(loopback=True))
    caller, part = Caller(LOOPBACK, Tone(10)), next(names)
    try:
        taking = asyncio.create_task(recorder.take(part, await caller.offer()))
        await asyncio.sleep(0)
        await recorder.stop(part)
        with pytest.raises(Refusal, match="unavailable"):
            await taking
        async with recorded(recorder, Tone(10)) as (other, _, _):
            await ears.until_recorded(other)
        assert part not in ears.chunks
        assert part not in ears.endings
    finally:
        await caller.close()
        await gone(recorder)


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
    caller, part = Caller(LOOPBACK, Tone(10)), next(names)
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
    parts = [next(names) for _ in callers]
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


async def test_a_killed_recorder_has_lost_two_seconds_at_most_and_the_next_offer_starts_another(
    ears: Ears,
) -> None:
    """What had been written plays; how much was sent is counted where it is sent."""
    recorder, tone = Recorder(ears, command=command(loopback=True)), Tone(10)
    try:
        async with recorded(recorder, tone, Picture()) as (part, _, _):
            await ears.until_recorded(part, chunks=8)
            before = ears.chunks[part][:]
            sent = tone._count * tone.every_seconds
            os.kill(process_of(recorder), signal.SIGKILL)
            assert await ears.until_ended(part) == "crashed"
        assert ears.chunks[part][: len(before)] == before
        file = ears.file(part)
        assert webm.lasts_ms(file) is None
        times = [sound.at for sound in heard(file) if sound.loud > 5_000]
        assert sent - (times[-1] - times[0]) < allowed(LOST_SECONDS)
        assert seen(file)[-1].at - times[0] > sent - allowed(LOST_SECONDS)
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
