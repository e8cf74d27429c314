"""Buckets and strikes, on a clock of the test's own."""

import pytest

from sessions.events import KINDS, Refused
from signaling.limits import COALESCED, FORGIVEN, Bucket, Limits, Meter, Penalties


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(per_second=20, burst=60)
    assert sum(bucket.take(100.0) for _ in range(100)) == 60
    assert bucket.wait_ms() == 50
    assert [bucket.take(100.0625), bucket.take(100.0625)] == [True, False]
    assert sum(bucket.take(101.0625) for _ in range(100)) == 20
    assert sum(bucket.take(1_000.0) for _ in range(100)) == 60


def test_too_fast_says_when_to_come_back() -> None:
    meter = Meter(Limits())
    for _ in range(60):
        assert meter.admit("call.candidate", 1.0)
    with pytest.raises(Refused) as refused:
        meter.admit("call.description", 1.0)
    assert refused.value.code == "too.fast"
    assert refused.value.facts == {"retry_ms": 50}


def test_typing_has_a_bucket_of_its_own_and_is_dropped_in_silence() -> None:
    meter = Meter(Limits())
    assert sum(meter.admit("chat.typing", 1.0) for _ in range(200)) == 30
    assert meter.admit("chat.message", 1.0)


def test_a_flood_of_one_kind_leaves_room_for_another() -> None:
    meter = Meter(Limits())
    assert sum(meter.admit("board.pointer", 1.0) for _ in range(200)) == 30
    assert sum(meter.admit("board.stroke", 1.0) for _ in range(200)) == 30


def test_the_tenth_strike_is_one_too_many_and_some_codes_are_none() -> None:
    meter = Meter(Limits())
    for code in FORGIVEN:
        assert not any(meter.strike(code) for _ in range(50))
    assert [meter.strike("kind.role") for _ in range(10)] == [False] * 9 + [True]


def test_what_is_coalesced_is_in_the_table_and_never_logged() -> None:
    assert all(KINDS[kind].lane == "passing" for kind in COALESCED)


def test_who_was_closed_waits_twice_as_long_each_time_and_is_forgiven_in_the_end() -> None:
    penalties = Penalties()
    now = 1_000.0
    for seconds in (15, 30, 60, 120, 120):
        penalties.check("them", now)
        penalties.give("them", now)
        with pytest.raises(Refused) as refused:
            penalties.check("them", now + seconds - 0.5)
        assert refused.value.code == "too.fast"
        assert refused.value.facts == {"retry_ms": 500, "retry_s": 1}
        penalties.check("somebody else", now)
        now += seconds
    penalties.check("them", now)
    penalties.give("them", now + 121)  # they behaved for two minutes, and begin anew
    with pytest.raises(Refused) as refused:
        penalties.check("them", now + 121)
    assert refused.value.facts == {"retry_ms": 15_000, "retry_s": 15}
    penalties.give("somebody else", now + 121 + 15 + 121)
    assert len(penalties) == 1


def test_another_name_shares_the_penalty_and_no_more() -> None:
    penalties = Penalties()
    penalties.also("their token", "them")
    penalties.check("their token", 0.0)  # nothing was given yet
    penalties.give("them", 0.0)
    penalties.check("their token", 0.0)
    penalties.also("their token", "them")
    with pytest.raises(Refused):
        penalties.check("their token", 14.9)
    penalties.check("their token", 15.0)
    penalties.give("them", 16.0)
    penalties.check("their token", 16.0)  # until they are recognised again
