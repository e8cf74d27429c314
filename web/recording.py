"""Being recorded: a seat whose person agreed offers its stream, and anybody in the talk ends it.

That somebody agreed is read from the log, through the audited door, before anything is taken.
"""

from datetime import UTC, datetime
from typing import Annotated, Final

from aiohttp import web as aioweb
from pydantic import Field

from media.recorder import Refusal
from media.sdp import MAX_BYTES
from sessions import consent
from sessions.events import Refused, Role, SessionId, State, participant_of
from sessions.lifecycle import Seat
from sessions.vault import RECORDER
from sessions.ways import RECORD
from web.bodies import Body
from web.parts import Parts
from web.periods import length_of
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.seats import seat_here
from web.takes import Takes
from web.texts import Texts

PURPOSE: Final = "recording"
CHANGED: Final = "recording.changed"
_PATH: Final = "/api/sessions/{session}/recording"
# What the recorder refuses with that is not about the offer.
_BUSY: Final = frozenset({"too_many", "unavailable"})


class Offer(Body):
    """A description with all its candidates, and room for nothing but what this person sends."""

    sdp: Annotated[str, Field(min_length=1, max_length=MAX_BYTES)]


class Taken(Answer):
    """The answer; the part goes on until its connection ends."""

    part: str
    sdp: str


class Stop(Body):
    """All: whoever is recorded. Else only whoever asks."""

    all: bool = False


class Terms(Answer):
    """What those who are asked are told, in their language."""

    purpose: str
    period: str


def allowed(parts: Parts, topic: str | None) -> bool:
    """Whether talks about it may be recorded on this node now."""
    today = datetime.fromtimestamp(parts.now_ms() / 1_000, UTC).date()
    return parts.takes is not None and parts.brand.records(topic, today)


def terms_of(parts: Parts, texts: Texts) -> Terms:
    """What for, and for how long; of a brand that records."""
    policy = parts.brand.recording
    assert policy is not None
    return Terms(
        purpose=policy.purpose.text(texts.language), period=length_of(policy.period, texts)
    )


async def offer(ask: Ask) -> aioweb.Response:
    """Take this person's stream, if it may be recorded and they agreed."""
    ask.parts.admit_nobody_while_draining()
    seat = await _recordable(ask)
    takes = await _expect_allowed(ask, seat.session)
    await _expect_agreed(ask, seat)
    try:
        part, answer = await takes.begin(seat.session, seat.participant, ask.taken(Offer).sdp)
    except Refusal as refusal:
        if refusal.code in _BUSY:
            raise Refused("recording.busy", retry_s=5) from None
        raise Refused("recording.offer", field="sdp") from None
    return json_answer(Taken(part=part, sdp=answer))


async def stop(ask: Ask) -> aioweb.Response:
    """Nothing more is kept, of this person or of anybody. Again is no error."""
    seat = await _recordable(ask)
    whom = None if ask.taken(Stop).all else seat.participant
    if ask.parts.takes is None:
        await ask.parts.recordings.halt(seat.session, whom)
    else:
        await ask.parts.takes.stop(seat.session, whom)
    return aioweb.Response(status=204)


async def _recordable(ask: Ask) -> Seat:
    """Guests are never recorded, and a recording of others is none of their business."""
    seat = await seat_here(ask)
    if seat.role is Role.GUEST:
        raise Refused("not.found")
    return seat


async def _expect_allowed(ask: Ask, session: SessionId) -> Takes:
    view = await ask.parts.lifecycle.view(session)
    if view is None or ask.parts.takes is None or not allowed(ask.parts, view.topic):
        raise Refused("recording.off")
    if view.state is not State.ACTIVE:
        raise Refused("session.ended" if view.state is State.ENDED else "kind.state")
    return ask.parts.takes


async def _expect_agreed(ask: Ask, seat: Seat) -> None:
    """An advisor asked to record, nobody stopped it since, and this person's consent stands."""
    on, entries = False, list[consent.Entry]()
    seats = await ask.parts.lifecycle.everybody(seat.session)
    advisors = {one.participant for one in seats if one.role is Role.ADVISOR}
    leave = await ask.parts.exit.leave(
        RECORD, actor=RECORDER, ground=seat.participant, of=seat.session
    )
    async for read in ask.parts.vault.open_log(leave, kinds=(CHANGED, "consent.changed")):
        if read.body is None:
            continue
        if read.event.kind == CHANGED:
            on = read.body.get("on") is True and participant_of(read.event.sender) in advisors
        elif (entry := consent.read(read.event, read.body)) is not None:
            entries.append(entry)
    standing = consent.state(entries).get((seat.participant, PURPOSE))
    if not on or standing is None or not standing.given:
        raise Refused("recording.consent")


ROUTES: Final = (
    Route(
        "POST", _PATH, offer, Who.SEAT, Shape.API, "Be recorded, as agreed", takes=Offer,
        answers={200: Taken}, limit="file",
    ),
    Route(
        "POST", f"{_PATH}/stop", stop, Who.SEAT, Shape.API, "End what is recorded", takes=Stop,
        answers={204: None},
    ),
)  # fmt: skip
