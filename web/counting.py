"""Who is counted: only a browser whose person could object, and did not.

Our page says with each request that nobody objected in this browser. Without that word, without
script or without storage nothing is counted; and never against Global Privacy Control or DNT.
"""

from typing import Final

from aiohttp import web as aioweb

from web.routes import Ask, Route, Shape, Who
from web.seats import seat_in_cookie, session_in_cookie

MAY_COUNT: Final = "May-Count"
YES: Final = "yes"
_AGAINST: Final = ("Sec-GPC", "DNT")


def may_count(request: aioweb.Request) -> bool:
    """Whether whoever asks lets themselves be counted."""
    return request.headers.get(MAY_COUNT) == YES and not objects_always(request)


def objects_always(request: aioweb.Request) -> bool:
    """Whether the browser says of itself that its person objects, to everybody."""
    return any(request.headers.get(name) == "1" for name in _AGAINST)


async def visit(ask: Ask) -> aioweb.Response:
    """The start page was looked at. Nothing tells one visit from another."""
    if may_count(ask.request):
        ask.parts.statistics.visit()
    return aioweb.Response(status=204)


async def screen(ask: Ask) -> aioweb.Response:
    """A screen was shown in a talk. Nothing tells of which: what a page asks comes as a stranger's.

    Whoever sends a cookie or a token along is not counted, so that none of our pages ever does.
    """
    if may_count(ask.request) and not _says_who(ask.request):
        ask.parts.statistics.screen()
    return aioweb.Response(status=204)


async def objection(ask: Ask) -> aioweb.Response:
    """Whoever is in a call is not counted with it either. What they said stays in the browser."""
    session = session_in_cookie(ask)
    if await seat_in_cookie(ask, session) is not None:
        await ask.parts.statistics.leave_out(session)
    return aioweb.Response(status=204)


def _says_who(request: aioweb.Request) -> bool:
    return any(name in request.headers for name in ("Cookie", "Authorization"))


ROUTES: Final = (
    Route(
        "POST", "/api/visits", visit, Who.ALL, Shape.API,
        "Count a visit of the start page, unless that is objected to", answers={204: None},
        headers={MAY_COUNT: {"description": f"{YES}: nobody objects here"}},
    ),
    Route(
        "POST", "/api/screens", screen, Who.ALL, Shape.API,
        "Count that a screen was shown in a talk, unless that is objected to",
        answers={204: None}, headers={MAY_COUNT: {"description": f"{YES}: nobody objects here"}},
    ),
    Route(
        "POST", "/api/objection", objection, Who.ALL, Shape.API,
        "Do not count the call whose seat this browser holds", answers={204: None},
    ),
)  # fmt: skip
