"""The protection desk, for the data-protection officer: its frame, and how its forms are taken.

An auditor reads in it and changes nothing: the rows of `protection_*.py` say what. What is shown
and done is there too. All of it works without script.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web as aioweb

from sessions.breaches import HOURS, REPORT_MS, Breach
from sessions.counted import day_of
from sessions.events import Refused, Role, SessionId, is_id
from sessions.receipts import read_number
from web.bodies import Model, validated
from web.dossier import moment
from web.moments import at_minute, on_day_of
from web.refusals import fault_of
from web.routes import Ask, see_other

HOME: Final = "/privacy-desk"
SECTIONS: Final = (
    "requests", "advertising", "breaches", "retention", "disclosures", "exit", "records",
    "audit",
)  # fmt: skip
_OFFICERS: Final = frozenset({"advertising"})  # nothing there but what an officer does
_TYPED: Final = 1_200  # characters that a form gets back


@dataclass(frozen=True, slots=True)
class Clock:
    """How much of the 72 hours of a breach is left; `hours` and `minutes` over, once it is late."""

    path: str
    due_ms: int
    late: bool
    hours: int
    minutes: int
    spent: int  # hundredths

    @classmethod
    def of(cls, breach: Breach, now_ms: int) -> "Clock":
        left_ms = breach.due_ms - now_ms
        hours, minutes = divmod(abs(left_ms) // 60_000, 60)
        spent = min(100, max(0, 100 - round(100 * left_ms / REPORT_MS)))
        path = f"{HOME}/breaches/{breach.id}"
        return cls(path, breach.due_ms, left_ms < 0, hours, minutes, spent)


def path_of(section: str) -> str:
    return HOME if section == SECTIONS[0] else f"{HOME}/{section}"


def actor(ask: Ask) -> str:
    """Who it is in the audit log: the role and the account, not its name."""
    account = ask.signed_in.account
    return f"{account.role} {account.id}"


def only_reads(ask: Ask) -> bool:
    """Whether whoever asks is an auditor: what they may not press is not shown to them."""
    return ask.signed_in.account.role is Role.AUDITOR


async def name_of(ask: Ask, actor: str) -> str:
    """Who that officer is; the account itself to an auditor, or where it is not known any more."""
    if only_reads(ask):
        return actor
    account = await ask.parts.accounts.get(actor.removeprefix("officer "))
    return actor if account is None else account.display_name


async def page(
    ask: Ask,
    section: str,
    view: str,
    *,
    refused: Refused | None = None,
    form: str = "",
    **facts: Any,
) -> aioweb.Response:
    """One view of a section. `refused`: why what was typed into `form` was not taken.

    That an auditor read it is in the audit chain first.
    """
    if only_reads(ask):
        await ask.parts.audit.record(actor(ask), "desk read", ask.path.removeprefix("/"))
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    typed = typed_in(ask) if refused else {}
    language, now_ms = ask.texts.language, ask.parts.now_ms()
    sections = [one for one in SECTIONS if one not in _OFFICERS or not only_reads(ask)]
    clocks = [
        Clock.of(one, now_ms) for one in await ask.parts.casework.breaches.known()
        if one.state == "open"
    ]  # fmt: skip
    return ask.parts.screens.show(
        "protection", ask.texts, {"csrf": ask.signed_in.csrf}, path=ask.path, status=status,
        section=section, sections=[(one, path_of(one)) for one in sections], view=view,
        fault=fault, faulty=form if refused else "", typed=typed,
        today=day_of(now_ms), clocks=clocks, hours=HOURS, reads=only_reads(ask),
        unlet=await ask.parts.exit.refused_lately(),
        day=lambda one: on_day_of(_day(one), language),
        at_ms=lambda one: at_minute(moment(one), language),
        **facts,
    )  # fmt: skip


def _day(given: date | str) -> date:
    return date.fromisoformat(given) if isinstance(given, str) else given


def typed_in(ask: Ask) -> Mapping[str, str]:
    """What came with the form, so that nobody has to type it again."""
    return {name: text[:_TYPED] for name, text in (ask.form or {}).items() if name != "csrf"}


def taken(ask: Ask, model: type[Model]) -> Model:
    """The form as a model. Raises Refused with the first field that is wrong."""
    given = {name: text.strip() for name, text in (ask.form or {}).items() if name != "csrf"}
    return validated(model, given)


def done(ask: Ask, path: str) -> aioweb.Response:
    """On to what was changed, in the language that was asked for."""
    page, mark, place = path.partition("#")
    asked = f"?lang={ask.texts.language}" if "lang" in ask.request.query else ""
    return see_other(f"{page}{asked}{mark}{place}")


async def session_of(ask: Ask, which: str) -> SessionId:
    """Of twelve digits the session of that receipt; else a session. Raises Refused."""
    number = read_number(which)
    if number is None and is_id(which):
        return SessionId(which)
    session = None if number is None else await ask.parts.receipts.session_of(number)
    if session is None:
        raise Refused("field.invalid", field="which")
    return session
