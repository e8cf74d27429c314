"""The desk's audit chain: whether it is whole, who did what when, and a signed mark of its end.

Officers read whose account it was; auditors read the account alone. Nothing is opened for it.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web as aioweb

from sessions.audit import Broken, Mark, Written, verify
from sessions.events import Refused
from sessions.vault import PERSON, RECORDER, SCANNER
from sessions.ways import AUTHORITY, OPENINGS
from web.certificates import signed
from web.moments import at_second
from web.protection import HOME, actor, only_reads, page
from web.routes import Ask, Route, Shape, Who
from web.texts import Texts

MOST: Final = 50  # links on a page
_PATH: Final = f"{HOME}/audit"
_SHORT: Final = 8  # digits of an account that tell it from others
_SHELL: Final = "shell"
_ACCOUNT: Final = re.compile(r"(?:(?P<role>[a-z]+) )?(?P<id>[0-9a-f]{32})")
_OF_ROLE: Final = re.compile(r"(account (?:made|becomes)) ([a-z]+)")
_OF_FILE: Final = re.compile(rf"{AUTHORITY.opening} [0-9a-f]{{16}}")
_SUBJECT: Final = re.compile(r"account (?P<id>[0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of going through the chain: its end, or the first link that does not fit."""

    end: Mark | None = None
    broken: int | None = None
    noted: Mark | None = None  # that was looked for, too

    @property
    def whole(self) -> bool:
        return self.end is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A link as it is shown. `by` is a key of the catalogs below `protection.audit.by.`."""

    link: Written
    by: str
    who: str
    whom: str = ""


async def show(ask: Ask) -> aioweb.Response:
    """The verdict with the newest links, or the links before one; all, or the openings alone."""
    query = ask.request.query
    opened = query.get("only") == "openings"
    before = _number(query.get("before", ""))
    noted = query.get("noted", "").strip()
    refused, verdict = None, None
    if before is None:
        try:
            verdict = await _examined(ask, _mark(noted))
        except Refused as reason:
            refused = reason
    return await _shown(ask, before, opened, verdict, refused, noted)


async def checkpoint(ask: Ask) -> aioweb.Response:
    """Where the chain ends now, signed by this house: to be kept where nobody here can write."""
    verdict = await _examined(ask, None)
    if verdict.end is None:
        raise Refused("audit.broken")
    parts, texts, end = ask.parts, ask.texts, verdict.end
    await parts.audit.record(actor(ask), "checkpoint taken", str(end))
    controller = parts.brand.controller
    lines = [
        texts.t("protection.audit.point.title"), "", controller.name,
        f"{controller.street}, {controller.city}", "",
        texts.t("protection.audit.point.at", time=at_second(parts.now_ms(), texts.language)),
        texts.t("protection.audit.point.entries", count=end.seq),
        texts.t("protection.audit.point.end", mark=str(end)),
        "", texts.t("protection.audit.point.how", mark=str(end)),
    ]  # fmt: skip
    name = f"{texts.t('protection.audit.point.file')}-{end.seq}.txt"
    return aioweb.Response(
        text=signed("\n".join(lines) + "\n", parts.keys.master),
        content_type="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def in_words(action: str, texts: Texts) -> str:
    """What was done; nothing for what an older or newer release did."""
    role = ""
    if found := _OF_ROLE.fullmatch(action):
        action, role = found[1], texts.entries.get(f"admin.role.{found[2]}", found[2])
    elif _OF_FILE.fullmatch(action):
        action = AUTHORITY.opening
    words = texts.entries.get(f"protection.audit.action.{action.replace(' ', '_')}", "")
    return words.format_map({"role": role})


# ---- inside


async def _examined(ask: Ask, noted: Mark | None) -> Verdict:
    """On a thread, and one at a time: a long chain takes its while. Raises Refused."""
    known = [] if noted is None else [noted]
    async with ask.parts.verifying:
        try:
            end = await asyncio.to_thread(verify, ask.parts.settings.database, known)
        except Broken as broken:
            return Verdict(broken=broken.seq, noted=noted)
        except ConnectionError:
            raise Refused("retry") from None
    return Verdict(end, noted=noted)


async def _shown(
    ask: Ask, before: int | None, opened: bool, verdict: Verdict | None, refused: Refused | None,
    noted: str,
) -> aioweb.Response:  # fmt: skip
    links = await ask.parts.audit.before(
        before, most=MOST + 1, actions=OPENINGS if opened else ()
    )  # fmt: skip
    names = {} if only_reads(ask) else await _names(ask)
    return await page(
        ask, "audit", "audit", refused=refused, form="noted", verdict=verdict, opened=opened,
        before=before, noted=noted[:80] if refused else "", most=MOST,
        said=lambda action: in_words(action, ask.texts),
        lines=[_line(one, names) for one in links[:MOST]],
        older=links[MOST - 1].seq if len(links) > MOST else None,
        second=lambda at_ms: at_second(at_ms, ask.texts.language),
    )  # fmt: skip


async def _names(ask: Ask) -> Mapping[str, str]:
    return {one.id: one.display_name for one in await ask.parts.accounts.list()}


def _line(link: Written, names: Mapping[str, str]) -> Line:
    """Of an account its name, if names may be read, and else as much as tells it from others."""
    subject = _SUBJECT.match(link.subject)
    whom = names.get(subject["id"], "") if subject else ""
    if link.actor in (PERSON, SCANNER, RECORDER):
        return Line(link, link.actor, "", whom)
    if found := _ACCOUNT.fullmatch(link.actor):
        who = names.get(found["id"]) or found["id"][:_SHORT]
        return Line(link, found["role"] or "advisor", who, whom)
    kind, _, name = link.actor.partition(":")
    if kind == _SHELL:  # the name on the machine is somebody's, too
        return Line(link, _SHELL, name if names else "", whom)
    return Line(link, "other", link.actor if names else "", whom)


def _mark(noted: str) -> Mark | None:
    if not noted:
        return None
    try:
        return Mark.parse(noted)
    except ValueError:
        raise Refused("field.invalid", field="noted") from None


def _number(text: str) -> int | None:
    """The link to go on from; what is no number is the end, as on the first page."""
    return int(text) if re.fullmatch(r"\d{1,18}", text) else None


ROUTES: Final = (
    Route(
        "GET", _PATH, show, Who.PROTECTION, Shape.PAGE, "The audit chain, and whether it is whole"
    ),
    Route(
        "GET", f"{_PATH}/checkpoint", checkpoint, Who.PROTECTION, Shape.PAGE,
        "Where the chain ends, signed", gives_bytes={200: "text/plain"},
    ),
)  # fmt: skip
