"""Administering accounts in the browser: a list, one account, and what can be done with it.

Works without script. It knows accounts and nothing else: no session, no person who calls, no number
of either. Who did what to whom is in the audit chain before it is done; that an account was made,
once it has an id.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from aiohttp import web as aioweb
from pydantic import StringConstraints

from sessions.accounts import ADVISING
from sessions.events import Refused, Role, is_id
from sessions.personnel import Listed
from web.accounts import ONE_TIME_MS, one_time_password
from web.bodies import Body
from web.dossier import moment
from web.moments import at_minute
from web.protection import actor, done, taken, typed_in
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who
from web.staff import Line, SignsIn, Username

HOME: Final = "/admin"
ROLES: Final = ("advisor", "lead", "operator", "officer", "auditor", "admin")
_ONE: Final = f"{HOME}/accounts/{{account}}"
Agency = Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]{2,40})?$")]


class Make(Body):
    """Somebody new; their password is made here and is good for once."""

    username: Username
    display_name: Line
    title: Annotated[str, StringConstraints(max_length=120)] = ""
    role: SignsIn
    agency: Agency = ""


class Assign(Body):
    """Another role, or another agency."""

    role: SignsIn
    agency: Agency = ""


class Press(Body):
    """A button without a field."""


async def show(ask: Ask) -> aioweb.Response:
    """Everybody who may sign in, and the form for somebody new."""
    return await _all(ask)


async def make(ask: Ask) -> aioweb.Response:
    """Make an account, and show the password that its person changes at the first sign-in."""
    parts, password = ask.parts, one_time_password()
    try:
        given = taken(ask, Make)
        role, agency = _place(ask, given.role, given.agency)
        made = await parts.accounts.add(
            given.username, display_name=given.display_name, title=given.title, role=role,
            password_hash=await parts.passwords.hash(password), agency=agency,
            password_until_ms=parts.now_ms() + ONE_TIME_MS,
        )  # fmt: skip
    except Refused as refused:
        return await _all(ask, refused)
    await parts.audit.record(
        actor(ask), f"account made {role}", f"account {made.id} {agency or ''}".rstrip()
    )
    return await _one(ask, made.id, password=password)


async def show_one(ask: Ask) -> aioweb.Response:
    """One account, and what can be done with it."""
    return await _one(ask, ask.request.match_info["account"])


async def lock(ask: Ask) -> aioweb.Response:
    """Nobody signs in with it, from now on."""
    return await _do(ask, "account locked", ask.parts.personnel.lock)


async def unlock(ask: Ask) -> aioweb.Response:
    """Its person comes in again, with the password that they had."""
    return await _do(ask, "account unlocked", ask.parts.personnel.unlock)


async def end_sign_ins(ask: Ask) -> aioweb.Response:
    """Out of every browser, for a telephone that was lost, say."""
    return await _do(ask, "sign-ins ended", ask.parts.personnel.end_sign_ins)


async def give_password(ask: Ask) -> aioweb.Response:
    """A new password for who forgot theirs; shown once, and changed at the next sign-in."""
    parts, password = ask.parts, one_time_password()
    hashed = await parts.passwords.hash(password)
    until_ms = parts.now_ms() + ONE_TIME_MS
    return await _do(
        ask, "password given",
        lambda account: parts.personnel.give_password(account, hashed, until_ms),
        password=password,
    )  # fmt: skip


async def assign(ask: Ask) -> aioweb.Response:
    """Another role or agency: what runs is not moved, and whoever is signed in signs in anew."""
    parts = ask.parts
    account = ask.request.match_info["account"]
    try:
        given = taken(ask, Assign)
        role, agency = _place(ask, given.role, given.agency)
    except Refused as refused:
        return await _one(ask, account, refused)
    return await _do(
        ask, f"account becomes {role}",
        lambda account: parts.personnel.assign(account, role, agency), about=agency or "",
    )  # fmt: skip


# ---- inside


async def _do(
    ask: Ask,
    action: str,
    run: Callable[[str], Awaitable[bool]],
    *,
    about: str = "",
    password: str = "",
) -> aioweb.Response:
    """First in the chain, then done, then whoever is signed in with it is out."""
    parts, account = ask.parts, (await _found(ask, ask.request.match_info["account"])).account.id
    try:
        if account == ask.signed_in.account.id:
            raise Refused("account.own")
        await parts.audit.record(actor(ask), action, f"account {account} {about}".rstrip())
        await run(account)
    except Refused as refused:
        return await _one(ask, account, refused)
    parts.shut_out(account)
    if password:
        return await _one(ask, account, password=password)
    return done(ask, f"{HOME}/accounts/{account}")


def _place(ask: Ask, role: str, agency: str) -> tuple[Role, str | None]:
    """Raises Refused for an agency that is not there, or that this role cannot belong to."""
    if agency and Role(role) not in ADVISING:
        raise Refused("account.agency", field="agency")
    if agency and ask.parts.brand.agency(agency) is None:
        raise Refused("agency.unknown", field="agency")
    return Role(role), agency or None


async def _found(ask: Ask, account: str) -> Listed:
    found = await ask.parts.personnel.list(account) if is_id(account) else []
    if not found:
        raise Refused("not.found")
    return found[0]


async def _all(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    return _page(
        ask, "accounts", refused, form="make", accounts=await ask.parts.personnel.list()
    )  # fmt: skip


async def _one(
    ask: Ask, account: str, refused: Refused | None = None, *, password: str = ""
) -> aioweb.Response:
    one = await _found(ask, account)
    return _page(
        ask, "account", refused, form="assign" if refused and refused.field else "act", one=one,
        own=one.account.id == ask.signed_in.account.id, password=password,
        hours=ONE_TIME_MS // 3_600_000,
    )  # fmt: skip


def _page(
    ask: Ask, view: str, refused: Refused | None, *, form: str, **facts: Any
) -> aioweb.Response:
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    language, brand = ask.texts.language, ask.parts.brand
    return ask.parts.screens.show(
        "admin", ask.texts, {"csrf": ask.signed_in.csrf}, path=ask.path, status=status, view=view,
        fault=fault, faulty=form if refused else "", typed=typed_in(ask) if refused else {},
        roles=ROLES, agencies=[(one.code, one.name) for one in brand.agencies],
        agency=lambda code: getattr(brand.agency(code), "name", code), now_ms=ask.parts.now_ms(),
        at_ms=lambda one: at_minute(moment(one), language), **facts,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", HOME, show, Who.ADMIN, Shape.PAGE, "All accounts"),
    Route("POST", HOME, make, Who.ADMIN, Shape.FORM, "Make an account", takes=Make),
    Route("GET", _ONE, show_one, Who.ADMIN, Shape.PAGE, "One account"),
    Route(
        "POST", f"{_ONE}/lock", lock, Who.ADMIN, Shape.FORM, "Lock an account", takes=Press
    ),
    Route(
        "POST", f"{_ONE}/unlock", unlock, Who.ADMIN, Shape.FORM, "Unlock an account", takes=Press
    ),
    Route(
        "POST", f"{_ONE}/sign-ins", end_sign_ins, Who.ADMIN, Shape.FORM,
        "End all sign-ins of an account", takes=Press,
    ),
    Route(
        "POST", f"{_ONE}/password", give_password, Who.ADMIN, Shape.FORM,
        "Give an account a password for once", takes=Press,
    ),
    Route(
        "POST", f"{_ONE}/role", assign, Who.ADMIN, Shape.FORM,
        "Another role or agency for an account", takes=Assign,
    ),
)  # fmt: skip
