"""Who has number and code of a session is let in to it; everybody else gets the form once more.

Wrong codes and unknown numbers get one answer. It does not know what is done inside.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web as aioweb

from sessions.events import Refused
from sessions.keys import Shredded
from sessions.receipts import Receipt, read_code, read_number
from sessions.tombstones import Tombstone
from sessions.ways import Way
from web.bodies import Body, validated
from web.certificates import erased, facts
from web.continued import whole_dossier
from web.copies import words
from web.dossier import Dossier
from web.notified import notified
from web.refusals import fault_of
from web.routes import Ask

_TYPED: Final = 100  # characters that a form gets back

Step = Callable[[Ask, Receipt], Awaitable[aioweb.StreamResponse]]
Reading = Callable[[Ask, Receipt, Dossier], Awaitable[aioweb.StreamResponse]]


class Show(Body):
    number: str
    code: str


async def let_in(ask: Ask, model: type[Show], run: Step) -> aioweb.StreamResponse:
    """Let in whoever has both; else the form once more, with what was typed."""
    form = {name: value for name, value in (ask.form or {}).items() if name != "csrf"}
    try:
        receipt = await _proven(ask, validated(model, form))
    except Refused as refused:
        if refused.code == "busy":
            raise
        status, fault = fault_of(refused, ask.texts)
        typed = {name: form.get(name, "")[:_TYPED] for name in ("number", "code")}
        response = page(ask, "ask", typed=typed, fault=fault, status=status)
        if fault.retry_s is not None:
            response.headers["Retry-After"] = str(fault.retry_s)
        return response
    return await run(ask, receipt)


def reading(way: Way, run: Reading) -> Step:
    """A step that reads everything there is, on its way to the person."""

    async def step(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
        with ask.parts.downloads.entering(ask.client):
            dossier = await _dossier(ask, receipt, way)
            if dossier is None:
                return await gone(ask, receipt)
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


async def _dossier(ask: Ask, receipt: Receipt, way: Way) -> Dossier | None:
    """What is kept; None once it was erased."""
    parts = ask.parts
    if receipt.session is None:
        return None
    try:
        return await whole_dossier(parts, receipt.session, way, ground=receipt.number)
    except (LookupError, Shredded):
        return None


async def gone(ask: Ask, receipt: Receipt) -> aioweb.Response:
    stone = await ask.parts.tombstones.find(receipt.session_hash)
    if stone is None:
        raise Refused("not.found")
    return await certified(ask, stone)


async def certified(ask: Ask, stone: Tombstone) -> aioweb.Response:
    return page(
        ask, "done", **proof(ask), facts=facts(stone, ask.texts), erased=erased(stone, ask.texts),
        notified=await notified(ask.parts, stone.session_hash), **words(ask),
    )  # fmt: skip


def proof(ask: Ask) -> Mapping[str, Any]:
    form = ask.form or {}
    return {"number": form.get("number", ""), "code": form.get("code", "")}


def page(ask: Ask, step: str, *, status: int = 200, **given: Any) -> aioweb.Response:
    asked = f"?lang={ask.texts.language}" if "lang" in ask.request.query else ""
    return ask.parts.screens.show(
        "receipt", ask.texts, status=status, path="/receipt", step=step, asked=asked, **given
    )
