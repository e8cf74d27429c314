"""The bus: carries envelopes to every node on which someone watches the channel.

A bus is a hint. It may lose, repeat and reorder what it carries; `Relay.watch` puts that right
from the log. It knows nothing of roles, order or connections.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sessions.events import Envelope, SessionId

_logger = logging.getLogger(__name__)


class Ear(Protocol):
    """Someone on this node who listens to a channel."""

    def hear(self, envelope: Envelope) -> None:
        """An event came by; must not block."""

    def resync(self) -> None:
        """The bus may have lost something on this channel: compare with the log."""


@dataclass(frozen=True, slots=True)
class BusReport:
    """How a bus does. Degraded: other nodes' events come from the log, and so a little later."""

    degraded: bool = False
    round_trip_ms: float | None = None  # to oneself and back
    queued: int = 0  # waiting to be said to other nodes
    channels: int = 0  # heard from other nodes
    published: int = 0
    received: int = 0
    dropped: int = 0  # not said to other nodes: too many at once, or nobody took them
    unopened: int = 0  # not from a node of ours, or too late, or a repetition
    reconnects: int = 0


class Bus(Protocol):
    """What every bus offers."""

    def publish(self, channel: SessionId, envelope: Envelope) -> None:
        """Carry an event; never blocks, never raises."""

    def listen(self, channel: SessionId, ear: Ear) -> Callable[[], None]:
        """Let `ear` hear what passes on `channel`, until the returned function is called."""

    def report(self) -> BusReport:
        """How it does at this moment."""

    async def start(self) -> None:
        """Begin to carry."""

    async def close(self) -> None:
        """Stop carrying; every task of the bus has ended afterwards."""


class MemoryBus:
    """A bus within one process; several nodes in it may share one."""

    def __init__(self) -> None:
        self._ears: dict[SessionId, tuple[Ear, ...]] = {}

    def publish(self, channel: SessionId, envelope: Envelope) -> None:
        self._tell(channel, lambda ear: ear.hear(envelope))

    def resync(self, channel: SessionId) -> None:
        """Something may have been lost on its way to here."""
        self._tell(channel, lambda ear: ear.resync())

    def listen(self, channel: SessionId, ear: Ear) -> Callable[[], None]:
        self._ears[channel] = (*self._ears.get(channel, ()), ear)

        def stop() -> None:
            rest = tuple(other for other in self._ears.get(channel, ()) if other is not ear)
            if rest:
                self._ears[channel] = rest
            else:
                self._ears.pop(channel, None)

        return stop

    def has_ears(self, channel: SessionId) -> bool:
        """Whether anyone listens."""
        return channel in self._ears

    def report(self) -> BusReport:
        return BusReport()

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to stop."""

    def _tell(self, channel: SessionId, tell: Callable[[Ear], None]) -> None:
        for ear in self._ears.get(channel, ()):
            try:
                tell(ear)
            except Exception:
                _logger.exception("an ear failed")
