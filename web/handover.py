"""Handing a prospect on, in the talk: to a colleague, to whoever is free, or back to wait.

Only the talk's own advisor can; only whoever takes it over reads the note.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar, Final

from aiohttp import web as aioweb

from sessions.accounts import ADVISING, Account
from sessions.envelope import Unreadable
from sessions.events import Refused, SessionId, State, is_id
from sessions.handovers import Handover, Reason, clean_note
from sessions.keys import Shredded
from sessions.lifecycle import SessionView
from sessions.succession import Handing
from sessions.ways import NOTE
from web.bodies import Body
from web.routes import Answer, Ask, Route, Shape, Who, json_answer


class Colleague(Answer):
    account: str
    name: str
    title: str


class Colleagues(Answer):
    """Who could take somebody over now; never the one who asks."""

    free: list[Colleague]


class HandOver(Body):
    """`to`: an account, or null for whoever is free. `topic`: null leaves it as it is."""

    CODES: ClassVar[Mapping[str, tuple[str, str]]] = {
        "topic": ("topic.unknown", "topic.unknown"),
    }
    to: str | None = None
    reason: Reason = "handed"
    topic: str | None = None
    note: str = ""


class HandedOver(Answer):
    session: str  # in which the prospect goes on


class Handed(Answer):
    """That a prospect at the desk comes from a colleague's talk. Names are of advisors."""

    at_ms: int
    reason: Reason
    by: str
    by_me: bool
    to: str | None
    to_me: bool
    until_ms: int | None  # so long only `to` can take them
    noted: bool


class Taken(Answer):
    """What whoever takes the person over is told."""

    by: str
    at_ms: int
    reason: Reason
    note: str


async def colleagues(ask: Ask) -> aioweb.Response:
    return json_answer(Colleagues(free=[_shown(one) for one in await _free(ask)]))


async def hand_over(ask: Ask) -> aioweb.Response:
    """The talk is over for its advisor; the prospect's page goes on by itself."""
    parts, wanted = ask.parts, ask.taken(HandOver)
    parts.admit_nobody_while_draining()
    session = session_of(ask)
    view = await own_talk(ask, session)
    if (later := await parts.handovers.after(session)) is not None:  # asked twice
        return json_answer(HandedOver(session=later))
    if wanted.topic is not None and wanted.topic not in parts.brand.topic_codes():
        raise Refused("topic.unknown", field="topic")
    handing = Handing(
        by=ask.signed_in.account,
        to=await _colleague(ask, wanted.to),
        reason=wanted.reason,
        topic=view.topic if wanted.topic is None else wanted.topic,
        note=clean_note(wanted.note),
    )
    try:
        succession = await parts.successions.hand_over(session, handing)
    except (Shredded, Unreadable):
        raise Refused("not.found") from None
    for event in (succession.ended, succession.started.joined):
        if event is not None:
            parts.relay.announce(event)
    return json_answer(HandedOver(session=succession.started.session))


async def show(ask: Ask) -> aioweb.Response:
    """For whoever has taken the person over, or is asked first; for everybody else it is not there.

    A note is opened with the key of the session: that is written down, and the person can see it.
    """
    parts, account = ask.parts, ask.signed_in.account
    session = session_of(ask)
    view = await parts.lifecycle.view_for(session, account.agency)
    found = (await parts.handovers.of([session])).get(session)
    if view is None or found is None or not _may_read(view, found, account, parts.now_ms()):
        raise Refused("not.found")
    note = ""
    if found.noted:
        await parts.exit.leave(NOTE, actor=account.id, ground=account.id, of=session, about=session)
        try:
            note = await parts.handovers.note(session)
        except (Shredded, Unreadable):
            raise Refused("not.found") from None
    by = await parts.accounts.get(found.by)
    return json_answer(
        Taken(
            by="" if by is None else by.display_name,
            at_ms=found.at_ms, reason=found.reason, note=note,
        )
    )  # fmt: skip


async def handed_on(ask: Ask, sessions: Collection[SessionId]) -> Mapping[SessionId, Handed]:
    """Which of them were handed on, as this advisor sees it."""
    found = await ask.parts.handovers.of(sessions)
    if not found:
        return {}
    names = {one.id: one.display_name for one in await ask.parts.accounts.list()}
    me = ask.signed_in.account.id
    return {
        one.session: Handed(
            at_ms=one.at_ms, reason=one.reason, by=names.get(one.by, ""), by_me=one.by == me,
            to=None if one.to is None else names.get(one.to), to_me=one.to == me,
            until_ms=one.until_ms, noted=one.noted,
        )
        for one in found.values()
    }  # fmt: skip


def _may_read(view: SessionView, found: Handover, account: Account, now_ms: int) -> bool:
    if view.state is State.ACTIVE:
        return view.advisor_account == account.id
    asked = found.to == account.id and now_ms < (found.until_ms or 0)
    return view.state is State.WAITING and asked


def session_of(ask: Ask) -> SessionId:
    """The session of the path. Raises Refused("not.found") where that is none."""
    session = ask.request.match_info["session"]
    if not is_id(session):
        raise Refused("not.found")
    return SessionId(session)


async def own_talk(ask: Ask, session: SessionId) -> SessionView:
    """Whose talk it is not hears what they hear of one that never was."""
    account = ask.signed_in.account
    view = await ask.parts.lifecycle.view_for(session, account.agency)
    if view is None or view.advisor_account != account.id:
        raise Refused("not.found")
    return view


async def _free(ask: Ask) -> list[Account]:
    me = ask.signed_in.account
    free = set(await ask.parts.accounts.free(me.agency)) - {me.id}
    return [one for one in await ask.parts.accounts.list() if one.id in free]


async def _colleague(ask: Ask, wanted: str | None) -> Account | None:
    if wanted is None:
        return None
    found = next((one for one in await _free(ask) if one.id == wanted), None)
    if found is None or found.role not in ADVISING:
        raise Refused("handover.colleague", field="to")
    return found


def _shown(one: Account) -> Colleague:
    return Colleague(account=one.id, name=one.display_name, title=one.title)


ROUTES: Final = (
    Route(
        "GET", "/api/colleagues", colleagues, Who.ADVISOR, Shape.API,
        "Who could take somebody over now", answers={200: Colleagues},
    ),
    Route(
        "POST", "/api/sessions/{session}/handover", hand_over, Who.ADVISOR, Shape.API,
        "Hand the prospect of one's own talk on", takes=HandOver, answers={200: HandedOver},
    ),
    Route(
        "GET", "/api/sessions/{session}/handover", show, Who.ADVISOR, Shape.API,
        "What was said to whoever takes a prospect over", answers={200: Taken},
    ),
)  # fmt: skip
