"""A password of one's own: set anew by whoever is signed in, and by whoever has one for once.

With a password that an administrator handed out a browser gets this far and no further; see guard.
"""

from typing import Final

from aiohttp import web as aioweb

from sessions.events import Refused
from web.accounts import MAX_PASSWORD, MIN_PASSWORD
from web.bodies import Body
from web.login import home_of
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who, see_other
from web.texts import LANGUAGES

PATH: Final = "/password"


class NewPassword(Body):
    """The one that holds, where that is not for once, and another one twice."""

    old: str = ""
    new: str
    again: str


async def show(ask: Ask) -> aioweb.Response:
    return _page(ask)


async def change(ask: Ask) -> aioweb.StreamResponse:
    """Every other browser is signed out; this one goes on with a fresh cookie."""
    parts, account, form = ask.parts, ask.signed_in.account, ask.form or {}
    try:
        new = form.get("new", "")
        if not MIN_PASSWORD <= len(new) <= MAX_PASSWORD:
            raise Refused("password.length", field="new")
        if new != form.get("again", ""):
            raise Refused("password.differs", field="again")
        if not account.one_time and not await parts.passwords.match(
            account.password_hash, form.get("old", "")[:MAX_PASSWORD]
        ):
            raise Refused("password.wrong", field="old")
        if await parts.passwords.match(account.password_hash, new):
            raise Refused("password.same", field="new")
    except Refused as refused:
        return _page(ask, refused)
    await parts.audit.record(
        f"{account.role} {account.id}", "password changed", f"account {account.id}"
    )
    await parts.accounts.set_password(account.id, await parts.passwords.hash(new))
    parts.shut_out(account.id)
    asked = ask.request.query.get("lang")
    language = f"?lang={asked}" if asked in LANGUAGES else ""
    response = see_other(home_of(account.role) + language)
    parts.sign_ins.set_cookie(response, await parts.accounts.sign_in(account.id))
    return response


def _page(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    """Nothing of what was typed comes back."""
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    account = ask.signed_in.account
    return ask.parts.screens.show(
        "password", ask.texts, {"csrf": ask.signed_in.csrf}, path=PATH, status=status,
        asked=ask.texts.language if "lang" in ask.request.query else "",
        one_time=account.one_time, username=account.username, home=home_of(account.role),
        fault=fault, least=MIN_PASSWORD, most=MAX_PASSWORD,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", PATH, show, Who.SIGNED_IN, Shape.PAGE, "Set one's own password"),
    Route(
        "POST", PATH, change, Who.SIGNED_IN, Shape.FORM, "Set one's own password",
        takes=NewPassword, limit="signin",
    ),
)  # fmt: skip
