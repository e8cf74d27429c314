"""Requests as a table to take away: what was asked, until when, what became of it, who was asking.

Ids, numbers, days and codes; what people wrote and what they were answered stays at the desk.
"""

import csv
import io
from datetime import date
from typing import Final

from aiohttp import web as aioweb

from sessions.counted import day_of
from sessions.exit import Leave
from sessions.letters import Letter
from sessions.requests import Request
from sessions.ways import REQUESTS
from web.dossier import moment
from web.parts import Parts
from web.protection import HOME, actor
from web.routes import Ask, Route, Shape, Who

COLUMNS: Final = (
    "id", "source", "kind", "number", "received_on", "due_on", "extended", "state", "decided_at",
    "identity", "identity_at", "identity_by",
)  # fmt: skip


async def take(ask: Ask) -> aioweb.Response:
    """All of them, the oldest first; that it was taken is in the chain."""
    who = actor(ask)
    leave = await ask.parts.exit.leave(
        REQUESTS, actor=who, ground=ask.signed_in.account.id, about="-"
    )
    said = {"Content-Disposition": f'attachment; filename="{ask.texts.t("protection.file")}.csv"'}
    data = (await _table(ask.parts, leave)).encode("utf-8-sig")  # so that programs know what it is
    return aioweb.Response(body=data, content_type="text/csv", headers=said)


async def _table(parts: Parts, leave: Leave) -> str:
    leave.expect(REQUESTS)
    rows: list[tuple[str, ...]] = [_letter(one) for one in await parts.casework.letters.every()]
    for one in await parts.requests.every():
        known = await parts.receipts.number_of(one.session)
        rows.append(_request(one, known[0] if known else ""))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    rows.sort(key=_day_and_id)
    writer.writerows(rows)
    return out.getvalue()


def _letter(one: Letter) -> tuple[str, ...]:
    checked = one.checked
    known = (checked.method, _at(checked.at_ms), checked.by) if checked else ("", "", "")
    return (
        one.id, one.way, one.kind, one.number or "", one.received_on.isoformat(),
        one.due_on.isoformat(), _yes(one.extended_ms), one.state, _at(one.decided_ms), *known,
    )  # fmt: skip


def _request(one: Request, number: str) -> tuple[str, ...]:
    """By number and code: whoever has both is known by them."""
    days: tuple[date, date] = (day_of(one.made_ms), day_of(one.due_ms))
    return (
        one.id, "receipt", ".".join(filter(None, (one.kind, one.purpose))), number,
        *(day.isoformat() for day in days), _yes(one.extended_ms), one.state,
        _at(one.decided_ms), "receipt", _at(one.made_ms), "receipt",
    )  # fmt: skip


def _day_and_id(row: tuple[str, ...]) -> tuple[str, str]:
    return row[4], row[0]


def _yes(at_ms: int | None) -> str:
    return "no" if at_ms is None else "yes"


def _at(at_ms: int | None) -> str:
    return "" if at_ms is None else moment(at_ms).isoformat(timespec="minutes")


ROUTES: Final = (
    Route(
        "GET", f"{HOME}/requests.csv", take, Who.PROTECTION, Shape.PAGE, "All requests as a table",
        gives_bytes={200: "text/csv"},
    ),
)  # fmt: skip
