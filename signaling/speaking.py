"""What the words join, send and leave do: from a connection to the relay and the seats.

Identity, session and time come from the connection, never from the wire. It knows neither frames
nor packets, and decides no permission: the relay does, by the table of kinds.
"""

import asyncio
from time import monotonic
from typing import Any, Final

from sessions.clock import Clock, wall_clock_ms
from sessions.events import (
    SERVER,
    Envelope,
    Epoch,
    Malformed,
    ParticipantId,
    Refused,
    Role,
    Seq,
    SessionId,
    has_log,
    is_desk,
    sender_of,
)
from sessions.lifecycle import Lifecycle, Seat, SessionView
from sessions.log import Log
from signaling import wire
from signaling.attendance import Attendance, presence_event
from signaling.connection import OVERLOADED, POLICY, Argument, Connection
from signaling.gate import Gate
from signaling.limits import Penalties
from signaling.relay import Relay
from signaling.tasks import Tasks
from signaling.tickets import Claims, Tickets
from signaling.words import Join, parse_join, parse_send

_MOST_JOINING: Final = 64
_LOOK_AGAIN_SECONDS: Final = 0.1
_LOOKS: Final = 20  # while somebody without a seat reads what the log says of it


class Speaking:
    """Carries out the words of all connections of this node."""

    def __init__(
        self,
        relay: Relay,
        log: Log,
        lifecycle: Lifecycle,
        tickets: Tickets,
        attendance: Attendance,
        *,
        now_ms: Clock = wall_clock_ms,
    ) -> None:
        self._relay = relay
        self._log = log
        self._lifecycle = lifecycle
        self._tickets = tickets
        self._attendance = attendance
        self._now_ms = now_ms
        self.gate = Gate(_MOST_JOINING)
        self.penalties = Penalties()  # by participant, or by account where there is no seat
        self._joined: dict[SessionId, set[Connection]] = {}
        self._tasks = Tasks()
        relay.on_departure(self._recheck_soon)
        relay.on_doubt(self._remind_soon)

    async def close(self) -> None:
        """End what is still being looked up."""
        await self._tasks.close()

    # -- send

    async def send(self, connection: Connection, argument: Argument, ack: int | None) -> None:
        """Publish; answer with the seq, or None for a passing event."""
        claims = connection.claims
        if claims is None:
            raise Malformed("send before join")
        id_, kind, epoch, sealed = parse_send(argument)
        sender = connection.sender
        if sender is None:
            if not kind.untold:
                raise Refused("kind.role", field="kind")
            sender = sender_of(SERVER)  # a listener without a seat has no name; nobody reads it
        if not connection.meter.admit(kind.name, monotonic()):
            return
        if epoch != connection.epoch and not kind.clear:
            raise Refused("epoch.wrong", field="epoch")
        event = Envelope(
            claims.channel, sender, id_, kind.name, Epoch(epoch), sealed, self._now_ms()
        )
        stored = await self._relay.publish(event, claims.role, account=claims.account)
        if ack is not None:
            connection.write(wire.acked_seq(ack, stored.seq))

    # -- join

    async def join(self, connection: Connection, argument: Argument, ack: int | None) -> None:
        """Bind the connection to the ticket's channel; answer with the roster, then replay.

        A guest hears nothing from before they came, whatever their page says it has heard.
        """
        if connection.claims is not None:
            raise Malformed("second join")
        join = parse_join(argument)
        try:
            with self.gate.entering():
                claims = self._tickets.redeem(join.ticket, self._now_ms())
                self.penalties.check(_who(claims), monotonic())
                if not has_log(claims.channel):
                    self._join_board(connection, claims, ack)
                else:
                    await self._join_session(connection, claims, join, ack)
        except Refused as refused:
            connection.refuse(refused, ack)
            connection.close(OVERLOADED if refused.code == "busy" else POLICY)

    def _join_board(self, connection: Connection, claims: Claims, ack: int | None) -> None:
        """Desk and ops: no seats, no log."""
        connection.answer(ack, {
            "ok": True, "sender": None, "participant": None, "role": claims.role, "state": None,
            "seq": 0, "log_epoch": self._log.epoch, "roster": [],
        })  # fmt: skip
        self._bind(connection, claims)
        connection.watch = self._relay.watch(claims.channel, Seq(0), connection.write, None)
        if is_desk(claims.channel) and claims.account is not None:
            self._attendance.console_opened(claims.account)

    async def _join_session(
        self, connection: Connection, claims: Claims, join: Join, ack: int | None
    ) -> None:
        participant = claims.participant
        view = await self._lifecycle.view(claims.channel)
        if view is None or participant is None or not _seated(view, participant):
            raise Refused("ticket.invalid")
        head = view.last_seq
        reload = join.log_epoch not in (None, self._log.epoch) or join.after > head
        connection.sender = sender_of(participant)
        connection.epoch = view.epoch
        answer: dict[str, Any] = {
            "ok": True, "sender": connection.sender, "participant": participant,
            "role": claims.role, "state": view.state, "seq": head, "log_epoch": self._log.epoch,
            "roster": [self._shown(seat, participant) for seat in view.roster],
        }  # fmt: skip
        if reload:
            answer["reload"] = True
        if self._attendance.is_here(claims.channel, participant):
            answer["elsewhere"] = True  # another page of theirs is open: theirs to decide
        connection.answer(ack, answer)
        self._bind(connection, claims)
        connection.watch = self._relay.watch(
            claims.channel, Seq(max(0 if reload else join.after, claims.since)), connection.write,
            participant,
            sender=connection.sender, role=claims.role, head=head, state=view.state,
            drained=connection.drained, ousted=lambda: connection.close(1000, goodbye=True),
        )  # fmt: skip
        self._joined.setdefault(claims.channel, set()).add(connection)
        self._attendance.came(claims.channel, participant)
        if claims.role is Role.GUEST:  # who may have been seen out while their seat was looked up
            self._recheck_soon(claims.channel)

    def _bind(self, connection: Connection, claims: Claims) -> None:
        connection.claims = claims
        connection.welcome()

    def _shown(self, seat: Seat, me: ParticipantId) -> dict[str, Any]:
        here = seat.participant == me or self._attendance.is_here(seat.session, seat.participant)
        return {
            "participant": seat.participant, "role": seat.role,
            "present": seat.present or here, "stage": seat.stage,
        }  # fmt: skip

    # -- leave, and gone without a word

    async def leave(self, connection: Connection, argument: Argument, ack: int | None) -> None:
        """Give the seat up; answer, then close. The event closes this participant's others."""
        claims = connection.claims
        if claims is None or argument:
            raise Malformed("leave")
        if claims.participant is not None:
            left = await self._lifecycle.release(claims.channel, claims.participant, "left")
            if left is not None:
                self._relay.announce(left)
        connection.answer(ack, {"ok": True})
        connection.close(1000, goodbye=True)

    def gone(self, connection: Connection) -> None:
        """The connection has ended; its seat stays for the length of its lease."""
        if connection.watch is not None:
            connection.watch.close()
        claims = connection.claims
        if claims is None:
            return
        if connection.offended:
            self.penalties.give(_who(claims), monotonic())
        if claims.participant is not None:
            joined = self._joined[claims.channel]
            joined.discard(connection)
            if not joined:
                del self._joined[claims.channel]
            self._attendance.went(claims.channel, claims.participant, moved=connection.moved)
        elif is_desk(claims.channel) and claims.account is not None:
            self._attendance.console_closed(claims.account, moved=connection.moved)

    # -- who is there, when the news of it may have been lost

    def _remind_soon(self, session: SessionId) -> None:
        if session in self._joined:
            self._tasks.spawn(self._remind(session))

    async def _remind(self, session: SessionId) -> None:
        """Tell those who are here who is there, as the leases say."""
        view = await self._lifecycle.view(session)
        for seat in () if view is None else view.roster:
            present = seat.present or self._attendance.is_here(session, seat.participant)
            self._relay.tell_here(presence_event(session, seat.participant, present=present))

    # -- seats that were given up, here on another connection or elsewhere

    def _recheck_soon(self, session: SessionId) -> None:
        """Someone left, says an event whose body is sealed: look who still has a seat."""
        if session in self._joined:
            self._tasks.spawn(self._recheck(session))

    async def _recheck(self, session: SessionId) -> None:
        """Close whoever lost their seat; an advisor who still reads the log hears before who
        accepted, which closes them by itself (signaling/channel.py)."""
        for may_read_on in (True,) * _LOOKS + (False,):
            view = await self._lifecycle.view(session)
            reading = False
            for connection in list(self._joined.get(session, ())):
                claims = connection.claims
                if claims is None or claims.participant is None:
                    continue
                if view is not None and _seated(view, claims.participant):
                    continue
                if may_read_on and claims.role is Role.ADVISOR and _reads(connection):
                    reading = True
                else:
                    connection.close(1000, goodbye=True)
            if not reading:
                return
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _reads(connection: Connection) -> bool:
    return connection.watch is not None and connection.watch.replaying


def _who(claims: Claims) -> str:
    return claims.participant or claims.account or ""


def _seated(view: SessionView, participant: ParticipantId) -> bool:
    return any(seat.participant == participant for seat in view.roster)
