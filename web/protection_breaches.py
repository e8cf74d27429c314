"""The desk's breaches: one button that starts the clock, then what the GDPR wants to know (33, 3).

What was known when is in the audit chain as a hash; words stay sealed beside it.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints, field_validator

from sessions.breaches import CLASSES, NATURES, Breach, Facts, Risk
from sessions.counted import HERE
from sessions.events import Refused
from sessions.ways import REPORT
from web.bodies import Body
from web.breach_report import report
from web.protection import HOME, Clock, actor, done, page, taken, typed_in
from web.routes import Ask, Route, Shape, Who

RISKS: Final = ("unknown", "none", "some", "high")
MAX_WORDS: Final = 800  # characters; three of them fit into one form
_OLDEST: Final = timedelta(days=3 * 365)
_PATH: Final = f"{HOME}/breaches"
_TICKS: Final[Mapping[str, tuple[str, str]]] = {
    **{f"nature_{one}": ("natures", one) for one in NATURES},
    **{f"class_{one}": ("classes", one) for one in CLASSES},
}
Text = Annotated[str, StringConstraints(max_length=MAX_WORDS)]
Number = Annotated[str, StringConstraints(pattern=r"^\d{0,12}$")]
Tick = Literal["yes", "no"]


class Note(Body):
    """The button: when it was noticed, by the clock of Berlin, and what happened."""

    noticed_on: str
    noticed_at: str
    happened: Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS)]

    @field_validator("noticed_on")
    @classmethod
    def _is_a_day(cls, given: str) -> str:
        return date.fromisoformat(given).isoformat()

    @field_validator("noticed_at")
    @classmethod
    def _is_a_time(cls, given: str) -> str:
        return time.fromisoformat(given).strftime("%H:%M")

    @property
    def noticed(self) -> datetime:
        return datetime.fromisoformat(f"{self.noticed_on}T{self.noticed_at}").replace(tzinfo=HERE)


class Known(Body):
    """What is known; what was not ticked does not come at all."""

    happened: Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS)]
    follows: Text = ""
    measures: Text = ""
    people: Number = ""
    records: Number = ""
    risk: Risk
    nature_confidentiality: Tick = "no"
    nature_integrity: Tick = "no"
    nature_availability: Tick = "no"
    class_names: Tick = "no"
    class_talks: Tick = "no"
    class_files: Tick = "no"
    class_boards: Tick = "no"
    class_connections: Tick = "no"
    class_consents: Tick = "no"
    class_accounts: Tick = "no"
    class_keys: Tick = "no"


class Close(Body):
    """It was reported, or it need not be."""

    state: Literal["reported", "unreported"]
    told: Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS)]
    late: Text = ""


async def show(ask: Ask) -> aioweb.Response:
    """Every breach, the open ones first, and the button."""
    return await _shown(ask)


async def note(ask: Ask) -> aioweb.Response:
    """Write it down; the clock runs from when it was noticed."""
    parts = ask.parts
    try:
        given = taken(ask, Note)
        noticed_ms, now_ms = round(given.noticed.timestamp() * 1_000), parts.now_ms()
        if not now_ms - _OLDEST.total_seconds() * 1_000 <= noticed_ms <= now_ms:
            raise Refused("field.invalid", field="noticed_on")
    except Refused as refused:
        return await _shown(ask, refused)
    facts = Facts((), (), happened=given.happened)
    breach = await parts.casework.breaches.note(noticed_ms, facts, by=actor(ask))
    await parts.audit.record(actor(ask), "breach noted", f"breach {breach.id} {facts.digest}")
    return done(ask, f"{_PATH}/{breach.id}")


async def show_one(ask: Ask) -> aioweb.Response:
    """One breach: its clock, what is known, and how it was closed."""
    return await _one(ask, await _found(ask))


async def add(ask: Ask) -> aioweb.Response:
    """What is known now; also after the report, as Art. 33(4) wants it."""
    breach = await _found(ask)
    try:
        given = taken(ask, Known)
    except Refused as refused:
        return await _one(ask, breach, refused, "known")
    ticked: dict[str, list[str]] = {"natures": [], "classes": []}
    for name, (group, code) in _TICKS.items():
        if getattr(given, name) == "yes":
            ticked[group].append(code)
    facts = Facts(
        natures=tuple(ticked["natures"]), classes=tuple(ticked["classes"]),
        people=_number(given.people), records=_number(given.records), risk=given.risk,
        happened=given.happened, follows=given.follows, measures=given.measures,
    )  # fmt: skip
    about = f"breach {breach.id} {facts.digest}"
    await ask.parts.audit.record(actor(ask), "breach facts", about)
    await ask.parts.casework.breaches.add(breach.id, facts)
    return done(ask, f"{_PATH}/{breach.id}")


async def close(ask: Ask) -> aioweb.Response:
    """Reported, or reasoned why not: the clock stops."""
    breach = await _found(ask)
    try:
        given = taken(ask, Close)
        closed = await ask.parts.casework.breaches.close(
            breach.id, given.state, told=given.told, late=given.late, by=actor(ask)
        )
    except Refused as refused:
        return await _one(ask, breach, refused, "close")
    about = f"breach {breach.id} {closed.facts.digest}"
    await ask.parts.audit.record(actor(ask), f"breach {given.state}", about)
    return done(ask, f"{_PATH}/{breach.id}")


async def take_report(ask: Ask) -> aioweb.Response:
    """The report to the authority, as far as it is known, as a text to send."""
    breach = await _found(ask)
    about = f"breach {breach.id} {breach.facts.digest}"
    leave = await ask.parts.exit.leave(REPORT, actor=actor(ask), ground=breach.id, about=about)
    name = f"{ask.texts.t('protection.breach.file')}-{breach.id}.txt"
    return aioweb.Response(
        text=report(breach, ask.parts.brand, ask.texts, ask.parts.now_ms(), leave),
        content_type="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# ---- inside


async def _found(ask: Ask) -> Breach:
    breach = await ask.parts.casework.breaches.find(ask.request.match_info["case"])
    if breach is None:
        raise Refused("not.found")
    return breach


async def _shown(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    now = datetime.fromtimestamp(ask.parts.now_ms() / 1_000, HERE)
    return await page(
        ask, "breaches", "breaches", refused=refused, form="note", now=now, most=MAX_WORDS,
        breaches=await ask.parts.casework.breaches.known(),
    )  # fmt: skip


async def _one(
    ask: Ask, breach: Breach, refused: Refused | None = None, form: str = ""
) -> aioweb.Response:
    typed = typed_in(ask) if refused and form == "known" else None
    known = {"natures": breach.facts.natures, "classes": breach.facts.classes}
    ticks = {
        name: code in known[group] if typed is None else typed.get(name) == "yes"
        for name, (group, code) in _TICKS.items()
    }
    return await page(
        ask, "breaches", "breach", refused=refused, form=form, breach=breach, ticks=ticks,
        natures=NATURES, classes=CLASSES, risks=RISKS, most=MAX_WORDS,
        clock=Clock.of(breach, ask.parts.now_ms()),
    )  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text else None


ROUTES: Final = (
    Route("GET", _PATH, show, Who.PROTECTION, Shape.PAGE, "Breaches and their clocks"),
    Route("POST", _PATH, note, Who.OFFICER, Shape.FORM, "Note a breach", takes=Note),
    Route("GET", f"{_PATH}/{{case}}", show_one, Who.PROTECTION, Shape.PAGE, "One breach"),
    Route(
        "POST", f"{_PATH}/{{case}}/facts", add, Who.OFFICER, Shape.FORM,
        "Say what is known of a breach", takes=Known,
    ),
    Route(
        "POST", f"{_PATH}/{{case}}/end", close, Who.OFFICER, Shape.FORM,
        "Say that it was reported, or why not", takes=Close,
    ),
    Route(
        "GET", f"{_PATH}/{{case}}/report", take_report, Who.OFFICER, Shape.PAGE,
        "The report to the authority", gives_bytes={200: "text/plain"},
    ),
)  # fmt: skip
