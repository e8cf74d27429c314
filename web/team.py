"""The team of whoever leads it: who is on duty, how many wait, and which talks are over today.

Of the own agency alone. Of those who call it tells neither a name nor a word.
"""

from typing import Final, Literal

from aiohttp import web as aioweb

from sessions.accounts import Availability
from sessions.lifecycle import SessionView
from web.console import TODAY_MS
from web.routes import Answer, Ask, Route, Shape, Who, json_answer

Duty = Literal["free", "busy", "talk", "away"]


class Member(Answer):
    """Somebody of the team, and what one may expect of them now."""

    account: str
    name: str
    title: str
    duty: Duty


class Ended(Answer):
    """A talk that is over: how long it was, whose, and how it ended."""

    session: str
    began_ms: int
    talk_s: int | None  # None: nobody answered
    advisor: str | None
    state: str
    recorded: int


class TeamView(Answer):
    members: list[Member]
    waiting: int
    longest_s: int | None
    ended: list[Ended]
    now_ms: int


async def team(ask: Ask) -> aioweb.Response:
    """The team as its lead sees it."""
    parts, agency = ask.parts, ask.signed_in.account.agency
    now_ms = parts.now_ms()
    known = {one.id: one for one in await parts.accounts.list()}
    queue = set((await parts.lifecycle.queues()).get(agency, ()))
    since_ms = [one.created_ms for one in await parts.lifecycle.live() if one.session in queue]
    over = await parts.lifecycle.over_of(agency, now_ms - TODAY_MS)
    recorded = await parts.recordings.counts([one.session for one in over])
    members = [
        Member(
            account=one.account, name=known[one.account].display_name,
            title=known[one.account].title, duty=duty_of(one),
        )
        for one in await parts.accounts.colleagues(agency)
        if one.account in known
    ]  # fmt: skip
    view = TeamView(
        members=members,
        waiting=len(since_ms),
        longest_s=(now_ms - min(since_ms)) // 1_000 if since_ms else None,
        ended=[
            _ended(one, getattr(known.get(one.advisor_account or ""), "display_name", None),
                   recorded.get(one.session, 0))
            for one in over
        ],
        now_ms=now_ms,
    )  # fmt: skip
    return json_answer(view)


def duty_of(one: Availability) -> Duty:
    """Whoever has no console open is away, whatever they wished for when they left."""
    if one.in_talk:
        return "talk"
    if not one.open or one.wish == "away":
        return "away"
    return one.wish


def _ended(view: SessionView, advisor: str | None, recorded: int) -> Ended:
    began_ms, ended_ms = view.accepted_ms, view.ended_ms or 0
    return Ended(
        session=view.session,
        began_ms=began_ms or view.created_ms,
        talk_s=None if began_ms is None else max(0, ended_ms - began_ms) // 1_000,
        advisor=advisor,
        state=view.end_reason or "hung_up",
        recorded=recorded,
    )


ROUTES: Final = (
    Route(
        "GET", "/api/team", team, Who.LEAD, Shape.API, "The team of whoever leads it",
        answers={200: TeamView},
    ),
)  # fmt: skip
