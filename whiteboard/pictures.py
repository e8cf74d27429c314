"""What a picture is by its own first bytes: its kind and size, before anything decodes it."""

import struct
from dataclasses import dataclass
from typing import Final

MAX_PIXELS: Final = 50_000_000
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG: start of frame


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is small enough to be decoded."""

    data: bytes
    type: str
    width: int  # pixels
    height: int


def picture(data: bytes) -> Picture | None:
    """The picture in these bytes: PNG, JPEG or WebP of at most MAX_PIXELS; None for all else."""
    for type_, read in (("png", _png), ("jpeg", _jpeg), ("webp", _webp)):
        try:
            size = read(data)
        except (struct.error, IndexError):
            size = None
        if size is not None and 0 < size[0] * size[1] <= MAX_PIXELS:
            return Picture(data, f"image/{type_}", *size)
    return None


def _png(data: bytes) -> tuple[int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a byte of padding
            at += 1
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if data[12:16] == b"VP8X":
        wide, high = data[24:27], data[27:30]
        return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
