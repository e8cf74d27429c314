"""Accounts from the command line, whether the platform runs or not.

SQLite belongs to one process. While that one serves, it takes the same orders over a socket in
the data directory, which only the user it runs as can open. Beside PostgreSQL it does so too.
Whose shell made or locked which account is in the audit chain, as in the browser.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import aiohttp
import orjson
from aiohttp import web as aioweb
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from sessions.accounts import ADVISING, Account, Accounts
from sessions.audit import Audit
from sessions.database import Database, DatabaseInUse
from sessions.events import Refused, Role
from sessions.models import Row
from web.accounts import MAX_PASSWORD, MIN_PASSWORD, Passwords
from web.brand import load_brand
from web.settings import Settings

ACCOUNTS: Final = "/"  # the path on which orders about accounts are taken
_ORDER_SECONDS: Final = 30

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Username = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9._@-]{0,79}$")
]


class OrderFailed(Exception):
    """Why an order was not carried out, in words for the person at the terminal."""


class ServerSilent(OrderFailed):
    """Nobody takes orders at the socket."""


# The roles that have accounts.
SignsIn = Literal["advisor", "lead", "operator", "officer", "auditor", "admin"]
Taker = Callable[[bytes], Awaitable[bytes]]


class Order(BaseModel):
    """One order about accounts."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    what: Literal["add", "list", "disable"]
    actor: Line
    username: Username | None = None
    role: SignsIn | None = None
    display_name: Line | None = None
    title: str = ""
    agency: str | None = None
    password: Annotated[str, StringConstraints(max_length=MAX_PASSWORD)] | None = None


async def order(settings: Settings, wanted: Order) -> list[dict[str, Any]]:
    """Carry an order out here, or let the serving process do it. Raises OrderFailed, and what
    `load_brand` raises where an agency is named.

    On a server both could; the process that serves is asked first, for it knows who is connected.
    """
    if wanted.agency is not None and load_brand(settings.brand_file).agency(wanted.agency) is None:
        raise OrderFailed("The brand file names no agency of that code.")
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await _asked(settings, wanted)
    try:
        database = Database.open(settings.database, rows=Row)
    except DatabaseInUse:
        return await _asked(settings, wanted)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None
    except LookupError:
        raise OrderFailed("The database is not set up yet: run `visavis migrate`.") from None
    try:
        return await carry_out(Accounts(database), Passwords(), Audit(database), wanted)
    finally:
        await database.close()


async def carry_out(
    accounts: Accounts,
    passwords: Passwords,
    audit: Audit,
    wanted: Order,
    shut_out: Callable[[str], None] = lambda _account: None,
) -> list[dict[str, Any]]:
    """The order itself; the answer has one entry per account listed.

    `shut_out` closes what a disabled account has open (AT-16).
    """
    match wanted.what:
        case "add":
            added = await _add(accounts, passwords, wanted)
            about = f"account {added.id} {added.agency or ''}".rstrip()
            await audit.record(wanted.actor, f"account made {added.role}", about)
        case "disable":
            found = await accounts.find(wanted.username or "")
            if found is None:
                raise OrderFailed("There is no such account.")
            await audit.record(wanted.actor, "account locked", f"account {found.id}")
            try:
                await accounts.disable(found.id)
            except Refused:
                raise OrderFailed("This is the last account that can administer others.") from None
            shut_out(found.id)
        case "list":
            return [
                {
                    "username": one.username,
                    "role": one.role,
                    "display_name": one.display_name,
                    "agency": one.agency,
                    "disabled": one.disabled_ms is not None,
                }
                for one in await accounts.list()
            ]
    return []


def taker(
    accounts: Accounts, passwords: Passwords, audit: Audit, shut_out: Callable[[str], None]
) -> Taker:
    """What takes orders about accounts in the process that serves."""

    async def take(data: bytes) -> bytes:
        wanted = Order.model_validate_json(data)
        return orjson.dumps(await carry_out(accounts, passwords, audit, wanted, shut_out))

    return take


async def _asked(settings: Settings, wanted: Order) -> list[dict[str, Any]]:
    said = await ask_server(settings, ACCOUNTS, wanted, seconds=_ORDER_SECONDS)
    found: list[dict[str, Any]] = orjson.loads(said)
    return found


async def _add(accounts: Accounts, passwords: Passwords, wanted: Order) -> Account:
    if not wanted.username or wanted.role is None or not wanted.display_name:
        raise OrderFailed("An account needs a user name, a role and a name to show.")
    if wanted.password is None or len(wanted.password) < MIN_PASSWORD:
        raise OrderFailed(f"The password needs at least {MIN_PASSWORD} characters.")
    if wanted.agency is not None and Role(wanted.role) not in ADVISING:
        raise OrderFailed("Only advisors belong to an agency.")
    if await accounts.find(wanted.username) is not None:
        raise OrderFailed("There is an account of that name already.")
    return await accounts.add(
        wanted.username,
        display_name=wanted.display_name,
        title=wanted.title.strip()[:120],
        role=Role(wanted.role),
        password_hash=await passwords.hash(wanted.password),
        agency=wanted.agency,
    )


# ---- over the socket of the serving process


def socket_path(settings: Settings) -> Path:
    return settings.data_dir / "orders.sock"


@asynccontextmanager
async def taking_orders(settings: Settings, takers: Mapping[str, Taker]) -> AsyncIterator[None]:
    """Take orders over the socket for as long as the process serves: who takes which path."""
    path = socket_path(settings)
    path.unlink(missing_ok=True)  # of a process that was killed; the database's lock is ours

    async def take(request: aioweb.Request) -> aioweb.Response:
        try:
            return aioweb.Response(body=await takers[request.path](await request.read()))
        except (OrderFailed, ValidationError) as error:
            text = str(error) if isinstance(error, OrderFailed) else "This order is malformed."
            return aioweb.Response(status=400, body=text.encode())

    app = aioweb.Application(client_max_size=65_536)
    app.router.add_routes([aioweb.post(place, take) for place in takers])
    runner = aioweb.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        before = os.umask(0o177)  # the socket is made with the rights it keeps
        try:
            await aioweb.UnixSite(runner, _short(path)).start()
        finally:
            os.umask(before)
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


async def ask_server(settings: Settings, path: str, wanted: BaseModel, *, seconds: float) -> bytes:
    """Let the serving process carry an order out. Raises OrderFailed, ServerSilent."""
    connector = aiohttp.UnixConnector(_short(socket_path(settings)))
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as http,
            http.post(f"http://orders{path}", data=wanted.model_dump_json()) as answer,
        ):
            said, status = await answer.read(), answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise ServerSilent("Another process holds the database and takes no orders.") from None
    if status == 400:
        raise OrderFailed(said.decode())
    if status != 200:
        raise OrderFailed("The process that serves could not carry this out; see its log.")
    return said


def _short(path: Path) -> str:
    """A socket's path may have no more than some hundred bytes."""
    return min(str(path.absolute()), os.path.relpath(path), key=len)
