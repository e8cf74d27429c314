"""Ending a talk and barring its prospect (OB-17): one press of its advisor, and nothing is written.

The browser is known by its seat for the whole period, the line only for minutes: others share it.
What is kept is that the session ended so. It never stands before a receipt or any other page.
"""

from typing import Final

from aiohttp import web as aioweb

from sessions.events import Refused, SessionId, State
from sessions.keys import Shredded
from web.bodies import Body
from web.clients import address_of, line_of
from web.handover import own_talk, session_of
from web.proofs import Effort
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.seats import seat_in_cookie, session_in_cookie

REASON: Final = "barred"


class Bar(Body):
    """Nothing: whose talk it is, and whom it is with, the path says."""


class BarredUntil(Answer):
    until_ms: int


async def bar(ask: Ask) -> aioweb.Response:
    """The talk is over for both at once."""
    parts, session = ask.parts, session_of(ask)
    view = await own_talk(ask, session)
    if not parts.bars.period_ms:
        raise Refused("not.found")
    if (earlier := await _kept_until(ask, session)) is not None:  # pressed twice
        return json_answer(BarredUntil(until_ms=earlier))
    if view.state is not State.ACTIVE:
        raise Refused("kind.state")
    await parts.audit.record(ask.signed_in.account.id, "prospect barred", session)
    until_ms = parts.now_ms() + parts.bars.period_ms
    # Pages of the release before know this reason, and pass over what else is said.
    said = {"reason": "hung_up", "barred_until_ms": until_ms}
    try:
        ended = await parts.lifecycle.end(session, REASON, said=said)
    except Shredded:
        raise Refused("not.found") from None
    if ended is None:
        raise Refused("kind.state")
    parts.relay.announce(ended)
    parts.bars.bar(session, until_ms)
    return json_answer(BarredUntil(until_ms=until_ms))


async def barred_until(ask: Ask) -> int | None:
    """Until when this browser, or the line it comes by, starts no call; None: it may."""
    if not ask.parts.bars.period_ms:
        return None
    found = [ask.parts.bars.closed_until(_line_of(ask))]
    if session := session_in_cookie(ask):
        found.append(ask.parts.bars.until(session))
        if await seat_in_cookie(ask, session) is not None:
            found.append(await _kept_until(ask, session))
    return max((until_ms for until_ms in found if until_ms is not None), default=None)


async def refuse_barred(ask: Ask) -> None:
    """Raises Refused("barred") with the time that is left."""
    until_ms = await barred_until(ask)
    if until_ms is not None:
        raise Refused(REASON, retry_s=max(1, -(-(until_ms - ask.parts.now_ms()) // 1_000)))


def least_effort(ask: Ask) -> Effort:
    """What a start by this line costs at least."""
    return Effort.MUCH if ask.parts.bars.watched(_line_of(ask)) else Effort.LIGHT


def note_line(ask: Ask, session: SessionId) -> None:
    """Its prospect has just come by this line."""
    ask.parts.bars.see(session, _line_of(ask))


def _line_of(ask: Ask) -> str | None:
    return line_of(address_of(ask.request, ask.parts.settings.trusted_proxies))


async def _kept_until(ask: Ask, session: SessionId) -> int | None:
    """The same as the log has it: that outlives a restart, and a node that heard nothing."""
    view = await ask.parts.lifecycle.view(session)
    if view is None or view.end_reason != REASON or view.ended_ms is None:
        return None
    until_ms = view.ended_ms + ask.parts.bars.period_ms
    return until_ms if until_ms > ask.parts.now_ms() else None


ROUTES: Final = (
    Route(
        "POST", "/api/sessions/{session}/bar", bar, Who.ADVISOR, Shape.API,
        "End one's own talk, and bar its prospect from new calls for a while",
        takes=Bar, answers={200: BarredUntil},
    ),
)  # fmt: skip
