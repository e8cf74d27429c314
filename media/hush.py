"""Fills with silence what there is no sound of.

Chromium counts what it plays, whatever the times in a file say: it would play everything after a
gap too soon. It knows how long a packet of Opus lasts (RFC 6716, 3.1), and no file.
"""

from typing import Final

SILENCE: Final = bytes((0xFC, 0xFF, 0xFE))
SILENCE_MS: Final = 20
PATIENCE_MS: Final = 1_000  # by then what was sent again has come
MOST_MS: Final = 300_000  # at once: whoever is so far behind had their clock set
# By the first five bits of a packet: of one frame in it.
_FRAME_MS: Final = (10, 20, 40, 60) * 3 + (10, 20) * 2 + (2.5, 5, 10, 20) * 4


class Hush:
    """The sound of one file, as it is counted from its beginning."""

    def __init__(self) -> None:
        self._until_ms = 0.0

    def before(self, ms: int) -> list[int]:
        """When silence has to begin, again and again, for what comes at this time to be in time."""
        found = []
        if ms - self._until_ms > MOST_MS:
            self._until_ms = ms
        while self._until_ms + SILENCE_MS <= ms:
            found.append(round(self._until_ms))
            self._until_ms += SILENCE_MS
        return found

    def without(self, ms: int) -> list[int]:
        """The same for a picture: sound that belongs before it may still come."""
        return self.before(ms) if ms - self._until_ms > PATIENCE_MS else []

    def sound(self, packet: bytes) -> None:
        self._until_ms += lasts_ms(packet)


def lasts_ms(packet: bytes) -> float:
    """How long a packet of Opus sounds; 0 of what is none."""
    if not packet:
        return 0
    code = packet[0] & 3
    frames = (1, 2, 2)[code] if code < 3 else packet[1] & 0x3F if len(packet) > 1 else 0
    return frames * _FRAME_MS[packet[0] >> 3]
