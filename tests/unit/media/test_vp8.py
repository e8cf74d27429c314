"""Frames out of packets: in order, whole, and never one that needs another that was lost."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import vp8
from media.black import black
from media.vp8 import WAIT_SECONDS, Assembler, Frame

ALONE = black(64, 48)
FIRST_NUMBER = 65_500  # numbers begin again soon


@dataclass(frozen=True, slots=True)
class Packet:
    number: int
    timestamp: int
    last: bool
    payload: bytes


def frames(count: int, alone_every: int) -> list[Frame]:
    """Pictures by number: some stand alone, the others need the one before."""
    found: list[Frame] = []
    for number in range(count):
        alone = number % alone_every == 0
        data = (ALONE if alone else b"\x01") + number.to_bytes(4, "big")
        found.append(Frame(number * 3_000, data, alone))
    return found


def packets(pictures: list[Frame], most_bytes: int) -> list[Packet]:
    """As a browser cuts them, with a picture number of two bytes each."""
    found: list[Packet] = []
    for index, picture in enumerate(pictures):
        parts = [
            picture.data[at : at + most_bytes] for at in range(0, len(picture.data), most_bytes)
        ]
        for part, data in enumerate(parts):
            head = bytes((0x90 if part == 0 else 0x80, 0x80, 0x80 | index >> 8, index & 0xFF))
            number = (FIRST_NUMBER + len(found)) & 0xFFFF
            found.append(Packet(number, picture.timestamp, part == len(parts) - 1, head + data))
    return found


def assembled(sent: list[tuple[float, Packet]]) -> tuple[list[Frame], Assembler]:
    out: list[Frame] = []
    assembler = Assembler(out.append)
    for now, one in sent:
        assembler.add(one.number, one.timestamp, one.last, one.payload, now)
    return out, assembler


@given(st.data(), st.integers(3, 60))
def test_frames_come_whole_and_in_order_however_packets_come(
    data: st.DataObject, most_bytes: int
) -> None:
    pictures = frames(8, 4)
    sent = packets(pictures, most_bytes)
    for at in range(1, len(sent) - 3, 4):  # the first decides where it begins
        sent[at : at + 4] = data.draw(st.permutations(sent[at : at + 4]))
    out, assembler = assembled([(0.0, one) for one in sent])
    assert out == pictures
    assert not assembler.wants_picture


@settings(max_examples=200)
@given(st.data(), st.integers(3, 60))
def test_no_frame_is_given_out_that_needs_one_that_was_lost(
    data: st.DataObject, most_bytes: int
) -> None:
    pictures = frames(24, 6)
    sent = packets(pictures, most_bytes)
    lost = data.draw(st.sets(st.integers(0, len(sent) - 1), max_size=12))
    times = [(index * WAIT_SECONDS, one) for index, one in enumerate(sent) if index not in lost]
    out, _ = assembled(times)
    order = [pictures.index(frame) for frame in out]  # each is one that was sent, unharmed
    assert order == sorted(set(order))
    for before, after in zip([-9, *order], order, strict=False):
        assert pictures[after].alone or after == before + 1
    if not lost:
        assert out == pictures


def test_what_is_missing_is_waited_for_and_then_given_up() -> None:
    pictures = frames(9, 4)
    sent = packets(pictures, 1_000)
    in_time = [(0.0, one) for one in sent if one is not sent[1]]
    out, _ = assembled([*in_time, (WAIT_SECONDS / 2, sent[1])])
    assert out == pictures
    late = [(n * WAIT_SECONDS / 3, one) for n, one in enumerate(sent) if one is not sent[1]]
    out, assembler = assembled([*late, (99.0, sent[1])])
    assert out == [pictures[0], *pictures[4:]]
    assert not assembler.wants_picture


def test_numbers_that_begin_anew_are_followed_after_a_while() -> None:
    before, after = packets(frames(4, 2), 1_000), packets(frames(400, 2), 1_000)
    moved = [Packet((one.number - 30_000) & 0xFFFF, *_rest(one)) for one in after]
    out, _ = assembled([(0.0, one) for one in [*before, *moved]])
    assert len(out) > 100


def _rest(one: Packet) -> tuple[int, bool, bytes]:
    return one.timestamp, one.last, one.payload


@given(
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF), st.booleans(),
            st.binary(max_size=12), st.floats(0, 2),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_whatever_comes_nothing_is_raised(
    sent: list[tuple[int, int, bool, bytes, float]],
) -> None:
    assembler, now = Assembler(lambda frame: None), 0.0
    for number, timestamp, last, payload, later in sent:
        now += later
        assembler.add(number, timestamp, last, payload, now)


def test_a_picture_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vp8, "_MAX_FRAME", 1_000)
    endless = [(0.0, Packet(n, 0, False, b"\x10" + bytes(500))) for n in range(1)]
    endless += [(0.0, Packet(n, 0, False, b"\x00" + bytes(500))) for n in range(1, 9)]
    out, assembler = assembled(endless)
    assert out == []
    assert assembler._length <= 1_000


@given(st.binary(max_size=12))
def test_sizes_are_those_of_pictures_that_stand_alone(data: bytes) -> None:
    assert vp8.size(ALONE) == (64, 48)
    assert vp8.size(ALONE[:9]) is None
    found = vp8.size(data)
    assert found is None or all(found)
