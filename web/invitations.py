"""One more person in a talk: its advisor invites them by link, lets them in, and sees them out.

A link's secret stands behind the `#`, which no server is sent. It does not know how a guest goes on
from there: as everybody who has a seat does.
"""

import secrets
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from aiohttp import web as aioweb
from pydantic import Field

from sessions.envelope import Unreadable
from sessions.events import Refused, Role, SessionId
from sessions.invitation_views import Standing, Told
from sessions.invitations import Answer as Decision
from sessions.keys import Shredded
from sessions.names import Name, clean_name
from sessions.views import GuestSort
from signaling.attendance import clear_event
from web.bodies import Body
from web.handover import own_talk, session_of
from web.parts import Parts
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.starting import IDEMPOTENCY_KEY, key_of

_ALL: Final = "/api/sessions/{session}/invitations"
_ONE: Final = "/api/invitations/{invitation}"
_Short = Annotated[str, Field(min_length=1, max_length=128)]


class Invite(Body):
    seat: GuestSort


class Made(Answer):
    """The secret is told this once; the page makes a link of it."""

    invitation: str
    secret: str
    expires_ms: int


class Invited(Answer):
    """`name`: of whoever has knocked, as they typed it; nobody has checked it."""

    invitation: str
    seat: GuestSort
    state: Standing
    expires_ms: int
    name: str | None


class Invitations(Answer):
    invitations: list[Invited]


class Decide(Body):
    what: Decision


class Decided(Answer):
    """What holds now, also where somebody was faster."""

    state: Standing


class Remove(Body):
    participant: _Short


class Removed(Answer):
    """Nothing more to say."""


class Knock(Body):
    """Two names, and what the link says."""

    CODES: ClassVar[Mapping[str, tuple[str, str]]] = {
        "first_name": ("name.required", "name.type"),
        "last_name": ("name.required", "name.type"),
    }
    secret: _Short
    first_name: str
    last_name: str


class Knocked(Answer):
    token: str
    seat: GuestSort


class Wait(Body):
    token: _Short


class Waiting(Answer):
    """`session` only once they are let in."""

    state: Told
    session: str | None


# ---- the advisor of the talk


async def invite(ask: Ask) -> aioweb.Response:
    session = session_of(ask)
    await own_talk(ask, session)
    made, secret = await ask.parts.invitations.make(session, ask.taken(Invite).seat)
    _tell(ask.parts, session, made.id, made.standing)
    answer = Made(invitation=made.id, secret=secret, expires_ms=made.expires_ms)
    return json_answer(answer, status=201)


async def invited(ask: Ask) -> aioweb.Response:
    session = session_of(ask)
    await own_talk(ask, session)
    found = await ask.parts.invitations.of(session)
    return json_answer(
        Invitations(
            invitations=[
                Invited(
                    invitation=one.id, seat=one.seat, state=one.standing,
                    expires_ms=one.expires_ms, name=one.name,
                )
                for one in found
            ]
        )
    )  # fmt: skip


async def decide(ask: Ask) -> aioweb.Response:
    """Whoever is let in has a seat from that moment."""
    session, id = session_of(ask), ask.request.match_info["invitation"]
    await own_talk(ask, session)
    try:
        decided = await ask.parts.invitations.decide(session, id, ask.taken(Decide).what)
    except (Shredded, Unreadable):
        raise Refused("not.found") from None
    if decided.joined is not None:
        ask.parts.relay.announce(decided.joined)
    if decided.fresh:
        _tell(ask.parts, session, id, decided.standing)
    return json_answer(Decided(state=decided.standing))


async def remove(ask: Ask) -> aioweb.Response:
    """A guest's seat, given up for them: their connections are closed, on every node."""
    session, wanted = session_of(ask), ask.taken(Remove).participant
    await own_talk(ask, session)
    seats = await ask.parts.lifecycle.everybody(session)
    guests = {one.participant for one in seats if one.role is Role.GUEST}
    guest = next((one for one in guests if one == wanted), None)
    if guest is None:
        raise Refused("not.found")
    left = await ask.parts.lifecycle.release(session, guest, "removed")
    if left is not None:
        ask.parts.relay.announce(left)
    return json_answer(Removed())


# ---- whoever has the link


async def knock(ask: Ask) -> aioweb.Response:
    """The first browser has the link to itself; the same key again is the same knock."""
    parts, wanted = ask.parts, ask.taken(Knock)
    parts.admit_nobody_while_draining()
    name = Name(
        first=clean_name(wanted.first_name, "first_name"),
        last=clean_name(wanted.last_name, "last_name"),
    )
    key, id = key_of(ask) or secrets.token_urlsafe(32), ask.request.match_info["invitation"]
    knocked = await parts.invitations.knock(id, wanted.secret, name, key)
    if knocked.fresh:
        _tell(parts, knocked.session, id, "asked")
    return json_answer(Knocked(token=knocked.token, seat=knocked.seat), status=201)


async def wait(ask: Ask) -> aioweb.Response:
    id = ask.request.match_info["invitation"]
    told, session = await ask.parts.invitations.standing(id, ask.taken(Wait).token)
    return json_answer(Waiting(state=told, session=session))


# ---- inside


def _tell(parts: Parts, session: SessionId, id: str, state: Standing) -> None:
    """Say in the talk that the list is another one; who is on it, the list says."""
    body: dict[str, object] = {"invitation": id, "state": state}
    parts.relay.announce(clear_event(session, "invitation.changed", body))


ROUTES: Final = (
    Route(
        "POST", _ALL, invite, Who.ADVISOR, Shape.API,
        "Invite one more person to one's own talk", takes=Invite, answers={201: Made},
    ),
    Route(
        "GET", _ALL, invited, Who.ADVISOR, Shape.API,
        "Who is invited to one's own talk, and who has knocked", answers={200: Invitations},
    ),
    Route(
        "POST", f"{_ALL}/{{invitation}}", decide, Who.ADVISOR, Shape.API,
        "Let somebody in, or not, or take an invitation back",
        takes=Decide, answers={200: Decided},
    ),
    Route(
        "POST", "/api/sessions/{session}/remove", remove, Who.ADVISOR, Shape.API,
        "See a guest out", takes=Remove, answers={200: Removed},
    ),
    Route(
        "POST", f"{_ONE}/knock", knock, Who.ALL, Shape.API,
        "Use an invitation, and say who comes", takes=Knock, answers={201: Knocked}, limit="call",
        headers={IDEMPOTENCY_KEY: {"pattern": "^[A-Za-z0-9_-]{16,128}$"}},
    ),
    Route(
        "POST", f"{_ONE}/state", wait, Who.ALL, Shape.API,
        "Whether one is let in", takes=Wait, answers={200: Waiting},
    ),
)  # fmt: skip
