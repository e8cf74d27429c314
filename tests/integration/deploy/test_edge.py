"""HAProxy as we ship it, before two nodes: what gets through, where to, and what is logged."""

import asyncio
import json
import re
import subprocess
from typing import Any

import aiohttp
import pytest

from tests.integration.deploy.conftest import NewCaller
from tests.integration.deploy.edge import CONFIGURATION, Edge, needed, until
from web.log import IMPERSONAL, SIX

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def test_the_configuration_is_one(edge: Edge) -> None:
    """`haproxy -c` finds neither an error nor anything to warn of."""
    words = [needed("haproxy", "haproxy"), "-c", "-f", str(CONFIGURATION)]
    done = subprocess.run(
        words, env=dict(edge.proxy.environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


async def test_sessions_spread_and_each_stays_whole(edge: Edge, new_caller: NewCaller) -> None:
    """Affinity: many sessions use both nodes, the sockets of one session the same."""
    caller = new_caller()
    seen = len(edge.lines())
    nodes: list[str] = []
    for number in range(12):
        for _ in range(2):
            url = f"{edge.url}/socket.io/?affinity={number:08x}&EIO=4&transport=websocket"
            async with caller.http.ws_connect(url, headers={"Origin": edge.url}) as ws:
                await ws.receive_str()
            wanted = seen + len(nodes) + 1

            async def written(wanted: int = wanted) -> bool:
                return len(edge.lines()) >= wanted

            await until("the socket is in the log", written)
            nodes.append(edge.lines()[-1]["node"])
    assert all(first == second for first, second in zip(nodes[::2], nodes[1::2], strict=True))
    assert set(nodes) == {"n1", "n2"}


async def test_where_a_request_comes_from_is_the_proxys_word(
    edge: Edge, new_caller: NewCaller
) -> None:
    """AT-20: a header that came along neither reaches the log of a node nor its limits."""
    caller = new_caller()
    forged = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7", "X-Real-IP": "::1"}
    seen = {name: one.log.stat().st_size for name, one in edge.nodes.items()}
    assert (await caller.get("/privacy", headers=forged)).status == 200

    def new_lines() -> list[dict[str, Any]]:
        new = [one.log.read_bytes()[seen[name] :] for name, one in edge.nodes.items()]
        lines = [json.loads(line) for text in new for line in text.splitlines()]
        return [line for line in lines if line.get("route") == "/privacy"]

    async def written() -> bool:
        return bool(new_lines())

    await until("the node wrote its line", written)
    assert [line["address"] for line in new_lines()] == ["127.0.0.0/16"]


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "elsewhere.example", 421),
        ("/", "localhost.elsewhere.example:443", 421),
        ("/metrics", "localhost", 404),
        ("/%6detrics", "localhost", 404),
        ("/./metrics", "localhost", 404),
        ("//metrics/", "localhost", 404),
        ("/metrics?x=1", "localhost", 404),
        ("/x/../metrics", "localhost", 404),
        ("/healthz", "localhost", 200),
    ],
)
async def test_what_stays_inside(edge: Edge, path: str, host: str, status: int) -> None:
    """AT-06, AT-20: proxy and node agree on what a path means, and no other name is ours."""
    said = await by_hand(edge, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert said.startswith(f"HTTP/1.1 {status} "), said
    assert "visavis_" not in said


@pytest.mark.parametrize(
    "request_text",
    [
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
async def test_an_ambiguous_request_ends_at_the_proxy(edge: Edge, request_text: str) -> None:
    """AT-66: refused, and the connection closed behind it."""
    said = await by_hand(edge, request_text)
    assert re.match(r"HTTP/1\.1 (400|421) ", said), said


async def test_plain_http_leads_to_tls(edge: Edge) -> None:
    port = int(edge.proxy.environment["VISAVIS_HTTP"].rpartition(":")[2])
    async with aiohttp.ClientSession() as http:
        for host, status in (("localhost", 308), ("elsewhere.example", 421)):
            async with http.get(
                f"http://127.0.0.1:{port}/call/1", headers={"Host": host}, allow_redirects=False
            ) as answer:
                assert answer.status == status
                assert answer.headers.get("Location") == (
                    "https://localhost/call/1" if status == 308 else None
                )


async def test_the_log_knows_nobody(edge: Edge, new_caller: NewCaller) -> None:
    """OB-21, KP-20: exactly the promised fields, the address coarsened, no path, nothing copied."""
    canary = "kanarienvogel"
    caller, session, seen = new_caller(), "0f" * 16, len(edge.lines())
    agents = {
        AGENT: ("Firefox 145", "Linux"),
        "Mozilla/5.0 (iPhone; Mac OS X) Version/17.2 Mobile Safari/604.1": ("Safari 17", "iPhone"),
        'x" Edg/999999 Windows\t"': ("Edge 9999", "Windows"),
        f"{canary}/1": ("-", "-"),
    }
    for agent in agents:
        await caller.get(
            f"/call/{session}?x={canary}",
            headers={"User-Agent": agent, "Referer": f"https://bank.example/a/{canary}?b=1"},
        )
    await caller.get("/", headers={"Referer": f"https://{canary}@bank.example/"})
    await by_hand(edge, f"NONSENSE {canary}\r\n\r\n")
    async with aiohttp.ClientSession() as stranger:  # does not trust the certificate
        with pytest.raises(aiohttp.ClientError):
            await stranger.get(edge.url)

    async def written() -> bool:
        return len(edge.lines()) >= seen + 7

    await until("all is in the log", written)
    lines = edge.lines()[seen:]
    requests = [line for line in lines if line["event"] == "request"]
    allowed = {*SIX, *IMPERSONAL, "node", "end"}
    assert all(set(SIX) <= set(line) <= allowed for line in requests)
    assert {line["address"] for line in lines} == {"127.0.0.0"}
    pages = [line for line in requests if line["referrer"] == "https://bank.example"]
    assert [(one["browser"], one["system"]) for one in pages] == list(agents.values())
    assert any(line["event"] == "refused" for line in lines)
    text = edge.proxy.log.read_text()
    for secret in (canary, session, "127.0.0.1", "/call/"):
        assert secret not in text, secret


async def by_hand(edge: Edge, text: str) -> str:
    """What the proxy answers to these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port, ssl=edge.trust,
                                                   server_hostname="localhost")  # fmt: skip
    writer.write(text.encode("latin-1"))
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    return answer.decode("latin-1")
