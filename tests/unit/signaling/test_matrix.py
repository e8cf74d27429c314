"""Role × kind × state: every cell of the table of kinds, asked of the relay and its log."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sessions.events import (
    KINDS,
    Envelope,
    Epoch,
    Kind,
    Lane,
    Refused,
    Role,
    State,
    new_event_id,
    sender_of,
)
from tests.world import Browser, Node, World, world_in


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, template: Path) -> AsyncIterator[World]:
    """One node for the whole table."""
    async with world_in(tmp_path_factory.mktemp("matrix"), template) as world:
        yield world


@pytest.fixture(autouse=True)
async def nothing_half_read(house: World) -> AsyncIterator[None]:
    """The node outlives a cell: what it still reads for it is read to its end, if it has one."""
    assert house.nodes
    before = asyncio.all_tasks()
    yield
    if reading := asyncio.all_tasks() - before - {asyncio.current_task()}:
        await asyncio.wait(reading, timeout=60)


async def session_in(world: World, state: State) -> Browser:
    """A session that stands there, watched on this node by its prospect."""
    if state is State.WAITING:
        prospect = await world.prospect()
        await prospect.join(world.nodes[0])
        return prospect
    prospect, advisor = await world.talk()
    if state is State.ENDED:
        ended = await advisor.say("session.ended", {"reason": "hung_up"})
        await prospect.until(lambda browser: browser.cursor == ended.seq)
    advisor.leave()
    return prospect


def expected(kind: Kind, role: Role, state: State) -> str | None:
    """What the row says, in the words of the protocol."""
    if role not in kind.senders:
        return "kind.role"
    if state in kind.states:
        return None
    if state is State.ENDED:
        return "session.ended"
    return "session.taken" if kind.moves_to is State.ACTIVE else "kind.state"


async def outcome(node: Node, event: Envelope, role: Role) -> str | None:
    try:
        await node.relay.publish(event, role, account="a" * 32)
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
async def test_every_cell_is_as_its_row_says(house: World, kind: Kind, state: State) -> None:
    """B-059, B-064, AT-21: sent by each role in turn; nothing that is refused is in the log."""
    node = house.nodes[0]
    session = await session_in(house, state)
    for role in Role:
        if role is Role.SERVER and kind.clear:
            continue  # the server announces those, and does not publish them
        if kind.moves_to is not None and role in kind.senders:
            session.leave()
            session = await session_in(house, state)  # the one before has moved on
        before = (await node.log.heads([session.session]))[session.session]
        event = Envelope(
            session.session, sender_of(session.participant), new_event_id(), kind.name, Epoch(1),
            b"{}", 1,
        )  # fmt: skip
        found = await outcome(node, event, role)
        assert found == expected(kind, role, state), role
        after = (await node.log.heads([session.session]))[session.session]
        grows = kind.lane is Lane.LOGGED and found is None
        assert after == before + grows
    session.leave()
