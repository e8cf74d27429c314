"""What nodes tell each other and no browser: a ticket is spent, a key gone, an account shut.

It makes quick what holds anyway a little later; that a word is lost here may only cost time. It
knows neither tickets nor keys: whoever owns them brings what is to be done.
"""

from collections.abc import Callable
from typing import Any

import orjson

from sessions.events import NODES, Envelope
from signaling.attendance import clear_event
from signaling.bus import Bus


def _nothing() -> None:
    """For words whose loss needs no answer."""


class Nodes:
    """An ear on the channel of the nodes, and the voice there."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._acts: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._doubts: list[Callable[[], None]] = []
        self._stop: Callable[[], None] = _nothing

    def on(
        self, kind: str, act: Callable[[dict[str, Any]], None], lost: Callable[[], None] = _nothing
    ) -> None:
        """Do this when any node says so, this one included; `lost` when something may be amiss."""
        self._acts[kind] = act
        self._doubts.append(lost)

    def tell(self, kind: str, body: dict[str, object]) -> None:
        """Say it to every node, this one included."""
        self._bus.publish(NODES, clear_event(NODES, kind, body))

    def start(self) -> None:
        """Begin to listen."""
        self._stop = self._bus.listen(NODES, self)

    def close(self) -> None:
        """Listen no more."""
        self._stop()

    # -- the ear

    def hear(self, envelope: Envelope) -> None:
        """Only nodes have the key to say anything here."""
        act = self._acts.get(envelope.kind)
        if act is not None:
            act(orjson.loads(envelope.sealed))

    def resync(self) -> None:
        """A word was lost, perhaps."""
        for lost in self._doubts:
            lost()
