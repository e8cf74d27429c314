"""Calls by way of the edge: whole on one node, on the other when it dies, left alone in a drain."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.deploy.conftest import PASSWORD, NewCaller
from tests.integration.deploy.edge import Edge, until
from tests.integration.web.conftest import Caller
from tests.integration.web.test_talk import Talker


@asynccontextmanager
async def talking(
    caller: Caller, session: str, body: Any = None, *, at: str = ""
) -> AsyncIterator[Talker]:
    """Admitted, connected by the URL that a page uses, and joined; `at` leads past the proxy."""
    answer = await caller.post(f"/api/sessions/{session}/join", body or {})
    assert answer.status == 200, await answer.text()
    admission = await answer.json() | {"session": session}
    url = (
        f"{at or caller.url}/socket.io/?affinity={admission['affinity']}&EIO=4&transport=websocket"
    )
    async with caller.http.ws_connect(url, headers={"Origin": caller.url}) as ws:
        assert (await ws.receive_str()).startswith("0{")
        await ws.send_str("40")
        assert (await ws.receive_str()).startswith("40{")
        talker = Talker(ws, admission)
        assert (await talker.join())["ok"]
        yield talker


async def advisor(new_caller: NewCaller) -> Caller:
    caller = new_caller()
    answer = await caller.post("/login", data={"username": "berg", "password": PASSWORD})
    assert answer.status == 303, await answer.text()
    page = await (await caller.get(answer.headers["Location"])).text()
    [caller.csrf] = re.findall(r"&#34;csrf&#34;:&#34;([0-9a-f]{64})&#34;", page)
    return caller


async def test_a_call_goes_through(edge: Edge, new_caller: NewCaller) -> None:
    """Page, API and socket by TLS; both people of a session come to one node."""
    anna, erika = await advisor(new_caller), new_caller()
    session = (await erika.start_call())["session"]
    page = await erika.get(f"/call/{session}")
    assert (page.status, session in await page.text()) == (200, True)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    seen = len(edge.lines())
    async with talking(erika, session) as one, talking(anna, session, {"prepare": True}) as other:
        assert (await other.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        assert (await one.send("chat.message", {"text": "Guten Tag"}))["ok"]
        assert (await other.hear("chat.message"))["text"] == "Guten Tag"
    sockets: list[str] = []

    async def written() -> bool:
        sockets[:] = [line["node"] for line in edge.lines()[seen:] if line["status"] == 101]
        return len(sockets) == 2

    await until("both sockets are in the log", written)
    assert len(set(sockets)) == 1


async def test_nodes_hear_each_other_with_the_rights_they_have(
    edge: Edge, new_caller: NewCaller
) -> None:
    """What passes is in no log: only Redis can have carried it from one node to the other."""
    anna, erika = await advisor(new_caller), new_caller()
    session = (await erika.start_call())["session"]
    one, other = (f"http://127.0.0.1:{port}" for port in edge.ports.values())
    async with (
        talking(erika, session, at=one) as left,
        talking(anna, session, {"prepare": True}, at=other) as right,
    ):
        # By the time a logged event has come over, the other node listens too.
        assert (await left.send("chat.message", {"text": "Guten Tag"}))["ok"]
        assert (await right.hear("chat.message"))["text"] == "Guten Tag"
        assert (await left.send("chat.typing", {"typing": True}))["ok"]
        assert (await right.hear("chat.typing"))["typing"] is True


async def test_a_killed_node_costs_seconds(edge: Edge, new_caller: NewCaller) -> None:
    """F-27: its clients come back on the other node, and nothing that was acknowledged is gone."""
    erika = new_caller()
    session = (await erika.start_call())["session"]
    seen = len(edge.lines())
    async with talking(erika, session) as before:
        assert (await before.send("chat.message", {"text": "davor"}))["ok"]

    async def written() -> bool:
        return any(line["status"] == 101 for line in edge.lines()[seen:])

    await until("the socket is in the log", written)
    [home] = {line["node"] for line in edge.lines()[seen:] if line["status"] == 101}
    try:
        async with talking(erika, session) as cut:
            edge.nodes[home].kill()
            assert await cut.closed() != 1000
        async with asyncio.timeout(60), talking(erika, session) as after:
            assert (await after.hear("chat.message"))["text"] == "davor"
            assert (await after.send("chat.message", {"text": "danach"}))["ok"]
        for _ in range(4):
            assert (await new_caller().get("/")).status == 200
    finally:
        edge.nodes[home].start()
        await edge.ready(home)


async def test_a_draining_node_gets_nothing_new(edge: Edge, new_caller: NewCaller) -> None:
    """F-28: what is open stays open until the node itself closes it; all else goes elsewhere."""
    erika = new_caller()
    session = (await erika.start_call())["session"]
    async with talking(erika, session) as held:
        for name in edge.nodes:
            edge.say(f"set server nodes/{name} state drain")
            try:
                seen = len(edge.lines())
                for _ in range(4):
                    assert (await new_caller().get("/privacy")).status == 200
                assert name not in {line["node"] for line in edge.lines()[seen:]}
                assert (await held.send("chat.message", {"text": "noch da"}))["ok"]
            finally:
                edge.say(f"set server nodes/{name} state ready")
                await edge.ready(name)


async def test_a_node_that_is_told_to_stop_is_left_before_it_goes(
    edge: Edge, new_caller: NewCaller
) -> None:
    """F-28: the proxy notices in time, what is open moves with 1012, what was said is there."""
    erika = new_caller()
    session = (await erika.start_call())["session"]
    before = {name: edge.load(name) for name in edge.nodes}
    async with talking(erika, session) as held:
        home = next(name for name in edge.nodes if edge.load(name) > before[name])
        node = edge.nodes[home].process
        assert node is not None
        try:
            node.terminate()

            async def noticed() -> bool:
                return edge.state(home) == "DOWN"

            await until("the proxy leaves the node alone", noticed, 6)
            assert node.poll() is None
            assert (await held.send("chat.message", {"text": "noch da"}))["ok"]
            for _ in range(4):
                assert (await new_caller().get("/")).status == 200
            # However soon the proxy noticed, the node waits for all of its VISAVIS_DRAIN_SECONDS.
            assert await held.closed(within_seconds=60) == 1012
            async with talking(erika, session) as after:
                assert (await after.hear("chat.message"))["text"] == "noch da"
            assert await asyncio.to_thread(node.wait, 60) == 0
        finally:
            edge.nodes[home].kill()
            edge.nodes[home].start()
            await edge.ready(home)
