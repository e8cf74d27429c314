"""Two hundred people start a call within seconds: the queue fills to its cap, and talks go on."""

import asyncio
import json
import secrets
import statistics
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import altcha
import pytest

from sessions.accounts import Accounts
from sessions.clock import wall_clock_ms
from sessions.events import Envelope, Epoch, EventId, Role, new_event_id, sender_of
from tests.e2e.server import ROOT, Server
from tests.patience import allowed
from tests.stores import stores_in
from web.proofs import ATTEMPTS, Effort, Proofs

TALKS, STARTS, QUEUE_MAX = 10, 200, 50
EVERY_SECONDS = 0.1  # somebody says something in each talk: livelier than people are
QUIET_SECONDS = 2.0
SLOWEST_SECONDS = 2.0  # half of it on a machine that does nothing else
# Over how many seconds they come; how much slower the chat may get; and what nobody notices, which
# it may take in any case: others work on these processors too.
FAST = pytest.param(5.0, 2.0, 0.2, id="40 a second")  # 2,000 in a minute are 33
AT_ONCE = pytest.param(
    0.0, 30.0, 0.3, id="all at once"
)  # 80 times, were they answered as they come
SEALED = b64encode(secrets.token_bytes(300)).decode()


Answer = tuple[str, float]


@dataclass(slots=True)
class Talk:
    """The prospect's page of a running talk: it says something, and sees it come back."""

    session: str
    token: str
    took: list[float] = field(default_factory=list)
    sent: dict[EventId, float] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    joined: bool = False
    closed: bool = False

    async def run(self, http: aiohttp.ClientSession, url: str, over: asyncio.Event) -> None:
        """Join, and talk until it is over."""
        headers = {"Origin": url, "Authorization": f"Bearer {self.token}"}
        join = f"{url}/api/sessions/{self.session}/join"
        async with http.post(join, json={}, headers=headers) as answer:
            ticket = (await answer.json())["ticket"]
        async with http.ws_connect(
            f"{url}/socket.io/?EIO=4&transport=websocket", headers=headers
        ) as ws:
            reading = asyncio.create_task(self._read(ws, ticket))
            while not over.is_set():
                await self._say(ws)
                await asyncio.sleep(EVERY_SECONDS)
            async with asyncio.timeout(60):
                while self.sent and not self.closed:
                    self.answered.clear()
                    await self.answered.wait()
            reading.cancel()

    async def _say(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        if not self.joined:
            return
        id_ = new_event_id()
        said = {"id": id_, "kind": "chat.message", "epoch": 1, "sealed": SEALED}
        self.sent[id_] = time.perf_counter()
        await ws.send_str("42" + json.dumps(["send", said]))

    async def _read(self, ws: aiohttp.ClientWebSocketResponse, ticket: str) -> None:
        await ws.send_str("40")
        argument = {"ticket": ticket, "after": 0, "log_epoch": None}
        async for message in ws:
            if message.data.startswith("40"):
                await ws.send_str("420" + json.dumps(["join", argument]))
            elif message.data == "2":
                await ws.send_str("3")
            elif message.data.startswith("430"):
                assert json.loads(message.data[3:])[0]["ok"]
                self.joined = True
            elif message.data.startswith("42"):
                sent_at = self.sent.pop(json.loads(message.data[2:])[1]["id"], None)
                if sent_at is not None:
                    self.took.append(time.perf_counter() - sent_at)
                    self.answered.set()
        self.closed = True
        self.answered.set()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[Server, list[Talk], Proofs]]:
    """A node with talks, and a way to have work done before the burst."""
    talks, proofs = await talks_in(tmp_path)
    server = await Server.start(
        tmp_path, VISAVIS_TRUSTED_PROXIES="127.0.0.0/8", VISAVIS_QUEUE_MAX=str(QUEUE_MAX)
    )
    yield server, talks, proofs
    await server.stop()


async def talks_in(folder: Path, how_many: int = TALKS) -> tuple[list[Talk], Proofs]:
    """Sessions that an advisor has accepted before the server starts."""
    async with stores_in(folder) as stores:
        talks = []
        for number in range(how_many):
            account = await Accounts(stores.database).add(
                f"advisor{number}", display_name="Berta", role=Role.ADVISOR, password_hash="-"
            )
            started = await stores.start(number)
            seat = await stores.lifecycle.advisor_seat(started.session, account.id, prepare=True)
            accepted = Envelope(
                started.session, sender_of(seat.participant), new_event_id(), "session.accepted",
                Epoch(1), secrets.token_bytes(64), wall_clock_ms(),
            )  # fmt: skip
            await stores.log.append(accepted, account=account.id)
            talks.append(Talk(started.session, started.token))
        proofs = Proofs(stores.keys.secret("proof"))
    return talks, proofs


def crowd(url: str, spread_seconds: float, proofs: list[str]) -> None:
    """All of them, in a process of their own, so that who measures is not who presses."""
    json.dump(asyncio.run(_crowd(url, spread_seconds, proofs)), sys.stdout)


async def _crowd(url: str, spread_seconds: float, proofs: list[str]) -> list[Answer]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        return await asyncio.gather(
            *(
                _start(http, url, number, proof, spread_seconds * number / len(proofs))
                for number, proof in enumerate(proofs)
            )
        )


async def _start(
    http: aiohttp.ClientSession, url: str, number: int, proof: str, after_seconds: float
) -> Answer:
    """What a prospect's browser does: the page, then the call. Code and seconds."""
    await asyncio.sleep(after_seconds)
    network = {"X-Forwarded-For": f"198.51.{number % 250}.7", "Origin": url}
    async with http.get(url + "/", headers=network) as page:
        assert page.status == 200
    asked_at = time.perf_counter()
    async with http.post(
        url + "/api/calls",
        json={"first_name": "Anna", "last_name": "Beispiel"},
        headers=network | {"Proof-Of-Work": proof},
    ) as answer:
        body = await answer.json()
        code = body["error"]["code"] if "error" in body else str(answer.status)
        assert code == "201" or int(answer.headers["Retry-After"]) > 0
        return code, time.perf_counter() - asked_at


async def burst(server: Server, spread_seconds: float, proofs: list[str]) -> list[Answer]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import json, sys; from tests.integration.test_burst import crowd;"
        "crowd(sys.argv[1], float(sys.argv[2]), json.load(sys.stdin))",
        server.url,
        str(spread_seconds),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate(json.dumps(proofs).encode())
    assert process.returncode == 0
    return [(code, took) for code, took in json.loads(said)]


@pytest.mark.parametrize(("spread_seconds", "times", "unnoticed_seconds"), [FAST, AT_ONCE])
async def test_a_burst_of_starts_disturbs_no_talk(
    running: tuple[Server, list[Talk], Proofs],
    monkeypatch: pytest.MonkeyPatch,
    spread_seconds: float,
    times: float,
    unnoticed_seconds: float,
) -> None:
    """F-23, scaled to two cores: 0 talks dropped, chat p95 at most doubled, a clean "later"."""
    server, talks, proofs = running
    monkeypatch.setitem(ATTEMPTS, Effort.MUCH, 1)
    solved = [work(proofs) for _ in range(STARTS)]
    over = asyncio.Event()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        talking = asyncio.gather(*(talk.run(http, server.url, over) for talk in talks))
        await asyncio.sleep(QUIET_SECONDS)
        quiet = p95(talks)
        answers = await burst(server, spread_seconds, solved)
        busy = p95(talks)
        over.set()
        await talking
    codes = Counter(code for code, _ in answers)
    slowest = max(took for code, took in answers if code != "201")
    print(
        f"\n{STARTS} starts in {spread_seconds:.0f} s beside {TALKS} talks: {dict(codes)}; "
        f"slowest refusal {slowest:.2f} s; chat p95 {quiet * 1e3:.1f} ms before, "
        f"{busy * 1e3:.1f} ms meanwhile"
    )
    assert not any(talk.closed for talk in talks)
    assert not any(talk.sent for talk in talks), "said, and never seen again"
    assert codes["201"] <= QUEUE_MAX
    assert codes["201"] + codes["desk.full"] + codes["node.busy"] == STARTS
    assert slowest < allowed(SLOWEST_SECONDS)
    assert busy < allowed(max(times * quiet, unnoticed_seconds))


def work(proofs: Proofs) -> str:
    challenge = altcha.Challenge.from_dict(
        proofs.issue(Effort.MUCH, wall_clock_ms()).model_dump(exclude={"needed"})
    )
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


def p95(talks: list[Talk]) -> float:
    """Of everything since the last look."""
    took = sorted(one for talk in talks for one in talk.took)
    for talk in talks:
        talk.took = []
    assert len(took) > 20
    return statistics.quantiles(took, n=20)[-1]
