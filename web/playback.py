"""What was recorded of a talk, for its advisor or the team's lead: a reason first, then in step.

The reason is in the audit log before anything can be played; nothing of it stays in a browser.
"""

from collections.abc import Sequence
from contextlib import aclosing
from itertools import groupby
from typing import Any, Final, Literal

from aiohttp import web as aioweb

from sessions.envelope import Unreadable
from sessions.events import FileId, Refused, Role, SessionId, State, is_id
from sessions.keys import Shredded
from sessions.lifecycle import Seat, SessionView
from sessions.recordings import Part
from sessions.ways import PLAY
from web.bodies import Body
from web.dossier import moment
from web.fetching import range_of, send_pieces
from web.moments import on_day
from web.reels import reel
from web.routes import Ask, Route, Shape, Who, see_other

WEBM: Final = "video/webm"
REASONS: Final = ("reread", "complaint", "duty")
_PAGE: Final = "/console/session/{session}/recording"


class Why(Body):
    """One of REASONS."""

    reason: Literal["reread", "complaint", "duty"]


async def show(ask: Ask) -> aioweb.Response:
    """Who was recorded when; the players only for whoever has said why."""
    parts, texts, account = ask.parts, ask.texts, ask.signed_in.account
    view = await _talk(ask)
    recorded = await parts.recordings.of(view.session)
    open_ = bool(recorded) and await parts.vault.may_play(view.session, account.id)
    if open_:
        await parts.holds.expect_usable(view.session)
    people = [await _person(ask, view, own) for own in _by_person(recorded)] if open_ else []
    began_ms = min((one.began_ms for one in recorded), default=0)
    return parts.screens.show(
        "recording", texts, {"csrf": ask.signed_in.csrf}, path=ask.path,
        session=view.session, people=people, recorded=bool(recorded), reasons=REASONS,
        day=on_day(moment(view.created_ms), texts.language),
        lanes=[
            {"id": one.id, "person": place, "from": one.began_ms - began_ms,
             "ms": max(0, one.last_ms - one.began_ms)}
            for place, own in enumerate(_by_person(recorded)) for one in own
        ] if open_ else [],
    )  # fmt: skip


async def unlock(ask: Ask) -> aioweb.Response:
    """Say why; then it can be played for an hour."""
    view = await _talk(ask)
    assert ask.form is not None
    reason = ask.form.get("reason", "")
    if reason not in REASONS:
        raise Refused("field.invalid", field="reason")
    leave = await ask.parts.exit.leave(
        PLAY, actor=ask.signed_in.account.id, ground=reason, of=view.session
    )
    await ask.parts.vault.unlock_recordings(leave)
    return see_other(f"{_PAGE.format(session=view.session)}?lang={ask.texts.language}")


async def play(ask: Ask) -> aioweb.StreamResponse:
    """A part, or a range of it, in clear."""
    view = await _talk(ask)
    id = ask.request.match_info["file"]
    part = await ask.parts.recordings.find(view.session, FileId(id)) if is_id(id) else None
    actor = ask.signed_in.account.id
    if part is None or not await ask.parts.vault.may_play(view.session, actor):
        raise Refused("not.found")
    start, end, partly = range_of(ask.request.headers, part.size)
    pieces = reel(ask.parts.vault, ask.parts.recordings, part, start, end, actor=actor)
    whole = f"bytes {start}-{end - 1}/{part.size}" if partly else None
    with ask.parts.downloads.entering(actor):
        async with aclosing(pieces):
            return await send_pieces(ask, pieces, end - start, type=WEBM, range=whole)


async def _talk(ask: Ask) -> SessionView:
    """One's own talk, or one of the team that one leads, once it is over; else there is none."""
    session = SessionId(ask.request.match_info["session"])
    parts, account = ask.parts, ask.signed_in.account
    view = await parts.lifecycle.view_for(session, account.agency) if is_id(session) else None
    if view is None or not (account.role is Role.LEAD or view.advisor_account == account.id):
        raise Refused("not.found")
    if view.state is not State.ENDED:
        raise Refused("not.found")
    return view


def _by_person(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts of each, whoever was first recorded first."""
    first = {one.participant: place for place, one in reversed(list(enumerate(parts)))}
    ordered = sorted(parts, key=lambda one: (first[one.participant], one.began_ms))
    return [list(own) for _, own in groupby(ordered, key=lambda one: one.participant)]


async def _person(ask: Ask, view: SessionView, own: list[Part]) -> dict[str, Any]:
    seats = await ask.parts.lifecycle.everybody(view.session)
    seat = next((one for one in seats if one.participant == own[0].participant), None)
    return {"name": await _name(ask, seat), "role": "" if seat is None else seat.role}


async def _name(ask: Ask, seat: Seat | None) -> str:
    if seat is None:
        return ""
    if seat.account is not None:
        account = await ask.parts.accounts.get(seat.account)
        return "" if account is None else account.display_name
    try:
        return await ask.parts.lifecycle.name_of(seat)
    except (Shredded, Unreadable):
        return ""


ROUTES: Final = (
    Route("GET", _PAGE, show, Who.ADVISOR, Shape.PAGE, "What was recorded of a talk"),
    Route(
        "POST", _PAGE, unlock, Who.ADVISOR, Shape.FORM, "Say why it is to be played", takes=Why,
    ),
    Route(
        "GET", "/api/sessions/{session}/recording/{file}", play, Who.ADVISOR, Shape.API,
        "A part of a recording, or a range of it", limit="transfer",
        gives_bytes={200: WEBM, 206: WEBM}, headers={"Range": {}},
        refuses={416: "Refused: beyond its end", 503: "Refused: try again"},
    ),
)  # fmt: skip
