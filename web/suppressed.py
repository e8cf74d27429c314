"""Asking from the command line whom no advertising may reach, many contacts at once.

Carried out by the process that serves, or here while none does. What is asked is written nowhere:
the audit log has who asked, and about how many.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Annotated, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from sessions.database import DatabaseInUse
from sessions.exit import Exit
from sessions.house_keys import HouseKeys
from sessions.suppression import KeyLost, Suppression
from sessions.ways import CONTACTS
from web.exports import Line
from web.house import opened
from web.settings import Settings
from web.staff import OrderFailed, ServerSilent, Taker, ask_server, socket_path

PATH: Final = "/suppressed"
_MOST: Final = 1_000  # contacts in one order
_MOST_BYTES: Final = 40_000
_SECONDS: Final = 60


class Wanted(BaseModel):
    """Some contacts, as they were written, and who asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    contacts: Annotated[tuple[str, ...], Field(max_length=_MOST)]
    actor: Line


async def answer(suppression: Suppression, exit: Exit, wanted: Wanted) -> list[bool | None]:
    """Of each whether no advertising may reach it; None: it is no contact. Raises OrderFailed."""
    about = f"{len(wanted.contacts)} contacts"
    await exit.leave(CONTACTS, actor=wanted.actor, ground=wanted.actor, about=about)
    try:
        return await suppression.among(wanted.contacts)
    except KeyLost:
        raise OrderFailed(
            "The key of this list is not in the key store: restore it, or nobody can be asked."
        ) from None


def taker(suppression: Suppression, exit: Exit) -> Taker:
    """What carries such orders out in the process that serves."""

    async def take(data: bytes) -> bytes:
        return orjson.dumps(await answer(suppression, exit, Wanted.model_validate_json(data)))

    return take


def in_parts(contacts: Iterable[str]) -> Iterator[Sequence[str]]:
    """As many at once as an order may have."""
    some: list[str] = []
    size = 0
    for one in contacts:
        length = len(orjson.dumps(one)) + 1
        if some and (len(some) == _MOST or size + length > _MOST_BYTES):
            yield some
            some, size = [], 0
        some.append(one)
        size += length
    if some:
        yield some


async def order(settings: Settings, wanted: Wanted) -> list[bool | None]:
    """Carry it out here, or let the serving process do it. Raises OrderFailed."""
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await _asked(settings, wanted)
    try:
        async with opened(settings) as house:
            keys = HouseKeys(house.key_store, house.keys.master)
            return await answer(Suppression(house.database, keys), house.exit, wanted)
    except DatabaseInUse:
        return await _asked(settings, wanted)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


async def _asked(settings: Settings, wanted: Wanted) -> list[bool | None]:
    said = await ask_server(settings, PATH, wanted, seconds=_SECONDS)
    found: list[bool | None] = orjson.loads(said)
    return found
