"""The desk's numbers for the technical provider: one officer prepares, another looks and releases.

What is given is the very text that was looked at. Each step is in the audit chain.
"""

from collections import defaultdict
from datetime import date
from typing import Annotated, Any, Final

import orjson
from aiohttp import web as aioweb
from pydantic import StringConstraints, field_validator

from sessions.events import Refused
from sessions.provider_exports import ProviderExport
from web import provider
from web.bodies import Body
from web.protection import HOME, actor, done, name_of, page, taken
from web.protection_disclosures import MAX_WORDS, Decide, disclosures_shown
from web.routes import Ask, Route, Shape, Who

_PATH: Final = f"{HOME}/numbers"
_JSON: Final = "application/json"


class Prepare(Body):
    """Which days, and what for."""

    first: str
    last: str
    purpose: Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS)]

    @field_validator("first", "last")
    @classmethod
    def _is_a_day(cls, given: str) -> str:
        return date.fromisoformat(given).isoformat()


async def prepare(ask: Ask) -> aioweb.Response:
    """Count what may be told of these days; another officer looks at it."""
    parts = ask.parts
    try:
        given = taken(ask, Prepare)
        one = await provider.prepare(
            parts.statistics, parts.casework.exports, date.fromisoformat(given.first),
            date.fromisoformat(given.last), purpose=given.purpose, by=actor(ask),
        )  # fmt: skip
    except Refused as refused:
        return await disclosures_shown(ask, refused, form="prepare")
    await _record(ask, "statistics prepared", one)
    return done(ask, f"{_PATH}/{one.id}")


async def show(ask: Ask) -> aioweb.Response:
    """The numbers, and what the next step is for whoever looks."""
    return await _shown(ask, await _found(ask))


async def decide(ask: Ask) -> aioweb.Response:
    """Release them or refuse; never by whoever prepared them."""
    one = await _found(ask)
    try:
        given = taken(ask, Decide)
        if given.state == "refused" and not given.why:
            raise Refused("field.missing", field="why")
        decided = await ask.parts.casework.exports.decide(
            one.id, given.state, why=given.why, by=actor(ask)
        )
    except Refused as refused:
        return await _shown(ask, one, refused)
    await _record(ask, f"statistics {given.state}", decided)
    return done(ask, f"{_PATH}/{one.id}")


async def take(ask: Ask) -> aioweb.Response:
    """The document, once it is released."""
    one = await _found(ask)
    wanted = provider.Wanted(export=one.id, actor=actor(ask))
    text = await provider.give(ask.parts.casework.exports, ask.parts.exit, wanted)
    name = f"{ask.texts.t('protection.numbers.file')}-{one.first}-{one.last}.json"
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return aioweb.Response(body=text, content_type=_JSON, headers=said)


# ---- inside


async def _found(ask: Ask) -> ProviderExport:
    one = await ask.parts.casework.exports.find(ask.request.match_info["case"])
    if one is None:
        raise Refused("not.found")
    return one


async def _shown(ask: Ask, one: ProviderExport, refused: Refused | None = None) -> aioweb.Response:
    text = await ask.parts.casework.exports.document(one.id)
    return await page(
        ask, "disclosures", "numbers", refused=refused, form="decide", one=one,
        mine=one.asked_by == actor(ask), most=MAX_WORDS, text=text.decode(), lines=_summed(text),
        asked_by=await name_of(ask, one.asked_by),
        decided_by=await name_of(ask, one.decided_by) if one.decided_by else "",
    )  # fmt: skip


def _summed(text: bytes) -> list[tuple[str, int, int]]:
    """Of each count: its name, how many numbers of it there are, and the smallest."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    document: dict[str, Any] = orjson.loads(text)
    for sheet in document["numbers"]:
        found[sheet["metric"]] += sheet["cells"].values()
    return [
        (name, len(numbers), min(numbers)) for name, numbers in sorted(found.items()) if numbers
    ]


async def _record(ask: Ask, action: str, one: ProviderExport) -> None:
    about = f"{one.first}/{one.last} {one.id} {one.digest[:16]}"
    await ask.parts.audit.record(actor(ask), action, about)


ROUTES: Final = (
    Route(
        "POST", _PATH, prepare, Who.OFFICER, Shape.FORM,
        "Prepare numbers for the technical provider", takes=Prepare,
    ),
    Route(
        "GET", f"{_PATH}/{{case}}", show, Who.PROTECTION, Shape.PAGE,
        "Numbers for the technical provider, to look at",
    ),
    Route(
        "POST", f"{_PATH}/{{case}}", decide, Who.OFFICER, Shape.FORM,
        "Release them or refuse", takes=Decide,
    ),
    Route(
        "GET", f"{_PATH}/{{case}}/document", take, Who.OFFICER, Shape.PAGE,
        "What the technical provider is given", gives_bytes={200: _JSON},
    ),
)  # fmt: skip
