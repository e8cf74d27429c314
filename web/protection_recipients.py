"""The desk's recipients: who is to be told that something was erased, corrected or restricted.

Each comes into being by itself. The letter is written here; that it was sent, or why not, is in the
audit chain.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints

from sessions.counted import day_of
from sessions.disclosures import Disclosure
from sessions.events import Refused
from sessions.recipients import GROUNDS, WAYS, Ground, Notification, Way
from sessions.ways import TELL
from web.bodies import Body
from web.protection import HOME, actor, done, page, taken
from web.recipient_letter import letter
from web.routes import Ask, Route, Shape, Who
from web.texts import LANGUAGES, Texts

MAX_WORDS: Final = 300  # characters
LATELY_DAYS: Final = 90
_DAY_MS: Final = 86_400_000
_PATH: Final = f"{HOME}/recipients/{{case}}"


class Settle(Body):
    """They were told, or it cannot be done (Art. 19, first sentence)."""

    what: Literal["told", "untold"]
    how: Way | Ground
    why: Annotated[str, StringConstraints(max_length=MAX_WORDS)] = ""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A notification with the disclosure that they received something by, if it was one."""

    one: Notification
    disclosure: Disclosure | None
    days: int
    grade: str

    @property
    def path(self) -> str:
        return f"{HOME}/recipients/{self.one.id}"


async def addressees(ask: Ask, found: list[Notification]) -> list[Addressee]:
    today = day_of(ask.parts.now_ms())
    return [
        Addressee(one, await _disclosure(ask, one), one.days(today), one.grade(today))
        for one in found
    ]


async def show_one(ask: Ask) -> aioweb.Response:
    """One of them: what became of what they received, and the letter."""
    return await _shown(ask, await _found(ask))


async def settle(ask: Ask) -> aioweb.Response:
    """They were told, or why that is impossible or too much."""
    one = await _found(ask)
    form = (ask.form or {}).get("what", "")
    try:
        given = taken(ask, Settle)
        if given.how not in (WAYS if given.what == "told" else GROUNDS):
            raise Refused("field.invalid", field="how")
        if given.what == "untold" and not given.why:
            raise Refused("field.missing", field="why")
        if one.state != "open":
            raise Refused("notification.settled")
        about = f"{one.kind} {one.recipient} {one.fact} {given.how}"
        await ask.parts.audit.record(actor(ask), f"recipient {given.what}", about)
        await ask.parts.casework.recipients.settle(
            one.id, given.what, given.how, why=given.why, by=actor(ask)
        )
    except Refused as refused:
        return await _shown(ask, one, refused, form)
    return done(ask, f"{HOME}/recipients/{one.id}")


async def take_letter(ask: Ask) -> aioweb.Response:
    """The letter in the language that was asked for, as a text."""
    one = await _found(ask)
    about = f"{one.kind} {one.recipient} {one.fact}"
    await ask.parts.exit.leave(TELL, actor=actor(ask), ground=one.id, about=about)
    text = await _letter(ask, one, await _disclosure(ask, one), ask.texts)
    name = f"{ask.texts.t('protection.recipient.file')}-{one.id}.txt"
    return aioweb.Response(
        text=text,
        content_type="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# ---- inside


async def _found(ask: Ask) -> Notification:
    one = await ask.parts.casework.recipients.find(ask.request.match_info["case"])
    if one is None:
        raise Refused("not.found")
    return one


async def _disclosure(ask: Ask, one: Notification) -> Disclosure | None:
    if one.kind != "authority":
        return None
    return await ask.parts.casework.disclosures.find(one.recipient)


async def _letter(ask: Ask, one: Notification, by: Disclosure | None, texts: Texts) -> str:
    number = await ask.parts.receipts.number_by(one.session_hash)
    return letter(one, by, number, ask.parts.brand, texts, ask.parts.now_ms())


async def _shown(
    ask: Ask, one: Notification, refused: Refused | None = None, form: str = ""
) -> aioweb.Response:
    [addressee] = await addressees(ask, [one])
    written = [
        (language, await _letter(ask, one, addressee.disclosure, ask.parts.texts[language]))
        for language in LANGUAGES
    ]
    return await page(
        ask, "disclosures", "recipient", refused=refused, form=form, to=addressee, one=one,
        letters=written, ways=WAYS, grounds=GROUNDS, most=MAX_WORDS,
    )  # fmt: skip


ROUTES: Final = (
    Route(
        "GET", _PATH, show_one, Who.PROTECTION, Shape.PAGE,
        "A recipient who is to be told what became of what they received",
    ),
    Route(
        "POST", _PATH, settle, Who.OFFICER, Shape.FORM,
        "Say that a recipient was told, or why not", takes=Settle,
    ),
    Route(
        "GET", f"{_PATH}/letter", take_letter, Who.OFFICER, Shape.PAGE,
        "The letter to a recipient", gives_bytes={200: "text/plain"},
    ),
)  # fmt: skip
