"""A checkup while one waits: the browser's offer of a data channel, answered by the far end."""

from typing import Annotated, Final

from aiohttp import web as aioweb
from pydantic import Field

from media.checkup import Refusal
from media.sdp import MAX_BYTES
from sessions.events import Refused, SessionId, State
from web.bodies import Body
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.seats import seat_of

_RETRY_S: Final = 10


class Offer(Body):
    """Of one data channel, all candidates inside."""

    sdp: Annotated[str, Field(min_length=1, max_length=MAX_BYTES)]


class Answered(Answer):
    sdp: str


async def begin(ask: Ask) -> aioweb.Response:
    """Only for who waits: a talk that runs is not to be disturbed."""
    ask.parts.admit_nobody_while_draining()
    session = SessionId(ask.request.match_info["session"])
    checkups = ask.parts.checkups
    view = await ask.parts.lifecycle.view(session) if await seat_of(ask, session) else None
    if checkups is None or view is None:
        raise Refused("not.found")
    if view.state is not State.WAITING:
        raise Refused("kind.state")
    try:
        sdp = await checkups.begin(session, ask.taken(Offer).sdp)
    except Refusal as refusal:
        if refusal.code == "bad_offer":
            raise Refused("field.invalid", field="sdp") from None
        raise Refused("busy", retry_s=_RETRY_S) from None
    return json_answer(Answered(sdp=sdp), status=201)


ROUTES: Final = (
    Route(
        "POST", "/api/sessions/{session}/checkup", begin, Who.PROSPECT, Shape.API,
        "Try the connection while one waits: answers the offer of a data channel that sends back",
        takes=Offer, answers={201: Answered}, limit="checkup",
    ),
)  # fmt: skip
