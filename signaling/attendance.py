"""Who is connected to this node: in which session, and at which console.

Publishes `presence.changed` when the first connection of a participant comes and the last goes.
It knows nothing of leases, which carry the same news to other nodes' rosters.
"""

import json
from collections import Counter
from collections.abc import Callable

from sessions.events import (
    SERVER,
    Envelope,
    Epoch,
    ParticipantId,
    SessionId,
    new_event_id,
    sender_of,
)
from signaling.relay import Relay

Seated = tuple[SessionId, ParticipantId]


def clear_event(session: SessionId, kind: str, body: dict[str, object]) -> Envelope:
    """A passing event of the server, in the clear."""
    text = json.dumps(body, separators=(",", ":")).encode()
    return Envelope(session, sender_of(SERVER), new_event_id(), kind, Epoch(0), text)


def presence_event(session: SessionId, participant: ParticipantId, *, present: bool) -> Envelope:
    """That a participant is there, or is not."""
    body: dict[str, object] = {"participant": participant, "present": present}
    return clear_event(session, "presence.changed", body)


class Attendance:
    """Counts connections; `changed` is called after every coming and going."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._seated: Counter[Seated] = Counter()
        self._consoles: Counter[str] = Counter()
        self._moved_consoles: set[str] = set()
        self._left: set[Seated] = set()
        self._moved: set[Seated] = set()
        self._came: set[Seated] = set()
        self._arrived: set[SessionId] = set()
        self.changed: Callable[[], None] = lambda: None

    def came(self, session: SessionId, participant: ParticipantId) -> None:
        """One more connection of this participant."""
        seat = (session, participant)
        self._seated[seat] += 1
        self._left.discard(seat)
        self._moved.discard(seat)
        self._arrived.add(session)
        if self._seated[seat] == 1:
            self._came.add(seat)
            self.tell(seat, present=True)
        self.changed()

    def went(self, session: SessionId, participant: ParticipantId, *, moved: bool = False) -> None:
        """One connection less. Who was asked to move is on the way back."""
        seat = (session, participant)
        self._seated[seat] -= 1
        if self._seated[seat] <= 0:
            del self._seated[seat]
            if moved:
                self._moved.add(seat)
            else:
                self._left.add(seat)
                self.tell(seat, present=False)
        self.changed()

    def console_opened(self, account: str) -> None:
        """An advisor's console listens to the desk."""
        self._consoles[account] += 1
        self._moved_consoles.discard(account)
        self.changed()

    def console_closed(self, account: str, *, moved: bool = False) -> None:
        """One console less. Which was asked to move is on the way back."""
        self._consoles[account] -= 1
        if self._consoles[account] <= 0:
            del self._consoles[account]
            if moved:
                self._moved_consoles.add(account)
        self.changed()

    def is_here(self, session: SessionId, participant: ParticipantId) -> bool:
        """Whether this participant is connected to this node."""
        return (session, participant) in self._seated

    def seated(self) -> list[Seated]:
        """Every participant connected to this node."""
        return list(self._seated)

    def take_arrived(self) -> set[SessionId]:
        """The sessions that someone has joined since the last call."""
        arrived, self._arrived = self._arrived, set()
        return arrived

    def take_came(self) -> list[Seated]:
        """Everyone whose first connection came since the last call, and who is here still."""
        came, self._came = self._came, set()
        return [seat for seat in came if seat in self._seated]

    def take_left(self) -> list[Seated]:
        """Everyone whose last connection went since the last call."""
        left, self._left = self._left, set()
        return list(left)

    def take_moved(self) -> list[Seated]:
        """Everyone who was asked to move since the last call, and has not come back here."""
        moved, self._moved = self._moved, set()
        return list(moved)

    def take_moved_consoles(self) -> list[str]:
        """Every account whose console was asked to move since, and has not come back here."""
        moved, self._moved_consoles = self._moved_consoles, set()
        return list(moved)

    def accounts(self) -> list[str]:
        """Every account with an open console on this node."""
        return list(self._consoles)

    def tell(self, seat: Seated, *, present: bool) -> None:
        """Say on every node whether somebody is there."""
        session, participant = seat
        self._relay.announce(presence_event(session, participant, present=present))
        what: dict[str, object] = {"session": session, "what": "presence"}
        self._relay.announce(clear_event(session, "ops.changed", what))
