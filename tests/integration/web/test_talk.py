"""The whole spine over real sockets: start, join, ring, accept, speak, hang up."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sessions.envelope import ContentKey, event_key, open_sealed, seal
from sessions.events import Envelope, Epoch, EventId, SenderId, Seq, SessionId, new_event_id
from tests.integration.web.conftest import ORIGIN, Caller, Site
from web.staff import Order, carry_out

WAIT_SECONDS = 60


class Talker:
    """One browser in one session: seals, sends, and keeps what came down."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, admission: dict[str, Any]) -> None:
        self.admission = admission
        self.joined: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self._ws = ws
        self._numbers = itertools.count()
        self._counter = itertools.count()

    async def ask(self, word: str, argument: dict[str, Any]) -> dict[str, Any]:
        """Say a word and wait for its answer; what comes down meanwhile is kept."""
        number = next(self._numbers)
        await self._ws.send_str(f"42{number}{json.dumps([word, argument])}")
        while True:
            packet = await self._next()
            if packet.startswith(f"43{number}["):
                answer: dict[str, Any] = json.loads(packet[len(f"43{number}") :])[0]
                return answer

    async def join(self) -> dict[str, Any]:
        argument = {"ticket": self.admission["ticket"], "after": 0, "log_epoch": None}
        self.joined = await self.ask("join", argument)
        return self.joined

    async def send(self, kind: str, body: dict[str, Any], id: str = "") -> dict[str, Any]:
        header = Envelope(
            session=SessionId(self.session), sender=SenderId(self.joined["sender"]),
            id=EventId(id or new_event_id()), kind=kind,
            epoch=Epoch(self.admission["epoch"]), sealed=b"",
        )  # fmt: skip
        key = event_key(self._key, header.session, header.sender)
        sealed = seal(body, key=key, header=header, counter=next(self._counter))
        text = base64.b64encode(sealed).decode()
        argument = {"id": header.id, "kind": kind, "epoch": header.epoch, "sealed": text}
        return await self.ask("send", argument)

    async def report(self, **numbers: Any) -> dict[str, Any]:
        """Send a quality report, in the clear."""
        body = {
            "rtt_ms": 40, "loss_pct": 0.5, "jitter_ms": 3, "up_kbps": 900, "down_kbps": 900,
            "fps": 30, "path": "direct", "score": 90, "word": "good", "cause": "ok",
        } | numbers  # fmt: skip
        return await self.ask(
            "send", {"id": new_event_id(), "kind": "quality.report", "body": body}
        )

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next event of this kind, opened."""
        while True:
            found = next((one for one in self.heard if one["kind"] == kind), None)
            if found is not None:
                self.heard.remove(found)
                return self._opened(found)
            await self._next()

    async def closed(self, within_seconds: float = WAIT_SECONDS) -> int | None:
        """Wait for the end; the code it came with."""
        async with asyncio.timeout(within_seconds):
            while (message := await self._ws.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        # What was said counts, also where our own answer to it found nobody any more.
        said = message.type is aiohttp.WSMsgType.CLOSE
        return int(message.data) if said else self._ws.close_code

    def _opened(self, event: dict[str, Any]) -> dict[str, Any]:
        if "body" in event:
            clear: dict[str, Any] = event["body"]
            return clear
        envelope = Envelope(
            SessionId(self.session), SenderId(event["sender"]), EventId(event["id"]),
            event["kind"], Epoch(event["epoch"]), base64.b64decode(event["sealed"]),
            event["at"], Seq(event["seq"]),
        )  # fmt: skip
        return open_sealed(envelope, self._key).body

    @property
    def session(self) -> str:
        return str(self.admission["session"])

    @property
    def _key(self) -> ContentKey:
        return ContentKey(base64.b64decode(self.admission["content_key"]))

    async def _next(self) -> str:
        async with asyncio.timeout(WAIT_SECONDS):
            message = await self._ws.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, message
        packet = str(message.data)
        if packet == "2":
            await self._ws.send_str("3")
        elif packet.startswith('42["event",'):
            self.heard.append(json.loads(packet[2:])[1])
        return packet


@asynccontextmanager
async def talking(caller: Caller, session: str, body: Any = None) -> AsyncIterator[Talker]:
    """Admitted, connected and joined."""
    answer = await caller.post(f"/api/sessions/{session}/join", body or {})
    assert answer.status == 200, await answer.text()
    admission = await answer.json() | {"session": session}
    async with connected(caller, admission) as talker:
        joined = await talker.join()
        assert joined["ok"], joined
        yield talker


@asynccontextmanager
async def connected(caller: Caller, admission: dict[str, Any]) -> AsyncIterator[Talker]:
    url = f"{caller.url}/socket.io/?EIO=4&transport=websocket"
    async with caller.http.ws_connect(url, headers={"Origin": ORIGIN}) as ws:
        assert (await ws.receive_str()).startswith("0{")
        await ws.send_str("40")
        assert (await ws.receive_str()).startswith("40{")
        yield Talker(ws, admission)


async def free_advisor(site: Site, username: str = "anna") -> Caller:
    advisor = await site.advisor(username)
    assert (await advisor.post("/api/desk/wish", {"wish": "free"})).status == 200
    return advisor


@asynccontextmanager
async def at_the_desk(advisor: Caller) -> AsyncIterator[Talker]:
    """A console that is open."""
    answer = await advisor.post("/api/tickets", {"channel": "desk"})
    async with connected(advisor, await answer.json() | {"session": "desk"}) as console:
        assert (await console.join())["ok"]
        yield console


async def test_from_a_name_to_a_talk_and_its_end(site: Site) -> None:
    """OB-02, OB-07: click, wait, ring, accept, chat both ways, hang up."""
    advisor = await free_advisor(site)
    prospect = site.visitor()
    async with at_the_desk(advisor) as console:
        started = await prospect.start_call("Erika", "Mustermann")
        session = started["session"]
        # The desk also tells of who came and went, without a session: that may come first.
        news = await console.hear("desk.changed")
        while news["session"] is None:
            news = await console.hear("desk.changed")
        assert news == {"session": session, "what": "waiting"}
        desk = await (await advisor.get("/api/desk")).json()
        [waiting] = desk["waiting"]
        assert (waiting["first_name"], waiting["last_name"]) == ("Erika", "Mustermann")
        async with (
            talking(prospect, session) as erika,
            talking(advisor, session, {"prepare": True}) as anna,
        ):
            assert (await erika.hear("participant.joined"))["name"] == "Erika Mustermann"
            assert (await erika.hear("participant.joined"))["stage"] == "preparing"
            assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
            assert (await erika.hear("session.accepted"))["name"] == "Anna"
            await erika.send("chat.message", {"text": "Guten Tag"})
            assert (await anna.hear("chat.message"))["text"] == "Guten Tag"
            await anna.send("chat.message", {"text": "Willkommen"})
            await erika.hear("chat.message")  # one's own comes back as its confirmation
            assert (await erika.hear("chat.message"))["text"] == "Willkommen"
            mine = (await (await advisor.get("/api/desk")).json())["mine"]
            assert [(one["name"], one["state"]) for one in mine] == [("Erika Mustermann", "active")]
            await erika.send("session.ended", {"reason": "hung_up"})
            assert (await anna.hear("session.ended"))["reason"] == "hung_up"
        desk = await (await advisor.get("/api/desk")).json()
        assert desk["me"] == {"wish": "free", "in_talk": False}
        assert [(one["name"], one["state"]) for one in desk["mine"]] == [(None, "ended")]


async def test_one_browser_may_play_both_parts(site: Site) -> None:
    """Whoever tries the platform alone has both cookies; each tab is who its page is."""
    both = await free_advisor(site)
    session = (await both.start_call())["session"]
    path = f"/api/sessions/{session}/join"
    advisor = await (await both.post(path, {"prepare": True})).json()
    prospect = await (await both.post(path, {}, headers={"X-CSRF-Token": None})).json()
    assert (advisor["role"], prospect["role"]) == ("advisor", "prospect")


async def test_a_reload_finds_everything_again(site: Site) -> None:
    """The cookie is enough: same seat, and the log from its beginning."""
    prospect = await site.prospect()
    async with talking(prospect, prospect.session) as before:
        await before.send("chat.message", {"text": "eins"})
    async with talking(prospect, prospect.session) as after:
        assert after.joined["participant"] == before.joined["participant"]
        assert after.joined["sender"] != before.joined["sender"]
        assert (await after.hear("chat.message"))["text"] == "eins"


async def test_of_two_advisors_one_gets_the_session(site: Site) -> None:
    """F-33: the other hears so, and can no longer join."""
    prospect = await site.prospect()
    anna, deniz = await free_advisor(site, "anna"), await free_advisor(site, "deniz")
    session = prospect.session
    async with (
        talking(anna, session, {"prepare": True}) as one,
        talking(deniz, session, {"prepare": True}) as other,
    ):
        assert (await one.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        assert (await other.hear("session.accepted"))["name"] == "Anna"
    answer = await deniz.post(f"/api/sessions/{session}/join", {})
    assert (answer.status, (await answer.json())["error"]["code"]) == (409, "session.taken")


async def test_what_a_browser_measures_reaches_the_board(site: Site) -> None:
    """OB-48: numbers only; whatever else a report carries is refused."""
    prospect, operator = await site.prospect(), await site.operator()
    async with talking(prospect, prospect.session) as erika:
        assert (await erika.report(score=40, word="poor", cause="loss"))["ok"]
        assert (await erika.report(note="Kanarienvogel"))["code"] == "body.invalid"
        assert (await erika.report(cause="Kanarienvogel"))["code"] == "body.invalid"
        answer = await operator.get("/api/ops/sessions")
        [row] = (await answer.json())["sessions"]
    assert (row["quality"]["word"], row["cause"], row["path"]) == ("poor", "loss", "direct")
    assert "Kanarienvogel" not in await answer.text()


async def test_a_disabled_advisor_is_cut_off(site: Site) -> None:
    """AT-16: sockets as well, at once."""
    advisor, prospect = await free_advisor(site), await site.prospect()
    async with (
        at_the_desk(advisor) as console,
        talking(advisor, prospect.session, {"prepare": True}) as talk,
        talking(prospect, prospect.session) as erika,
    ):
        disable = Order(what="disable", actor="shell:root", username="anna")
        parts, shut_out = site.parts, site.parts.sockets.close_of
        await carry_out(parts.accounts, parts.passwords, parts.audit, disable, shut_out)
        assert await console.closed() == await talk.closed() == 4401
        assert (await erika.send("chat.message", {"text": "noch da?"}))["ok"]


async def test_a_ticket_is_good_once(site: Site) -> None:
    prospect = await site.prospect()
    answer = await prospect.post(f"/api/sessions/{prospect.session}/join", {})
    admission = await answer.json() | {"session": prospect.session}
    async with connected(prospect, admission) as first:
        assert (await first.join())["ok"]
    async with connected(prospect, admission) as second:
        assert (await second.join())["code"] == "ticket.invalid"


async def test_channels_are_for_their_roles(site: Site) -> None:
    """AT-09: who listens to the desk or to the numbers is decided by the account."""
    advisor, operator = await site.advisor(), await site.operator()
    for caller, channel, status in (
        (advisor, "desk", 200), (advisor, "ops", 403),
        (operator, "ops", 200), (operator, "desk", 403), (operator, "any", 400),
    ):  # fmt: skip
        assert (await caller.post("/api/tickets", {"channel": channel})).status == status


async def test_the_socket_belongs_to_our_pages(site: Site) -> None:
    """AT-65."""
    for origin in (None, "null", "http://evil.test"):
        headers = {} if origin is None else {"Origin": origin}
        answer = await site.visitor().get(
            "/socket.io/?EIO=4&transport=websocket", headers={"Origin": None} | headers
        )
        assert answer.status == 403
