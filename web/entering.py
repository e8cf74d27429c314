"""Coming in from outside, as browsers of people do: a call is started, somebody signs in, a seat is
admitted, and what is kept is erased. HTTP only; it does not know what happens in a session.
"""

import asyncio
import html
import re
import secrets
from base64 import b64decode
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import altcha
import orjson

from sessions.envelope import ContentKey
from sessions.events import Epoch, ParticipantId, SessionId
from signaling.participant import Seated
from web.starting import IDEMPOTENCY_KEY, PROOF

_CSRF: Final = re.compile(r'"csrf":"([0-9a-f]{64})"')
_MOST: Final = 1_000_000  # bytes of an answer that are read


class TurnedAway(Exception):
    """Answered, and not with what was asked for: the server's code, or the number of its answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that was started, and what proves the prospect's seat."""

    session: SessionId
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Admitted:
    """What it takes to join, and the ways that pictures and sound may take."""

    seated: Seated
    ice_servers: tuple[dict[str, Any], ...] = field(repr=False)
    relay_only: bool
    name: str = field(repr=False)
    title: str = field(repr=False)


class Entrance:
    """One browser's way in: its cookies, and nothing else.

    Everything raises TurnedAway, or ConnectionError where nobody answers as a node of ours does.
    """

    def __init__(self, url: str) -> None:
        """`url`: the origin, as people type it. Within a running loop."""
        self.url = url
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._csrf = ""

    async def close(self) -> None:
        await self.http.close()

    # -- a prospect

    async def look(self) -> None:
        """The start page, as somebody sees it first."""
        await self._ask("GET", "/")

    async def proof(self) -> str:
        """The work that a start costs just now, done."""
        answer = _object(await self._ask("GET", "/api/challenge"))
        try:
            challenge = altcha.Challenge.from_dict(answer)
            solution = await asyncio.to_thread(altcha.solve_challenge, challenge)
        except (KeyError, TypeError, ValueError) as error:
            raise ConnectionError("no challenge of ours") from error
        if solution is None:
            raise TurnedAway("proof.invalid")
        return str(altcha.Payload(challenge, solution).to_base64())

    async def start_call(self, first_name: str, last_name: str, proof: str) -> Begun:
        """A place in the queue. It is not counted: nobody here says that it may be."""
        answer = _object(
            await self._ask(
                "POST", "/api/calls", json={"first_name": first_name, "last_name": last_name},
                headers={IDEMPOTENCY_KEY: secrets.token_hex(16), PROOF: proof},
            )
        )  # fmt: skip
        return Begun(SessionId(_text(answer, "session")), _text(answer, "token"))

    async def erase(self, begun: Begun) -> None:
        """What its prospect may do with number and code: nothing of the session is kept."""
        receipt = _object(
            await self._ask(
                "POST", f"/api/sessions/{begun.session}/receipt", json={}, headers=_seat(begun)
            )
        )
        form = {"number": _text(receipt, "number"), "code": _text(receipt, "code"), "sure": "yes"}
        await self._ask("POST", "/receipt/erase", data=form)

    # -- an advisor

    async def sign_in(self, username: str, password: str) -> None:
        """Raises TurnedAway("signin.wrong") where name and password do not belong together."""
        form = {"username": username, "password": password}
        _, status = await self._answer("POST", "/login", data=form)
        if status != HTTPStatus.SEE_OTHER:
            raise TurnedAway("signin.wrong" if status < 429 else str(status))
        page = (await self._ask("GET", "/console")).decode(errors="replace")
        found = _CSRF.search(html.unescape(page))
        if found is None:
            raise TurnedAway("role.wrong")
        self._csrf = found[1]

    async def sign_out(self) -> None:
        if self._csrf:
            await self._answer("POST", "/logout", data={"csrf": self._csrf})
            self._csrf = ""

    # -- either

    async def admit(self, session: SessionId, begun: Begun | None = None) -> Admitted:
        """A seat in this session: the prospect's, or that of whoever signed in, to prepare."""
        headers = {"X-CSRF-Token": self._csrf} if begun is None else _seat(begun)
        wanted = {"prepare": True} if begun is None else {}
        path = f"/api/sessions/{session}/join"
        return _admitted(
            session, _object(await self._ask("POST", path, json=wanted, headers=headers))
        )

    # -- inside

    async def _ask(self, method: str, path: str, **given: Any) -> bytes:
        body, status = await self._answer(method, path, **given)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise TurnedAway(_code(body) or str(status))
        return body

    async def _answer(self, method: str, path: str, **given: Any) -> tuple[bytes, int]:
        headers = {"Origin": self.url, "Accept": "application/json"} | given.pop("headers", {})
        try:
            async with self.http.request(
                method, self.url + path, headers=headers, allow_redirects=False, **given
            ) as answer:
                return await answer.content.read(_MOST), answer.status
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionError(type(error).__name__) from error


def _seat(begun: Begun) -> dict[str, str]:
    return {"Authorization": f"Bearer {begun.token}"}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConnectionError("not an answer of ours")
    return found


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise ConnectionError("not an answer of ours")
    return value


def _code(body: bytes) -> str | None:
    try:
        return _text(_object(body)["error"], "code")[:40]
    except (ConnectionError, KeyError, TypeError, AttributeError):
        return None


def _admitted(session: SessionId, answer: dict[str, Any]) -> Admitted:
    try:
        seated = Seated(
            session=session,
            participant=ParticipantId(_text(answer, "participant")),
            ticket=_text(answer, "ticket"),
            affinity=_text(answer, "affinity"),
            epoch=Epoch(int(answer["epoch"])),
            content_key=ContentKey(b64decode(_text(answer, "content_key"))),
        )
        return Admitted(
            seated=seated,
            ice_servers=tuple(answer["ice_servers"]),
            relay_only=answer["ice_policy"] == "relay",
            name=_text(answer["me"], "name"),
            title=_text(answer["me"], "title"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConnectionError("not an answer of ours") from error
