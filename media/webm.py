"""Writes WebM for VP8 and Opus that are encoded already: only ever at the end, never back.

Cut off at any byte it still plays. It does not know where pictures and sound come from, nor where
the bytes go. Sources: RFC 8794 (EBML), RFC 9559 (Matroska), RFC 7845 (Opus).
"""

import struct
from typing import Final

VIDEO: Final = 1
AUDIO: Final = 2
_CLUSTER_MS: Final = 5_000  # at most, unless a picture that stands alone begins one before
_UNKNOWN: Final = b"\x01" + b"\xff" * 7  # how long: until something of the same rank begins
_DATE_FROM_MS: Final = 978_307_200_000  # DateUTC counts from 2001
_PRE_SKIP: Final = 312  # samples of Opus before the first that is meant
_OPUS_HEAD: Final = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, _PRE_SKIP, 48_000, 0, 0)
_SEEK_ROOM: Final = 76  # bytes that `completed` fills with a SeekHead
_MARK: Final = b"visavis1"
_FOOT: Final = struct.Struct(">8sdQ")  # the mark, how long in ms, where the cues are
FOOT_BYTES: Final = 2 + _FOOT.size  # at the very end of a file that was finished

_EBML, _SEGMENT, _VOID, _SEEK_HEAD = 0x1A45DFA3, 0x18538067, 0xEC, 0x114D9B74
_INFO, _TRACKS, _CLUSTER, _CUES = 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B
_DURATION = 0x4489


def _vint(number: int) -> bytes:
    width = next(w for w in range(1, 9) if number < (1 << 7 * w) - 1)
    return (number | 1 << 7 * width).to_bytes(width, "big")


def _element(id_: int, content: bytes) -> bytes:
    return id_.to_bytes((id_.bit_length() + 7) // 8, "big") + _vint(len(content)) + content


def _number(id_: int, number: int, width: int = 0) -> bytes:
    return _element(id_, number.to_bytes(width or max(1, (number.bit_length() + 7) // 8), "big"))


def _real(id_: int, number: float) -> bytes:
    return _element(id_, struct.pack(">d", number))


_START: Final = (
    _element(
        _EBML,
        _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
        + _element(0x4282, b"webm") + _number(0x4287, 4) + _number(0x4285, 2),
    )
    + _SEGMENT.to_bytes(4, "big") + _UNKNOWN
)  # fmt: skip
_INFO_AT: Final = len(_START) + _SEEK_ROOM
_DURATION_AT: Final = _INFO_AT + 5 + 7  # after the head of Info and the scale of its times
_DATE_AT: Final = _DURATION_AT + 11 + 3


class Writer:
    """One file: at most one picture and one sound, in milliseconds from its beginning.

    `began_ms` is the time of day at its beginning, in ms since 1970. `size` (width, height in
    points) is of the first picture, and None where there will be none.
    """

    def __init__(self, *, began_ms: int, size: tuple[int, int] | None, sound: bool) -> None:
        self.written = 0  # bytes, those not taken yet too
        self.lasts_ms = 0  # until the last block begins
        self._new = bytearray()
        self._last_ms = {VIDEO: 0, AUDIO: 0}
        self._cluster_ms: int | None = None
        self._cues: list[tuple[int, int, int]] = []  # when, which track, where
        self._pictures = size is not None
        tracks = (_video(*size) if size else b"") + (_audio() if sound else b"")
        info = (
            _number(0x2AD7B1, 1_000_000)
            + _element(_VOID, bytes(9))  # `completed` says here how long it is
            + _number(0x4461, (began_ms - _DATE_FROM_MS) * 1_000_000, 8)
            + _element(0x4D80, b"visavis") + _element(0x5741, b"visavis")
        )  # fmt: skip
        self._put(_START + _element(_VOID, bytes(_SEEK_ROOM - 2)) + _element(_INFO, info))
        self._tracks_at = self.written - len(_START)
        self._put(_element(_TRACKS, tracks))

    def block(self, track: int, ms: int, data: bytes, *, alone: bool = True) -> None:
        """One frame. `alone`: it needs none before it. Blocks may come a little out of order."""
        ms = max(ms, self._last_ms[track])
        self._last_ms[track] = ms
        self.lasts_ms = max(self.lasts_ms, ms)
        cluster = self._cluster_ms
        new_picture = track == VIDEO and alone
        if cluster is None or new_picture or ms - cluster >= _CLUSTER_MS:
            cluster = self._cluster_ms = ms
            if alone and (new_picture or not self._pictures):
                self._cues.append((ms, track, self.written - len(_START)))
            self._put(_CLUSTER.to_bytes(4, "big") + _UNKNOWN + _number(0xE7, ms))
        since = max(0, ms - cluster)
        head = struct.pack(">BhB", 0x80 | track, since, 0x80 if alone else 0)
        self._put(b"\xa3" + _vint(len(head) + len(data)) + head + data)

    def finish(self) -> None:
        """Where one can jump to, and what `completed` puts into the head."""
        cues_at = self.written - len(_START)
        if self._cues:
            self._put(_element(_CUES, b"".join(_cue(*cue) for cue in self._cues)))
        foot = _FOOT.pack(_MARK, self.lasts_ms + 20, cues_at if self._cues else 0)
        self._put(_element(_VOID, foot))

    def take(self) -> bytes:
        """What was written since it was last taken."""
        new, self._new = bytes(self._new), bytearray()
        return new

    def _put(self, data: bytes) -> None:
        self._new += data
        self.written += len(data)


def _cue(ms: int, track: int, at: int) -> bytes:
    where = _element(0xB7, _number(0xF7, track) + _number(0xF1, at))
    return _element(0xBB, _number(0xB3, ms) + where)


def _video(width: int, height: int) -> bytes:
    size = _number(0xB0, width) + _number(0xBA, height)
    about = _number(0xD7, VIDEO) + _number(0x73C5, VIDEO) + _number(0x83, 1) + _number(0x9C, 0)
    return _element(0xAE, about + _element(0x86, b"V_VP8") + _element(0xE0, size))


def _audio() -> bytes:
    about = _number(0xD7, AUDIO) + _number(0x73C5, AUDIO) + _number(0x83, 2) + _number(0x9C, 0)
    delays = _number(0x56AA, _PRE_SKIP * 1_000_000 // 48) + _number(0x56BB, 80_000_000)
    form = _element(0xE1, _real(0xB5, 48_000.0) + _number(0x9F, 2))
    codec = _element(0x86, b"A_OPUS") + delays + _element(0x63A2, _OPUS_HEAD)
    return _element(0xAE, about + codec + form)


# -- afterwards


def began_ms(head: bytes) -> int:
    """When the file begins, in ms since 1970, from its first bytes. Raises ValueError."""
    if not head.startswith(_START) or len(head) < _DATE_AT + 8:
        raise ValueError("not the beginning of a recording")
    return int.from_bytes(head[_DATE_AT : _DATE_AT + 8], "big") // 1_000_000 + _DATE_FROM_MS


def lasts_ms(tail: bytes) -> int | None:
    """How long a finished file is, from its last `FOOT_BYTES`; None where it was cut off."""
    found = _foot(tail)
    return None if found is None else found[0]


def completed(head: bytes, tail: bytes) -> bytes:
    """The first bytes of a finished file (as many) with its length and where one can jump to.

    `head`: the first chunk or more; `tail`: at least the last `FOOT_BYTES`. What was never
    finished comes back as it is: it plays too, and players find out how long it is as they go.
    """
    found = _foot(tail)
    if found is None or not head.startswith(_START) or len(head) < _DATE_AT + 8:
        return head
    lasts, cues_at = found
    tracks_at = _INFO_AT + 5 + head[_INFO_AT + 4] - 0x80 - len(_START)
    places = [(_INFO, _INFO_AT - len(_START)), (_TRACKS, tracks_at)]
    if cues_at:
        places.append((_CUES, cues_at))
    seeks = (
        _element(0x4DBB, _element(0x53AB, id_.to_bytes(4, "big")) + _number(0x53AC, at, 8))
        for id_, at in places
    )
    seek_head = _element(_SEEK_HEAD, b"".join(seeks))
    seek_head += _element(_VOID, bytes(_SEEK_ROOM - len(seek_head) - 2))
    duration = _real(_DURATION, float(lasts))
    rest = head[_DURATION_AT + len(duration) :]
    return _START + seek_head + head[_INFO_AT:_DURATION_AT] + duration + rest


def _foot(tail: bytes) -> tuple[int, int] | None:
    foot = tail[-FOOT_BYTES:]
    if len(foot) < FOOT_BYTES or foot[:2] != bytes((_VOID, 0x80 | _FOOT.size)):
        return None
    mark, lasts, cues_at = _FOOT.unpack(foot[2:])
    return (int(lasts), cues_at) if mark == _MARK and 0 <= lasts < 2**53 else None
