"""The bus in memory: carries, never raises, forgets who stopped."""

import pytest

from sessions.events import (
    SERVER,
    Envelope,
    Epoch,
    SessionId,
    new_event_id,
    new_session_id,
    sender_of,
)
from signaling.bus import MemoryBus


class Notebook:
    def __init__(self) -> None:
        self.heard: list[Envelope] = []

    def hear(self, envelope: Envelope) -> None:
        self.heard.append(envelope)

    def resync(self) -> None:
        """Nothing to do."""


class Broken(Notebook):
    def hear(self, envelope: Envelope) -> None:
        raise RuntimeError("broken")


def event(session: SessionId) -> Envelope:
    return Envelope(session, sender_of(SERVER), new_event_id(), "chat.typing", Epoch(1), b"x")


async def test_it_carries_to_everyone_on_the_channel_until_they_stop() -> None:
    bus, one, other, elsewhere = MemoryBus(), Notebook(), Notebook(), Notebook()
    session = new_session_id()
    await bus.start()
    stop = bus.listen(session, one)
    bus.listen(session, other)
    bus.listen(new_session_id(), elsewhere)
    first, second = event(session), event(session)
    bus.publish(session, first)
    stop()
    stop()
    bus.publish(session, second)
    assert one.heard == [first]
    assert other.heard == [first, second]
    assert elsewhere.heard == []
    await bus.close()


async def test_an_ear_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus, good, session = MemoryBus(), Notebook(), new_session_id()
    bus.listen(session, Broken())
    bus.listen(session, good)
    bus.publish(session, event(session))
    assert len(good.heard) == 1
    assert "an ear failed" in caplog.text
