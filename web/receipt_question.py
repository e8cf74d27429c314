"""Asking the protection officer at the rights desk; the answer is read at the same place.

For what nobody can do alone there. Nothing is sent anywhere: who asks, has the receipt.
"""

from typing import Final

from aiohttp import web as aioweb

from sessions.corrections import clean_addition
from sessions.events import Refused, SessionId
from sessions.keys import Shredded
from sessions.receipts import Receipt
from sessions.requests import MAX_REASON
from web.dossier import ACTOR
from web.receipt import shown
from web.receipt_door import Show, gone, let_in, page, proof
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who


class Question(Show):
    """What is asked; without it the page that asks for it is shown."""

    reason: str | None = None


async def question(ask: Ask) -> aioweb.StreamResponse:
    """Show where to write; or take what was written and show everything."""
    return await let_in(ask, Question, _asked)


async def _asked(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
    session, form = receipt.session, ask.form or {}
    if session is None:
        return await gone(ask, receipt)
    if "reason" not in form:
        return _form(ask)
    await ask.parts.audit.record(ACTOR, "question", f"{session} {receipt.number}")
    try:
        await _make(ask, session, _clean(form["reason"]))
    except (LookupError, Shredded):
        return await gone(ask, receipt)
    except Refused as refused:
        return _form(ask, refused)
    return await shown("receipt.question.done")(ask, receipt)


async def _make(ask: Ask, session: SessionId, reason: str) -> None:
    """Once, however often the button is pressed."""
    requests = ask.parts.requests
    for told in await requests.told(session):
        if (told.request.kind, told.request.state, told.reason) == ("question", "open", reason):
            return
    await requests.make(session, "question", reason=reason)


def _clean(given: str) -> str:
    try:
        return clean_addition(given)
    except Refused as refused:
        code = refused.code.replace("correction.", "request.")
        raise Refused(code, field="reason", count=MAX_REASON) from None


def _form(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    typed = (ask.form or {}).get("reason", "")
    return page(
        ask, "question", status=status, **proof(ask), typed=typed, fault=fault, most=MAX_REASON
    )


ROUTES: Final = (
    Route(
        "POST", "/receipt/question", question, Who.ALL, Shape.FORM,
        "Ask the protection officer", takes=Question,
    ),
)  # fmt: skip
