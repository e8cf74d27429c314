"""Whole calls across two nodes that share a PostgreSQL, a Redis and master keys, nothing else.

The prospect is on node A, the advisor on node B. What one node does at once must hold on the other.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from sessions.events import Epoch, Role, SessionId
from sessions.keys import Shredded
from sessions.lifecycle import Seat
from sessions.migrations import Tree
from tests import postgres
from tests.integration.bus.conftest import until
from tests.integration.web.conftest import Caller, MakeSite, Site, databases, make_site
from tests.integration.web.test_talk import Talker, at_the_desk, connected, free_advisor, talking
from tests.patience import allowed
from tests.servers import RedisServer
from tests.unit.signaling.test_relay import erase
from web.staff import Order, carry_out

__all__ = ["databases", "make_site"]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    with postgres.running() as server:
        yield server


@pytest.fixture
def urls(server: postgres.Postgres) -> Iterator[dict[Tree, str]]:
    with server.databases("calls") as urls:
        yield urls


@pytest.fixture
async def sites(
    urls: dict[Tree, str], redis_server: RedisServer, make_site: MakeSite, tmp_path: Path
) -> list[Site]:
    """Node A and node B. They end before what they stand on, and so come after it here."""
    shared = {
        "database_url": urls["main"], "keys_url": urls["keys"], "bus_url": redis_server.url,
        "master_key_file": tmp_path / "master.keys",
    }  # fmt: skip
    both: list[Site] = [await make_site(node=node, **shared) for node in ("a", "b")]
    await until(lambda: not any(site.parts.bus.report().degraded for site in both))
    return both


async def news_of(console: Talker, session: str) -> dict[str, Any]:
    """What the desk says of this session next."""
    while (news := await console.hear("desk.changed"))["session"] != session:
        pass
    return news


async def until_leased(site: Site, session: str) -> None:
    """The other node's lease is written a moment after somebody came."""
    async with asyncio.timeout(60):
        while True:
            view = await site.parts.lifecycle.view(SessionId(session))
            if view is not None and all(seat.present for seat in view.roster):
                return
            await asyncio.sleep(0.01)


async def test_a_prospect_on_one_node_and_an_advisor_on_the_other(sites: list[Site]) -> None:
    """OB-02: ring, prepare, accept, words for the media, chat, hang up: each way over the bus."""
    a, b = sites
    advisor, prospect = await free_advisor(b), a.visitor()
    async with at_the_desk(advisor) as console:
        session = (await prospect.start_call("Erika", "Mustermann"))["session"]
        assert await news_of(console, session) == {"session": session, "what": "waiting"}
        async with talking(prospect, session) as erika:
            await until_leased(b, session)
            await ring(erika, advisor, session)


async def ring(erika: Talker, advisor: Caller, session: str) -> None:
    """From here on both talk."""
    async with talking(advisor, session, {"prepare": True}) as anna:
        there = {one["participant"]: one["present"] for one in anna.joined["roster"]}
        assert there[erika.joined["participant"]]  # by the lease of node A
        for sender, other in ((anna, erika), (erika, anna)):  # as pages do: who came speaks first
            await sender.send("call.hello", {"instance": "c" * 16})
            assert (await other.hear("call.hello"))["instance"] == "c" * 16
        description = {"to": anna.joined["participant"], "type": "offer", "sdp": "v=0"}
        await erika.send("call.description", description)
        assert (await anna.hear("call.description"))["sdp"] == "v=0"
        await anna.send("call.candidate", {"candidate": "x"})
        assert (await erika.hear("call.candidate"))["candidate"] == "x"
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        assert (await erika.hear("session.accepted"))["name"] == "Anna"
        await erika.send("chat.message", {"text": "Guten Tag"})
        assert (await anna.hear("chat.message"))["text"] == "Guten Tag"
        await anna.send("session.ended", {"reason": "hung_up"})
        assert (await erika.hear("session.ended"))["reason"] == "hung_up"


@pytest.mark.parametrize("bus", ["up", "down"])
async def test_of_advisors_on_two_nodes_one_gets_the_session(
    sites: list[Site], redis_server: RedisServer, bus: str
) -> None:
    """F-33: the database decides; the other is told over the bus, and closed. F-05: also where no
    node hears another: then the log tells."""
    a, b = sites
    prospect = await a.prospect()
    anna, deniz = await free_advisor(a, "anna"), await free_advisor(b, "deniz")
    session = prospect.session
    async with (
        talking(anna, session, {"prepare": True}) as one,
        talking(deniz, session, {"prepare": True}) as other,
    ):
        if bus == "down":
            await cut_off(sites, redis_server)
        won = await asyncio.gather(accepts(one, "Anna"), accepts(other, "Deniz"))
    assert sorted(won) == [False, True]


async def cut_off(sites: list[Site], redis_server: RedisServer) -> None:
    redis_server.kill()
    await until(lambda: all(site.parts.bus.report().degraded for site in sites))


async def accepts(advisor: Talker, name: str) -> bool:
    """Whether this advisor was the one. Who was not may be closed before the answer comes."""
    try:
        answer = await advisor.send("session.accepted", {"name": name, "title": ""})
    except AssertionError:
        return False
    if not answer["ok"]:
        assert await advisor.closed() == 1000
    return bool(answer["ok"])


async def test_a_ticket_is_good_once_on_all_nodes(sites: list[Site]) -> None:
    """AT-12: spent on one, it is spent on the other a moment later."""
    a, b = sites
    prospect = await a.prospect()
    answer = await prospect.post(f"/api/sessions/{prospect.session}/join", {})
    admission = await answer.json() | {"session": prospect.session}
    async with connected(prospect, admission) as first:
        assert (await first.join())["ok"]
    await until(lambda: len(b.parts.tickets) == 1)
    elsewhere = Caller(prospect.http, b.url)
    async with connected(elsewhere, admission) as second:
        assert (await second.join())["code"] == "ticket.invalid"


async def test_a_shredded_key_is_gone_from_every_node(sites: list[Site]) -> None:
    """F-19: also from the cache of a node that used it a moment ago."""
    a, b = sites
    session = SessionId((await a.prospect()).session)
    for site in sites:
        await site.parts.keys.content_key(session, Epoch(1))
    await a.parts.keys.shred(session)

    async def readable() -> bool:
        try:
            await b.parts.keys.content_key(session, Epoch(1))
        except Shredded:
            return False
        return True

    async with asyncio.timeout(allowed(1)):
        while await readable():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_shredded_key_is_gone_also_when_the_word_was_lost(
    sites: list[Site], redis_server: RedisServer
) -> None:
    """F-19: a node that was deaf trusts none of the keys it had."""
    a, b = sites
    session = SessionId((await a.prospect()).session)
    await b.parts.keys.content_key(session, Epoch(1))
    redis_server.kill()
    await until(lambda: a.parts.bus.report().degraded and b.parts.bus.report().degraded)
    await a.parts.keys.shred(session)
    await b.parts.keys.content_key(session, Epoch(1))  # from its cache
    redis_server.start()
    await until(lambda: not b.parts.bus.report().degraded)
    with pytest.raises(Shredded):
        await b.parts.keys.content_key(session, Epoch(1))


@pytest.mark.parametrize(("how", "bus"), [("erased", "up"), ("ended", "down")])
async def test_what_is_over_takes_nothing_on_any_node(
    sites: list[Site], redis_server: RedisServer, how: str, bus: str
) -> None:
    """F-19: no word at once, and no passing sign after a second; without the bus, too."""
    a, b = sites
    prospect, advisor = await a.prospect(), await free_advisor(b)
    session = SessionId(prospect.session)
    async with (
        talking(prospect, session) as erika, talking(advisor, session, {"prepare": True}) as anna
    ):  # fmt: skip
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        await erika.hear("session.accepted")
        if bus == "down":
            await cut_off(sites, redis_server)
        if how == "ended":
            assert (await erika.send("session.ended", {"reason": "hung_up"}))["ok"]
        else:
            await a.parts.keys.shred(session)
            await erase(a.parts.database, session)
        over_at = monotonic()
        assert await refused(anna, "chat.message")
        while not await refused(anna, "chat.typing"):
            assert monotonic() - over_at < allowed(1)
            await asyncio.sleep(0.05)  # no faster than anybody may
        print(f"{how}, bus {bus}: nothing passes any more {monotonic() - over_at:.2f} s later")
        for kind in ("chat.message", "chat.typing"):
            assert await refused(erika, kind)


async def refused(talker: Talker, kind: str) -> bool:
    """Whether this is not taken, or whoever says it was sent away."""
    try:
        answer = await talker.send(kind, {"text": "noch da?"})
    except (AssertionError, ConnectionError):
        return True
    return not answer["ok"] and answer["code"] == "session.ended"


async def test_an_account_that_is_shut_is_cut_off_everywhere(sites: list[Site]) -> None:
    """AT-16: ordered on one node, the other closes its sockets."""
    a, b = sites
    advisor = await free_advisor(b)
    async with at_the_desk(advisor) as console:
        disable = Order(what="disable", actor="shell:root", username="anna")
        parts = a.parts
        await carry_out(parts.accounts, parts.passwords, parts.audit, disable, parts.shut_out)
        assert await console.closed() == 4401


async def test_the_board_of_one_node_shows_quality_from_the_other(sites: list[Site]) -> None:
    """OB-48: one board for the whole deployment, and each session's node on it."""
    a, b = sites
    prospect, operator = await a.prospect(), await b.operator()
    assert operator.role is Role.OPERATOR
    async with talking(prospect, prospect.session) as erika:
        assert (await erika.report(score=40, word="poor", cause="loss"))["ok"]
        who = {erika.joined["participant"]}
        await until(lambda: b.parts.board.quality(SessionId(prospect.session), who).word == "poor")
        async with asyncio.timeout(60):
            while (row := await one_row(operator))["node"] != "a":  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # the lease is written a moment later
    assert (row["quality"]["word"], row["present"]) == ("poor", 1)


async def one_row(operator: Caller) -> dict[str, Any]:
    [row] = (await (await operator.get("/api/ops/sessions")).json())["sessions"]
    found: dict[str, Any] = row
    return found


async def shown(talker: Talker, participant: str, *, present: bool) -> None:
    """Wait until this browser shows somebody as there, or as gone."""
    while (await talker.hear("presence.changed")) != {
        "participant": participant, "present": present,
    }:  # fmt: skip
        pass


async def test_who_left_while_the_bus_was_down_is_shown_as_gone(
    sites: list[Site], redis_server: RedisServer
) -> None:
    """F-03: presence passes and may be lost; the leases know it."""
    a, b = sites
    prospect, advisor = await a.prospect(), await free_advisor(b)
    async with talking(advisor, prospect.session, {"prepare": True}) as anna:
        async with talking(prospect, prospect.session) as erika:
            await shown(anna, erika.joined["participant"], present=True)
            redis_server.kill()
            await until(lambda: a.parts.bus.report().degraded and b.parts.bus.report().degraded)
        await until_gone(b, prospect.session, erika.joined["participant"])
        redis_server.start()
        await shown(anna, erika.joined["participant"], present=False)


async def test_a_reload_that_lands_on_another_node_leaves_nobody_absent(sites: list[Site]) -> None:
    """F-17: the old connection ends after the new one has begun elsewhere."""
    a, b = sites
    prospect, advisor = await a.prospect(), await free_advisor(b)
    session = prospect.session
    elsewhere = Caller(prospect.http, b.url)
    elsewhere.headers |= {"Authorization": f"Bearer {prospect.token}"}
    async with talking(advisor, session, {"prepare": True}) as anna:
        async with talking(prospect, session) as before:
            me = before.joined["participant"]
            await shown(anna, me, present=True)
            await until_on(b, session, me, "a")
            reloaded = talking(elsewhere, session)
            await reloaded.__aenter__()
            await until_on(b, session, me, "b")
        await shown(anna, me, present=False)  # so says the node that was left
        await shown(anna, me, present=True)
        await reloaded.__aexit__(None, None, None)


async def until_on(site: Site, session: str, participant: str, node: str) -> None:
    """Until this participant's lease is that node's."""
    await until_seat(site, session, participant, lambda seat: seat.node == node and seat.present)


async def until_gone(site: Site, session: str, participant: str) -> None:
    await until_seat(site, session, participant, lambda seat: not seat.present)


async def until_seat(
    site: Site, session: str, participant: str, condition: Callable[[Seat], bool]
) -> None:
    async with asyncio.timeout(60):
        while True:
            view = await site.parts.lifecycle.view(SessionId(session))
            seats = () if view is None else view.roster
            if any(condition(seat) for seat in seats if seat.participant == participant):
                return
            await asyncio.sleep(0.01)
