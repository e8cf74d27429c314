"""Files as another reads them (libav): what was written, in step, and as far as it was written."""

import io
from collections.abc import Sequence

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import webm
from media.black import black

BEGAN_MS = 1_795_987_376_959
SIZE = (320, 180)
PICTURE = black(*SIZE)
SOUND = bytes((0xFC, 0xFF, 0xFE))  # 20 ms of silence in Opus
Block = tuple[int, int]  # track, ms


def written(blocks: Sequence[Block], *, pictures: bool = True, sound: bool = True) -> webm.Writer:
    writer = webm.Writer(began_ms=BEGAN_MS, size=SIZE if pictures else None, sound=sound)
    for track, ms in blocks:
        writer.block(track, ms, PICTURE if track == webm.VIDEO else SOUND)
    return writer


def read(data: bytes) -> list[Block]:
    """Every packet that libav finds, by track and time."""
    found: list[Block] = []
    with av.open(io.BytesIO(data), "r") as file:
        for packet in file.demux():
            if packet.size:
                assert packet.pts is not None
                track = webm.VIDEO if packet.stream.type == "video" else webm.AUDIO
                assert bytes(packet) == (PICTURE if track == webm.VIDEO else SOUND)
                # Opus in WebM begins earlier by what a decoder throws away first.
                ms = float(packet.pts * packet.time_base * 1_000)
                found.append((track, round(ms) + (7 if track == webm.AUDIO else 0)))
    return found


def talk(seconds: int) -> list[Block]:
    """A picture ten times a second, and sound."""
    sounds = [(webm.AUDIO, ms) for ms in range(0, 1_000 * seconds, 20)]
    pictures = [(webm.VIDEO, ms) for ms in range(3, 1_000 * seconds, 100)]
    return sorted(sounds + pictures, key=lambda block: block[1])


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([webm.VIDEO, webm.AUDIO]), st.integers(0, 200_000)),
        min_size=1,
        max_size=40,
    )
)
def test_another_reads_every_frame_at_its_time(blocks: list[Block]) -> None:
    """However far apart: what comes before its turn is at the time of the one before it."""
    blocks.sort(key=lambda block: block[1])
    writer = written(blocks)
    writer.finish()
    assert sorted(read(writer.take())) == sorted(blocks)


@settings(max_examples=40)
@given(st.data())
def test_cut_off_anywhere_it_plays_as_far_as_it_goes(data: st.DataObject) -> None:
    """A recorder that is killed leaves what it had written, whole."""
    writer = written([])
    head = writer.written
    ends: list[int] = []  # of every block
    blocks = talk(seconds=3)
    for track, ms in blocks:
        writer.block(track, ms, PICTURE if track == webm.VIDEO else SOUND)
        ends.append(writer.written)
    file = writer.take()
    cut = data.draw(st.integers(ends[4], len(file)))
    whole = sum(end <= cut for end in ends)
    found = read(file[:cut])
    assert head < ends[0]
    assert found[:whole] == blocks[:whole]
    assert len(found) <= whole + 1  # libav also hands out what was cut off


def test_a_finished_file_says_how_long_it_is_and_where_to_jump() -> None:
    blocks = talk(seconds=20)
    writer = written(blocks)
    head = writer.take()
    for track, ms in blocks:
        writer.block(track, ms, PICTURE if track == webm.VIDEO else SOUND, alone=ms % 5_000 < 20)
    writer.finish()
    rest = writer.take()
    assert webm.began_ms(head) == BEGAN_MS
    assert webm.lasts_ms(rest) == 20_000
    whole = webm.completed(head, rest)
    assert len(whole) == len(head)
    with av.open(io.BytesIO(whole + rest), "r") as file:
        assert file.duration == 20_000_000
        file.seek(12_000_000)
        picture = next(file.decode(video=0))
        assert picture.time is not None
        assert 9.9 < picture.time <= 12


def test_what_was_never_finished_is_left_as_it_is() -> None:
    writer = written(talk(seconds=1))
    file = writer.take()
    assert webm.completed(file, file) == file
    assert webm.lasts_ms(file) is None
    assert webm.completed(b"anything", b"else") == b"anything"
    for text in (b"", b"anything", file[:90]):
        with pytest.raises(ValueError):
            webm.began_ms(text)


@pytest.mark.parametrize(("pictures", "sound"), [(True, False), (False, True)])
def test_one_of_both_is_enough(pictures: bool, sound: bool) -> None:
    track = webm.VIDEO if pictures else webm.AUDIO
    blocks = [(track, ms) for ms in range(0, 12_000, 40)]
    writer = written([], pictures=pictures, sound=sound)
    head = writer.take()
    for _, ms in blocks:
        writer.block(track, ms, PICTURE if pictures else SOUND)
    writer.finish()
    rest = writer.take()
    assert read(webm.completed(head, rest) + rest) == blocks


def test_late_frames_do_not_go_back_behind_their_cluster() -> None:
    """A picture that stands alone begins a new one; sound that comes after it was before it."""
    writer = written([(webm.AUDIO, 0), (webm.VIDEO, 100), (webm.AUDIO, 40), (webm.AUDIO, 120)])
    writer.finish()
    assert read(writer.take()) == [
        (webm.AUDIO, 0), (webm.VIDEO, 100), (webm.AUDIO, 100), (webm.AUDIO, 120),
    ]  # fmt: skip
