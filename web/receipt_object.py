"""Objecting at the rights desk, purpose by purpose, and taking it back as easily.

Article 21 GDPR. What follows from an objection is for `sessions.requests` to know.
"""

from typing import Final

from aiohttp import web as aioweb

from sessions.contacts import Contact, of_receipt, readings
from sessions.events import Refused
from sessions.keys import Shredded
from sessions.receipts import Receipt
from sessions.requests import MAX_REASON, Purpose, Request
from sessions.suppression import MAX_CONTACTS, KeyLost
from web.dossier import ACTOR, moment
from web.moments import on_day
from web.receipt import shown
from web.receipt_door import Show, gone, let_in, page, proof
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who

PURPOSES: Final[tuple[Purpose, ...]] = ("quality", "statistics", "marketing")


class Object(Show):
    """Against what, and perhaps why; or what to take back. Neither: what there is, is shown.

    `contacts`: where no advertising shall come to either, one in a line.
    """

    purpose: str = ""
    reason: str = ""
    contacts: str = ""
    withdraw: str = ""


async def object_to(ask: Ask) -> aioweb.StreamResponse:
    """Show against what one may object; or object, or no longer, and show everything."""
    return await let_in(ask, Object, _objected)


async def _objected(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
    session, requests, form = receipt.session, ask.parts.requests, ask.form or {}
    if session is None:
        return await gone(ask, receipt)
    withdrawn, purpose = form.get("withdraw", ""), form.get("purpose", "")
    if not withdrawn and not purpose:
        return await _form(ask, await requests.of(session))
    action = "withdraw objection" if withdrawn else "object"
    await ask.parts.audit.record(ACTOR, action, f"{session} {receipt.number}")
    try:
        if withdrawn:
            await requests.withdraw(session, withdrawn)
            await ask.parts.suppression.take_back(objection=withdrawn)
        else:
            contacts = _contacts(form.get("contacts", "")) if purpose == "marketing" else []
            reason = form.get("reason", "").replace("\r\n", "\n").strip()
            made = await requests.make(session, "objection", _purpose(purpose), reason=reason)
            if purpose == "marketing":
                await _suppressed(ask, receipt, made, contacts)
    except (LookupError, Shredded):
        return await gone(ask, receipt)
    except Refused as refused:
        return await _form(ask, await requests.of(session), refused)
    return await shown("receipt.object.undone" if withdrawn else "receipt.object.done")(
        ask, receipt
    )


def _purpose(given: str) -> Purpose:
    for one in PURPOSES:
        if one == given:
            return one
    raise Refused("field.invalid", field="purpose")


def _contacts(given: str) -> list[Contact]:
    """Raises Refused: contact.unreadable, with the line; contact.too_many."""
    lines = [line for line in given.splitlines() if line.strip()]
    if len(lines) > MAX_CONTACTS:
        raise Refused("contact.too_many", field="contacts", count=MAX_CONTACTS)
    found = [readings(line) for line in lines]
    if [] in found:
        raise Refused("contact.unreadable", field="contacts", count=found.index([]) + 1)
    return [one for several in found for one in several]


async def _suppressed(ask: Ask, receipt: Receipt, made: Request, contacts: list[Contact]) -> None:
    """So that the house can ask about them wherever it advertises; also about the receipt."""
    try:
        await ask.parts.suppression.add([of_receipt(receipt.number), *contacts], objection=made.id)
    except KeyLost:
        raise Refused("suppression.key", field="contacts") from None


async def _form(ask: Ask, made: list[Request], refused: Refused | None = None) -> aioweb.Response:
    """Every purpose with the newest of what was asked about it."""
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    newest = {one.purpose: one for one in made if one.kind == "objection"}
    language = ask.texts.language
    return page(
        ask, "object", status=status, **proof(ask), purposes=PURPOSES, newest=newest, fault=fault,
        reason=(ask.form or {}).get("reason", ""), most=MAX_REASON,
        contacts=(ask.form or {}).get("contacts", "") if refused else "",
        contacts_most=MAX_CONTACTS,
        day_ms=lambda at_ms: on_day(moment(at_ms), language),
    )  # fmt: skip


ROUTES: Final = (
    Route(
        "POST", "/receipt/object", object_to, Who.ALL, Shape.FORM,
        "Object to a use, or no longer", takes=Object,
    ),
)  # fmt: skip
