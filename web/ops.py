"""The ops board: live sessions as numbers. No name, no text, no address, ever (OB-48)."""

import asyncio
import shutil
import time
from collections.abc import Awaitable
from typing import Final, Literal

from aiohttp import web as aioweb

from sessions.events import ParticipantId, Role, State
from sessions.lifecycle import SessionView
from sessions.views import GuestSort, Seat
from signaling.bus import BusReport
from web.availability import headcount
from web.board import Board, Quality
from web.metrics import CONTENT_TYPE, Snapshot, page_of
from web.parts import Parts
from web.protection_late import late
from web.routes import Answer, Ask, Route, Shape, Who, json_answer

_SLOW_MS: Final = 250
_LOW_MB: Final = 1_000
_EMPTY_MB: Final = 200
_PROBE_SECONDS: Final = 2
_ENDED_SHOWN_MS: Final = 600_000


class QualityView(Answer):
    word: str
    score: int | None
    rtt_ms: float | None
    loss_pct: float | None
    history: list[int | None]


class OpsGuest(Answer):
    """A guest of a session: how their own connections are."""

    participant: ParticipantId
    seat: GuestSort
    present: bool
    node: str
    path: str
    quality: QualityView
    cause: str


class OpsSession(Answer):
    """One session: an opaque number and figures."""

    number: str
    session: str
    state: State
    since_ms: int
    waiting_s: int | None
    duration_s: int | None
    node: str
    participants: int
    present: int
    path: str
    quality: QualityView
    cause: str
    checked: bool  # path, quality and cause are what a checkup found while the prospect waits
    guests: list[OpsGuest]  # path, quality and cause above are of the others alone


class OpsWaiting(Answer):
    count: int
    longest_s: int
    expected_s: int | None


class OpsAdvisors(Answer):
    free: int
    busy: int
    away: int


class OpsView(Answer):
    sessions: list[OpsSession]
    waiting: OpsWaiting
    advisors: OpsAdvisors
    nodes: list[str]
    now_ms: int


class OpsNode(Answer):
    node: str
    started_ms: int
    seen_ms: int
    connections: int
    sessions: int


class Check(Answer):
    name: Literal["database", "bus", "keys", "disk"]
    state: Literal["good", "watch", "bad"]
    latency_ms: int | None = None
    free_mb: int | None = None
    detail: str | None = None


class Health(Answer):
    nodes: list[OpsNode]
    checks: list[Check]
    now_ms: int


async def show_board(ask: Ask) -> aioweb.Response:
    who = ask.signed_in
    data = {"csrf": who.csrf, "me": {"name": who.account.display_name}}
    return ask.parts.screens.show("ops", ask.texts, data, path=ask.path)


async def sessions(ask: Ask) -> aioweb.Response:
    """Live sessions, and those that ended just now."""
    parts = ask.parts
    now_ms = parts.now_ms()
    views = [
        *await parts.lifecycle.live(),
        *await parts.lifecycle.ended_since(now_ms - _ENDED_SHOWN_MS),
    ]
    desk = await parts.desk.overall()
    present = headcount(await parts.accounts.desk())
    waits = [now_ms - one.waits_since_ms for one in views if one.state is State.WAITING]
    view = OpsView(
        sessions=[_row(one, parts.board, now_ms) for one in views],
        waiting=OpsWaiting(
            count=len(waits),
            longest_s=max(waits, default=0) // 1_000,
            expected_s=desk.expected_s,
        ),
        advisors=OpsAdvisors(free=present.free, busy=present.busy, away=present.away),
        nodes=sorted(
            {
                parts.settings.node,
                *(seat.node for one in views for seat in one.roster if seat.node is not None),
            }
        ),
        now_ms=now_ms,
    )
    return json_answer(view)


def _row(view: SessionView, board: Board, now_ms: int) -> OpsSession:
    guests = [seat for seat in view.roster if seat.role is Role.GUEST]
    others = {seat.participant for seat in view.roster} - {seat.participant for seat in guests}
    quality = board.quality(view.session, others)
    found = board.checkup(view.session) if view.state is State.WAITING else None
    if found is not None:
        quality = Quality(
            word=found.word, score=found.score, rtt_ms=found.rtt_ms,
            loss_pct=found.loss_pct, path=found.path, cause=found.cause,
        )  # fmt: skip
    waited_until = view.accepted_ms or view.ended_ms or now_ms
    talked_until = view.ended_ms or now_ms
    return OpsSession(
        number=view.session[:8],
        session=view.session,
        state=view.state,
        since_ms=view.ended_ms or view.accepted_ms or view.created_ms,
        waiting_s=(waited_until - view.waits_since_ms) // 1_000,
        duration_s=(talked_until - view.accepted_ms) // 1_000 if view.accepted_ms else None,
        node=next((seat.node for seat in view.roster if seat.node is not None), ""),
        participants=len(view.roster),
        present=sum(seat.present for seat in view.roster),
        path=quality.path,
        quality=_quality_view(quality),
        cause=quality.cause,
        checked=found is not None,
        guests=[_guest(seat, board) for seat in guests],
    )


def _guest(seat: Seat, board: Board) -> OpsGuest:
    quality = board.quality(seat.session, {seat.participant})
    return OpsGuest(
        participant=seat.participant,
        seat=seat.guest or "guest",
        present=seat.present,
        node=seat.node or "",
        path=quality.path,
        quality=_quality_view(quality),
        cause=quality.cause,
    )


def _quality_view(quality: Quality) -> QualityView:
    return QualityView(
        word=quality.word,
        score=quality.score,
        rtt_ms=quality.rtt_ms,
        loss_pct=quality.loss_pct,
        history=list(quality.history),
    )


async def health(ask: Ask) -> aioweb.Response:
    """This node and what it stands on."""
    parts = ask.parts
    live = await parts.lifecycle.live()
    node = OpsNode(
        node=parts.settings.node,
        started_ms=parts.started_ms,
        seen_ms=parts.now_ms(),
        connections=len(parts.sockets),
        sessions=len(live),
    )
    checks = [
        await _database_check(parts),
        _bus_check(parts.bus.report()),
        await _keys_check(parts),
        _disk_check(parts),
    ]
    return json_answer(Health(nodes=[node], checks=checks, now_ms=parts.now_ms()))


async def metrics(ask: Ask) -> aioweb.Response:
    """Numbers for Prometheus; open to all, because they say nothing about anyone."""
    parts = ask.parts
    live = await parts.lifecycle.live()
    now_ms = parts.now_ms()
    present = headcount(await parts.accounts.desk())
    waits = [now_ms - one.waits_since_ms for one in live if one.state is State.WAITING]
    snapshot = Snapshot(
        sessions={
            state: sum(one.state is state for one in live)
            for state in (State.WAITING, State.ACTIVE)
        },
        advisors={"free": present.free, "busy": present.busy, "away": present.away},
        longest_wait_s=round(max(waits, default=0) / 1_000, -1),  # blurred to ten seconds
        connections=len(parts.sockets),
        draining=parts.draining.is_set(),
        bus=parts.bus.report(),
        files=await parts.files.counts(),
        late=await late(parts),
        lag_seconds=round(parts.lag.seconds, 3),
        worst_lag_seconds=round(parts.lag.worst_seconds, 3),
        tally=parts.tally,
        unlet=parts.exit.refused,
    )
    return aioweb.Response(body=page_of(snapshot), headers={"Content-Type": CONTENT_TYPE})


async def _database_check(parts: Parts) -> Check:
    return _timed("database", await _took_ms(parts.log.check()))


async def _keys_check(parts: Parts) -> Check:
    return _timed("keys", await _took_ms(parts.keys.check()))


async def _took_ms(job: Awaitable[object]) -> int | None:
    """How long it took; None if it failed or took too long."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await job
    except Exception:
        return None
    return round((time.perf_counter() - began) * 1_000)


def _timed(name: Literal["database", "keys"], took_ms: int | None) -> Check:
    if took_ms is None:
        return Check(name=name, state="bad", detail="unreachable")
    if took_ms > _SLOW_MS:
        return Check(name=name, state="watch", latency_ms=took_ms, detail="slow")
    return Check(name=name, state="good", latency_ms=took_ms)


def _bus_check(bus: BusReport) -> Check:
    """Degraded, other nodes' events come a little later, out of the log."""
    if bus.degraded:
        return Check(name="bus", state="watch", detail="unreachable")
    latency_ms = None if bus.round_trip_ms is None else round(bus.round_trip_ms)
    return Check(name="bus", state="good", latency_ms=latency_ms)


def _disk_check(parts: Parts) -> Check:
    free_mb = shutil.disk_usage(parts.settings.data_dir).free // 1_000_000
    state: Literal["good", "watch", "bad"] = (
        "bad" if free_mb < _EMPTY_MB else "watch" if free_mb < _LOW_MB else "good"
    )
    return Check(name="disk", state=state, free_mb=free_mb)


ROUTES: Final = (
    Route("GET", "/ops", show_board, Who.OPERATOR, Shape.PAGE, "The ops board"),
    Route(
        "GET", "/api/ops/sessions", sessions, Who.OPERATOR, Shape.API,
        "Live sessions as numbers", answers={200: OpsView},
    ),
    Route(
        "GET", "/api/ops/health", health, Who.OPERATOR, Shape.API,
        "This node and what it stands on", answers={200: Health},
    ),
    Route("GET", "/metrics", metrics, Who.ALL, Shape.PLAIN, "Numbers for Prometheus"),
)  # fmt: skip
