"""Somebody drawn before a wall of small squares, as a film for Chromium's file camera.

Head, hair and shoulders are enough for a model of persons; the squares are what a blur must take.
"""

from pathlib import Path

WIDE, HIGH = 640, 480
SQUARE = 8
WALL = ((225, 225, 225), (120, 130, 140))
SKIN, HAIR, LIPS, COAT, SHIRT, TIE = (
    (222, 172, 142),
    (58, 40, 28),
    (170, 80, 80),
    (40, 52, 92),
    (235, 235, 240),
    (150, 30, 40),
)
_Colour = tuple[int, int, int]


def film(path: Path, fps: int = 10) -> Path:
    """Write one picture that the browser repeats, as YUV4MPEG2."""
    rows = [[_seen(x, y) for x in range(WIDE)] for y in range(HIGH)]
    luma = bytes(_luma(colour) for row in rows for colour in row)
    fewer = [colour for row in rows[::2] for colour in row[::2]]
    blue = bytes(_clamp(128 + 0.564 * (colour[2] - _luma(colour))) for colour in fewer)
    red = bytes(_clamp(128 + 0.713 * (colour[0] - _luma(colour))) for colour in fewer)
    head = f"YUV4MPEG2 W{WIDE} H{HIGH} F{fps}:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + 2 * (b"FRAME\n" + luma + blue + red))
    return path


def _seen(x: int, y: int) -> _Colour:
    across = abs(x - 320)
    if _within(x, y, 320, 190, 78, 100):
        return _face(across, y)
    if y < 200 and _within(x, y, 320, 176, 86, 102):
        return HAIR
    if y > 300 and _within(x, y, 320, 500, 230, 205):
        if y < 380 and across < 34 - (y - 300) * 0.25:
            return SHIRT
        return TIE if across < 10 else COAT
    if across < 38 and 270 < y < 320:
        return SKIN
    return WALL[(x // SQUARE + y // SQUARE) % 2]


def _face(across: int, y: int) -> _Colour:
    if y < 130 or (y < 170 and across > 62):
        return HAIR
    eye = abs(across - 30)
    if (eye < 14 and abs(y - 180) < 6) or (eye < 18 and abs(y - 164) < 3):
        return HAIR
    return LIPS if across < 26 and abs(y - 246) < 6 else SKIN


def _within(x: int, y: int, x0: int, y0: int, wide: int, high: int) -> bool:
    return ((x - x0) / wide) ** 2 + ((y - y0) / high) ** 2 < 1


def _luma(colour: _Colour) -> int:
    red, green, blue = colour
    return _clamp(0.299 * red + 0.587 * green + 0.114 * blue)


def _clamp(value: float) -> int:
    return min(255, max(0, round(value)))
