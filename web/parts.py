"""Everything that `app.py` built, under one name, for whoever answers a request."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web as aioweb

from media.checkup import Checkups
from media.ice import IceServers
from sessions.accounts import Accounts
from sessions.audit import Audit
from sessions.casework import Casework
from sessions.corrections import Corrections
from sessions.database import Database
from sessions.erasure import Erasure
from sessions.events import Refused
from sessions.exit import Exit
from sessions.files import Files
from sessions.handovers import Handovers
from sessions.holds import Holds
from sessions.invitations import Invitations
from sessions.keys import Keys
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.notices import Notices
from sessions.personnel import Personnel
from sessions.receipts import Receipts
from sessions.recordings import Recordings
from sessions.requests import Requests
from sessions.retention import Retention
from sessions.statistics import Statistics
from sessions.succession import Successions
from sessions.suppression import Suppression
from sessions.tombstones import Tombstones
from sessions.vault import Vault
from signaling.bus import Bus
from signaling.desk import Desk
from signaling.gate import Gate
from signaling.nodes import Nodes
from signaling.relay import Relay
from signaling.sockets import Sockets
from signaling.speaking import Speaking
from signaling.tickets import Tickets
from web.accounts import Passwords, SignIns
from web.admission import Admission
from web.assets import Assets
from web.bars import Bars
from web.board import Board
from web.brand import Brand
from web.clients import Buckets
from web.lag import Lag
from web.metrics import Tally
from web.notices import Edition
from web.screens import Screens
from web.settings import Settings
from web.takes import Takes
from web.texts import Texts
from web.upkeep import Rounds


@dataclass(frozen=True, slots=True)
class Parts:
    """The whole node."""

    settings: Settings
    brand: Brand
    texts: Mapping[str, Texts]
    assets: Assets
    screens: Screens
    editions: Mapping[str, Edition]
    headers: Mapping[str, str]
    buckets: Buckets
    tally: Tally
    draining: asyncio.Event
    lag: Lag
    admission: Admission
    bars: Bars
    strangers: asyncio.Semaphore
    verifying: asyncio.Semaphore  # the audit chain: one at a time, on a thread
    now_ms: Callable[[], int]
    started_ms: int
    database: Database
    key_store: Database
    keys: Keys
    log: Log
    lifecycle: Lifecycle
    successions: Successions
    handovers: Handovers
    invitations: Invitations
    accounts: Accounts
    personnel: Personnel
    passwords: Passwords
    sign_ins: SignIns
    bus: Bus
    relay: Relay
    tickets: Tickets
    desk: Desk
    speaking: Speaking
    nodes: Nodes
    sockets: Sockets
    ice: IceServers
    checkups: Checkups | None  # None: nobody is offered one here
    board: Board
    gate: Gate
    turned_away: Gate
    files: Files
    recordings: Recordings
    takes: Takes | None  # None: nobody is recorded here
    exit: Exit
    vault: Vault
    audit: Audit
    receipts: Receipts
    corrections: Corrections
    requests: Requests
    suppression: Suppression
    erasure: Erasure
    holds: Holds
    retention: Retention
    statistics: Statistics
    tombstones: Tombstones
    notices: Notices
    casework: Casework
    uploads: Gate
    downloads: Gate
    upkeep: tuple[Rounds, ...]

    def shut_out(self, account: str) -> None:
        """Close what an account has open, on every node."""
        self.nodes.tell("account.shut", {"account": account})

    def admit_nobody_while_draining(self) -> None:
        """Raise Refused on a node that leaves: another one, or the next process, is soon there."""
        if self.draining.is_set():
            raise Refused("draining", retry_s=DRAINING_RETRY_S)


DRAINING_RETRY_S: Final = 1
PARTS: Final = aioweb.AppKey("parts", Parts)
