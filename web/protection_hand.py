"""The desk's work by hand, for who lost the receipt: making sure who asks, finding the session,
then copy or erasure.

How it was made sure is kept with the request: a method, when, and by whom; never a document.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Annotated, Final, Literal, TypeVar

from aiohttp import web as aioweb
from pydantic import StringConstraints, field_validator, model_validator

from sessions.age import for_passphrase, is_passphrase
from sessions.counted import begins_ms, day_of
from sessions.events import Refused, SessionId
from sessions.keys import Shredded
from sessions.letters import Letter, LetterKind, Method
from sessions.lost import Found
from sessions.receipts import Receipt, hash_of
from sessions.ways import BY_HAND
from web.bodies import Body
from web.certificates import certificate
from web.continued import whole_dossier
from web.dossier import moment
from web.moments import at_minute
from web.protection import HOME, actor, done, session_of, taken
from web.protection_requests import OLDEST, Sought, letter_of, letter_shown
from web.receipt import packed
from web.routes import Ask, Route, Shape, Who

_PATH: Final = f"{HOME}/requests/{{case}}"
_COPIED: Final[frozenset[LetterKind]] = frozenset({"access", "portability"})
_ERASED: Final[frozenset[LetterKind]] = frozenset({"erasure"})
Given = TypeVar("Given", bound="ByHand")


class Check(Body):
    """How it was made sure who asks."""

    method: Method


class ByHand(Body):
    """About which session; not asked where the letter names a receipt."""

    which: Annotated[str, StringConstraints(max_length=40)] = ""


class Copy(ByHand):
    """Sealed for the way with the passphrase that the page showed, or as it is."""

    sealed: Literal["yes", ""] = ""
    passphrase: str = ""

    @model_validator(mode="after")
    def _is_ours(self) -> "Copy":
        if self.sealed and not is_passphrase(self.passphrase):
            raise ValueError("no passphrase of ours")
        return self


class Search(Body):
    """By what somebody who has no number remembers."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    day: str

    @field_validator("day")
    @classmethod
    def _is_a_day(cls, given: str) -> str:
        return date.fromisoformat(given).isoformat()


class Erase(ByHand):
    sure: Literal["yes"]


async def check(ask: Ask) -> aioweb.Response:
    """Keep how it was made sure who asks, in the request and in the chain."""
    letter = await letter_of(ask)
    try:
        given = taken(ask, Check)
        await ask.parts.casework.letters.check(letter.id, given.method, by=actor(ask))
    except Refused as refused:
        return await letter_shown(ask, letter.id, refused, form="identity")
    await _record(ask, "identity checked", f"letter {letter.id} {given.method}")
    return done(ask, f"{HOME}/requests/{letter.id}")


async def search(ask: Ask) -> aioweb.Response:
    """The sessions of one day under the name of the person whose identity was checked.

    Whoever's session is found reads so among what was done with it.
    """
    letter = await letter_of(ask)
    try:
        given = taken(ask, Search)
        if letter.state != "open":
            raise Refused("request.decided")
        if letter.needs_check:
            raise Refused("identity.unchecked")
        day, today = date.fromisoformat(given.day), day_of(ask.parts.now_ms())
        if not today - OLDEST <= day <= today:
            raise Refused("field.invalid", field="day")
    except Refused as refused:
        return await letter_shown(ask, letter.id, refused, form="search")
    await _record(ask, "sought by name", f"letter {letter.id} {day}")
    found = await ask.parts.receipts.find_lost(
        name=given.name, from_ms=begins_ms(day), until_ms=begins_ms(day + timedelta(days=1))
    )
    for one in found:
        await _record(ask, "found by name", f"{one.session} letter {letter.id}")
    shown = [(one.session, _told(ask, one)) for one in found]
    return await letter_shown(ask, letter.id, sought=Sought(given.name, given.day, shown))


async def take_copy(ask: Ask) -> aioweb.StreamResponse:
    """Everything that is kept of one session, for the person whose identity was checked."""
    return await _by_hand(ask, "copy", Copy, _COPIED, _copied)


async def erase(ask: Ask) -> aioweb.StreamResponse:
    """Erase one session for them, and show the certificate."""
    return await _by_hand(ask, "erase", Erase, _ERASED, _erased)


async def _copied(
    ask: Ask, letter: Letter, session: SessionId, given: Copy
) -> aioweb.StreamResponse:
    parts, who = ask.parts, actor(ask)
    number = await parts.receipts.number_of(session)
    with parts.downloads.entering(ask.client):
        dossier = await whole_dossier(parts, session, BY_HAND, ground=letter.id, actor=who)
        receipt = Receipt(number[0] if number else "", session, hash_of(session))
        sealing = None
        if given.sealed:
            sealing = await asyncio.to_thread(for_passphrase, given.passphrase)
        return await packed(ask, receipt, dossier, sealing=sealing)


async def _erased(
    ask: Ask, letter: Letter, session: SessionId, _given: Erase
) -> aioweb.StreamResponse:
    parts = ask.parts
    await _record(ask, "erase by hand", f"{session} letter {letter.id}")
    stone = await parts.erasure.erase(session, cause="person")
    text = certificate(stone, parts.keys.master, parts.brand, ask.texts)
    return await letter_shown(ask, letter.id, certificate=text)


# ---- inside


async def _by_hand(
    ask: Ask,
    form: str,
    model: type[Given],
    kinds: frozenset[LetterKind],
    run: Callable[[Ask, Letter, SessionId, Given], Awaitable[aioweb.StreamResponse]],
) -> aioweb.StreamResponse:
    """Only what the letter asks for, of the session it names, once it is known who asks."""
    letter = await letter_of(ask)
    try:
        given = taken(ask, model)
        if letter.kind not in kinds or letter.state != "open":
            raise Refused("request.decided")
        if letter.needs_check:
            raise Refused("identity.unchecked")
        session = await session_of(ask, letter.number or given.which)
        try:
            return await run(ask, letter, session, given)
        except (LookupError, Shredded):
            raise Refused("field.invalid", field="which") from None
    except Refused as refused:
        return await letter_shown(ask, letter.id, refused, form=form)


def _told(ask: Ask, found: Found) -> str:
    """When it was, how long, and about what."""
    began = at_minute(moment(found.began_ms), ask.texts.language)
    minutes = -(-((found.ended_ms or ask.parts.now_ms()) - found.began_ms) // 60_000)
    words = ask.texts.t("protection.search.one", began=began, count=minutes)
    topics = {one["code"]: one["name"] for one in ask.parts.brand.topics_in(ask.texts.language)}
    topic = topics.get(found.topic or "")
    return f"{words}, {topic}" if topic else words


async def _record(ask: Ask, action: str, about: str) -> None:
    await ask.parts.audit.record(actor(ask), action, about)


ROUTES: Final = (
    Route(
        "POST", f"{_PATH}/identity", check, Who.OFFICER, Shape.FORM,
        "Keep how it was made sure who asks", takes=Check,
    ),
    Route(
        "POST", f"{_PATH}/search", search, Who.OFFICER, Shape.FORM,
        "Find the session of who lost the receipt", takes=Search,
    ),
    Route(
        "POST", f"{_PATH}/copy", take_copy, Who.OFFICER, Shape.FORM,
        "A copy for who lost the receipt", takes=Copy,
        gives_bytes={200: "application/zip"},
    ),
    Route(
        "POST", f"{_PATH}/erase", erase, Who.OFFICER, Shape.FORM,
        "Erase a session for who lost the receipt", takes=Erase,
    ),
)  # fmt: skip
