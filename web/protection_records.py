"""The desk's records: processing activities, processors, and where this installation leads."""

from typing import Any, Final

from aiohttp import web as aioweb

from sessions.counted import day_of
from web.barring import REASON
from web.protection import HOME, only_reads, page
from web.records import as_csv, as_json, document, troubles
from web.routes import Ask, Route, Shape, Who

_LATELY_MS: Final = 30 * 86_400_000


async def show(ask: Ask) -> aioweb.Response:
    found = _document(ask)
    return await page(
        ask,
        "records",
        "records",
        records=found,
        troubles=troubles(found),
        barred=await _barred(ask),
    )


async def take_json(ask: Ask) -> aioweb.Response:
    return _saved(ask, as_json(_document(ask)), "json", "application/json")


async def take_csv(ask: Ask) -> aioweb.Response:
    return _saved(ask, as_csv(_document(ask)), "csv", "text/csv")


async def _barred(ask: Ask) -> list[dict[str, Any]]:
    """Whom advisors barred lately: which session, when, and by whom; nothing of why.

    An auditor reads no names: for them it is an account.
    """
    parts = ask.parts
    views = await parts.lifecycle.ended_since(parts.now_ms() - _LATELY_MS, REASON)
    names = {one.id: one.display_name for one in await parts.accounts.list()} if views else {}
    return [
        {
            "number": one.session[:8],
            "at_ms": one.ended_ms,
            "by": str(one.advisor_account)[:8]
            if only_reads(ask)
            else names.get(str(one.advisor_account)),
        }
        for one in views
    ]


def _document(ask: Ask) -> dict[str, Any]:
    parts = ask.parts
    return document(parts.brand, parts.settings, ask.texts, day_of(parts.now_ms()))


def _saved(ask: Ask, data: bytes, ending: str, media: str) -> aioweb.Response:
    name = ask.texts.t("records.file")
    said = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return aioweb.Response(body=data, content_type=media, headers=said)


ROUTES: Final = (
    Route(
        "GET", f"{HOME}/records", show, Who.PROTECTION, Shape.PAGE,
        "Records of processing and the register of processors",
    ),
    Route(
        "GET", f"{HOME}/records.json", take_json, Who.PROTECTION, Shape.PAGE,
        "The same as JSON", gives_bytes={200: "application/json"},
    ),
    Route(
        "GET", f"{HOME}/records.csv", take_csv, Who.PROTECTION, Shape.PAGE,
        "The same as a table", gives_bytes={200: "text/csv"},
    ),
)  # fmt: skip
