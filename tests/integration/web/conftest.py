"""A node of its own for each test, and the four who may knock at its door."""

import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import altcha
import pytest
from aiohttp import web as aioweb
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from sessions.events import Role
from tests.world import migrated
from web.app import make_app
from web.parts import PARTS, Parts
from web.server import server_options
from web.settings import Settings

ORIGIN = "http://visavis.test"
PASSWORD = "korrekt-pferd-batterie"


@cache
def cheap_hash() -> str:
    """Verifies like any other, in a millisecond."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def solved(challenge: dict[str, Any]) -> dict[str, str]:
    """Work done by the library's own solver."""
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return {"Proof-Of-Work": altcha.Payload(asked, solution).to_base64()}


@dataclass(slots=True)
class Caller:
    """One browser: its cookies, and the CSRF token of its pages."""

    http: aiohttp.ClientSession
    url: str
    role: Role | None = None
    csrf: str = ""
    session: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Origin": ORIGIN})

    async def get(self, path: str, **given: Any) -> aiohttp.ClientResponse:
        return await self.ask("GET", path, **given)

    async def post(self, path: str, body: Any = None, **given: Any) -> aiohttp.ClientResponse:
        if body is not None:
            given["json"] = body
        return await self.ask("POST", path, **given)

    async def ask(self, method: str, path: str, **given: Any) -> aiohttp.ClientResponse:
        headers = self.headers | {"X-CSRF-Token": self.csrf or None} | given.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        given.setdefault("allow_redirects", False)
        return await self.http.request(method, self.url + path, headers=headers, **given)

    async def proof(self) -> dict[str, str]:
        """The header with a solved challenge, as our page would send it."""
        answer = await self.get("/api/challenge")
        assert answer.status == 200, await answer.text()
        return solved(await answer.json())

    async def start_call(
        self, first: str = "Erika", last: str = "Mustermann", **more: Any
    ) -> dict[str, Any]:
        body = {"first_name": first, "last_name": last} | more
        answer = await self.post("/api/calls", body)
        assert answer.status == 201, await answer.text()
        started: dict[str, Any] = await answer.json()
        self.session, self.token = started["session"], started["token"]
        return started


@dataclass(slots=True)
class Site:
    """A running node."""

    app: aioweb.Application
    parts: Parts
    url: str
    data: Path
    _callers: list[Caller] = field(default_factory=list)

    def visitor(self) -> Caller:
        """A browser that has never been here."""
        jar = aiohttp.CookieJar(unsafe=True)
        caller = Caller(aiohttp.ClientSession(cookie_jar=jar), self.url)
        self._callers.append(caller)
        return caller

    async def prospect(self, **more: Any) -> Caller:
        caller = self.visitor()
        await caller.start_call(**more)
        caller.role = Role.PROSPECT
        return caller

    async def signed_in(self, role: Role, username: str = "", agency: str | None = None) -> Caller:
        username = username or f"some.{role}"
        if await self.parts.accounts.find(username) is None:
            await self.parts.accounts.add(
                username,
                display_name=username.title(),
                role=role,
                password_hash=cheap_hash(),
                title="Beratung" if role is Role.ADVISOR else "",
                agency=agency,
            )
        caller = self.visitor()
        form = {"username": username, "password": PASSWORD}
        answer = await caller.post("/login", data=form)
        assert answer.status == 303, await answer.text()
        page = await (await caller.get(answer.headers["Location"])).text()
        found = re.search(r"&#34;csrf&#34;:&#34;([0-9a-f]{64})&#34;", page)
        assert found, page
        caller.csrf, caller.role = found.group(1), role
        return caller

    async def advisor(self, username: str = "", agency: str | None = None) -> Caller:
        return await self.signed_in(Role.ADVISOR, username, agency)

    async def operator(self) -> Caller:
        return await self.signed_in(Role.OPERATOR)

    async def officer(self, username: str = "") -> Caller:
        return await self.signed_in(Role.OFFICER, username)

    async def auditor(self) -> Caller:
        return await self.signed_in(Role.AUDITOR)

    async def admin(self) -> Caller:
        return await self.signed_in(Role.ADMIN)

    async def close(self) -> None:
        for caller in self._callers:
            await caller.http.close()


MakeSite = Callable[..., Any]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; each node gets a copy."""
    return migrated(tmp_path_factory.mktemp("databases"))


@pytest.fixture
async def make_site(tmp_path: Path, databases: Path) -> AsyncIterator[MakeSite]:
    """Start a node with other settings than the usual."""
    started: list[tuple[Site, TestServer]] = []

    async def make(
        *, patience_seconds: float | None = None, after: Site | None = None,
        port: int | None = None, **given: Any,
    ) -> Site:  # fmt: skip
        """`after`: a node that stops, and goes on as this one. `port`: its origin, on loopback."""
        if port is not None:
            given["public_url"] = f"http://127.0.0.1:{port}"
        data = tmp_path / f"node{len(started)}" if after is None else after.data
        usual = {"data_dir": data, "public_url": ORIGIN, "limits_scale": 1_000.0, "node": "test"}
        settings = Settings.load(**usual | given)
        if after is None:
            data.mkdir(mode=0o700)
            for source, copy in (("main.db", "visavis.db"), ("keys.db", "keys.db")):
                shutil.copy(databases / source, data / copy)
        else:
            [server] = [server for site, server in started if site is after]
            await server.close()
        app = make_app(settings)
        server = TestServer(app, port=port)
        options = server_options()
        if patience_seconds is not None:
            options["keepalive_timeout"] = patience_seconds
        await server.start_server(**options)
        site = Site(app, app[PARTS], str(server.make_url("")).rstrip("/"), data)
        started.append((site, server))
        return site

    yield make
    for site, server in started:
        await site.close()
        await server.close()


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    """A node with the usual settings."""
    made: Site = await make_site()
    return made
