"""Erasing from the command line: one session for a reason, and the list of what was erased.

Carried out by the process that serves, or here while none does. The list is what must be kept
apart when everything is restored from a backup at once.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints

from sessions.audit import Audit
from sessions.blobs import Blobs
from sessions.database import Database, DatabaseInUse
from sessions.erasure import Erasure
from sessions.events import SessionId
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.models import KeyRow, Row
from sessions.receipts import Receipts
from sessions.tombstones import Tombstone, Tombstones, add_notes, list_notes
from web.exports import Line
from web.settings import Settings
from web.staff import OrderFailed, ServerSilent, Taker, ask_server, socket_path

PATH: Final = "/erasures"
ACTION: Final = "erase"
_SECONDS: Final = 60


class Wanted(BaseModel):
    """Which session, who wants it gone, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    session: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    actor: Line
    reason: Line


class Eraser(NamedTuple):
    """What it takes to erase, and to say so."""

    erasure: Erasure
    audit: Audit

    async def erase(self, wanted: Wanted) -> Tombstone:
        """The audit row is first. Raises OrderFailed."""
        session = SessionId(wanted.session)
        await self.audit.record(wanted.actor, ACTION, f"{session} {wanted.reason}")
        try:
            return await self.erasure.erase(session, cause="operator")
        except LookupError:
            raise OrderFailed("There is no such session.") from None


def taker(eraser: Eraser) -> Taker:
    """What erases in the process that serves."""

    async def take(data: bytes) -> bytes:
        stone = await eraser.erase(Wanted.model_validate_json(data))
        return orjson.dumps([stone.session_hash.hex(), stone.facts])

    return take


async def order_erasure(settings: Settings, wanted: Wanted) -> Tombstone:
    """Erase here, or let the serving process do it. Raises OrderFailed."""
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await _asked(settings, wanted)
    try:
        async with _house(settings) as eraser:
            return await eraser.erase(wanted)
    except DatabaseInUse:
        return await _asked(settings, wanted)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


async def listed(settings: Settings) -> list[Tombstone]:
    """What was erased, as it is noted beside the blobs."""
    return await list_notes(Blobs.open(settings.blobs, settings.blobs_access))


async def added(settings: Settings, lines: Iterable[str]) -> int:
    """Note what a list of another day says; the next start erases it again. Raises OrderFailed."""
    try:
        stones = [_stone(line) for line in lines if line.strip()]
    except (ValueError, TypeError):
        raise OrderFailed("This is no list of tombstones.") from None
    return await add_notes(Blobs.open(settings.blobs, settings.blobs_access), stones)


def line_of(stone: Tombstone) -> str:
    """One tombstone as a line of the list."""
    return f"{stone.session_hash.hex()} {stone.facts}"


def _stone(line: str) -> Tombstone:
    session_hash, _, facts = line.strip().partition(" ")
    if len(bytes.fromhex(session_hash)) != 32:
        raise ValueError("no hash")
    return Tombstone.read(bytes.fromhex(session_hash), facts)


async def _asked(settings: Settings, wanted: Wanted) -> Tombstone:
    said = await ask_server(settings, PATH, wanted, seconds=_SECONDS)
    session_hash, facts = orjson.loads(said)
    return Tombstone.read(bytes.fromhex(session_hash), facts)


@asynccontextmanager
async def _house(settings: Settings) -> AsyncIterator[Eraser]:
    """As much of a node as it takes to erase."""
    if not settings.master_keys.exists():
        raise OrderFailed("There is no key file here.")
    try:
        database = Database.open(settings.database, rows=Row)
    except LookupError:
        raise OrderFailed("The database is not set up yet: run `visavis migrate`.") from None
    try:
        key_store = Database.open(settings.key_store, rows=KeyRow)
        try:
            keys = Keys(key_store, MasterKeys.load_or_create(settings.master_keys))
            blobs = Blobs.open(settings.blobs, settings.blobs_access)
            lifecycle = Lifecycle(database, Log(database), keys)
            receipts, stones = Receipts(database, keys), Tombstones(database, key_store, blobs)
            erasure = Erasure(database, keys, blobs, lifecycle, receipts, stones)
            yield Eraser(erasure, Audit(database))
        finally:
            await key_store.close()
    finally:
        await database.close()
