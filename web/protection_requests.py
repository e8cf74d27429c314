"""The desk's first page: what people asked for, until when they are answered, and answering them.

Both what came by a receipt and what came by letter or telephone. It never shows who asks.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints, field_validator

from sessions.age import new_passphrase
from sessions.counted import day_of
from sessions.envelope import Unreadable
from sessions.events import Refused, SessionId
from sessions.keys import Shredded
from sessions.letters import MAX_WORDS, METHODS, Letter, LetterKind, Way
from sessions.receipts import grouped, read_number
from sessions.requests import Decision, Request
from web.bodies import Body
from web.protection import HOME, actor, done, name_of, page, taken
from web.routes import Ask, Route, Shape, Who

WAYS: Final = ("letter", "mail", "phone", "person")
KINDS: Final = (
    "access", "correction", "erasure", "restriction", "portability", "objection", "withdrawal",
    "other",
)  # fmt: skip
SOON: Final = timedelta(days=7)
OLDEST: Final = timedelta(days=3 * 366)
_DECIDED_DAYS: Final = 90
_DAY_MS: Final = 86_400_000
Text = Annotated[str, StringConstraints(max_length=MAX_WORDS)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS)]


class Enter(Body):
    """A request that did not come by a receipt."""

    way: Way
    kind: LetterKind
    number: str = ""
    received_on: str

    @field_validator("number")
    @classmethod
    def _is_a_number(cls, given: str) -> str:
        if given and read_number(given) is None:
            raise ValueError("no number of a receipt")
        return given

    @field_validator("received_on")
    @classmethod
    def _is_a_day(cls, given: str) -> str:
        return date.fromisoformat(given).isoformat()


class Decide(Body):
    """What becomes of it, and why."""

    what: Literal["done", "refused", "extended"]
    words: Text = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """What the officer looked for, for the form, and what there is: session, when, about what."""

    name: str
    day: str
    found: list[tuple[SessionId, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A request as the desk shows it; `days` left, below nought once it is overdue."""

    path: str
    source: Literal["receipt", "letter"]
    kind: str  # a key of the catalogs below `protection.kind.`
    number: str | None
    received_on: date
    due_on: date
    days: int
    extended: bool = False

    @property
    def grade(self) -> str:
        return "bad" if self.days < 0 else ("warn" if self.days <= SOON.days else "good")


async def show(ask: Ask) -> aioweb.Response:
    """What waits, the next due first; then the form for letters; then what was answered lately."""
    return await _shown(ask)


async def enter(ask: Ask) -> aioweb.Response:
    """Write down a letter or a call."""
    try:
        given = taken(ask, Enter)
        received = date.fromisoformat(given.received_on)
        today = day_of(ask.parts.now_ms())
        if not today - OLDEST <= received <= today:
            raise Refused("field.invalid", field="received_on")
    except Refused as refused:
        return await _shown(ask, refused)
    letter = await ask.parts.casework.letters.enter(
        given.way, given.kind, received_on=received, number=read_number(given.number),
        by=actor(ask),
    )  # fmt: skip
    await ask.parts.audit.record(actor(ask), "request entered", f"letter {letter.id}")
    return done(ask, f"{HOME}/requests/{letter.id}")


async def show_case(ask: Ask) -> aioweb.Response:
    """One request, with what was said, and the ways to close it."""
    return await _on_case(ask, letter_shown, _request_shown)


async def decide(ask: Ask) -> aioweb.Response:
    """Close it or take longer; said to the person at the receipt, or by a letter in answer."""
    return await _on_case(ask, _letter_decided, _request_decided)


# ---- letters


async def letter_of(ask: Ask) -> Letter:
    """The letter of the path. Raises Refused("not.found")."""
    letter = await ask.parts.casework.letters.find(ask.request.match_info["case"])
    if letter is None:
        raise Refused("not.found")
    return letter


async def letter_shown(
    ask: Ask,
    id: str,
    refused: Refused | None = None,
    *,
    form: str = "case",
    certificate: str = "",
    sought: Sought | None = None,
) -> aioweb.Response:
    """The letter with its forms. `certificate`: of what was erased just now."""
    letter = await ask.parts.casework.letters.find(id)
    if letter is None:
        raise Refused("not.found")
    case = _of_letter(letter, day_of(ask.parts.now_ms()))
    checked = letter.checked
    return await page(
        ask, "requests", "case", refused=refused, form=form, case=case, grouped=grouped,
        letter=letter, said=None, most=MAX_WORDS, methods=METHODS, certificate=certificate,
        passphrase=new_passphrase(), sought=sought, earliest=day_of(ask.parts.now_ms()) - OLDEST,
        checker=await name_of(ask, checked.by) if checked else "",
    )  # fmt: skip


async def _letter_decided(ask: Ask, id: str) -> aioweb.Response:
    letters = ask.parts.casework.letters
    if await letters.find(id) is None:
        raise Refused("not.found")
    try:
        given = taken(ask, Decide)
        if given.what != "done" and not given.words:
            raise Refused("field.missing", field="words")
        await ask.parts.audit.record(actor(ask), f"request {given.what}", f"letter {id}")
        if given.what == "extended":
            await letters.extend(id, reason=given.words)
        else:
            await letters.decide(id, given.what, answer=given.words, by=actor(ask))
    except LookupError:
        raise Refused("not.found") from None
    except Refused as refused:
        return await letter_shown(ask, id, refused)
    return done(ask, f"{HOME}/requests/{id}")


# ---- what came by a receipt


async def _request_shown(ask: Ask, id: str, refused: Refused | None = None) -> aioweb.Response:
    """What the person wrote is sealed like all they say: reading it is in the audit log first."""
    request = await ask.parts.requests.get(id)
    if request is None:
        raise Refused("not.found")
    await ask.parts.audit.record(actor(ask), "request read", f"{request.session} {id}")
    try:
        said = await ask.parts.requests.find(id)
    except (Shredded, Unreadable):
        said = None
    case = await _of_request(ask, request)
    return await page(
        ask, "requests", "case", refused=refused, form="case", case=case, grouped=grouped,
        letter=None, request=request, said=said, most=MAX_WORDS,
    )  # fmt: skip


async def _request_decided(ask: Ask, id: str) -> aioweb.Response:
    requests = ask.parts.requests
    request = await requests.get(id)
    if request is None:
        raise Refused("not.found")
    try:
        given = taken(ask, Decide)
        if given.what != "done" and not given.words:
            raise Refused("field.missing", field="words")
        about = f"{request.session} {id}"
        await ask.parts.audit.record(actor(ask), f"request {given.what}", about)
        if given.what == "extended":
            await requests.extend(id, reason=given.words)
        else:
            decision: Decision = "granted" if given.what == "done" else "refused"
            await requests.decide(id, decision, by=actor(ask), answer=given.words)
    except (LookupError, Shredded):
        raise Refused("not.found") from None
    except Refused as refused:
        return await _request_shown(ask, id, refused)
    return done(ask, f"{HOME}/requests/{id}")


# ---- inside


async def _on_case(
    ask: Ask,
    of_letter: Callable[[Ask, str], Awaitable[aioweb.Response]],
    of_request: Callable[[Ask, str], Awaitable[aioweb.Response]],
) -> aioweb.Response:
    id = ask.request.match_info["case"]
    return await (of_request if len(id) == 32 else of_letter)(ask, id)


async def _shown(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    now_ms = ask.parts.now_ms()
    today = day_of(now_ms)
    letters = [_of_letter(one, today) for one in await ask.parts.casework.letters.open_letters()]
    requests = [await _of_request(ask, one) for one in await ask.parts.requests.open_requests()]
    cases = sorted([*letters, *requests], key=lambda case: (case.due_on, case.path))
    answered = await ask.parts.casework.letters.decided(now_ms - _DECIDED_DAYS * _DAY_MS)
    return await page(
        ask, "requests", "requests", refused=refused, form="enter", cases=cases,
        overdue=sum(case.days < 0 for case in cases), grouped=grouped,
        untold=sum(one.days(today) < 0 for one in await ask.parts.casework.recipients.waiting()),
        answered=[(_of_letter(one, today), one) for one in answered],
        ways=WAYS, kinds=KINDS, days=_DECIDED_DAYS, earliest=today - OLDEST,
    )  # fmt: skip


def _of_letter(letter: Letter, today: date) -> Case:
    return Case(
        path=f"{HOME}/requests/{letter.id}", source="letter", kind=letter.kind,
        number=letter.number, received_on=letter.received_on, due_on=letter.due_on,
        days=(letter.due_on - today).days, extended=letter.extended_ms is not None,
    )  # fmt: skip


async def _of_request(ask: Ask, request: Request) -> Case:
    known = await ask.parts.receipts.number_of(request.session)
    due_on, today = day_of(request.due_ms), day_of(ask.parts.now_ms())
    kind = f"{request.kind}.{request.purpose}" if request.purpose else request.kind
    return Case(
        path=f"{HOME}/requests/{request.id}", source="receipt", kind=kind,
        number=known[0] if known else None, received_on=day_of(request.made_ms), due_on=due_on,
        days=(due_on - today).days, extended=request.extended_ms is not None,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", HOME, show, Who.PROTECTION, Shape.PAGE, "Requests and their due dates"),
    Route(
        "POST", f"{HOME}/requests", enter, Who.OFFICER, Shape.FORM,
        "Write down a request that came by letter", takes=Enter,
    ),
    Route("GET", f"{HOME}/requests/{{case}}", show_case, Who.OFFICER, Shape.PAGE, "One request"),
    Route(
        "POST", f"{HOME}/requests/{{case}}", decide, Who.OFFICER, Shape.FORM,
        "Answer a request", takes=Decide,
    ),
)  # fmt: skip
