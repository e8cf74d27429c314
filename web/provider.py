"""What the technical provider is given: published counters with noise, and nothing else.

Who asked for which days is in the audit log before anything is given. Carried out by the process
that serves, or here while none does.
"""

from contextlib import suppress
from datetime import date
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict

from sessions.audit import Audit
from sessions.clock import wall_clock_ms
from sessions.counted import HERE, day_of
from sessions.database import DatabaseInUse
from sessions.publishing import EPSILON, STEP, K
from sessions.statistics import Sheet, Statistics
from web.exports import Line
from web.house import opened
from web.settings import Settings
from web.staff import OrderFailed, ServerSilent, Taker, ask_server, socket_path

PATH: Final = "/statistics"
FORMAT: Final = "visavis-statistics/1"
_ACTION: Final = "give statistics"
_MOST_DAYS: Final = 400
_SECONDS: Final = 60


class Wanted(BaseModel):
    """Which days, who wants them, and what for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    first: date
    last: date
    actor: Line
    reason: Line


async def give(statistics: Statistics, audit: Audit, wanted: Wanted) -> dict[str, Any]:
    """The document. Raises OrderFailed for days that are none."""
    if not 0 <= (wanted.last - wanted.first).days < _MOST_DAYS:
        raise OrderFailed(f"Ask for 1 to {_MOST_DAYS} days, the first of them first.")
    days = f"{wanted.first}/{wanted.last}"
    await audit.record(wanted.actor, _ACTION, f"{days} {wanted.reason}")
    sheets = await statistics.given(wanted.first, wanted.last)
    return _document(sheets, wanted, day_of(wall_clock_ms()))


def taker(statistics: Statistics, audit: Audit) -> Taker:
    """What carries such orders out in the process that serves."""

    async def take(data: bytes) -> bytes:
        return orjson.dumps(await give(statistics, audit, Wanted.model_validate_json(data)))

    return take


async def order(settings: Settings, wanted: Wanted) -> dict[str, Any]:
    """Carry it out here, or let the serving process do it. Raises OrderFailed."""
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await _asked(settings, wanted)
    try:
        async with opened(settings) as house:
            return await give(Statistics(house.database), Audit(house.database), wanted)
    except DatabaseInUse:
        return await _asked(settings, wanted)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


async def _asked(settings: Settings, wanted: Wanted) -> dict[str, Any]:
    said = await ask_server(settings, PATH, wanted, seconds=_SECONDS)
    document: dict[str, Any] = orjson.loads(said)
    return document


def _document(sheets: list[Sheet], wanted: Wanted, made: date) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made": made.isoformat(),
        "from": wanted.first.isoformat(),
        "to": wanted.last.isoformat(),
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
