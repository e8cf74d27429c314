"""Builds and connects everything: one application object, in one line. Read this second.

Nothing runs before the application starts, and everything that runs then has ended when it stops.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import orjson
from aiohttp import web as aioweb

from media import recorder
from media.checkup import Checkups
from media.checkup import command as far_end
from media.ice import IceServers
from media.quality import BadReport, check_checkup, check_report
from sessions.accounts import Accounts
from sessions.audit import Audit
from sessions.blobs import Blobs
from sessions.casework import Casework
from sessions.clamd import Clamd
from sessions.clock import wall_clock_ms
from sessions.corrections import Corrections
from sessions.database import Database
from sessions.erasure import Erasure
from sessions.events import Refused, SessionId
from sessions.files import Files
from sessions.handovers import Handovers
from sessions.holds import Holds
from sessions.invitations import Invitations
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.models import KeyRow, Row
from sessions.notices import Notices
from sessions.receipts import Receipts
from sessions.recordings import Recordings
from sessions.requests import Requests
from sessions.retention import Retention
from sessions.scans import Scans
from sessions.statistics import Statistics
from sessions.succession import Successions
from sessions.tombstones import Tombstones
from sessions.vault import Vault
from signaling.attendance import Attendance
from signaling.bus import Bus, MemoryBus
from signaling.desk import Desk
from signaling.gate import Gate
from signaling.nodes import Nodes
from signaling.redis_bus import RedisBus
from signaling.relay import Relay
from signaling.sockets import Sockets
from signaling.speaking import Speaking
from signaling.tickets import Tickets
from web import (
    api,
    archive,
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
    playback,
    protection_routes,
    receipt,
    receipt_correct,
    receipt_data,
    receipt_object,
    receipt_question,
    recording,
    statistics,
)
from web.accounts import Passwords, SignIns
from web.admission import Admission
from web.assets import Assets
from web.board import Board
from web.bodies import MAX_BODY_BYTES
from web.brand import Brand, RecordingPolicy, load_brand
from web.clients import Buckets, address_of, bucket_of
from web.guard import STRANGERS_AT_ONCE, door, guard, note_begun, security_headers
from web.lag import Lag
from web.metrics import Tally
from web.notices import editions
from web.parts import PARTS, Parts
from web.proofs import Proofs
from web.routes import Ask, Route, Shape, Who
from web.screens import Screens
from web.settings import Settings
from web.takes import Takes
from web.texts import Texts, load_texts
from web.upkeep import EVERY_HOUR, Rounds, Tidying

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
    *api.ROUTES,
    *checkup.ROUTES,
    *files.ROUTES,
    *recording.ROUTES,
    *playback.ROUTES,
    *receipt.ROUTES,
    *receipt_correct.ROUTES,
    *receipt_object.ROUTES,
    *receipt_question.ROUTES,
    *receipt_data.ROUTES,
    *console.ROUTES,
    *console_corrections.ROUTES,
    *handover.ROUTES,
    *invitations.ROUTES,
    *ops.ROUTES,
    *counting.ROUTES,
    *statistics.ROUTES,
    *protection_routes.ROUTES,
    Route("GET", "/api/openapi.json", describe, Who.ALL, Shape.API, "This description"),
)


def build(settings: Settings) -> Parts:
    """Every part, connected; the databases are open, nothing else has begun."""
    brand, ice = load_brand(settings.brand_file), ice_of(settings)  # the first that may be wrong
    database = Database.open(settings.database, rows=Row)
    key_store = Database.open(settings.key_store, rows=KeyRow)
    keys = Keys(key_store, MasterKeys.load_or_create(settings.master_keys))
    keys.expect_own()
    log = Log(database)
    lifecycle = Lifecycle(database, log, keys)
    accounts = Accounts(database)
    blobs = Blobs.open(settings.blobs, settings.blobs_access)
    kept = Files(
        database,
        blobs,
        limits=settings.file_limits,
        scanned=settings.clamd_socket is not None,
    )
    audit, holds = Audit(database), Holds(database)
    casework = Casework.over(database, keys)
    vault = Vault(keys, log, kept, audit, holds)
    recordings = Recordings(database, blobs, node=settings.node)
    receipts = Receipts(database, keys)
    tombstones = Tombstones(database, key_store, blobs)
    erasure = Erasure(database, keys, blobs, lifecycle, receipts, tombstones)
    corrections = Corrections(database, log, keys)
    bus = bus_of(settings, keys)
    retention = Retention(database, erasure, brand.periods.rules)
    counters = Statistics(database)
    relay = Relay(
        log,
        bus,
        checks={
            "quality.report": partial(_checked, check_report),
            "checkup.result": partial(_checked, check_checkup),
        },
    )
    erasure.announce = relay.announce
    corrections.announce = relay.announce
    tickets = Tickets(keys.secret("ticket"))
    nodes = Nodes(bus)
    attendance = Attendance(relay)
    desk = Desk(
        relay, lifecycle, accounts, attendance, node=settings.node,
        agencies=[one.code for one in brand.agencies],
    )  # fmt: skip
    speaking = Speaking(relay, log, lifecycle, tickets, attendance)
    assets, texts = Assets.read(), texts_of(brand)
    screens = Screens.over(brand, assets)
    buckets = Buckets(settings.limits_scale)
    passwords = Passwords()
    lag = Lag()
    sockets = Sockets(
        speaking,
        settings.allowed_origins,
        address_of=lambda request: bucket_of(address_of(request, settings.trusted_proxies)),
        admit=lambda client: buckets.take("socket", client),
    )
    tidying = Tidying(kept, keys, erasure)
    tidy = Rounds(tidying.once)

    def erase(session: SessionId) -> None:
        tidying.erase(session)
        tidy.soon()

    _agree(nodes, keys, tickets, sockets, relay, erase)
    handovers, invited = Handovers(database, keys), Invitations(database, log, keys)
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
        admission=Admission(
            Proofs(keys.secret("proof")),
            buckets,
            desk.overall,
            desk.state,
            lag,
            queue_max=settings.queue_max,
        ),
        now_ms=wall_clock_ms,
        started_ms=wall_clock_ms(),
        database=database,
        key_store=key_store,
        keys=keys,
        log=log,
        lifecycle=lifecycle,
        successions=Successions(lifecycle, log, keys, handovers),
        handovers=handovers,
        invitations=invited,
        accounts=accounts,
        passwords=passwords,
        sign_ins=SignIns(accounts, passwords, buckets, keys.secret("csrf"), secure=settings.secure),
        bus=bus,
        relay=relay,
        tickets=tickets,
        desk=desk,
        speaking=speaking,
        nodes=nodes,
        sockets=sockets,
        ice=ice,
        checkups=checkups_of(settings),
        board=Board(bus, wall_clock_ms),
        gate=Gate(_MOST_ADMITTED_AT_ONCE),
        turned_away=Gate(_MOST_TURNED_AWAY_AT_ONCE),
        files=kept,
        recordings=recordings,
        takes=takes_of(settings, brand, recordings, keys),
        vault=vault,
        audit=audit,
        receipts=receipts,
        corrections=corrections,
        requests=Requests(database, keys),
        erasure=erasure,
        holds=holds,
        retention=retention,
        statistics=counters,
        tombstones=tombstones,
        notices=Notices(database),
        casework=casework,
        uploads=Gate(_MOST_UPLOADS, _OF_ONE),
        downloads=Gate(_MOST_DOWNLOADS, _OF_ONE),
        upkeep=(
            tidy,
            Rounds(retention.run, every_seconds=EVERY_HOUR),
            Rounds(counters.count),
            Rounds(casework.forget, every_seconds=EVERY_HOUR),
            Rounds(invited.sweep, every_seconds=EVERY_HOUR),
            *forgetting(brand, recordings),
            *scanning(settings, database, log, keys, kept, vault, relay),
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


def texts_of(brand: Brand) -> Mapping[str, Texts]:
    """All texts; where talks may be recorded, without the promise that they never are."""
    found = load_texts()
    if brand.recording is None:
        return found
    return {language: one.instead("recording.instead.") for language, one in found.items()}


def takes_of(settings: Settings, brand: Brand, recordings: Recordings, keys: Keys) -> Takes | None:
    """What records, where the brand allows it and the extra for it is installed."""
    if brand.recording is None or not recorder.installed():
        return None
    command = recorder.command(
        addresses=settings.recorder_addresses,
        ports=settings.recorder_port_range,
        loopback=settings.on_loopback,
    )
    return Takes(recordings, keys, command)


def forgetting(brand: Brand, recordings: Recordings) -> tuple[Rounds, ...]:
    """What deletes recordings whose time is over; where none are made, what is left of them."""
    period = RecordingPolicy.default_period() if brand.recording is None else brand.recording.period
    return (Rounds(lambda: recordings.sweep(period.rule), every_seconds=EVERY_HOUR),)


def scanning(
    settings: Settings,
    database: Database,
    log: Log,
    keys: Keys,
    files: Files,
    vault: Vault,
    relay: Relay,
) -> tuple[Rounds, ...]:
    """What has files scanned, where a scanner is set."""
    if settings.clamd_socket is None:
        return ()
    scans = Scans(database, log, keys, vault, Clamd(settings.clamd_socket))
    rounds = Rounds(lambda: scans.once(relay.announce))
    files.whole = rounds.soon
    return (rounds,)


def _agree(
    nodes: Nodes,
    keys: Keys,
    tickets: Tickets,
    sockets: Sockets,
    relay: Relay,
    erase: Callable[[SessionId], None],
) -> None:
    """What one node did at once holds on the others a moment later."""

    def shredded(session: SessionId) -> None:
        nodes.tell("key.shredded", {"session": session})
        erase(session)

    keys.shredded = shredded
    tickets.spent = lambda nonce, expires_ms: nodes.tell(
        "ticket.spent", {"nonce": nonce, "expires_ms": expires_ms}
    )

    def forget(session: SessionId) -> None:
        keys.forget(session)
        relay.erased(session)

    nodes.on("key.shredded", lambda body: forget(body["session"]), keys.forget_all)
    nodes.on(
        "ticket.spent",
        lambda body: tickets.spend(body["nonce"], body["expires_ms"], wall_clock_ms()),
    )
    nodes.on("account.shut", lambda body: sockets.close_of(body["account"]))


def _checked(
    check: Callable[[dict[str, Any]], dict[str, Any]], body: dict[str, Any]
) -> dict[str, Any]:
    """media and signaling do not know each other: here one's refusal becomes the other's."""
    try:
        return check(body)
    except BadReport as reason:
        raise Refused("body.invalid", field=reason.field) from None


def checkups_of(settings: Settings) -> Checkups | None:
    """What waiting browsers are tried with, where that is wanted and installed, and where it is
    known how it is reached: a far end that nobody reaches would tell everybody of no way."""
    reached = settings.on_loopback or settings.recorder_addresses
    if not settings.checkup or not reached or not recorder.installed():
        return None
    return Checkups(
        far_end(
            addresses=settings.recorder_addresses,
            ports=settings.recorder_port_range,
            loopback=settings.on_loopback,
        )
    )


def bus_of(settings: Settings, keys: Keys) -> Bus:
    """The bus that the settings name; raises ValueError for an address that leads nowhere."""
    url = settings.redis_url
    if url is None:
        return MemoryBus()
    return RedisBus(url, secrets=keys.secrets("bus"), names=keys.secrets("bus channel"))


def ice_of(settings: Settings) -> IceServers:
    """The servers that the settings name; raises ValueError for what is no address of one."""
    secret = settings.turn_secret.get_secret_value() if settings.turn_secret else None
    return IceServers(settings.turn_urls, secret)
