"""The sign-in page and the two forms behind it."""

import re
from typing import Final

from aiohttp import web as aioweb

from sessions.events import Refused, Role
from web.bodies import Body
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who, see_other
from web.texts import LANGUAGES

_HOME: Final = {
    Role.ADVISOR: "/console", Role.LEAD: "/console", Role.OPERATOR: "/ops",
    Role.OFFICER: "/privacy-desk", Role.AUDITOR: "/privacy-desk", Role.ADMIN: "/admin",
}  # fmt: skip
_ON_RECORD: Final = (Role.AUDITOR, Role.ADMIN)  # that they came is in the audit chain
_OWN_PAGE: Final = re.compile(
    r"/(console|ops)(/session/[0-9a-f]{32})?|/privacy-desk(/[a-z]{1,20}(/[0-9a-f]{16,32})?)?"
    r"|/admin(/accounts/[0-9a-f]{32})?"
)


class SignInForm(Body):
    username: str
    password: str
    next: str = ""


class SignOutForm(Body):
    pass


async def show_login(ask: Ask) -> aioweb.Response:
    """The form; whoever is signed in already goes home."""
    if ask.who is not None:
        return see_other(home_of(ask.who.account.role))
    return _page(ask, next_page=ask.request.query.get("next", ""))


async def sign_in(ask: Ask) -> aioweb.StreamResponse:
    """Right: a fresh cookie and on to the page wanted. Wrong: the form again, with what to do."""
    form = ask.form or {}
    sign_ins = ask.parts.sign_ins
    old = ask.request.cookies.get(sign_ins.cookie)
    try:
        account, secret = await sign_ins.sign_in(
            form.get("username", ""), form.get("password", ""), old
        )
    except Refused as refused:
        return _page(ask, form.get("next", ""), form.get("username", ""), refused)
    if account.role in _ON_RECORD:
        await ask.parts.audit.record(f"{account.role} {account.id}", "signed in", "-")
    asked = ask.request.query.get("lang")
    language = f"?lang={asked}" if asked in LANGUAGES else ""
    first = "/password" if account.one_time else _target(form.get("next", ""), account.role)
    response = see_other(first + language)
    sign_ins.set_cookie(response, secret)
    return response


async def sign_out(ask: Ask) -> aioweb.StreamResponse:
    await ask.parts.sign_ins.sign_out(ask.request)
    response = see_other("/login")
    ask.parts.sign_ins.drop_cookie(response)
    return response


def _page(
    ask: Ask, next_page: str, username: str = "", refused: Refused | None = None
) -> aioweb.Response:
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    response = ask.parts.screens.show(
        "login", ask.texts, path="/login", status=status,
        asked=ask.texts.language if "lang" in ask.request.query else "",
        next=next_page if _OWN_PAGE.fullmatch(next_page) else "",
        username=username[:80], failed=fault.text if fault else None,
    )  # fmt: skip
    if fault and fault.retry_s is not None:
        response.headers["Retry-After"] = str(fault.retry_s)
    return response


def home_of(role: Role) -> str:
    """Where a role works."""
    return _HOME.get(role, "/")


def _target(wanted: str, role: Role) -> str:
    """Where to go after signing in: only to pages of ours that this role has."""
    home = home_of(role)
    return wanted if _OWN_PAGE.fullmatch(wanted) and wanted.startswith(home) else home


ROUTES: Final = (
    Route("GET", "/login", show_login, Who.ALL, Shape.PAGE, "The sign-in form"),
    Route(
        "POST", "/login", sign_in, Who.ALL, Shape.FORM, "Sign in", takes=SignInForm, limit="signin"
    ),
    Route("POST", "/logout", sign_out, Who.SIGNED_IN, Shape.FORM, "Sign out", takes=SignOutForm),
)
