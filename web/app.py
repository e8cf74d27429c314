"""Builds and connects everything: one application object, in one line. Read this second.

Nothing runs before the application starts, and everything that runs then has ended when it stops.
"""

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Final

import orjson
from aiohttp import web as aioweb

from sessions.clock import wall_clock_ms
from sessions.events import SessionId
from sessions.handovers import Handovers
from sessions.house_keys import HouseKeys
from sessions.invitations import Invitations
from sessions.notices import Notices
from sessions.personnel import Personnel
from sessions.requests import Requests
from sessions.statistics import Statistics
from sessions.succession import Successions
from sessions.suppression import Suppression
from signaling.gate import Gate
from web import (
    admin,
    api,
    archive,
    barring,
    checkup,
    console,
    console_corrections,
    counting,
    files,
    handover,
    invitations,
    login,
    openapi,
    ops,
    pages,
    password,
    playback,
    protection_routes,
    receipt,
    receipt_correct,
    receipt_data,
    receipt_object,
    receipt_question,
    receipt_seal,
    recording,
    statistics,
    team,
)
from web.accounts import Passwords, SignIns
from web.admission import Admission
from web.assets import Assets
from web.bars import Bars
from web.board import Board
from web.bodies import MAX_BODY_BYTES
from web.brand import load_brand
from web.clients import Buckets
from web.guard import STRANGERS_AT_ONCE, door, guard, note_begun, security_headers
from web.keeping import Keeping
from web.lag import Lag
from web.live import Live, agree
from web.metrics import Tally
from web.notices import editions
from web.parts import PARTS, Parts
from web.proofs import Proofs
from web.routes import Ask, Route, Shape, Who
from web.screens import Screens
from web.settings import Settings
from web.upkeep import EVERY_HOUR, Rounds, Tidying
from web.wanted import bus_of, checkups_of, forgetting, ice_of, scanning, takes_of, texts_of

_MOST_ADMITTED_AT_ONCE: Final = 32
_MOST_TURNED_AWAY_AT_ONCE: Final = 256  # the next ones are answered at once: they cost no room
_MOST_UPLOADS: Final = 64  # each may have two parts in memory: 128 MiB
_MOST_DOWNLOADS: Final = 64
_OF_ONE: Final = 16  # of those, for one account, or one network of strangers


def make_app(settings: Settings) -> aioweb.Application:
    """The whole node. The databases have been migrated; raises what sessions.database raises."""
    parts = build(settings)
    app = aioweb.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
    app[PARTS] = parts
    with_head = {route.path for route in ROUTES if route.method == "HEAD"}
    for route in ROUTES:
        if route.method == "GET" and route.path not in with_head:
            app.router.add_get(route.path, door(route))
        else:
            app.router.add_route(route.method, route.path, door(route))
    app.on_response_prepare.append(files.tus_says)
    app.on_response_prepare.append(note_begun)
    parts.sockets.attach(app)
    app.cleanup_ctx.append(_running)
    return app


async def describe(ask: Ask) -> aioweb.Response:
    """The description of all of this."""
    found = openapi.document(ROUTES, version=version("visavis"), secure=ask.parts.settings.secure)
    return aioweb.Response(body=orjson.dumps(found), content_type="application/json")


ROUTES: Final[tuple[Route, ...]] = (
    *pages.ROUTES,
    *archive.ROUTES,
    *login.ROUTES,
    *password.ROUTES,
    *api.ROUTES,
    *barring.ROUTES,
    *checkup.ROUTES,
    *files.ROUTES,
    *recording.ROUTES,
    *playback.ROUTES,
    *receipt.ROUTES,
    *receipt_correct.ROUTES,
    *receipt_object.ROUTES,
    *receipt_seal.ROUTES,
    *receipt_question.ROUTES,
    *receipt_data.ROUTES,
    *console.ROUTES,
    *team.ROUTES,
    *console_corrections.ROUTES,
    *handover.ROUTES,
    *invitations.ROUTES,
    *ops.ROUTES,
    *counting.ROUTES,
    *statistics.ROUTES,
    *protection_routes.ROUTES,
    *admin.ROUTES,
    Route("GET", "/api/openapi.json", describe, Who.ALL, Shape.API, "This description"),
)


def build(settings: Settings) -> Parts:
    """Every part, connected; the databases are open, nothing else has begun."""
    brand, ice = load_brand(settings.brand_file), ice_of(settings)  # the first that may be wrong
    kept = Keeping.open(settings, brand)
    database, keys = kept.database, kept.keys
    buckets, lag, passwords = Buckets(settings.limits_scale), Lag(), Passwords()
    agencies = [one.code for one in brand.agencies]
    live = Live.over(settings, kept, bus_of(settings, keys), buckets, agencies=agencies)
    bars = Bars(live.nodes.tell, settings.bar_minutes * 60_000, now_ms=wall_clock_ms)
    assets, texts = Assets.read(), texts_of(brand)
    screens = Screens.over(brand, assets)
    counters = Statistics(database)
    handovers, invited = Handovers(database, keys), Invitations(database, kept.log, keys)
    tidying = Tidying(kept.files, keys, kept.erasure)
    tidy = Rounds(tidying.once)

    def erase(session: SessionId) -> None:
        tidying.erase(session)
        tidy.soon()

    agree(live, keys, erase)
    live.nodes.on("prospect.barred", bars.hear_prospect)
    live.nodes.on("line.barred", bars.hear_line)
    return Parts(
        settings=settings,
        brand=brand,
        texts=texts,
        assets=assets,
        screens=screens,
        editions=editions(screens, brand, texts),
        headers=security_headers(settings),
        buckets=buckets,
        tally=Tally(),
        draining=asyncio.Event(),
        lag=lag,
        strangers=asyncio.Semaphore(STRANGERS_AT_ONCE),
        verifying=asyncio.Semaphore(1),
        admission=Admission(
            Proofs(keys.secret("proof")),
            buckets,
            live.desk.overall,
            live.desk.state,
            lag,
            queue_max=settings.queue_max,
        ),
        bars=bars,
        now_ms=wall_clock_ms,
        started_ms=wall_clock_ms(),
        database=database,
        key_store=kept.key_store,
        keys=keys,
        log=kept.log,
        lifecycle=kept.lifecycle,
        successions=Successions(kept.lifecycle, kept.log, keys, handovers),
        handovers=handovers,
        invitations=invited,
        accounts=kept.accounts,
        personnel=Personnel(database),
        passwords=passwords,
        sign_ins=SignIns(
            kept.accounts, passwords, buckets, keys.secret("csrf"), secure=settings.secure
        ),
        bus=live.bus,
        relay=live.relay,
        tickets=live.tickets,
        desk=live.desk,
        speaking=live.speaking,
        nodes=live.nodes,
        sockets=live.sockets,
        ice=ice,
        checkups=checkups_of(settings),
        board=Board(live.bus, wall_clock_ms),
        gate=Gate(_MOST_ADMITTED_AT_ONCE),
        turned_away=Gate(_MOST_TURNED_AWAY_AT_ONCE),
        files=kept.files,
        recordings=kept.recordings,
        takes=takes_of(settings, brand, kept.recordings, keys),
        exit=kept.exit,
        vault=kept.vault,
        audit=kept.audit,
        receipts=kept.receipts,
        corrections=kept.corrections,
        requests=Requests(database, keys),
        suppression=Suppression(database, HouseKeys(kept.key_store, keys.master)),
        erasure=kept.erasure,
        holds=kept.holds,
        retention=kept.retention,
        statistics=counters,
        tombstones=kept.tombstones,
        notices=Notices(database),
        casework=kept.casework,
        uploads=Gate(_MOST_UPLOADS, _OF_ONE),
        downloads=Gate(_MOST_DOWNLOADS, _OF_ONE),
        upkeep=(
            tidy,
            Rounds(kept.retention.run, every_seconds=EVERY_HOUR),
            Rounds(counters.count),
            Rounds(kept.casework.forget, every_seconds=EVERY_HOUR),
            Rounds(invited.sweep, every_seconds=EVERY_HOUR),
            *forgetting(brand, kept.recordings),
            *scanning(settings, kept, live.relay),
        ),
    )


async def _running(app: aioweb.Application) -> AsyncIterator[None]:
    """What runs while the application does; ended in the opposite order."""
    parts = app[PARTS]
    await parts.erasure.reapply()  # before anybody is served
    every = parts.editions.values()
    await parts.notices.put_in_force([one for edition in every for one in edition.notices])
    await parts.recordings.recover()
    await parts.bus.start()
    parts.nodes.start()
    parts.board.start()
    await parts.relay.start()
    await parts.desk.start()
    parts.lag.start()
    for rounds in parts.upkeep:
        rounds.start()
    yield
    if parts.takes is not None:
        await parts.takes.close()
    for rounds in parts.upkeep:
        await rounds.close()
    if parts.checkups is not None:
        await parts.checkups.close()
    await parts.statistics.close()
    await parts.lag.close()
    await parts.desk.close()
    await parts.speaking.close()
    await parts.relay.close()
    parts.board.close()
    parts.nodes.close()
    await parts.bus.close()
    await parts.database.close()
    await parts.key_store.close()
