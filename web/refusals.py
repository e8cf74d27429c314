"""Every code that a refusal over HTTP may carry, and how it is shown: JSON or a friendly page.

The text comes from the catalog in the language of whoever asked; the input is never repeated.
"""

from typing import Final

from aiohttp import web as aioweb
from pydantic import BaseModel, ConfigDict

from sessions.events import Refused
from web.texts import Texts

# Statuses by code. `not.found` is the one answer for everything one may not see.
STATUSES: Final = {
    "not.found": 404,
    "method.wrong": 405,
    "origin.wrong": 403,
    "csrf.wrong": 403,
    "role.wrong": 403,
    "kind.role": 403,
    "signin.needed": 401,
    "signin.wrong": 401,
    "type.wrong": 415,
    "too.large": 413,
    "too.slow": 408,
    "too.fast": 429,
    "json.invalid": 400,
    "form.invalid": 400,
    "text.encoding": 400,
    "unknown_field": 400,
    "field.missing": 400,
    "field.invalid": 400,
    "request.invalid": 400,
    "idempotency.invalid": 400,
    "name.required": 400,
    "name.empty": 400,
    "name.type": 400,
    "name.too_long": 400,
    "name.control": 400,
    "name.chars": 400,
    "name.reserved": 400,
    "topic.unknown": 400,
    "agency.unknown": 400,
    "edition.unknown": 409,
    "receipt.mistyped": 400,
    "receipt.wrong": 404,
    "receipt.unreadable": 409,
    "recipient.invalid": 400,
    "contact.unreadable": 400,
    "contact.too_many": 400,
    "suppression.key": 503,
    "correction.empty": 400,
    "correction.too_long": 400,
    "correction.too_many": 409,
    "proof.needed": 403,
    "proof.weak": 403,
    "proof.expired": 403,
    "proof.invalid": 400,
    "session.taken": 409,
    "session.ended": 409,
    "session.held": 409,
    "session.restricted": 403,
    "kind.state": 409,
    "desk.prepared": 409,
    "desk.offered": 409,
    "handover.colleague": 409,
    "handover.too_long": 400,
    "invitation.unknown": 404,
    "invitation.spent": 409,
    "invitation.too_many": 409,
    "guests.full": 409,
    "request.spent": 409,
    "request.decided": 409,
    "request.extended": 409,
    "request.empty": 400,
    "request.too_many": 409,
    "request.too_long": 400,
    "hold.person": 409,
    "identity.unchecked": 409,
    "notification.settled": 409,
    "disclosure.own": 403,
    "disclosure.decided": 409,
    "exit.refused": 403,
    "disclosure.unapproved": 409,
    "breach.closed": 409,
    "breach.late": 400,
    "breach.risk": 409,
    "audit.broken": 409,
    "account.exists": 409,
    "account.agency": 400,
    "account.own": 409,
    "account.last": 409,
    "password.first": 403,
    "password.length": 400,
    "password.differs": 400,
    "password.wrong": 400,
    "password.same": 400,
    "upload.version": 412,
    "upload.length": 400,
    "upload.metadata": 400,
    "upload.early": 400,
    "upload.part": 400,
    "upload.unchecked": 400,
    "upload.checksum": 460,  # tus 1.0 has a status of its own for it
    "upload.offset": 409,
    "upload.held": 423,
    "file.too_large": 413,
    "file.too_many": 409,
    "file.session_full": 409,
    "file.infected": 409,
    "file.pending": 409,
    "recording.off": 409,
    "recording.consent": 409,
    "recording.offer": 400,
    "recording.too_many": 409,
    "recording.busy": 503,
    "range.beyond": 416,
    "barred": 403,
    "draining": 503,
    "busy": 503,
    "desk.full": 503,
    "node.busy": 503,
    "retry": 503,
    "bug": 500,
}
_BY_STATUS: Final = {
    404: "not.found",
    405: "method.wrong",
    408: "too.slow",
    413: "too.large",
    415: "type.wrong",
    401: "signin.needed",
    403: "role.wrong",
}


class Fault(BaseModel):
    """What went wrong: a stable code, perhaps the field, and a sentence for people."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    code: str
    field: str | None = None
    text: str
    retry_s: int | None = None


class Faulty(BaseModel):
    """The body of every refusal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    error: Fault


def from_http(error: aioweb.HTTPException) -> Refused:
    """What the web framework itself refused, in our words."""
    return Refused(_BY_STATUS.get(error.status, "request.invalid" if error.status < 500 else "bug"))


def fault_of(refused: Refused, texts: Texts) -> tuple[int, Fault]:
    """Status and body for a refusal; a code that we do not know is a plain bad request."""
    code = refused.code if refused.code in STATUSES else "request.invalid"
    given = refused.facts.get("retry_s")
    retry_s = given if isinstance(given, int) else (2 if code == "retry" else None)
    count = refused.facts.get("count", -(-(retry_s or 0) // 60))  # by itself: minutes
    fault = Fault(
        code=refused.code,
        field=refused.field,
        text=texts.t(f"error.{code}", count=count),
        retry_s=retry_s,
    )
    return STATUSES[code], fault


def as_json(status: int, fault: Fault) -> aioweb.Response:
    return aioweb.Response(
        body=Faulty(error=fault).model_dump_json(exclude_none=True).encode(),
        status=status,
        content_type="application/json",
    )
