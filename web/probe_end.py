"""One of the two people of a probe: with a seat at the socket and an end of the call in aiortc.

It says and hears what a page of ours would. It does not decide when anything happens, nor measure.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Any, Final

import structlog

from media import quality
from media.connection import AnotherRound, Reach
from media.peer import Peer
from media.synthetic import Picture, Tone
from sessions.events import ParticipantId, Refused, Role
from signaling.participant import Heard, Participant
from signaling.tasks import Tasks
from web.entering import Admitted, Entrance

_log: Final = structlog.get_logger("probe")
_LONGEST_SDP: Final = 32_768
_REPORT_SECONDS: Final = 2.0
# What each sounds and looks like, so that nobody takes their own echo for the other.
PERIODS: Final = {Role.PROSPECT: 10, Role.ADVISOR: 14}
_COLOURS: Final = {Role.PROSPECT: (100, 150), Role.ADVISOR: (150, 100)}
_OTHER: Final = {Role.PROSPECT: Role.ADVISOR, Role.ADVISOR: Role.PROSPECT}


class End:
    """One person. `others` says whom alone the prospect talks with; an advisor, with the prospect.

    `expects_tone` is False where the other end is a real one.
    """

    def __init__(
        self, role: Role, entrance: Entrance, admitted: Admitted,
        *, loopback: bool, expects_tone: bool = True,
    ) -> None:  # fmt: skip
        self.role = role
        self.accepted = asyncio.Event()
        self.accepted_by: ParticipantId | None = None
        self.ended = asyncio.Event()
        self.met = asyncio.Event()  # there is a `peer`
        self.partner: ParticipantId | None = None
        self.peer: Peer | None = None
        self._reach = Reach(admitted.ice_servers, admitted.relay_only, loopback)
        self._expects = PERIODS[_OTHER[role]] if expects_tone else None
        self._instance = secrets.token_hex(8)
        self._live = False
        self._toward = ""
        self._offer = ""
        self._answer = ""
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._tasks = Tasks()
        self._left: set[asyncio.Task[None]] = set()  # connections that are being let go of
        self.line = Participant(
            entrance.http, entrance.url, admitted.seated, self._heard.put_nowait
        )

    @property
    def me(self) -> ParticipantId:
        return self.line.seated.participant

    async def join(self) -> None:
        """Take the seat and say that one is there. Raises Refused, or ConnectionError."""
        for seat in await self.line.join():
            self._sits(seat.participant, seat.role)
        self._tasks.spawn(self._take_all())  # not before it is known who sits there
        await self.line.say("call.hello", {"instance": self._instance})

    async def warm(self) -> Peer:
        """Wait until the connection stands. Raises ConnectionError if it cannot."""
        await self.met.wait()
        while True:
            peer = self.peer
            assert peer is not None
            waits = [asyncio.ensure_future(one.wait()) for one in (peer.connected, peer.broken)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
            if peer.connected.is_set():
                return peer
            if peer is self.peer:  # else another took its place meanwhile
                raise ConnectionError("no way to the other end")

    async def live(self) -> None:
        """It was accepted: send, and say what is sent."""
        self._live = True
        if self.peer is not None:
            self.peer.go_live()
        devices = {"camera": True, "microphone": True, "screen": False}
        await self.line.say("call.devices", devices)
        self._tasks.spawn(self._report())

    async def close(self) -> None:
        await self._tasks.close()
        self._let_go()
        await asyncio.gather(*self._left)
        await self.line.close()

    async def _report(self) -> None:
        """How it goes, for the ops board, as a page says it."""
        while self.peer is not None:
            await asyncio.sleep(_REPORT_SECONDS)
            with suppress(Refused, ConnectionError):
                await self.line.say("quality.report", await self._quality(self.peer))

    @staticmethod
    async def _quality(peer: Peer) -> dict[str, Any]:
        known = await peer.transport()
        rtt_ms, loss_pct = known.get("rtt_ms"), known.get("loss_pct")
        fps = round(peer.sight.fps, 1)
        numbers = quality.Numbers(rtt_ms, loss_pct, None, fps, peer.path)
        return {
            "rtt_ms": rtt_ms, "loss_pct": loss_pct, "jitter_ms": None, "up_kbps": None,
            "down_kbps": None, "fps": fps, "path": peer.path, "score": quality.score(numbers),
            "word": quality.word(numbers), "cause": quality.cause(numbers),
        }  # fmt: skip

    # -- what is heard

    async def _take_all(self) -> None:
        while True:
            heard = await self._heard.get()
            try:
                await self._take(heard)
            except (Refused, ConnectionError, ValueError) as reason:
                # What cannot be used or said is missing later, and that is what is measured.
                _log.info("not taken", kind=heard.kind, why=type(reason).__name__)

    async def _take(self, heard: Heard) -> None:
        body = heard.body
        match heard.kind:
            case "participant.joined":
                self._sits(ParticipantId(_text(body, "participant")), body.get("role"))
            case "session.accepted":
                self.accepted_by = heard.participant
                self.accepted.set()
            case "session.ended":
                self.ended.set()
            case "call.hello" if self._is_partner(heard):
                await self._greeted(body)
            case "call.description" if self._is_partner(heard) and self._is_for_me(body):
                await self._described(body)
            case "call.candidate" if self._is_partner(heard) and self._is_for_me(body):
                if self.peer is not None:
                    mid, index = body.get("mid"), body.get("index")
                    await self.peer.candidate(
                        _text(body, "candidate"),
                        mid if isinstance(mid, str) else None,
                        index if isinstance(index, int) else None,
                    )

    def _sits(self, participant: ParticipantId, role: object) -> None:
        if role == Role.PROSPECT and self.role is Role.ADVISOR:
            self.partner = participant

    def _is_partner(self, heard: Heard) -> bool:
        return not heard.mine and heard.participant == self.partner

    def _is_for_me(self, body: dict[str, Any]) -> bool:
        return body.get("to") == self.me and body.get("toward") in (None, self._instance)

    async def _greeted(self, body: dict[str, Any]) -> None:
        if body.get("to") not in (None, self.me):
            return
        await self._meet(_text(body, "instance"))
        if body.get("to") is None:
            hello = {"instance": self._instance, "to": self.partner}
            await self.line.say("call.hello", hello)

    async def _meet(self, instance: str) -> Peer:
        """The connection with this page of theirs: a new page takes the place of the old."""
        if self.peer is not None and instance == self._toward:
            return self.peer
        self._let_go()
        self._toward, self._offer, self._answer = instance, "", ""
        self.peer = Peer(
            self._reach,
            voice=Tone(PERIODS[self.role]),
            picture=Picture(_COLOURS[self.role]),
            expects=self._expects,
            live=self._live,
        )
        self.met.set()
        if self.role is Role.PROSPECT:
            await self._describe("offer", await self.peer.offer())
        return self.peer

    def _let_go(self) -> None:
        """Of the connection there is; where its way is gone, that takes its time."""
        if self.peer is not None:
            task = asyncio.get_running_loop().create_task(self.peer.close())
            self._left.add(task)
            task.add_done_callback(self._left.discard)
            self.peer = None

    async def _dial_anew(self) -> None:
        """Their way is gone, and aiortc follows to no other: be another page, which they take as
        they take one that was reloaded."""
        toward, self._toward, self._instance = self._toward, "", secrets.token_hex(8)
        hello = {"instance": self._instance, "to": self.partner}
        await self.line.say("call.hello", hello)
        await self._meet(toward)

    async def _described(self, body: dict[str, Any]) -> None:
        sdp = _text(body, "sdp")
        peer = await self._meet(_text(body, "instance"))
        if body.get("type") == "answer" and self.role is Role.PROSPECT and not self._answer:
            self._answer = sdp
            await peer.answered(sdp)
        elif body.get("type") == "offer":
            try:
                if sdp != self._offer:
                    self._offer, self._answer = sdp, await peer.answer(sdp)
            except AnotherRound:
                await self._dial_anew()
            else:
                await self._describe("answer", self._answer)

    async def _describe(self, type_: str, sdp: str) -> None:
        await self.line.say(
            "call.description",
            {
                "to": self.partner, "instance": self._instance, "toward": self._toward,
                "type": type_, "sdp": sdp,
            },
        )  # fmt: skip


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > _LONGEST_SDP:
        raise ValueError(name)
    return value
