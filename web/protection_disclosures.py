"""The desk's disclosures: an authority asks, one officer enters it, another one approves.

Only what was asked for and approved, sealed for its recipient; each step is in the audit chain, and
a report counts them.
"""

import asyncio
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints, field_validator

from sessions.age import Sealing, for_key, for_passphrase, read_key
from sessions.counted import day_of
from sessions.disclosures import CATEGORIES, SORTS, Disclosure, Sort, by_year
from sessions.events import Refused
from sessions.keys import Shredded
from sessions.receipts import grouped, hash_of
from sessions.ways import AUTHORITY
from web.bodies import Body
from web.disclosed import handover
from web.guard import dress
from web.protection import HOME, actor, done, page, session_of, taken
from web.protection_recipients import LATELY_DAYS, addressees
from web.routes import Ask, Route, Shape, Who

MAX_WORDS: Final = 300  # characters
_DAY_MS: Final = 86_400_000
_SEALED: Final = "application/octet-stream"
_PATH: Final = f"{HOME}/disclosures"
_LONGEST: Final = timedelta(days=366)  # that a person may not be told, before it is asked anew
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
    category_files: Tick = "no"
    category_board: Tick = "no"
    recipient: Annotated[str, StringConstraints(max_length=80)] = ""
    untold_until: str = ""

    @field_validator("recipient")
    @classmethod
    def _is_a_key(cls, given: str) -> str:
        if given:
            read_key(given)
        return given

    @field_validator("untold_until")
    @classmethod
    def _is_a_day(cls, given: str) -> str:
        return date.fromisoformat(given).isoformat() if given else ""

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(one for one in CATEGORIES if getattr(self, f"category_{one}") == "yes")


class Press(Body):
    """A button without a field."""


class Decide(Body):
    """The second pair of eyes."""

    state: Literal["approved", "refused"]
    why: Annotated[str, StringConstraints(max_length=MAX_WORDS)] = ""


async def show(ask: Ask) -> aioweb.Response:
    """What was asked for, the last one first; the form; and the report by year."""
    return await disclosures_shown(ask)


async def enter(ask: Ask) -> aioweb.Response:
    """Enter what an authority asks for; another officer decides."""
    parts = ask.parts
    try:
        given = taken(ask, AskFor)
        if not given.categories:
            raise Refused("field.missing", field="categories")
        untold = date.fromisoformat(given.untold_until) if given.untold_until else None
        today = day_of(parts.now_ms())
        if untold is not None and not today < untold <= today + _LONGEST:
            raise Refused("field.invalid", field="untold_until")
        session = await session_of(ask, given.which)
        if await parts.lifecycle.view(session) is None:
            raise Refused("field.invalid", field="which")
    except Refused as refused:
        return await disclosures_shown(ask, refused)
    one = await parts.casework.disclosures.ask(
        session, given.sort, given.categories, authority=given.authority, ground=given.ground,
        file_number=given.file_number, by=actor(ask), recipient=given.recipient or None,
        untold_until=untold,
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


async def take(ask: Ask) -> aioweb.StreamResponse:
    """The package, once it is approved, sealed; each time is in the chain, with its hash."""
    one, parts = await _found(ask), ask.parts
    view = await parts.lifecycle.view(one.session)
    if view is None:
        raise Refused("not.found")
    first = await parts.casework.disclosures.taking(one)
    try:
        leave = await parts.exit.leave(AUTHORITY, actor=actor(ask), ground=one.id, of=one.session)
        handed = await handover(
            parts.vault, parts.files, parts.corrections, view, one, parts.keys.master, leave
        )
    except (Shredded, LookupError, Refused) as reason:
        if first:
            await parts.casework.disclosures.not_taken(one)
        if isinstance(reason, Refused):
            raise
        raise Refused("not.found") from None
    sealing = await _sealing(ask, one)
    name = f"{ask.texts.t('protection.disclosure.file')}-{one.id}.zip.age"
    said = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": _SEALED}
    response = aioweb.StreamResponse(headers=said)
    dress(response, parts)
    with parts.downloads.entering(ask.client):
        await response.prepare(ask.request)
        async for piece in handed.sealed(sealing):
            await response.write(piece)
    await _record(ask, "disclosure handed", one, handed.digest[:16])
    await parts.casework.disclosures.handed(one.id, handed.digest)
    await response.write_eof()
    return response


async def show_passphrase(ask: Ask) -> aioweb.Response:
    """What opens a package without a recipient's key; that it was looked at is in the chain."""
    one = await _found(ask)
    try:
        passphrase = await ask.parts.casework.disclosures.passphrase(one.id)
    except Refused as refused:
        return await _one(ask, one, refused)
    await _record(ask, "disclosure passphrase", one)
    return await _one(ask, one, passphrase=passphrase)


# ---- inside


async def _sealing(ask: Ask, one: Disclosure) -> Sealing:
    if one.recipient is not None:
        return for_key(one.recipient)
    passphrase = await ask.parts.casework.disclosures.passphrase(one.id)
    return await asyncio.to_thread(for_passphrase, passphrase)


async def _record(ask: Ask, action: str, one: Disclosure, more: str = "") -> None:
    await ask.parts.audit.record(actor(ask), action, f"{one.session} {one.id} {more}".rstrip())


async def _found(ask: Ask) -> Disclosure:
    one = await ask.parts.casework.disclosures.find(ask.request.match_info["case"])
    if one is None:
        raise Refused("not.found")
    return one


async def disclosures_shown(
    ask: Ask, refused: Refused | None = None, *, form: str = "ask"
) -> aioweb.Response:
    """What left the house, and the forms; `form`: where something was wrong."""
    known = await ask.parts.casework.disclosures.known()
    recipients = ask.parts.casework.recipients
    report = [
        (year, [(name, sum(counts.get(name, {}).values())) for name in _REPORTED],
         sorted(counts["asked"].items()))
        for year, counts in sorted(by_year(known).items(), reverse=True)
    ]  # fmt: skip
    return await page(
        ask, "disclosures", "disclosures", refused=refused, form=form, known=known, sorts=SORTS,
        categories=CATEGORIES, most=MAX_WORDS, report=report, reported=_REPORTED,
        latest=day_of(ask.parts.now_ms()) + _LONGEST,
        exports=await ask.parts.casework.exports.known(),
        waiting=await addressees(ask, await recipients.waiting()), lately=LATELY_DAYS,
        settled=await addressees(
            ask, await recipients.settled(ask.parts.now_ms() - LATELY_DAYS * _DAY_MS)
        ),
    )  # fmt: skip


async def _one(
    ask: Ask, one: Disclosure, refused: Refused | None = None, *, passphrase: str = ""
) -> aioweb.Response:
    number = await ask.parts.receipts.number_of(one.session)
    return await page(
        ask, "disclosures", "disclosure", refused=refused, form="decide", one=one,
        mine=one.asked_by == actor(ask), most=MAX_WORDS, grouped=grouped,
        number=number[0] if number else None,
        gone=await ask.parts.lifecycle.view(one.session) is None, passphrase=passphrase,
        told=one.is_told(day_of(ask.parts.now_ms())),
        notifications=await addressees(
            ask,
            [each for each in await ask.parts.casework.recipients.of(hash_of(one.session))
             if each.recipient == one.id],
        ),
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", _PATH, show, Who.PROTECTION, Shape.PAGE, "Disclosures to authorities"),
    Route(
        "POST", _PATH, enter, Who.OFFICER, Shape.FORM, "Enter what an authority asks for",
        takes=AskFor,
    ),
    Route("GET", f"{_PATH}/{{case}}", show_one, Who.PROTECTION, Shape.PAGE, "One disclosure"),
    Route(
        "POST", f"{_PATH}/{{case}}", decide, Who.OFFICER, Shape.FORM,
        "Approve a disclosure or refuse it", takes=Decide,
    ),
    Route(
        "GET", f"{_PATH}/{{case}}/package", take, Who.OFFICER, Shape.PAGE,
        "What is handed over", gives_bytes={200: _SEALED},
    ),
    Route(
        "POST", f"{_PATH}/{{case}}/passphrase", show_passphrase, Who.OFFICER, Shape.FORM,
        "What opens it where the recipient has no key", takes=Press,
    ),
)  # fmt: skip
