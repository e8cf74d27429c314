"""What a node says reaches the others: in order, once, and only where someone listens."""

import asyncio
import subprocess

import pytest

from sessions.events import Seq, new_session_id
from signaling.redis_bus import RedisBus
from signaling.redis_speaker import MAX_QUEUED, MAX_QUEUED_BYTES
from tests.integration.bus.conftest import (
    NAMES,
    SECRETS,
    MakeWorld,
    Notebook,
    bus_to,
    passing,
    until,
    until_heard,
)
from tests.servers import RedisServer


def subscriptions(redis: RedisServer) -> list[str]:
    """The channels that anyone listens to, as Redis has them."""
    command = ["redis-cli", "-p", str(redis.port), "PUBSUB", "CHANNELS"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


async def test_the_other_node_hears_in_order_and_this_one_at_once(buses: list[RedisBus]) -> None:
    here, there = buses
    session, mine, theirs = new_session_id(), Notebook(), Notebook()
    here.listen(session, mine)
    there.listen(session, theirs)
    await until(lambda: theirs.doubts == 1)  # subscribed
    said = [passing(session, bytes([number % 256])) for number in range(2_000)]
    for event in said:
        here.publish(session, event)
    assert mine.heard == said
    await until(lambda: len(theirs.heard) == len(said))
    assert theirs.heard == said
    assert mine.heard == said  # not again from Redis


async def test_a_node_subscribes_only_to_what_someone_here_listens_to(
    buses: list[RedisBus], redis_server: RedisServer
) -> None:
    """Cost on a node does not grow with the sessions of others."""
    here, there = buses
    sessions = [new_session_id() for _ in range(600)]
    first = Notebook()
    stops = [here.listen(session, first) for session in sessions]
    again = here.listen(sessions[0], Notebook())
    await until(lambda: first.doubts == len(sessions))
    assert len(subscriptions(redis_server)) == len(sessions) + len(buses)  # and each to itself
    assert (here.report().channels, there.report().channels) == (len(sessions), 0)
    before = there.report().received
    here.publish(sessions[0], passing(sessions[0]))
    for stop in stops:
        stop()
    await until(lambda: len(subscriptions(redis_server)) == 1 + len(buses))
    again()
    again()
    await until(lambda: len(subscriptions(redis_server)) == len(buses))
    assert there.report().received == before


async def test_subscribing_is_a_doubt_each_time(redis_server: RedisServer) -> None:
    """F-03: whoever was away reads the log."""
    bus, session, ear = bus_to(redis_server), new_session_id(), Notebook()
    await bus.start()
    bus.listen(session, ear)
    await until(lambda: ear.doubts == 1)
    redis_server.kill()
    await until(lambda: bus.report().degraded)
    redis_server.start()
    await until(lambda: ear.doubts == 2)
    assert bus.report().reconnects == 1
    await bus.close()


async def test_a_bus_may_begin_before_its_redis(redis_server: RedisServer) -> None:
    redis_server.kill()
    bus, session, ear = bus_to(redis_server), new_session_id(), Notebook()
    await bus.start()
    bus.listen(session, ear)
    bus.publish(session, passing(session))
    assert (len(ear.heard), bus.report().degraded) == (1, True)
    redis_server.start()
    await until_heard(bus)
    await bus.close()


async def test_what_cannot_be_said_is_bounded_and_passing_events_go_first(
    buses: list[RedisBus], redis_server: RedisServer
) -> None:
    """F-04: a Redis that takes nothing costs a bounded queue; what is in the log is kept longer."""
    here, there = buses
    session, theirs = new_session_id(), Notebook()
    there.listen(session, theirs)
    await until(lambda: theirs.doubts == 1)
    logged = [passing(session)._replace(seq=Seq(1 + n)) for n in range(MAX_QUEUED // 2)]
    redis_server.freeze()
    for event in logged:
        here.publish(session, event)
    for _ in range(2 * MAX_QUEUED):
        here.publish(session, passing(session))
    assert here.report().queued <= MAX_QUEUED
    assert here.report().dropped >= MAX_QUEUED
    redis_server.thaw()
    await until(lambda: theirs.doubts == 2)  # told that something was dropped
    await until(lambda: logged[-1] in theirs.heard)
    assert [event.seq for event in theirs.heard if event.seq] == [one.seq for one in logged]


async def test_one_large_message_after_the_other_is_bounded_too(redis_server: RedisServer) -> None:
    """F-04: the queue is bounded in bytes as well."""
    redis_server.freeze()
    bus, session = bus_to(redis_server), new_session_id()
    await bus.start()
    for number in range(1_000):
        bus.publish(session, passing(session, bytes(34_816))._replace(seq=Seq(1 + number)))
    assert bus.report().queued * 34_816 <= MAX_QUEUED_BYTES
    redis_server.thaw()
    await bus.close()


@pytest.mark.parametrize("nodes", [2, 3])
async def test_a_talk_spans_nodes(make_world: MakeWorld, nodes: int) -> None:
    """Guarantee 2: every logged event, once, in one order, on every node."""
    async with make_world(nodes) as world:
        prospect = await world.prospect()
        advisor = await world.advisor(prospect.session, node=1)
        await prospect.join(world.nodes[0])
        await advisor.join(world.nodes[1])
        tab = advisor.in_another_tab()
        await tab.join(world.nodes[-1])
        await advisor.say("session.accepted", {"name": "Advisor", "title": ""})
        await asyncio.gather(
            *(who.say("chat.message", {"text": str(n)}) for n in range(30) for who in (prospect,)),
            *(advisor.say("chat.message", {"text": str(n)}) for n in range(30)),
        )
        for who in (prospect, advisor, tab):
            await who.until(lambda who: who.cursor == 63)
        logs = [[(one.seq, one.id) for one in who.logged()] for who in (prospect, advisor, tab)]
        assert logs[0] == logs[1] == logs[2]
        assert [seq for seq, _ in logs[0]] == list(range(1, 64))
        assert prospect.unreadable == advisor.unreadable == 0


async def test_a_node_with_the_new_master_key_hears_those_without(
    redis_server: RedisServer,
) -> None:
    """F-31: during a rotation older names are listened to, and older seals open."""
    new = [bytes([9]) * 32, *SECRETS], [bytes([10]) * 32, *NAMES]
    before, after = bus_to(redis_server), RedisBus(redis_server.url, secrets=new[0], names=new[1])
    ears, session = (Notebook(), Notebook()), new_session_id()
    for bus, ear in ((before, ears[0]), (after, ears[1])):
        await bus.start()
        bus.listen(session, ear)
    await until(lambda: ears[0].doubts == 1 and ears[1].doubts == 2)  # under both names
    said = passing(session)
    before.publish(session, said)
    await until(lambda: ears[1].heard == [said])
    after.publish(session, passing(session))
    for bus in (before, after):
        await bus.close()
