"""The pages of the prospect and of the law, the brand's files, and the probes."""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import web as aioweb

from sessions.events import Refused, SessionId
from web.barring import barred_until
from web.bodies import validated
from web.brand import LOGO_TYPES, Agency, stylesheet
from web.counting import objects_always
from web.moments import at_time
from web.parts import Parts
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who, see_other
from web.seats import seat_in_cookie, set_seat_cookie
from web.starting import StartCall, start
from web.texts import Texts

ACCESSIBILITY: Final = ("state", "limits")
LEAST_FREE_BYTES: Final = 64 * 2**20
_READY_SECONDS: Final = 2
_MINUTE_MS: Final = 60_000
_MAX_TYPED: Final = 240  # characters that a form gets back


async def show_start(ask: Ask) -> aioweb.Response:
    """The form for an instant call. Showing it stores nothing (OB-27)."""
    return await _start_page(ask, None, {})


async def show_agency(ask: Ask) -> aioweb.Response:
    """The same form, at the address that an agency gives out."""
    agency = _agency(ask)
    return _no_agency(ask) if agency is None else await _start_page(ask, agency, {})


async def start_plainly(ask: Ask) -> aioweb.Response:
    """The form as a browser sends it by itself, before our script is there or without any.

    It brings no proof of work, so it is for quiet times; else the form says what to do, filled in.
    """
    return await _start_plainly(ask, None)


async def start_at_agency(ask: Ask) -> aioweb.Response:
    """The same for an agency: the address says for which."""
    agency = _agency(ask)
    return _no_agency(ask) if agency is None else await _start_plainly(ask, agency)


async def _start_plainly(ask: Ask, agency: Agency | None) -> aioweb.Response:
    form = {name: value for name, value in (ask.form or {}).items() if name != "csrf"}
    if not form.get("topic"):
        form.pop("topic", None)
    told = form if agency is None else form | {"agency": agency.code}
    try:
        started = await start(ask, validated(StartCall, told))
    except Refused as refused:
        return await _start_page(ask, agency, form, refused)
    asked = f"?lang={ask.texts.language}" if "lang" in ask.request.query else ""
    response = see_other(f"/call/{started.session}{asked}")
    set_seat_cookie(response, ask.parts.settings, started.session, started.token)
    return response


def _agency(ask: Ask) -> Agency | None:
    return ask.parts.brand.agency(ask.request.match_info["agency"])


def _no_agency(ask: Ask) -> aioweb.Response:
    """An address that no agency has, or none any more: the house answers everybody."""
    return ask.parts.screens.show("agency_gone", ask.texts, path=ask.path, status=404)


async def _start_page(
    ask: Ask, agency: Agency | None, typed: Mapping[str, str], refused: Refused | None = None
) -> aioweb.Response:
    until_ms = await barred_until(ask)
    if until_ms is not None:
        return _barred_page(ask, until_ms)
    code = None if agency is None else agency.code
    crowded = ask.parts.strangers.locked()
    desk = await (ask.parts.admission.glance(code) if crowded else ask.parts.desk.state(code))
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    edition = ask.parts.editions[ask.texts.language].version
    path = "/" if code is None else f"/a/{code}"
    asked = f"&lang={ask.texts.language}" if "lang" in ask.request.query else ""
    response = ask.parts.screens.show(
        "start",
        ask.texts,
        {
            "topics": ask.parts.brand.topics_in(ask.texts.language),
            "desk": desk_facts(desk),
            "scanned": ask.parts.settings.scanned,
            "checkup": ask.parts.checkups is not None,
            "edition": edition,
            "agency": code,
            "phone": ask.parts.brand.controller.phone,
        },
        status=status,
        notices=ask.parts.editions[ask.texts.language].versions,
        desk_line=desk_line(desk, ask.texts),
        path=path,
        action=f"{path}?edition={edition}{asked}",
        agency=None if agency is None else agency.name,
        typed={name: value[:_MAX_TYPED] for name, value in typed.items()},
        fault=fault,
    )
    if fault and fault.retry_s is not None:
        response.headers["Retry-After"] = str(fault.retry_s)
    return response


def _barred_page(ask: Ask, until_ms: int) -> aioweb.Response:
    """In place of the form: why, until when, and whom to telephone."""
    now_ms, phone = ask.parts.now_ms(), ask.parts.brand.controller.phone
    left_s = max(1, -(-(until_ms - now_ms) // 1_000))
    response = ask.parts.screens.show(
        "barred", ask.texts, path=ask.path, status=403,
        at=at_time(until_ms + _MINUTE_MS - 1, now_ms, ask.texts.language),
        minutes=-(-left_s // 60),
        tel="".join(one for one in phone if one in "+0123456789"),
    )  # fmt: skip
    response.headers["Retry-After"] = str(left_s)
    return response


async def call(ask: Ask) -> aioweb.Response:
    """The prospect's side of a call, for whoever holds its seat; others get a way back."""
    session = SessionId(ask.request.match_info["session"])
    view = await ask.parts.lifecycle.view(session) if await seat_in_cookie(ask, session) else None
    if view is None:
        return ask.parts.screens.show("seat_gone", ask.texts, path=ask.path, status=404)
    # Unless they ask for another, the language that the call was begun in.
    texts = ask.texts if "lang" in ask.request.query else ask.parts.texts[view.language]
    data = {
        "session": session,
        "scanned": ask.parts.settings.scanned,
        "checkup": ask.parts.checkups is not None,
        "agency": view.agency,
        "phone": ask.parts.brand.controller.phone,
    }
    versions = ask.parts.editions[texts.language].versions
    return ask.parts.screens.show("call", texts, data, path=ask.path, notices=versions)


async def join(ask: Ask) -> aioweb.Response:
    """Where a guest knocks: one and the same page, whatever the link says."""
    data = {"scanned": ask.parts.settings.scanned}
    versions = ask.parts.editions[ask.texts.language].versions
    return ask.parts.screens.show("join", ask.texts, data, path=ask.path, notices=versions)


async def privacy(ask: Ask) -> aioweb.Response:
    """The statement that is in force, and the way to all that were."""
    edition = ask.parts.editions[ask.texts.language]
    return ask.parts.screens.show(
        "privacy", ask.texts, path=ask.path,
        article=edition.article, version=edition.versions["privacy"],
        objects=objects_always(ask.request),
    )  # fmt: skip


async def imprint(ask: Ask) -> aioweb.Response:
    return ask.parts.screens.show("imprint", ask.texts, path=ask.path)


async def accessibility(ask: Ask) -> aioweb.Response:
    return ask.parts.screens.show("accessibility", ask.texts, path=ask.path, sections=ACCESSIBILITY)


async def brand_stylesheet(ask: Ask) -> aioweb.Response:
    return aioweb.Response(text=stylesheet(ask.parts.brand.accent), content_type="text/css")


async def brand_logo(ask: Ask) -> aioweb.StreamResponse:
    logo = ask.parts.brand.logo
    if logo is None:
        raise Refused("not.found")
    return aioweb.FileResponse(logo, headers={"Content-Type": LOGO_TYPES[logo.suffix]})


async def brand_icon(ask: Ask) -> aioweb.Response:
    """Two people face to face, in the accent colour."""
    accent = ask.parts.brand.accent
    return aioweb.Response(
        text=(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
            f'<rect width="32" height="32" rx="8" fill="{accent}"/>'
            '<g fill="#fff"><circle cx="11" cy="12" r="4"/><circle cx="21" cy="12" r="4"/>'
            '<path d="M4 25a7 7 0 0 1 11-5.7V25zM28 25a7 7 0 0 0-11-5.7V25z"/></g></svg>'
        ),
        content_type="image/svg+xml",
    )


async def asset(ask: Ask) -> aioweb.StreamResponse:
    return ask.parts.assets.answer(ask.request.match_info["name"])


async def healthz(ask: Ask) -> aioweb.Response:
    """The loop turns: it answered."""
    return aioweb.Response(text="ok\n")


async def readyz(ask: Ask) -> aioweb.Response:
    """Whether new calls may be sent here, and in a word why not.

    A bus that is down costs time, not messages: that is said, and the node stays ready.
    """
    why = await _not_ready(ask.parts)
    bus = "" if why or not ask.parts.bus.report().degraded else "bus degraded\n"
    return aioweb.Response(text=f"{why or 'ready'}\n{bus}", status=503 if why else 200)


async def _not_ready(parts: Parts) -> str:
    if parts.draining.is_set():
        return "draining"
    if parts.lag.stalled:
        return "stalled"
    if not await databases_answer(parts):
        return "database"
    return "disk" if await asyncio.to_thread(_disk_is_full, parts) else ""


def _disk_is_full(parts: Parts) -> bool:
    """Whether a folder of ours has no room for what the next hour brings."""
    for folder in parts.settings.folders:
        with suppress(OSError):
            room = shutil.disk_usage(folder)
            if room.free < min(LEAST_FREE_BYTES, room.total // 20):
                return True
    return False


async def databases_answer(parts: Parts) -> bool:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await parts.log.check()
            await parts.keys.check()
    except Exception:
        return False
    return True


def desk_facts(desk: Any) -> dict[str, Any]:
    return {
        "open": desk.open,
        "free": desk.free,
        "waiting": desk.waiting,
        "expected_s": desk.expected_s,
    }


def desk_line(desk: Any, texts: Texts) -> str:
    """One honest sentence on how soon someone will answer."""
    if not desk.open:
        return texts.t("start.desk.closed")
    if desk.free > desk.waiting:
        return texts.t("start.desk.free", count=desk.free)
    if desk.expected_s is None:
        return texts.t("start.desk.busy")
    return texts.t("start.desk.wait", count=max(1, -(-desk.expected_s // 60)))


def _page(path: str, run: Any, summary: str) -> Route:
    return Route("GET", path, run, Who.ALL, Shape.PAGE, summary)


def _plain(path: str, run: Any, summary: str) -> Route:
    return Route("GET", path, run, Who.ALL, Shape.PLAIN, summary)


ROUTES: Final = (
    _page("/", show_start, "The start page"),
    Route(
        "POST",
        "/",
        start_plainly,
        Who.ALL,
        Shape.FORM,
        "Start an instant call without script",
        takes=StartCall,
        limit="call",
    ),
    _page("/a/{agency}", show_agency, "The start page of an agency"),
    Route(
        "POST",
        "/a/{agency}",
        start_at_agency,
        Who.ALL,
        Shape.FORM,
        "Start an instant call with an agency, without script",
        takes=StartCall,
        limit="call",
    ),
    _page("/call/{session}", call, "The prospect's side of a call"),
    _page("/join/{invitation}", join, "Where a guest knocks"),
    _page("/privacy", privacy, "What happens to personal data"),
    _page("/imprint", imprint, "Who is responsible"),
    _page("/accessibility", accessibility, "How accessible the pages are"),
    _plain("/brand.css", brand_stylesheet, "The brand's colour"),
    _plain("/brand/logo", brand_logo, "The brand's logo"),
    _plain("/brand/icon.svg", brand_icon, "The icon of the tab"),
    _plain("/static/dist/{name:.+}", asset, "A file of the built client"),
    _plain("/healthz", healthz, "The process lives"),
    _plain("/readyz", readyz, "The process takes calls"),
)
