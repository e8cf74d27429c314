"""Parcels: what one node sealed, another opens, once, in time, in its place; nothing else opens."""

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.envelope import Sealer, Unreadable
from sessions.events import (
    DESK,
    KINDS,
    NODES,
    OPS,
    Envelope,
    Epoch,
    EventId,
    SenderId,
    Seq,
    SessionId,
    new_event_id,
    new_session_id,
)
from signaling.parcels import BEAT, DOUBT, MAX_AGE_MS, MAX_AHEAD_MS, Own, Parcels, pack

SECRETS = [bytes([1]) * 32]
NAMES = [bytes([2]) * 32]


class Time:
    """A clock that is set."""

    now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now_ms


def parcels(secrets: list[bytes] = SECRETS, clock: Time | None = None) -> Parcels:
    return Parcels(secrets, NAMES, clock or Time())


def event(session: SessionId | None = None) -> Envelope:
    return Envelope(
        session or new_session_id(), SenderId("ab" * 16), new_event_id(), "chat.message",
        Epoch(3), b"sealed by a browser", 1_700_000_000_123, Seq(7),
    )  # fmt: skip


_HEX = st.binary(min_size=16, max_size=16).map(bytes.hex)
_EVENTS = st.builds(
    Envelope,
    session=st.one_of(_HEX.map(SessionId), st.sampled_from([DESK, OPS, NODES])),
    sender=_HEX.map(SenderId),
    id=_HEX.map(EventId),
    kind=st.sampled_from(sorted(KINDS)),
    epoch=st.integers(0, 2**32 - 1).map(Epoch),
    sealed=st.binary(max_size=300),
    at_ms=st.integers(0, 2**53),
    seq=st.one_of(st.none(), st.integers(1, 2**53).map(Seq)),
)


@given(_EVENTS)
def test_every_envelope_arrives_as_it_left(sent: Envelope) -> None:
    here, there = parcels(), parcels()
    assert there.open(here.seal(pack(sent), b"name"), b"name") == sent


def test_the_other_words_arrive_too() -> None:
    here, there = parcels(), parcels()
    assert there.open(here.seal(pack(BEAT), b"n"), b"n") is BEAT
    assert there.open(here.seal(pack(DOUBT), b"n"), b"n") is DOUBT


def test_a_node_knows_its_own() -> None:
    here = parcels()
    sealed = here.seal(pack(event()), b"n")
    with pytest.raises(Own):
        here.open(sealed, b"n")
    with pytest.raises(Unreadable):
        here.open(sealed, b"n")


def test_a_repetition_is_refused_also_late_and_out_of_order() -> None:
    """AT-61: what was recorded on the bus says nothing a second time."""
    here, there = parcels(), parcels()
    sealed = [here.seal(pack(event()), b"n") for _ in range(10)]
    for number in (3, 1, 9, 0, 2, 8):
        there.open(sealed[number], b"n")
    for number in (3, 1, 9, 0, 2, 8):
        with pytest.raises(Unreadable):
            there.open(sealed[number], b"n")
    there.open(sealed[5], b"n")


def test_what_is_far_behind_is_refused() -> None:
    here, there = parcels(), parcels()
    first = here.seal(pack(BEAT), b"n")
    many = [here.seal(pack(BEAT), b"n") for _ in range(5_000)]
    there.open(many[-1], b"n")
    with pytest.raises(Unreadable):
        there.open(first, b"n")


@pytest.mark.parametrize(
    ("later_ms", "opens"),
    [
        (0, True), (MAX_AGE_MS, True), (MAX_AGE_MS + 1, False),
        (-MAX_AHEAD_MS, True), (-MAX_AHEAD_MS - 1, False),
    ],
)  # fmt: skip
def test_old_and_future_ones_are_refused(later_ms: int, *, opens: bool) -> None:
    clock = Time()
    here, there = parcels(), parcels(clock=clock)
    sealed = here.seal(pack(event()), b"n")
    clock.now_ms += later_ms
    if opens:
        there.open(sealed, b"n")
    else:
        with pytest.raises(Unreadable):
            there.open(sealed, b"n")


def test_on_another_channel_it_does_not_open() -> None:
    here, there = parcels(), parcels()
    with pytest.raises(Unreadable):
        there.open(here.seal(pack(event()), b"n"), b"m")


def test_nothing_altered_and_nothing_foreign_opens() -> None:
    """AT-61: without the key of the nodes nobody says anything."""
    here, there = parcels(), parcels()
    sealed = here.seal(pack(event()), b"n")
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Unreadable):
            there.open(bytes(altered), b"n")
    stranger = parcels([bytes([9]) * 32])
    for noise in (b"", b"{}", os.urandom(60), sealed[:-1], stranger.seal(pack(event()), b"n")):
        with pytest.raises(Unreadable):
            there.open(noise, b"n")
    there.open(sealed, b"n")


def test_nothing_of_an_envelope_can_be_read_on_the_way() -> None:
    """OB-09: kind, session and a clear body are sealed as well."""
    sent = event()._replace(kind="presence.changed", sealed=b'{"participant":"aa","present":true}')
    sealed = parcels().seal(pack(sent), b"n")
    for part in (sent.sealed, bytes.fromhex(sent.session), bytes.fromhex(sent.id), b"presence"):
        assert part not in sealed


def test_the_name_of_a_channel_tells_no_session() -> None:
    here, session = parcels(), new_session_id()
    [name] = here.names_of(session)
    assert name == parcels().names_of(session)[0]
    assert session.encode() not in name
    assert Parcels(SECRETS, [bytes([5]) * 32]).names_of(session) != [name]


def test_older_keys_open_while_the_newest_seals() -> None:
    """F-31: nodes with and without the new master key hear each other, in one direction at once."""
    older, newer = bytes([1]) * 32, bytes([2]) * 32
    before, after = parcels([older]), parcels([newer, older])
    assert after.open(before.seal(pack(BEAT), b"n"), b"n") is BEAT
    with pytest.raises(Unreadable):
        before.open(after.seal(pack(BEAT), b"n"), b"n")


def test_what_a_newer_node_says_is_a_doubt() -> None:
    """Nodes of two versions talk: what this one cannot read, it asks the log for."""
    run, secret = os.urandom(16), SECRETS[0]
    outer = struct.pack(">B16sQ", 1, run, 0)
    clear = struct.pack(">BBQ", 2, 9, Time.now_ms) + b"who knows"
    sealed = outer + Sealer.of_run(secret, run).seal(clear, 0, outer + b"n")
    assert parcels().open(sealed, b"n") is DOUBT


def test_an_unknown_kind_is_a_doubt() -> None:
    here, there = parcels(), parcels()
    packed = bytearray(pack(event()))
    packed[59:61] = b"\xff\xff"  # the code of the kind
    assert there.open(here.seal(bytes(packed), b"n"), b"n") is DOUBT
