"""Picture and sound on one clock: whatever each counts from, and however they drift apart."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.lipsync import HOLD_SECONDS, RATES, Lipsync, Timed, Track

LATER = {"audio": 2.2, "video": 0.5}  # until the sender first says what time it is


@dataclass(slots=True)
class Sender:
    """Somebody whose clock is `ahead` of ours, and who needs a while to encode and to send."""

    ahead: float = 0.0
    counts: tuple[int, int] = (0, 0)  # that sound and picture begin at
    ways: tuple[float, float] = (0.03, 0.12)  # seconds of each until it is here
    drift: float = 0.0  # of the count of sound, a second
    reports: bool = True

    def send(self, seconds: float, tracks: tuple[Track, ...] = ("audio", "video")) -> list[Timed]:
        """What comes out for so many seconds; what is seen and heard at one time has equal data."""
        out: list[Timed] = []
        lipsync = Lipsync(out.append, tracks)
        events: list[tuple[float, Track, float]] = []
        for track, way, pace in zip(("audio", "video"), self.ways, (50, 25), strict=True):
            if track in tracks:
                times = [n / pace for n in range(int(seconds * pace))]
                events += [(at + way, track, at) for at in times]
        reported = dict.fromkeys(tracks, 0.0)
        for now, track, at in sorted(events):
            data = f"{at:.2f}".encode()
            lipsync.frame(track, self.count(track, at), data, True, now)
            if self.reports and now - reported[track] > LATER[track]:
                reported[track] = now
                lipsync.report(track, at + self.ahead, self.count(track, at))
        lipsync.flush()
        return out

    def count(self, track: Track, at: float) -> int:
        first = self.counts[track == "video"]
        pace = 1 + (self.drift if track == "audio" else 0)
        return (first + round(at * pace * RATES[track])) & 0xFFFF_FFFF


def apart(out: list[Timed], after: float = 0.0) -> float:
    """The most by which a picture is off its sound, in seconds."""
    sound = {one.data: one.at for one in out if one.track == "audio"}
    off = [
        abs(one.at - sound[one.data])
        for one in out
        if one.track == "video" and one.data in sound and float(one.data) >= after
    ]
    assert off
    return max(off)


@given(
    st.floats(-1e9, 4e9),
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.tuples(st.floats(0, 0.4), st.floats(0, 0.4)),
)
def test_what_belongs_together_comes_together(
    ahead: float, counts: tuple[int, int], ways: tuple[float, float]
) -> None:
    """However long each is on its way, and though counts begin at zero again."""
    out = Sender(ahead, counts, ways).send(4)
    assert apart(out) < 0.002
    assert [one.at for one in out] == sorted(one.at for one in out)
    assert len(out) == 4 * 75
    assert -0.001 < out[0].at < 0.401  # as it came, by our clock


def test_without_word_from_the_sender_the_shortest_ways_decide() -> None:
    out = Sender(reports=False, ways=(0.03, 0.05)).send(4)
    assert apart(out) == pytest.approx(0.02, abs=0.002)


def test_what_drifts_apart_is_drawn_after() -> None:
    """A hundred millionths, as cheap sound cards have it: 180 ms within half an hour else."""
    out = Sender(drift=1e-3).send(60)
    assert 1e-3 * 60 > 0.05
    assert apart(out) < 0.01
    for track in ("audio", "video"):
        times = [one.at for one in out if one.track == track]
        assert all(later > earlier for earlier, later in pairwise(times))


def test_nothing_is_held_for_long_when_all_is_known() -> None:
    out: list[Timed] = []
    lipsync = Lipsync(out.append, ("audio",))
    lipsync.frame("audio", 0, b"", True, 10.0)
    lipsync.report("audio", 5.0, 0)
    lipsync.tick(10.1)
    assert lipsync.began == pytest.approx(10.0)
    lipsync.tick(11.0)
    assert len(out) == 1


def test_a_track_that_never_comes_is_not_waited_for() -> None:
    out: list[Timed] = []
    lipsync = Lipsync(out.append, ("audio", "video"))
    lipsync.tick(1.0)
    lipsync.flush()
    assert out == []
    lipsync.frame("audio", 0, b"", True, 10.0)
    lipsync.tick(10 + HOLD_SECONDS)
    assert lipsync.began == 10.0
    lipsync.put("video", 12.5, b"black")
    lipsync.frame("video", 77, b"first", True, 14.0)
    lipsync.flush()
    assert [(one.at, one.data) for one in out] == [(10, b""), (12.5, b"black"), (14, b"first")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["audio", "video"]), st.integers(0, 2**32 - 1), st.floats(0, 3),
            st.booleans(), st.floats(0, 2**32),
        ),
        max_size=50,
    )
)  # fmt: skip
def test_whatever_a_sender_says_frames_are_near_when_they_came(
    said: list[tuple[Track, int, float, bool, float]],
) -> None:
    """Counts that jump, clocks that lie: nothing is lost, and nothing lands in another year."""
    out: list[Timed] = []
    lipsync, now = Lipsync(out.append, ("audio", "video")), 100.0
    for track, timestamp, later, reports, clock in said:
        now += later
        if reports:
            lipsync.report(track, clock, timestamp)
        lipsync.frame(track, timestamp, str(now).encode(), True, now)
    lipsync.flush()
    assert len(out) == len(said)
    for one in out:
        assert -5.01 < one.at - float(one.data) < 1.01
