"""What the technical provider is given: published counters with noise, and nothing else.

An officer prepares it and another one releases it, at the desk; handing it over is done there or
from the command line. By whom is in the audit log before anything is given.
"""

from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints

from sessions.clock import wall_clock_ms
from sessions.counted import HERE, day_of
from sessions.database import DatabaseInUse
from sessions.events import Refused
from sessions.exit import Exit
from sessions.provider_exports import ProviderExport, ProviderExports
from sessions.publishing import EPSILON, STEP, K
from sessions.statistics import Sheet, Statistics
from sessions.ways import PROVIDER
from sessions.words import Words
from web.exports import Line
from web.house import opened
from web.settings import Settings
from web.staff import OrderFailed, ServerSilent, Taker, ask_server, socket_path

PATH: Final = "/statistics"
FORMAT: Final = "visavis-statistics/1"
MOST_DAYS: Final = 400
_SECONDS: Final = 60


class Wanted(BaseModel):
    """Which export, and who takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    export: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    actor: Line


async def prepare(
    statistics: Statistics, exports: ProviderExports, first: date, last: date,
    *, purpose: str, by: str,
) -> ProviderExport:  # fmt: skip
    """The document of these days, kept until somebody else looked at it.

    Raises Refused: field.invalid.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Refused("field.invalid", field="last")
    sheets = await statistics.given(first, last)
    document = _document(sheets, first, last, day_of(wall_clock_ms()))
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return await exports.prepare(text, first, last, purpose=purpose, by=by)


async def give(exports: ProviderExports, exit: Exit, wanted: Wanted) -> bytes:
    """The document, as it was looked at. Raises LookupError, Refused("disclosure.unapproved")."""
    one = await exports.find(wanted.export)
    if one is None:
        raise LookupError("there is no such export")
    about = f"{one.first}/{one.last} {one.id} {one.digest[:16]}"
    leave = await exit.leave(PROVIDER, actor=wanted.actor, ground=one.id, about=about)
    return await exports.hand_over(leave)


def taker(exports: ProviderExports, exit: Exit) -> Taker:
    """What carries such orders out in the process that serves."""

    async def take(data: bytes) -> bytes:
        return await _given(exports, exit, Wanted.model_validate_json(data))

    return take


async def order(settings: Settings, wanted: Wanted) -> bytes:
    """Carry it out here, or let the serving process do it. Raises OrderFailed."""
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await ask_server(settings, PATH, wanted, seconds=_SECONDS)
    try:
        async with opened(settings) as house:
            exports = ProviderExports(house.database, Words(house.keys))
            return await _given(exports, house.exit, wanted)
    except DatabaseInUse:
        return await ask_server(settings, PATH, wanted, seconds=_SECONDS)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


async def _given(exports: ProviderExports, exit: Exit, wanted: Wanted) -> bytes:
    try:
        return await give(exports, exit, wanted)
    except LookupError:
        raise OrderFailed("There is no such export.") from None
    except Refused:
        raise OrderFailed(
            "Nobody released this export: another officer does, at the desk."
        ) from None


def _document(sheets: list[Sheet], first: date, last: date, made: date) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made": made.isoformat(),
        "from": first.isoformat(),
        "to": last.isoformat(),
        "clock": str(HERE),
        "at_least": K,
        "rounded_to": STEP,
        "epsilon": EPSILON,
        "numbers": [
            {
                "metric": sheet.metric.value,
                "stretch": sheet.metric.stretch.value,
                "first_day": sheet.first.isoformat(),
                "cells": sheet.cells,
            }
            for sheet in sheets
        ],
    }
