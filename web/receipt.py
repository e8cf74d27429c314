"""The rights desk: whoever has number and code of a session sees, takes and erases what is kept.

No account, no cookie and no script is needed: every step is a form that carries both once more.
Wrong codes and unknown numbers get one answer. Each look is in the audit log before it happens.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from sessions.clock import wall_clock_ms
from sessions.envelope import Unreadable
from sessions.events import Refused, SessionId, is_id
from sessions.keys import Shredded
from sessions.receipts import Receipt, grouped, read_code, read_number
from sessions.tombstones import Tombstone
from web.bodies import Body, validated
from web.certificates import certificate, erased, facts
from web.dossier import (
    ACTOR,
    FORMAT,
    Answerable,
    Copy,
    Dossier,
    FileThere,
    Notice,
    moment,
    read_dossier,
)  # fmt: skip
from web.guard import dress
from web.moments import at_minute, on_day
from web.package import ACTION, Package
from web.periods import periods_in_words
from web.refusals import fault_of
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.seats import token_of

_PICTURES: Final = ("image/png", "image/jpeg", "image/webp")
_MOST_SHOWN: Final = 8 << 20  # bytes of pictures in one page
_LARGEST_SHOWN: Final = 3 << 20
_TYPED: Final = 100  # characters that a form gets back


Step = Callable[[Ask, Receipt], Awaitable[aioweb.StreamResponse]]
Reading = Callable[[Ask, Receipt, Dossier], Awaitable[aioweb.StreamResponse]]


class Claimed(Answer):
    """What is written on a receipt."""

    number: str
    code: str


class SigningKeys(Answer):
    """What signatures of this house are checked with: Ed25519, base64, the newest first."""

    ed25519: list[str]


class Show(Body):
    number: str
    code: str


class OneFile(Show):
    file: str


class Erase(Show):
    sure: str = ""


class Restrict(Show):
    on: str = ""


class Claim(Body):
    """Nothing: the seat says it all."""


# ---- for the prospect's own page


async def claim(ask: Ask) -> aioweb.Response:
    """The receipt of this session, for its prospect alone, also after they left."""
    session = SessionId(ask.request.match_info["session"])
    token = token_of(ask, session) if is_id(session) else None
    found = await ask.parts.receipts.claim(session, token) if token else None
    if found is None:
        raise Refused("not.found")
    return json_answer(Claimed(number=found.number, code=found.code))


# ---- the desk


async def show_desk(ask: Ask) -> aioweb.Response:
    return _page(ask, "ask", typed={}, fault=None)


async def show(ask: Ask) -> aioweb.StreamResponse:
    """Everything that is kept, to read."""
    return await _with_receipt(ask, Show, _reading("receipt show", _shown))


async def _shown(ask: Ask, receipt: Receipt, dossier: Dossier) -> aioweb.Response:
    pictures = await _pictures(ask, dossier)
    return _page(
        ask, "open", **_proof(ask), copy=copy_of(ask, receipt, dossier), dossier=dossier,
        picture_of=pictures.get, restricted=await _restriction(ask, dossier.view.session),
        **_words(ask),
    )  # fmt: skip


async def take_copy(ask: Ask) -> aioweb.StreamResponse:
    """Everything that is kept, as a package to take home."""
    return await _with_receipt(ask, Show, _reading(ACTION, _taken))


async def _taken(ask: Ask, receipt: Receipt, dossier: Dossier) -> aioweb.StreamResponse:
    package = Package(
        dossier=dossier,
        vault=ask.parts.vault,
        sign=ask.parts.keys.master.sign,
        copy=lambda: copy_of(ask, receipt, dossier),
        page=lambda copy: _page_of(ask, dossier, copy),
        readme=ask.texts.t("receipt.readme", company=ask.parts.brand.company) + "\n",
    )
    name = f"{ask.texts.t('receipt.copy.name')}-{receipt.number}.zip"
    response = aioweb.StreamResponse(headers=_saved_as(name, "application/zip"))
    dress(response, ask.parts)
    await response.prepare(ask.request)
    async for piece in package.pieces():
        if piece:
            await response.write(piece)
    await response.write_eof()
    return response


async def take_file(ask: Ask) -> aioweb.StreamResponse:
    """One file, as it was shared."""
    return await _with_receipt(ask, OneFile, _reading("receipt file", _file_taken))


async def _file_taken(ask: Ask, _receipt: Receipt, dossier: Dossier) -> aioweb.StreamResponse:
    wanted = (ask.form or {}).get("file", "")
    if wanted not in dossier.blobs:
        raise Refused("not.found")
    name = dossier.files[wanted].name or "datei"
    response = aioweb.StreamResponse(headers=_saved_as(name, "application/octet-stream"))
    dress(response, ask.parts)
    parts = ask.parts.vault.open_file(dossier.blobs[wanted], actor=ACTOR, action="receipt file")
    await response.prepare(ask.request)
    async for piece in parts:
        await response.write(piece)
    await response.write_eof()
    return response


async def erase(ask: Ask) -> aioweb.StreamResponse:
    """Ask once whether that is meant; then erase everything and show the certificate."""
    return await _with_receipt(ask, Erase, _erased)


async def _erased(ask: Ask, receipt: Receipt) -> aioweb.Response:
    if receipt.session is None:
        return await _gone(ask, receipt)
    if (ask.form or {}).get("sure") != "yes":
        view = await ask.parts.lifecycle.view(receipt.session)
        live = view is not None and view.ended_ms is None
        return _page(ask, "sure", **_proof(ask), live=live)
    await ask.parts.audit.record(ACTOR, "erase", f"{receipt.session} {receipt.number}")
    try:
        stone = await ask.parts.erasure.erase(receipt.session, cause="person")
    except LookupError:
        return await _gone(ask, receipt)
    return _certified(ask, stone)


async def restrict(ask: Ask) -> aioweb.StreamResponse:
    """Art. 18 GDPR: kept, and not used by the house; or used again. What the house set stays."""
    return await _with_receipt(ask, Restrict, _restricted)


async def _restricted(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
    session, holds = receipt.session, ask.parts.holds
    if session is None:
        return await _gone(ask, receipt)
    on = (ask.form or {}).get("on") == "yes"
    action = "restrict" if on else "lift"
    await ask.parts.audit.record(ACTOR, action, f"{session} {receipt.number}")
    try:
        if not on:
            await holds.lift(session, "restriction", by=ACTOR)
        elif not await _restriction(ask, session):
            await holds.set(session, "restriction", reason=receipt.number, by=ACTOR)
    except LookupError:
        return await _gone(ask, receipt)
    return await _reading("receipt show", _shown)(ask, receipt)


async def _restriction(ask: Ask, session: SessionId) -> str:
    """Who restricts this session: "receipt", "house", or nobody."""
    held = await ask.parts.holds.list(session)
    by = {hold.set_by for hold in held if hold.kind == "restriction"}
    return "" if not by else ACTOR if by == {ACTOR} else "house"


async def take_certificate(ask: Ask) -> aioweb.StreamResponse:
    """The certificate of an erasure, as a file."""
    return await _with_receipt(ask, Show, _certificate_taken)


async def _certificate_taken(ask: Ask, receipt: Receipt) -> aioweb.Response:
    stone = await ask.parts.tombstones.find(receipt.session_hash)
    if stone is None:
        raise Refused("not.found")
    text = certificate(stone, ask.parts.keys.master, ask.parts.brand, ask.texts)
    name = f"{ask.texts.t('receipt.certificate.name')}-{receipt.number}.txt"
    return aioweb.Response(body=text.encode(), headers=_saved_as(name, "text/plain; charset=utf-8"))


# ---- what programs may want to know


async def schema(ask: Ask) -> aioweb.Response:
    """The JSON schema of `data.json` in a package."""
    return aioweb.json_response(
        Copy.model_json_schema() | {"$id": FORMAT, "$schema": _DRAFT},
    )


async def signing_keys(ask: Ask) -> aioweb.Response:
    """What packages and certificates are checked with."""
    return json_answer(
        SigningKeys(
            ed25519=[b64encode(key).decode() for key in ask.parts.keys.master.public_keys()]
        )
    )


_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


# ---- inside


async def _with_receipt(ask: Ask, model: type[Show], run: Step) -> aioweb.StreamResponse:
    """Let in whoever has both; else the form once more, with what was typed."""
    form = {name: value for name, value in (ask.form or {}).items() if name != "csrf"}
    try:
        receipt = await _proven(ask, validated(model, form))
    except Refused as refused:
        if refused.code == "busy":
            raise
        status, fault = fault_of(refused, ask.texts)
        typed = {name: form.get(name, "")[:_TYPED] for name in ("number", "code")}
        response = _page(ask, "ask", typed=typed, fault=fault, status=status)
        if fault.retry_s is not None:
            response.headers["Retry-After"] = str(fault.retry_s)
        return response
    return await run(ask, receipt)


def _reading(action: str, run: Reading) -> Step:
    """A step that reads everything there is, under this name in the audit log."""

    async def step(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
        with ask.parts.downloads.entering(ask.client):
            dossier = await _dossier(ask, receipt, action)
            if dossier is None:
                return await _gone(ask, receipt)
            return await run(ask, receipt, dossier)

    return step


async def _proven(ask: Ask, given: Show) -> Receipt:
    """The receipt; Refused with one code for a wrong code and an unknown number.

    What cannot be a number or a code at all is a slip: saying so tells nothing of what there is.
    """
    ask.parts.buckets.expect("receipt", ask.client)
    number, code = read_number(given.number), read_code(given.code)
    if number is None:
        raise Refused("receipt.mistyped", field="number")
    if code is None:
        raise Refused("receipt.mistyped", field="code")
    found = await ask.parts.receipts.find(number, code)
    if found is None:
        ask.parts.buckets.take("receipt", ask.client)
        raise Refused("receipt.wrong", field="number")
    return found


async def _dossier(ask: Ask, receipt: Receipt, action: str) -> Dossier | None:
    """What is kept; None once it was erased."""
    parts = ask.parts
    if receipt.session is None:
        return None
    try:
        return await read_dossier(
            parts.vault, parts.files, parts.audit, parts.lifecycle, receipt.session,
            number=receipt.number, action=action,
        )  # fmt: skip
    except (LookupError, Shredded):
        return None


async def _gone(ask: Ask, receipt: Receipt) -> aioweb.Response:
    stone = await ask.parts.tombstones.find(receipt.session_hash)
    if stone is None:
        raise Refused("not.found")
    return _certified(ask, stone)


def _certified(ask: Ask, stone: Tombstone) -> aioweb.Response:
    return _page(
        ask, "done", **_proof(ask), facts=facts(stone, ask.texts), erased=erased(stone, ask.texts)
    )


async def _pictures(ask: Ask, dossier: Dossier) -> dict[str, str]:
    """Pictures small enough to be shown within the page, as addresses that hold them."""
    shown: dict[str, str] = {}
    room = _MOST_SHOWN
    for id, file in dossier.blobs.items():
        told = dossier.files[id]
        if told.type not in _PICTURES or file.size > min(room, _LARGEST_SHOWN):
            continue
        try:
            parts = ask.parts.vault.open_file(file, actor=ACTOR, action="receipt show")
            data = b"".join([part async for part in parts])
        except (LookupError, Unreadable):
            told.state = "unreadable"
            continue
        room -= file.size
        shown[id] = f"data:{told.type};base64,{b64encode(data).decode()}"
    return shown


def copy_of(ask: Ask, receipt: Receipt, dossier: Dossier) -> Copy:
    """The dossier as it leaves the house."""
    view, brand, texts = dossier.view, ask.parts.brand, ask.texts
    topics = {one["code"]: one["name"] for one in brand.topics_in(texts.language)}
    return Copy(
        number=receipt.number,
        made_at=moment(wall_clock_ms()),
        language=view.language,
        topic=topics.get(view.topic, view.topic) if view.topic else None,
        began_at=moment(view.created_ms),
        accepted_at=None if view.accepted_ms is None else moment(view.accepted_ms),
        ended_at=None if view.ended_ms is None else moment(view.ended_ms),
        end_reason=view.end_reason,
        people=list(dossier.people.values()),
        messages=dossier.messages,
        consents=dossier.consents,
        hints=dossier.hints,
        files=list(dossier.files.values()),
        board=dossier.board(),
        openings=dossier.openings,
        unreadable_events=dossier.unreadable,
        notice=Notice(
            version=brand.notice_version,
            controller=Answerable(**brand.controller.model_dump()),
            officer=Answerable(**brand.protection_officer.model_dump()),
            purposes=texts.t("privacy.basis.text"),
            recipients=texts.t("privacy.thirdparties.text"),
            retention=" ".join(periods_in_words(brand, texts)),
            rights=texts.t("privacy.rights.text"),
            source=texts.t("receipt.source"),
        ),
    )


def _page_of(ask: Ask, dossier: Dossier, copy: Copy) -> str:
    """The readable page of a package."""
    paths = {one.id: one.path for one in copy.files if one.path and one.type in _PICTURES}
    template = ask.parts.screens.environment.get_template("copy.html")
    return template.render(
        t=ask.texts.t, lang=ask.texts.language, brand=ask.parts.brand, copy=copy, dossier=dossier,
        picture_of=paths.get, **_words(ask),
    )  # fmt: skip


def _words(ask: Ask) -> dict[str, Any]:
    """How the page says times, sizes and numbers."""
    language = ask.texts.language
    return {
        "at": lambda time: at_minute(time, language),
        "day": lambda time: on_day(time, language),
        "grouped": grouped,
        "size": lambda file: _size(file, language),
    }


def _size(file: FileThere, language: str) -> str:
    number, unit = (file.size / 1e6, "MB") if file.size >= 1e6 else (file.size / 1e3, "kB")
    text = f"{number:.1f} {unit}"
    return text.replace(".", ",") if language == "de" else text


def _proof(ask: Ask) -> Mapping[str, Any]:
    form = ask.form or {}
    return {"number": form.get("number", ""), "code": form.get("code", "")}


def _page(ask: Ask, step: str, *, status: int = 200, **given: Any) -> aioweb.Response:
    asked = f"?lang={ask.texts.language}" if "lang" in ask.request.query else ""
    return ask.parts.screens.show(
        "receipt", ask.texts, status=status, path="/receipt", step=step, asked=asked, **given
    )


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
    Route(
        "POST", "/api/sessions/{session}/receipt", claim, Who.PROSPECT, Shape.API,
        "Number and code to claim later what is kept", takes=Claim, answers={200: Claimed},
    ),
    Route("GET", "/receipt", show_desk, Who.ALL, Shape.PAGE, "The rights desk"),
    _form("/receipt", show, Show, "See everything that is kept of a session"),
    _form("/receipt/copy", take_copy, Show, "Take everything home as a package"),
    _form("/receipt/file", take_file, OneFile, "Take one file"),
    _form("/receipt/erase", erase, Erase, "Erase a session for good"),
    _form("/receipt/restrict", restrict, Restrict, "Let the house not use a session, or again"),
    _form("/receipt/certificate", take_certificate, Show, "The certificate of an erasure"),
    Route(
        "GET", "/api/receipt/schema", schema, Who.ALL, Shape.API, "The schema of a copy",
        gives_bytes={200: "application/json"},
    ),
    Route(
        "GET", "/api/receipt/keys", signing_keys, Who.ALL, Shape.API,
        "What packages and certificates are checked with", answers={200: SigningKeys},
    ),
)  # fmt: skip
