"""The desk's records: processing activities, processors, and where this installation leads."""

from typing import Any, Final

from aiohttp import web as aioweb

from sessions.counted import day_of
from sessions.events import Refused
from web.agreed import Document
from web.barring import REASON
from web.package import safe_name
from web.protection import HOME, actor, only_reads, page
from web.records import as_csv, as_json, document, troubles
from web.routes import Ask, Route, Shape, Who

SHORT: Final = 16  # digits of a hash that tell one document from another
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
        short=SHORT,
        in_kb=lambda size: f"{-(-size // 1_000)} kB",
    )


async def take_json(ask: Ask) -> aioweb.Response:
    return _saved(ask, as_json(_document(ask)), "json", "application/json")


async def take_csv(ask: Ask) -> aioweb.Response:
    return _saved(ask, as_csv(_document(ask)), "csv", "text/csv")


async def take_document(ask: Ask) -> aioweb.Response:
    """The clauses with a processor, or the assessment of the transfer, as they lie on file.

    To be saved, never shown: what is in them was not written here.
    """
    which = ask.request.match_info["case"]
    found = next((one for one in _on_file(ask) if one.sha256.startswith(which)), None)
    if found is None or len(which) != SHORT:
        raise Refused("not.found")
    if only_reads(ask):
        await ask.parts.audit.record(actor(ask), "desk read", ask.path.removeprefix("/"))
    name = safe_name(found.name).encode("ascii", "replace").decode().replace("?", "_")
    return aioweb.Response(
        body=found.data,
        content_type=found.media,
        charset="utf-8" if found.media == "text/plain" else None,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _on_file(ask: Ask) -> list[Document]:
    clauses = [one.clauses for one in ask.parts.brand.processors if one.clauses is not None]
    return [document for one in clauses for document in one.documents]


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
    Route(
        "GET", f"{HOME}/records/documents/{{case}}", take_document, Who.PROTECTION, Shape.PAGE,
        "Clauses with a processor, or the assessment of a transfer",
        gives_bytes={200: "application/pdf"},
    ),
)  # fmt: skip
