"""The desk's retention: what will be erased by when and why, what is held, and holding it.

Numbers by class, and single sessions only where somebody held them; nothing is opened.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints

from sessions.events import Refused, SessionId, is_id
from sessions.holds import Hold
from sessions.receipts import grouped
from sessions.retention import DAY_MS, Due
from sessions.vault import PERSON
from web.bodies import Body
from web.brand import Brand, RecordingPolicy, RetentionPeriod
from web.protection import HOME, actor, done, page, session_of, taken
from web.routes import Ask, Route, Shape, Who
from web.texts import Texts

HORIZONS: Final = (1, 7, 30)  # days from now
REASON: Final = 40  # characters, as at the command line
_PATH: Final = f"{HOME}/retention"
_UNANSWERED: Final = "unanswered"
_TALK: Final = "talk"
Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON)]


class SetHold(Body):
    """What shall be held: by the number of a receipt, or of a session."""

    which: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    kind: Literal["hold", "restriction"]
    reason: Reason


class LiftHold(Body):
    """What is held no longer, and why."""

    session: str
    kind: Literal["hold", "restriction"]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Line:
    """A class of sessions, why it is erased, and how many by each horizon; `held` of the last."""

    name: str
    reason: str
    counts: tuple[int, ...]
    held: int


@dataclass(frozen=True, slots=True)
class Held:
    """One hold as the desk shows it; `by` is a key of the catalogs below `protection.by.`."""

    hold: Hold
    number: str | None
    by: str
    late: bool

    @property
    def ours(self) -> bool:
        """What the person restricted, only the person lifts."""
        return self.hold.set_by != PERSON


async def show(ask: Ask) -> aioweb.Response:
    """The dry run, then what is held, the next to be looked at first."""
    return await _shown(ask)


async def set_hold(ask: Ask) -> aioweb.Response:
    """Hold a session, or restrict its use."""
    parts = ask.parts
    try:
        given = taken(ask, SetHold)
        session = await session_of(ask, given.which)
        for one in await parts.holds.list(session):
            if one.kind == given.kind and one.set_by == PERSON:
                raise Refused("hold.person", field="kind")
        await parts.audit.record(actor(ask), given.kind, f"{session} {given.reason}")
        try:
            await parts.holds.set(session, given.kind, reason=given.reason, by=actor(ask))
        except LookupError:
            raise Refused("field.invalid", field="which") from None
    except Refused as refused:
        return await _shown(ask, refused)
    return done(ask, f"{_PATH}#holds")


async def lift_hold(ask: Ask) -> aioweb.Response:
    """Hold it no longer: what is due is erased by the next run."""
    parts = ask.parts
    try:
        given = taken(ask, LiftHold)
        if not is_id(given.session):
            raise Refused("field.invalid", field="session")
    except Refused as refused:
        return await _shown(ask, refused, "lift")
    session = SessionId(given.session)
    found = [one for one in await parts.holds.list(session) if one.kind == given.kind]
    if not found:
        raise Refused("not.found")
    if found[0].set_by == PERSON:
        raise Refused("hold.person")
    await parts.audit.record(actor(ask), f"lift {given.kind}", f"{session} {given.reason}")
    await parts.holds.lift(session, given.kind)
    return done(ask, f"{_PATH}#holds")


# ---- inside


async def _shown(ask: Ask, refused: Refused | None = None, form: str = "hold") -> aioweb.Response:
    parts, now_ms = ask.parts, ask.parts.now_ms()
    due = await parts.retention.due(now_ms + max(HORIZONS) * DAY_MS)
    recorded = await _recorded(ask, now_ms)
    holds = await parts.holds.list()
    return await page(
        ask, "retention", "retention", refused=refused, form=form, horizons=HORIZONS,
        lines=[*lines(due, now_ms, parts.brand, ask.texts), *recorded], most=REASON,
        grouped=grouped,
        holds=[await _held(ask, one, now_ms) for one in holds],
    )  # fmt: skip


async def _recorded(ask: Ask, now_ms: int) -> list[Line]:
    """Recordings have a period of their own; nothing where none are made and none is left."""
    parts, policy = ask.parts, ask.parts.brand.recording
    period = RecordingPolicy.default_period() if policy is None else policy.period
    due = await parts.recordings.due(period.rule, now_ms + max(HORIZONS) * DAY_MS)
    if policy is None and not due:
        return []
    free = [one.due_ms for one in due if not one.held]
    counts = tuple(sum(at_ms <= now_ms + days * DAY_MS for at_ms in free) for days in HORIZONS)
    words = ask.texts.t("protection.retention.recordings")
    return [Line(words, period.reason.text(ask.texts.language), counts, len(due) - len(free))]


async def _held(ask: Ask, hold: Hold, now_ms: int) -> Held:
    known = await ask.parts.receipts.number_of(hold.session)
    who = hold.set_by.partition(" ")[0].partition(":")[0]
    by = who if who in ("officer", PERSON) else "shell"
    return Held(hold, known[0] if known else None, by, hold.review_ms < now_ms)


def lines(due: Iterable[Due], now_ms: int, brand: Brand, texts: Texts) -> list[Line]:
    """By class and reason, how many are erased by each horizon, and how many are held."""
    free: Counter[tuple[str, int]] = Counter()
    held: Counter[str] = Counter()
    for one in due:
        name = _class_of(one, brand)
        if one.held:
            held[name] += 1
            continue
        for days in HORIZONS:
            free[name, days] += one.due_ms <= now_ms + days * DAY_MS
    return [
        Line(
            _words(name, brand, texts), period.reason.text(texts.language),
            tuple(free[name, days] for days in HORIZONS), held[name],
        )
        for name, period in _classes(brand)
    ]  # fmt: skip


def _classes(brand: Brand) -> list[tuple[str, RetentionPeriod]]:
    periods = brand.periods
    topics: list[tuple[str, Any]] = sorted(periods.topics.items())
    return [(_TALK, periods.talk), *topics, (_UNANSWERED, periods.unanswered)]


def _class_of(due: Due, brand: Brand) -> str:
    if not due.answered:
        return _UNANSWERED
    return due.topic if due.topic in brand.periods.topics and due.topic else _TALK


def _words(name: str, brand: Brand, texts: Texts) -> str:
    if name in (_TALK, _UNANSWERED):
        return texts.t(f"protection.retention.{name}")
    topics = {topic.code: topic.name.text(texts.language) for topic in brand.topics}
    return texts.t("protection.retention.topic", topic=topics[name])


ROUTES: Final = (
    Route("GET", _PATH, show, Who.PROTECTION, Shape.PAGE, "What will be erased, and what is held"),
    Route(
        "POST", f"{_PATH}/holds", set_hold, Who.OFFICER, Shape.FORM,
        "Hold a session, or restrict it", takes=SetHold,
    ),
    Route(
        "POST", f"{_PATH}/lift", lift_hold, Who.OFFICER, Shape.FORM,
        "Hold a session no longer", takes=LiftHold,
    ),
)  # fmt: skip
