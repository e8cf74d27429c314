"""OB-05, KP-20: what one sends in any place does not reach the log of the running node."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import aiohttp
import pytest
import structlog

from tests.integration.web.conftest import MakeSite
from web import log
from web.clients import LIMITS, Limit

CANARY = "Kanarienvogel"
ADDRESS = "198.51.100.77"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    log.configure(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_canaries_in_every_place_do_not_sing(
    written: io.StringIO, make_site: MakeSite
) -> None:
    """OB-05, KP-20, and no session id beside an address (KP-21)."""
    site = await make_site(trusted_proxies="127.0.0.0/8")
    visitor = site.visitor()
    visitor.headers |= {
        "User-Agent": f"Firefox/140.0 {CANARY}",
        "Referer": f"https://example.com/{CANARY}?{CANARY}",
        "Accept-Language": CANARY,
        "X-Forwarded-For": ADDRESS,
        "X-Canary": CANARY,
        "Cookie": f"{CANARY}={CANARY}",
    }
    await visitor.get(f"/?q={CANARY}&{CANARY}=1")
    await visitor.get(f"/{CANARY}")
    await visitor.get(f"/api/{CANARY}")
    names = {"first_name": CANARY, "last_name": CANARY}
    started = await (await visitor.post("/api/calls", names)).json()
    await visitor.post("/api/calls", names | {"email": CANARY})
    await visitor.post("/api/calls", data=b"{" + CANARY.encode(),
                       headers={"Content-Type": "application/json"})  # fmt: skip
    bearer = {"Authorization": f"Bearer {started['token']}"}
    await visitor.post(f"/api/sessions/{started['session']}/join", {}, headers=bearer)
    await visitor.post("/login", data={"username": CANARY, "password": CANARY})
    await visitor.ask(CANARY, "/")
    await broken(site.url)
    text = written.getvalue()
    for secret in (CANARY, ADDRESS, started["session"], started["token"], started["session"][:8]):
        assert secret not in text, secret
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) >= 8
    for line in requests:
        assert set(line) == {*log.SIX, *log.IMPERSONAL}
        assert line["address"] in ("198.51.0.0/16", "127.0.0.0/16")
    assert {line["referrer"] for line in requests} >= {"https://example.com"}
    assert {line["browser"] for line in requests} >= {"Firefox 140"}


async def test_who_opens_one_socket_after_the_other_is_slowed_down_and_fills_no_disk(
    written: io.StringIO, make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-24: each is closed at its first packet; from the fourth on there is none, and no line."""
    monkeypatch.setitem(LIMITS, "socket", Limit(per_minute=0.001, burst=0.003))
    site = await make_site()
    one = site.visitor()

    async def opens() -> bool:
        url = f"{site.url}/socket.io/?EIO=4&transport=websocket"
        try:
            async with one.http.ws_connect(url, headers=one.headers) as ws:
                await ws.send_str("4x")
                while (await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status != 429
        return True

    assert [await opens() for _ in range(20)] == [True] * 3 + [False] * 17
    assert (await one.get("/healthz")).status == 200
    assert len(written.getvalue().splitlines()) <= 4 + 1  # and one of the database
    numbers = await (await one.get("/metrics")).text()
    assert 'visavis_refusals_total{code="too.fast"} 17.0' in numbers


async def broken(url: str) -> None:
    """What is not even HTTP."""
    _, _, port = url.rpartition(":")
    for raw in (f"{CANARY} / {CANARY}\r\n\r\n", f"GET /{CANARY} HTTP/9.9\r\nX: {CANARY}\r\n\r\n",
                f"GET / HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n"):  # fmt: skip
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(raw.encode())
        try:
            answer = await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
        assert b" 400 " in answer.split(b"\r\n")[0]
