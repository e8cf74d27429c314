"""The wire against a live socket: what works, what is refused, and what closes at once."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from time import monotonic
from typing import Any

import aiohttp
import pytest
import socketio

from sessions.events import OPS, Role, SessionId, new_event_id, new_session_id
from sessions.lifecycle import SessionView
from signaling.connection import OVERLOADED, POLICY, STRUCK_OUT, Timing
from signaling.gate import Gate
from signaling.sockets import MAX_STRANGERS, PATH
from tests.patience import allowed
from tests.unit.signaling.served import (
    ORIGIN,
    Raw,
    Served,
    joined,
    raw,
    send_argument,
    served,
    some_send,
)
from tests.world import World


@pytest.fixture
async def site(world: World) -> AsyncIterator[Served]:
    async with served(world.nodes[0]) as site:
        yield site


# -- what works


async def test_join_answers_then_replays_then_goes_live(world: World, site: Served) -> None:
    prospect = await world.prospect()
    advisor = await world.advisor(prospect.session)
    async with raw(site) as client:
        answer = await client.join(site.ticket(prospect))
        assert answer == {
            "ok": True, "sender": answer["sender"], "participant": prospect.participant,
            "role": "prospect", "state": "waiting", "seq": 2, "log_epoch": site.node.log.epoch,
            "roster": [
                {"participant": prospect.participant, "role": "prospect", "present": True,
                 "stage": "seated"},
                {"participant": advisor.participant, "role": "advisor", "present": False,
                 "stage": "preparing"},
            ],
        }  # fmt: skip
        assert answer["sender"].startswith(prospect.participant)
        assert [(await client.logged())["seq"] for _ in range(2)] == [1, 2]
        await advisor.join(site.node)
        await advisor.say("session.accepted", {"name": "A", "title": ""})
        event = await client.logged()
        assert (event["seq"], event["kind"]) == (3, "session.accepted")


async def test_a_second_page_is_told_of_the_first(world: World, site: Served) -> None:
    """F-18: so that it can ask before it takes anything over; a page that came back is alone."""
    prospect, advisor = await world.talk()
    for _ in range(2):
        async with raw(site) as first, raw(site) as second, raw(site) as other:
            assert "elsewhere" not in await first.join(site.ticket(prospect))
            assert (await second.join(site.ticket(prospect)))["elsewhere"] is True
            assert "elsewhere" not in await other.join(site.ticket(advisor))
        async with asyncio.timeout(60):
            while len(site.sockets):  # noqa: ASYNC110
                await asyncio.sleep(0)


async def test_send_is_acked_with_its_seq_and_comes_back(world: World, site: Served) -> None:
    prospect = await world.prospect()
    async with joined(site, prospect, after=1) as client:
        envelope = prospect.sealed("chat.message", {"text": "Hallo"})
        assert await client.call("send", send_argument(envelope)) == {"ok": True, "seq": 2}
        event = await client.logged()
        assert (event["id"], event["sender"]) == (envelope.id, prospect.sender)
        typing = prospect.sealed("chat.typing", {"on": True})
        assert await client.call("send", send_argument(typing)) == {"ok": True, "seq": None}


async def test_another_epoch_of_the_log_means_reload_from_the_start(
    world: World, site: Served
) -> None:
    """Guarantee 4: the epoch protects against a restored database."""
    prospect = await world.prospect()
    for after, log_epoch in ((1, "another"), (1_000, None), (1_000, site.node.log.epoch)):
        async with raw(site) as client:
            answer = await client.join(site.ticket(prospect), after, log_epoch)
            assert answer["reload"] is True
            assert (await client.logged())["seq"] == 1


async def test_what_was_before_a_guest_came_is_never_told(world: World, site: Served) -> None:
    """OB-01: whatever their page says of where it has read to, and of which log."""
    prospect, advisor = await world.talk()
    for text in ("eins", "zwei"):
        await advisor.say("chat.message", {"text": text})
    since = 4
    for after, log_epoch in ((0, None), (2, site.node.log.epoch), (0, "another"), (900, None)):
        async with raw(site) as client:
            assert (await client.join(site.ticket(prospect, since), after, log_epoch))["ok"]
            assert (await client.logged())["seq"] == since + 1
    async with raw(site) as client:
        await client.join(site.ticket(prospect, since), since + 1)
        await advisor.say("chat.message", {"text": "drei"})
        assert (await client.logged())["seq"] == since + 2


async def test_a_guest_who_is_seen_out_while_they_join_is_out(
    world: World, site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AT-16: the seat was there when it was looked up, and their other page is closed already."""
    guest, _ = await world.talk()
    lifecycle, who = site.node.lifecycle, (guest.session, guest.participant)
    look = lifecycle.view
    tickets = [site.ticket_for(*who, Role.GUEST, since=1) for _ in range(2)]
    async with raw(site) as first, raw(site) as second:
        assert (await first.join(tickets[0]))["ok"]

        async def seen_out_meanwhile(session: SessionId) -> SessionView | None:
            view = await look(session)
            monkeypatch.setattr(lifecycle, "view", look)
            left = await lifecycle.release(*who, "removed")
            assert left is not None
            site.node.relay.announce(left)
            assert await first.closed() == 1000
            return view

        monkeypatch.setattr(lifecycle, "view", seen_out_meanwhile)
        assert (await second.join(tickets[1]))["ok"]
        async with asyncio.timeout(60):
            assert await second.closed() == 1000


async def test_leave_gives_the_seat_up_on_every_connection(world: World, site: Served) -> None:
    prospect, _ = await world.talk()
    async with joined(site, prospect) as other_tab, joined(site, prospect) as client:
        assert await client.call("leave", {}) == {"ok": True}
        assert await client.closed() == 1000
        assert await other_tab.closed() == 1000
    view = await site.node.lifecycle.view(prospect.session)
    assert view is not None
    assert prospect.participant not in {seat.participant for seat in view.roster}
    async with raw(site) as client:
        assert (await client.join(site.ticket(prospect)))["code"] == "ticket.invalid"


async def test_a_seat_given_up_on_another_node_closes_here(two_nodes: World) -> None:
    """Guarantee 7: also for connections on other nodes."""
    prospect, _ = await two_nodes.talk()
    async with served(two_nodes.nodes[0]) as one, served(two_nodes.nodes[1]) as two:
        async with joined(one, prospect) as here, joined(two, prospect) as there:
            await there.call("leave", {})
            assert await here.closed() == 1000


async def test_a_guest_seen_out_on_another_node_is_out_here(two_nodes: World) -> None:
    """AT-16: the advisor and the guest may be on different nodes."""
    guest, _ = await two_nodes.talk()
    here, there = two_nodes.nodes
    async with served(there) as site, raw(site) as client:
        ticket = site.ticket_for(guest.session, guest.participant, Role.GUEST, since=1)
        assert (await client.join(ticket))["ok"]
        left = await here.lifecycle.release(guest.session, guest.participant, "removed")
        assert left is not None
        here.relay.announce(left)
        async with asyncio.timeout(60):
            assert await client.closed() == 1000


async def test_the_colleague_of_who_accepted_is_told_and_closed(world: World, site: Served) -> None:
    prospect = await world.prospect()
    winner = await world.advisor(prospect.session)
    colleague = await world.advisor(prospect.session)
    await winner.join(site.node)
    async with joined(site, colleague) as client:
        await winner.say("session.accepted", {"name": "A", "title": ""})
        packets = []
        while (packet := await client.next()) is not None:
            packets.append(packet)
        assert "session.accepted" in packets[-2]
        assert packets[-1] == "41"  # which the stock client takes as "do not come back"


async def test_who_came_as_a_colleague_accepted_is_told_so_before_the_end(
    world: World, site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their log is still being read when their seat is known to be gone."""
    prospect = await world.prospect()
    winner = await world.advisor(prospect.session)
    colleague = await world.advisor(prospect.session)
    await winner.join(site.node)
    log, looked, read = site.node.log, asyncio.Event(), site.node.log.after
    view = site.node.lifecycle.view

    async def reads_late(*arguments: Any) -> Any:
        await looked.wait()
        return await read(*arguments)

    async def looks(session: SessionId) -> SessionView | None:
        found = await view(session)
        asyncio.get_running_loop().call_later(0.05, looked.set)
        return found

    async with raw(site) as client:
        monkeypatch.setattr(log, "after", reads_late)
        assert (await client.join(site.ticket(colleague)))["ok"]
        await winner.say("session.accepted", {"name": "A", "title": ""})
        monkeypatch.setattr(site.node.lifecycle, "view", looks)
        for left in await site.node.lifecycle.dismissed(prospect.session):
            site.node.relay.announce(left)
        packets = []
        while (packet := await client.next()) is not None:
            packets.append(packet)
        assert "session.accepted" in packets[-2]
        assert packets[-1] == "41"


async def test_presence_is_told_when_the_last_connection_goes(world: World, site: Served) -> None:
    prospect, advisor = await world.talk()
    await advisor.until(lambda b: b.cursor == 3)
    here, gone = (
        {"participant": prospect.participant, "present": present} for present in (True, False)
    )
    async with joined(site, prospect), joined(site, prospect):
        await advisor.until(lambda b: here in b.said("presence.changed"))
    await advisor.until(lambda b: gone in b.said("presence.changed"))
    # That somebody is here is said again as soon as their leases can be read (signaling/desk.py).
    *before, last = (
        b for b in advisor.said("presence.changed") if b["participant"] == here["participant"]
    )
    assert before == [here] * len(before)
    assert (last, len(before) > 0) == (gone, True)


async def test_the_desk_channel_hears_of_a_new_session_and_says_nothing(
    world: World, site: Served
) -> None:
    account = await world.account()
    async with raw(site) as client:
        answer = await client.join(site.desk_ticket(account.id))
        assert (answer["ok"], answer["seq"], answer["roster"]) == (True, 0, [])
        prospect = await world.prospect()
        while (event := await client.event())["body"]["what"] != "waiting":
            pass
        assert event["session"] == event["body"]["session"] == prospect.session
        assert (await client.call("send", some_send()))["code"] == "kind.role"


# -- an independent client


async def test_an_independent_client_connects_joins_sends_and_is_sent_away(
    world: World, site: Served
) -> None:
    prospect, advisor = await world.talk()
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with aiohttp.ClientSession(headers={"Origin": ORIGIN}) as http:
        client = socketio.AsyncClient(http_session=http, reconnection=False)
        client.on("event", events.put)
        client.on("disconnect", gone.set_result)
        await client.connect(site.url, transports=["websocket"])
        answer = await client.call(
            "join", {"ticket": site.ticket(prospect), "after": 3, "log_epoch": None}
        )
        assert answer["ok"]
        prospect.take_sender(answer["sender"])
        envelope = prospect.sealed("chat.message", {"text": "Hallo"})
        assert await client.call("send", send_argument(envelope)) == {"ok": True, "seq": 4}
        await advisor.say("chat.message", {"text": "Guten Tag"})
        async with asyncio.timeout(60):
            seqs: list[int] = []
            while len(seqs) < 2:
                if (event := await events.get())["seq"] is not None:
                    seqs.append(event["seq"])
            assert seqs == [4, 5]
            assert await client.call("leave", {}) == {"ok": True}
            assert await gone == client.reason.SERVER_DISCONNECT
        await client.wait()


# -- who may open a connection


@pytest.mark.parametrize(
    ("origin", "query", "status"),
    [
        (None, "EIO=4&transport=websocket", 403),
        ("null", "EIO=4&transport=websocket", 403),
        ("https://evil.example", "EIO=4&transport=websocket", 403),
        (f"{ORIGIN}.evil.example", "EIO=4&transport=websocket", 403),
        (ORIGIN, "EIO=3&transport=websocket", 400),
        (ORIGIN, "EIO=4&transport=polling", 400),
        (ORIGIN, "EIO=4&transport=polling&j=0", 400),
        (ORIGIN, "EIO=4&EIO=3&transport=websocket", 400),
        (ORIGIN, "EIO=4&transport=websocket&sid=__proto__", 400),
        (ORIGIN, "transport=websocket", 400),
        (ORIGIN, "", 400),
    ],
)
async def test_origin_transport_and_version(
    site: Served, origin: str | None, query: str, status: int
) -> None:
    """B-070, B-071, AT-64, AT-65: an absent origin is refused as well."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with raw(site, origin=origin, query=query):
            pass
    assert refused.value.status == status
    async with raw(site):  # and beside it, the one that may
        pass


async def test_polling_by_post_is_no_route(site: Served) -> None:
    """AT-64: garbage posted to a polling transport that does not exist."""
    async with aiohttp.ClientSession() as http:
        url = f"{site.url}{PATH}?EIO=4&transport=polling"
        async with http.post(url, data=b"\x00" * 100) as answer:
            assert answer.status == 405


async def test_one_address_has_few_strangers_and_any_number_of_guests(
    world: World, site: Served
) -> None:
    prospect = await world.prospect()
    async with asyncio.TaskGroup() as group, asyncio.timeout(60):
        done = asyncio.Event()
        opened = asyncio.Semaphore(0)

        async def stranger() -> None:
            async with raw(site):
                opened.release()
                await done.wait()

        async with joined(site, prospect):
            for _ in range(MAX_STRANGERS):
                group.create_task(stranger())
            for _ in range(MAX_STRANGERS):
                await opened.acquire()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with raw(site):
                    pass
            assert refused.value.status == 429
        done.set()


@pytest.mark.parametrize(
    ("connect", "timing"),
    [
        (False, Timing(connect_seconds=0.1, join_seconds=60)),
        (True, Timing(connect_seconds=60, join_seconds=0.1)),
    ],
)
async def test_who_does_not_connect_or_join_in_time_is_closed(
    world: World, site: Served, connect: bool, timing: Timing
) -> None:
    """B-056, AT-64: half-open connections do not stay."""
    async with served(world.nodes[0], timing=timing) as strict:
        async with raw(strict, connect=connect) as client:
            assert await client.closed() == POLICY
    async with joined(site, await world.prospect()) as client:
        assert (await client.call("send", some_send("chat.typing")))["ok"]


async def test_who_does_not_answer_the_ping_is_cut_off(world: World) -> None:
    timing = Timing(ping_seconds=0.1, pong_seconds=0.1)
    async with served(world.nodes[0], timing=timing) as site, raw(site) as client:
        client.pongs = False
        assert await client.closed() == 1006


async def test_who_hangs_half_open_is_gone_for_the_others_in_time(world: World) -> None:
    """F-35: twenty seconds with the usual clock; here it runs ten times as fast."""
    usual = Timing()
    assert usual.ping_seconds + usual.pong_seconds + 2 <= 20  # two ticks of rounding
    timing = Timing(ping_seconds=usual.ping_seconds / 10, pong_seconds=usual.pong_seconds / 10)
    prospect, advisor = await world.talk()
    async with (
        served(world.nodes[0], timing=timing, tick_seconds=0.1) as site,
        joined(site, prospect) as hangs,
    ):
        while (packet := await hangs.ws.receive()).data != "2":  # the first ping
            pass
        assert packet.data == "2"
        hangs.pongs = False
        await hangs.send("3")
        since = monotonic()
        await advisor.until(lambda who: {
            "participant": prospect.participant, "present": False
        } in who.said("presence.changed"))  # fmt: skip
        assert monotonic() - since <= allowed(2)


async def test_a_check_is_answered_and_told_to_nobody(world: World, site: Served) -> None:
    """F-36: by the same path as any event, for whoever is connected."""
    prospect, advisor = await world.talk()
    check = {"id": new_event_id(), "kind": "link.check", "body": {}}
    before = len(advisor.frames)
    async with joined(site, prospect) as client:
        assert await client.call("send", check) == {"ok": True, "seq": None}
        assert (await client.call("send", some_send("chat.typing")))["ok"]
    await advisor.until(lambda who: len(who.frames) > before)
    assert b"link.check" not in b"".join(advisor.frames)
    for ticket in (
        site.desk_ticket((await world.account()).id),
        site.ticket_for(OPS, None, Role.OPERATOR, "somebody"),
    ):
        async with raw(site) as client:
            await client.join(ticket)
            assert await client.call("send", check) == {"ok": True, "seq": None}
            assert (await client.call("send", {**check, "body": {"x": "y" * 70}}))["ok"] is False


async def test_a_ticket_works_once_and_not_altered(world: World, site: Served) -> None:
    prospect = await world.prospect()
    ticket = site.ticket(prospect)
    async with joined(site, prospect):
        pass
    for text in (ticket[:-4] + "AAAA", "x", site.ticket_for(new_session_id(), prospect.participant, Role.PROSPECT)):  # fmt: skip  # noqa: E501
        async with raw(site) as client:
            assert await client.join(text) == {"ok": False, "code": "ticket.invalid"}
            assert await client.closed() == POLICY
    async with raw(site) as client:
        assert (await client.join(ticket))["ok"]
    async with raw(site) as client:
        assert (await client.join(ticket))["code"] == "ticket.invalid"


# -- frames that our client could never send: closed at once


def _send(**changes: object) -> str:
    return "42" + json.dumps(["send", {**some_send(), **changes}])


MALFORMED = {
    "B-050 connect": '42["connect",{"environ":{}}]',
    "B-050 disconnect": '42["disconnect","x"]',
    "B-050 star": '42["*"]',
    "B-050 init": '42["__init__",{}]',
    "B-050 trigger": '42["trigger_event",{}]',
    "B-050 our own downward word": '42["event",{}]',
    "B-052 empty": "",
    "B-052 bare": "42",
    "B-052 no word": "42[]",
    "B-052 object": "42{}",
    "B-052 null": "42null",
    "B-052 unknown type": "49",
    "B-052 letters": "4x",
    "B-052 not JSON": '42["send",{]',
    "B-052 NaN": '42["send",{"id":NaN}]',
    "B-052 surrogate": '42["send",{"id":"\\ud800"}]',
    "B-052 deep": '42["send",' + "[" * 5_000 + "]" * 5_000 + "]",
    "B-052 ping from a client": "2probe",
    "B-052 upgrade": "5",
    "B-052 pong unasked": "3",
    "B-053 no argument": '42["send"]',
    "B-053 two arguments": '42["send",{},{}]',
    "B-053 not an object": '42["send","x"]',
    "B-055 long ack": "42" + "9" * 200 + '["send",{}]',
    "B-055 superscript ack": '42²["send",{}]',
    "B-055 minus ack": '42-1["send",{}]',
    "B-055 ack from a client": "430[]",
    "B-056 namespace": "40/admin,",
    "B-056 event in a namespace": '42/admin,["send",{}]',
    "B-056 twice": "40",
    "B-056 auth": '40{"token":"x"}',
    "binary event": '451-["send",{"_placeholder":true,"num":0}]',
    "9,999,999,999 attachments": '459999999999-["send",{}]',
    "B-059 sender from the wire": _send(sender="0" * 32),
    "B-059 session from the wire": _send(session="0" * 32),
    "B-061 seq from the wire": _send(seq=-1),
    "B-062 time from the wire": _send(at=253402300800000),
    "id missing": '42["send",{"kind":"chat.message","epoch":1,"sealed":"AA=="}]',
    "id upper case": _send(id="A" * 32),
    "id with a line end": _send(id="a" * 32 + "\n"),
    "id a list": _send(id=["a" * 32]),
    "kind a number": _send(kind=5),
    "epoch a bool": _send(epoch=True),
    "epoch negative": _send(epoch=-1),
    "epoch float": _send(epoch=1.0),
    "epoch huge": _send(epoch=2**53),
    "sealed not base64": _send(sealed="!!!!"),
    "sealed url-safe": _send(sealed="-_-_"),
    "sealed without padding": _send(sealed="QQ"),
    "sealed with line end": _send(sealed="QUFB\n"),
    "sealed and body": _send(body={}),
    "body of a sealed kind": '42["send",{"id":"%s","kind":"chat.message","body":{}}]' % ("a" * 32),
    "leave with an argument": '42["leave",{"seat":1}]',
    "join twice": '42["join",{"ticket":"x","after":0,"log_epoch":null}]',
}  # fmt: skip


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_closes_at_once(world: World, site: Served, packet: str) -> None:
    """B-050 … B-062, AT-62: closed, no word carried out, nothing stored; others talk on."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect) as client:
        await client.send(packet)
        await client.send("42" + json.dumps(["send", some_send()]))  # comes too late
        assert await client.closed() == POLICY
    stored = await advisor.say("chat.message", {"text": "still here"})
    assert stored.seq == 4


@pytest.mark.parametrize("packet", ['42["send",{}]', '42["join",{}]', '42["leave",{}]', "41x"])
async def test_a_word_before_connect_closes(site: Served, packet: str) -> None:
    """B-056: event before CONNECT."""
    async with raw(site, connect=False) as client:
        await client.send(packet)
        assert await client.closed() == POLICY


@pytest.mark.parametrize(
    "change",
    [
        {"after": -1}, {"after": 2**53}, {"after": 1.5}, {"after": "1"}, {"after": True},
        {"log_epoch": 5}, {"log_epoch": "x" * 65}, {"ticket": 1}, {"ticket": ""},
        {"ticket": "x" * 3_000}, {"session": "x"},
    ],
)  # fmt: skip
async def test_a_join_of_another_shape_closes(
    world: World, site: Served, change: dict[str, object]
) -> None:
    """B-061: a seq backwards beyond the start, beyond 2^53, or no integer."""
    prospect = await world.prospect()
    argument = {"ticket": site.ticket(prospect), "after": 0, "log_epoch": None, **change}
    async with raw(site) as client:
        await client.send("42" + json.dumps(["join", argument]))
        assert await client.closed() == POLICY


async def test_binary_and_oversized_messages_close(world: World, site: Served) -> None:
    prospect = await world.prospect()
    async with joined(site, prospect) as client:
        await client.ws.send_bytes(b"\x00")
        assert await client.closed() == POLICY
    async with joined(site, prospect) as client:
        await client.send("42" + '["send","' + "x" * 70_000 + '"]')
        assert await client.closed() in (1006, 1009)


# -- what our client may send but may not do: refused, counted, and in the end closed


REFUSED: dict[str, tuple[Callable[[], dict[str, object]], str]] = {
    "unknown kind": (lambda: some_send("chat.shout"), "kind.unknown"),
    "B-067 a kind like a path": (lambda: some_send("../chat.message"), "kind.unknown"),
    "B-064 the server's kind": (lambda: some_send("participant.joined"), "kind.role"),
    "B-064 the advisor's kind": (lambda: some_send("session.accepted"), "kind.role"),
    "wrong epoch": (lambda: {**some_send(), "epoch": 7}, "epoch.wrong"),
    "too large": (lambda: {**some_send("chat.typing"), "sealed": "A" * 4_000}, "too.large"),
    "too small": (lambda: {**some_send(), "sealed": "QUFB"}, "body.invalid"),
    "B-068 presence": (
        lambda: {"id": new_event_id(), "kind": "presence.changed", "body": {"present": False}},
        "kind.role",
    ),
}


@pytest.mark.parametrize(("argument", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_refusal_says_why_and_the_tenth_closes(
    world: World, site: Served, argument: Callable[[], dict[str, object]], code: str
) -> None:
    """B-064, B-067, B-068."""
    prospect, _ = await world.talk()
    async with joined(site, prospect) as client:
        for _ in range(9):
            assert (await client.call("send", argument()))["code"] == code
        assert (await client.call("send", send_argument(prospect.sealed("chat.message", {}))))["ok"]
        await client.send("42" + json.dumps(["send", argument()]))
        assert await client.closed() == STRUCK_OUT


@pytest.mark.parametrize("malformed", [True, False])
async def test_who_was_closed_for_what_they_sent_stays_out_for_a_while(
    world: World, site: Served, malformed: bool
) -> None:
    """F-24: whoever comes back at once after each close would be felt by others."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect) as client:
        if malformed:
            await client.send("42[not json")
        for _ in range(10):
            await client.send("42" + json.dumps(["send", {**some_send(), "sealed": "QUFB"}]))
        assert await client.closed() in (POLICY, STRUCK_OUT)
    async with raw(site) as client:
        answer = await client.join(site.ticket(prospect))
        assert (answer["ok"], answer["code"]) == (False, "too.fast")
        assert 14_000 < answer["retry_ms"] <= 15_000
    async with joined(site, advisor):
        pass  # nobody else's affair


async def test_after_the_end_is_refused_without_a_strike(world: World, site: Served) -> None:
    """B-059: after the session's end."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect) as client:
        await advisor.say("session.ended", {"reason": "hung_up"})
        for _ in range(15):
            answer = await client.call("send", some_send())
            assert answer == {"ok": False, "code": "session.ended"}


async def test_a_flood_is_refused_with_a_time_to_wait_then_closed(
    world: World, site: Served
) -> None:
    """B-058: a thousand events a second."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect) as client:
        for _ in range(200):
            await client.send("427" + json.dumps(["send", some_send("chat.read")]))
        answers = []
        while (packet := await client.next()) is not None:
            if packet.startswith("437"):
                answers.append(json.loads(packet[3:])[0])
        assert client.ws.close_code == STRUCK_OUT
    passed = [answer for answer in answers if answer["ok"]]
    refused = [answer for answer in answers if not answer["ok"]]
    assert 60 <= len(passed) <= 75
    assert len(refused) == 10
    assert all(answer["code"] == "too.fast" and answer["retry_ms"] > 0 for answer in refused)
    await advisor.say("chat.message", {"text": "unharmed"})


async def test_typing_above_its_rate_is_dropped_in_silence(world: World, site: Served) -> None:
    """B-058, B-068: ten thousand a second are a few, and cost no strike."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect) as client:
        for _ in range(500):
            await client.send("42" + json.dumps(["send", some_send("chat.typing")]))
        assert (await client.call("send", some_send("chat.read")))["ok"]
    heard = [event for event in advisor.frames if b'"chat.typing"' in event]
    assert 30 <= len(heard) <= 45


# -- slow and silent


async def test_a_consumer_that_does_not_read_is_cut_off_at_two_mebibytes(
    world: World, site: Served
) -> None:
    """Stock python-socketio keeps it all: 40 MB and more were seen."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect, after=3) as client:
        transport = client.ws._response.connection.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        transport.pause_reading()
        [connection] = site.sockets._connections
        most = 0
        for _ in range(2_000):
            if connection._transport.is_closing():
                break
            event = advisor.sealed("call.description", {"sdp": "x" * 30_000})
            await advisor.publish(event)
            most = max(most, connection._transport.get_write_buffer_size())
            await asyncio.sleep(0)
        assert connection._transport.is_closing()
        assert most <= 2 * 1_048_576
        transport.resume_reading()


async def test_a_long_replay_waits_for_the_reader(world: World, site: Served) -> None:
    """More than the backlog allows, to a reader that reads: all of it arrives."""
    prospect, advisor = await world.talk()
    for _ in range(120):
        await advisor.say("chat.message", {"text": "x" * 12_000})
    async with raw(site) as client:
        reading = client.ws._response.connection.transport  # type: ignore[union-attr]
        assert reading is not None
        [connection] = site.sockets._connections
        inside = connection._transport.get_extra_info("socket")
        inside.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)  # or it would take it all
        inside = reading.get_extra_info("socket")
        inside.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        argument = {"ticket": site.ticket(prospect), "after": 0, "log_epoch": None}
        await client.send("42" + json.dumps(["join", argument]))
        reading.pause_reading()
        for _ in range(5_000):  # long enough for a replay that does not wait to be cut off
            await asyncio.sleep(0)
        assert connection._transport.get_write_buffer_size() < 200_000
        reading.resume_reading()
        seqs = [(await client.logged())["seq"] for _ in range(123)]
        assert seqs == list(range(1, 124))


async def test_drain_closes_with_1012_and_takes_nobody_new(world: World, site: Served) -> None:
    prospect, _ = await world.talk()
    async with joined(site, prospect) as one, raw(site) as two:
        drained = asyncio.create_task(site.sockets.drain())
        assert await one.closed() == 1012
        assert await two.closed() == 1012
        await drained
    assert len(site.sockets) == 0
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with raw(site):
            pass
    assert refused.value.status == 503


async def test_who_is_asked_to_move_does_not_count_as_gone(world: World, site: Served) -> None:
    """F-28: the others read nothing of it; whoever really goes is gone at once."""
    prospect, advisor = await world.talk()
    async with joined(site, advisor), joined(site, prospect):
        before = len(prospect.said("presence.changed"))
        await site.sockets.drain()
    assert prospect.said("presence.changed")[before:] == []
    assert site.node.attendance.take_left() == []
    assert site.node.attendance.seated() == []


async def test_many_move_one_after_the_other(world: World, site: Served) -> None:
    prospect, _ = await world.talk()
    async with AsyncExitStack() as open_:
        clients = [await open_.enter_async_context(joined(site, prospect)) for _ in range(6)]
        started, ends = monotonic(), []

        async def end(client: Raw) -> None:
            assert await client.closed() == 1012
            ends.append(monotonic() - started)

        await asyncio.gather(site.sockets.drain(0.12), *(end(client) for client in clients))
    assert ends[-1] - ends[0] >= 0.05, "not all at the same moment"


async def test_who_joins_when_too_many_do_is_told_when_to_come_again(
    world: World, site: Served
) -> None:
    """F-27: before any work is done, and the ticket is still good for the next attempt."""
    prospect, _ = await world.talk()
    ticket = site.ticket(prospect)
    site.node.speaking.gate = Gate(1)
    with site.node.speaking.gate.entering():
        async with raw(site) as client:
            answer = await client.join(ticket)
            assert (answer["ok"], answer["code"]) == (False, "busy")
            assert 1_000 <= answer["retry_ms"] <= 3_000
            assert await client.closed() == OVERLOADED
    async with raw(site) as client:
        assert (await client.join(ticket))["ok"]


async def test_words_of_one_connection_are_carried_out_in_order(world: World, site: Served) -> None:
    prospect, _ = await world.talk()
    async with joined(site, prospect, after=3) as client:
        sent = [some_send() for _ in range(20)]
        for number, argument in enumerate(sent):
            await client.send(f"42{number}" + json.dumps(["send", argument]))
        ids = [(await client.logged())["id"] for _ in range(20)]
        assert ids == [argument["id"] for argument in sent]


class Counting:
    """A transport that counts what is handed to it at once."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.writes: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        self._transport.write(data)


async def test_what_comes_in_one_turn_shares_a_write(world: World, site: Served) -> None:
    """And its own event shares one with the answer to it: a system call costs more than both."""
    prospect, advisor = await world.talk()
    async with joined(site, prospect, after=3) as client:
        [connection] = site.sockets._connections
        transport = Counting(connection._transport)
        connection._transport = transport  # type: ignore[assignment]
        channel, _ = site.node.relay._channels[prospect.session]
        # A replay may be the first to bring what was just written.
        while any(watch.replaying for watch in channel.watches):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        for _ in range(3):
            await advisor.publish(advisor.sealed("chat.typing", {"on": True}))
        assert (await client.call("send", some_send()))["ok"]
        assert (await client.call("send", some_send()))["ok"]
        typing = [written for written in transport.writes if b"chat.typing" in written]
        assert [written.count(b"chat.typing") for written in typing] == [3]
        answers = [written for written in transport.writes if b'{"ok":true' in written]
        assert [written.count(b"chat.message") for written in answers] == [1, 1]


async def test_nothing_of_what_is_sent_is_logged(
    world: World, site: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    prospect, _ = await world.talk()
    async with joined(site, prospect) as client:
        await client.call("send", {**some_send(), "sealed": "Q0FOQVJZ" * 40})
        await client.send('42["send",{"CANARY":"CANARY"}]')
        await client.closed()
    assert "CANARY" not in caplog.text
    assert "Q0FOQVJZ" not in caplog.text
