"""The rights desk: whoever has number and code of a session sees, takes and erases what is kept.

No account, no cookie and no script is needed: every step is a form that carries both once more.
Wrong codes and unknown numbers get one answer. Each look is in the audit log before it happens.
"""

from typing import Any, Final

from aiohttp import web as aioweb

from sessions.age import Sealing
from sessions.events import Refused, SessionId
from sessions.receipts import Receipt
from sessions.ways import COPY, FILE, SHOW
from web.certificates import certificate
from web.copies import copy_of, page_of, pictures, words
from web.dossier import ACTOR, Dossier
from web.guard import dress
from web.package import Package
from web.receipt_door import Show, Step, certified, gone, let_in, page, proof, reading
from web.routes import Ask, Route, Shape, Who

_SEALED: Final = "application/octet-stream"


class OneFile(Show):
    file: str


class Erase(Show):
    sure: str = ""


class Restrict(Show):
    on: str = ""


async def show_desk(ask: Ask) -> aioweb.Response:
    return page(ask, "ask", typed={}, fault=None)


async def show(ask: Ask) -> aioweb.StreamResponse:
    """Everything that is kept, to read."""
    return await let_in(ask, Show, shown())


def shown(said: str = "") -> Step:
    """The session as it is now, under what was done just now, a key of the catalog."""

    async def show_it(ask: Ask, receipt: Receipt, dossier: Dossier) -> aioweb.Response:
        seen = await pictures(ask, dossier)
        return page(
            ask, "open", **proof(ask), copy=copy_of(ask, receipt, dossier), dossier=dossier,
            picture_of=seen.get, restricted=await _restriction(ask, dossier.view.session),
            said=said, **words(ask),
        )  # fmt: skip

    return reading(SHOW, show_it)


async def take_copy(ask: Ask) -> aioweb.StreamResponse:
    """Everything that is kept, as a package to take home."""
    return await let_in(ask, Show, reading(COPY, packed))


async def packed(
    ask: Ask,
    receipt: Receipt,
    dossier: Dossier,
    *,
    sealing: Sealing | None = None,
) -> aioweb.StreamResponse:
    """The package, sent while it is made; sealed on the way if there is something to seal with."""
    package = Package(
        dossier=dossier,
        vault=ask.parts.vault,
        recordings=ask.parts.recordings,
        sign=ask.parts.keys.master.sign,
        copy=lambda: copy_of(ask, receipt, dossier),
        page=lambda copy: page_of(ask, dossier, copy),
        readme=ask.texts.t("receipt.readme", company=ask.parts.brand.company) + "\n",
    )
    name = f"{ask.texts.t('receipt.copy.name')}-{receipt.number or dossier.view.session}.zip"
    if sealing is None:
        headers, pieces = _saved_as(name, "application/zip"), package.pieces()
    else:
        headers, pieces = _saved_as(f"{name}.age", _SEALED), sealing.over(package.pieces())
    response = aioweb.StreamResponse(headers=headers)
    dress(response, ask.parts)
    await response.prepare(ask.request)
    async for piece in pieces:
        if piece:
            await response.write(piece)
    await response.write_eof()
    return response


async def take_file(ask: Ask) -> aioweb.StreamResponse:
    """One file, as it was shared."""
    return await let_in(ask, OneFile, reading(FILE, _file_taken))


async def _file_taken(ask: Ask, _receipt: Receipt, dossier: Dossier) -> aioweb.StreamResponse:
    wanted = (ask.form or {}).get("file", "")
    if wanted not in dossier.blobs:
        raise Refused("not.found")
    name = dossier.files[wanted].name or "datei"
    response = aioweb.StreamResponse(headers=_saved_as(name, "application/octet-stream"))
    dress(response, ask.parts)
    parts = ask.parts.vault.open_file(dossier.blobs[wanted], dossier.leave)
    await response.prepare(ask.request)
    async for piece in parts:
        await response.write(piece)
    await response.write_eof()
    return response


async def erase(ask: Ask) -> aioweb.StreamResponse:
    """Ask once whether that is meant; then erase everything and show the certificate."""
    return await let_in(ask, Erase, _erased)


async def _erased(ask: Ask, receipt: Receipt) -> aioweb.Response:
    if receipt.session is None:
        return await gone(ask, receipt)
    if (ask.form or {}).get("sure") != "yes":
        view = await ask.parts.lifecycle.view(receipt.session)
        live = view is not None and view.ended_ms is None
        return page(ask, "sure", **proof(ask), live=live)
    await ask.parts.audit.record(ACTOR, "erase", f"{receipt.session} {receipt.number}")
    try:
        stone = await ask.parts.erasure.erase(receipt.session, cause="person")
    except LookupError:
        return await gone(ask, receipt)
    return await certified(ask, stone)


async def restrict(ask: Ask) -> aioweb.StreamResponse:
    """Art. 18 GDPR: kept, and not used by the house; or used again. What the house set stays."""
    return await let_in(ask, Restrict, _restricted)


async def _restricted(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
    session, holds = receipt.session, ask.parts.holds
    if session is None:
        return await gone(ask, receipt)
    on = (ask.form or {}).get("on") == "yes"
    action = "restrict" if on else "lift"
    await ask.parts.audit.record(ACTOR, action, f"{session} {receipt.number}")
    try:
        if not on:
            await holds.lift(session, "restriction", by=ACTOR)
        elif not await _restriction(ask, session):
            await holds.set(session, "restriction", reason=receipt.number, by=ACTOR)
    except LookupError:
        return await gone(ask, receipt)
    return await shown()(ask, receipt)


async def _restriction(ask: Ask, session: SessionId) -> str:
    """Who restricts this session: "receipt", "house", or nobody."""
    held = await ask.parts.holds.list(session)
    by = {hold.set_by for hold in held if hold.kind == "restriction"}
    return "" if not by else ACTOR if by == {ACTOR} else "house"


async def take_certificate(ask: Ask) -> aioweb.StreamResponse:
    """The certificate of an erasure, as a file."""
    return await let_in(ask, Show, _certificate_taken)


async def _certificate_taken(ask: Ask, receipt: Receipt) -> aioweb.Response:
    stone = await ask.parts.tombstones.find(receipt.session_hash)
    if stone is None:
        raise Refused("not.found")
    text = certificate(stone, ask.parts.keys.master, ask.parts.brand, ask.texts)
    name = f"{ask.texts.t('receipt.certificate.name')}-{receipt.number}.txt"
    return aioweb.Response(body=text.encode(), headers=_saved_as(name, "text/plain; charset=utf-8"))


def _saved_as(name: str, media: str) -> dict[str, str]:
    """RFC 6266; the name in plain letters, and as it is (RFC 8187)."""
    plain = "".join(
        one if one.isascii() and (one.isalnum() or one in ".-_ ") else "_" for one in name
    )
    quoted = "".join(f"%{byte:02X}" for byte in name.encode())
    return {
        "Content-Type": media,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quoted}",
        "Cache-Control": "no-store",
    }


def _form(path: str, run: Any, takes: type[Show], summary: str) -> Route:
    return Route("POST", path, run, Who.ALL, Shape.FORM, summary, takes=takes)


ROUTES: Final = (
    Route("GET", "/receipt", show_desk, Who.ALL, Shape.PAGE, "The rights desk"),
    _form("/receipt", show, Show, "See everything that is kept of a session"),
    _form("/receipt/copy", take_copy, Show, "Take everything home as a package"),
    _form("/receipt/file", take_file, OneFile, "Take one file"),
    _form("/receipt/erase", erase, Erase, "Erase a session for good"),
    _form("/receipt/restrict", restrict, Restrict, "Let the house not use a session, or again"),
    _form("/receipt/certificate", take_certificate, Show, "The certificate of an erasure"),
)  # fmt: skip
