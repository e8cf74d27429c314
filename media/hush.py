"""Fills with silence what there is no sound of.

Chromium counts what it plays, whatever the times in a file say: it would play everything after a
gap too soon. It knows how long a packet of Opus lasts (RFC 6716, 3.1), and no file.
"""

from typing import Final

SILENCE: Final = bytes((0xFC, 0xFF, 0xFE))
SILENCE_MS: Final = 20
PATIENCE_MS: Final = 1_000  # by then what was sent again has come
LATE_MS: Final = 60
MOST_MS: Final = 300_000  # at once: whoever is so far behind had their clock set
_LONGEST_MS: Final = 120
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

    def has_passed(self, ms: int) -> bool:
        """Whether something else was heard at this time: it would delay all that follows."""
        return ms < self._until_ms - LATE_MS

    def sound(self, packet: bytes) -> None:
        self._until_ms += lasts_ms(packet)


def lasts_ms(packet: bytes) -> float:
    """How long a packet of Opus sounds; 0 of what is none."""
    if not packet:
        return 0
    code = packet[0] & 3
    frames = (1, 2, 2)[code] if code < 3 else packet[1] & 0x3F if len(packet) > 1 else 0
    return min(_LONGEST_MS, frames * _FRAME_MS[packet[0] >> 3])
