"""Silence where there is no sound, as long as it has to be; Opus is what libopus makes of it."""

from array import array
from fractions import Fraction

import av
import pytest

from media.hush import MOST_MS, PATIENCE_MS, SILENCE, SILENCE_MS, Hush, lasts_ms


def test_a_gap_is_as_long_as_it_was() -> None:
    hush = Hush()
    assert hush.before(0) == []
    for _ in range(5):
        hush.sound(SILENCE)
    assert hush.before(100) == []
    assert hush.before(119) == []  # no room
    assert hush.before(1_110) == list(range(100, 1_100, SILENCE_MS))
    assert hush.before(1_110) == []


def test_lost_packets_do_not_add_up() -> None:
    """One in ten never comes; an hour later sound is still where it belongs."""
    hush, heard_ms = Hush(), 0
    for number in range(10_000):
        if number % 10:
            heard_ms += SILENCE_MS * (len(hush.before(number * SILENCE_MS)) + 1)
            hush.sound(SILENCE)
            assert heard_ms == (number + 1) * SILENCE_MS


def test_a_picture_waits_for_its_sound_but_not_for_ever() -> None:
    hush = Hush()
    assert hush.without(PATIENCE_MS) == []
    assert len(hush.without(PATIENCE_MS + SILENCE_MS)) == PATIENCE_MS // SILENCE_MS + 1
    assert hush.before(PATIENCE_MS + SILENCE_MS) == []


def test_what_comes_after_its_time_was_heard_delays_nothing() -> None:
    hush = Hush()
    hush.before(500)
    hush.sound(SILENCE)
    assert hush.before(400) == []
    assert hush.has_passed(400)
    assert not hush.has_passed(500)  # a little is made good by the next that is lost
    assert not hush.has_passed(900)


def test_a_clock_that_was_set_does_not_fill_a_disk() -> None:
    hush = Hush()
    assert len(hush.before(MOST_MS)) == MOST_MS // SILENCE_MS
    assert hush.before(10 * MOST_MS) == hush.without(90 * MOST_MS) == []
    assert len(hush.before(90 * MOST_MS + 100)) == 5


@pytest.mark.parametrize("ms", ["2.5", "5", "10", "20", "40", "60"])
def test_a_packet_lasts_as_long_as_libopus_made_it(ms: str) -> None:
    coder = av.CodecContext.create("libopus", "w")
    coder.sample_rate, coder.layout, coder.format = 48_000, "stereo", av.AudioFormat("s16")
    coder.time_base, coder.options = Fraction(1, 48_000), {"frame_duration": ms}
    coder.open()
    samples = round(48 * float(ms))
    frame = av.AudioFrame("s16", "stereo", samples)
    frame.planes[0].update(array("h", [1_000, -1_000] * samples).tobytes())
    frame.sample_rate, frame.pts = 48_000, 0
    packets = [bytes(one) for one in (*coder.encode(frame), *coder.encode(None))]
    assert packets
    assert {lasts_ms(one) for one in packets} == {float(ms)}


def test_what_is_no_packet_lasts_no_time() -> None:
    assert lasts_ms(b"") == lasts_ms(b"\xff") == 0
    assert lasts_ms(b"\x1b\x3f") == 120  # as it says, 63 of 60 ms
    assert lasts_ms(SILENCE) == SILENCE_MS
