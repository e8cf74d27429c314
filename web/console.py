"""The advisor's console: its page, the desk as this advisor sees it, and tickets for live news."""

from typing import Final, Literal

import structlog
from aiohttp import web as aioweb

from sessions.accounts import ADVISING, Wish
from sessions.envelope import Unreadable
from sessions.events import OPS, Refused, Role, State, desk_of, is_id
from sessions.keys import Shredded
from sessions.lifecycle import SessionView
from signaling.tickets import Claims
from web.availability import headcount
from web.board import Checkup
from web.bodies import Body
from web.console_corrections import News, news_of
from web.handover import Handed, handed_on
from web.parts import Parts
from web.recording import allowed, terms_of
from web.routes import Answer, Ask, Route, Shape, Who, json_answer

TODAY_MS: Final = 12 * 3_600_000
_log: Final = structlog.get_logger("console")


class MyState(Answer):
    wish: Wish
    in_talk: bool


class Colleagues(Answer):
    free: int
    busy: int
    away: int


class Connection(Answer):
    """What a checkup found (see `media/quality.py`)."""

    word: str
    cause: str
    path: str
    microphone: str  # heard, quiet, off


class Waiting(Answer):
    """A prospect at the desk. The name is what was typed: nobody has checked it."""

    session: str
    first_name: str
    last_name: str
    topic: str | None
    language: str
    waiting_since_ms: int
    present: bool
    prepared_by_me: bool
    connection: Connection | None  # None: not checked
    handed: Handed | None = None


class Mine(Answer):
    session: str
    name: str | None
    since_ms: int
    state: str
    ended_ms: int | None
    corrections: int  # that the prospect made since
    objections: list[str]  # the purposes that stand objected to
    special: list[str]  # what of Art. 9 GDPR it may come to
    health: bool  # the first of them, for pages of the release before
    recording: bool  # it may be recorded, if everybody agrees
    recorded: int  # parts of a recording of it


class DeskView(Answer):
    me: MyState
    colleagues: Colleagues
    waiting: list[Waiting]
    mine: list[Mine]
    longest_s: int | None
    now_ms: int


class WishBody(Body):
    wish: Wish


class Wished(Answer):
    wish: Wish


class TicketBody(Body):
    channel: Literal["desk", "ops"]


class Ticket(Answer):
    ticket: str


async def show_console(ask: Ask) -> aioweb.Response:
    return _page(ask, None)


async def show_session(ask: Ask) -> aioweb.Response:
    session = ask.request.match_info["session"]
    if not is_id(session):
        raise Refused("not.found")
    return _page(ask, session)


async def ticket(ask: Ask) -> aioweb.Response:
    """A minute's right to listen to the desk (advisors) or to the numbers (operators)."""
    ask.parts.admit_nobody_while_draining()
    account = ask.signed_in.account
    channel = ask.taken(TicketBody).channel
    role = Role.ADVISOR if account.role in ADVISING else account.role
    if (channel, role) not in (("desk", Role.ADVISOR), ("ops", Role.OPERATOR)):
        raise Refused("role.wrong")
    claims = Claims(
        desk_of(account.agency) if channel == "desk" else OPS,
        None, role, account.id, account.display_name,
    )  # fmt: skip
    return json_answer(Ticket(ticket=ask.parts.tickets.issue(claims, ask.parts.now_ms())))


def _connection(found: Checkup | None) -> Connection | None:
    if found is None:
        return None
    return Connection(
        word=found.word, cause=found.cause, path=found.path, microphone=found.microphone
    )


async def desk(ask: Ask) -> aioweb.Response:
    """Who waits, by name, and how this advisor stands. Names are opened here and nowhere else."""
    parts = ask.parts
    account = ask.signed_in.account
    now_ms = parts.now_ms()
    waiting = await parts.lifecycle.waiting(account.agency)
    advisors = await parts.accounts.colleagues(account.agency)
    mine = await parts.lifecycle.advisor_talks(account.id, account.agency, now_ms - TODAY_MS)
    news = await news_of(ask, [one.session for one in mine])
    handed = await handed_on(ask, [one.session for one in waiting])
    recorded = await parts.recordings.counts([one.session for one in mine])
    present = headcount(one for one in advisors if one.account != account.id)
    me = next((one for one in advisors if one.account == account.id), None)
    since_ms = [
        handed[one.session].at_ms if one.session in handed else one.waiting_since_ms
        for one in waiting
    ]
    longest_ms = None if not since_ms else now_ms - min(since_ms)
    view = DeskView(
        me=MyState(
            wish=me.wish if me else "away",
            in_talk=any(one.state is State.ACTIVE for one in mine),
        ),
        colleagues=Colleagues(free=present.free, busy=present.busy, away=present.away),
        waiting=[
            Waiting(
                session=one.session,
                first_name=one.first_name,
                last_name=one.last_name,
                topic=one.topic,
                language=one.language,
                waiting_since_ms=one.waiting_since_ms,
                present=one.present,
                prepared_by_me=account.id in one.prepared_by,
                connection=_connection(parts.board.checkup(one.session)),
                handed=handed.get(one.session),
            )
            for one in waiting
        ],
        mine=[await _mine(ask, one, news, recorded.get(one.session, 0)) for one in mine],
        longest_s=None if longest_ms is None else longest_ms // 1_000,
        now_ms=now_ms,
    )
    return json_answer(view)


async def wish(ask: Ask) -> aioweb.Response:
    """Free, busy or away: kept, so that it survives a reload."""
    wanted = ask.taken(WishBody).wish
    await ask.parts.accounts.wish(ask.signed_in.account.id, wanted)
    ask.parts.desk.availability_changed()
    return json_answer(Wished(wish=wanted))


async def _mine(ask: Ask, view: SessionView, news: News, recorded: int) -> Mine:
    parts, over = ask.parts, view.state is State.ENDED
    corrections, objections = news
    special = parts.brand.concerns(view.topic)
    return Mine(
        session=view.session,
        name=None if over else await _prospect_name(parts, view),
        since_ms=view.accepted_ms or view.created_ms,
        state=view.state,
        ended_ms=view.ended_ms,
        corrections=corrections.get(view.session, 0),
        objections=objections.get(view.session, []),
        special=list(special),
        health="health" in special,
        recording=allowed(parts, view.topic),
        recorded=recorded,
    )


async def _prospect_name(parts: Parts, view: SessionView) -> str | None:
    for seat in view.roster:
        if seat.role is Role.PROSPECT:
            try:
                return await parts.lifecycle.name_of(seat)
            except (Shredded, Unreadable):
                _log.exception("a name does not open")
    return None


def _page(ask: Ask, session: str | None) -> aioweb.Response:
    who = ask.signed_in
    terms = None if ask.parts.takes is None else terms_of(ask.parts, ask.texts)
    data = {
        "csrf": who.csrf,
        "me": {"name": who.account.display_name, "title": who.account.title},
        "topics": ask.parts.brand.topics_in(ask.texts.language),
        "session": session,
        "leads": who.account.role is Role.LEAD,
        "scanned": ask.parts.settings.scanned,
        "bar_minutes": ask.parts.settings.bar_minutes,
        "recording": None if terms is None else terms.model_dump(),
    }
    versions = ask.parts.editions[ask.texts.language].versions
    return ask.parts.screens.show("console", ask.texts, data, path=ask.path, notices=versions)


ROUTES: Final = (
    Route("GET", "/console", show_console, Who.ADVISOR, Shape.PAGE, "The advisor's console"),
    Route(
        "GET", "/console/session/{session}", show_session, Who.ADVISOR, Shape.PAGE,
        "The console with one session",
    ),
    Route(
        "GET", "/api/desk", desk, Who.ADVISOR, Shape.API,
        "The desk as this advisor sees it", answers={200: DeskView},
    ),
    Route(
        "POST", "/api/desk/wish", wish, Who.ADVISOR, Shape.API,
        "Be free, busy or away", takes=WishBody, answers={200: Wished},
    ),
    Route(
        "POST", "/api/tickets", ticket, Who.WATCHES, Shape.API,
        "Listen to the desk or to the numbers", takes=TicketBody, answers={200: Ticket},
    ),
)  # fmt: skip
