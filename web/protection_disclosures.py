"""The desk's disclosures: an authority asks, one officer enters it, another one approves.

Only what was asked for and approved; each step is in the audit chain, and a report counts them.
"""

import hashlib
from typing import Annotated, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints

from sessions.disclosures import CATEGORIES, SORTS, Disclosure, Sort, by_year
from sessions.events import Refused
from sessions.keys import Shredded
from sessions.receipts import grouped
from web.bodies import Body
from web.disclosed import package
from web.protection import HOME, actor, done, page, session_of, taken
from web.routes import Ask, Route, Shape, Who

MAX_WORDS: Final = 300  # characters
_PATH: Final = f"{HOME}/disclosures"
_REPORTED: Final = ("asked", "approved", "refused", "handed")
Line = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS)]
Tick = Literal["yes", "no"]


class AskFor(Body):
    """What an authority asks for, and by which law."""

    which: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    sort: Sort
    authority: Line
    ground: Line
    file_number: Line
    category_times: Tick = "no"
    category_names: Tick = "no"
    category_chat: Tick = "no"
    category_consents: Tick = "no"

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(one for one in CATEGORIES if getattr(self, f"category_{one}") == "yes")


class Decide(Body):
    """The second pair of eyes."""

    state: Literal["approved", "refused"]
    why: Annotated[str, StringConstraints(max_length=MAX_WORDS)] = ""


async def show(ask: Ask) -> aioweb.Response:
    """What was asked for, the last one first; the form; and the report by year."""
    return await _shown(ask)


async def enter(ask: Ask) -> aioweb.Response:
    """Enter what an authority asks for; another officer decides."""
    parts = ask.parts
    try:
        given = taken(ask, AskFor)
        if not given.categories:
            raise Refused("field.missing", field="categories")
        session = await session_of(ask, given.which)
        if await parts.lifecycle.view(session) is None:
            raise Refused("field.invalid", field="which")
    except Refused as refused:
        return await _shown(ask, refused)
    one = await parts.casework.disclosures.ask(
        session, given.sort, given.categories, authority=given.authority, ground=given.ground,
        file_number=given.file_number, by=actor(ask),
    )  # fmt: skip
    await _record(ask, "disclosure asked", one)
    return done(ask, f"{_PATH}/{one.id}")


async def show_one(ask: Ask) -> aioweb.Response:
    """One disclosure, and what its next step is for whoever looks."""
    return await _one(ask, await _found(ask))


async def decide(ask: Ask) -> aioweb.Response:
    """Approve it or refuse it; never by whoever entered it."""
    one = await _found(ask)
    try:
        given = taken(ask, Decide)
        if given.state == "refused" and not given.why:
            raise Refused("field.missing", field="why")
        decided = await ask.parts.casework.disclosures.decide(
            one.id, given.state, why=given.why, by=actor(ask)
        )
    except Refused as refused:
        return await _one(ask, one, refused)
    await _record(ask, f"disclosure {given.state}", decided)
    return done(ask, f"{_PATH}/{one.id}")


async def take(ask: Ask) -> aioweb.Response:
    """The package, once it is approved; each time it is taken is in the chain, with its hash."""
    one, parts = await _found(ask), ask.parts
    if one.state not in ("approved", "handed"):
        raise Refused("disclosure.unapproved")
    view = await parts.lifecycle.view(one.session)
    if view is None:
        raise Refused("not.found")
    try:
        data = await package(parts.vault, view, one, parts.keys.master, actor=actor(ask))
    except (Shredded, LookupError):
        raise Refused("not.found") from None
    digest = hashlib.sha256(data).hexdigest()
    await _record(ask, "disclosure handed", one, digest[:16])
    await parts.casework.disclosures.handed(one.id, digest)
    name = f"{ask.texts.t('protection.disclosure.file')}-{one.id}.zip"
    said = {"Content-Disposition": f'attachment; filename="{name}"'}
    return aioweb.Response(body=data, content_type="application/zip", headers=said)


# ---- inside


async def _record(ask: Ask, action: str, one: Disclosure, more: str = "") -> None:
    await ask.parts.audit.record(actor(ask), action, f"{one.session} {one.id} {more}".rstrip())


async def _found(ask: Ask) -> Disclosure:
    one = await ask.parts.casework.disclosures.find(ask.request.match_info["case"])
    if one is None:
        raise Refused("not.found")
    return one


async def _shown(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    known = await ask.parts.casework.disclosures.known()
    report = [
        (year, [(name, sum(counts.get(name, {}).values())) for name in _REPORTED],
         sorted(counts["asked"].items()))
        for year, counts in sorted(by_year(known).items(), reverse=True)
    ]  # fmt: skip
    return await page(
        ask, "disclosures", "disclosures", refused=refused, form="ask", known=known, sorts=SORTS,
        categories=CATEGORIES, most=MAX_WORDS, report=report, reported=_REPORTED,
    )  # fmt: skip


async def _one(ask: Ask, one: Disclosure, refused: Refused | None = None) -> aioweb.Response:
    number = await ask.parts.receipts.number_of(one.session)
    return await page(
        ask, "disclosures", "disclosure", refused=refused, form="decide", one=one,
        mine=one.asked_by == actor(ask), most=MAX_WORDS, grouped=grouped,
        number=number[0] if number else None,
        gone=await ask.parts.lifecycle.view(one.session) is None,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", _PATH, show, Who.OFFICER, Shape.PAGE, "Disclosures to authorities"),
    Route(
        "POST", _PATH, enter, Who.OFFICER, Shape.FORM, "Enter what an authority asks for",
        takes=AskFor,
    ),
    Route("GET", f"{_PATH}/{{case}}", show_one, Who.OFFICER, Shape.PAGE, "One disclosure"),
    Route(
        "POST", f"{_PATH}/{{case}}", decide, Who.OFFICER, Shape.FORM,
        "Approve a disclosure or refuse it", takes=Decide,
    ),
    Route(
        "GET", f"{_PATH}/{{case}}/package", take, Who.OFFICER, Shape.PAGE,
        "What is handed over", gives_bytes={200: "application/zip"},
    ),
)  # fmt: skip
