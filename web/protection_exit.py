"""The desk's list of all that leaves the house: to whom, what for, on which ground; made from the
table that the exit itself goes by. And what it refused lately.
"""

from typing import Final

from aiohttp import web as aioweb

from sessions.ways import STANDING, WAYS
from web.protection import HOME, page
from web.routes import Ask, Route, Shape, Who

_CODES: Final = frozenset(one.code for one in WAYS)


async def show(ask: Ask) -> aioweb.Response:
    kept_back = [
        (one.seq, one.at_ms, one.subject.partition(" ")[0])
        for one in await ask.parts.exit.refusals()
    ]
    return await page(
        ask, "exit", "exit", ways=WAYS, standing=STANDING,
        kept_back=[one for one in kept_back if one[2] in _CODES],
    )  # fmt: skip


ROUTES: Final = (
    Route(
        "GET", f"{HOME}/exit", show, Who.PROTECTION, Shape.PAGE,
        "What leaves the house, and on which ground",
    ),
)  # fmt: skip
