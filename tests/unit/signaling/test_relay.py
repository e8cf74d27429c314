"""The relay: every logged event once and in order on every node, whatever the bus does."""

import asyncio
import random
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select

from sessions.database import Database
from sessions.events import (
    KINDS,
    OPS,
    SERVER,
    Envelope,
    Epoch,
    Refused,
    Role,
    Seq,
    SessionId,
    State,
    new_event_id,
    sender_of,
)
from sessions.models import EventRow, SeatRow, SessionRow
from signaling.bus import MemoryBus
from tests.world import Browser, LossyBus, World, world_in


async def heard_all(browser: Browser, count: int) -> None:
    await browser.until(lambda b: b.cursor >= count)


async def test_a_message_reaches_the_other_node_and_comes_back_to_its_sender(
    two_nodes: World,
) -> None:
    prospect = await two_nodes.prospect()
    advisor = await two_nodes.advisor(prospect.session, node=1)
    await prospect.join(two_nodes.nodes[0])
    await advisor.join(two_nodes.nodes[1])
    stored = await prospect.say("chat.message", {"text": "Guten Tag"})
    assert stored.seq == 3  # after both have joined
    for browser in (prospect, advisor):
        await heard_all(browser, 3)
        assert browser.said("chat.message") == [{"text": "Guten Tag"}]


async def test_passing_events_reach_everyone_but_their_sender(two_nodes: World) -> None:
    prospect = await two_nodes.prospect()
    advisor = await two_nodes.advisor(prospect.session, node=1)
    await prospect.join(two_nodes.nodes[0])
    await advisor.join(two_nodes.nodes[1])
    stored = await prospect.say("chat.typing", {"on": True})
    assert stored.seq is None
    await advisor.until(lambda b: b.said("chat.typing") == [{"on": True}])
    assert prospect.said("chat.typing") == []


@pytest.mark.parametrize("seed", range(20))
async def test_everything_once_and_in_order_on_every_node_over_a_lossy_bus(
    tmp_path: Path, template: Path, seed: int
) -> None:
    """Guarantee 2: one order, everywhere; guarantee 3: applied once."""
    async with world_in(tmp_path, template, nodes=3, bus=LossyBus(seed)) as world:
        prospect = await world.prospect()
        advisors = [await world.advisor(prospect.session, node=node) for node in (1, 2)]
        browsers = [prospect, *advisors]
        for browser, node in zip(browsers, world.nodes, strict=True):
            await browser.join(node)
        dice = random.Random(seed)
        for turn in range(12):
            who = dice.sample(browsers, k=dice.randint(1, 3))
            await asyncio.gather(
                *(b.say("chat.message", {"text": f"{turn} {b.participant}"}) for b in who)
            )
            if turn % 4 == seed % 4:  # someone reloads the page, at another node
                await dice.choice(browsers).join(dice.choice(world.nodes))
        head = (await world.nodes[0].log.heads([prospect.session]))[prospect.session]
        for browser in browsers:
            await heard_all(browser, head)
            assert [heard.seq for heard in browser.logged()] == list(range(1, head + 1))
        assert len({tuple(heard.id for heard in b.logged()) for b in browsers}) == 1


async def test_a_silent_bus_costs_a_sweep_and_no_message(tmp_path: Path, template: Path) -> None:
    """Guarantee 6: the bus is a hint."""

    class Silent(LossyBus):
        def publish(self, channel: SessionId, envelope: Envelope) -> None:
            """Everything is lost."""

    async with world_in(tmp_path, template, nodes=2, bus=Silent(0)) as world:
        prospect = await world.prospect()
        advisor = await world.advisor(prospect.session, node=1)
        await prospect.join(world.nodes[0])
        await advisor.join(world.nodes[1])
        for number in range(5):
            await prospect.say("chat.message", {"text": str(number)})
        await heard_all(advisor, 7)
        assert [b["text"] for b in advisor.said("chat.message")] == ["0", "1", "2", "3", "4"]


async def test_a_gap_is_read_from_the_log_at_once_not_at_the_next_sweep(
    tmp_path: Path, template: Path
) -> None:
    class Forgetful(MemoryBus):
        forgets = 0

        def publish(self, channel: SessionId, envelope: Envelope) -> None:
            if envelope.seq is not None and self.forgets:
                self.forgets -= 1
            else:
                super().publish(channel, envelope)

    bus = Forgetful()
    async with world_in(tmp_path, template, bus=bus, sweep_seconds=3_600) as world:
        prospect, advisor = await world.talk()
        await heard_all(advisor, 3)
        bus.forgets = 2
        for text in ("lost", "lost as well", "heard"):
            await prospect.say("chat.message", {"text": text})
        await heard_all(advisor, 6)
        assert [heard.seq for heard in advisor.logged()] == [1, 2, 3, 4, 5, 6]


async def test_a_retry_is_kept_and_heard_once(world: World) -> None:
    """Guarantee 3: retries carry the same event id."""
    prospect, advisor = await world.talk()
    envelope = prospect.sealed("chat.message", {"text": "einmal"})
    first = await prospect.publish(envelope)
    again = await prospect.publish(envelope)
    assert again.seq == first.seq
    after_rejoin = new_event_id()
    await prospect.say("chat.message", {"text": "zweimal"}, after_rejoin)
    await prospect.join(world.nodes[0])
    await prospect.say("chat.message", {"text": "zweimal"}, after_rejoin)  # sealed anew
    last = await prospect.say("chat.message", {"text": "Ende"})
    assert last.seq is not None
    await heard_all(advisor, last.seq)
    assert [b["text"] for b in advisor.said("chat.message")] == ["einmal", "zweimal", "Ende"]


async def test_who_comes_late_gets_the_log_from_the_start_in_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.channel.PAGE_EVENTS", 4)
    prospect, advisor = await world.talk()
    for number in range(10):
        await prospect.say("chat.message", {"text": str(number)})
    late = prospect.in_another_tab()
    await late.join(world.nodes[0])
    await asyncio.gather(*(advisor.say("chat.message", {"text": "live"}) for _ in range(5)))
    await heard_all(late, 18)
    assert [heard.seq for heard in late.logged()] == list(range(1, 19))


async def test_a_reconnect_gets_only_what_it_missed(world: World) -> None:
    prospect, advisor = await world.talk()
    await heard_all(prospect, 3)
    prospect.leave()
    await advisor.say("chat.message", {"text": "missed"})
    await prospect.join(world.nodes[0])
    await heard_all(prospect, 4)
    assert [heard.seq for heard in prospect.logged()] == [1, 2, 3, 4]


async def test_what_the_bus_claims_is_not_believed_beyond_the_log(world: World) -> None:
    """AT-61: a seq from nowhere causes a read, not a gap."""
    prospect, advisor = await world.talk()
    await heard_all(advisor, 3)
    forged = prospect.sealed("chat.message", {"text": "forged"})._replace(seq=Seq(1_000_000))
    world.bus.publish(prospect.session, forged)
    await prospect.say("chat.message", {"text": "real"})
    await heard_all(advisor, 4)
    assert [b["text"] for b in advisor.said("chat.message")] == ["real"]


# -- who hears, and who does not


async def test_the_colleague_who_prepared_hears_the_accept_last_and_is_closed(
    two_nodes: World,
) -> None:
    """Guarantee 7: nobody receives an event who is not on the roster."""
    prospect = await two_nodes.prospect()
    winner = await two_nodes.advisor(prospect.session)
    colleague = await two_nodes.advisor(prospect.session, node=1)
    await prospect.join(two_nodes.nodes[0])
    await winner.join(two_nodes.nodes[0])
    await colleague.join(two_nodes.nodes[1])
    await heard_all(colleague, 3)
    accepted = await winner.say("session.accepted", {"name": "Winner", "title": ""})
    await prospect.say("chat.message", {"text": "for the winner only"})
    await prospect.say("chat.typing", {"on": True})
    await colleague.until(lambda b: b.ousted)
    await winner.until(lambda b: len(b.said("chat.message")) == 1)
    assert colleague.logged()[-1].seq == accepted.seq
    assert colleague.said("chat.message") == []
    assert colleague.said("chat.typing") == []
    assert not winner.ousted
    view = await two_nodes.nodes[0].lifecycle.view(prospect.session)
    assert view is not None
    assert {seat.participant for seat in view.roster} == {prospect.participant, winner.participant}


async def test_recipients_are_on_the_roster_through_a_whole_session(two_nodes: World) -> None:
    """Guarantee 7, as a subset: after the accept only who is on the roster hears anything."""
    prospect = await two_nodes.prospect()
    advisors = [await two_nodes.advisor(prospect.session, node=n % 2) for n in range(3)]
    everyone = [prospect, *advisors]
    for number, browser in enumerate(everyone):
        await browser.join(two_nodes.nodes[number % 2])
    await advisors[1].say("session.accepted", {"name": "B", "title": ""})
    for number in range(6):
        await prospect.say("chat.message", {"text": str(number)})
        await advisors[1].say("chat.message", {"text": str(number)})
    last = await advisors[1].say("session.ended", {"reason": "hung_up"})
    assert last.seq is not None
    await heard_all(prospect, last.seq)
    view = await two_nodes.nodes[1].lifecycle.view(prospect.session)
    assert view is not None
    roster = {seat.participant for seat in view.roster}
    [accepted] = [heard.seq for heard in prospect.logged() if heard.kind == "session.accepted"]
    assert accepted is not None
    recipients = {
        browser.participant
        for browser in everyone
        for heard in browser.heard
        if heard.kind == "chat.message" or (heard.seq or 0) > accepted
    }
    assert recipients <= roster
    assert recipients == {prospect.participant, advisors[1].participant}


async def test_a_second_accept_is_refused_as_taken(world: World) -> None:
    prospect = await world.prospect()
    one, two = [await world.advisor(prospect.session) for _ in range(2)]
    for browser in (prospect, one, two):
        await browser.join(world.nodes[0])
    results = await asyncio.gather(
        one.say("session.accepted", {"name": "1", "title": ""}),
        two.say("session.accepted", {"name": "2", "title": ""}),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert [refusal.code for refusal in refused] == ["session.taken"]


# -- permission is a row in the table


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_a_role_may_send_what_its_row_says_and_nothing_else(world: World, kind: str) -> None:
    """OB-01, B-064: every cell of role × kind; a prospect cannot send what only an advisor may."""
    for role in set(Role) - {Role.SERVER}:
        if State.WAITING in KINDS[kind].states:
            prospect = await world.prospect()
            await prospect.join(world.nodes[0])
        else:
            prospect, _ = await world.talk()
        event = Envelope(
            prospect.session, sender_of(prospect.participant), new_event_id(), kind,
            Epoch(1), b"{}", 1,
        )  # fmt: skip
        if role in KINDS[kind].senders:
            await world.nodes[0].relay.publish(event, role, account="a" * 32)
        else:
            with pytest.raises(Refused) as refused:
                await world.nodes[0].relay.publish(event, role, account="a" * 32)
            assert refused.value.code == "kind.role"


async def test_nothing_passes_after_the_end(world: World) -> None:
    prospect, advisor = await world.talk()
    ended = await advisor.say("session.ended", {"reason": "hung_up"})
    assert ended.seq is not None
    await heard_all(prospect, ended.seq)
    for kind in ("chat.typing", "chat.message"):
        with pytest.raises(Refused) as refused:
            await prospect.say(kind, {})
        assert refused.value.code == "session.ended"


async def test_an_erased_session_takes_nothing_on_any_node(two_nodes: World) -> None:
    """F-19: not what is logged, and not what passes either; nobody is left watching it."""
    prospect = await two_nodes.prospect()
    advisor = await two_nodes.advisor(prospect.session, node=1)
    departures: list[SessionId] = []
    for who, node in ((prospect, two_nodes.nodes[0]), (advisor, two_nodes.nodes[1])):
        await who.join(node)
        node.relay.on_departure(departures.append)
    await erase(two_nodes.nodes[0].log._database, prospect.session)
    async with asyncio.timeout(60):
        while len(departures) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for who in (prospect, advisor):
        for kind in ("chat.typing", "chat.message"):
            with pytest.raises(Refused, match=r"session\.ended"):
                await who.say(kind, {})


async def erase(database: Database, session: SessionId) -> None:
    """Every row of a session."""

    def rows(db: Connection) -> None:
        number = select(SessionRow.number).where(SessionRow.id == session).scalar_subquery()
        db.execute(delete(EventRow).where(EventRow.session_number == number)).close()
        db.execute(delete(SeatRow).where(SeatRow.session_id == session)).close()
        db.execute(delete(SessionRow).where(SessionRow.id == session)).close()

    await database.write(rows)


async def test_too_large_and_unknown_are_refused(world: World) -> None:
    prospect, _ = await world.talk()
    large = prospect.sealed("chat.typing", {"on": True})._replace(sealed=b"x" * 1_025)
    with pytest.raises(Refused) as refused:
        await prospect.publish(large)
    assert refused.value.code == "too.large"
    with pytest.raises(Refused) as refused:
        await prospect.publish(large._replace(kind="chat.shout", sealed=b"x"))
    assert refused.value.code == "kind.unknown"


async def test_a_quality_report_reaches_the_other_and_the_ops_board(world: World) -> None:
    prospect, advisor = await world.talk()
    board: list[bytes] = []
    watch = world.nodes[0].relay.watch(OPS, Seq(0), lambda frame, _event: board.append(frame), None)
    report = Envelope(
        prospect.session, prospect.sender or sender_of(SERVER), new_event_id(),
        "quality.report", Epoch(0), b'{"rtt_ms":12}', 1,
    )  # fmt: skip
    await prospect.publish(report)
    await advisor.until(lambda b: b.said("quality.report") == [{"rtt_ms": 12}])
    assert f'"session":"{prospect.session}"'.encode() in board[-1]
    watch.close()
