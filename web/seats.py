"""How a browser holds a seat: a prospect's by one cookie, or by a bearer token in its place; a
guest's by such a token."""

import hashlib
from typing import Final

from aiohttp import web as aioweb

from sessions.accounts import ADVISING
from sessions.events import Refused, Role, SessionId, is_id
from sessions.lifecycle import Seat
from web.guard import check_csrf
from web.routes import Ask
from web.settings import Settings

_MAX_TOKEN: Final = 128


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds it to this host, and needs TLS."""
    return "__Host-visavis-seat" if settings.secure else "visavis-seat"


def set_seat_cookie(
    response: aioweb.StreamResponse, settings: Settings, session: SessionId, token: str
) -> None:
    """OB-26: one session cookie, no expiry, not for scripts."""
    response.set_cookie(
        cookie_name(settings),
        f"{session}.{token}",
        path="/",
        httponly=True,
        samesite="Lax",
        secure=settings.secure,
    )


def token_of(ask: Ask, session: SessionId) -> str | None:
    """What a browser brings to prove the seat of this session, whether or not it does."""
    scheme, _, token = ask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        held, _, token = ask.request.cookies.get(cookie_name(ask.parts.settings), "").partition(".")
        if held != session:
            return None
    token = token.strip()
    return token if 0 < len(token) <= _MAX_TOKEN and token.isascii() else None


def proof_of(ask: Ask, session: SessionId) -> str:
    """The same, in a form that may be kept in memory: it opens nothing."""
    return hashlib.sha256(f"{session}.{token_of(ask, session) or ''}".encode()).hexdigest()


def session_in_cookie(ask: Ask) -> SessionId:
    """The session that the cookie says it is of: that proves nothing, and may be no session."""
    value = ask.request.cookies.get(cookie_name(ask.parts.settings), "")
    return SessionId(value.partition(".")[0])


async def seat_in_cookie(ask: Ask, session: SessionId) -> Seat | None:
    """The prospect's seat that the cookie proves, if it is one of this session."""
    value = ask.request.cookies.get(cookie_name(ask.parts.settings), "")
    held, _, token = value.partition(".")
    return _prospects(await _seat(ask, session, token)) if held == session else None


async def seat_of(ask: Ask, session: SessionId) -> Seat | None:
    """The same, by `Authorization: Bearer` first: that is for browsers without cookies."""
    return _prospects(await held_seat(ask, session))


async def held_seat(ask: Ask, session: SessionId) -> Seat | None:
    """The seat that this browser proves, whether it is the prospect's or a guest's."""
    token = token_of(ask, session)
    return None if token is None else await _seat(ask, session, token)


def _prospects(seat: Seat | None) -> Seat | None:
    return seat if seat is not None and seat.role is Role.PROSPECT else None


async def _seat(ask: Ask, session: SessionId, token: str) -> Seat | None:
    if not token or len(token) > _MAX_TOKEN or not token.isascii() or not is_id(session):
        return None
    return await ask.parts.lifecycle.seat_of(session, token)


async def seat_here(ask: Ask) -> Seat:
    """Whoever has a seat in the session of the path; everybody else gets the one answer."""
    session = SessionId(ask.request.match_info["session"])
    as_advisor = ask.who is not None and "X-CSRF-Token" in ask.request.headers
    seat = None if as_advisor else await held_seat(ask, session)
    if seat is not None:
        return seat
    if ask.who is None or ask.who.account.role not in ADVISING:
        raise Refused("not.found")
    if ask.route.unsafe:
        check_csrf(ask)
    parts, account = ask.parts, ask.who.account
    view = await parts.lifecycle.view_for(session, account.agency) if is_id(session) else None
    for one in view.roster if view is not None else ():
        if one.account == account.id:
            return one
    raise Refused("not.found")
