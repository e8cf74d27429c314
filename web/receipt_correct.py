"""Correcting at the rights desk: what a person told of themselves, and additions to what was said.

What was there before stays, with its date, and is shown beside what is right (Art. 16 GDPR).
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from sessions.corrections import MAX_ADDITION, Details, Field, clean_addition
from sessions.envelope import Unreadable
from sessions.events import Refused, SessionId
from sessions.keys import Shredded
from sessions.names import clean_name
from sessions.receipts import Receipt
from web.dossier import ACTOR
from web.receipt import shown
from web.receipt_door import Show, gone, let_in, page, proof
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who

_NAMES: Final[tuple[Field, ...]] = ("first_name", "last_name")
_FIELDS: Final[tuple[Field, ...]] = (*_NAMES, "topic", "addition")


class Correct(Show):
    """What is to stand from now on; nothing of it: what stands now is asked for."""

    first_name: str = ""
    last_name: str = ""
    topic: str = ""
    addition: str = ""


async def correct(ask: Ask) -> aioweb.StreamResponse:
    """Show what may be set right; or set it right and show everything."""
    return await let_in(ask, Correct, _corrected)


async def _corrected(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
    session, corrections = receipt.session, ask.parts.corrections
    if session is None:
        return await gone(ask, receipt)
    await ask.parts.audit.record(ACTOR, "correct", f"{session} {receipt.number}")
    form = ask.form or {}
    given = [one for one in _FIELDS if one in form]
    try:
        details = await corrections.details(session)
        if not given:
            return _form(ask, details)
        try:
            made = await _made(ask, session, {one: form[one] for one in given})
        except Refused as refused:
            return _form(ask, details, refused)
    except (LookupError, Shredded):
        return await gone(ask, receipt)
    except Unreadable:
        raise Refused("receipt.unreadable") from None
    said = "receipt.correct.done" if made else "receipt.correct.same"
    return await shown(said)(ask, receipt)


async def _made(ask: Ask, session: SessionId, given: Mapping[Field, str]) -> int:
    """How many corrections that makes. Everything is looked at before anything is kept."""
    wanted = {field: _clean(ask, field, text) for field, text in given.items()}
    kept = [await ask.parts.corrections.correct(session, *one) for one in wanted.items()]
    return sum(one is not None for one in kept)


def _clean(ask: Ask, field: Field, text: str) -> str:
    if field in _NAMES:
        return clean_name(text, field)
    if field == "addition":
        return clean_addition(text)
    if text and text not in ask.parts.brand.topic_codes():
        raise Refused("topic.unknown", field=field)
    return text


def _form(ask: Ask, details: Details, refused: Refused | None = None) -> aioweb.Response:
    form = ask.form or {}
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    typed = {
        "first_name": form.get("first_name", details.first_name),
        "last_name": form.get("last_name", details.last_name),
        "topic": form.get("topic", details.topic),
        "addition": form.get("addition", ""),
    }
    topics = ask.parts.brand.topics_in(ask.texts.language)
    return page(
        ask, "correct", status=status, **proof(ask), typed=typed, fault=fault, topics=topics,
        most=MAX_ADDITION,
    )  # fmt: skip


ROUTES: Final = (
    Route(
        "POST", "/receipt/correct", correct, Who.ALL, Shape.FORM,
        "Set right what is kept of oneself, or add to it", takes=Correct,
    ),
)  # fmt: skip
