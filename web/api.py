"""What a prospect's browser asks for: the desk's state, a call, and admission to its session."""

import asyncio
from base64 import b64encode
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from aiohttp import web as aioweb

from sessions.accounts import ADVISING
from sessions.events import Refused, Role, SessionId, State, is_id
from sessions.keys import Shredded
from sessions.lifecycle import Seat, SessionView
from sessions.views import GuestSort, Stage
from signaling.tickets import Claims
from web.barring import least_effort, note_line
from web.bodies import Body
from web.counting import MAY_COUNT, YES
from web.guard import check_csrf
from web.pages import desk_facts
from web.proofs import Challenge
from web.recording import Terms, allowed, terms_of
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.seats import held_seat, proof_of, seat_of, set_seat_cookie
from web.starting import EDITION, IDEMPOTENCY_KEY, PROOF, StartCall, start

_TURNED_AWAY_SECONDS: Final = 1.0


class DeskState(Answer):
    open: bool
    free: int
    waiting: int
    expected_s: int | None


class Started(Answer):
    session: str
    token: str
    position: int


class Join(Body):
    prepare: bool = False


class Again(Body):
    """Nothing: the seat says it all."""


class Topic(Answer):
    """What the topic of a session means for its prospect."""

    special: list[str]  # of Art. 9 GDPR: they are asked before any of that is spoken of
    health: bool  # whether it is among them, for pages of the release before
    recording: Terms | None  # they may be asked whether they agree to be recorded


class Me(Answer):
    name: str
    title: str


class Person(Answer):
    """Who has a seat, as participant.joined says it; for guests, who did not hear that."""

    participant: str
    role: Role
    name: str
    title: str
    stage: Stage
    seat: GuestSort | None


class Admission(Answer):
    """All that a browser needs to take part."""

    ticket: str
    affinity: str  # for the URL of the socket
    participant: str
    role: Role
    state: State
    epoch: int
    content_key: str | None
    log_epoch: str
    ice_servers: list[dict[str, Any]]
    ice_policy: str
    me: Me
    position: int | None = None
    since: int | None = None  # of a guest: what follows it in the log is theirs to hear
    people: list[Person] | None = None  # the others, for a guest


async def desk_state(ask: Ask) -> aioweb.Response:
    desk = await ask.parts.desk.state()
    return json_answer(DeskState.model_validate(desk_facts(desk)))


async def agency_state(ask: Ask) -> aioweb.Response:
    """The same of one agency."""
    agency = ask.parts.brand.agency(ask.request.match_info["agency"])
    if agency is None:
        raise Refused("not.found")
    desk = await ask.parts.desk.state(agency.code)
    return json_answer(DeskState.model_validate(desk_facts(desk)))


async def challenge(ask: Ask) -> aioweb.Response:
    """Work for a start from this network. Nothing is stored, in the browser as little as here."""
    admission = ask.parts.admission
    effort = await admission.effort(ask.client, least_effort(ask))
    return json_answer(admission.proofs.issue(effort, ask.parts.now_ms()))


async def start_call(ask: Ask) -> aioweb.Response:
    """A place in the queue; see `starting.py`."""
    started = await start(ask, ask.taken(StartCall))
    position = await ask.parts.desk.position(started.session)
    answer = Started(session=started.session, token=started.token, position=position or 1)
    response = json_answer(answer, status=201)
    set_seat_cookie(response, ask.parts.settings, started.session, started.token)
    return response


async def topic(ask: Ask) -> aioweb.Response:
    """Which consents may be asked for, before the talk or in it (OB-11, OB-46)."""
    session = SessionId(ask.request.match_info["session"])
    view = await ask.parts.lifecycle.view(session) if await seat_of(ask, session) else None
    if view is None:
        raise Refused("not.found")
    special = ask.parts.brand.concerns(view.topic)
    recorded = allowed(ask.parts, view.topic)
    if recorded and ask.parts.takes is not None and view.state is State.ACTIVE:
        ask.parts.takes.warm()
    return json_answer(
        Topic(
            special=list(special),
            health="health" in special,
            recording=terms_of(ask.parts, ask.texts) if recorded else None,
        )
    )


async def again(ask: Ask) -> aioweb.Response:
    """The advisor of a talk is gone: its prospect waits anew, before everybody else."""
    ask.parts.admit_nobody_while_draining()
    session = SessionId(ask.request.match_info["session"])
    if await seat_of(ask, session) is None:
        raise Refused("not.found")
    try:
        succession = await ask.parts.successions.again(session)
    except Shredded:
        raise Refused("not.found") from None
    started = succession.started
    for event in (succession.ended, started.joined):
        if event is not None:
            ask.parts.relay.announce(event)
    position = await ask.parts.desk.position(started.session)
    answer = Started(session=started.session, token=started.token, position=position or 1)
    response = json_answer(answer, status=201)
    set_seat_cookie(response, ask.parts.settings, started.session, started.token)
    return response


async def join(ask: Ask) -> aioweb.Response:
    """Admit whoever has a seat in the session, or an advisor, who may take one."""
    ask.parts.admit_nobody_while_draining()
    try:
        with ask.parts.gate.entering():
            return await _join(ask)
    except Refused as refused:
        if refused.code == "too.fast":  # whoever knocks and knocks waits for each answer
            with suppress(Refused), ask.parts.turned_away.entering():
                await asyncio.sleep(_TURNED_AWAY_SECONDS)
        raise


async def _join(ask: Ask) -> aioweb.Response:
    session = SessionId(ask.request.match_info["session"])
    # One browser may hold both cookies, as when somebody tries the platform alone. Only pages of
    # the signed-in send their token, so it says as whom this page asks.
    as_advisor = ask.who is not None and "X-CSRF-Token" in ask.request.headers
    seat = None if as_advisor else await _held_seat(ask, session)
    if seat is None:
        seat = await _advisor_seat(ask, session)
        ask.parts.speaking.penalties.check(seat.participant, monotonic())
    view = await ask.parts.lifecycle.view(session)
    if view is None:
        raise Refused("not.found")
    return json_answer(await _admission(ask, session, seat, view))


async def _held_seat(ask: Ask, session: SessionId) -> Seat | None:
    """Whoever has to stay out for a while is known by their token: that costs no look at the
    database but the first."""
    penalties, proof = ask.parts.speaking.penalties, proof_of(ask, session)
    penalties.check(proof, monotonic())
    seat = await held_seat(ask, session)
    if seat is not None:
        penalties.also(proof, seat.participant)
        penalties.check(seat.participant, monotonic())
        if seat.role is Role.PROSPECT:
            note_line(ask, session)
    return seat


async def _advisor_seat(ask: Ask, session: SessionId) -> Seat:
    """Everybody else gets the one answer that also an unknown session gets."""
    if ask.who is None or ask.who.account.role not in ADVISING:
        raise Refused("not.found")
    check_csrf(ask)
    account, lifecycle = ask.who.account, ask.parts.lifecycle
    if not is_id(session) or await lifecycle.view_for(session, account.agency) is None:
        raise Refused("not.found")
    seat = await lifecycle.advisor_seat(session, account.id, prepare=ask.taken(Join).prepare)
    if seat.joined is not None:
        ask.parts.relay.announce(seat.joined)
    return seat


async def _admission(ask: Ask, session: SessionId, seat: Seat, view: SessionView) -> Admission:
    parts = ask.parts
    try:
        key = await parts.keys.content_key(session, view.epoch)
    except Shredded:  # erased: nothing is left to be admitted to
        raise Refused("not.found") from None
    account = ask.who.account if seat.role is Role.ADVISOR and ask.who else None
    name = account.display_name if account else await parts.lifecycle.name_of(seat)
    by = account.id if account else None
    claims = Claims(session, seat.participant, seat.role, by, name, since=seat.since)
    guest = seat.role is Role.GUEST
    waiting = view.state is State.WAITING
    return Admission(
        ticket=parts.tickets.issue(claims, parts.now_ms()),
        affinity=parts.tickets.affinity(session),
        participant=seat.participant,
        role=seat.role,
        state=view.state,
        epoch=view.epoch,
        content_key=b64encode(key).decode(),
        log_epoch=parts.log.epoch,
        ice_servers=[]
        if view.state is State.ENDED
        else parts.ice.servers(session, seat.participant),
        ice_policy=parts.settings.ice_policy,
        me=Me(name=name, title=account.title if account else ""),
        position=await parts.desk.position(session) if waiting else None,
        since=seat.since if guest else None,
        people=await _people(ask, seat, view) if guest else None,
    )


async def _people(ask: Ask, me: Seat, view: SessionView) -> list[Person]:
    """Who sits there beside this guest."""
    titles = {one.id: one.title for one in await ask.parts.accounts.list()}
    return [
        Person(
            participant=seat.participant, role=seat.role,
            name=await ask.parts.lifecycle.name_of(seat),
            title=titles.get(seat.account or "", ""), stage=seat.stage, seat=seat.guest,
        )
        for seat in view.roster if seat.participant != me.participant
    ]  # fmt: skip


ROUTES: Final = (
    Route(
        "GET", "/api/desk/state", desk_state, Who.ALL, Shape.API,
        "How soon someone will answer", answers={200: DeskState},
    ),
    Route(
        "GET", "/api/desk/state/{agency}", agency_state, Who.ALL, Shape.API,
        "How soon someone of an agency will answer", answers={200: DeskState},
    ),
    Route(
        "GET", "/api/challenge", challenge, Who.ALL, Shape.API,
        "A proof of work to do before a call is started", answers={200: Challenge},
        limit="challenge",
    ),
    Route(
        "POST", "/api/calls", start_call, Who.ALL, Shape.API,
        "Start an instant call", takes=StartCall, answers={201: Started}, limit="call",
        headers={
            IDEMPOTENCY_KEY: {"pattern": "^[A-Za-z0-9_-]{16,128}$"},
            PROOF: {"description": "The solved challenge, as ALTCHA packs it; see /api/challenge"},
            EDITION: {"description": "Which edition of the notices was shown"},
            MAY_COUNT: {"description": f"{YES}: nobody objects here"},
        },
    ),
    Route(
        "POST", "/api/sessions/{session}/join", join, Who.SEAT, Shape.API,
        "Be admitted to a session", takes=Join, answers={200: Admission},
    ),
    Route(
        "POST", "/api/sessions/{session}/again", again, Who.PROSPECT, Shape.API,
        "Wait anew, first in the queue, when the advisor of a talk is gone",
        takes=Again, answers={201: Started},
    ),
    Route(
        "GET", "/api/sessions/{session}/topic", topic, Who.PROSPECT, Shape.API,
        "Which consents a talk about its topic may ask its prospect for", answers={200: Topic},
    ),
)  # fmt: skip
