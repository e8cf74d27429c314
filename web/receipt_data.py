"""What programs ask of the rights desk: a claim for the prospect's page, the schema, the keys."""

from base64 import b64encode
from typing import Final

from aiohttp import web as aioweb

from sessions.events import Refused, SessionId, is_id
from web.bodies import Body
from web.copy_schema import FORMAT, Copy
from web.routes import Answer, Ask, Route, Shape, Who, json_answer
from web.seats import token_of

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


class Claimed(Answer):
    """What is written on a receipt."""

    number: str
    code: str


class SigningKeys(Answer):
    """What signatures of this house are checked with: Ed25519, base64, the newest first."""

    ed25519: list[str]


class Claim(Body):
    """Nothing: the seat says it all."""


async def claim(ask: Ask) -> aioweb.Response:
    """The receipt of this session, for its prospect alone, also after they left."""
    session = SessionId(ask.request.match_info["session"])
    token = token_of(ask, session) if is_id(session) else None
    found = await ask.parts.receipts.claim(session, token) if token else None
    if found is None:
        raise Refused("not.found")
    return json_answer(Claimed(number=found.number, code=found.code))


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


ROUTES: Final = (
    Route(
        "POST", "/api/sessions/{session}/receipt", claim, Who.PROSPECT, Shape.API,
        "Number and code to claim later what is kept", takes=Claim, answers={200: Claimed},
    ),
    Route(
        "GET", "/api/receipt/schema", schema, Who.ALL, Shape.API, "The schema of a copy",
        gives_bytes={200: "application/json"},
    ),
    Route(
        "GET", "/api/receipt/keys", signing_keys, Who.ALL, Shape.API,
        "What packages and certificates are checked with", answers={200: SigningKeys},
    ),
)  # fmt: skip
