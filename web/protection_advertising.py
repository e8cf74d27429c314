"""The desk's list of whom no advertising may reach: asking about one, and what came by letter.

It cannot be listed, for nothing in it can be read. What is typed is written nowhere.
"""

from typing import Annotated, Final, Literal

from aiohttp import web as aioweb
from pydantic import StringConstraints

from sessions.contacts import MAX_CONTACT, readings
from sessions.events import Refused
from sessions.suppression import KeyLost
from sessions.ways import CONTACTS
from web.bodies import Body
from web.protection import HOME, actor, page, taken
from web.routes import Ask, Route, Shape, Who

_PATH: Final = f"{HOME}/advertising"
_DESK: Final = "desk"  # the objection that stands for all that came by letter
_CHANGES: Final = {"add": "suppress advertising", "remove": "allow advertising"}
Said = Literal["on", "off", "added", "removed", "absent"]


class About(Body):
    """One contact, and what is to be done with it."""

    what: Literal["ask", "add", "remove"]
    contact: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CONTACT)]


async def show(ask: Ask) -> aioweb.Response:
    return await _shown(ask)


async def about(ask: Ask) -> aioweb.Response:
    """Ask about it, put it on the list, or take it off; the answer is on the page alone."""
    try:
        given = taken(ask, About)
        if not readings(given.contact):
            raise Refused("contact.unreadable", field="contact", count=1)
        await _entered(ask, given)
        said = await _answered(ask, given)
    except KeyLost:
        return await _shown(ask, Refused("suppression.key", field="contact"))
    except Refused as refused:
        return await _shown(ask, refused)
    return await _shown(ask, said=said, contact=given.contact)


async def _entered(ask: Ask, given: About) -> None:
    """First in the audit chain: what is asked goes through the exit, what is changed stays here."""
    who, about = actor(ask), "one contact"
    if given.what == "ask":
        account = ask.signed_in.account.id
        await ask.parts.exit.leave(CONTACTS, actor=who, ground=account, about=about)
    else:
        await ask.parts.audit.record(who, _CHANGES[given.what], about)


async def _answered(ask: Ask, given: About) -> Said:
    suppression = ask.parts.suppression
    match given.what:
        case "add":
            await suppression.add(readings(given.contact), objection=_DESK)
            return "added"
        case "remove":
            return "removed" if await suppression.remove(given.contact) else "absent"
        case _:
            [found] = await suppression.among([given.contact])
            return "on" if found else "off"


async def _shown(
    ask: Ask, refused: Refused | None = None, *, said: Said | None = None, contact: str = ""
) -> aioweb.Response:
    return await page(
        ask, "advertising", "advertising", refused=refused, form="about", said=said,
        contact=contact, most=MAX_CONTACT,
    )  # fmt: skip


ROUTES: Final = (
    Route(
        "GET", _PATH, show, Who.OFFICER, Shape.PAGE,
        "Where one contact can be asked about on the list of whom no advertising may reach",
    ),
    Route(
        "POST", _PATH, about, Who.OFFICER, Shape.FORM,
        "Ask whether no advertising may reach a contact, or put it on that list", takes=About,
    ),
)  # fmt: skip
