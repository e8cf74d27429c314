"""Erasing from the command line: one session for a reason, what is due, what is held, and the list
of what was erased.

Carried out by the process that serves, or here while none does. The list is what must be kept
apart when everything is restored from a backup at once.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints

from sessions.audit import Audit
from sessions.blobs import Blobs
from sessions.database import DatabaseInUse
from sessions.erasure import Erasure
from sessions.events import Refused, SessionId
from sessions.holds import HoldKind, Holds
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.receipts import Receipts
from sessions.retention import Retention
from sessions.tombstones import Tombstone, Tombstones, add_notes, list_notes
from web.brand import load_brand
from web.exports import Line
from web.house import House, opened
from web.settings import Settings
from web.staff import OrderFailed, ServerSilent, Taker, ask_server, socket_path

PATH: Final = "/erasures"
_SECONDS: Final = 3_600
What = Literal["erase", "hold", "restriction", "lift", "holds", "due", "run"]
Session = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class Wanted(BaseModel):
    """What shall be done, with which session, who wants it, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    what: What
    session: Session = "0" * 32
    actor: Line
    reason: Line


class Eraser(NamedTuple):
    """What it takes to erase, to hold, and to say so."""

    erasure: Erasure
    audit: Audit
    holds: Holds
    retention: Retention

    async def carry_out(self, wanted: Wanted) -> list[dict[str, Any]]:
        """What is about one session is in the audit log first. Raises OrderFailed."""
        session = SessionId(wanted.session)
        if wanted.what not in ("holds", "due", "run"):
            await self.audit.record(wanted.actor, wanted.what, f"{session} {wanted.reason}")
        try:
            return await self._done(wanted, session)
        except LookupError:
            raise OrderFailed("There is no such session.") from None
        except Refused:
            raise OrderFailed("This session is held or restricted: lift that first.") from None

    async def _done(self, wanted: Wanted, session: SessionId) -> list[dict[str, Any]]:
        match wanted.what:
            case "erase":
                stone = await self.erasure.erase(session, cause="operator")
                return [{"hash": stone.session_hash.hex(), "facts": stone.facts}]
            case "hold" | "restriction":
                by = {"reason": wanted.reason, "by": wanted.actor}
                return [asdict(await self.holds.set(session, wanted.what, **by))]
            case "lift":
                lifted = [await self.holds.lift(session, kind) for kind in get_args(HoldKind)]
                if not any(lifted):
                    raise OrderFailed("This session is neither held nor restricted.")
                return []
            case "holds":
                return [asdict(hold) for hold in await self.holds.list()]
            case "due":
                return [asdict(due) for due in await self.retention.due()]
            case "run":
                return [{"erased": await self.retention.run()}]


def taker(eraser: Eraser) -> Taker:
    """What carries such orders out in the process that serves."""

    async def take(data: bytes) -> bytes:
        return orjson.dumps(await eraser.carry_out(Wanted.model_validate_json(data)))

    return take


async def order(settings: Settings, wanted: Wanted) -> list[dict[str, Any]]:
    """Carry it out here, or let the serving process do it. Raises OrderFailed."""
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await _asked(settings, wanted)
    try:
        async with opened(settings) as house:
            return await eraser_of(settings, house).carry_out(wanted)
    except DatabaseInUse:
        return await _asked(settings, wanted)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


def stone_of(answer: dict[str, Any]) -> Tombstone:
    """The tombstone in the answer to an erasure."""
    return Tombstone.read(bytes.fromhex(answer["hash"]), answer["facts"])


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


async def _asked(settings: Settings, wanted: Wanted) -> list[dict[str, Any]]:
    said = await ask_server(settings, PATH, wanted, seconds=_SECONDS)
    found: list[dict[str, Any]] = orjson.loads(said)
    return found


def eraser_of(settings: Settings, house: House) -> Eraser:
    """For a process in which no node serves."""
    database, keys, blobs = house.database, house.keys, house.blobs
    lifecycle = Lifecycle(database, Log(database), keys)
    receipts, stones = Receipts(database, keys), Tombstones(database, house.key_store, blobs)
    erasure = Erasure(database, keys, blobs, lifecycle, receipts, stones)
    retention = Retention(database, erasure, load_brand(settings.brand_file).periods.rules)
    return Eraser(erasure, Audit(database), Holds(database), retention)
